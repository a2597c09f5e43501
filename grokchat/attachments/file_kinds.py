"""The kind of a file that is not text, recognised by its first bytes, and what to do instead."""

from __future__ import annotations

import re

from grokchat.attachments.images import media_type

_CONVERT = "Convert it to PNG or JPEG first, as with `magick IN OUT.png`."
_ONLY_TEXT = "The API accepts text and images."
_ATTACH = "Attach it as a file: -f FILE, or -f - for standard input."

_REFUSED_FORMATS = (
    (rb"GIF8[79]a.{0,6}\0", "a GIF image", _CONVERT),
    (rb"BM.{4}\0\0\0\0", "a BMP image", _CONVERT),
    (rb"II\*\0|MM\0\*", "a TIFF image", _CONVERT),
    (rb"\0.{3}ftyp(?:hei|hev|mif1|msf1|avif|avis)", "a HEIC or AVIF image", _CONVERT),
    (rb"\0.{3}ftyp|\x1aE\xdf\xa3", "a video or sound file", _ONLY_TEXT),
    (rb"PK\x03\x04", "a ZIP archive or an office document", "Unpack it, or save its text as a text file."),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1", "an office document", "Save its text as a text file."),
    (rb"\x1f\x8b|\xfd7zXZ\0|\x28\xb5\x2f\xfd|7z\xbc\xaf|BZh[1-9]1AY&SY", "a compressed file", "Unpack it first."),
    (rb"SQLite format 3\0", "an SQLite database", "Send its text: `sqlite3 FILE .dump` prints it."),
    (rb"\x7fELF|MZ.{2}[\0-\x0f]\0|[\xce\xcf]\xfa\xed\xfe", "a program", _ONLY_TEXT),
)
"""No text begins with these bytes."""

_OTHER_FORMATS = (
    (rb"RIFF.{4}(?:WAVE|AVI )|ID3|OggS|fLaC|\xff[\xf2\xf3\xfa\xfb]", "a video or sound file", _ONLY_TEXT),
    (rb"Rar!\x1a\x07|.{257}ustar", "an archive", "Unpack it first."),
    (rb"\xca\xfe\xba\xbe|\0asm|!<arch>\n", "compiled code", _ONLY_TEXT),
    (rb"8BPS|\0\0[\x01\x02]\0.\0", "an image", _CONVERT),
    (rb"wOF[F2]|\0\x01\0\0\0|OTTO\0", "a font", _ONLY_TEXT),
    (
        rb"\x93NUMPY|PAR1|\x89HDF\r\n|\x80[\x02-\x05][\x95c}\]]",
        "a data file",
        "Print its content as text, and send that.",
    ),
)
"""A text may begin with some of these, so they count only for data that is not text."""


def find_refused_format(data: bytes) -> tuple[str, str] | None:
    """Return what a file is that is neither a text nor an image that the API takes, and advice; None for others."""
    return _find(_REFUSED_FORMATS, data)


def describe_binary(data: bytes) -> tuple[str, str] | None:
    """Return the kind of data that is not text, and advice; None if the kind is unknown."""
    image = {"image/png": "a PNG image", "image/jpeg": "a JPEG image", "image/webp": "a WebP image"}.get(
        media_type(data) or "", "a PDF file" if data.startswith(b"%PDF-") else ""
    )
    return (image, _ATTACH) if image else _find((*_REFUSED_FORMATS, *_OTHER_FORMATS), data)


def _find(formats: tuple[tuple[bytes, str, str], ...], data: bytes) -> tuple[str, str] | None:
    found = (format_[1:] for format_ in formats if re.match(format_[0], data, re.DOTALL))
    return next(found, None)
