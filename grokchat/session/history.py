"""All states that a session's message list has been in.

Each event's id names the state after it, so the events form a tree of states: an event's parent is the state that it
was applied to, and `rewind` makes any state the current one. States are numbered in the order of their events; 0 is the
empty list. A state is built in one pass, by applying the events on the path from the root. Which events make one
change, for /undo and /redo, is decided in `undo`.

Pure: no files, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from grokchat.api.usage import counts_prompt
from grokchat.messages import Message
from grokchat.session.conversation import Conversation, ConversationBuilder
from grokchat.session.journal import Event
from grokchat.session.reply_events import is_other_choice
from grokchat.session.undo import Change, UndoList

_STATE_EVENTS = frozenset({"message", "partial", "remove", "move", "mute", "unmute"})
_API_REPLY_FIELDS = {"usage", "response_id"}
"""An assistant's message with one of these is a reply that the API sent here, not a copy or an import."""


class History:
    """All states of a session's message list, and which one is current.

    `root` is the session's id, which names the empty list at the start.
    """

    def __init__(self, root: str, events: Iterable[Event] = ()) -> None:
        self._root = root
        # Of each state: the number of the state before it, and the event that led to it (None at the start).
        self._parents: list[int] = [-1]
        self._events: list[Event | None] = [None]
        self._state_by_id: dict[str, int] = {root: 0}
        self._current = 0
        self._undo = UndoList(root)
        # The state before the events at the end that are nothing without the event after them, if there are any.
        self._torn_from: int | None = None
        # The states in which replies were requested: of each reply by its id, of the last one, and of the last one with
        # a usage object, with that object; and likewise of the last one whose usage counts the request without what
        # searches found.
        self._request_states: dict[str, int] = {}
        self._last_request: int | None = None
        self._last_counted: tuple[int, Mapping[str, Any]] | None = None
        self._last_exactly_counted: tuple[int, Mapping[str, Any]] | None = None
        # The message lists of the last of these states: a cache.
        self._cached: dict[int, Conversation] = {}
        # The current message list, or None if it has to be built.
        self._builder: ConversationBuilder | None = ConversationBuilder()
        for event in events:
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
        return self._with_conversation(self._last_counted)

    def last_exactly_counted_request(self) -> tuple[Conversation, Mapping[str, Any]] | None:
        """Return the same of the last reply whose usage counts the request without what searches found."""
        return self._with_conversation(self._last_exactly_counted)

    def question_of(self, reply_id: str) -> Message | None:
        """Return the user message that a reply answered, as it was then; None if it was inserted among others."""
        state = self._request_states.get(reply_id)
        return None if state is None else _find_question(self._conversation_at(state))

    def questions_of(self, reply_ids: Iterable[str]) -> dict[str, Message]:
        """Return the user messages that these replies answered, as far as they are known, in one pass if possible.

        A state behind which none of the others is takes a pass of its own, as after /undo.
        """
        replies_by_state: dict[int, list[str]] = {}
        for reply_id in reply_ids:
            if (state := self._request_states.get(reply_id)) is not None:
                replies_by_state.setdefault(state, []).append(reply_id)
        found: dict[str, Message] = {}
        builder, built = ConversationBuilder(), 0
        for state in sorted(replies_by_state):
            path = self._path(state, built)
            if path is None:
                builder, path = ConversationBuilder(), self._path(state, 0) or []
            for _, event in _without_superseded_partials(path, frozenset()):
                builder.apply(event)
            built = state
            if (question := _find_question(builder.conversation())) is not None:
                found.update(dict.fromkeys(replies_by_state[state], question))
        return found

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

    def _with_conversation(
        self, counted: tuple[int, Mapping[str, Any]] | None
    ) -> tuple[Conversation, Mapping[str, Any]] | None:
        return None if counted is None else (self._conversation_at(counted[0]), counted[1])

    def _states_to_cache(self) -> set[int]:
        """Return the states whose message lists each estimate of a request needs."""
        counted = {counted[0] for counted in (self._last_counted, self._last_exactly_counted) if counted is not None}
        return counted if self._last_request is None else {*counted, self._last_request}

    def _cache(self, state: int, conversation: Conversation) -> None:
        states = self._states_to_cache()
        self._cached = {number: cached for number, cached in self._cached.items() if number in states}
        self._cached[state] = conversation

    def _build(self, state: int) -> ConversationBuilder:
        """Build a state by applying the events on its path; fill the cache on the way."""
        path = self._path(state, 0) or []
        builder, missing = ConversationBuilder(), self._states_to_cache() - self._cached.keys()
        for number, event in _without_superseded_partials(path, missing):
            builder.apply(event)
            if number in missing:
                self._cache(number, builder.conversation())
        return builder

    def _path(self, state: int, ancestor: int) -> list[tuple[int, Event]] | None:
        """Return the states from behind an earlier one to this one, with their events; None if they are on branches."""
        path: list[tuple[int, Event]] = []
        while state > ancestor and (event := self._events[state]) is not None:
            path.append((state, event))
            state = self._parents[state]
        return path[::-1] if state == ancestor else None

    def _id_of(self, state: int) -> str:
        event = self._events[state]
        return str(event["id"]) if event is not None else self._root

    def _add_event(self, event: Event) -> None:
        """Add the state after an event, or go to the one that a rewind names; build no message list."""
        kind, state_before = event["type"], self._current
        if kind == "rewind":
            self._current = self._state_by_id.get(event["to"], self._current)
            if self._current != state_before:
                self._undo.record_rewind(event, state_before, self._current)
            self._track_tear(event, state_before)
        elif kind in _STATE_EVENTS:
            self._parents.append(state_before)
            self._events.append(event)
            self._current = len(self._events) - 1
            self._track_request(event, state_before)
            self._undo.record_event(event, state_before, self._current)
            self._track_tear(event, state_before)
        if isinstance(event.get("id"), str):
            self._state_by_id[event["id"]] = self._current

    def _track_tear(self, event: Event, state_before: int) -> None:
        if event.get("more") is not True:
            self._torn_from = None
        elif self._torn_from is None:
            self._torn_from = state_before

    def _track_request(self, event: Event, state_before: int) -> None:
        """Update the states in which the last replies were requested, if this event is one or a part of one."""
        kind = event["type"]
        if kind == "partial":
            self._last_request = state = self._request_states.setdefault(event["reply"], state_before)
            if isinstance(event.get("usage"), dict):
                self._note_count(state, event["usage"])
        elif kind == "message" and event["message"].get("role") == "assistant" and not _is_placed(event):
            # Other choices of a reply are written before it, each in the place of the one before.
            reply_id = event["alternative_of"] if is_other_choice(event) else event["id"]
            request_state = self._request_states.setdefault(reply_id, state_before)
            self._request_states.setdefault(event["id"], request_state)
            usage = event.get("usage")
            if _API_REPLY_FIELDS & event.keys():
                self._last_request = request_state
            if isinstance(usage, dict):
                self._note_count(request_state, usage)

    def _note_count(self, state: int, usage: Mapping[str, Any]) -> None:
        self._last_counted = (state, usage)
        if counts_prompt(usage):
            self._last_exactly_counted = self._last_counted

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
    def ends_in_more(self) -> bool:
        """Whether the last event is nothing without the event after it."""
        return self._torn_from is not None

    @property
    def torn_change(self) -> tuple[str, str] | None:
        """The id of the state before a last change that a crash cut off, and that change's name; None if there is none.

        An event with `more` is nothing without the event after it.
        """
        last = self._undo.last
        state_id = None if self._torn_from is None else self._unique_id_of(self._torn_from)
        if state_id is None or self._torn_from == self._current:
            return None
        return state_id, last.name if last is not None else ""

    def _unique_id_of(self, state: int) -> str | None:
        state_id = self._id_of(state)
        return state_id if self._state_by_id.get(state_id) == state else None


def _find_question(conversation: Conversation) -> Message | None:
    """Return the last user message that is sent."""
    muted = conversation.muted
    return next(
        (item for item in reversed(conversation.messages) if item.role == "user" and item.id not in muted), None
    )


def _is_placed(event: Event) -> bool:
    """Return whether a reply is no request's: it was inserted by hand, or it is a copy."""
    return "before" in event or "copy_of" in event


def fold_events(root: str, events: Sequence[Event]) -> Conversation:
    """Return the message list that a file with these events is opened with, and build no more than that."""
    if any(event["type"] == "rewind" or event.get("more") is True for event in events):
        history = History(root, events)
        if history.torn_change is not None:
            history.apply({"type": "rewind", "to": history.torn_change[0]})
        return history.conversation
    builder = ConversationBuilder()
    for event in events:
        builder.apply(event)
    return builder.conversation()


def _without_superseded_partials(
    path: Sequence[tuple[int, Event]], needed: AbstractSet[int]
) -> Iterator[tuple[int, Event]]:
    """Drop the partials of a reply whose full message follows directly; the message list is the same without them.

    `path` are states with the events that led to them; none of `needed` is dropped.
    """
    run: list[tuple[int, Event]] = []
    joining: set[str] = set()  # replies that may replace the one that they continue
    for number, event in path:
        if event["type"] == "partial":
            if "joins" in event:
                joining.add(event["reply"])
            if run and run[0][1]["reply"] != event["reply"]:
                yield from run
                run = []
            run.append((number, event))
            continue
        if run:
            reply_id = run[0][1]["reply"]
            is_superseded = event["type"] == "message" and event["id"] == reply_id and "before" not in event
            if not is_superseded or reply_id in joining or any(state in needed for state, _ in run):
                yield from run
            run = []
        yield number, event
    yield from run
