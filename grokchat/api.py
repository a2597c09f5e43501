"""The wire: one request to `POST /chat/completions`, and what came of it; and the list of models.

Streamed and complete replies come out as the same deltas. What fails before the first delta is tried again where that
can help; after it nothing is repeated by itself, because it may have been billed and the user has seen it. What
failed how is `failures`' business. Redirects are not followed: the key goes to the host that was configured and to no
other.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from grokchat import __version__
from grokchat.catalog import Catalog, read_catalog
from grokchat.completion import CompletionBuilder, Delta
from grokchat.errors import BrokenReplyError, UnreachableError
from grokchat.failures import Failure, broken, from_body, from_response
from grokchat.keys import Secret
from grokchat.settings import Settings
from grokchat.sse import EventTooLongError, SSEDecoder
from grokchat.transport import proxy_for, transport_to
from grokchat.world import World

TRIES = 4
_BACKOFF = 0.5
"""Seconds; doubled from try to try, full jitter (a random part of it is waited)."""
_LONGEST_RETRY_AFTER = 60.0
_END_OF_BODY = 0.5
"""Seconds that a server has to end its response once the reply has ended."""
_MODELS_WITHIN = 15.0
"""Seconds that the list of models may take."""
_ERROR_BODY = 64 * 1024
_WHOLE_BODY = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try begins; `builder` holds the reply as this try receives it."""

    builder: CompletionBuilder


@dataclass(frozen=True, slots=True)
class Retrying:
    """A try failed and the next comes in `delay` seconds; `attempt` is the number of the next one."""

    reason: str
    attempt: int
    delay: float


class Client:
    """Keeps the connection between turns. `settings` say where the API is; `key` goes there and nowhere else."""

    def __init__(self, world: World, settings: Settings, key: Secret) -> None:
        self._world = world
        self._key = key
        self._url = settings.base_url.rstrip("/") + "/chat/completions"
        self._models_url = settings.base_url.rstrip("/") + "/models"
        self._http = httpx.AsyncClient(
            transport=world.transport or transport_to(settings.base_url),
            trust_env=False,
            follow_redirects=False,
            headers={
                "authorization": f"Bearer {key.reveal()}",
                "user-agent": f"grokchat/{__version__}",
                # What the server compresses could unpack to more than memory holds.
                "accept-encoding": "identity",
            },
        )

    async def close(self) -> None:
        """Let the connection go."""
        await self._http.aclose()

    async def reply(
        self, body: bytes, *, conversation: str, settings: Settings
    ) -> AsyncGenerator[Attempt | Retrying | Delta, None]:
        """Send the body and yield what comes, tries included; raises ApiError.

        The reply is whole when this returns: its last `Attempt` holds the builder.
        """
        for attempt in range(1, TRIES + 1):
            builder = CompletionBuilder()
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
                delay = _delay(failure, attempt, self._world)
                if delay is None:
                    raise failure.error from failure
                reason = failure.short
            else:
                return
            yield Retrying(reason, attempt + 1, delay)
            await self._world.sleep(delay)

    async def models(self, settings: Settings) -> Catalog:
        """Return what the API says of its models (`GET /v1/models`); asks once; raises ApiError."""
        timeout = httpx.Timeout(settings.connect_timeout, read=_MODELS_WITHIN)
        try:
            async with self._http.stream("GET", self._models_url, timeout=timeout) as response:
                if response.status_code != 200:
                    raise await self._refused(response)
                whole = await _read(response, _WHOLE_BODY)
        except (httpx.TransportError, httpx.DecodingError, httpx.InvalidURL) as error:
            raise _transport_failure(error, self._models_url, settings, self._key).error from error
        except Failure as failure:
            raise failure.error from failure
        answer = _json_object(whole)
        if answer is None or not isinstance(answer.get("data"), list):
            raise UnreachableError(f"{self._models_url} did not answer with a list of models.")
        return read_catalog(answer)

    async def _attempt(
        self, body: bytes, conversation: str, settings: Settings, builder: CompletionBuilder
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
        try:
            async with (
                self._http.stream("POST", self._url, content=body, headers=headers, timeout=timeout) as response,
                aclosing(self._deltas(response, builder, streamed=settings.stream)) as deltas,
            ):
                async for delta in deltas:
                    yield delta
        except (httpx.TransportError, httpx.DecodingError, httpx.InvalidURL) as error:
            raise _transport_failure(error, self._url, settings, self._key) from error

    async def _refused(self, response: httpx.Response) -> Failure:
        return from_response(
            response.status_code,
            await _read(response, _ERROR_BODY, cut=True),
            redact=self._key.redact,
            request_id=response.headers.get("x-request-id"),
            location=response.headers.get("location", ""),
            retry_after=_retry_after(response.headers.get("retry-after"), self._world),
            never=response.headers.get("x-should-retry") == "false",
        )

    async def _deltas(
        self, response: httpx.Response, builder: CompletionBuilder, *, streamed: bool
    ) -> AsyncGenerator[Delta, None]:
        request_id = response.headers.get("x-request-id")
        if response.status_code != 200:
            raise await self._refused(response)
        kind = response.headers.get("content-type", "")
        is_stream = "event-stream" in kind or (streamed and "json" not in kind and "html" not in kind)
        if is_stream:
            async with aclosing(self._streamed(response, builder, request_id)) as deltas:
                async for delta in deltas:
                    yield delta
            return
        whole = await _read(response, _WHOLE_BODY)
        chunk = _json_object(whole)
        if chunk is None or not isinstance(chunk.get("choices"), list):
            raise from_body(whole, redact=self._key.redact, request_id=request_id)
        delta = builder.feed(chunk)
        if delta.text or delta.reasoning:
            yield delta
        if builder.finish_reason is None:
            builder.finish_reason = "unknown"

    async def _streamed(
        self, response: httpx.Response, builder: CompletionBuilder, request_id: str | None
    ) -> AsyncGenerator[Delta, None]:
        decoder = SSEDecoder()
        try:
            pieces = response.aiter_bytes()
            async for piece in pieces:
                for event in decoder.decode(piece):
                    if event.data == "[DONE]":
                        if builder.finish_reason is None:
                            builder.finish_reason = "unknown"
                        await _drain(pieces)
                        return
                    chunk = _json_object(event.data)
                    if chunk is None:
                        continue  # not ours: a ping, a proxy's note
                    if _is_error(chunk):
                        raise from_body(event.data.encode(), redact=self._key.redact, request_id=request_id)
                    delta = builder.feed(chunk)
                    if delta.text or delta.reasoning:
                        yield delta
        except EventTooLongError as error:
            raise Failure(UnreachableError(f"The reply cannot be read: {error}."), retryable=False) from error
        except (httpx.TransportError, httpx.DecodingError):
            if builder.finish_reason is None:
                raise
        if builder.finish_reason is None:
            raise Failure(
                BrokenReplyError("The reply broke off: the connection was closed before its end."),
                retryable=True,
            )


async def _drain(pieces: AsyncIterator[bytes]) -> None:
    """Read what follows the end of a reply, which is nothing: only then can the connection be used again."""
    with suppress(TimeoutError, httpx.TransportError):
        async with asyncio.timeout(_END_OF_BODY):
            async for _ in pieces:
                pass


async def _read(response: httpx.Response, limit: int, *, cut: bool = False) -> bytes:
    parts, size = [], 0
    async for piece in response.aiter_bytes():
        parts.append(piece)
        size += len(piece)
        if size > limit:
            if cut:
                break
            raise Failure(
                UnreachableError(f"The answer is larger than {limit // 1024 // 1024} MiB, and no reply is."),
                retryable=False,
            )
    return b"".join(parts)


def _json_object(data: bytes | str) -> dict[str, Any] | None:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _is_error(chunk: Mapping[str, Any]) -> bool:
    """Say whether a frame is an error: flat, nested, or riding on a chunk whose `finish_reason` is `error`."""
    return bool(chunk.get("error"))


def _retry_after(value: str | None, world: World) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110, 10.2.3: seconds or a date), or None."""
    if not value:
        return None
    seconds: float
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - world.now()).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return seconds if 0 <= seconds < float("inf") else None


def _delay(failure: Failure, attempt: int, world: World) -> float | None:
    """Return the seconds until the next try, or None if there is none."""
    if not failure.retryable or attempt >= TRIES:
        return None
    if failure.retry_after is not None:
        return failure.retry_after if failure.retry_after <= _LONGEST_RETRY_AFTER else None
    return _BACKOFF * 2.0 ** (attempt - 1) * world.chance()


def _transport_failure(error: Exception, url: str, settings: Settings, key: Secret) -> Failure:
    host = httpx.URL(url).netloc.decode("ascii", "replace")
    proxy = proxy_for(settings.base_url)
    if proxy:
        host += f" (through the proxy {proxy.rpartition('@')[2]})"
    reason = key.redact(str(error)) or type(error).__name__
    retryable = True
    message = f"{host} could not be reached: {reason}. Check the network, and base_url if it is yours."
    cause = error.__cause__ or error.__context__
    if isinstance(error, httpx.ConnectTimeout):
        message = (
            f"{host} did not answer within {settings.connect_timeout:g} s. Check the network, or raise connect_timeout."
        )
    elif isinstance(error, httpx.ReadTimeout):
        message = f"{host} sent nothing for {settings.timeout:g} s, so the reply was given up. The setting is timeout."
        retryable = False
    elif isinstance(error, httpx.ProxyError):
        message = f"The proxy refused the connection to {host}: {reason}. Check HTTPS_PROXY and NO_PROXY."
        retryable = False
    elif "CERTIFICATE_VERIFY_FAILED" in f"{reason} {cause}":
        message = f"{host} could not prove who it is: {reason}. Name a company proxy's certificate in SSL_CERT_FILE."
        retryable = False
    elif isinstance(error, httpx.ReadError | httpx.RemoteProtocolError | httpx.DecodingError):
        message = f"The connection to {host} broke off: {reason}."
    elif isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol | httpx.InvalidURL):
        retryable = False
    return Failure(UnreachableError(message), retryable=retryable)
