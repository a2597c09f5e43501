"""Changes to the message list: what /undo and /redo go over.

A change is what /undo undoes in one step: the events that name the same `change`; where a file names none, one event,
or a message with the reply that follows it. Undo and redo are rewinds to where a change began or ended, so they are
read from the file like everything else and outlive a restart. The messages that a fork or an import begins with, whose
`change` is the session's own id, are not a change.

States are numbers that `history` gives. Pure: no files, no clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from grokchat.records import mutable
from grokchat.session.journal import Event


@mutable
class Change:
    """The step from one state of the message list to another, by these events; `name` is their `change`."""

    name: str
    before: int
    after: int
    events: list[Event]

    @property
    def is_empty(self) -> bool:
        """Whether it left the message list as it was, as a /retry does that was put back."""
        return self.before == self.after


class UndoList:
    """Changes in order: first those that are done, then those that were undone.

    Undo and redo only move the border between the two, in constant time: a file may hold any number of rewinds. The
    latest change is kept beside them until the next one: if it turns out to be empty, what was undone before it can
    still be redone.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._changes: list[Change] = []
        self._done_count = 0
        self._latest: Change | None = None
        self._begins: dict[int, list[int]] = {}
        self._ends: dict[int, list[int]] = {}

    # -- reading -----------------------------------------------------------------------------------------------------

    def undoable(self, count: int) -> Sequence[Change]:
        """Return the last `count` changes that can be undone, the latest first."""
        return list(islice((change for change in self._done() if not change.is_empty), count))

    def redoable(self, count: int, state: int) -> Sequence[Change]:
        """Return the first `count` changes that can be redone from a state, in the order in which they were made."""
        following = self._next_undone
        if following is None or following.before != state:
            return []
        undone = islice(self._changes, self._done_count, None)
        return list(islice((change for change in undone if not change.is_empty), count))

    @property
    def last(self) -> Change | None:
        """The last change that is done."""
        if self._latest is not None:
            return self._latest
        return self._changes[self._done_count - 1] if self._done_count else None

    def _done(self) -> Iterator[Change]:
        if self._latest is not None:
            yield self._latest
        yield from (self._changes[at] for at in range(self._done_count - 1, -1, -1))

    @property
    def _next_undone(self) -> Change | None:
        return self._changes[self._done_count] if self._done_count < len(self._changes) else None

    # -- recording ---------------------------------------------------------------------------------------------------

    def record_event(self, event: Event, before: int, after: int) -> None:
        """Record an event that led from one state to a new one."""
        if event.get("change") == self._root:
            return
        last = self.last
        if last is not None and last.after == before and _belongs_to(event, last):
            self._extend(event, after)
        else:
            self._append(Change(str(event.get("change") or event.get("id")), before, after, [event]))

    def record_rewind(self, event: Event, before: int, after: int) -> None:
        """Record a rewind from one state to another: part of the last change, an undo or redo, or a change itself."""
        last = self.last
        if last is not None and last.after == before and event.get("change") == last.name:
            self._extend(event, after)
            return
        following = self._next_undone
        if following is not None and following.before != before:
            self._forget_undone()  # events that are no changes came between
        if not self._move_border(after):
            self._append(Change(str(event.get("id")), before, after, [event]))

    def _append(self, change: Change) -> None:
        self._settle_latest()
        self._latest = change

    def _extend(self, event: Event, after: int) -> None:
        """Make an event part of the last change, which then ends in another state."""
        if self._latest is None:
            self._forget_undone()
            self._latest = self._pop()
            self._done_count -= 1
        self._latest.after = after
        self._latest.events.append(event)

    def _move_border(self, state: int) -> bool:
        """Move the border to where a done change began or an undone one ended; return False if there is none."""
        self._settle_latest()
        begun, ended = self._begins.get(state), self._ends.get(state)
        if begun and begun[0] < self._done_count:
            self._done_count = begun[0]
        elif ended and ended[-1] >= self._done_count:
            self._done_count = ended[-1] + 1
        else:
            return False
        return True

    def _forget_undone(self) -> None:
        while len(self._changes) > self._done_count:
            self._pop()

    def _settle_latest(self) -> None:
        change, self._latest = self._latest, None
        if change is None or change.is_empty:
            return
        self._forget_undone()
        self._begins.setdefault(change.before, []).append(self._done_count)
        self._ends.setdefault(change.after, []).append(self._done_count)
        self._changes.append(change)
        self._done_count += 1

    def _pop(self) -> Change:
        change = self._changes.pop()
        self._begins[change.before].pop()
        self._ends[change.after].pop()
        return change


def _belongs_to(event: Event, change: Change) -> bool:
    """Return whether an event is part of the last change."""
    if isinstance(event.get("change"), str):
        return bool(event["change"] == change.name)
    latest = change.events[-1]
    if event["type"] == "partial":
        return _is_from_user(latest) or latest.get("reply") == event["reply"]
    if event["type"] != "message" or event["message"].get("role") != "assistant":
        return False
    if latest["type"] == "partial":
        return bool(latest["reply"] == event["id"])
    # A file that another program wrote need not say how a reply came about.
    return _is_from_user(latest) and "before" not in event and "replaces" not in event


def _is_from_user(event: Event) -> bool:
    return bool(event["type"] == "message" and event["message"].get("role") == "user")
