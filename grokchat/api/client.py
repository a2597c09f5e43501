"""The API client: one request to `POST /chat/completions` with its retries, and the list of models.

A failure before the first delta is retried where that can help. After it nothing is repeated automatically: it may have
been billed, and the user has seen it. Redirects are not followed: the key goes to the configured host and to no other.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from grokchat import __version__
from grokchat.api.failures import Failure, broken_reply_error, failure_from_response
from grokchat.api.network_errors import NETWORK_ERRORS, failure_from_network_error
from grokchat.api.preconnect import KEEPALIVE_S, PreconnectTransport
from grokchat.api.reply_builder import Delta, ReplyBuilder
from grokchat.api.response import MAX_BODY_BYTES, parse_object, read_body, read_deltas, stream_bytes
from grokchat.api.retry import parse_retry_after, retry_delay_s
from grokchat.api.tls import load_tls_context
from grokchat.api.transport import RequestTrace, abandon_dns_on_exit, create_transport
from grokchat.compat.httpx import httpx
from grokchat.config.secret import Secret
from grokchat.config.settings import Settings
from grokchat.environment import Environment
from grokchat.errors import UnreachableError
from grokchat.records import record

if TYPE_CHECKING:
    from grokchat.api.catalog import Catalog

_CATALOG_TIMEOUT_S = 15.0
_MIN_WRITE_TIMEOUT_S = 30.0
_MAX_ERROR_BODY_BYTES = 64 * 1024


@record
class Attempt:
    """An attempt starts; `builder` holds the reply as this attempt receives it."""

    builder: ReplyBuilder


@record
class Retrying:
    """An attempt failed; the next one starts in `delay_s` seconds."""

    reason: str
    attempt_number: int
    delay_s: float


class Client:
    """Keeps connections open between requests. `key` is sent to the host of the settings' `base_url` and no other.

    `transport` may already exist and be connected.
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
        self._own_transport: httpx.AsyncBaseTransport | None = None
        if environment.transport is None:
            self._own_transport = transport or create_transport(
                settings.base_url, lambda: load_tls_context(environment.variables)
            )
        self._last_used = environment.now()
        self._active_requests = 0
        self._http = httpx.AsyncClient(
            transport=environment.transport or self._own_transport,
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
        """Open a connection, unless one is open, so that the next request skips the handshakes."""
        if isinstance(self._own_transport, PreconnectTransport):
            self._own_transport.preconnect(settings.connect_timeout)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def reply(
        self, body: bytes, *, conversation_id: str, settings: Settings
    ) -> AsyncGenerator[Attempt | Retrying | Delta, None]:
        """Send the body and yield attempts, waits and deltas; raises ApiError.

        When this returns, the reply is complete, in the builder of the last `Attempt`.
        """
        attempt_number, has_reconnected = 1, False
        while True:
            builder = ReplyBuilder()
            yield Attempt(builder)
            has_deltas = False
            try:
                async with aclosing(self._stream_reply(body, conversation_id, settings, builder)) as deltas:
                    async for delta in deltas:
                        has_deltas = True
                        yield delta
                last = builder.close()
                if last.text or last.reasoning:
                    yield last
            except Failure as failure:
                if has_deltas:
                    raise broken_reply_error(failure) from failure
                if failure.is_from_stale_connection and not has_reconnected:
                    has_reconnected = True
                    continue  # at once and uncounted: the connection had ended while it was idle
                delay_s = retry_delay_s(failure, attempt_number, self._environment.jitter())
                if delay_s is None:
                    raise failure.error from failure
                reason = failure.summary
            else:
                return
            attempt_number += 1
            yield Retrying(reason, attempt_number, delay_s)
            await self._environment.sleep(delay_s)

    async def models(self, settings: Settings) -> Catalog:
        """Return the API's list of models (`GET` base_url + `/models`) without retries; raises ApiError."""
        timeout = httpx.Timeout(settings.connect_timeout, read=_CATALOG_TIMEOUT_S)
        try:
            async with self._response("GET", self._models_url, settings, timeout=timeout) as response:
                if response.status_code != 200:
                    raise await self._read_failure(response)
                body = await read_body(stream_bytes(response), MAX_BODY_BYTES)
        except Failure as failure:
            raise failure.error from failure
        answer = parse_object(body)
        if answer is None or not isinstance(answer.get("data"), list):
            raise UnreachableError(f"{self._models_url} did not answer with a list of models.")
        from grokchat.api.catalog import read_catalog

        return read_catalog(answer)

    async def _stream_reply(
        self, body: bytes, conversation_id: str, settings: Settings, builder: ReplyBuilder
    ) -> AsyncGenerator[Delta, None]:
        headers = {
            "content-type": "application/json",
            "accept": "text/event-stream" if settings.stream else "application/json",
            "x-grok-conv-id": conversation_id,
        }
        timeout = httpx.Timeout(
            connect=settings.connect_timeout,
            read=settings.timeout,
            write=max(_MIN_WRITE_TIMEOUT_S, settings.connect_timeout),
            pool=settings.connect_timeout,
        )
        async with self._response(
            "POST", self._url, settings, timeout=timeout, content=body, headers=headers
        ) as response:
            if response.status_code != 200:
                raise await self._read_failure(response)
            async with aclosing(read_deltas(response, builder, self._key.redact)) as deltas:
                async for delta in deltas:
                    yield delta

    @asynccontextmanager
    async def _response(
        self, method: str, url: str, settings: Settings, **request: Any
    ) -> AsyncGenerator[httpx.Response, None]:
        """Send a request and yield its response; raises Failure, also for errors while the response is read."""
        await self._close_idle_connections()
        abandon_dns_on_exit()
        trace, has_response = RequestTrace(settings.connect_timeout), False
        self._active_requests += 1
        try:
            async with AsyncExitStack() as stack:
                stream = self._http.stream(method, url, extensions={"trace": trace.trace}, **request)
                async with trace.deadline:
                    response = await stack.enter_async_context(stream)
                has_response = True
                yield response
        except NETWORK_ERRORS as error:
            failure = failure_from_network_error(error, url, settings, self._key)
            is_timeout = isinstance(error, httpx.TimeoutException)
            failure.is_from_stale_connection = trace.reused_connection and not has_response and not is_timeout
            raise failure from error
        finally:
            self._active_requests -= 1
            self._last_used = self._environment.now()

    async def _close_idle_connections(self) -> None:
        """Close connections that were idle for too long by the wall clock: the monotonic clock stops during sleep."""
        idle = self._environment.now() - self._last_used
        if self._own_transport is not None and not self._active_requests and idle > timedelta(seconds=KEEPALIVE_S):
            await self._own_transport.aclose()

    async def _read_failure(self, response: httpx.Response) -> Failure:
        return failure_from_response(
            response.status_code,
            await read_body(stream_bytes(response), _MAX_ERROR_BODY_BYTES, truncate=True),
            redact=self._key.redact,
            request_id=response.headers.get("x-request-id"),
            location=response.headers.get("location", ""),
            retry_after_s=parse_retry_after(response.headers.get("retry-after"), self._environment.now()),
            forbids_retry=response.headers.get("x-should-retry") == "false",
        )
