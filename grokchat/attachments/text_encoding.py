"""Bytes to text: UTF-8 to the byte, and what else an attached file may be written in.

UTF-8 is taken as it is, U+FEFF at its beginning included. UTF-16 and UTF-32 are known by their marks, and one legacy
encoding by what its bytes look like; more guesses would send nonsense, and have it paid for. All else is refused with
the place of the fault and the program that converts.
"""

from __future__ import annotations

import re

from grokchat.errors import FileError
from grokchat.units import byte_size

MAX_REQUEST_BYTES = 50_000_000
"""Bytes: what the API's proxy takes as a request's body."""

_MARKS = ((b"\xff\xfe\0\0", "UTF-32"), (b"\0\0\xfe\xff", "UTF-32"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))

_NO_LEGACY_TEXT = (
    rb"[\0-\x08\x0b\x0e-\x1f\x7f]"
    rb"|[\x81\x8d\x8f\x90\x9d]"  # not in windows-1252
    # In it these stand for signs that follow no letter, in DOS and Mac encodings for letters.
    rb"|[A-Za-z][\x80\x82-\x84\x88\x8a\x8e\x98]"
    rb"|[\xa1-\xff]{4}"  # a word of an alphabet that is not Latin
)
_HIGH = bytes(range(0x80, 0x100))


def decode_utf8(data: bytes, name: str) -> str:
    """Return the text as it is, to the byte; raises FileError with the place and what to do."""
    nul = data.find(b"\0")
    if nul >= 0:
        raise FileError(
            name,
            f"it is not text: there is a NUL byte at {nul:,}",
            "Convert it first; `iconv -f UTF-16 -t UTF-8` if it is text of another encoding.",
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileError(
            name,
            f"it is not UTF-8: byte {error.start:,} is 0x{data[error.start]:02x}",
            "Convert it first, as with `iconv -f LATIN1 -t UTF-8`.",
        ) from error


def decode_text(data: bytes, name: str) -> tuple[str, str]:
    """Return the text, and what the user should know about its encoding; raises FileError."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                continue
            if "\0" not in text:
                return text, f"converted from {encoding}"
    try:
        return decode_utf8(data, name), ""
    except FileError:
        if not _looks_western(data):
            raise
    return data.decode("windows-1252"), "it is not UTF-8 and was read as windows-1252; see that its letters are right"


def _looks_western(data: bytes) -> bool:
    """Whether text that is not UTF-8 is likely to be of the one legacy encoding that can be told by its bytes.

    What is mostly valid UTF-8 is damaged UTF-8; what is mostly high bytes has an alphabet of its own.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or re.search(_NO_LEGACY_TEXT, data):
        return False
    plain = len(data.translate(None, _HIGH))
    high, valid = len(data) - plain, len(data.decode("utf-8", "ignore").encode()) - plain
    return high <= plain and 2 * valid < high


def too_large_error(name: str, room: int) -> FileError:
    """Return the error for what does not fit into a request."""
    most = "more than" if room == MAX_REQUEST_BYTES else "more than is left of what"
    return FileError(
        name,
        f"it is larger than {byte_size(max(room, 0))}, which is {most} the API takes",
        "Send the part that matters: head, grep or split make it.",
    )
