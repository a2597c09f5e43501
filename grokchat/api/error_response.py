"""The body of a response that is not a reply, as far as it can be read.

The status is what counts, so nothing in the body can hide it: a body that drips, breaks off, has no end, or is
compressed though it was asked not to be is read within limits, and the part received is used.
"""

from __future__ import annotations

import asyncio
import zlib
from contextlib import suppress

from grokchat.api.compression import Decompressor, encodings, find_unknown, is_text
from grokchat.api.network_errors import NETWORK_ERRORS
from grokchat.compat.httpx import httpx
from grokchat.records import record

_MAX_ERROR_BODY_BYTES = 256 * 1024
_ERROR_BODY_TIMEOUT_S = 3.0
"""For the whole body, after its headers."""
_PIECE_BYTES = 16
"""How much compressed data is lost before a place where it is damaged."""


@record
class ErrorBody:
    """The bytes of a body, unpacked; if they cannot be read, `problem` says why in a few words."""

    data: bytes
    problem: str = ""


async def read_error_body(response: httpx.Response) -> ErrorBody:
    """Return what arrives of a body within the limits of time and size."""
    names = encodings(response.headers.get("content-encoding", ""))
    parts: list[bytes] = []
    size = 0
    with suppress(*NETWORK_ERRORS):  # TimeoutError is one of them
        async with asyncio.timeout(_ERROR_BODY_TIMEOUT_S):
            async for part in response.aiter_raw() if names else response.aiter_bytes():
                parts.append(part)
                size += len(part)
                if size >= _MAX_ERROR_BODY_BYTES:
                    break
    raw = b"".join(parts)[:_MAX_ERROR_BODY_BYTES]
    return _decode(raw, names)


def _decode(raw: bytes, names: list[str]) -> ErrorBody:
    if not names or not raw or is_text(raw):
        return ErrorBody(raw)
    if unknown := find_unknown(names):
        return ErrorBody(b"", f"its text is compressed ({unknown})")
    unpacked = raw
    for _ in names:
        unpacked = _unpack(unpacked)
    return ErrorBody(unpacked) if unpacked else ErrorBody(b"", "its text is compressed and damaged")


def _unpack(data: bytes) -> bytes:
    """Return the beginning of what compressed data holds, up to where it is damaged."""
    unpacked, decompressor = bytearray(), Decompressor()
    with suppress(zlib.error):
        for at in range(0, len(data), _PIECE_BYTES):
            for piece in decompressor.unpack(data[at : at + _PIECE_BYTES]):
                unpacked += piece
                if len(unpacked) >= _MAX_ERROR_BODY_BYTES:
                    return bytes(unpacked)
    return bytes(unpacked)
