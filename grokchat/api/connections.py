"""The connections to the API, which stay open between requests, and the failures of what is sent over them.

Redirects are not followed: the key goes to the configured host and to no other.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

from grokchat import __version__
from grokchat.api.error_response import read_error_body
from grokchat.api.failures import Failure, failure_from_response
from grokchat.api.keepalive import KEEPALIVE_S
from grokchat.api.network_errors import LARGE_REQUEST_BYTES, NETWORK_ERRORS, Attempted, failure_from_network_error
from grokchat.api.preconnect import PreconnectTransport
from grokchat.api.retry import parse_retry_after
from grokchat.api.tls import load_tls_context
from grokchat.api.transport import RequestTrace, abandon_dns_on_exit, create_transport, find_proxy
from grokchat.compat.httpx import httpx
from grokchat.config.secret import Secret
from grokchat.config.settings import Settings
from grokchat.environment import Environment


class Connections:
    """Sends requests with the key. `transport` may already exist and be connected."""

    def __init__(
        self,
        environment: Environment,
        settings: Settings,
        key: Secret,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._environment = environment
        self._key = key
        self._own_transport: httpx.AsyncBaseTransport | None = None
        if environment.transport is None:
            self._own_transport = transport or create_transport(
                settings.base_url, environment.variables, lambda: load_tls_context(environment.variables)
            )
        self._last_used = environment.now()
        self._active_requests = 0
        self._closing = asyncio.Lock()
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

    @asynccontextmanager
    async def send(
        self, method: str, url: str, settings: Settings, *, max_idle_s: float = KEEPALIVE_S, **request: Any
    ) -> AsyncGenerator[httpx.Response, None]:
        """Send a request and yield its response; raises Failure, also for errors while the response is read."""
        size = len(request.get("content", b""))
        await self._close_idle_connections(max_idle_s, is_large=size > LARGE_REQUEST_BYTES)
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
            proxy = find_proxy(settings.base_url, self._environment.variables)
            attempted = Attempted(url, settings, proxy, unsent_bytes=0 if has_response else size)
            failure = failure_from_network_error(error, attempted, self._key)
            failure.was_sent = trace.has_sent
            is_timeout = isinstance(error, httpx.TimeoutException)
            failure.is_from_stale_connection = trace.reused_connection and not has_response and not is_timeout
            raise failure from error
        finally:
            self._active_requests -= 1
            self._last_used = self._environment.now()

    async def read_failure(
        self, response: httpx.Response, url: str, parameters: Iterable[str] = (), request_bytes: int = 0
    ) -> Failure:
        """Return the failure that a response which is no success is; reads its body."""
        body = await read_error_body(response)
        return failure_from_response(
            response.status_code,
            body.data,
            redact=self._key.redact,
            url=url,
            parameters=parameters,
            problem=body.problem,
            request_bytes=request_bytes,
            request_id=response.headers.get("x-request-id"),
            location=response.headers.get("location", ""),
            retry_after_s=parse_retry_after(response.headers.get("retry-after"), self._environment.now()),
            forbids_retry=response.headers.get("x-should-retry") == "false",
        )

    async def _close_idle_connections(self, max_idle_s: float, *, is_large: bool) -> None:
        """Close connections that were idle for too long by the wall clock: the monotonic clock stops during sleep.

        A large request gets a new connection, so that one that breaks is known not to have been stale. Of several
        requests at once, the first closes them, and the others wait, lest it close a connection of theirs.
        """
        is_stale = self._environment.now() - self._last_used > timedelta(seconds=max_idle_s)
        if self._own_transport is None or self._active_requests or not (is_stale or is_large):
            return
        async with self._closing:
            if not self._active_requests:
                await self._own_transport.aclose()
