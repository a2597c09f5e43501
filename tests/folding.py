"""A second reader of session files, written from the format's description alone, and random files for it to read.

It is naive: it keeps a copy of every state, and reads a whole file at once. It shares no code with the program.
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

ROOT = "root"
HEADER = {"type": "session", "format": "grokchat/1", "id": ROOT}
LISTED = {"message", "partial", "remove", "move", "mute", "unmute", "rewind"}
"""The types of the events that concern the message list."""

Event = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """A message: its id, role, text and reasoning, and whether it is a reply that has only parts."""

    id: str
    role: str
    text: str
    reasoning: str = ""
    cut: bool = False


@dataclass
class State:
    """The message list after an event, whose id is `name`."""

    name: str = ROOT
    rows: list[Row] = field(default_factory=list)
    muted: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)
    """The ids of the replies in the list that have only parts."""
    silent: dict[str, tuple[str | None, str, str]] = field(default_factory=dict)
    """What the replies of which no part has words yet join, and their text and reasoning."""

    def at(self, message_id: object) -> int | None:
        return next((at for at, row in enumerate(self.rows) if row.id == message_id), None)

    def sent(self) -> list[Row]:
        return [row for row in self.rows if row.id not in self.muted]


class Reader:
    """Applies events; `now` is the current state."""

    def __init__(self) -> None:
        self.now = State()
        self.after: dict[str, State] = {ROOT: self.now}
        self._torn_from: State | None = None

    def apply(self, event: Event) -> None:
        before = self.now
        if event["type"] == "rewind":
            self.now = self.after.get(event["to"], before)
        elif event["type"] in LISTED:
            self.now = deepcopy(before)
            self.now.name = event["id"]
            getattr(self, f"_{event['type']}")(self.now, event)
        if event["type"] in LISTED:
            self._torn_from = None if not event.get("more") else self._torn_from or before
        if "id" in event:
            self.after[event["id"]] = self.now

    def finished(self) -> State:
        """Return the state without what a crash left of a change, if an event can name the state before it."""
        torn = self._torn_from
        return torn if torn is not None and self.after.get(torn.name) is torn else self.now

    @staticmethod
    def _message(state: State, event: Event) -> None:
        row = Row(event["id"], event["message"]["role"], event["message"]["content"])
        replaced, own, before = state.at(event.get("replaces")), state.at(row.id), state.at(event.get("before"))
        state.silent.pop(row.id, None)
        if replaced is not None and replaced != own and (own is None or row.id in state.parts):
            gone = state.rows[replaced].id
            state.rows[replaced] = row
            state.rows = [item for item in state.rows if item is row or item.id != row.id]
            state.muted.discard(gone)
            state.parts.discard(gone)
        elif own is not None:
            state.rows[own] = row
        else:
            state.rows.insert(len(state.rows) if before is None else before, row)
        state.parts.discard(row.id)

    @staticmethod
    def _partial(state: State, event: Event) -> None:
        reply, own = event["reply"], state.at(event["reply"])
        text, reasoning = event.get("text", ""), event.get("reasoning", "")
        if own is not None:
            row = state.rows[own]
            if reply in state.parts:
                state.rows[own] = replace(row, text=row.text + text, reasoning=row.reasoning + reasoning)
            return
        joins = event.get("joins") if state.at(event.get("joins")) is not None else None
        joins, earlier, thought = state.silent.pop(reply, (joins, "", ""))
        text, reasoning = earlier + text, thought + reasoning
        if not text.strip():
            state.silent[reply] = joins, text, reasoning
            return
        joined = state.at(joins)
        if joined is None:
            state.rows.append(Row(reply, "assistant", text, reasoning, cut=True))
        else:
            first = state.rows[joined]
            state.rows[joined] = Row(reply, "assistant", first.text + text, first.reasoning + reasoning, cut=True)
            state.muted.discard(first.id)
            state.parts.discard(first.id)
        state.parts.add(reply)

    @staticmethod
    def _remove(state: State, event: Event) -> None:
        state.rows = [row for row in state.rows if row.id not in event["ids"]]
        state.muted -= set(event["ids"])
        state.parts -= set(event["ids"])
        for message_id in event["ids"]:
            state.silent.pop(message_id, None)

    @staticmethod
    def _move(state: State, event: Event) -> None:
        moving = [state.rows[at] for item in dict.fromkeys(event["ids"]) if (at := state.at(item)) is not None]
        at = state.at(event.get("before"))
        following = [] if at is None else [row.id for row in state.rows[at:] if row not in moving]
        state.rows = [row for row in state.rows if row not in moving]
        place = state.at(following[0]) if following else len(state.rows)
        state.rows[place:place] = moving

    @staticmethod
    def _mute(state: State, event: Event) -> None:
        state.muted |= {item for item in event["ids"] if state.at(item) is not None}

    @staticmethod
    def _unmute(state: State, event: Event) -> None:
        state.muted -= set(event["ids"])


def read(data: bytes) -> list[Event]:
    """Return the readable events of a session file, without its header."""
    events = []
    for line in data.split(b"\n"):
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and event.get("type") != "session":
            events.append(event)
    return events


def fold(events: list[Event]) -> State:
    """Return the message list of a file with these events."""
    reader = Reader()
    for event in events:
        reader.apply(event)
    return reader.finished()


# -- random files ------------------------------------------------------------------------------------------------------

KINDS = {
    "message": 5,
    "before": 2,
    "replaces": 4,
    "partial": 9,
    "joins": 5,
    "whole": 4,
    "remove": 2,
    "move": 2,
    "mute": 1,
    "unmute": 1,
    "rewind": 3,
    "name": 1,
    "settings": 1,
    "damage": 1,
    "telepathy": 1,
}
"""The kinds of events, and how often each occurs."""


def random_events(chance: Random, count: int) -> list[Event]:
    """Return events that name messages, replies and events that exist, and now and then one that does not."""
    makers = _Makers(chance)
    return [makers.event(number) for number in range(count)]


class _Makers:
    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._ids = ["lost"]
        """Of messages and replies."""
        self._events = [ROOT, "lost"]
        self._reply = "r"
        self._change = "c"

    def event(self, number: int) -> Event:
        chance = self._chance
        kind = chance.choices(list(KINDS), KINDS.values())[0]
        event = {"id": f"e{number}" if chance.random() > 0.04 else chance.choice(self._events)}
        event.update(getattr(self, f"_{kind}", self._other)(kind, event["id"]))
        if chance.random() < 0.3:
            self._change = chance.choice([f"c{number}", event["id"], ROOT])
        if chance.random() < 0.8:
            event["change"] = self._change
        if chance.random() < 0.12:
            event["more"] = True
        self._events.append(event["id"])
        if event["type"] == "message":
            self._ids.append(event["id"])
        return {"type": event.pop("type"), **event}

    def _known(self) -> str:
        """Return the id of a message or a reply, most often one of the last."""
        latest = self._ids[-4:]
        return self._chance.choice(latest if self._chance.random() < 0.7 else self._ids)

    def _text(self) -> str:
        return self._chance.choice(["", " ", "\n", "one ", "two ", "drei\u00fc ", '"reply":"r"', "\\u0041"])

    def _message(self, kind: str, event_id: str) -> Event:
        role = self._chance.choice(["user", "user", "assistant", "system"])
        return {"type": "message", "message": {"role": role, "content": f"<{event_id}{self._text()}>"}}

    def _before(self, kind: str, event_id: str) -> Event:
        return {**self._message(kind, event_id), kind: self._known()}

    _replaces = _before

    def _whole(self, kind: str, event_id: str) -> Event:
        reply = self._reply if self._chance.random() < 0.8 else self._known()
        more = {"replaces": self._known()} if self._chance.random() < 0.3 else {}
        return {**self._message(kind, reply), "id": reply, **more}

    def _partial(self, kind: str, event_id: str) -> Event:
        if self._chance.random() < 0.25:
            self._reply = self._chance.choice([f"r{event_id}", self._known()])
            self._ids.append(self._reply)
        parts = {"text": self._text(), "reasoning": self._chance.choice(["", "", "hm "])}
        return {"type": "partial", "reply": self._reply, **{key: part for key, part in parts.items() if part}}

    def _joins(self, kind: str, event_id: str) -> Event:
        continued = self._known()
        return {**self._partial(kind, event_id), "joins": continued}

    def _remove(self, kind: str, event_id: str) -> Event:
        return {"type": kind, "ids": [self._known() for _ in range(self._chance.choice([0, 1, 1, 2, 3]))]}

    _mute = _unmute = _remove

    def _move(self, kind: str, event_id: str) -> Event:
        target = {"before": self._known()} if self._chance.random() < 0.8 else {}
        return {**self._remove(kind, event_id), **target}

    def _rewind(self, kind: str, event_id: str) -> Event:
        latest = self._events[-6:]
        return {"type": kind, "to": self._chance.choice(latest if self._chance.random() < 0.7 else self._events)}

    def _damage(self, kind: str, event_id: str) -> Event:
        return {"type": kind, "line": self._chance.randint(1, 30)}

    def _other(self, kind: str, event_id: str) -> Event:
        return {"type": kind, "name": self._text()}


def random_file(chance: Random, events: list[Event]) -> bytes:
    """Return a session file of these events, written as several programs would, with damaged lines between."""
    lines = [_line(chance, event) for event in [HEADER, *events]]
    for _ in range(chance.choice([0, 0, 0, 1, 2])):
        at = chance.randint(1, len(lines))
        garbage = [b"", b"torn", b"[1]", b"\0\0\0", lines[at - 1][: chance.randint(1, 30)], b"\xff" + lines[at - 1]]
        if chance.random() < 0.5:
            lines.insert(at, chance.choice(garbage))
        elif at < len(lines):
            lines[at] = chance.choice(garbage)
    end = chance.choice([b"\n", b"\n", b"\n", b"", b'\n{"type":"mess'])
    return b"\n".join(lines) + end


def _line(chance: Random, event: Event) -> bytes:
    """Return an event's line: mostly as the program writes it."""
    how = chance.random()
    if how < 0.9:
        return json.dumps(event, separators=(",", ":")).encode()
    if how < 0.94:
        return json.dumps(event, ensure_ascii=False).encode() + b"\r"
    if how < 0.97:
        return json.dumps(dict(sorted(event.items())), separators=(",", ":")).encode()
    text = json.dumps(event, separators=(",", ":"))
    letter = chance.choice("apr")
    return text.replace(letter, f"\\u{ord(letter):04x}").encode() if "\\" not in text else text.encode()
