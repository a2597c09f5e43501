"""Decodes piped text and attached files: UTF-8 byte for byte, and of files a few other encodings.

UTF-8 is not changed, a leading U+FEFF included. In files UTF-16 and UTF-32 are recognised by their byte order marks,
and one legacy encoding by its bytes; more guesses would send nonsense, and the user would pay for it. Anything else is
refused, with the position of the error, what the bytes look like, and a command that converts them.
"""

from __future__ import annotations

import codecs
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
_CONTROL_CHARS = rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]"
_MAX_CONTROL_SHARE = 0.01
"""Of a text's bytes; in a program or an image it is more than a tenth."""
_LONG_TEXT_BYTES = 200
"""In a shorter one, a last byte that could begin a character of UTF-8 may as well be a letter of another encoding."""


def decode_utf8(data: bytes, name: str) -> str:
    """Return the text of UTF-8 bytes; raises FileError with the position of the error, a guess and advice."""
    nul = data.find(b"\0")
    if nul >= 0:
        raise _nul_error(data, nul, name)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _encoding_error(data, error.start, name) from error


def decode_piped(data: bytes, name: str) -> tuple[str, str]:
    """Return the text of UTF-8 bytes, and a note if a character that a program cut was replaced; raises FileError.

    `head -c` and `tail -c` cut a text anywhere, so the first and the last character may be incomplete.
    """
    start, end = _find_cuts(data)
    if not start and end == len(data):
        return decode_utf8(data, name), ""
    text = ("\ufffd" if start else "") + data[start:end].decode("utf-8") + ("\ufffd" if end < len(data) else "")
    which = " and ".join(["first"] * bool(start) + ["last"] * (end < len(data)))
    return text, f"its {which} character is cut, and U+FFFD is sent in its place"


def decode_text(data: bytes, name: str, *, may_be_cut: bool = False) -> tuple[str, str]:
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
        return decode_piped(data, name) if may_be_cut else (decode_utf8(data, name), "")
    except FileError:
        if not _looks_western(data):
            raise
    return data.decode("windows-1252"), "it is not UTF-8 and was read as windows-1252; check its letters"


def _looks_western(data: bytes) -> bool:
    """Return whether bytes that are not UTF-8 are probably windows-1252.

    Mostly valid UTF-8 is damaged UTF-8, and mostly high bytes are another alphabet.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or re.search(_NOT_WINDOWS_1252, data):
        return False
    plain = len(data.translate(None, _HIGH_BYTES))
    if len(data) - plain > plain or _is_mostly_utf8(data):
        return False
    from grokchat.attachments.encoding_guess import guess_encoding

    return guess_encoding(data) in {"", "WINDOWS-1252"}


def _is_mostly_utf8(data: bytes) -> bool:
    plain = len(data.translate(None, _HIGH_BYTES))
    high, valid = len(data) - plain, len(data.decode("utf-8", "ignore").encode()) - plain
    return 2 * valid >= high


def _find_cuts(data: bytes) -> tuple[int, int]:
    """Return where the whole characters of cut UTF-8 begin and end; 0 and the length if it is not that."""
    uncut = (0, len(data))
    head = re.match(rb"[\x80-\xbf]{0,3}", data)
    start = head.end() if head else 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        text = decoder.decode(data[start:])
    except UnicodeDecodeError:
        return uncut
    pending = decoder.getstate()[0]
    end = len(data) - len(pending)
    if "\0" in text or not text:
        return uncut
    # A single byte may as well be a letter of windows-1252, unless other characters prove that this is UTF-8.
    is_utf8 = not text.isascii()
    is_start = not start or is_utf8 or start > 1
    is_end = not pending or is_utf8 or len(pending) > 1 or end > _LONG_TEXT_BYTES or not text[-1].isalpha()
    return (start, end) if is_start and is_end else uncut


# -- errors ------------------------------------------------------------------------------------------------------------


def _nul_error(data: bytes, nul: int, name: str) -> FileError:
    from grokchat.attachments.encoding_guess import guess_encoding
    from grokchat.attachments.file_kinds import describe_binary

    if (binary := describe_binary(data)) is not None:
        return FileError(name, f"it is {binary[0]}", binary[1])
    line = data.count(b"\n", 0, nul) + 1
    reason = f"it is not text: there is a NUL byte at {nul:,} (line {line:,})"
    if encoding := guess_encoding(data):
        return FileError(name, f"{reason}; it looks like {encoding}", _conversion(encoding))
    if _has_controls(data):
        return FileError(name, f"{reason}; it looks like binary data", "The API accepts text and images.")
    count = data.count(b"\0")
    which = "that byte" if count == 1 else f"its {count:,} NUL bytes"
    return FileError(name, reason, f"If it is text otherwise, leave {which} out: `tr -d '\\0'`.")


def _encoding_error(data: bytes, start: int, name: str) -> FileError:
    """Return the error for bytes that are not UTF-8 from `start` on."""
    from grokchat.attachments.encoding_guess import guess_encoding
    from grokchat.attachments.file_kinds import describe_binary

    if (binary := describe_binary(data)) is not None:
        return FileError(name, f"it is {binary[0]}", binary[1])
    line = data.count(b"\n", 0, start) + 1
    reason = f"it is not UTF-8: byte {start:,} is 0x{data[start]:02x} (line {line:,})"
    if _find_cuts(data) != (0, len(data)):
        what = "it looks like UTF-8 that is cut in a character"
        return FileError(
            name, f"{reason}; {what}", "Cut it at a newline, or leave that out: `iconv -c -f UTF-8 -t UTF-8`."
        )
    if _is_mostly_utf8(data) and not _has_controls(data):
        advice = "`iconv -c -f UTF-8 -t UTF-8` leaves out what is damaged."
        return FileError(name, f"{reason}; it looks like damaged UTF-8", advice)
    encoding = guess_encoding(data)
    if not encoding and _has_controls(data):
        return FileError(name, f"{reason}; it looks like binary data", "The API accepts text and images.")
    return FileError(name, f"{reason}; it looks like {encoding}" if encoding else reason, _conversion(encoding))


def _conversion(encoding: str) -> str:
    if encoding:
        return f"Convert it first: `iconv -f {encoding.partition(' ')[0]} -t UTF-8`."
    return "Convert it first with `iconv -f ENCODING -t UTF-8`; `uchardet` guesses a file's encoding."


def _has_controls(data: bytes) -> bool:
    return len(re.findall(_CONTROL_CHARS, data)) > _MAX_CONTROL_SHARE * len(data)


def too_large_error(name: str, max_bytes: int) -> FileError:
    """Return the error for a file that does not fit into the `max_bytes` left in the request."""
    most = "more than" if max_bytes == MAX_REQUEST_BYTES else "more than is left of what"
    return FileError(
        name,
        f"it is larger than {byte_size(max(max_bytes, 0))}, which is {most} the API accepts",
        "Send the part that matters, cut out with head, grep or split.",
    )
