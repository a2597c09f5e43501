"""The one mutable object: a conversation, its journal file, and the settings that belong to it.

Whatever changes a session is one event: applied in memory, then written. A file appears with the first message, so
looking around leaves no litter, and opening one changes nothing. When saving fails the session goes on in memory, keeps
what it could not write and tries it again with the next event; `trouble` says what is wrong. When another program has
changed the file the session goes on in a new one; `moved` says so. How to tell it is the caller's business.
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
from grokchat.session.history import Change, History
from grokchat.session.journal import Damage, Event, Journal
from grokchat.session.journal_file import JournalFile
from grokchat.session.journal_writer import JournalWriter
from grokchat.session.overrides import Overrides, within_limits

if TYPE_CHECKING:
    from grokchat.attachments.load import Attachment
    from grokchat.export.source import Source

_LASTING = frozenset({"message", "remove", "move", "mute", "unmute", "rewind", "name"})
"""Events that make a session worth a file."""


@record
class SessionConfig:
    """What sessions are opened with.

    `folder` is where they are kept (None: nowhere), `below` and `above` are the layers around their own settings;
    `prompts` is where the user's prompts are.
    """

    folder: Path | None
    lower_layers: Sequence[Layer] = ()
    upper_layer: Layer = field(default_factory=lambda: Layer("command line"))
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    prompts_folder: Path | None = None


class Session:
    """A conversation that is being held.

    `usage` is what all its replies took, those that were removed included; `last_usage` what the last one took.
    `catalog` is what the API says of its models, as far as it was asked. `last_body` is the last request of this run.
    `attached` are the files that go with the next message. `coming` is the id of the reply that still comes: what the
    buffer has of it looks like one that was interrupted.
    """

    def __init__(self, config: SessionConfig, header: Event, stored: Journal | None = None) -> None:
        self.config = config
        self.id = str(header["id"])
        self.header = header
        self.read_only: FileError | None = None
        self.damage: Sequence[Damage] = stored.damage if stored else ()
        self.catalog: Catalog = {}
        self.attachments: list[Attachment] = []
        self.incoming_reply_id: str | None = None
        self.last_request_body: bytes | None = None
        self.last_usage: Usage | None = None
        self.usage = Usage()
        self.name = ""
        self._events: list[Event] = []
        self._past: History | None = None
        self._encoder = RequestEncoder()
        self._token_estimator = TokenEstimator()
        self._overrides = Overrides()
        self._settings: Settings | None = None
        self._writer = JournalWriter(config.folder, self.id, self.encode)
        self._change: list[str] | None = None
        if stored is None:
            self._writer.take(journal.encode(header))
        else:
            self._load(stored)

    # -- coming into being -------------------------------------------------------------------------------------------

    @classmethod
    def new(cls, config: SessionConfig, **header: Any) -> Session:
        """Begin an empty session; `header` adds keys to its first line."""
        now = config.now()
        session_id = f"{now:%Y%m%d-%H%M%S}-{new_id()[:6]}"
        first = {"type": "session", "format": journal.FORMAT, "id": session_id, "time": timestamp(now)}
        return cls(config, {**first, "app": f"grokchat {__version__}", **header})

    @classmethod
    def open(cls, config: SessionConfig, path: Path, data: bytes) -> Session:
        """Go on with a session file.

        It is read-only if another process has it open, or if it holds events that are critical and not known here.
        """
        file: JournalFile | None = None
        problem: FileError | None = None
        if config.folder is not None:
            try:
                file = JournalFile.open(path)
                if file.size != len(data):
                    data = file.read()  # another process wrote between our reading and our locking
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
            session._writer.go_on(file)
        session.read_only = problem
        if stored.critical:
            reason = "a newer grokchat wrote something into this session that this one must not write behind"
            session.read_only = FileError(path, reason, "Go on in a copy with /fork.")
        if session.read_only is None:
            session._mend()
        return session

    def fork(self, name: str = "") -> Session:
        """Return a new session with the same buffer, mutes and settings; this one stays as it is."""
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
        """Begin with messages from elsewhere, with their ids and what is known of how they came about.

        They are what the session begins with, and no change that /undo takes back.
        """
        messages, mute = list(messages), set(muted)
        self._change = [self.id]
        try:
            for message in messages:
                known = {} if message.reply is None else message.reply.fields()
                self._record("message", {"message": message.body, **known}, event_id=message.id)
            ids = [message.id for message in messages if message.id in mute]
            if ids:
                self._record("mute", {"ids": ids})
            self.flush()
        finally:
            self._change = None

    # -- what it is --------------------------------------------------------------------------------------------------

    @property
    def conversation(self) -> Conversation:
        """The buffer as it is now."""
        return self._history.conversation

    @property
    def message_count(self) -> int:
        """How many messages the buffer has, at no cost while a reply comes and the buffer keeps changing."""
        return len(self._history)

    @property
    def path(self) -> Path | None:
        """The session's file, or None if it has none (yet)."""
        return self._writer.path

    @property
    def save_error(self) -> FileError | None:
        """Why the session is not on the disk as it should be."""
        return self._writer.trouble

    @property
    def relocation(self) -> FileError | None:
        """Why the session goes on in another file, and which, if another program changed the one it had."""
        return self._writer.moved

    @property
    def settings(self) -> Settings:
        """The effective settings."""
        if self._settings is None:
            self._settings = resolve_settings(self.settings_layers())
        return self._settings

    def settings_layers(self) -> list[Layer]:
        """Return the layers of the settings, weakest first."""
        below = self.config.lower_layers
        return [*below, within_limits(self._overrides.saved, below), self.config.upper_layer, self._overrides.now]

    @property
    def conversation_id(self) -> str:
        """The value of `x-grok-conv-id`: the same for a session and its forks, so that they share a prompt cache."""
        root = self.header.get("conversation", self.header.get("forked_from", self.id))
        return to_conversation_id(root if isinstance(root, str) else self.id)

    @property
    def created(self) -> str:
        """When it began, as its header says."""
        return str(self.header.get("time", ""))

    def encode(self) -> bytes:
        """Return the session as a session file: every event, read or made, but what is said of lines of this one."""
        events = (event for event in self._events if event["type"] != "damage")
        return b"".join(map(journal.encode, [self.header, *events]))

    # -- the request -------------------------------------------------------------------------------------------------

    def request_body(self, settings: Settings | None = None) -> bytes:
        """Return the exact body of the next request."""
        return self._body(self.conversation.sent(), settings or self.settings)

    def previous_request_body(self) -> bytes | None:
        """Return the body of the last request: the very one of this run, else what the file says it was.

        Of an earlier run the messages are known; model and parameters are taken to have been what they are now.
        """
        if self.last_request_body is not None:
            return self.last_request_body
        asked = self._history.asked()
        return None if asked is None else self._body(asked.sent(), self.settings)

    def estimate_request(
        self, *, adding: Iterable[Mapping[str, Any]] = (), model: str | None = None
    ) -> RequestEstimate:
        """Say what the next request is about to be, with what is about to be added to it, of this or another model."""
        asked, counted = self._history.asked(), self._history.counted()
        added = [Message("", body) for body in adding]
        return estimate_request(
            self._token_estimator,
            [*self.conversation.sent(), *added] if added else self.conversation.sent(),
            asked=None if asked is None else asked.sent(),
            counted=None if counted is None else (counted[0].sent(), Usage.from_api(counted[1])),
            model=self.model_info if model is None else self.catalog.get(model),
        )

    def export_source(self) -> Source:
        """Return what exports are made from."""
        from grokchat.export.source import Source

        now, conversation = self.settings, self.conversation
        return Source(
            messages=conversation.messages,
            muted=conversation.muted,
            body=self.request_body(),
            model=now.model,
            stream=now.stream,
            params=now.params,
            base_url=now.base_url,
            conversation=self.conversation_id,
            timeout=now.timeout,
            session=self.id,
            name=self.name,
            created=self.created,
        )

    @property
    def model_info(self) -> ModelInfo | None:
        """What the API says of the model, if it was asked."""
        return self.catalog.get(self.settings.model)

    def _body(self, messages: Sequence[Message], use: Settings) -> bytes:
        return self._encoder.body(messages, model=use.model, stream=use.stream, params=use.params)

    # -- changing it -------------------------------------------------------------------------------------------------

    @contextmanager
    def as_one_change(self) -> Iterator[None]:
        """Bind the events made inside into one change, which /undo takes back as one."""
        outer = self._change
        self._change = [] if outer is None else outer
        try:
            yield
        finally:
            self._change = outer

    def add_message(
        self,
        body: Mapping[str, Any],
        *,
        before: str | None = None,
        replaces: str | None = None,
        message_id: str | None = None,
        known: Mapping[str, Any] | None = None,
        more: bool = False,
    ) -> str:
        """Append a message, insert it before the one with the id `before`, or put it in another's place; return its id.

        It is on the disk when this returns. `known` is what is known of a reply: model, finish_reason, usage, ...
        With `more` it is no change on its own, but waits for the event that follows.
        """
        where = {"before": before, "replaces": replaces, "more": more or None}
        fields = {key: value for key, value in where.items() if value is not None}
        event = self._record("message", {**fields, "message": body, **(known or {})}, event_id=message_id, sync=True)
        return str(event["id"])

    def add_partial(
        self, reply_id: str, *, text: str, reasoning: str, model: str | None = None, joins: str | None = None
    ) -> None:
        """Keep a piece of a reply that is still coming; `joins` is the message that it goes on with."""
        self.incoming_reply_id = reply_id
        fields = {"text": text, "reasoning": reasoning, "model": model, "joins": joins}
        self._record("partial", {"reply": reply_id, **{key: value for key, value in fields.items() if value}})

    def remove(self, ids: Sequence[str]) -> None:
        """Take messages out of the buffer."""
        self._record("remove", {"ids": list(ids)}, sync=True)

    def move(self, ids: Sequence[str], *, before: str | None) -> None:
        """Put messages before the one with the id `before`, or at the end."""
        where = {} if before is None else {"before": before}
        self._record("move", {"ids": list(ids), **where}, sync=True)

    def mute(self, ids: Sequence[str]) -> None:
        """Keep messages, and do not send them."""
        self._record("mute", {"ids": list(ids)}, sync=True)

    def unmute(self, ids: Sequence[str]) -> None:
        """Send muted messages again."""
        self._record("unmute", {"ids": list(ids)}, sync=True)

    @property
    def state_id(self) -> str:
        """The name of the buffer as it is now."""
        return self._history.state

    def rewind(self, state: str) -> None:
        """Make the buffer what it was after the event of that id."""
        self._record("rewind", {"to": state}, sync=True)

    def undo(self, count: int) -> Sequence[Change]:
        """Take back the last changes, at most `count`; return them, the latest first."""
        changes = self._history.undoable(count)
        if changes:
            self._rewind_to(self._history.before(changes[-1]))
        return changes

    def redo(self, count: int) -> Sequence[Change]:
        """Bring back what was taken back last, at most `count` changes; return them in the order they were made."""
        changes = self._history.redoable(count)
        if changes:
            self._rewind_to(self._history.after(changes[-1]))
        return changes

    def _rewind_to(self, state: str | None) -> None:
        if state is None:
            raise CommandError("The session file gives one id to two events, so there is nothing to go back to.")
        self.rewind(state)

    def set_overrides(self, values: Mapping[str, Any], params: Mapping[str, Any]) -> None:
        """Change settings and request parameters of this session; None goes back to what the layers below say."""
        event: dict[str, Any] = dict(values)
        if params:
            event["params"] = dict(params)
        self._record("settings", event)

    def rename(self, name: str) -> None:
        """Give the session a name."""
        self._record("name", {"name": name})

    def flush(self) -> None:
        """Bring to the disk what is not there yet, if something worth a file has happened."""
        if not self.read_only:
            self._writer.flush()

    def close(self) -> None:
        """Write what is still unwritten and let the file go."""
        self.flush()
        self._writer.close()

    # -- inside ------------------------------------------------------------------------------------------------------

    @property
    def _history(self) -> History:
        """What became of the buffer so far; made when it is first asked for, which the first prompt does not."""
        if self._past is None:
            self._past = History(self.id, self._events)
        return self._past

    def _load(self, stored: Journal) -> None:
        for event in stored.events:
            self._note(event)
        self._events = list(stored.events)
        self._overrides.loaded()
        if not stored.ends_clean:
            self._writer.take(b"\n")
        now = timestamp(self.config.now())
        for damage in stored.damage:
            event = {"type": "damage", "line": damage.line, "id": new_id(), "time": now}
            self._writer.take(journal.encode(event))

    def _mend(self) -> None:
        """Take back the change that a crash cut in two: nobody was told that it was made."""
        if not any(event.get("more") is True for event in self._events):
            return
        broken = self._history.broken
        state = self._history.before(broken) if broken is not None else None
        if broken is None or state is None:
            return
        event = {"type": "rewind", "id": new_id(), "time": timestamp(self.config.now()), "change": broken.name}
        self._apply({**event, "to": state})

    def _record(
        self, kind: str, fields: Mapping[str, Any], *, event_id: str | None = None, sync: bool = False
    ) -> Event:
        if self.read_only:
            raise CommandError(f"Nothing was changed. {self.read_only}")
        event: dict[str, Any] = {"type": kind, "id": event_id or new_id(), "time": timestamp(self.config.now())}
        if kind not in {"settings", "name"} and not (kind == "rewind" and self._change is None):
            change = [] if self._change is None else self._change
            if not change:
                change.append(event["id"])
            event["change"] = change[0]
        event.update(fields)
        self._apply(event)
        if self.path is not None or self.save_error is not None or kind in _LASTING:
            self._writer.write(sync=sync)
        return event

    def _apply(self, event: Event) -> None:
        self._note(event)
        self._history.apply(event)
        self._events.append(event)
        self._writer.take(journal.encode(event))

    def _note(self, event: Event) -> None:
        kind = event["type"]
        if kind == "settings":
            self._overrides.note(event)
            self._settings = None
        elif kind == "name":
            self.name = str(event.get("name", ""))
        elif kind == "message" and isinstance(event.get("usage"), dict):
            self.last_usage = Usage.from_api(event["usage"])
            self.usage += self.last_usage


def timestamp(now: datetime) -> str:
    """Return a time as the journal has it: UTC, ISO 8601, milliseconds."""
    return now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
