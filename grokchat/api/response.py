"""A response's body as bytes, unpacked, and limited in size: a server that never stops cannot fill the memory."""

from __future__ import annotations

import zlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from grokchat.api.compression import MIN_BEGINNING_BYTES, Decompressor, encodings, find_unknown, is_text
from grokchat.api.failures import CHECK_BASE_URL, Failure
from grokchat.api.network_errors import CHECK_INTERMEDIARIES
from grokchat.compat.httpx import httpx
from grokchat.errors import BrokenReplyError, UnreachableError

MAX_BODY_BYTES = 64 * 1024 * 1024


async def stream_bytes(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """Yield a response's bytes; raises Failure.

    If a response is compressed, it is unpacked in small pieces: httpx would unpack everything received at once.
    """
    names = encodings(response.headers.get("content-encoding", ""))
    if not names:
        async for piece in response.aiter_bytes():
            yield piece
        return
    received = response.aiter_raw()
    first = await _read_beginning(received)
    is_compressed = bool(first) and not is_text(first)
    if is_compressed and (unknown := find_unknown(names)):
        message = f"The answer is compressed ({unknown}), although the request allows no compression."
        raise Failure(UnreachableError(message, CHECK_INTERMEDIARIES), is_retryable=False)
    pieces = _prepend(first, received)
    for _ in names if is_compressed else ():
        pieces = _unpack(pieces)
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece


async def _unpack(received: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    decompressor = Decompressor()
    try:
        async with aclosing(received):
            async for data in received:
                for piece in decompressor.unpack(data):
                    yield piece
        yield decompressor.flush()
    except zlib.error as error:
        message = "The answer is compressed, although the request allows no compression, and damaged."
        raise Failure(BrokenReplyError(message, CHECK_INTERMEDIARIES), is_retryable=True) from error


async def _read_beginning(received: AsyncIterator[bytes]) -> bytes:
    """Return the first bytes: enough to tell whether they are text."""
    beginning = b""
    async for piece in received:
        beginning += piece
        if len(beginning) >= MIN_BEGINNING_BYTES:
            break
    return beginning


async def _prepend(first: bytes, received: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    yield first
    async for piece in received:
        yield piece


async def read_body(received: AsyncIterator[bytes], limit: int, *, truncate: bool = False) -> bytes:
    """Return all bytes; a body larger than `limit` is truncated there, or raises Failure."""
    parts, size = [], 0
    async for piece in received:
        parts.append(piece)
        size += len(piece)
        if size > limit:
            if truncate:
                break
            raise too_large(f"The answer is larger than {limit // 1024 // 1024} MiB")
    return b"".join(parts)


def too_large(problem: str) -> Failure:
    """Return the failure for more than any reply is."""
    return Failure(UnreachableError(f"{problem}, more than any model's reply.", CHECK_BASE_URL), is_retryable=False)
