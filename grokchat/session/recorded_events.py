"""The events of a session: what they add up to, and the file that they are written to.

An event is applied in memory, then written. The file is created with the first message or name. What a crash left of
the last change is repaired in memory when the events are loaded; the next write adds the lines of that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokchat.errors import FileError
from grokchat.messages import new_id
from grokchat.session import journal
from grokchat.session.due_replies import DueReplies
from grokchat.session.history import History
from grokchat.session.journal import Event, Journal
from grokchat.session.journal_file import JournalFile
from grokchat.session.journal_writer import JournalWriter
from grokchat.session.overrides import Overrides
from grokchat.session.reply_events import OpenChange
from grokchat.session.usage_totals import UsageTotals

if TYPE_CHECKING:
    from grokchat.session.alternatives import Alternatives

_CREATING_EVENTS = frozenset({"message", "remove", "move", "mute", "unmute", "rewind", "name"})
"""Events that create the session's file."""
_UNDOABLE_EVENTS = frozenset(
    {"message", "partial", "received", "deferred", "remove", "move", "mute", "unmute", "rewind"}
)
"""Events that belong to a change. A rewind alone is /undo or /redo, which is none."""


class RecordedEvents:
    """The events after a session's `header`, those of its file included.

    `name`, `overrides`, `totals` and `due` are what they add up to besides the message list. `folder` is where the file
    is created (None: nowhere), and `now` the wall clock.
    """

    def __init__(self, header: Event, folder: Path | None, now: Callable[[], datetime]) -> None:
        self.name = ""
        self.overrides = Overrides()
        self.totals = UsageTotals()
        self.due = DueReplies()
        self._header = header
        self._session_id = str(header["id"])
        self._now = now
        self._events: list[Event] = []
        self._loaded_history: History | None = None
        self._alternatives: Alternatives | None = None
        self._writer = JournalWriter(folder, self._session_id, self.encode)
        self._open_change: OpenChange | None = None
        self._holds_writes = False

    # -- what they add up to -----------------------------------------------------------------------------------------

    @property
    def history(self) -> History:
        """The message list's history, built on first use, which is after the first prompt is shown."""
        if self._loaded_history is None:
            self._loaded_history = History(self._session_id, self._events)
        return self._loaded_history

    @property
    def alternatives(self) -> Alternatives:
        """The replies that were asked for instead of each other, current or not."""
        if self._alternatives is None:
            from grokchat.session.alternatives import Alternatives

            self._alternatives = Alternatives(self._events)
        return self._alternatives

    def encode(self) -> bytes:
        """Return a session file of them, without `damage` events, which are about lines of the old file."""
        events = (event for event in self._events if event["type"] != "damage")
        return b"".join(map(journal.encode, [self._header, *events]))

    # -- loading -----------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Queue the header, which is the first line of a new file."""
        self._writer.enqueue(journal.encode(self._header))

    def load(self, stored: Journal) -> None:
        """Apply a file's events, and queue what the next write must add: a missing newline, acknowledged damage."""
        for event in stored.events:
            self._update_from(event)
        self._events += stored.events
        self.overrides.finish_loading()
        if not stored.ends_clean:
            self._writer.enqueue(b"\n")
        for damage in stored.damage:
            self._writer.enqueue(journal.encode({"type": "damage", "line": damage.line, **self._stamp()}))

    def append_to(self, file: JournalFile) -> None:
        """Write to this file, which has been loaded."""
        self._writer.append_to(file)

    def repair(self) -> None:
        """Repair what a crash left of the last change: roll it back, or complete it with the replies that ended."""
        self._roll_back_torn_change()
        self._recover_received()

    def _roll_back_torn_change(self) -> None:
        """Roll back a change that is not complete: it was never acknowledged."""
        if not any(event.get("more") is True for event in self._events):
            return
        torn = self.history.torn_change
        if torn is not None:
            state_id, change = torn
            self._apply({"type": "rewind", **self._stamp(), "change": change, "to": state_id})

    def _recover_received(self) -> None:
        """Add the replies that ended, and that a crash kept from being saved."""
        change = self._events[-1].get("change") if self._events else None
        last_change = takewhile(lambda event: event.get("change") == change, reversed(self._events))
        if change is None or all(event["type"] != "received" for event in last_change):
            return
        from grokchat.session.reply_recovery import lost_replies, recovery_events

        unsaved, torn = lost_replies(self._events)
        messages, state_id = self.history.conversation.messages, self.history.state_id
        for kind, event_id, fields in recovery_events(unsaved, torn, messages[-1] if messages else None, state_id):
            self._apply({"type": kind, **self._stamp(event_id), "change": change, **fields})

    # -- recording ---------------------------------------------------------------------------------------------------

    @property
    def open_change(self) -> OpenChange | None:
        """The change that is being recorded, if it may have several events."""
        return self._open_change

    @contextmanager
    def as_one_change(self, name: str | None = None) -> Iterator[OpenChange]:
        """Record all events inside as one change; an outer change includes inner ones.

        With `name` they belong to the change of that name, if no other one follows it.
        """
        outer = self._open_change
        self._open_change = OpenChange(name) if outer is None else outer
        try:
            yield self._open_change
        finally:
            self._open_change = outer

    @contextmanager
    def as_initial_state(self, *, is_saved: bool) -> Iterator[None]:
        """Record all events inside as the state that the session begins with; unless `is_saved`, write none of them."""
        self._open_change = OpenChange(self._session_id)  # the session's own id: not a change
        self._holds_writes = not is_saved
        try:
            yield
        finally:
            self._open_change = None
            self._holds_writes = False

    def record(self, kind: str, fields: Mapping[str, Any], *, event_id: str | None = None, sync: bool = False) -> Event:
        """Make an event, apply it and write it; with `sync`, it is on the disk unless `save_error` is set."""
        event: dict[str, Any] = {"type": kind, **self._stamp(event_id)}
        if kind in _UNDOABLE_EVENTS and not (kind == "rewind" and self._open_change is None):
            change = self._open_change or OpenChange()
            if change.id is None:
                change.id = event["id"]
            event["change"] = change.id
        event.update(fields)
        self._apply(event)
        is_saved = self.path is not None or self.save_error is not None or kind in _CREATING_EVENTS
        if is_saved and not self._holds_writes:
            self._writer.write(sync=sync)
        return event

    def _stamp(self, event_id: str | None = None) -> dict[str, str]:
        return {"id": event_id or new_id(), "time": timestamp(self._now())}

    def _apply(self, event: Event) -> None:
        """Apply an event in memory and queue its line."""
        self._update_from(event)
        self.history.apply(event)
        self._events.append(event)
        self._writer.enqueue(journal.encode(event))

    def _update_from(self, event: Event) -> None:
        """Update everything except the message list: settings, name, usage, what is due."""
        kind = event["type"]
        self.due.add(event)
        if kind == "settings":
            self.overrides.apply(event)
        elif kind == "name":
            self.name = str(event.get("name", ""))
        elif kind in {"message", "partial", "summary"}:
            self.totals.add(event)

    # -- the file ----------------------------------------------------------------------------------------------------

    @property
    def path(self) -> Path | None:
        """The file, or None if there is no file (yet)."""
        return self._writer.path

    @property
    def save_error(self) -> FileError | None:
        """Why the events could not be written."""
        return self._writer.error

    @property
    def relocation(self) -> FileError | None:
        """Why they continue in another file, and in which, if another program changed the file."""
        return self._writer.relocation

    def save(self) -> None:
        """Write and sync all events, also if no file exists yet."""
        self._writer.write(sync=True)

    def flush(self) -> None:
        """Write and sync the rest, if anything was written or should have been."""
        self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        self._writer.close()


def timestamp(moment: datetime) -> str:
    """Return a time in the journal's format: UTC, ISO 8601, milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
