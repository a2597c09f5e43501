"""The body of a response that is no reply, as far as it can be read.

The status is what counts, so nothing in the body can hide it: a body that drips, breaks off, has no end, or is
compressed though it was asked not to be is read within limits, and what was received of it is used.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Sequence
from contextlib import suppress

from grokchat.api.network_errors import NETWORK_ERRORS
from grokchat.compat.httpx import httpx
from grokchat.records import record

_MAX_ERROR_BODY_BYTES = 256 * 1024
_ERROR_BODY_TIMEOUT_S = 3.0
"""For the whole body, after its headers."""
_MAX_NAME_CHARS = 20
_PIECE_BYTES = 16
"""How much compressed data is lost before a place where it is damaged."""
_BEGINNING_BYTES = 64
_WBITS: Sequence[int] = (32 + zlib.MAX_WBITS, -zlib.MAX_WBITS)
"""gzip or zlib by its first bytes, and deflate without a header, which some servers send under that name."""


@record
class ErrorBody:
    """The bytes of a body, unpacked; if they cannot be read, `problem` says why in a few words."""

    data: bytes
    problem: str = ""


async def read_error_body(response: httpx.Response) -> ErrorBody:
    """Return what arrives of a body within the limits of time and size."""
    encoding = response.headers.get("content-encoding", "").strip().lower()
    parts: list[bytes] = []
    size = 0
    with suppress(*NETWORK_ERRORS):  # TimeoutError is one of them
        async with asyncio.timeout(_ERROR_BODY_TIMEOUT_S):
            async for part in response.aiter_raw() if encoding else response.aiter_bytes():
                parts.append(part)
                size += len(part)
                if size >= _MAX_ERROR_BODY_BYTES:
                    break
    raw = b"".join(parts)[:_MAX_ERROR_BODY_BYTES]
    return _decode(raw, encoding)


def _decode(raw: bytes, encoding: str) -> ErrorBody:
    if not raw or encoding in {"", "identity"}:
        return ErrorBody(raw)
    if _is_text(raw):  # the header is wrong
        return ErrorBody(raw)
    unpacked = raw
    for name in reversed([name.strip() for name in encoding.split(",")]):
        if name in {"gzip", "x-gzip", "deflate"}:
            unpacked = _unpack(unpacked)
        elif name != "identity":
            return ErrorBody(b"", f"its text is compressed ({encoding[:_MAX_NAME_CHARS]})")
    return ErrorBody(unpacked) if unpacked else ErrorBody(b"", "its text is compressed and damaged")


def _unpack(data: bytes) -> bytes:
    """Return the beginning of what compressed data holds, up to where it is damaged."""
    for wbits in _WBITS:
        unpacked = bytearray()
        decompressor = zlib.decompressobj(wbits=wbits)
        with suppress(zlib.error):
            for at in range(0, len(data), _PIECE_BYTES):
                room = _MAX_ERROR_BODY_BYTES - len(unpacked)
                if room <= 0:
                    break
                unpacked += decompressor.decompress(data[at : at + _PIECE_BYTES], room)
        if unpacked:
            return bytes(unpacked)
    return b""


def _is_text(data: bytes) -> bool:
    """Return whether data begins like text: UTF-8 without control characters."""
    beginning = data[:_BEGINNING_BYTES]
    try:
        text = beginning.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(beginning) - 3:  # not only cut in a character
            return False
        text = beginning[: error.start].decode("utf-8")
    return all(char.isprintable() or char in "\t\r\n\ufeff" for char in text)
