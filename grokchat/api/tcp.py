"""TCP and TLS connections for httpcore, on asyncio alone.

httpcore's own are anyio's, which imports 25 modules at the first connection: 15 ms of each one shot. This one does what
httpcore asks of a connection, and no more. It reads on demand, so that a slow reader slows the server down, and gives
out the bytes received before an error first, because servers refuse a request and break off in the middle of it.
"""

from __future__ import annotations

import asyncio
import re
import selectors
import socket
import ssl
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar, cast

from grokchat.compat.httpx import httpcore

_HAPPY_EYEBALLS_DELAY_S = 0.25
"""Before the next address of a host is tried as well (RFC 8305, section 8)."""
_MAX_READ_BYTES = 1 << 16
_ERROR_NUMBER = re.compile(r"\[Errno (\d+)\]")

Result = TypeVar("Result")


class AsyncioBackend(httpcore.AsyncNetworkBackend):
    """Opens connections. Its errors are httpcore's, caused by the system's."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of the host that answers; raises ConnectTimeout and ConnectError."""
        with _as_httpcore_errors(httpcore.ConnectTimeout, httpcore.ConnectError):
            async with asyncio.timeout(timeout):
                stream = await _connect(host, port, local_address)
            for option in socket_options or ():
                stream.socket.setsockopt(*option)
        return stream

    async def sleep(self, seconds: float) -> None:
        """Sleep."""
        await asyncio.sleep(seconds)


class _Stream(httpcore.AsyncNetworkStream):
    """A connection."""

    def __init__(self, transport: asyncio.Transport, protocol: _Protocol) -> None:
        self._transport = transport
        self._protocol = protocol

    @property
    def socket(self) -> Any:
        return self._transport.get_extra_info("socket")

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return the bytes received, or nothing at the end; raises ReadTimeout and ReadError."""
        with _as_httpcore_errors(httpcore.ReadTimeout, httpcore.ReadError):
            async with asyncio.timeout(timeout):
                return await self._receive(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Return when the system has taken the data; raises WriteTimeout and WriteError."""
        with _as_httpcore_errors(httpcore.WriteTimeout, httpcore.WriteError):
            async with asyncio.timeout(timeout):
                await self._send(buffer)

    async def aclose(self) -> None:
        """Close the connection, with TLS also without the other side's agreement."""
        self._transport.close()
        await asyncio.sleep(0)

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Return the connection with TLS; raises ConnectTimeout and ConnectError."""
        stream = _TlsStream(self._transport, self._protocol, ssl_context, server_hostname)
        with ExitStack() as on_failure, _as_httpcore_errors(httpcore.ConnectTimeout, httpcore.ConnectError):
            on_failure.callback(self._transport.abort)
            async with asyncio.timeout(timeout):
                await stream.do_handshake()
            on_failure.pop_all()
        return stream

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore asks for: the TLS object, the addresses, the socket, and whether there is data."""
        names = {"client_addr": "sockname", "server_addr": "peername"}
        if info == "is_readable":
            return self._protocol.has_data or self._transport.is_closing() or _is_readable(self.socket.fileno())
        return self._transport.get_extra_info(names.get(info, info))

    async def _receive(self, max_bytes: int) -> bytes:
        return await self._protocol.read(max_bytes)

    async def _send(self, data: bytes) -> None:
        await self._protocol.write(data)


class _TlsStream(_Stream):
    """A connection with TLS; asyncio's own would drop the data received before a damaged record."""

    def __init__(
        self, transport: asyncio.Transport, protocol: _Protocol, context: ssl.SSLContext, hostname: str | None
    ) -> None:
        super().__init__(transport, protocol)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=hostname)

    async def do_handshake(self) -> None:
        await self._call(self._tls.do_handshake)

    def get_extra_info(self, info: str) -> Any:
        return self._tls if info == "ssl_object" else super().get_extra_info(info)

    async def _receive(self, max_bytes: int) -> bytes:
        try:
            return await self._call(self._tls.read, max_bytes)
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            return b""  # many servers end without TLS's own farewell, and HTTP knows where an answer ends

    async def _send(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[await self._call(self._tls.write, rest) :]

    async def _call(self, function: Callable[..., Result], *args: Any) -> Result:
        """Call a function of the TLS object as often as it needs more data; raises OSError."""
        while True:
            try:
                result = function(*args)
            except ssl.SSLWantReadError:
                await self._flush()
                if data := await self._protocol.read(_MAX_READ_BYTES):
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            else:
                await self._flush()
                return result

    async def _flush(self) -> None:
        if self._outgoing.pending:
            await self._protocol.write(self._outgoing.read())


class _Protocol(asyncio.Protocol):
    """What came over a connection and has not been read, and how the connection ended."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received: deque[bytes] = deque()
        self._has_ended = False
        self._error: Exception | None = None
        self._changed = asyncio.Event()
        self._may_write = asyncio.Event()
        self._may_write.set()

    @property
    def has_data(self) -> bool:
        """Whether there is something to read, or nothing will come any more."""
        return bool(self._received) or self._has_ended

    async def read(self, max_bytes: int) -> bytes:
        assert self._transport is not None
        if not self.has_data:
            self._changed.clear()
            self._transport.resume_reading()
            try:
                await self._changed.wait()
            finally:
                self._transport.pause_reading()
        else:
            await asyncio.sleep(0)  # a flood must not keep the loop from anything else, such as a typed key
        if not self._received:
            if self._error is not None:
                raise self._error
            return b""
        data = self._received.popleft()
        if len(data) > max_bytes:
            self._received.appendleft(data[max_bytes:])
        return data[:max_bytes]

    async def write(self, data: bytes) -> None:
        assert self._transport is not None
        if self._has_ended and self._transport.is_closing():
            raise self._error or ConnectionResetError
        self._transport.write(data)
        await self._may_write.wait()
        if self._error is not None:
            raise self._error

    # -- called by asyncio -------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(0)  # data is written when nothing of it waits in the transport
        self._transport.pause_reading()  # until someone reads

    def data_received(self, data: bytes) -> None:
        self._received.append(data)
        self._changed.set()

    def eof_received(self) -> bool:
        self._has_ended = True
        self._changed.set()
        return True  # what is being sent may still arrive

    def connection_lost(self, exc: Exception | None) -> None:
        self._has_ended, self._error = True, exc
        self._changed.set()
        self._may_write.set()

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()


async def _connect(host: str, port: int, local_address: str | None) -> _Stream:
    loop = asyncio.get_running_loop()
    try:
        transport, protocol = await loop.create_connection(
            _Protocol,
            host,
            port,
            local_addr=None if local_address is None else (local_address, 0),
            happy_eyeballs_delay=_HAPPY_EYEBALLS_DELAY_S,
        )
    except UnicodeError as error:  # a label of the name is too long
        raise socket.gaierror(socket.EAI_NONAME, "no such name") from error
    except OSError as error:
        # One error for several addresses has no number of its own.
        if error.errno is None and (number := _ERROR_NUMBER.search(str(error))):
            raise OSError(int(number[1]), str(error)) from error
        raise
    return _Stream(transport, protocol)


@contextmanager
def _as_httpcore_errors(timeout: type[Exception], error: type[Exception]) -> Iterator[None]:
    try:
        yield
    except TimeoutError as cause:
        # The system's own timeout, after minutes without an acknowledgement, has a number.
        raise (timeout if cause.errno is None else error)(str(cause)) from cause
    except OSError as cause:
        raise error(str(cause)) from cause


def _is_readable(descriptor: int) -> bool:
    """Return whether there is data, or the end of it, to be read from a socket."""
    if descriptor < 0:
        return True
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        return bool(selector.select(0))
