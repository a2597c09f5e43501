r"""The session file's format: bytes to events and back. Reads and writes nothing itself.

A journal is JSON Lines, one event a line, append-only. It is ASCII on disk (`\uXXXX` escapes), so no byte of a
message can end a line, disturb a terminal that shows the file, or depend on a locale. Reading is forgiving: an
unreadable line costs that line alone, and is reported with its number; a last line that lacks only its newline counts.
What an event does to the message list is defined in `conversation`.

A file may come from anyone. So only strict JSON is read (Python's extensions would make invalid requests), the length
and nesting of lines are limited, and reports of damage are short.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from grokchat import strict_json
from grokchat.messages import find_message_problem
from grokchat.records import field, mutable, record

Event = Mapping[str, Any]

FAMILY = "grokchat/"
FORMAT = FAMILY + "1"

_MAX_LINE_BYTES = 512 << 20
"""Several times what the API accepts as a whole request, in its longest encoding."""
_MAX_REPORTED_LINES = 20
"""Damaged lines that are reported one by one."""
_NOT_JSON = "it is not valid JSON"
_BOM = b"\xef\xbb\xbf"


@record
class Damage:
    """A line that could not be read: its number, from 1, and why."""

    line: int
    reason: str


@mutable
class Journal:
    """The content of a session file.

    `events` are all readable events in order, without the header. `damage` are the unreadable lines that no `damage`
    event acknowledges. `ends_clean` is False if the next append must first end the last line. `critical` is True if
    there is an event that this version must not ignore.
    """

    header: Event | None = None
    events: list[Event] = field(default_factory=list)
    damage: list[Damage] = field(default_factory=list)
    ends_clean: bool = True
    critical: bool = False


class _DamageReport:
    """The unreadable lines that were not reported before: the first ones, and how many more."""

    def __init__(self) -> None:
        self._first: dict[int, str] = {}
        self._last: Damage | None = None
        self._more = 0

    def add(self, line: int, reason: str) -> None:
        if len(self._first) < _MAX_REPORTED_LINES and not self._more:
            self._first[line] = reason
        else:
            self._last = Damage(line, reason)
            self._more += 1

    def acknowledge(self, line: object) -> None:
        """Remove a line that was reported before; the last of many stands for all before it."""
        if self._last is not None and line == self._last.line:
            self._last, self._more = None, 0
        elif isinstance(line, int):
            self._first.pop(line, None)

    def lines(self) -> list[Damage]:
        """Return the lines to report."""
        damage = [Damage(line, reason) for line, reason in self._first.items()]
        if self._last is not None:
            others = f", and so were {self._more - 1:,} more lines before it" if self._more > 1 else ""
            damage.append(Damage(self._last.line, f"{self._last.reason}{others}"))
        return damage


def encode(event: Event) -> bytes:
    """Return the event as a line with its newline that `decode` can read, even if it has values that JSON does not."""
    return _encode_value(event) + b"\n"


def _encode_value(value: Any) -> bytes:
    """Return a JSON value as `encode` writes it into a line."""
    return strict_json.dump_ascii(value).encode("ascii")


def decode(data: bytes) -> Journal:
    """Read a whole session file. Never raises: unreadable lines become `damage`."""
    journal = Journal(ends_clean=not data or data.endswith(b"\n"))
    report = _DamageReport()
    for number, line in enumerate(lines(data), 1):
        if not line or line.isspace():
            continue
        event = _decode_or_explain(line)
        if isinstance(event, str):
            report.add(number, event)
        elif event["type"] == "session" and journal.header is None:
            journal.header = event
        else:
            if event["type"] == "damage":
                report.acknowledge(event.get("line"))
            journal.critical = journal.critical or _is_unknown_and_critical(event)
            journal.events.append(event)
    journal.damage = report.lines()
    return journal


def without_superseded_partials(data: bytes) -> bytes:
    """Return a session file without the partials of a reply whose full message follows directly.

    The final message list is the same. A file with a rewind, which may name a partial, is returned unchanged. Partials
    are most of a file, and need no parsing here: inside a JSON string every quote has a backslash before it. Where JSON
    can be written in another way than `encode` does, they are kept.
    """
    if _PARTIAL not in data or b'"rewind"' in data or _ESCAPED_ASCII.search(data):
        return data
    kept: list[bytes] = []
    at, joining = 0, _continuing_replies(data)
    while True:
        start = data.find(_PARTIAL, at)
        end = data.find(_MESSAGE, start) if start >= 0 else -1
        if end < 0:
            return b"".join([*kept, data[at:]])
        message_end = data.find(b"\n", end + 1)
        line = data[end + 1 : message_end if message_end >= 0 else len(data)]
        kept.append(data[at : start if _supersedes(line, data[start:end], joining) else end])
        at = end


PARTIAL_LINE = b'{"type":"partial"'
"""How the line of a partial begins, as `encode` writes it."""
_PARTIAL, _MESSAGE = b"\n" + PARTIAL_LINE, b'\n{"type":"message","id":"'
_JOINS = b'"joins"'
_ESCAPED_ASCII = re.compile(rb"\\u00[2-7]")
"""An escape that `encode` does not write: it could spell any key or type."""


def _continuing_replies(data: bytes) -> set[str]:
    """Return the ids of the replies that continue another one, in whose place they may stand."""
    found: set[str] = set()
    end = 0
    while (at := data.find(_JOINS, end)) >= 0:
        end = data.find(b"\n", at)
        if end < 0:  # the last line: no reply is complete after it
            break
        event = decode_line(data[data.rfind(b"\n", 0, at) + 1 : end])
        if event is not None and event["type"] == "partial":
            found.add(event["reply"])
    return found


def _supersedes(line: bytes, partials: bytes, joining: set[str]) -> bool:
    """Return whether a line is the full message of the reply that all lines of `partials` belong to."""
    count = partials.count(b"\n")
    if not count == partials.count(_PARTIAL) == partials.count(b'"reply"') == partials.count(b'"type"'):
        return False
    event = decode_line(line)
    if event is None or event["type"] != "message" or "before" in event or event.get("more") is True:
        return False
    return event["id"] not in joining and count == partials.count(b'"reply":' + _encode_value(event["id"]))


def decode_line(line: bytes) -> Event | None:
    """Return the event of one line, or None if it is unreadable."""
    event = _decode_or_explain(line)
    return None if isinstance(event, str) else event


def lines(data: bytes) -> Iterator[bytes]:
    """Yield the lines lazily, without their ends and a byte order mark; "..." stands for a line that is too long."""
    start = len(_BOM) if data.startswith(_BOM) else 0
    while start < len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        yield data[start:end] if end - start <= _MAX_LINE_BYTES else _TOO_LONG
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
        "summary",
        "received",
        "deferred",
        "damage",
    }
)


def _is_unknown_and_critical(event: Event) -> bool:
    return event.get("critical") is True and event["type"] not in _TYPES


def _decode_or_explain(line: bytes) -> Event | str:
    """Return the event, or the reason why the line is unreadable."""
    if not line.lstrip().startswith(b"{"):
        return "it is longer than any message" if line is _TOO_LONG else "it is not an event"
    try:
        event = strict_json.parse(line.decode("utf-8"))
    except strict_json.RefusedJsonError as error:
        return str(error)
    except ValueError:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        return _NOT_JSON
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
    return isinstance(ids, list) and all(isinstance(item, str) for item in ids)
