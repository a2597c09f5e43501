"""Decodes attached files: UTF-8 byte for byte, and a few other encodings.

UTF-8 is not changed, a leading U+FEFF included. UTF-16 and UTF-32 are recognised by their byte order marks, and one
legacy encoding by its bytes; more guesses would send nonsense, and the user would pay for it. Anything else is refused,
with the position of the error and a command that converts it.
"""

from __future__ import annotations

import re

from grokchat.errors import FileError
from grokchat.messages import MAX_REQUEST_BYTES
from grokchat.units import byte_size

_MARKS = (
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)

_NOT_WINDOWS_1252 = (
    rb"[\0-\x08\x0b\x0e-\x1f\x7f]"
    rb"|[\x81\x8d\x8f\x90\x9d]"  # not in windows-1252
    # Symbols that do not follow a letter, at codes where DOS and Mac encodings have letters.
    rb"|[A-Za-z][\x80\x82-\x84\x88\x8a\x8e\x98]"
    rb"|[\xa1-\xff]{4}"  # a word in an alphabet other than Latin
)
_HIGH_BYTES = bytes(range(0x80, 0x100))


def decode_utf8(data: bytes, name: str) -> str:
    """Return the text of UTF-8 bytes; raises FileError with the position of the error and advice."""
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
    """Return the text and a note on its encoding, if it was converted; raises FileError."""
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
    """Return whether bytes that are not UTF-8 are probably windows-1252.

    Mostly valid UTF-8 is damaged UTF-8, and mostly high bytes are another alphabet.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or re.search(_NOT_WINDOWS_1252, data):
        return False
    plain = len(data.translate(None, _HIGH_BYTES))
    high, valid = len(data) - plain, len(data.decode("utf-8", "ignore").encode()) - plain
    return high <= plain and 2 * valid < high


def too_large_error(name: str, max_bytes: int) -> FileError:
    """Return the error for a file that does not fit into the `max_bytes` left in the request."""
    most = "more than" if max_bytes == MAX_REQUEST_BYTES else "more than is left of what"
    return FileError(
        name,
        f"it is larger than {byte_size(max(max_bytes, 0))}, which is {most} the API takes",
        "Send the part that matters: head, grep or split make it.",
    )
