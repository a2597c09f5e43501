"""All states that a session's buffer has been in, and the changes that lead from one to the next.

Each event's id names the state after it, so events form a tree of states: an event's parent is the state that it was
applied to, and `rewind` makes any state the current one. A state is built by applying the events on the way from the
root, in one pass.

A change is what /undo takes back as one: the events that name the same `change`, or where a file names none, one
event, or a message with the reply that follows it. Undo and redo are rewinds to where a change began or ended, so they
are read from the file like everything else and outlive a restart. What was there at the beginning (the messages of a
fork or an import, whose `change` is the session's own id) is no change.

Pure: no files, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from grokchat.records import mutable, record
from grokchat.session.conversation import Conversation, ConversationBuilder
from grokchat.session.journal import Event


@record
class _State:
    """A state of the buffer: what made it, and from which state."""

    parent: int
    event: Event | None


@mutable
class Change:
    """From one state of the buffer to another, by these events; `name` is what its events call it."""

    name: str
    before: int
    after: int
    events: list[Event]

    @property
    def is_nothing(self) -> bool:
        """Whether it left the buffer as it was, as a /retry does that was put back."""
        return self.before == self.after


class History:
    """All states a session's buffer has been in, and the current one.

    `root` is the session's id: it names the empty buffer that everything began with.
    """

    def __init__(self, root: str, events: Iterable[Event] = ()) -> None:
        self._root = root
        self._states: list[_State] = [_State(-1, None)]
        self._named: dict[str, int] = {root: 0}
        self._tip = 0
        self._changes = _Changes()
        self._begun: dict[str, int] = {}
        self._asked: int | None = None
        self._counted: tuple[int, Mapping[str, Any]] | None = None
        self._built_at: dict[int, Conversation] = {}
        self._buffer: ConversationBuilder | None = ConversationBuilder()
        for event in _less_pieces(list(events)):
            self._advance(event)
        if self._tip:
            self._buffer = None

    # -- states ------------------------------------------------------------------------------------------------------

    @property
    def conversation(self) -> Conversation:
        """The current buffer."""
        return self._current().conversation()

    def __len__(self) -> int:
        return len(self._current())

    @property
    def state(self) -> str:
        """The name of the current state."""
        return self._name(self._tip)

    def asked(self) -> Conversation | None:
        """Return the buffer as it was when the last reply was asked for."""
        return None if self._asked is None else self._at(self._asked)

    def counted(self) -> tuple[Conversation, Mapping[str, Any]] | None:
        """Return the buffer as it was when the last reply was asked for that came with a usage object, and that."""
        return None if self._counted is None else (self._at(self._counted[0]), self._counted[1])

    def _at(self, state: int) -> Conversation:
        if state not in self._built_at:
            self._keep(state, self._built(state).conversation())
        return self._built_at[state]

    def _wanted(self) -> set[int]:
        """Return the states whose buffers are asked for again and again."""
        return {one for one in (self._asked, self._counted[0] if self._counted else None) if one is not None}

    def _keep(self, state: int, built: Conversation) -> None:
        wanted = self._wanted()
        self._built_at = {one: buffer for one, buffer in self._built_at.items() if one in wanted}
        self._built_at[state] = built

    def apply(self, event: Event) -> None:
        """Take one more event into the history."""
        before = self._tip
        self._advance(event)
        if self._buffer is not None and before in self._wanted() and before not in self._built_at:
            self._keep(before, self._buffer.conversation())  # a reply begins: to build it later takes a pass
        if event["type"] == "rewind" and self._tip != before:
            self._buffer = None
        elif self._buffer is not None:
            self._buffer.apply(event)

    def _current(self) -> ConversationBuilder:
        if self._buffer is None:
            self._buffer = self._built(self._tip)
        return self._buffer

    def _built(self, state: int) -> ConversationBuilder:
        path: list[tuple[int, Event]] = []
        while state > 0:
            here = self._states[state]
            assert here.event is not None
            path.append((state, here.event))
            state = here.parent
        buffer, wanted = ConversationBuilder(), self._wanted() - self._built_at.keys()
        for number, event in reversed(path):
            buffer.apply(event)
            if number in wanted:
                self._keep(number, buffer.conversation())
        return buffer

    def _name(self, state: int) -> str:
        event = self._states[state].event
        return str(event["id"]) if event is not None else self._root

    def _advance(self, event: Event) -> None:
        kind, before = event["type"], self._tip
        if kind == "rewind":
            self._tip = self._named.get(event["to"], self._tip)
            if self._tip != before:
                self._rewound(event, before)
        elif kind in {"message", "partial", "remove", "move", "mute", "unmute"}:
            self._states.append(_State(before, event))
            self._tip = len(self._states) - 1
            self._changed(event, before)
        if isinstance(event.get("id"), str):
            self._named[event["id"]] = self._tip

    # -- changes -----------------------------------------------------------------------------------------------------

    def undoable(self, count: int) -> Sequence[Change]:
        """Return the last `count` changes that can be taken back, the latest first."""
        return list(islice((one for one in self._changes.done() if not one.is_nothing), count))

    def redoable(self, count: int) -> Sequence[Change]:
        """Return the last `count` changes that were taken back and can be brought back, the latest first."""
        following = self._changes.next
        if following is None or following.before != self._tip:
            return []
        return list(islice((one for one in self._changes.undone() if not one.is_nothing), count))

    def before(self, change: Change) -> str | None:
        """Return the name of the state before a change; None if the file gives that name to another state too."""
        return self._only_name(change.before)

    def after(self, change: Change) -> str | None:
        """Return the name of the state after a change; None if the file gives that name to another state too."""
        return self._only_name(change.after)

    @property
    def broken(self) -> Change | None:
        """The last change, if a crash has left out some of its events."""
        last = self._changes.last
        return last if last is not None and last.after == self._tip and last.events[-1].get("more") is True else None

    def _only_name(self, state: int) -> str | None:
        name = self._name(state)
        return name if self._named.get(name) == state else None

    def _changed(self, event: Event, before: int) -> None:
        kind = event["type"]
        if kind == "partial":
            self._asked = self._begun.setdefault(event["reply"], before)
            if isinstance(event.get("usage"), dict):
                self._counted = (self._asked, event["usage"])
        elif kind == "message" and event["message"].get("role") == "assistant":
            begun = self._begun.setdefault(event["id"], before)
            usage = event.get("usage")
            if _REPLY_FIELDS & event.keys():
                self._asked = begun
            if isinstance(usage, dict):
                self._counted = (begun, usage)
        if event.get("change") == self._root:
            return
        last = self._changes.last
        if last is not None and last.after == before and _belongs(event, last):
            self._changes.extend(event, self._tip)
        else:
            self._changes.append(Change(str(event.get("change") or event.get("id")), before, self._tip, [event]))

    def _rewound(self, event: Event, before: int) -> None:
        last = self._changes.last
        if last is not None and last.after == before and event.get("change") == last.name:
            self._changes.extend(event, self._tip)
            return
        following = self._changes.next
        if following is not None and following.before != before:
            self._changes.forget_undone()  # not of this place: events that are no changes came between
        if not self._changes.go_to(self._tip):
            self._changes.append(Change(str(event.get("id")), before, self._tip, [event]))


class _Changes:
    """Changes one after the other: the first ones are done, those behind were taken back.

    Undo and redo only move the border between the two, in constant time: a file may hold any number of rewinds. The
    latest change stands beside them until the next one: if it comes to nothing, what was taken back can still be
    brought back.
    """

    def __init__(self) -> None:
        self._items: list[Change] = []
        self._border = 0
        self._latest: Change | None = None
        self._begins: dict[int, list[int]] = {}
        self._ends: dict[int, list[int]] = {}

    def done(self) -> Iterator[Change]:
        """Yield what is done, the latest first."""
        if self._latest is not None:
            yield self._latest
        yield from (self._items[at] for at in range(self._border - 1, -1, -1))

    def undone(self) -> Iterator[Change]:
        """Yield what was taken back, what was done first first."""
        return islice(self._items, self._border, None)

    @property
    def last(self) -> Change | None:
        """The last that is done."""
        if self._latest is not None:
            return self._latest
        return self._items[self._border - 1] if self._border else None

    @property
    def next(self) -> Change | None:
        """The first that was taken back."""
        return self._items[self._border] if self._border < len(self._items) else None

    def append(self, change: Change) -> None:
        """Do one more."""
        self._settle()
        self._latest = change

    def extend(self, event: Event, after: int) -> None:
        """Make an event part of the last change; it ends in another state then."""
        if self._latest is None:
            self.forget_undone()
            self._latest = self._pop()
            self._border -= 1
        self._latest.after = after
        self._latest.events.append(event)

    def go_to(self, state: int) -> bool:
        """Move the border to where a done change began or one that was taken back ended; say whether there is one."""
        self._settle()
        begun, ended = self._begins.get(state), self._ends.get(state)
        if begun and begun[0] < self._border:
            self._border = begun[0]
        elif ended and ended[-1] >= self._border:
            self._border = ended[-1] + 1
        else:
            return False
        return True

    def forget_undone(self) -> None:
        """Forget what was taken back."""
        while len(self._items) > self._border:
            self._pop()

    def _settle(self) -> None:
        change, self._latest = self._latest, None
        if change is None or change.is_nothing:
            return
        self.forget_undone()
        self._begins.setdefault(change.before, []).append(self._border)
        self._ends.setdefault(change.after, []).append(self._border)
        self._items.append(change)
        self._border += 1

    def _pop(self) -> Change:
        change = self._items.pop()
        self._begins[change.before].pop()
        self._ends[change.after].pop()
        return change


def _less_pieces(events: Sequence[Event]) -> Iterator[Event]:
    """Yield the events less the pieces of replies that stand whole right behind them, whose states nobody goes back to.

    They are most of a long session, and the buffer is the same without them. The first one stays: it says that a reply
    was asked for here.
    """
    named = {event["to"] for event in events if event["type"] == "rewind"}
    pieces: list[Event] = []
    for event in events:
        if event["type"] == "partial" and "joins" not in event and event.get("id") not in named:
            if pieces and pieces[0]["reply"] == event["reply"]:
                pieces.append(event)
                continue
            yield from pieces[1:]
            pieces = [event]
        elif pieces:
            if not (
                event["type"] == "message"
                and event["id"] == pieces[0]["reply"]
                and event.get("change") == pieces[0].get("change")
                and event["message"].get("role") == "assistant"
                and not event.keys() & {"before", "replaces"}
            ):
                yield from pieces[1:]
            pieces = []
        yield event
    yield from pieces[1:]


_REPLY_FIELDS = {"usage", "response_id"}
"""What an assistant's message has only if it came from the API in this place."""


def _belongs(event: Event, change: Change) -> bool:
    """Say whether an event is one more of the last change."""
    if isinstance(event.get("change"), str):
        return bool(event["change"] == change.name)
    latest = change.events[-1]
    if event["type"] == "partial":
        return _is_from_user(latest) or latest.get("reply") == event["reply"]
    if event["type"] != "message" or event["message"].get("role") != "assistant":
        return False
    if latest["type"] == "partial":
        return bool(latest["reply"] == event["id"])
    # A file of another program's making does not have to say how a reply came about.
    return _is_from_user(latest) and "before" not in event and "replaces" not in event


def _is_from_user(event: Event) -> bool:
    return bool(event["type"] == "message" and event["message"].get("role") == "user")
