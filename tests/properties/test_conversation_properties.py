"""Random histories, against a naive list that keeps a copy of every state."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from grokchat.session.history import History

ROOT = "root"


@dataclass
class State:
    """The buffer as rows of id, text and whether it is a reply that has not ended; what is muted; replies under way."""

    rows: list = field(default_factory=list)
    muted: set = field(default_factory=set)
    coming: dict = field(default_factory=dict)

    def at(self, message_id):
        return next((at for at, row in enumerate(self.rows) if row[0] == message_id), None)

    def insert(self, row, before):
        at = self.at(before)
        self.rows.insert(len(self.rows) if at is None else at, row)

    def drop(self, message_id):
        self.rows = [row for row in self.rows if row[0] != message_id]
        self.muted.discard(message_id)
        self.coming.pop(message_id, None)


class Model:
    """Does what an event says to a plain list, and keeps a full copy of the state after each event."""

    def __init__(self):
        self.now = State()
        self.after = {ROOT: State()}

    def apply(self, event):
        state, kind = self.now, event["type"]
        if kind == "message":
            row = (event["id"], event["message"]["content"], False)
            replaced, here = state.at(event.get("replaces")), state.at(event["id"])
            state.coming.pop(event["id"], None)
            if here is not None:
                state.rows[here] = row
            elif replaced is not None:
                state.insert(row, event["replaces"])
                state.drop(event["replaces"])
            else:
                state.insert(row, event.get("before"))
        elif kind == "partial":
            self.partial(state, event)
        elif kind == "remove":
            for one in event["ids"]:
                state.drop(one)
        elif kind == "move":
            moving = [state.rows[state.at(one)] for one in event["ids"] if state.at(one) is not None]
            state.rows = [row for row in state.rows if row not in moving]
            for row in moving:
                state.insert(row, event.get("before"))
        elif kind == "mute":
            state.muted |= {one for one in event["ids"] if state.at(one) is not None}
        elif kind == "unmute":
            state.muted -= set(event["ids"])
        elif kind == "rewind" and event["to"] in self.after:
            self.now = deepcopy(self.after[event["to"]])
        self.after[event["id"]] = deepcopy(self.now)

    def partial(self, state, event):
        reply = event["reply"]
        here = state.at(reply)
        if here is not None and reply not in state.coming:
            return
        text = state.coming.get(reply, "") + event["text"]
        state.coming[reply] = text
        if here is not None:
            state.rows[here] = (reply, text, True)
        elif text:
            state.rows.append((reply, text, True))


def look(conversation):
    rows = [(one.id, one.text, one.is_interrupted) for one in conversation]
    sent = [one.id for one in conversation.sent()]
    return rows, set(conversation.muted), sent


def expected(state):
    return state.rows, state.muted, [row[0] for row in state.rows if row[0] not in state.muted]


KINDS = ["append", "before", "replace", "remove", "move", "mute", "unmute", "rewind", "partial", "whole", "name", "new"]
STEPS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 1000), st.integers(0, 1000), st.sampled_from(["", "a", "bc"])),
    max_size=30,
)


def events_of(steps):
    """Turn random numbers into events that name what is there, or now and then what is not."""
    model, events = Model(), []
    for number, (kind, one, two, text) in enumerate(steps):
        there = [row[0] for row in model.now.rows]
        known = [*there, "lost"]
        first, second = known[one % len(known)], known[two % len(known)]
        event = {"id": f"e{number}", **made(kind, first, second, text)}
        if kind == "rewind":
            event["to"] = [*model.after, "lost"][one % (len(model.after) + 1)]
        elif kind in {"partial", "whole"}:
            replies = [*model.now.coming, *there, f"r{number}"] if kind == "partial" else list(model.now.coming)
            reply = replies[one % len(replies)] if replies else f"r{number}"
            event["reply" if kind == "partial" else "id"] = reply
        model.apply(event)
        events.append(event)
    return events


def made(kind, first, second, text):
    message = {"type": "message", "message": {"role": "assistant", "content": f"<{text}>"}}
    pair = list(dict.fromkeys([first, second]))
    return {
        "append": message,
        "new": message,
        "before": {**message, "before": first},
        "replace": {**message, "replaces": first},
        "remove": {"type": "remove", "ids": pair},
        "move": {"type": "move", "ids": [first], **({"before": second} if second != first else {})},
        "mute": {"type": "mute", "ids": pair},
        "unmute": {"type": "unmute", "ids": [first]},
        "rewind": {"type": "rewind"},
        "partial": {"type": "partial", "text": text},
        "whole": message,
        "name": {"type": "name", "name": text},
    }[kind]


@given(STEPS)
def test_one_event_at_a_time_is_the_naive_list(steps):
    history, model = History(ROOT), Model()
    for event in events_of(steps):
        history.apply(event)
        model.apply(event)
        assert look(history.conversation) == expected(model.now)


@given(STEPS)
def test_all_events_at_once_are_the_naive_list(steps):
    model, events = Model(), events_of(steps)
    for event in events:
        model.apply(event)
    assert look(History(ROOT, events).conversation) == expected(model.now)


@given(STEPS, st.integers(0, 1000))
def test_reading_the_first_part_and_then_the_rest_is_the_same(steps, place):
    """Reopening a session changes nothing, wherever it happened."""
    events = events_of(steps)
    cut = place % (len(events) + 1)
    history = History(ROOT, events[:cut])
    for event in events[cut:]:
        history.apply(event)
    assert look(history.conversation) == look(History(ROOT, events).conversation)


@given(STEPS)
def test_every_state_can_be_gone_back_to(steps):
    history, model = History(ROOT), Model()
    for event in events_of(steps):
        history.apply(event)
        model.apply(event)
    for name, state in model.after.items():
        history.apply({"type": "rewind", "id": f"back to {name}", "to": name})
        assert look(history.conversation) == expected(state)
