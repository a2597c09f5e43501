"""All states that a session's message list has been in.

Each event's id names the state after it, so the events form a tree of states: an event's parent is the state that it
was applied to, and `rewind` makes any state the current one. A state is built in one pass, by applying the events on
the path from the root. Which events make one change, for /undo and /redo, is decided in `undo`.

Pure: no files, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from grokchat.records import record
from grokchat.session.conversation import Conversation, ConversationBuilder
from grokchat.session.journal import Event
from grokchat.session.undo import Change, UndoList

_STATE_EVENTS = frozenset({"message", "partial", "remove", "move", "mute", "unmute"})
_API_REPLY_FIELDS = {"usage", "response_id"}
"""Fields that an assistant's message has only if the API sent it in this place."""


@record
class _State:
    """A state of the message list: the event that made it, and the state that the event was applied to."""

    parent: int
    event: Event | None


class History:
    """All states of a session's message list, and which one is current.

    `root` is the session's id, which names the empty list that everything began with.
    """

    def __init__(self, root: str, events: Iterable[Event] = ()) -> None:
        self._root = root
        self._states: list[_State] = [_State(-1, None)]
        self._by_name: dict[str, int] = {root: 0}
        self._current = 0
        self._undo = UndoList(root)
        self._reply_begins: dict[str, int] = {}
        self._last_request: int | None = None
        self._last_counted: tuple[int, Mapping[str, Any]] | None = None
        self._conversations: dict[int, Conversation] = {}
        self._builder: ConversationBuilder | None = ConversationBuilder()
        for event in _without_superseded_pieces(list(events)):
            self._advance(event)
        if self._current:
            self._builder = None

    # -- states ------------------------------------------------------------------------------------------------------

    @property
    def conversation(self) -> Conversation:
        """The current message list."""
        return self._current_builder().conversation()

    def __len__(self) -> int:
        return len(self._current_builder())

    @property
    def state_id(self) -> str:
        """The name of the current state."""
        return self._name_of(self._current)

    def last_request(self) -> Conversation | None:
        """Return the message list that the last reply was requested with."""
        return None if self._last_request is None else self._conversation_at(self._last_request)

    def last_counted_request(self) -> tuple[Conversation, Mapping[str, Any]] | None:
        """Return the message list that the last reply with a usage object was requested with, and that object."""
        return (
            None
            if self._last_counted is None
            else (self._conversation_at(self._last_counted[0]), self._last_counted[1])
        )

    def apply(self, event: Event) -> None:
        """Add an event to the history."""
        before = self._current
        self._advance(event)
        if self._builder is not None and before in self._cached_states() and before not in self._conversations:
            self._cache(before, self._builder.conversation())  # a reply begins: to build this later takes a pass
        if event["type"] == "rewind" and self._current != before:
            self._builder = None
        elif self._builder is not None:
            self._builder.apply(event)

    def _current_builder(self) -> ConversationBuilder:
        if self._builder is None:
            self._builder = self._build(self._current)
        return self._builder

    def _conversation_at(self, state: int) -> Conversation:
        if state not in self._conversations:
            self._cache(state, self._build(state).conversation())
        return self._conversations[state]

    def _cached_states(self) -> set[int]:
        """Return the states whose message lists are needed again and again."""
        counted = None if self._last_counted is None else self._last_counted[0]
        return {state for state in (self._last_request, counted) if state is not None}

    def _cache(self, state: int, conversation: Conversation) -> None:
        states = self._cached_states()
        self._conversations = {number: kept for number, kept in self._conversations.items() if number in states}
        self._conversations[state] = conversation

    def _build(self, state: int) -> ConversationBuilder:
        path: list[tuple[int, Event]] = []
        while state > 0:
            step = self._states[state]
            assert step.event is not None
            path.append((state, step.event))
            state = step.parent
        builder, missing = ConversationBuilder(), self._cached_states() - self._conversations.keys()
        for number, event in reversed(path):
            builder.apply(event)
            if number in missing:
                self._cache(number, builder.conversation())
        return builder

    def _name_of(self, state: int) -> str:
        event = self._states[state].event
        return str(event["id"]) if event is not None else self._root

    def _advance(self, event: Event) -> None:
        kind, before = event["type"], self._current
        if kind == "rewind":
            self._current = self._by_name.get(event["to"], self._current)
            if self._current != before:
                self._undo.record_rewind(event, before, self._current)
        elif kind in _STATE_EVENTS:
            self._states.append(_State(before, event))
            self._current = len(self._states) - 1
            self._note_reply(event, before)
            self._undo.record_event(event, before, self._current)
        if isinstance(event.get("id"), str):
            self._by_name[event["id"]] = self._current

    def _note_reply(self, event: Event, before: int) -> None:
        """Note which state a reply was requested in, and whether the API counted its tokens."""
        kind = event["type"]
        if kind == "partial":
            self._last_request = self._reply_begins.setdefault(event["reply"], before)
            if isinstance(event.get("usage"), dict):
                self._last_counted = (self._last_request, event["usage"])
        elif kind == "message" and event["message"].get("role") == "assistant":
            begin = self._reply_begins.setdefault(event["id"], before)
            usage = event.get("usage")
            if _API_REPLY_FIELDS & event.keys():
                self._last_request = begin
            if isinstance(usage, dict):
                self._last_counted = (begin, usage)

    # -- changes -----------------------------------------------------------------------------------------------------

    def undoable(self, count: int) -> Sequence[Change]:
        """Return the last `count` changes that can be undone, the latest first."""
        return self._undo.undoable(count)

    def redoable(self, count: int) -> Sequence[Change]:
        """Return the first `count` changes that can be redone, in the order in which they were made."""
        return self._undo.redoable(count, self._current)

    def state_id_before(self, change: Change) -> str | None:
        """Return the name of the state before a change, or None if the file gives that name to another state too."""
        return self._unique_name(change.before)

    def state_id_after(self, change: Change) -> str | None:
        """Return the name of the state after a change, or None if the file gives that name to another state too."""
        return self._unique_name(change.after)

    @property
    def incomplete_change(self) -> Change | None:
        """The last change, if some of its events are missing because of a crash."""
        last = self._undo.last
        is_incomplete = last is not None and last.after == self._current and last.events[-1].get("more") is True
        return last if is_incomplete else None

    def _unique_name(self, state: int) -> str | None:
        name = self._name_of(state)
        return name if self._by_name.get(name) == state else None


def _without_superseded_pieces(events: Sequence[Event]) -> Iterator[Event]:
    """Yield the events without the partials whose complete reply follows at once and that no rewind goes to.

    They are most of a long session, and the message list is the same without them. The first one stays: it records that
    a reply was requested here.
    """
    rewound_to = {event["to"] for event in events if event["type"] == "rewind"}
    pieces: list[Event] = []
    for event in events:
        if event["type"] == "partial" and "joins" not in event and event.get("id") not in rewound_to:
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
