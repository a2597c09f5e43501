"""Changes to the message list, for /undo and /redo.

A change is what /undo undoes in one step: consecutive events that name the same `change`. In a file without these names
it is a single event, or a user's message together with the reply that follows. Undo and redo are rewinds to the state
before or after a change, so they are read from the file like everything else and survive a restart. The initial
messages of a fork or an import, whose `change` is the session's own id, are not a change.

States are the numbers that `history` gives them. Pure: no files, no clock.
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
    state_before: int
    state_after: int
    events: list[Event]

    @property
    def is_noop(self) -> bool:
        """Whether it left the message list unchanged, such as a /retry that was rolled back."""
        return self.state_before == self.state_after


class UndoList:
    """Changes in order: first those that are done, then those that were undone.

    Undo and redo only move the boundary between the two, in constant time: a file may hold any number of rewinds.

    The latest change is kept apart from the list until the next one, because events may still be added to it. Putting
    it into the list deletes the undone changes. If it turns out to be a no-op, it is dropped instead, and they can be
    redone.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._changes: list[Change] = []
        self._done_count = 0
        self._latest: Change | None = None
        # The positions in the list, ascending, of the changes before and after which a state was current.
        self._positions_by_state_before: dict[int, list[int]] = {}
        self._positions_by_state_after: dict[int, list[int]] = {}

    # -- reading -----------------------------------------------------------------------------------------------------

    def undoable(self, count: int) -> Sequence[Change]:
        """Return the last `count` changes that can be undone, the latest first."""
        return list(islice((change for change in self._done() if not change.is_noop), count))

    def redoable(self, count: int, state: int) -> Sequence[Change]:
        """Return the first `count` changes that can be redone from a state, the oldest first."""
        following = self._next_undone
        if following is None or following.state_before != state:
            return []
        undone = islice(self._changes, self._done_count, None)
        return list(islice((change for change in undone if not change.is_noop), count))

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

    def record_event(self, event: Event, state_before: int, state_after: int) -> None:
        """Record an event that led from one state to a new one."""
        if event.get("change") == self._root:
            return
        last = self.last
        if last is not None and last.state_after == state_before and _belongs_to(event, last):
            self._extend(event, state_after)
        else:
            self._append(Change(str(event.get("change") or event.get("id")), state_before, state_after, [event]))

    def record_rewind(self, event: Event, state_before: int, state_after: int) -> None:
        """Record a rewind from one state to another: part of the last change, an undo or redo, or its own change."""
        last = self.last
        if last is not None and last.state_after == state_before and event.get("change") == last.name:
            self._extend(event, state_after)
            return
        following = self._next_undone
        if following is not None and following.state_before != state_before:
            self._forget_undone()  # events that are not part of a change were recorded since
        if not self._move_boundary(state_after):
            self._append(Change(str(event.get("id")), state_before, state_after, [event]))

    def _append(self, change: Change) -> None:
        """Make this the latest change."""
        self._settle_latest()
        self._latest = change

    def _extend(self, event: Event, state_after: int) -> None:
        """Add an event to the last change, which then leads to another state."""
        if self._latest is None:
            self._forget_undone()
            self._latest = self._pop()
            self._done_count -= 1
        self._latest.state_after = state_after
        self._latest.events.append(event)

    def _move_boundary(self, state: int) -> bool:
        """Undo or redo up to a state: move the boundary to it; return False if no change starts or ends there."""
        self._settle_latest()
        starts, ends = self._positions_by_state_before.get(state), self._positions_by_state_after.get(state)
        if starts and starts[0] < self._done_count:
            self._done_count = starts[0]
        elif ends and ends[-1] >= self._done_count:
            self._done_count = ends[-1] + 1
        else:
            return False
        return True

    def _forget_undone(self) -> None:
        while len(self._changes) > self._done_count:
            self._pop()

    def _settle_latest(self) -> None:
        """Put the latest change into the list in place of the undone ones, or drop it if it is a no-op."""
        change, self._latest = self._latest, None
        if change is None or change.is_noop:
            return
        self._forget_undone()
        self._positions_by_state_before.setdefault(change.state_before, []).append(self._done_count)
        self._positions_by_state_after.setdefault(change.state_after, []).append(self._done_count)
        self._changes.append(change)
        self._done_count += 1

    def _pop(self) -> Change:
        """Remove the last change from the list and return it."""
        change = self._changes.pop()
        self._positions_by_state_before[change.state_before].pop()
        self._positions_by_state_after[change.state_after].pop()
        return change


def _belongs_to(event: Event, change: Change) -> bool:
    """Return whether an event is part of the last change."""
    if isinstance(event.get("change"), str):
        return bool(event["change"] == change.name)
    previous = change.events[-1]
    if event["type"] == "partial":
        return _is_from_user(previous) or previous.get("reply") == event["reply"]
    if event["type"] != "message" or event["message"].get("role") != "assistant":
        return False
    if previous["type"] == "partial":
        return bool(previous["reply"] == event["id"])
    # A file of another program need not mark a message as the reply to the one before it.
    return _is_from_user(previous) and "before" not in event and "replaces" not in event


def _is_from_user(event: Event) -> bool:
    return bool(event["type"] == "message" and event["message"].get("role") == "user")
