"""A reply, read from a response's body in whatever form it has.

The API streams server-sent events, or sends one JSON object. Other servers and proxies mislabel both, write chunks as
lines of JSON without `data:`, forget the end of the last line, or keep the connection open after the reply. But a reply
that arrived has been paid for. So its bytes decide how it is read, and not its content type.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, suppress
from typing import Any

from grokchat import strict_json
from grokchat.api.endpoint import ReplyShape
from grokchat.api.error_body import is_error, remark
from grokchat.api.failures import CHECK_BASE_URL, TRY_LATER, Failure, failure_from_body, failure_from_response
from grokchat.api.job_ids import read_job_id
from grokchat.api.json_parsing import THREAD_BYTES, TooManyValuesError, parse_json
from grokchat.api.network_errors import NETWORK_ERRORS
from grokchat.api.patient_reader import PatientReader
from grokchat.api.reply_builder import Delta, ReplyBuilder
from grokchat.api.response import MAX_BODY_BYTES, stream_bytes, too_large
from grokchat.api.sse import EventTooLongError, ServerSentEvent, SSEDecoder
from grokchat.api.stream_errors import StreamErrors
from grokchat.compat.httpx import httpx
from grokchat.errors import Advice, BrokenReplyError, UnreachableError

_MAX_LINE_BYTES = 8 * 1024 * 1024
_MAX_REPLY_CHARS = 32 * 1024 * 1024
"""About twenty times the longest reply of a model."""
_MAX_ERROR_BYTES = 64 * 1024
_MAX_NOISE_BYTES = 64 * 1024 * 1024
"""Blanks, pings and other lines without a piece of a reply between them; a ping a second for an hour is 50 KB."""
_END_OF_REPLY_S = 2.0
"""How long a response may continue after the reply has ended: usage may still arrive."""
_END_OF_BODY_S = 0.5
"""How long it may continue after `[DONE]`, which nothing follows."""
_BLANKS = b"\xef\xbb\xbf\r\n\t "
_JSON = (b"{", b"[", b'"', b"null", b"true", b"false", b"-", *(b"%d" % digit for digit in range(10)))
_JSON_ENDS = (b"}", b"]", b'"')
_MAX_BLANKS = 64
"""Blanks at the end of a body after which its end is looked for."""
_MAX_ID_CHARS = 80
_NOTHING = object()
"""Used in place of a value if there is none."""


class JobAcceptedError(Exception):
    """The answer is the id of a job, whose reply is deferred. `is_stopped`: the user has stopped waiting meanwhile."""

    def __init__(self, request_id: str) -> None:
        super().__init__(request_id)
        self.request_id = request_id
        self.is_stopped = False


_Value = tuple[ServerSentEvent, Any]
"""A value of a body, None if it is not JSON, with the event that carried it."""


async def read_deltas(
    response: httpx.Response,
    builder: ReplyBuilder,
    shape: ReplyShape,
    redact: Callable[[str], str],
    *,
    choice_count: int = 1,
) -> AsyncGenerator[Delta, None]:
    """Feed the body of a 2xx to the builder and yield the deltas; raises Failure for errors in it.

    `shape` is that of the endpoint's replies, `choice_count` the number of choices that were asked for.
    """
    reader = _ReplyReader(response, builder, shape, redact, choice_count)
    async with (
        aclosing(stream_bytes(response)) as received,
        aclosing(PatientReader(received)) as pieces,
        aclosing(reader.read(pieces)) as deltas,
    ):
        async for delta in deltas:
            yield delta


class _ReplyReader:
    """Reads one reply: the values of its body are fed to the builder one by one."""

    def __init__(
        self,
        response: httpx.Response,
        builder: ReplyBuilder,
        shape: ReplyShape,
        redact: Callable[[str], str],
        choice_count: int,
    ) -> None:
        self._response = response
        self._shape = shape
        self._builder = builder
        self._redact = redact
        self._choice_count = choice_count
        self._request_id = response.headers.get("x-request-id")
        self._errors = StreamErrors(shape, redact, self._request_id)
        self._decoder = SSEDecoder(_MAX_LINE_BYTES)
        self._received_chars = 0
        self._value_count = 0
        self._noise_bytes = 0
        self._value: Any = None
        """The last one."""
        self._is_complete = False
        """Whether the body ended as the end of a reply, although the reply need not say so itself."""

    async def read(self, pieces: PatientReader) -> AsyncGenerator[Delta, None]:
        """Yield the deltas up to the end of the reply."""
        try:
            async with aclosing(await self._open(pieces)) as values:
                async for event, value in values:
                    for delta in self._feed(event, value):
                        yield delta
                    self._set_deadline(pieces)
        except EventTooLongError as error:
            raise too_large(f"A line of the reply is longer than {_MAX_LINE_BYTES // 1024 // 1024} MiB") from error
        except TooManyValuesError as error:
            raise too_large(f"The answer has {error}") from error
        except NETWORK_ERRORS:
            if self._builder.finish_reason is None:
                self._errors.check_end(self._decoder)
                raise
        self._check_end()

    def _set_deadline(self, pieces: PatientReader) -> None:
        """Once the reply has ended, stop waiting for the end of the response after a while, even while pings arrive."""
        if not self._builder.has_ended(self._choice_count):
            pieces.deadline = None
        elif pieces.deadline is None:
            pieces.deadline = asyncio.get_running_loop().time() + _END_OF_REPLY_S

    # -- the forms of a body -----------------------------------------------------------------------------------------

    async def _open(self, pieces: PatientReader) -> AsyncGenerator[_Value, None]:
        """Return the values of a body in the form that its first bytes have."""
        first = await self._read_first_bytes(pieces)
        if not first and self._response.status_code != 200:
            raise failure_from_response(self._response.status_code, b"", redact=self._redact)
        if first.startswith(b"<"):
            raise failure_from_body(first, redact=self._redact, request_id=self._request_id)
        return self._read_json(first, pieces) if first.startswith(_JSON) else self._read_lines(first, pieces)

    async def _read_first_bytes(self, pieces: PatientReader) -> bytes:
        """Return the first bytes after blanks, which mean nothing in any format."""
        while (piece := await pieces.read()) is not None:
            if beginning := piece.lstrip(_BLANKS):
                return beginning
            self._add_noise(piece)
        return b""

    async def _read_lines(self, first: bytes, pieces: PatientReader) -> AsyncGenerator[_Value, None]:
        """Yield the values of server-sent events and of lines of JSON, up to `[DONE]` or the end."""
        piece: bytes | None = first
        while piece is not None:
            for event in self._decoder.decode(piece):
                if event.data.strip() == "[DONE]":
                    self._is_complete = self._shape.done_ends_reply
                    await _drain(pieces)
                    return
                is_small = len(event.data) < THREAD_BYTES
                yield event, strict_json.parse_or_none(event.data) if is_small else await _parse_or_none(event.data)
            self._errors.check_stray_lines(self._decoder.take_stray_lines())
            self._add_noise(piece)
            piece = await pieces.read()
        # The standard drops an event without its end. But what is whole JSON has arrived whole.
        for event in self._decoder.take_unfinished():
            if event.data.strip() == "[DONE]":
                self._is_complete = self._shape.done_ends_reply
            else:
                yield event, await _parse_or_none(event.data)

    async def _read_json(self, first: bytes, pieces: PatientReader) -> AsyncGenerator[_Value, None]:
        """Yield the value of a body of JSON or, if its first line is a value already, the values of its lines."""
        body = bytearray(first)
        try:
            value, end = await _read_first_value(body, pieces)
        except NETWORK_ERRORS:
            if (part := _parse_cut_reply(body, self._shape)) is not None:
                yield part
            raise
        if value is _NOTHING:
            async with aclosing(self._read_damaged_json(bytes(body), pieces)) as values:
                async for found in values:
                    yield found
            return
        yield _event(body[:end]), value
        if not self._shape.is_chunk(value) and (end == len(body) or self._shape.is_reply(value)):
            pieces.deadline = asyncio.get_running_loop().time() + (0.0 if end == len(body) else _END_OF_REPLY_S)
        async with aclosing(self._read_lines(bytes(body[end:]), pieces)) as values:
            async for found in values:
                yield found
        is_whole = self._value_count == 1 and not self._shape.is_chunk(value)
        ends_reply = self._shape.done_ends_reply or not self._shape.has_piece(value)
        self._is_complete = self._is_complete or (is_whole and ends_reply)

    async def _read_damaged_json(self, body: bytes, pieces: PatientReader) -> AsyncGenerator[_Value, None]:
        """Yield the values of a body that begins as JSON but is not: its lines, or the rest of a cut reply."""
        if b"\ndata:" in body:
            async with aclosing(self._read_lines(body, pieces)) as values:
                async for found in values:
                    yield found
            return
        if (part := _parse_cut_reply(body, self._shape)) is None:
            if body.startswith((b"{", b"[")) and not _is_damaged_error(body[:_MAX_ERROR_BYTES]):
                raise self._no_reply()
            raise failure_from_body(body[:_MAX_ERROR_BYTES], redact=self._redact, request_id=self._request_id)
        yield part

    # -- values ------------------------------------------------------------------------------------------------------

    def _feed(self, event: ServerSentEvent, value: Any) -> Iterator[Delta]:
        self._value_count += 1
        self._value = value
        failure = self._errors.find(event, value)
        for chunk in value if isinstance(value, list) else [value]:
            if isinstance(chunk, dict) and (failure is None or self._shape.has_piece(chunk)):
                if self._shape.has_piece(chunk):
                    self._noise_bytes = 0
                # The chunk of an error may hold a last piece of the text; its `finish_reason` ends no reply.
                finish_reason = self._builder.finish_reason
                delta = self._builder.feed(chunk)
                if failure is not None:
                    self._builder.finish_reason = finish_reason
                self._check_size(delta, len(event.data))
                if delta.text or delta.reasoning or delta.activity:
                    yield delta
        if failure is not None:
            raise failure

    def _add_noise(self, piece: bytes) -> None:
        """Count bytes that have brought no piece of a reply so far; raises Failure, so that they have an end."""
        self._noise_bytes += len(piece)
        if self._noise_bytes > _MAX_NOISE_BYTES:
            raise too_large(f"What came beside the reply is larger than {_MAX_NOISE_BYTES // 1024 // 1024} MiB")

    def _check_size(self, delta: Delta, received_chars: int) -> None:
        """Raise the failure of a reply that is too large. As long as little was received, it cannot be."""
        self._received_chars += received_chars
        is_large = self._received_chars > _MAX_REPLY_CHARS // 4 and self._builder.size > _MAX_REPLY_CHARS
        if is_large or len(delta.text) > _MAX_REPLY_CHARS or len(delta.reasoning) > _MAX_REPLY_CHARS:
            raise too_large(f"The reply is longer than {_MAX_REPLY_CHARS // 1024 // 1024} MiB")

    def _check_end(self) -> None:
        """Raise the failure of a body that ended without a reply, or before the reply did."""
        builder = self._builder
        if builder.finish_reason is None and not self._is_complete:
            self._errors.check_end(self._decoder)
            raise self._unfinished()
        if builder.finish_reason is None and not (builder.text or builder.reasoning):
            self._errors.check_remark()
        builder.end()
        if not builder.choices:
            raise self._no_reply()

    def _unfinished(self) -> Failure:
        """Return the failure for a stream that ended with neither `finish_reason` nor `[DONE]`."""
        content_type = self._response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if self._value_count or content_type.endswith("event-stream"):
            message = "The reply broke off: the connection was closed before its end."
            return Failure(BrokenReplyError(message, TRY_LATER), is_retryable=True)
        kind = self._redact(content_type)[:40] or "no content type"
        return Failure(UnreachableError(f"The answer is not a reply ({kind}).", CHECK_BASE_URL), is_retryable=True)

    def _no_reply(self) -> Failure:
        """Return the failure for a body without a reply that is not an error. It may have been billed.

        Raises JobAcceptedError for the id of a job.
        """
        value = self._value if isinstance(self._value, dict) else {}
        if isinstance(self._value, str) and self._value.strip():  # the words of an error
            data = self._value.encode("utf-8", "replace")
            return failure_from_body(data, redact=self._redact, request_id=self._request_id)
        if (job := read_job_id(value.get("request_id"))) is not None:
            raise JobAcceptedError(job)
        names = [name for name in (self._builder.response_id, self._request_id) if name]
        shown = f" (response {self._redact(names[0])[:_MAX_ID_CHARS]})" if names else ""
        message = f"The API answered without a reply{shown}. It may have been billed, so it was not retried."
        error = BrokenReplyError(message, Advice(when=""), status=self._response.status_code)
        return Failure(error, is_retryable=False)


async def _read_first_value(body: bytearray, pieces: PatientReader) -> tuple[Any, int]:
    """Read until the first line of a body, or all of it, is a JSON value; return that, and where it ends.

    A server that sends a whole value and then nothing, without ending its response, is not waited for. If the body ends
    without a value, returns `_NOTHING`.
    """
    searched_size, may_have_lines = 0, True
    while True:
        if may_have_lines and (end := body.find(b"\n", searched_size)) >= 0:
            may_have_lines = False
            if (value := await _parse_or_nothing(body[:end])) is not _NOTHING:
                return value, end
        searched_size = len(body)
        looks_whole = body[-_MAX_BLANKS:].rstrip().endswith(_JSON_ENDS)
        try:
            piece = await pieces.read(_END_OF_REPLY_S if looks_whole else None)
        except TimeoutError:
            if (value := await _parse_or_nothing(body)) is not _NOTHING:
                return value, len(body)
            piece = await pieces.read()
        except NETWORK_ERRORS:
            if (value := await _parse_or_nothing(body)) is not _NOTHING:
                return value, len(body)
            raise
        if piece is None:
            return await _parse_or_nothing(body), len(body)
        body += piece
        if len(body) > MAX_BODY_BYTES:
            raise too_large(f"The answer is larger than {MAX_BODY_BYTES // 1024 // 1024} MiB")


async def _drain(pieces: PatientReader) -> None:
    """Read what follows `[DONE]`, which is nothing; only then can the connection be used again."""
    with suppress(*NETWORK_ERRORS):
        await pieces.drain(asyncio.get_running_loop().time() + _END_OF_BODY_S)


async def _parse_or_none(text: str) -> Any:
    value = await _parse_or_nothing(text)
    return None if value is _NOTHING else value


async def _parse_or_nothing(data: bytes | bytearray | str) -> Any:
    try:
        return await parse_json(data if isinstance(data, str) else bytes(data))
    except TooManyValuesError:
        raise
    except ValueError:
        return _NOTHING


def _parse_cut_reply(body: bytes | bytearray, shape: ReplyShape) -> _Value | None:
    """Return what arrived of a complete reply that was cut, or None if that is nothing."""
    part = shape.cut_reply(strict_json.parse_cut(body[:_MAX_LINE_BYTES].decode("utf-8", "replace")))
    return None if part is None else (_event(b""), part)


def _is_damaged_error(body: bytes) -> bool:
    """Return whether damaged JSON is an error; if not, it may be the rest of a reply that was billed."""
    text = body.decode("utf-8", "replace")
    return is_error(strict_json.parse_cut(text)) or bool(remark(text))


def _event(data: bytes | bytearray) -> ServerSentEvent:
    """Return JSON as an event; of a large one the beginning, which is enough to quote an error."""
    return ServerSentEvent("message", data[:_MAX_ERROR_BYTES].decode("utf-8", "replace"))
