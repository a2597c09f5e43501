"""The media type, dimensions and completeness of an image, from its bytes.

Only the container is read, never a pixel: enough to refuse a truncated download before it is sent and billed. Pure, and
safe for any bytes.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

_MAGIC = (
    (rb"\x89PNG\r\n\x1a\n", "image/png"),
    (rb"\xff\xd8\xff", "image/jpeg"),
    (rb"(?s:RIFF.{4}WEBP)", "image/webp"),
)

_MIN_SIDE, _MIN_PIXELS, _MAX_PIXELS = 8, 512, 178_956_970
_DATA_URL = r"(?i)\s*data:image/[a-z0-9.+-]{1,50}[^,]{0,200}?;base64,"
_HEADER_CHARS = (1 << 12, 1 << 17, 1 << 21)
"""How much of a data: URL is decoded for the image's size: mostly a little, and for a JPEG with large metadata more."""
_MAX_SEGMENTS = 100_000
"""Far more than a real image has; an image made to keep a reader busy may have more."""


def media_type(data: bytes) -> str | None:
    """Return the media type of an image that the API accepts, or None."""
    return next((kind for magic, kind in _MAGIC if re.match(magic, data)), None)


def dimensions(data: bytes, kind: str) -> tuple[int, int] | None:
    """Return width and height in pixels, or None for a truncated or damaged image."""
    is_whole = {"image/png": _is_whole_png, "image/jpeg": _is_whole_jpeg, "image/webp": _is_whole_webp}[kind]
    return header_dimensions(data, kind) if is_whole(data) else None


def header_dimensions(data: bytes, kind: str) -> tuple[int, int] | None:
    """Return width and height in pixels from the beginning of an image, or None if they are not in it."""
    width, height = {"image/png": _png_size, "image/jpeg": _jpeg_size, "image/webp": _webp_size}[kind](data)
    return (width, height) if width and height else None


def size_problem(width: int, height: int) -> str:
    """Return which images of this size the API is known to refuse, or "": `none with a side under 8 pixels`.

    The limits are those of xAI's own client, which scales such images (grok-build, image_normalize.rs).
    """
    if min(width, height) < _MIN_SIDE:
        return f"none with a side under {_MIN_SIDE} pixels"
    if width * height < _MIN_PIXELS:
        return f"none under {_MIN_PIXELS} pixels in all"
    return f"none over {_MAX_PIXELS:,} pixels in all" if width * height > _MAX_PIXELS else ""


def describe_refused_url(url: str) -> str:
    """Return why the API would refuse the image of a data: URL, in a few words, or "" if it is not known to."""
    size = url_dimensions(url)
    problem = size_problem(*size) if size is not None else ""
    return f"{size[0]}x{size[1]} pixels, and the API accepts {problem}" if size is not None and problem else ""


def url_dimensions(url: str) -> tuple[int, int] | None:
    """Return width and height in pixels of the image of a data: URL, or None if they are not known."""
    match = re.match(_DATA_URL, url)
    if match is None:
        return None
    for chars in _HEADER_CHARS:
        encoded = url[match.end() : match.end() + chars]
        try:
            data = base64.b64decode(encoded[: len(encoded) // 4 * 4])
        except ValueError:
            return None  # it has line breaks, or is not base64: the API decides
        kind = media_type(data)
        size = header_dimensions(data, kind) if kind is not None else None
        if size is not None or len(encoded) < chars:
            return size
    return None


def _is_whole_png(data: bytes) -> bool:
    at = 8
    for _ in range(_MAX_SEGMENTS):
        length, kind = _read_uint(data, at, 4), data[at + 4 : at + 8]
        if at + 12 + length > len(data):
            break
        if kind == b"IEND":
            return True
        at += 12 + length
    return False


def _png_size(data: bytes) -> tuple[int, int]:
    return (_read_uint(data, 16, 4), _read_uint(data, 20, 4)) if data[12:16] == b"IHDR" else (0, 0)


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the marker and the place of each segment before the pixels, and of the first one of them."""
    at = 2
    for _ in range(_MAX_SEGMENTS):
        if data[at : at + 1] != b"\xff" or at + 4 > len(data):
            return
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        yield marker, at
        if marker == 0xDA:
            return
        at += 2 + _read_uint(data, at + 2, 2)


def _is_whole_jpeg(data: bytes) -> bool:
    # Search after the pixels start: a preview in the header has an end marker too.
    return any(marker == 0xDA and data.find(b"\xff\xd9", at) > 0 for marker, at in _jpeg_segments(data))


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Return the size in the frame's header. A rotation in the EXIF data swaps the sides, and no limit cares."""
    for marker, at in _jpeg_segments(data):
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC} and at + 9 <= len(data):
            return _read_uint(data, at + 7, 2), _read_uint(data, at + 5, 2)
    return 0, 0


def _is_whole_webp(data: bytes) -> bool:
    return 8 + int.from_bytes(data[4:8], "little") <= len(data)


def _webp_size(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if len(data) < 30 and kind != b"VP8L":
        return 0, 0
    if kind == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L" and len(data) >= 25 and data[20] == 0x2F:
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
    return 0, 0


def _read_uint(data: bytes, start: int, size: int) -> int:
    return int.from_bytes(data[start : start + size], "big")
