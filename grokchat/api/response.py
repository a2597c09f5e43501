"""A response's body: its bytes, its server-sent events, and the deltas that they add to a reply.

Streamed and complete replies come out as the same deltas. A body has limits on its size, so that a server that never
stops sending cannot fill the memory.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, suppress
from typing import Any

from grokchat import strict_json
from grokchat.api.failures import TRY_LATER, Failure, failure_from_body
from grokchat.api.network_errors import CHECK_INTERMEDIARIES, NETWORK_ERRORS
from grokchat.api.reply_builder import Delta, ReplyBuilder
from grokchat.api.sse import EventTooLongError, ServerSentEvent, SSEDecoder
from grokchat.api.stream_errors import StreamErrors
from grokchat.compat.httpx import httpx
from grokchat.errors import BrokenReplyError, UnreachableError

MAX_BODY_BYTES = 64 * 1024 * 1024
_MAX_LINE_BYTES = 8 * 1024 * 1024
_MAX_REPLY_CHARS = 32 * 1024 * 1024
"""About twenty times the longest reply of a model."""
_PIECE_BYTES = 64 * 1024
_END_OF_BODY_S = 0.5
"""How long a server may take to end its response after the reply has ended."""
_BLANK = b"\xef\xbb\xbf\r\n"
_NOT_EVENTS = (b"{", b"[", b"<", b'"')
"""No event stream begins with these, whatever its content type: they begin an error in JSON, or a login page."""


async def read_deltas(
    response: httpx.Response, builder: ReplyBuilder, redact: Callable[[str], str]
) -> AsyncGenerator[Delta, None]:
    """Feed a 200's body to the builder and yield the deltas; raises Failure for errors in it."""
    request_id = response.headers.get("x-request-id")
    async with aclosing(stream_bytes(response)) as received:
        first = await _read_first_bytes(received)
        content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        may_be_stream = content_type.endswith("event-stream") or not content_type.endswith(("json", "html"))
        if may_be_stream and not first.lstrip().startswith(_NOT_EVENTS):
            events = _EventStream(content_type, redact, request_id)
            async with aclosing(events.read_deltas(_prepend(first, received), builder)) as deltas:
                async for delta in deltas:
                    yield delta
            return
        body = await read_body(_prepend(first, received), MAX_BODY_BYTES)
    completion = parse_object(body)
    if completion is None or not isinstance(completion.get("choices"), list):
        raise failure_from_body(body, redact=redact, request_id=request_id)
    delta = builder.feed(completion)
    if delta.text or delta.reasoning:
        yield delta
    if builder.finish_reason is None:
        builder.finish_reason = "unknown"


class _EventStream:
    """The events of a streamed reply, up to its end."""

    def __init__(self, content_type: str, redact: Callable[[str], str], request_id: str | None) -> None:
        self._content_type = content_type
        self._redact = redact
        self._has_events = False
        self._errors = StreamErrors(redact, request_id)

    async def read_deltas(self, received: AsyncIterator[bytes], builder: ReplyBuilder) -> AsyncGenerator[Delta, None]:
        decoder = SSEDecoder(_MAX_LINE_BYTES)
        try:
            async for piece in received:
                for event in decoder.decode(piece):
                    self._has_events = True
                    if event.data == "[DONE]":
                        if builder.finish_reason is None and not (builder.text or builder.reasoning):
                            self._errors.check_remark()
                        if builder.finish_reason is None:
                            builder.finish_reason = "unknown"
                        await _drain(received)
                        return
                    for delta in self._feed(event, builder):
                        yield delta
                self._errors.check_stray_lines(decoder.take_stray_lines())
        except EventTooLongError as error:
            raise _too_large(f"A line of the reply is longer than {_MAX_LINE_BYTES // 1024 // 1024} MiB") from error
        except NETWORK_ERRORS:
            if builder.finish_reason is None:
                self._errors.check_end(decoder)
                raise
        if builder.finish_reason is None:
            self._errors.check_end(decoder)
            raise self._unfinished()

    def _feed(self, event: ServerSentEvent, builder: ReplyBuilder) -> Iterator[Delta]:
        chunk = strict_json.parse_or_none(event.data)
        failure = self._errors.find(event, chunk)
        if isinstance(chunk, dict) and (failure is None or chunk.get("choices")):
            # The chunk of an error may hold a last piece of the text; its `finish_reason` ends no reply.
            finish_reason = builder.finish_reason
            delta = builder.feed(chunk)
            if failure is not None:
                builder.finish_reason = finish_reason
            if delta.text or delta.reasoning:
                yield delta
        if failure is not None:
            raise failure
        if builder.size > _MAX_REPLY_CHARS:
            raise _too_large(f"The reply is longer than {_MAX_REPLY_CHARS // 1024 // 1024} MiB")

    def _unfinished(self) -> Failure:
        """Return the failure for a stream that ended with neither `finish_reason` nor `[DONE]`."""
        if self._has_events or self._content_type.endswith("event-stream"):
            description = "The reply broke off: the connection was closed before its end."
            return Failure(BrokenReplyError(f"{description} {TRY_LATER}"), description=description, is_retryable=True)
        kind = self._redact(self._content_type)[:40] or "without a content type"
        description = f"What came is no reply ({kind})."
        return Failure(UnreachableError(f"{description} Check base_url."), description=description, is_retryable=True)


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
            raise _too_large(f"The answer is larger than {limit // 1024 // 1024} MiB")
    return b"".join(parts)


def parse_object(data: bytes | str) -> dict[str, Any] | None:
    """Return the JSON object, or None if the data is anything else."""
    value = strict_json.parse_or_none(data)
    return value if isinstance(value, dict) else None


def _too_large(problem: str) -> Failure:
    description = f"{problem}, and no model's reply is, so it was stopped."
    return Failure(UnreachableError(f"{description} Check base_url."), description=description, is_retryable=False)


async def _read_first_bytes(received: AsyncIterator[bytes]) -> bytes:
    """Return the first bytes after empty lines, which mean nothing in any format."""
    async for piece in received:
        if beginning := piece.lstrip(_BLANK):
            return beginning
    return b""


async def _prepend(first: bytes, received: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    yield first
    async for piece in received:
        yield piece


async def _drain(received: AsyncIterator[bytes]) -> None:
    """Read what follows the end of a reply, which is nothing; only then can the connection be used again."""
    with suppress(*NETWORK_ERRORS):
        async with asyncio.timeout(_END_OF_BODY_S):
            async for _ in received:
                pass
