"""All states that a session's message list has been in.

Each event's id names the state after it, so the events form a tree of states: an event's parent is the state that it
was applied to, and `rewind` makes any state the current one. States are numbered in the order of their events; 0 is the
empty list. A state is built in one pass, by applying the events on the path from the root. Which events make one
change, for /undo and /redo, is decided in `undo`.

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
"""An assistant's message with one of these is a reply that the API sent here, not a copy or an import."""


@record
class _State:
    """A state of the message list: the event that led to it, and the number of the state before that event."""

    parent: int
    event: Event | None


class History:
    """All states of a session's message list, and which one is current.

    `root` is the session's id, which names the empty list at the start.
    """

    def __init__(self, root: str, events: Iterable[Event] = ()) -> None:
        self._root = root
        self._states: list[_State] = [_State(-1, None)]
        self._state_by_id: dict[str, int] = {root: 0}
        self._current = 0
        self._undo = UndoList(root)
        # The states in which replies were requested: of each reply by its id, of the last one, and of the last one with
        # a usage object, with that object.
        self._request_states: dict[str, int] = {}
        self._last_request: int | None = None
        self._last_counted: tuple[int, Mapping[str, Any]] | None = None
        # The message lists of the last two states: a cache.
        self._cached: dict[int, Conversation] = {}
        # The current message list, or None if it has to be built.
        self._builder: ConversationBuilder | None = ConversationBuilder()
        for event in _without_superseded_partials(list(events)):
            self._add_event(event)
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
        """The id of the current state: that of the event that led to it."""
        return self._id_of(self._current)

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
        """Add an event to the history, and apply it to the current message list if that is built."""
        state_before = self._current
        self._add_event(event)
        if self._builder is not None and state_before in self._states_to_cache() and state_before not in self._cached:
            # A reply starts here; rebuilding this state later would cost a full pass.
            self._cache(state_before, self._builder.conversation())
        if event["type"] == "rewind" and self._current != state_before:
            self._builder = None
        elif self._builder is not None:
            self._builder.apply(event)

    def _current_builder(self) -> ConversationBuilder:
        if self._builder is None:
            self._builder = self._build(self._current)
        return self._builder

    def _conversation_at(self, state: int) -> Conversation:
        if state not in self._cached:
            self._cache(state, self._build(state).conversation())
        return self._cached[state]

    def _states_to_cache(self) -> set[int]:
        """Return the states whose message lists each estimate of a request needs."""
        counted = None if self._last_counted is None else self._last_counted[0]
        return {state for state in (self._last_request, counted) if state is not None}

    def _cache(self, state: int, conversation: Conversation) -> None:
        states = self._states_to_cache()
        self._cached = {number: cached for number, cached in self._cached.items() if number in states}
        self._cached[state] = conversation

    def _build(self, state: int) -> ConversationBuilder:
        """Build a state by applying the events on its path; fill the cache on the way."""
        path: list[tuple[int, Event]] = []
        while state > 0:
            step = self._states[state]
            assert step.event is not None
            path.append((state, step.event))
            state = step.parent
        builder, missing = ConversationBuilder(), self._states_to_cache() - self._cached.keys()
        for number, event in reversed(path):
            builder.apply(event)
            if number in missing:
                self._cache(number, builder.conversation())
        return builder

    def _id_of(self, state: int) -> str:
        event = self._states[state].event
        return str(event["id"]) if event is not None else self._root

    def _add_event(self, event: Event) -> None:
        """Add the state after an event, or go to the one that a rewind names; build no message list."""
        kind, state_before = event["type"], self._current
        if kind == "rewind":
            self._current = self._state_by_id.get(event["to"], self._current)
            if self._current != state_before:
                self._undo.record_rewind(event, state_before, self._current)
        elif kind in _STATE_EVENTS:
            self._states.append(_State(state_before, event))
            self._current = len(self._states) - 1
            self._track_request(event, state_before)
            self._undo.record_event(event, state_before, self._current)
        if isinstance(event.get("id"), str):
            self._state_by_id[event["id"]] = self._current

    def _track_request(self, event: Event, state_before: int) -> None:
        """Update the states in which the last replies were requested, if this event is one or a part of one."""
        kind = event["type"]
        if kind == "partial":
            self._last_request = self._request_states.setdefault(event["reply"], state_before)
            if isinstance(event.get("usage"), dict):
                self._last_counted = (self._last_request, event["usage"])
        elif kind == "message" and event["message"].get("role") == "assistant":
            request_state = self._request_states.setdefault(event["id"], state_before)
            usage = event.get("usage")
            if _API_REPLY_FIELDS & event.keys():
                self._last_request = request_state
            if isinstance(usage, dict):
                self._last_counted = (request_state, usage)

    # -- changes -----------------------------------------------------------------------------------------------------

    def undoable(self, count: int) -> Sequence[Change]:
        """Return the last `count` changes that can be undone, the latest first."""
        return self._undo.undoable(count)

    def redoable(self, count: int) -> Sequence[Change]:
        """Return the first `count` changes that can be redone, the oldest first."""
        return self._undo.redoable(count, self._current)

    def state_id_before(self, change: Change) -> str | None:
        """Return the id of the state before a change, or None if the file gives it to another state too."""
        return self._unique_id_of(change.state_before)

    def state_id_after(self, change: Change) -> str | None:
        """Return the id of the state after a change, or None if the file gives it to another state too."""
        return self._unique_id_of(change.state_after)

    @property
    def torn_change(self) -> Change | None:
        """The last change, if a crash cut off its last events."""
        last = self._undo.last
        is_torn = last is not None and last.state_after == self._current and last.events[-1].get("more") is True
        return last if is_torn else None

    def _unique_id_of(self, state: int) -> str | None:
        state_id = self._id_of(state)
        return state_id if self._state_by_id.get(state_id) == state else None


def _without_superseded_partials(events: Sequence[Event]) -> Iterator[Event]:
    """Drop the partials of a reply whose full message follows directly, unless a rewind names them.

    They are most of a long session, and the message list is the same without them. The first one stays: it records that
    a reply was requested here.
    """
    rewound_to = {event["to"] for event in events if event["type"] == "rewind"}
    partials: list[Event] = []
    for event in events:
        if event["type"] == "partial" and "joins" not in event and event.get("id") not in rewound_to:
            if partials and partials[0]["reply"] == event["reply"]:
                partials.append(event)
                continue
            yield from partials[1:]
            partials = [event]
        elif partials:
            if not (
                event["type"] == "message"
                and event["id"] == partials[0]["reply"]
                and event.get("change") == partials[0].get("change")
                and event["message"].get("role") == "assistant"
                and not event.keys() & {"before", "replaces"}
            ):
                yield from partials[1:]
            partials = []
        yield event
    yield from partials[1:]
