"""A response's body as bytes, unpacked, and limited in size: a server that never stops cannot fill the memory."""

from __future__ import annotations

import zlib
from collections.abc import AsyncGenerator, AsyncIterator

from grokchat.api.failures import Failure
from grokchat.api.network_errors import CHECK_INTERMEDIARIES
from grokchat.compat.httpx import httpx
from grokchat.errors import BrokenReplyError, UnreachableError

MAX_BODY_BYTES = 64 * 1024 * 1024
_PIECE_BYTES = 64 * 1024


async def stream_bytes(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """Yield a response's bytes; raises Failure.

    Requests ask for no compression. If a response is compressed all the same, it is unpacked in small pieces: httpx
    would unpack everything received at once, and 64 KiB can unpack to gigabytes.
    """
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding in {"", "identity"}:
        async for piece in response.aiter_bytes():
            yield piece
        return
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        description = f"The answer is compressed ({encoding[:20]}), though it was asked not to be."
        error = UnreachableError(f"{description} {CHECK_INTERMEDIARIES}")
        raise Failure(error, description=description, is_retryable=False)
    decompressor = zlib.decompressobj(wbits=32 + zlib.MAX_WBITS)
    try:
        async for raw in response.aiter_raw():
            rest = raw
            while rest and not decompressor.eof:
                yield decompressor.decompress(rest, _PIECE_BYTES)
                rest = decompressor.unconsumed_tail
        yield decompressor.flush()
    except zlib.error as error:
        description = "The answer is compressed, though it was asked not to be, and damaged."
        broken = BrokenReplyError(f"{description} {CHECK_INTERMEDIARIES}")
        raise Failure(broken, description=description, is_retryable=True) from error


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
    description = f"{problem}, and no model's reply is, so it was stopped."
    return Failure(UnreachableError(f"{description} Check base_url."), description=description, is_retryable=False)
