"""A session: its message list, its journal file, and the settings that belong to it.

Every change to a session is one event: applied in memory, then written. The file is created with the first message, so
a session that was only looked at leaves no file, and opening one changes nothing. When saving fails, the session
continues in memory, keeps what it could not write and retries with the next event; `save_error` is the reason. When
another program has changed the file, the session continues in a new one; `relocation` is the reason. Reporting both is
up to the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokchat import __version__
from grokchat.api.catalog import Catalog, ModelInfo
from grokchat.api.request import RequestEncoder, to_conversation_id
from grokchat.api.usage import Usage
from grokchat.config.settings import Layer, Settings, resolve_settings
from grokchat.errors import CommandError, FileError, SessionBusyError, os_reason
from grokchat.messages import Message, new_id
from grokchat.records import field, record
from grokchat.session import journal
from grokchat.session.conversation import Conversation
from grokchat.session.estimate import RequestEstimate, TokenEstimator, estimate_request
from grokchat.session.history import History
from grokchat.session.journal import Damage, Event, Journal
from grokchat.session.journal_file import JournalFile
from grokchat.session.journal_writer import JournalWriter
from grokchat.session.overrides import Overrides, without_raised_cost_limit
from grokchat.session.undo import Change

if TYPE_CHECKING:
    from grokchat.attachments.load import Attachment
    from grokchat.export.source import Source

_SAVED_EVENTS = frozenset({"message", "remove", "move", "mute", "unmute", "rewind", "name"})
"""Events that create the session's file."""


@record
class SessionConfig:
    """What all sessions of a run share.

    `folder` is where they are saved (None: they are not), `lower_layers` and `upper_layer` are the settings below and
    above a session's own, `prompts_folder` holds the user's prompt files.
    """

    folder: Path | None
    lower_layers: Sequence[Layer] = ()
    upper_layer: Layer = field(default_factory=lambda: Layer("command line"))
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    prompts_folder: Path | None = None


class Session:
    """An open session.

    `usage` is the total of all its replies, deleted ones included; `last_usage` is that of the last reply. `catalog` is
    the API's list of models, empty until it is loaded. `last_request_body` is the last request of this run.
    `attachments` go with the next message. `incoming_reply_id` is the id of the reply that is being received: its part
    in the message list looks like an interrupted reply.
    """

    def __init__(self, config: SessionConfig, header: Event, stored: Journal | None = None) -> None:
        self.config = config
        self.id = str(header["id"])
        self.header = header
        self.read_only_error: FileError | None = None
        self.damage: Sequence[Damage] = stored.damage if stored else ()
        self.catalog: Catalog = {}
        self.attachments: list[Attachment] = []
        self.incoming_reply_id: str | None = None
        self.last_request_body: bytes | None = None
        self.last_usage: Usage | None = None
        self.usage = Usage()
        self.name = ""
        self._events: list[Event] = []
        self._loaded_history: History | None = None
        self._encoder = RequestEncoder()
        self._token_estimator = TokenEstimator()
        self._overrides = Overrides()
        self._settings: Settings | None = None
        self._writer = JournalWriter(config.folder, self.id, self.encode)
        self._change_id: list[str] | None = None
        if stored is None:
            self._writer.enqueue(journal.encode(header))
        else:
            self._load(stored)

    # -- creating and opening ----------------------------------------------------------------------------------------

    @classmethod
    def new(cls, config: SessionConfig, **header: Any) -> Session:
        """Create an empty session; `header` adds fields to its first line."""
        now = config.now()
        session_id = f"{now:%Y%m%d-%H%M%S}-{new_id()[:6]}"
        first = {"type": "session", "format": journal.FORMAT, "id": session_id, "time": timestamp(now)}
        return cls(config, {**first, "app": f"grokchat {__version__}", **header})

    @classmethod
    def open(cls, config: SessionConfig, path: Path, data: bytes) -> Session:
        """Open a session file.

        The session is read-only if another process has it open, or if it holds unknown events that are critical.
        """
        file: JournalFile | None = None
        problem: FileError | None = None
        if config.folder is not None:
            try:
                file = JournalFile.open(path)
                if file.size != len(data):
                    data = file.read()  # another process wrote after the file was read and before it was locked
            except SessionBusyError as error:
                problem = error
            except OSError as error:
                problem = FileError(path, f"it cannot be written ({os_reason(error)})", "Go on in a copy with /fork.")
        stored = journal.decode(data)
        header = stored.header or {"type": "session", "id": path.stem}
        if not isinstance(header.get("id"), str):
            header = {**header, "id": path.stem}
        session = cls(config, header, stored)
        if file is not None:
            session._writer.append_to(file)
        session.read_only_error = problem
        if stored.critical:
            reason = "a newer grokchat wrote something into this session that this one must not write behind"
            session.read_only_error = FileError(path, reason, "Go on in a copy with /fork.")
        if session.read_only_error is None:
            session._revert_incomplete_change()
        return session

    def fork(self, name: str = "") -> Session:
        """Return a new session with the same messages, mutes and settings; this one is not changed."""
        root = self.header.get("conversation", self.header.get("forked_from", self.id))
        copy = Session.new(self.config, forked_from=self.id, conversation=root)
        copy.catalog = self.catalog
        copy.add_initial_messages(self.conversation.messages, muted=self.conversation.muted)
        values, params = self._overrides.effective(self.settings)
        if values or params:
            copy.set_overrides(values, params)
        if name:
            copy.rename(name)
        return copy

    def add_initial_messages(self, messages: Iterable[Message], *, muted: Iterable[str] = ()) -> None:
        """Add the messages of a fork or an import, with their ids and what is known of the replies.

        The session begins with them: they are not a change that /undo could undo.
        """
        messages, muted_ids = list(messages), set(muted)
        self._change_id = [self.id]
        try:
            for message in messages:
                reply_fields = {} if message.reply is None else message.reply.fields()
                self._record("message", {"message": message.body, **reply_fields}, event_id=message.id)
            ids = [message.id for message in messages if message.id in muted_ids]
            if ids:
                self._record("mute", {"ids": ids})
            self.flush()
        finally:
            self._change_id = None

    # -- reading -----------------------------------------------------------------------------------------------------

    @property
    def conversation(self) -> Conversation:
        """The current message list."""
        return self._history.conversation

    @property
    def message_count(self) -> int:
        """The number of messages, at no cost while a reply streams and the list keeps changing."""
        return len(self._history)

    @property
    def path(self) -> Path | None:
        """The session's file, or None if it has no file (yet)."""
        return self._writer.path

    @property
    def save_error(self) -> FileError | None:
        """Why the session could not be saved."""
        return self._writer.error

    @property
    def relocation(self) -> FileError | None:
        """Why the session continues in another file, and in which, if another program changed its file."""
        return self._writer.relocation

    @property
    def settings(self) -> Settings:
        """The effective settings."""
        if self._settings is None:
            self._settings = resolve_settings(self.settings_layers())
        return self._settings

    def settings_layers(self) -> list[Layer]:
        """Return the layers of the settings, weakest first."""
        lower = self.config.lower_layers
        saved = without_raised_cost_limit(self._overrides.saved, lower)
        return [*lower, saved, self.config.upper_layer, self._overrides.current]

    @property
    def conversation_id(self) -> str:
        """The value of `x-grok-conv-id`: the same for a session and its forks, so that they share a prompt cache."""
        root = self.header.get("conversation", self.header.get("forked_from", self.id))
        return to_conversation_id(root if isinstance(root, str) else self.id)

    @property
    def created(self) -> str:
        """When the session began, from its header."""
        return str(self.header.get("time", ""))

    def encode(self) -> bytes:
        """Return the session as a session file: all events but those about damaged lines of its own file."""
        events = (event for event in self._events if event["type"] != "damage")
        return b"".join(map(journal.encode, [self.header, *events]))

    # -- the request -------------------------------------------------------------------------------------------------

    def request_body(self, settings: Settings | None = None) -> bytes:
        """Return the exact body of the next request."""
        return self._encode_request(self.conversation.sent(), settings or self.settings)

    def previous_request_body(self) -> bytes | None:
        """Return the body of the last request: the one that this run sent, else the one that the file implies.

        The file has the messages of an earlier run; its model and parameters are assumed to be the current ones.
        """
        if self.last_request_body is not None:
            return self.last_request_body
        last = self._history.last_request()
        return None if last is None else self._encode_request(last.sent(), self.settings)

    def estimate_request(
        self, *, adding: Iterable[Mapping[str, Any]] = (), model: str | None = None
    ) -> RequestEstimate:
        """Estimate the next request, with these messages added, for the current or another model."""
        last, counted = self._history.last_request(), self._history.last_counted_request()
        added = [Message("", body) for body in adding]
        return estimate_request(
            self._token_estimator,
            [*self.conversation.sent(), *added] if added else self.conversation.sent(),
            last=None if last is None else last.sent(),
            last_counted=None if counted is None else (counted[0].sent(), Usage.from_api(counted[1])),
            model=self.model_info if model is None else self.catalog.get(model),
        )

    def export_source(self) -> Source:
        """Return what the exports are made from."""
        from grokchat.export.source import Source

        settings, conversation = self.settings, self.conversation
        return Source(
            messages=conversation.messages,
            muted=conversation.muted,
            body=self.request_body(),
            model=settings.model,
            stream=settings.stream,
            params=settings.params,
            base_url=settings.base_url,
            conversation_id=self.conversation_id,
            timeout=settings.timeout,
            session=self.id,
            name=self.name,
            created=self.created,
        )

    @property
    def model_info(self) -> ModelInfo | None:
        """What the API's list says of the current model, if it is loaded."""
        return self.catalog.get(self.settings.model)

    def _encode_request(self, messages: Sequence[Message], settings: Settings) -> bytes:
        return self._encoder.body(messages, model=settings.model, stream=settings.stream, params=settings.params)

    # -- changing ----------------------------------------------------------------------------------------------------

    @contextmanager
    def as_one_change(self) -> Iterator[None]:
        """Make one change, which /undo undoes in one step, of all events recorded inside."""
        outer = self._change_id
        self._change_id = [] if outer is None else outer
        try:
            yield
        finally:
            self._change_id = outer

    def add_message(
        self,
        body: Mapping[str, Any],
        *,
        before: str | None = None,
        replaces: str | None = None,
        message_id: str | None = None,
        reply_fields: Mapping[str, Any] | None = None,
        more: bool = False,
    ) -> str:
        """Append a message, insert it before the message `before`, or replace another one; return its id.

        It is on the disk when this returns. `reply_fields` are those of a reply: model, finish_reason, usage, ... With
        `more` it counts only together with the event that follows.
        """
        where = {"before": before, "replaces": replaces, "more": more or None}
        fields = {key: value for key, value in where.items() if value is not None}
        event = self._record(
            "message", {**fields, "message": body, **(reply_fields or {})}, event_id=message_id, sync=True
        )
        return str(event["id"])

    def add_partial(
        self, reply_id: str, *, text: str, reasoning: str, model: str | None = None, joins: str | None = None
    ) -> None:
        """Save a piece of the reply that is being received; `joins` is the message that it continues."""
        self.incoming_reply_id = reply_id
        fields = {"text": text, "reasoning": reasoning, "model": model, "joins": joins}
        self._record("partial", {"reply": reply_id, **{key: value for key, value in fields.items() if value}})

    def remove(self, ids: Sequence[str]) -> None:
        """Delete messages."""
        self._record("remove", {"ids": list(ids)}, sync=True)

    def move(self, ids: Sequence[str], *, before: str | None) -> None:
        """Move messages before the message `before`, or to the end."""
        where = {} if before is None else {"before": before}
        self._record("move", {"ids": list(ids), **where}, sync=True)

    def mute(self, ids: Sequence[str]) -> None:
        """Leave messages out of requests, but keep them."""
        self._record("mute", {"ids": list(ids)}, sync=True)

    def unmute(self, ids: Sequence[str]) -> None:
        """Send muted messages again."""
        self._record("unmute", {"ids": list(ids)}, sync=True)

    @property
    def state_id(self) -> str:
        """The name of the current state of the message list."""
        return self._history.state_id

    def rewind(self, state_id: str) -> None:
        """Restore the message list as it was after the event with this id."""
        self._record("rewind", {"to": state_id}, sync=True)

    def undo(self, count: int) -> Sequence[Change]:
        """Undo the last changes, at most `count`; return them, the latest first."""
        changes = self._history.undoable(count)
        if changes:
            self._rewind_to(self._history.state_id_before(changes[-1]))
        return changes

    def redo(self, count: int) -> Sequence[Change]:
        """Redo what was undone last, at most `count` changes; return them in the order in which they were made."""
        changes = self._history.redoable(count)
        if changes:
            self._rewind_to(self._history.state_id_after(changes[-1]))
        return changes

    def _rewind_to(self, state_id: str | None) -> None:
        if state_id is None:
            raise CommandError("The session file gives one id to two events, so there is nothing to go back to.")
        self.rewind(state_id)

    def set_overrides(self, values: Mapping[str, Any], params: Mapping[str, Any]) -> None:
        """Change settings and request parameters of this session; None removes an override."""
        event: dict[str, Any] = dict(values)
        if params:
            event["params"] = dict(params)
        self._record("settings", event)

    def rename(self, name: str) -> None:
        """Name the session."""
        self._record("name", {"name": name})

    def flush(self) -> None:
        """Write what is not on the disk yet, if the session has a file or should have one."""
        if not self.read_only_error:
            self._writer.flush()

    def close(self) -> None:
        """Write what is not on the disk yet, and close the file."""
        self.flush()
        self._writer.close()

    # -- recording events --------------------------------------------------------------------------------------------

    @property
    def _history(self) -> History:
        """The states of the message list; built on first use, which is after the first prompt."""
        if self._loaded_history is None:
            self._loaded_history = History(self.id, self._events)
        return self._loaded_history

    def _load(self, stored: Journal) -> None:
        for event in stored.events:
            self._update_from(event)
        self._events = list(stored.events)
        self._overrides.finish_loading()
        if not stored.ends_clean:
            self._writer.enqueue(b"\n")
        now = timestamp(self.config.now())
        for damage in stored.damage:
            event = {"type": "damage", "line": damage.line, "id": new_id(), "time": now}
            self._writer.enqueue(journal.encode(event))

    def _revert_incomplete_change(self) -> None:
        """Revert the change that a crash cut in two: it was never acknowledged."""
        if not any(event.get("more") is True for event in self._events):
            return
        change = self._history.incomplete_change
        state_id = None if change is None else self._history.state_id_before(change)
        if change is None or state_id is None:
            return
        event = {"type": "rewind", "id": new_id(), "time": timestamp(self.config.now()), "change": change.name}
        self._apply({**event, "to": state_id})

    def _record(
        self, kind: str, fields: Mapping[str, Any], *, event_id: str | None = None, sync: bool = False
    ) -> Event:
        if self.read_only_error:
            raise CommandError(f"Nothing was changed. {self.read_only_error}")
        event: dict[str, Any] = {"type": kind, "id": event_id or new_id(), "time": timestamp(self.config.now())}
        if kind not in {"settings", "name"} and not (kind == "rewind" and self._change_id is None):
            change_id = [] if self._change_id is None else self._change_id
            if not change_id:
                change_id.append(event["id"])
            event["change"] = change_id[0]
        event.update(fields)
        self._apply(event)
        if self.path is not None or self.save_error is not None or kind in _SAVED_EVENTS:
            self._writer.write(sync=sync)
        return event

    def _apply(self, event: Event) -> None:
        self._update_from(event)
        self._history.apply(event)
        self._events.append(event)
        self._writer.enqueue(journal.encode(event))

    def _update_from(self, event: Event) -> None:
        kind = event["type"]
        if kind == "settings":
            self._overrides.apply(event)
            self._settings = None
        elif kind == "name":
            self.name = str(event.get("name", ""))
        elif kind == "message" and isinstance(event.get("usage"), dict):
            self.last_usage = Usage.from_api(event["usage"])
            self.usage += self.last_usage


def timestamp(now: datetime) -> str:
    """Return a time in the journal's format: UTC, ISO 8601, milliseconds."""
    return now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
