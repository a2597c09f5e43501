"""Server-sent events, decoded from bytes by the WHATWG rules ("9.2.6 Interpreting an event stream").

Sans-IO: `decode` takes bytes cut anywhere. Lines end at CR, LF or CRLF and nowhere else; each line is decoded as
UTF-8 by itself, so a cut inside a character does no harm and U+2028 stays inside its data. The standard drops an event
whose empty line is missing; ids and `retry` are ignored, because a POST is never resumed. What the standard drops may
be an error of a server or proxy that leaves the format, so it is kept for `take_stray_lines` and `take_unfinished`.
The work is linear in the bytes. A line or event longer than `limit` bytes is an error, so that it cannot fill memory.
"""

from __future__ import annotations

import re

from grokchat.records import record

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BOM = b"\xef\xbb\xbf"
_IGNORED_FIELDS = frozenset({"", "id", "retry"})
"""Comments, which have an empty name, and the fields of reconnecting."""


class EventTooLongError(ValueError):
    """The stream holds a line or an event longer than the limit."""


@record
class ServerSentEvent:
    """One dispatched event: its type (`message` unless the stream names another) and its data."""

    event: str
    data: str


class SSEDecoder:
    """Bytes in, events out. `limit` bounds one event's data and one line, in bytes."""

    def __init__(self, limit: int = 32 * 1024 * 1024) -> None:
        self._limit = limit
        self._line: list[bytes] = []
        self._line_size = 0
        self._data: list[str] = []
        self._data_size = 0
        self._event = ""
        self._stray_lines: list[str] = []
        self._is_in_stray_lines = False
        self._ends_with_cr = False
        self._beginning = b""
        self._has_started = False

    def decode(self, chunk: bytes) -> list[ServerSentEvent]:
        """Decode the next bytes and return the events that they complete."""
        if not self._has_started:
            chunk = self._without_bom(chunk)
        if self._ends_with_cr and chunk:
            self._ends_with_cr = False
            chunk = chunk.removeprefix(b"\n")
        self._ends_with_cr = self._ends_with_cr or chunk.endswith(b"\r")
        *ended, rest = _LINE_END.split(chunk)
        events: list[ServerSentEvent] = []
        for piece in ended:
            line = piece
            if self._line or len(piece) > self._limit:
                self._collect(piece)
                line = b"".join(self._line)
                self._line.clear()
                self._line_size = 0
            event = self._decode_line(line)
            if event is not None:
                events.append(event)
        if rest:
            self._collect(rest)
        return events

    def take_stray_lines(self) -> list[str]:
        """Return the lines since the last call that are not fields; an empty line marks where fields interrupt them."""
        lines, self._stray_lines = self._stray_lines, []
        return lines

    def take_unfinished(self) -> list[ServerSentEvent]:
        """Return the event that the end of the stream cut off; the lines that are not fields end too."""
        line, self._line = b"".join(self._line), []
        events = [self._decode_line(line) if line else None, self._dispatch()]
        return [event for event in events if event is not None]

    def _without_bom(self, chunk: bytes) -> bytes:
        self._beginning += chunk
        if len(self._beginning) < len(_BOM) and _BOM.startswith(self._beginning):
            return b""
        self._has_started = True
        start, self._beginning = self._beginning, b""
        return start.removeprefix(_BOM)

    def _collect(self, piece: bytes) -> None:
        self._line.append(piece)
        self._line_size += len(piece)
        if self._line_size > self._limit:
            raise EventTooLongError(f"a line of the stream is longer than {self._limit} bytes")

    def _decode_line(self, raw: bytes) -> ServerSentEvent | None:
        if not raw:
            return self._dispatch()
        line = raw.decode("utf-8", "replace")
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
            self._data_size += len(raw)
            if self._data_size > self._limit:
                raise EventTooLongError(f"an event of the stream is longer than {self._limit} bytes")
        elif name == "event":
            self._event = value
        elif name not in _IGNORED_FIELDS:
            return self._decode_stray_line(line)
        self._end_stray_lines()
        return None

    def _decode_stray_line(self, line: str) -> ServerSentEvent | None:
        """Return the event of a line that is not a field but looks like its data: some servers leave out `data:`."""
        words = line.strip()
        is_data = words == "[DONE]" or (words.startswith("{") and words.endswith("}"))
        if is_data and not self._is_in_stray_lines:
            return ServerSentEvent(self._event or "message", words)
        self._stray_lines.append(line)
        self._is_in_stray_lines = True
        return None

    def _end_stray_lines(self) -> None:
        if self._is_in_stray_lines:
            self._stray_lines.append("")
            self._is_in_stray_lines = False

    def _dispatch(self) -> ServerSentEvent | None:
        self._end_stray_lines()
        event = ServerSentEvent(self._event or "message", "\n".join(self._data)) if self._data else None
        self._data.clear()
        self._data_size = 0
        self._event = ""
        return event
