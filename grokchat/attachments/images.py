"""The media type, dimensions and completeness of an image, from its bytes.

Only the container is read, never a pixel: enough to refuse a truncated download before it is sent and billed. Pure, and
safe for any bytes.
"""

from __future__ import annotations

import re

_MAGIC = (
    (rb"\x89PNG\r\n\x1a\n", "image/png"),
    (rb"\xff\xd8\xff", "image/jpeg"),
    (rb"(?s:RIFF.{4}WEBP)", "image/webp"),
)

_MAX_SEGMENTS = 100_000
"""Far more than a real image has; an image made to keep a reader busy may have more."""


def media_type(data: bytes) -> str | None:
    """Return the media type of an image that the API accepts, or None."""
    return next((kind for magic, kind in _MAGIC if re.match(magic, data)), None)


def dimensions(data: bytes, kind: str) -> tuple[int, int] | None:
    """Return width and height in pixels, or None for a truncated or damaged image."""
    width, height = {"image/png": _png, "image/jpeg": _jpeg, "image/webp": _webp}[kind](data)
    return (width, height) if width and height else None


def _png(data: bytes) -> tuple[int, int]:
    at = 8
    for _ in range(_MAX_SEGMENTS):
        length, kind = _read_uint(data, at, 4), data[at + 4 : at + 8]
        if at + 12 + length > len(data) or (at == 8 and kind != b"IHDR"):
            break
        if kind == b"IEND":
            return _read_uint(data, 16, 4), _read_uint(data, 20, 4)
        at += 12 + length
    return 0, 0


def _jpeg(data: bytes) -> tuple[int, int]:
    at, width, height = 2, 0, 0
    for _ in range(_MAX_SEGMENTS):
        if data[at : at + 1] != b"\xff" or at + 4 > len(data):
            break
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
        elif marker == 0xDA:
            # Search after the pixels start: a preview in the header has an end marker too.
            return (width, height) if data.find(b"\xff\xd9", at) > 0 else (0, 0)
        else:
            if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
                height, width = _read_uint(data, at + 5, 2), _read_uint(data, at + 7, 2)
            at += 2 + _read_uint(data, at + 2, 2)
    return 0, 0


def _webp(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if 8 + int.from_bytes(data[4:8], "little") > len(data) or len(data) < 25:
        return 0, 0
    if kind == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L" and data[20] == 0x2F:
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
    return 0, 0


def _read_uint(data: bytes, start: int, size: int) -> int:
    return int.from_bytes(data[start : start + size], "big")
