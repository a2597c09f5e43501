r"""The session file's format: bytes to events and back. Reads and writes nothing itself.

A journal is JSON Lines, one event a line, append-only. It is ASCII on disk (`\uXXXX` escapes), so no byte of a
message can end a line, upset a terminal that shows the file, or depend on a locale. Reading is forgiving: a line that
cannot be read costs that line alone, and is reported with its number; a last line that lacks only its newline counts.
What an event means for the buffer is `conversation`'s business.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from grokchat.messages import problem_with

Event = Mapping[str, Any]

FORMAT = "grokchat/1"


@dataclass(frozen=True, slots=True)
class Damage:
    """A line that could not be read: its number, from 1, and why."""

    line: int
    reason: str


@dataclass(slots=True)
class Journal:
    """What stands in a session file.

    `events` are all that could be read, in order, without the header. `damage` are the lines that could not and that
    no `damage` event has acknowledged. `ends_clean` is False if the next append must first end the last line.
    """

    header: Event | None = None
    events: list[Event] = field(default_factory=list)
    damage: list[Damage] = field(default_factory=list)
    ends_clean: bool = True
    critical: bool = False


def encode(event: Event) -> bytes:
    """Return the event as one line, newline included."""
    return json.dumps(event, ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n"


def decode(data: bytes) -> Journal:
    """Read a whole session file. Never raises: what cannot be read is `damage`."""
    journal = Journal(ends_clean=not data or data.endswith(b"\n"))
    known_damage: set[int] = set()
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        event = _decode_line(line)
        if isinstance(event, str):
            journal.damage.append(Damage(number, event))
        elif event["type"] == "session" and journal.header is None:
            journal.header = event
        else:
            if event["type"] == "damage" and isinstance(event.get("line"), int):
                known_damage.add(event["line"])
            journal.critical = journal.critical or _is_unknown_and_critical(event)
            journal.events.append(event)
    journal.damage = [damage for damage in journal.damage if damage.line not in known_damage]
    return journal


def is_journal(data: bytes) -> bool:
    """Say whether a file is a session file, from its first readable lines.

    Not only from the first: a damaged header must not turn a session into something else.
    """
    for line in data.split(b"\n", 20)[:20]:
        event = _decode_line(line)
        if not isinstance(event, str) and event["type"] in _TYPES:
            return True
    return False


_TYPES = frozenset(
    {
        "session",
        "message",
        "partial",
        "remove",
        "move",
        "mute",
        "unmute",
        "rewind",
        "settings",
        "name",
        "damage",
    }
)


def _is_unknown_and_critical(event: Event) -> bool:
    return event.get("critical") is True and event["type"] not in _TYPES


def _decode_line(line: bytes) -> Event | str:
    """Return the event, or why there is none."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        return "it is not a whole line of JSON"
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        return "it is not an event"
    kind = event["type"]
    if kind in _TYPES and kind != "damage" and not isinstance(event.get("id"), str):
        return "its event has no id"
    if kind == "message":
        return problem_with(event.get("message")) or event
    if kind in {"remove", "move", "mute", "unmute"} and not _is_list_of_ids(event.get("ids")):
        return "its event names no messages"
    if kind == "partial" and not isinstance(event.get("reply"), str):
        return "its event names no reply"
    if kind == "rewind" and not isinstance(event.get("to"), str):
        return "its event names no state"
    return event


def _is_list_of_ids(ids: object) -> bool:
    return isinstance(ids, list) and all(isinstance(one, str) for one in ids)
