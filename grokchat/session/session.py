"""A session: its message list, its journal file, and the settings that belong to it.

Every change to the messages, the session's own settings or its name is an event: applied in memory, then written. The
catalog and the attachments for the next message are not saved. The file is created with the first message or name, so
viewing an empty session leaves no file; opening a file does not change it.

When saving fails, the session continues in memory and retries with the next event; `save_error` is the reason. When
another program has changed the file, the session continues in a new one; `relocation` is the reason. The caller reports
both.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokchat import __version__
from grokchat.api.request import RequestEncoder, to_conversation_id
from grokchat.api.usage import Usage
from grokchat.config.settings import Layer, Settings, resolve_settings
from grokchat.errors import CommandError, FileError, SessionBusyError, os_reason
from grokchat.messages import Message, ReplyInfo, new_id
from grokchat.records import field, record
from grokchat.session import journal
from grokchat.session.conversation import Conversation
from grokchat.session.estimate import RequestEstimate, TokenEstimator, estimate_request
from grokchat.session.file_format import FileFormat, identify
from grokchat.session.history import History
from grokchat.session.journal import Damage, Event, Journal
from grokchat.session.journal_file import JournalFile
from grokchat.session.journal_writer import JournalWriter
from grokchat.session.overrides import Overrides, without_raised_cost_limit
from grokchat.session.reply_events import OpenChange, initial_events, reply_events
from grokchat.session.undo import Change

if TYPE_CHECKING:
    from grokchat.api.catalog import Catalog, ModelInfo
    from grokchat.attachments.load import Attachment
    from grokchat.export.source import Source
    from grokchat.session.alternatives import Alternatives
    from grokchat.session.context_shares import Share

_SAVED_EVENTS = frozenset({"message", "remove", "move", "mute", "unmute", "rewind", "name"})
"""Events that create the session's file."""


@record
class SessionConfig:
    """What all sessions of a run share.

    `folder` is where they are saved (None: nowhere). `lower_layers` and `upper_layer` are the settings below and above
    those that a session file holds. `now` is the wall clock. `prompts_folder` holds the user's prompt files. `redact`
    strikes the API key out of what exports say besides messages.
    """

    folder: Path | None
    lower_layers: Sequence[Layer] = ()
    upper_layer: Layer = field(default_factory=lambda: Layer("command line"))
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    prompts_folder: Path | None = None
    redact: Callable[[str], str] = str


class Session:
    """An open session.

    `usage` is the total of all its replies and summaries, deleted ones included; `last_usage` is that of the last
    reply, `summary_usage` that of the summaries, None if there is none, and `unreported_usage` the model and tokens of
    each reply or summary without a cost. `catalog` is the API's list of models, empty
    until it is loaded. `attachments` are sent with the next message. `held` are messages that a read-only session
    refused, for its fork.
    `incoming_reply_id` is the id of the reply that is being received: its part in the message list looks like an
    interrupted reply. `read_only_error` is why the session cannot be changed, or None. `damage` are the unreadable
    lines of its file. `notes` say how it was opened, if that was not as usual. `copied_state_id` is the state that the
    user has last written to a file.
    """

    def __init__(self, config: SessionConfig, header: Event, stored: Journal | None = None) -> None:
        self.config = config
        self.id = str(header["id"])
        self.header = header
        self.read_only_error: FileError | None = None
        self.damage: Sequence[Damage] = stored.damage if stored else ()
        self.notes: Sequence[str] = ()
        self.catalog: Catalog = {}
        self.attachments: list[Attachment] = []
        self.held: list[Mapping[str, Any]] = []
        self.incoming_reply_id: str | None = None
        self._last_request: tuple[Sequence[Message], Settings] | None = None
        """What the last request of this run was made from; its bytes would be as much memory as all messages."""
        self.copied_state_id: str | None = None
        self.last_usage: Usage | None = None
        self.summary_usage: Usage | None = None
        self.usage = Usage()
        self.unreported_usage: list[tuple[str, Usage]] = []
        self.name = ""
        self._events: list[Event] = []
        self._loaded_history: History | None = None
        self._alternatives: Alternatives | None = None
        self._encoder = RequestEncoder()
        self._token_estimator = TokenEstimator()
        self._overrides = Overrides()
        self._settings: Settings | None = None
        self._writer = JournalWriter(config.folder, self.id, self.encode)
        self._open_change: OpenChange | None = None
        self._holds_writes = False
        if stored is None:
            self._writer.enqueue(journal.encode(header))
        else:
            self._load(stored)

    # -- opening -----------------------------------------------------------------------------------------------------

    @classmethod
    def new(cls, config: SessionConfig, **header: Any) -> Session:
        """Create an empty session; `header` adds fields to its first line."""
        created = config.now()
        session_id = f"{created:%Y%m%d-%H%M%S}-{new_id()[:6]}"
        required = {"type": "session", "format": journal.FORMAT, "id": session_id, "time": timestamp(created)}
        return cls(config, {**required, "app": f"grokchat {__version__}", **header})

    @classmethod
    def open(cls, config: SessionConfig, path: Path, data: bytes) -> Session:
        """Open a session file.

        It is read-only if another process has it open, the file cannot be written, or it holds unknown critical events.
        """
        file: JournalFile | None = None
        problem: FileError | None = None
        if config.folder is not None:
            try:
                file = JournalFile.open(path)
                data = cls._read_locked(file)  # another process may have written before the file was locked
            except SessionBusyError as error:
                problem = error
            except OSError as error:
                problem = _read_only_error(path, f"it cannot be written ({os_reason(error)})")
        stored = journal.decode(data)
        header = stored.header or {"type": "session", "id": path.stem}
        if not isinstance(header.get("id"), str):
            header = {**header, "id": path.stem}
        session = cls(config, header, stored)
        if file is not None:
            session._writer.append_to(file)
        session.read_only_error = problem
        if stored.critical:
            reason = "a newer grokchat wrote this session, so this one only reads it"
            session.read_only_error = _read_only_error(path, reason)
        session._roll_back_torn_change()
        session._recover_received()
        return session

    @staticmethod
    def _read_locked(file: JournalFile) -> bytes:
        """Return the file's content; raises FileError, and closes the file, if it is no longer a session."""
        data = file.read()
        if identify(data) in {FileFormat.OTHER, FileFormat.NEWER}:
            file.close()
            raise FileError(file.path, "another file was put in its place while it was opened", "Try again.")
        return data

    def fork(self, name: str = "", *, is_saved: bool = True) -> Session:
        """Return a new session with the same messages, mutes and settings; this one is not changed.

        With `is_saved` False its file is created by its next change or by `save`.
        """
        copy = Session.new(self.config, forked_from=self.id, conversation=self._root_id)
        copy.catalog = self.catalog
        messages, muted = self.conversation.messages, self.conversation.muted
        alternatives = self.alternatives.by_reply(messages, self.question_of)
        copy.add_initial_messages(messages, muted=muted, alternatives=alternatives, name=name, is_saved=is_saved)
        values, params = self._overrides.effective(self.settings)
        if values or params:
            copy.set_overrides(values, params)
        return copy

    def add_initial_messages(
        self,
        messages: Iterable[Message],
        *,
        muted: Iterable[str] = (),
        alternatives: Mapping[str, Sequence[Message]] | None = None,
        name: str = "",
        is_saved: bool = True,
    ) -> None:
        """Add the messages of a fork or an import, with their ids and the metadata of replies.

        They are the session's initial state, which /undo cannot undo. With `is_saved` False their file is created by
        the next change or by `save`.
        """
        self._open_change = OpenChange(self.id)  # the session's own id: not a change
        self._holds_writes = not is_saved
        try:
            for kind, event_id, fields in initial_events(messages, set(muted), alternatives or {}):
                self._record(kind, fields, event_id=event_id)
            if name:
                self.rename(name)
            self.flush()
        finally:
            self._open_change = None
            self._holds_writes = False

    # -- state -------------------------------------------------------------------------------------------------------

    @property
    def conversation(self) -> Conversation:
        """The current message list."""
        return self._history.conversation

    @property
    def alternatives(self) -> Alternatives:
        """The replies that were asked for instead of each other, current or not."""
        if self._alternatives is None:
            from grokchat.session.alternatives import Alternatives

            self._alternatives = Alternatives(self._events)
        return self._alternatives

    @property
    def message_count(self) -> int:
        """The number of messages; unlike `len(conversation)` it builds no snapshot, so it is cheap during a reply."""
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
    def would_be_lost(self) -> bool:
        """Whether closing it would lose messages: they could not be saved, and the user has not copied them."""
        return self.save_error is not None and self.message_count > 0 and self.copied_state_id != self.state_id

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
        root_id = self._root_id
        return to_conversation_id(root_id if isinstance(root_id, str) else self.id)

    @property
    def _root_id(self) -> object:
        """The id of the session that the first fork was made from, as the header has it; this session's if none was."""
        return self.header.get("conversation", self.header.get("forked_from", self.id))

    @property
    def opening_reports(self) -> list[str]:
        """What to tell the user of the file that was opened: how it was, and each damaged line, as sentences."""
        lost = (f"line {damage.line} of the session file was lost: {damage.reason}" for damage in self.damage)
        return [*self.notes, *(f"{line}; all others are intact" for line in lost)]

    @property
    def created(self) -> str:
        """When the session was created, from its header."""
        return str(self.header.get("time", ""))

    def encode(self) -> bytes:
        """Return the session as a session file: all events except `damage`, which is about lines of the old file."""
        events = (event for event in self._events if event["type"] != "damage")
        return b"".join(map(journal.encode, [self.header, *events]))

    # -- the request -------------------------------------------------------------------------------------------------

    def request_body(self, settings: Settings | None = None) -> bytes:
        """Return the exact body of the next request."""
        return self.encode_request(self.conversation.sent(), settings or self.settings)

    def encode_ahead(self) -> Iterator[None]:
        """Encode the next request's messages, a part at each step, so that the request itself only joins them."""
        return self._encoder.encode_ahead(self.conversation.sent())

    def start_request(self, settings: Settings) -> bytes:
        """Return the exact body of a request that is sent now: from here on it is the previous one."""
        self._last_request = self.conversation.sent(), settings
        return self.encode_request(*self._last_request)

    def encode_request(self, messages: Sequence[Message], settings: Settings) -> bytes:
        """Return the exact body of a request with these messages."""
        return self._encoder.body(messages, model=settings.model, stream=settings.stream, params=settings.params)

    def previous_request_body(self) -> bytes | None:
        """Return the body of the last request: the exact bytes if sent in this run, else rebuilt from the file.

        The file has the messages of an earlier run; its model and parameters are assumed unchanged.
        """
        if self._last_request is not None:
            return self.encode_request(*self._last_request)
        last = self._history.last_request()
        return None if last is None else self.encode_request(last.sent(), self.settings)

    @property
    def last_requested_ids(self) -> frozenset[str]:
        """The ids of the messages that the last reply was requested with, in this run or an earlier one."""
        last = self._history.last_request()
        return frozenset() if last is None else frozenset(message.id for message in last.sent())

    def question_of(self, reply_id: str) -> Message | None:
        """Return the user message that a reply answered, as it was then; None if that is unknown."""
        return self._history.question_of(reply_id)

    def estimate_request(
        self,
        *,
        adding: Iterable[Mapping[str, Any]] = (),
        without: Collection[str] = (),
        model: str | None = None,
        messages: Sequence[Message] | None = None,
    ) -> RequestEstimate:
        """Estimate the next request, with messages added or left out (by id), for the current or another model.

        With `messages`, the request carries these instead of the list's.
        """
        last, counted = self._history.last_request(), self._history.last_counted_request()
        added = [Message("", body) for body in adding]
        sent: Sequence[Message] = self.conversation.sent() if messages is None else messages
        if added or without:
            sent = [*(message for message in sent if message.id not in without), *added]
        return estimate_request(
            self._token_estimator,
            sent,
            last=None if last is None else last.sent(),
            last_counted=None if counted is None else (counted[0].sent(), Usage.from_api(counted[1])),
            model=self.model_info if model is None else self.catalog.get(model),
        )

    def request_shares(self) -> list[Share]:
        """Return what each message takes of the next request."""
        from grokchat.session.context_shares import request_shares

        weights = [self._token_estimator.message_tokens(message) for message in self.conversation.sent()]
        return request_shares(self.conversation, weights, self.estimate_request())

    def estimate_sizes(self, messages: Sequence[Message]) -> list[int]:
        """Return about how many tokens each of these messages has in a request with all of them."""
        sizes = list(map(self._token_estimator.message_tokens, messages))
        tokens = self.estimate_request(messages=messages).prompt_tokens
        return [round(size * tokens / max(1, sum(sizes))) for size in sizes]

    def export_source(self, *, has_alternatives: bool = False) -> Source:
        """Return what the exports need of the session, with the alternatives of its replies or without."""
        from grokchat.export.source import Source
        from grokchat.redaction import redact_values

        settings, conversation, redact = self.settings, self.conversation, self.config.redact
        return Source(
            messages=conversation.messages,
            muted=conversation.muted,
            body=self.request_body(),
            model=redact(settings.model),
            stream=settings.stream,
            params=redact_values(dict(settings.params), redact),
            base_url=redact(settings.base_url),
            conversation_id=self.conversation_id,
            timeout=settings.timeout,
            session=self.id,
            name=redact(self.name),
            created=self.created,
            alternatives=self.alternatives.by_reply(conversation) if has_alternatives else {},
        )

    @property
    def model_info(self) -> ModelInfo | None:
        """The current model's entry in the API's list, or None if it is unknown or the list is not loaded."""
        return self.catalog.get(self.settings.model)

    # -- changes -----------------------------------------------------------------------------------------------------

    @contextmanager
    def as_one_change(self) -> Iterator[OpenChange]:
        """Record all events inside as one change, undone by /undo in one step; an outer change includes inner ones."""
        outer = self._open_change
        self._open_change = OpenChange() if outer is None else outer
        try:
            yield self._open_change
        finally:
            self._open_change = outer

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

        It is on the disk when this returns, unless nothing is saved or `save_error` is set. `reply_fields` are the
        metadata of a reply: model, finish_reason, usage, ... With `more`, the change is complete only with the next
        event.
        """
        optional = {"before": before, "replaces": replaces, "more": more or None}
        fields = {key: value for key, value in optional.items() if value is not None}
        event = self._record(
            "message", {**fields, "message": body, **(reply_fields or {})}, event_id=message_id, sync=True
        )
        return str(event["id"])

    def add_reply(
        self,
        reply_id: str,
        body: Mapping[str, Any],
        info: ReplyInfo,
        *,
        replaces: str | None = None,
        alternatives: Sequence[tuple[Mapping[str, Any], ReplyInfo]] = (),
    ) -> None:
        """Save a complete reply in the place of its partials, or of the message `replaces`.

        `alternatives` are other replies to the same request, the best first: message and metadata. They are kept, and
        not in the list. A file that ends between these lines has the partials instead.
        """
        if alternatives and any(message.id == reply_id for message in self.conversation):
            replaces = reply_id  # its partials
        with self.as_one_change() as change:
            replies = [(body, change.mark_alternative(info)), *alternatives]
            for event_id, fields in reply_events(reply_id, replies, replaces):
                self._record("message", fields, event_id=event_id, sync=event_id == reply_id)

    def add_received(self, reply_id: str, body: Mapping[str, Any], info: ReplyInfo, *, index: int) -> None:
        """Save a reply that has ended before the others to the same request: a crash must not lose it.

        `index` is its place among them. `add_reply` follows.
        """
        with self.as_one_change() as change:
            fields = change.mark_alternative(info).fields()
            self._record("received", {"reply": reply_id, "index": index, "message": body, **fields}, sync=True)

    def add_partial(
        self, reply_id: str, *, text: str, reasoning: str, model: str | None = None, joins: str | None = None
    ) -> None:
        """Save the next part of the reply that is being received; `joins` is the id of the reply that it continues."""
        fields = {"text": text, "reasoning": reasoning, "model": model, "joins": joins}
        if self._open_change is not None and self.incoming_reply_id != reply_id:
            fields["alternative_of"] = self._open_change.dropped_reply_id
        self.incoming_reply_id = reply_id
        self._record_partial(reply_id, fields)

    def end_without_text(self, reply_id: str, *, reasoning: str, info: ReplyInfo, more: bool = False) -> None:
        """Save the end of a reply that has reasoning and usage at most: it is kept in the file, and not in the list.

        `reasoning` is its last part, which no partial has yet. With `more`, the change is complete only with the next
        event.
        """
        self._record_partial(reply_id, {"reasoning": reasoning, **info.fields()})
        # Other readers may take any partials for a reply.
        self._record("remove", {"ids": [reply_id], **({"more": True} if more else {})}, sync=True)

    def add_summary(self, text: str, info: ReplyInfo, *, reasoning: str = "") -> None:
        """Save what a request for a summary has returned: it was paid for. The message list does not change."""
        more = {"reasoning": reasoning} if reasoning else {}
        self._record("summary", {"text": text, **more, **info.fields()}, sync=True)

    def _record_partial(self, reply_id: str, fields: Mapping[str, Any]) -> None:
        # Without text it changes nothing, so a /retry that a crash ends here has not begun.
        more = self._history.ends_in_more and not str(fields.get("text") or "").strip()
        event = {"reply": reply_id, **fields, "more": more}
        self._record("partial", {key: value for key, value in event.items() if value})

    def remove(self, ids: Sequence[str], *, more: bool = False) -> None:
        """Delete messages; with `more`, the change is complete only with the next event."""
        if self._open_change is not None:
            self._open_change.note_removed(ids, self.conversation)
        self._record("remove", {"ids": list(ids), **({"more": True} if more else {})}, sync=True)

    def move(self, ids: Sequence[str], *, before: str | None) -> None:
        """Move messages before the message `before`, or to the end."""
        target = {} if before is None else {"before": before}
        self._record("move", {"ids": list(ids), **target}, sync=True)

    def mute(self, ids: Sequence[str]) -> None:
        """Leave messages out of requests, but keep them."""
        self._record("mute", {"ids": list(ids)}, sync=True)

    def unmute(self, ids: Sequence[str]) -> None:
        """Send muted messages again."""
        self._record("unmute", {"ids": list(ids)}, sync=True)

    @property
    def state_id(self) -> str:
        """The id of the current state of the message list."""
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
        """Redo the changes undone last, at most `count`; return them, the oldest first."""
        changes = self._history.redoable(count)
        if changes:
            self._rewind_to(self._history.state_id_after(changes[-1]))
        return changes

    def _rewind_to(self, state_id: str | None) -> None:
        if state_id is None:
            raise CommandError("Nothing to undo: two events in the session file have the same id.")
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

    def save(self) -> None:
        """Write and sync all events, also if no file exists yet; `save_error` is set if that failed."""
        if not self.read_only_error:
            self._writer.write(sync=True)

    def flush(self) -> None:
        """Write and sync the rest, if anything was written or should have been."""
        if not self.read_only_error:
            self._writer.flush()

    def close(self) -> None:
        """Write and sync the rest, and close the file."""
        self.flush()
        self._writer.close()

    # -- internals ---------------------------------------------------------------------------------------------------

    @property
    def _history(self) -> History:
        """The message list's history, built on first use, which is after the first prompt is shown."""
        if self._loaded_history is None:
            self._loaded_history = History(self.id, self._events)
        return self._loaded_history

    def _load(self, stored: Journal) -> None:
        """Apply a file's events, and queue what the next write must add: a missing newline, acknowledged damage."""
        for event in stored.events:
            self._update_from(event)
        self._events = list(stored.events)
        self._overrides.finish_loading()
        if not stored.ends_clean:
            self._writer.enqueue(b"\n")
        time = timestamp(self.config.now())
        for damage in stored.damage:
            event = {"type": "damage", "line": damage.line, "id": new_id(), "time": time}
            self._writer.enqueue(journal.encode(event))

    def _roll_back_torn_change(self) -> None:
        """Roll back what a crash left of the last change: it was never acknowledged. The next write adds the line."""
        if not any(event.get("more") is True for event in self._events):
            return
        torn = self._history.torn_change
        if torn is not None:
            state_id, change = torn
            event = {"type": "rewind", "id": new_id(), "time": timestamp(self.config.now()), "change": change}
            self._apply({**event, "to": state_id})

    def _recover_received(self) -> None:
        """Add the replies that ended, and that a crash kept from being saved. The next write adds the lines."""
        change = self._events[-1].get("change") if self._events else None
        last_change = takewhile(lambda event: event.get("change") == change, reversed(self._events))
        if change is None or all(event["type"] != "received" for event in last_change):
            return
        from grokchat.session.received import recovery_events, unsaved_replies

        unsaved = unsaved_replies(self._events)
        if not unsaved:
            return
        messages = self.conversation.messages
        for kind, event_id, fields in recovery_events(unsaved, messages[-1] if messages else None, self.state_id):
            event = {"type": kind, "id": event_id or new_id(), "time": timestamp(self.config.now()), "change": change}
            self._apply({**event, **fields})

    def _record(
        self, kind: str, fields: Mapping[str, Any], *, event_id: str | None = None, sync: bool = False
    ) -> Event:
        """Make an event, apply it and write it; raises CommandError if the session is read-only."""
        if self.read_only_error:
            raise CommandError(f"Not changed. {self.read_only_error}")
        event: dict[str, Any] = {"type": kind, "id": event_id or new_id(), "time": timestamp(self.config.now())}
        # A rewind alone is /undo or /redo, which is not a change.
        if kind not in {"settings", "name", "summary"} and not (kind == "rewind" and self._open_change is None):
            change = self._open_change or OpenChange()
            if change.id is None:
                change.id = event["id"]
            event["change"] = change.id
        event.update(fields)
        self._apply(event)
        is_saved = self.path is not None or self.save_error is not None or kind in _SAVED_EVENTS
        if is_saved and not self._holds_writes:
            self._writer.write(sync=sync)
        return event

    def _apply(self, event: Event) -> None:
        """Apply an event in memory and queue its line."""
        self._update_from(event)
        self._history.apply(event)
        self._events.append(event)
        self._writer.enqueue(journal.encode(event))

    def _update_from(self, event: Event) -> None:
        """Update everything except the message list: settings, name, usage."""
        kind = event["type"]
        if kind == "settings":
            self._overrides.apply(event)
            self._settings = None
        elif kind == "name":
            self.name = str(event.get("name", ""))
        elif kind in {"message", "partial", "summary"}:
            self._add_usage(event)

    def _add_usage(self, event: Event) -> None:
        if "copy_of" in event:
            return  # it was counted with the original
        usage = Usage()
        if isinstance(event.get("usage"), dict):
            usage = Usage.from_api(event["usage"])
            self.usage += usage
            if event["type"] == "summary":
                self.summary_usage = (self.summary_usage or Usage()) + usage
            else:
                self.last_usage = usage
        elif not isinstance(event.get("response_id"), str):
            return  # no reply of the API
        if usage.cost_ticks is None:
            self.unreported_usage.append((str(event.get("model", "")), usage))


def _read_only_error(path: Path, reason: str) -> FileError:
    advice = "/fork continues in a copy."
    return FileError(path, reason, advice, shell_advice="Continue in a copy: grokchat -r SESSION, then /fork.")


def timestamp(moment: datetime) -> str:
    """Return a time in the journal's format: UTC, ISO 8601, milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
