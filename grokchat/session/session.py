"""A session: its message list, its journal file, and the settings that belong to it.

Every change to the messages, the session's own settings or its name is an event: applied in memory, then written. The
catalog and the attachments for the next message are not saved. The file is created with the first message or name, so
viewing an empty session leaves no file; opening a file does not change it.

When saving fails, the session continues in memory and retries with the next event; `save_error` is the reason. When
another program has changed the file, the session continues in a new one; `relocation` is the reason. The caller reports
both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokchat import __version__
from grokchat.config.settings import Layer, Settings, resolve_settings
from grokchat.errors import CommandError, FileError
from grokchat.messages import Message, ReplyInfo, new_id
from grokchat.records import replace
from grokchat.session import journal
from grokchat.session.conversation import Conversation
from grokchat.session.journal import Damage, Event, Journal
from grokchat.session.overrides import without_raised_cost_limit
from grokchat.session.recorded_events import RecordedEvents, timestamp
from grokchat.session.reply_events import OpenChange, SavedReply, initial_events, reply_events
from grokchat.session.session_config import SessionConfig
from grokchat.session.undo import Change
from grokchat.session.usage_totals import UsageTotals

if TYPE_CHECKING:
    from grokchat.api.catalog import Catalog, ModelInfo
    from grokchat.attachments.load import Attachment
    from grokchat.session.alternatives import Alternatives
    from grokchat.session.due_replies import DueReply
    from grokchat.session.requests import Requests


class Session:
    """An open session.

    `catalog` is the API's list of models, empty until it is loaded. `attachments` are sent with the next message.
    `held` are messages that a read-only session refused, for its fork. `incoming_reply_id` is the id of the reply that
    is being received: its part in the message list looks like an interrupted reply. `read_only_error` is why the
    session cannot be changed, or None. `damage` are the unreadable lines of its file. `notes` say how it was opened, if
    that was not as usual. `copied_state_id` is the state that the user has last written to a file.
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
        self.copied_state_id: str | None = None
        self._fetchable: set[str] = set()
        """The replies that were deferred in this run: they may be fetched although nothing is saved."""
        self._settings: Settings | None = None
        self._requests: Requests | None = None
        self._events = RecordedEvents(header, config.folder, config.now)
        if stored is None:
            self._events.begin()
        else:
            self._events.load(stored)

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
        from grokchat.session.session_file import lock_session_file, read_only_error

        file, problem = None, None
        if config.folder is not None:
            file, data, problem = lock_session_file(path, data)
        stored = journal.decode(data)
        header = stored.header or {"type": "session", "id": path.stem}
        if not isinstance(header.get("id"), str):
            header = {**header, "id": path.stem}
        session = cls(config, header, stored)
        if file is not None:
            session._events.append_to(file)
        if stored.critical:
            problem = read_only_error(path, "a newer grokchat wrote this session, so this one only reads it")
        session.read_only_error = problem
        session._events.repair()
        return session

    def fork(self, name: str = "", *, is_saved: bool = True) -> Session:
        """Return a new session with the same messages, mutes and settings; this one is not changed.

        With `is_saved` False its file is created by its next change or by `save`.
        """
        copy = Session.new(self.config, forked_from=self.id, conversation=self._root_id)
        copy.catalog = self.catalog
        messages, muted = self.conversation.messages, self.conversation.muted
        alternatives = self.alternatives.by_reply(messages, self._events.history.questions_of)
        copy.add_initial_messages(
            messages,
            muted=muted,
            last_sent=self.requests.last_sent_ids,
            alternatives=alternatives,
            name=name,
            is_saved=is_saved,
        )
        own = self._events.overrides.effective(self.settings)
        if own.sets_anything:
            copy.set_overrides(own.values, own.params, own.search_options)
        if self.due_replies:
            copy.notes = [f"a deferred reply is due in session {self.id}: that session gets it, not this copy"]
        return copy

    def add_initial_messages(
        self,
        messages: Iterable[Message],
        *,
        muted: Iterable[str] = (),
        last_sent: Collection[str] = (),
        alternatives: Mapping[str, Sequence[Message]] | None = None,
        name: str = "",
        is_saved: bool = True,
    ) -> None:
        """Add the messages of a fork or an import, with their ids and the metadata of replies.

        They are the session's initial state, which /undo cannot undo. `last_sent` are the ids of the messages of the
        last request. With `is_saved` False their file is created by the next change or by `save`.
        """
        with self._events.as_initial_state(is_saved=is_saved):
            for kind, event_id, fields in initial_events(messages, set(muted), alternatives or {}, last_sent):
                self._record(kind, fields, event_id=event_id)
            if name:
                self.rename(name)
            self.flush()

    # -- state -------------------------------------------------------------------------------------------------------

    @property
    def conversation(self) -> Conversation:
        """The current message list."""
        return self._events.history.conversation

    @property
    def alternatives(self) -> Alternatives:
        """The replies that were asked for instead of each other, current or not."""
        return self._events.alternatives

    @property
    def requests(self) -> Requests:
        """What the session's requests carry, built on first use, which is after the first prompt is shown."""
        if self._requests is None:
            from grokchat.session.requests import Requests

            self._requests = Requests(self, self._events)
        return self._requests

    @property
    def name(self) -> str:
        """The session's name, empty if it has none."""
        return self._events.name

    @property
    def totals(self) -> UsageTotals:
        """What all its replies and summaries have used."""
        return self._events.totals

    @property
    def message_count(self) -> int:
        """The number of messages; unlike `len(conversation)` it builds no snapshot, so it is cheap during a reply."""
        return len(self._events.history)

    @property
    def path(self) -> Path | None:
        """The session's file, or None if it has no file (yet)."""
        return self._events.path

    @property
    def save_error(self) -> FileError | None:
        """Why the session could not be saved."""
        return self._events.save_error

    @property
    def would_be_lost(self) -> bool:
        """Whether closing it would lose messages: they could not be saved, and the user has not copied them."""
        return self.save_error is not None and self.message_count > 0 and self.copied_state_id != self.state_id

    @property
    def relocation(self) -> FileError | None:
        """Why the session continues in another file, and in which, if another program changed its file."""
        return self._events.relocation

    @property
    def due_replies(self) -> list[DueReply]:
        """The deferred replies that are due, the oldest first."""
        return list(self._events.due)

    def may_fetch(self, due: DueReply) -> bool:
        """Return whether a due reply can be fetched, which can be done once, without being lost: it will be saved."""
        is_saved = self.config.folder is not None or due.reply_id in self._fetchable
        return self.read_only_error is None and is_saved

    @property
    def settings(self) -> Settings:
        """The effective settings."""
        if self._settings is None:
            self._settings = resolve_settings(self.settings_layers())
        return self._settings

    def settings_layers(self) -> list[Layer]:
        """Return the layers of the settings, weakest first."""
        lower = self.config.lower_layers
        saved = without_raised_cost_limit(self._events.overrides.saved, lower)
        return [*lower, saved, self.config.upper_layer, self._events.overrides.current]

    @property
    def conversation_id(self) -> str:
        """The value of `x-grok-conv-id`: the same for a session and its forks, so that they share a prompt cache."""
        from grokchat.api.request import to_conversation_id

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
        """Return the session as a session file."""
        return self._events.encode()

    def question_of(self, reply_id: str) -> Message | None:
        """Return the user message that a reply answered, as it was then; None if that is unknown."""
        return self._events.history.question_of(reply_id)

    @property
    def model_info(self) -> ModelInfo | None:
        """The current model's entry in the API's list, or None if it is unknown or the list is not loaded."""
        return self.catalog.get(self.settings.model)

    # -- changes -----------------------------------------------------------------------------------------------------

    def check_writable(self) -> None:
        """Raise CommandError if the session is read-only."""
        if self.read_only_error:
            raise CommandError(f"Not changed. {self.read_only_error}")

    def as_one_change(self, name: str | None = None) -> AbstractContextManager[OpenChange]:
        """Record all events inside as one change, undone by /undo in one step; an outer change includes inner ones.

        With `name` they belong to the last change, if that is its name.
        """
        return self._events.as_one_change(name)

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
        before: str | None = None,
        alternatives: Sequence[SavedReply] = (),
    ) -> None:
        """Save a complete reply in the place of its partials, or of the message `replaces`, or before a message.

        `alternatives` are other replies to the same request, the best first: message and metadata. They are kept, and
        not in the list. A file that ends between these lines has the partials instead.
        """
        if alternatives and any(message.id == reply_id for message in self.conversation):
            replaces = reply_id  # its partials
        with self.as_one_change() as change:
            replies = [(body, change.mark_alternative(info)), *alternatives]
            for event_id, fields in reply_events(reply_id, replies, replaces, before):
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
        change = self._events.open_change
        if change is not None and self.incoming_reply_id != reply_id:
            fields["alternative_of"] = change.dropped_reply_id
        self.incoming_reply_id = reply_id
        self._record_partial(reply_id, fields)

    def add_due(self, due: DueReply) -> DueReply:
        """Save that the API has accepted a request, and return what is due from now on.

        It is on the disk when this returns, unless nothing is saved or `save_error` is set.
        """
        if (change := self._events.open_change) is not None:
            due = replace(due, dropped=change.removed, alternative_of=change.dropped_reply_id)
        event = self._record("deferred", due.fields(), sync=True)
        self._fetchable.add(due.reply_id)
        return replace(due, change=event["change"])

    def end_due(self, due: DueReply, why: str) -> None:
        """Save that a reply that was due will not come."""
        if due in self._events.due:
            self._record("deferred", {"reply": due.reply_id, "request": due.request_id, "ended": why}, sync=True)

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
        more = self._events.history.ends_in_more and not str(fields.get("text") or "").strip()
        event = {"reply": reply_id, **fields, "more": more}
        self._record("partial", {key: value for key, value in event.items() if value})

    def remove(self, ids: Sequence[str], *, more: bool = False) -> None:
        """Delete messages; with `more`, the change is complete only with the next event."""
        if (change := self._events.open_change) is not None:
            change.note_removed(ids, self.conversation)
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
        return self._events.history.state_id

    def rewind(self, state_id: str) -> None:
        """Restore the message list as it was after the event with this id."""
        self._record("rewind", {"to": state_id}, sync=True)

    def undo(self, count: int) -> Sequence[Change]:
        """Undo the last changes, at most `count`; return them, the latest first."""
        changes = self._events.history.undoable(count)
        if changes:
            self._rewind_to(self._events.history.state_id_before(changes[-1]))
        return changes

    def redo(self, count: int) -> Sequence[Change]:
        """Redo the changes undone last, at most `count`; return them, the oldest first."""
        changes = self._events.history.redoable(count)
        if changes:
            self._rewind_to(self._events.history.state_id_after(changes[-1]))
        return changes

    def _rewind_to(self, state_id: str | None) -> None:
        if state_id is None:
            raise CommandError("Nothing to undo: two events in the session file have the same id.")
        self.rewind(state_id)

    def set_overrides(
        self, values: Mapping[str, Any], params: Mapping[str, Any], search_options: Mapping[str, Any] | None = None
    ) -> None:
        """Change settings, request parameters and search options of this session; None removes an override."""
        event: dict[str, Any] = dict(values)
        if params:
            event["params"] = dict(params)
        if search_options:
            event["search_options"] = dict(search_options)
        self._record("settings", event)
        self._settings = None

    def rename(self, name: str) -> None:
        """Name the session."""
        self._record("name", {"name": name})

    def save(self) -> None:
        """Write and sync all events, also if no file exists yet; `save_error` is set if that failed."""
        if not self.read_only_error:
            self._events.save()

    def flush(self) -> None:
        """Write and sync the rest, if anything was written or should have been."""
        if not self.read_only_error:
            self._events.flush()

    def close(self) -> None:
        """Write and sync the rest, and close the file."""
        self.flush()
        self._events.close()

    def _record(
        self, kind: str, fields: Mapping[str, Any], *, event_id: str | None = None, sync: bool = False
    ) -> Event:
        """Record an event; raises CommandError if the session is read-only."""
        self.check_writable()
        return self._events.record(kind, fields, event_id=event_id, sync=sync)
