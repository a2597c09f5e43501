"""A connection that is opened before there is a request, so that the first request skips the TCP and TLS handshakes.

Nothing is sent over it but the TLS handshake. Servers close connections that stay unused; that is noticed at once, and
the connection is forgotten.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack, suppress
from typing import Any

from grokchat.api.keepalive import KEEPALIVE_S
from grokchat.api.tcp import AsyncioBackend
from grokchat.compat.httpx import PoolTransport, SocketOption, httpcore, httpx
from grokchat.config.settings import MAX_MODELS

LIMITS = httpx.Limits(max_connections=MAX_MODELS + 2, max_keepalive_connections=4, keepalive_expiry=KEEPALIVE_S)
"""For a request to each of several models, and lookups beside them. A few connections are kept for the next turn."""


class PreconnectedStream(httpcore.AsyncNetworkStream):
    """A TCP connection whose TLS handshake is done: `start_tls` has nothing left to do."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        # Wall clock: the monotonic clock may stop during sleep.
        self._opened_at = time.time()
        # The read consumes what TLS itself still sends (session tickets), and ends when the server closes.
        self._watcher = asyncio.create_task(self._wait_for_end())

    async def _wait_for_end(self) -> None:
        with suppress(httpcore.NetworkError):
            await self._stream.read(1)

    @property
    def is_alive(self) -> bool:
        """Whether the connection seems usable: it was not closed, and is not too old."""
        return not self._watcher.done() and abs(time.time() - self._opened_at) < KEEPALIVE_S

    async def release(self) -> bool:
        """Stop watching the connection, so that a request can use it; return False if it has ended."""
        is_alive = self.is_alive
        self._watcher.cancel()
        await asyncio.wait({self._watcher})
        if not is_alive:
            await self.aclose()
        return is_alive

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Return the connection, which has TLS already."""
        return self._stream

    async def aclose(self) -> None:
        """Close the connection."""
        self._watcher.cancel()
        with suppress(httpcore.NetworkError, OSError):
            await self._stream.aclose()

    def get_extra_info(self, info: str) -> Any:
        """Return the underlying stream's information about the connection."""
        return self._stream.get_extra_info(info)


class _Backend(httpcore.AsyncNetworkBackend):
    """Opens connections; at most one of them before it is needed."""

    def __init__(self, url: httpx.URL, context: ssl.SSLContext, socket_options: Iterable[SocketOption]) -> None:
        self._address = (url.raw_host.decode("ascii"), url.port or 443)
        self._context = context
        self._socket_options = socket_options
        self._inner = AsyncioBackend()
        self._task: asyncio.Task[PreconnectedStream] | None = None

    def preconnect(self, timeout_s: float) -> None:
        """Open the connection now, unless it is open or being opened; TCP and TLS have `timeout_s` seconds each."""
        previous = self._task
        if previous is None or (previous.done() and not (_has_connection(previous) and previous.result().is_alive)):
            self._task = asyncio.create_task(self._open(timeout_s, previous))
            self._task.add_done_callback(_has_connection)  # an error is raised where the connection is needed

    async def _open(self, timeout_s: float, previous: asyncio.Task[PreconnectedStream] | None) -> PreconnectedStream:
        if previous is not None and _has_connection(previous):
            await previous.result().aclose()
        stream = await self._inner.connect_tcp(*self._address, timeout=timeout_s, socket_options=self._socket_options)
        async with AsyncExitStack() as on_failure:
            on_failure.push_async_callback(stream.aclose)
            self._context.set_alpn_protocols(["http/1.1"])
            preconnected = PreconnectedStream(await stream.start_tls(self._context, self._address[0], timeout_s))
            on_failure.pop_all()
        return preconnected

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Return the preconnected stream, waiting for it if it is being opened, or a new connection."""
        if (host, port) == self._address and self._task is not None:
            task, self._task = self._task, None
            was_done = task.done()
            try:
                await asyncio.wait({task})  # it has its own time limit
            except asyncio.CancelledError:
                self._task = task
                raise
            if not was_done or _has_connection(task):
                stream = task.result()  # or raise its error: another attempt would fail in the same way
                if await stream.release():
                    return stream
        return await self._inner.connect_tcp(host, port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        """Sleep."""
        await self._inner.sleep(seconds)

    async def close(self) -> None:
        """Close the preconnected stream."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})
            if _has_connection(task):
                await task.result().aclose()


class PreconnectTransport(PoolTransport):
    """A transport without proxies that can open its connection to `base_url` before a request."""

    def __init__(self, base_url: str, context: ssl.SSLContext, socket_options: Sequence[SocketOption]) -> None:
        self._backend = _Backend(httpx.URL(base_url), context, socket_options)
        self._is_https = base_url.startswith("https:")
        super().__init__(self._backend, context, LIMITS, socket_options)

    def preconnect(self, timeout_s: float) -> None:
        """Open a connection for the next request, unless one is open; no request is sent over it.

        Without TLS the API is on this machine, and preconnecting would gain nothing.
        """
        if self._is_https and self.has_backend and not self.has_usable_connection():
            self._backend.preconnect(timeout_s)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._backend.close()
        await super().aclose()


def _has_connection(task: asyncio.Task[PreconnectedStream]) -> bool:
    """Return whether a task that has ended has a connection."""
    return not task.cancelled() and task.exception() is None
