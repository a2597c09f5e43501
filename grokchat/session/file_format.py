"""What a file is: a session of this version, of a newer one, a damaged one, or something else.

Only a file whose header names this version's format is written to. A damaged header must not turn a session into
something else, and the sessions of other programs must not pass for ours: those of pi, OpenClaw and Factory Droid begin
with a `session` and continue with `message`s too.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from itertools import islice

from grokchat import strict_json
from grokchat.session import journal

_MAX_EXAMINED_LINES = 100
"""Lines that are looked at for the first one that can be read."""
_FOREIGN_KEYS = frozenset({"parentId", "timestamp", "uuid", "sessionId"})
"""Keys of other programs' events, which no event of ours has."""


class FileFormat(Enum):
    """What a file's first lines say.

    A HEADLESS file has messages of a session, and no header that can be read; in a DAMAGED one no line can be read.
    """

    SESSION = "session"
    NEWER = "newer"
    HEADLESS = "headless"
    DAMAGED = "damaged"
    EMPTY = "empty"
    OTHER = "other"


def identify(data: bytes) -> FileFormat:
    """Return what a file with this content is."""
    end = FileFormat.EMPTY
    for line in islice(_written_lines(data), _MAX_EXAMINED_LINES):
        try:
            value = strict_json.parse(line.decode("utf-8"))
        except ValueError:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
            end = FileFormat.DAMAGED if end is FileFormat.EMPTY else end
            continue
        end = FileFormat.OTHER
        if isinstance(value, dict) and value.get("type") == "session":
            return _format_of(value.get("format"))
        if isinstance(value, dict) and not _FOREIGN_KEYS.isdisjoint(value):
            break
        if _is_part_of_a_conversation(line):
            return FileFormat.HEADLESS
    return end


def may_be_session(data: bytes) -> bool:
    """Return whether a file in the sessions' folder is listed: also a damaged session, and one of a newer version."""
    return identify(data) not in {FileFormat.EMPTY, FileFormat.OTHER}


def _written_lines(data: bytes) -> Iterator[bytes]:
    return (line for line in journal.lines(data) if line and not line.isspace())


def _is_part_of_a_conversation(line: bytes) -> bool:
    event = journal.decode_line(line)
    return event is not None and event["type"] in {"message", "partial"}


def _format_of(name: object) -> FileFormat:
    if name == journal.FORMAT:
        return FileFormat.SESSION
    return FileFormat.NEWER if isinstance(name, str) and name.startswith(journal.FAMILY) else FileFormat.OTHER
