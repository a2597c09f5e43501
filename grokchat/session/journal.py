r"""The session file's format: bytes to events and back. Reads and writes nothing itself.

A journal is JSON Lines, one event a line, append-only. It is ASCII on disk (`\uXXXX` escapes), so no byte of a
message can end a line, upset a terminal that shows the file, or depend on a locale. Reading is forgiving: a line that
cannot be read costs that line alone, and is reported with its number; a last line that lacks only its newline counts.
What an event means for the buffer is `conversation`'s business.

A file may come from anybody. So what is read is JSON by the letter (what else Python takes for JSON would make requests
that are none), no line is longer or nested deeper than what can be made of it, and what is told of damage is short.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from grokchat import strict_json
from grokchat.messages import find_message_problem
from grokchat.records import field, mutable, record

Event = Mapping[str, Any]

FORMAT = "grokchat/1"

_LONGEST = 512 << 20
"""Bytes of a line: several times what the API takes as a whole request, in the longest way to write it."""
_TOLD = 20
"""Damaged lines that are told one by one."""
_NO_JSON = "it is not a whole line of JSON"
_BOM = b"\xef\xbb\xbf"


@record
class Damage:
    """A line that could not be read: its number, from 1, and why."""

    line: int
    reason: str


@mutable
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


class _Damages:
    """The lines that could not be read and that nobody was told of: the first ones, and how many more."""

    def __init__(self) -> None:
        self._first: dict[int, str] = {}
        self._last: Damage | None = None
        self._more = 0

    def add(self, line: int, reason: str) -> None:
        if len(self._first) < _TOLD and not self._more:
            self._first[line] = reason
        else:
            self._last = Damage(line, reason)
            self._more += 1

    def acknowledge(self, line: object) -> None:
        """Take note that a line was told, and with the last of many those before it."""
        if self._last is not None and line == self._last.line:
            self._last, self._more = None, 0
        elif isinstance(line, int):
            self._first.pop(line, None)

    def told(self) -> list[Damage]:
        """Return what is to be told."""
        found = [Damage(line, reason) for line, reason in self._first.items()]
        if self._last is not None:
            before = f", and so were {self._more - 1:,} more lines before it" if self._more > 1 else ""
            found.append(Damage(self._last.line, f"{self._last.reason}{before}"))
        return found


def encode(event: Event) -> bytes:
    """Return the event as one line, newline included, that `decode` reads, whatever a server has put into it."""
    return strict_json.dump_ascii(event).encode("ascii") + b"\n"


def decode(data: bytes) -> Journal:
    """Read a whole session file. Never raises: what cannot be read is `damage`."""
    journal = Journal(ends_clean=not data or data.endswith(b"\n"))
    damages = _Damages()
    for number, line in enumerate(_lines(data), 1):
        if not line or line.isspace():
            continue
        event = _decode_line(line)
        if isinstance(event, str):
            damages.add(number, event)
        elif event["type"] == "session" and journal.header is None:
            journal.header = event
        else:
            if event["type"] == "damage":
                damages.acknowledge(event.get("line"))
            journal.critical = journal.critical or _is_unknown_and_critical(event)
            journal.events.append(event)
    journal.damage = damages.told()
    return journal


def settled(data: bytes) -> bytes:
    """Return a session file less the pieces of replies that stand whole right behind them.

    The buffer at its end is the same, unless a piece's state is gone back to: then the file is returned as it is. The
    pieces are most of a file, and need no parsing here: within a JSON text every quote has a backslash before it.
    """
    if _PIECE not in data or b'"rewind"' in data:
        return data
    kept: list[bytes] = []
    at = 0
    while True:
        begin = data.find(_PIECE, at)
        end = data.find(_WHOLE, begin) if begin >= 0 else -1
        if end < 0:
            return b"".join([*kept, data[at:]])
        pieces, named = data[begin:end], end + len(_WHOLE)
        reply = b'"reply":"%s"' % data[named : data.find(b'"', named)]
        is_whole = data.find(b"}\n", end, data.find(b"\n", named) + 1) >= 0
        count = pieces.count(b"\n")
        if is_whole and count == pieces.count(_PIECE) == pieces.count(reply) and b'"joins":' not in pieces:
            kept.append(data[at:begin])
        else:
            kept.append(data[at:end])
        at = end


_PIECE, _WHOLE = b'\n{"type":"partial"', b'\n{"type":"message","id":"'


def event_of(line: bytes) -> Event | None:
    """Return the event of one line, or None if it cannot be read."""
    event = _decode_line(line)
    return None if isinstance(event, str) else event


def is_journal(data: bytes) -> bool:
    """Say whether a file is a session file, from its first readable lines.

    Not only from the first: a damaged header must not turn a session into something else.
    """
    for line in islice(_lines(data), 20):
        event = _decode_line(line)
        if not isinstance(event, str) and event["type"] in _TYPES:
            return True
    return False


def _lines(data: bytes) -> Iterator[bytes]:
    """Yield the lines without their ends, each when it is asked for; what is too long comes as a line that is none."""
    start = len(_BOM) if data.startswith(_BOM) else 0
    while start < len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        yield data[start:end] if end - start <= _LONGEST else _TOO_LONG
        start = end + 1


_TOO_LONG = b"..."

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
    if not line.lstrip().startswith(b"{"):
        return "it is longer than any message" if line is _TOO_LONG else "it is not an event"
    try:
        event = strict_json.parse(line.decode("utf-8"))
    except strict_json.RefusedJsonError as error:
        return str(error)
    except ValueError:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        return _NO_JSON
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        return "it is not an event"
    kind = event["type"]
    if kind in _TYPES and kind != "damage" and not isinstance(event.get("id"), str):
        return "its event has no id"
    if kind == "message":
        return find_message_problem(event.get("message")) or event
    if kind in {"remove", "move", "mute", "unmute"} and not _is_list_of_ids(event.get("ids")):
        return "its event names no messages"
    if kind == "partial" and not isinstance(event.get("reply"), str):
        return "its event names no reply"
    if kind == "rewind" and not isinstance(event.get("to"), str):
        return "its event names no state"
    return event


def _is_list_of_ids(ids: object) -> bool:
    return isinstance(ids, list) and all(isinstance(one, str) for one in ids)
