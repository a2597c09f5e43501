"""The wire: one request to `POST /chat/completions`, and what came of it; and the list of models.

Streamed and complete replies come out as the same deltas. What fails before the first delta is tried again where that
can help; after it nothing is repeated by itself, because it may have been billed and the user has seen it. What
failed how is `failures`' business. Redirects are not followed: the key goes to the host that was configured and to no
other.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from grokchat import __version__, strict_json
from grokchat.api.catalog import Catalog, read_catalog
from grokchat.api.failures import LATER, Failure, broken, from_body, from_response
from grokchat.api.preconnect import KEEPALIVE_S, PreconnectTransport
from grokchat.api.reply_builder import Delta, ReplyBuilder
from grokchat.api.sse import EventTooLongError, SSEDecoder
from grokchat.api.tls import load_tls_context
from grokchat.api.transport import (
    NETWORK_ERRORS,
    RequestTrace,
    abandon_dns_on_exit,
    create_transport,
    failure_from_network_error,
    pieces,
)
from grokchat.compat.httpx import httpx
from grokchat.config.secret import Secret
from grokchat.config.settings import Settings
from grokchat.environment import Environment
from grokchat.errors import BrokenReplyError, UnreachableError
from grokchat.records import record

MAX_ATTEMPTS = 4
_BACKOFF = 0.5
"""Seconds; doubled from try to try, full jitter (a random part of it is waited)."""
_LONGEST_RETRY_AFTER = 60.0
_END_OF_BODY = 0.5
"""Seconds that a server has to end its response once the reply has ended."""
_LONGEST_SPAN = 366 * 86400.0
"""Seconds that a server can ask for: more would only be more digits."""
_MODELS_WITHIN = 15.0
"""Seconds that the list of models may take."""
_ERROR_BODY = 64 * 1024
_WHOLE_BODY = 64 * 1024 * 1024
_LONGEST_LINE = 8 * 1024 * 1024
_LARGEST_REPLY = 32 * 1024 * 1024
"""Characters that a reply may have, which is some twenty times what a model can say: whoever sends more never ends."""
_BLANK = b"\xef\xbb\xbf\r\n"
_NO_REPLY = (b"{", b"[", b"<")
"""What no stream of events begins with, whatever its content type says: an error, a login page."""


@record
class Attempt:
    """A try begins; `builder` holds the reply as this try receives it."""

    builder: ReplyBuilder


@record
class Retrying:
    """A try failed and the next comes in `delay` seconds; `attempt` is the number of the next one."""

    reason: str
    attempt: int
    delay: float


class Client:
    """Keeps the connection between turns. `settings` say where the API is; `key` goes there and nowhere else.

    `transport` is the way there, if it has been begun already.
    """

    def __init__(
        self,
        environment: Environment,
        settings: Settings,
        key: Secret,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._environment = environment
        self._key = key
        self._url = settings.base_url.rstrip("/") + "/chat/completions"
        self._models_url = settings.base_url.rstrip("/") + "/models"
        self._own: httpx.AsyncBaseTransport | None = None
        if environment.transport is None:
            self._own = transport or create_transport(
                settings.base_url, lambda: load_tls_context(environment.variables)
            )
        self._used = environment.now()
        self._open = 0
        self._http = httpx.AsyncClient(
            transport=environment.transport or self._own,
            trust_env=False,
            follow_redirects=False,
            headers={
                "authorization": f"Bearer {key.reveal()}",
                "user-agent": f"grokchat/{__version__}",
                # What the server compresses could unpack to more than memory holds.
                "accept-encoding": "identity",
            },
        )

    def preconnect(self, settings: Settings) -> None:
        """Open a connection if none is open: the next request need not wait for it."""
        if isinstance(self._own, PreconnectTransport):
            self._own.preconnect(settings.connect_timeout)

    async def close(self) -> None:
        """Let the connection go."""
        await self._http.aclose()

    async def reply(
        self, body: bytes, *, conversation: str, settings: Settings
    ) -> AsyncGenerator[Attempt | Retrying | Delta, None]:
        """Send the body and yield what comes, tries included; raises ApiError.

        The reply is whole when this returns: its last `Attempt` holds the builder.
        """
        attempt, is_renewed = 1, False
        while True:
            builder = ReplyBuilder()
            yield Attempt(builder)
            begun = False
            try:
                async with aclosing(self._attempt(body, conversation, settings, builder)) as deltas:
                    async for delta in deltas:
                        begun = True
                        yield delta
                last = builder.close()
                if last.text or last.reasoning:
                    yield last
            except Failure as failure:
                if begun:
                    raise broken(failure) from failure
                if failure.is_stale and not is_renewed:
                    is_renewed = True
                    continue  # nothing has happened yet that anyone would have to hear of
                delay = _delay(failure, attempt, self._environment)
                if delay is None:
                    raise failure.error from failure
                reason = failure.short
            else:
                return
            attempt += 1
            yield Retrying(reason, attempt, delay)
            await self._environment.sleep(delay)

    async def models(self, settings: Settings) -> Catalog:
        """Return what the API says of its models (`GET /v1/models`); asks once; raises ApiError."""
        timeout = httpx.Timeout(settings.connect_timeout, read=_MODELS_WITHIN)
        try:
            async with self._response("GET", self._models_url, settings, timeout=timeout) as response:
                if response.status_code != 200:
                    raise await self._refused(response)
                whole = await _read(pieces(response), _WHOLE_BODY)
        except Failure as failure:
            raise failure.error from failure
        answer = _json_object(whole)
        if answer is None or not isinstance(answer.get("data"), list):
            raise UnreachableError(f"{self._models_url} did not answer with a list of models.")
        return read_catalog(answer)

    async def _attempt(
        self, body: bytes, conversation: str, settings: Settings, builder: ReplyBuilder
    ) -> AsyncGenerator[Delta, None]:
        headers = {
            "content-type": "application/json",
            "accept": "text/event-stream" if settings.stream else "application/json",
            "x-grok-conv-id": conversation,
        }
        timeout = httpx.Timeout(
            connect=settings.connect_timeout,
            read=settings.timeout,
            write=max(30.0, settings.connect_timeout),
            pool=settings.connect_timeout,
        )
        async with (
            self._response("POST", self._url, settings, timeout=timeout, content=body, headers=headers) as response,
            aclosing(self._deltas(response, builder)) as deltas,
        ):
            async for delta in deltas:
                yield delta

    @asynccontextmanager
    async def _response(
        self, method: str, url: str, settings: Settings, **request: Any
    ) -> AsyncGenerator[httpx.Response, None]:
        """Send a request and have its response; raises Failure, also for what goes wrong while it is read."""
        await self._let_go_of_the_old()
        abandon_dns_on_exit()
        way, has_answered = RequestTrace(settings.connect_timeout), False
        self._open += 1
        try:
            async with AsyncExitStack() as stack:
                asked = self._http.stream(method, url, extensions={"trace": way.trace}, **request)
                async with way.deadline:
                    response = await stack.enter_async_context(asked)
                has_answered = True
                yield response
        except NETWORK_ERRORS as error:
            failure = failure_from_network_error(error, url, settings, self._key)
            failure.is_stale = way.was_kept and not has_answered and not isinstance(error, httpx.TimeoutException)
            raise failure from error
        finally:
            self._open -= 1
            self._used = self._environment.now()

    async def _let_go_of_the_old(self) -> None:
        """Close what was kept for too long by the wall's clock: the other may stand still while a machine sleeps."""
        idle = self._environment.now() - self._used
        if self._own is not None and not self._open and idle > timedelta(seconds=KEEPALIVE_S):
            await self._own.aclose()

    async def _refused(self, response: httpx.Response) -> Failure:
        return from_response(
            response.status_code,
            await _read(pieces(response), _ERROR_BODY, cut=True),
            redact=self._key.redact,
            request_id=response.headers.get("x-request-id"),
            location=response.headers.get("location", ""),
            retry_after=_retry_after(response.headers.get("retry-after"), self._environment),
            never=response.headers.get("x-should-retry") == "false",
        )

    async def _deltas(self, response: httpx.Response, builder: ReplyBuilder) -> AsyncGenerator[Delta, None]:
        request_id = response.headers.get("x-request-id")
        if response.status_code != 200:
            raise await self._refused(response)
        async with aclosing(pieces(response)) as received:
            first = await _beginning(received)
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            is_stream = kind.endswith("event-stream") or not kind.endswith(("json", "html"))
            if is_stream and not first.lstrip().startswith(_NO_REPLY):
                async with aclosing(self._streamed(_behind(first, received), builder, kind, request_id)) as deltas:
                    async for delta in deltas:
                        yield delta
                return
            whole = await _read(_behind(first, received), _WHOLE_BODY)
        chunk = _json_object(whole)
        if chunk is None or not isinstance(chunk.get("choices"), list):
            raise from_body(whole, redact=self._key.redact, request_id=request_id)
        delta = builder.feed(chunk)
        if delta.text or delta.reasoning:
            yield delta
        if builder.finish_reason is None:
            builder.finish_reason = "unknown"

    async def _streamed(
        self, received: AsyncIterator[bytes], builder: ReplyBuilder, kind: str, request_id: str | None
    ) -> AsyncGenerator[Delta, None]:
        decoder = SSEDecoder(_LONGEST_LINE)
        has_events = False
        try:
            async for piece in received:
                for event in decoder.decode(piece):
                    has_events = True
                    if event.data == "[DONE]":
                        if builder.finish_reason is None:
                            builder.finish_reason = "unknown"
                        await _drain(received)
                        return
                    chunk = _json_object(event.data)
                    if chunk is None:
                        continue  # not ours: a ping, a proxy's note
                    if _is_error(chunk):
                        raise from_body(event.data.encode(), redact=self._key.redact, request_id=request_id)
                    delta = builder.feed(chunk)
                    if delta.text or delta.reasoning:
                        yield delta
                    if builder.size > _LARGEST_REPLY:
                        raise _too_large(f"The reply is longer than {_LARGEST_REPLY // 1024 // 1024} MiB")
        except EventTooLongError as error:
            raise _too_large(f"A line of the reply is longer than {_LONGEST_LINE // 1024 // 1024} MiB") from error
        except NETWORK_ERRORS:
            if builder.finish_reason is None:
                raise
        if builder.finish_reason is None:
            if has_events or kind.endswith("event-stream"):
                said = "The reply broke off: the connection was closed before its end."
                raise Failure(BrokenReplyError(f"{said} {LATER}"), said=said, retryable=True)
            said = f"What came is no reply ({self._key.redact(kind)[:40] or 'without a content type'})."
            raise Failure(UnreachableError(f"{said} Check base_url."), said=said, retryable=True)


def _too_large(said: str) -> Failure:
    said += ", and no model's reply is, so it was stopped."
    return Failure(UnreachableError(f"{said} Check base_url."), said=said, retryable=False)


async def _beginning(received: AsyncIterator[bytes]) -> bytes:
    """Return the first bytes that are no empty lines, which say nothing in any format."""
    async for piece in received:
        if begun := piece.lstrip(_BLANK):
            return begun
    return b""


async def _behind(first: bytes, received: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    yield first
    async for piece in received:
        yield piece


async def _drain(received: AsyncIterator[bytes]) -> None:
    """Read what follows the end of a reply, which is nothing: only then can the connection be used again."""
    with suppress(*NETWORK_ERRORS):
        async with asyncio.timeout(_END_OF_BODY):
            async for _ in received:
                pass


async def _read(received: AsyncIterator[bytes], limit: int, *, cut: bool = False) -> bytes:
    parts, size = [], 0
    async for piece in received:
        parts.append(piece)
        size += len(piece)
        if size > limit:
            if cut:
                break
            raise _too_large(f"The answer is larger than {limit // 1024 // 1024} MiB")
    return b"".join(parts)


def _json_object(data: bytes | str) -> dict[str, Any] | None:
    try:
        value = strict_json.parse_lenient(data)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _is_error(chunk: Mapping[str, Any]) -> bool:
    """Say whether a frame is an error: flat, nested, or riding on a chunk whose `finish_reason` is `error`."""
    return bool(chunk.get("error"))


def _retry_after(value: str | None, environment: Environment) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110, 10.2.3: seconds or a date), or None."""
    if not value:
        return None
    seconds: float
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - environment.now()).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return min(seconds, _LONGEST_SPAN) if 0 <= seconds < float("inf") else None


def _delay(failure: Failure, attempt: int, environment: Environment) -> float | None:
    """Return the seconds until the next try, or None if there is none."""
    if not failure.retryable or attempt >= MAX_ATTEMPTS:
        return None
    if failure.retry_after is not None:
        return failure.retry_after if failure.retry_after <= _LONGEST_RETRY_AFTER else None
    return _BACKOFF * 2.0 ** (attempt - 1) * environment.jitter()
