"""A connection that is opened before there is anything to send: a request then need not wait for its way and for TLS.

Nothing is sent over it but what TLS itself needs. Servers close what stays unused for too long; that is heard at once,
and the connection is forgotten.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack, suppress
from typing import Any

import httpcore
import httpx

KEPT_FOR = 300.0
"""Seconds for which an unused connection is kept."""
LIMITS = httpx.Limits(max_connections=4, max_keepalive_connections=2, keepalive_expiry=KEPT_FOR)

SocketOption = tuple[int, int, int]


class PreconnectedStream(httpcore.AsyncNetworkStream):
    """Stands for a TCP connection whose TLS has been agreed on already: `start_tls` has nothing left to do."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        # By the wall's clock: the other may stand still while a machine sleeps.
        self._opened = time.time()
        # A read takes what TLS itself still sends (tickets), and ends when the server closes.
        self._end = asyncio.create_task(self._read())

    async def _read(self) -> None:
        with suppress(httpcore.NetworkError):
            await self._stream.read(1)

    @property
    def is_alive(self) -> bool:
        """Whether it can still be used, as far as is known."""
        return not self._end.done() and abs(time.time() - self._opened) < KEPT_FOR

    async def taken(self) -> bool:
        """Hand it over; False if it has ended."""
        alive = self.is_alive
        self._end.cancel()
        await asyncio.wait({self._end})
        if not alive:
            await self.aclose()
        return alive

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Return the connection as it is."""
        return self._stream

    async def aclose(self) -> None:
        """Let it go."""
        self._end.cancel()
        with suppress(httpcore.NetworkError, OSError):
            await self._stream.aclose()

    def get_extra_info(self, info: str) -> Any:
        """Return what is known of the connection."""
        return self._stream.get_extra_info(info)


class _Backend(httpcore.AsyncNetworkBackend):
    """Opens connections, one of them early. `options` are socket options."""

    def __init__(self, url: httpx.URL, context: ssl.SSLContext, options: Iterable[SocketOption]) -> None:
        self._to = (url.raw_host.decode("ascii"), url.port or 443)
        self._context = context
        self._options = options
        self._inner = httpcore.AnyIOBackend()
        self._opening: asyncio.Task[PreconnectedStream] | None = None

    def begin(self, timeout: float) -> None:
        """Open the connection now, unless it is open or being opened. `timeout` is seconds, for the way and for TLS."""
        before = self._opening
        if before is None or (before.done() and not (_came_of(before) and before.result().is_alive)):
            self._opening = asyncio.create_task(self._open(timeout, before))
            self._opening.add_done_callback(_came_of)  # what went wrong is told to who needs the connection

    async def _open(self, limit: float, before: asyncio.Task[PreconnectedStream] | None) -> PreconnectedStream:
        if before is not None and _came_of(before):
            await before.result().aclose()
        stream = await self._inner.connect_tcp(*self._to, timeout=limit, socket_options=self._options)
        async with AsyncExitStack() as unless_it_stands:
            unless_it_stands.push_async_callback(stream.aclose)
            self._context.set_alpn_protocols(["http/1.1"])
            early = PreconnectedStream(await stream.start_tls(self._context, self._to[0], limit))
            unless_it_stands.pop_all()
        return early

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Return the early connection, waiting for it if it is being opened, or a new one."""
        if (host, port) == self._to and self._opening is not None:
            opening, self._opening = self._opening, None
            was_open = opening.done()
            try:
                await asyncio.wait({opening})  # it has a time limit of its own
            except asyncio.CancelledError:
                self._opening = opening
                raise
            if not was_open or _came_of(opening):
                stream = opening.result()  # or what has just gone wrong, and would again
                if await stream.taken():
                    return stream
        return await self._inner.connect_tcp(host, port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        """Sleep."""
        await self._inner.sleep(seconds)

    async def close(self) -> None:
        """Let the early connection go."""
        opening, self._opening = self._opening, None
        if opening is not None:
            opening.cancel()
            await asyncio.wait({opening})
            if _came_of(opening):
                await opening.result().aclose()


class PreconnectTransport(httpx.AsyncHTTPTransport):
    """httpx's transport without proxies, and with a connection to `base_url` that can be opened before a request."""

    def __init__(self, base_url: str, context: ssl.SSLContext, options: Sequence[SocketOption]) -> None:
        # httpx has no parameter for what opens the connections of its pool; all else is as it makes it.
        self._backend = _Backend(httpx.URL(base_url), context, options)
        self._is_https = base_url.startswith("https:")
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=LIMITS.max_connections,
            max_keepalive_connections=LIMITS.max_keepalive_connections,
            keepalive_expiry=LIMITS.keepalive_expiry,
            socket_options=options,
            network_backend=self._backend,
        )

    def preconnect(self, timeout: float) -> None:
        """Have a connection open when the next request comes; no request, and nothing else, is sent over it.

        Where there is no TLS, and so no way beyond this machine, nothing would be gained.
        """
        kept = (one for one in self._pool.connections if not one.is_closed() and not one.has_expired())
        if self._is_https and not any(kept):
            self._backend.begin(timeout)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._backend.close()
        await super().aclose()


def _came_of(opening: asyncio.Task[PreconnectedStream]) -> bool:
    """Say whether a task that has ended has a connection."""
    return not opening.cancelled() and opening.exception() is None
