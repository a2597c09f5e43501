"""Compressed bodies, which come although requests ask for none.

What is in a body decides, not its `content-encoding`: servers and proxies name compressions that they did not apply.
Everything is unpacked in pieces of limited size, because 64 KiB can unpack to gigabytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

_PIECE_BYTES = 64 * 1024
_BEGINNING_BYTES = 64
MIN_BEGINNING_BYTES = 16
"""How much of a body is needed to tell text from compressed data."""
_MAX_NAME_CHARS = 20
_MAX_LAYERS = 3
_GZIP_MAGIC = b"\x1f\x8b"
_IDENTITY = frozenset({"", "identity"})
_KNOWN = frozenset({"gzip", "x-gzip", "deflate"})


def encodings(header: str) -> list[str]:
    """Return the compressions of a `content-encoding` header, in the order in which they are undone."""
    names = [name.strip().lower() for name in header.split(",")]
    return [name for name in reversed(names) if name not in _IDENTITY]


def find_unknown(names: list[str]) -> str:
    """Return the compressions as the header has them if one of them cannot be undone, or nothing."""
    is_known = _KNOWN.issuperset(names) and len(names) <= _MAX_LAYERS
    return "" if is_known else ", ".join(reversed(names))[:_MAX_NAME_CHARS]


def is_text(data: bytes) -> bool:
    """Return whether data begins like text: UTF-8 without control characters."""
    beginning = data[:_BEGINNING_BYTES]
    try:
        text = beginning.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(beginning) - 3:  # not only cut in a character
            return False
        text = beginning[: error.start].decode("utf-8")
    return all(char.isprintable() or char in "\t\r\n\ufeff" for char in text)


class Decompressor:
    """Unpacks gzip, of one part or of several, and deflate with a header and without."""

    def __init__(self) -> None:
        self._inner: Any = None
        """zlib's decompressor of the current part."""
        self._beginning = b""
        self._has_ended = False

    def unpack(self, data: bytes) -> Iterator[bytes]:
        """Yield the pieces that the next bytes complete; raises zlib.error where they are damaged."""
        rest = self._beginning + data
        self._beginning = b""
        while rest and not self._has_ended:
            if self._inner is None:
                if len(rest) < len(_GZIP_MAGIC):
                    self._beginning = rest
                    return
                self._inner = zlib.decompressobj(_window_bits(rest))
            piece = self._inner.decompress(rest, _PIECE_BYTES)
            if piece:
                yield piece
            rest = self._inner.unconsumed_tail
            if self._inner.eof:
                rest, self._inner = self._inner.unused_data, None
                # Some servers compress each piece by itself. Anything else after the end is padding.
                self._has_ended = bool(rest) and not rest.startswith(_GZIP_MAGIC[:1])

    def flush(self) -> bytes:
        """Return what is left at the end of the data."""
        rest: bytes = self._inner.flush() if self._inner is not None else b""
        return rest


def _window_bits(data: bytes) -> int:
    if data.startswith(_GZIP_MAGIC):
        return 16 + zlib.MAX_WBITS
    has_header = data[0] & 0x0F == zlib.DEFLATED and int.from_bytes(data[:2], "big") % 31 == 0
    return zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS
