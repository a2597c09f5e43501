"""Connections on asyncio: what httpcore asks of them, over real sockets."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import wraps
from typing import Any, cast

import pytest

from grokchat.api.tcp import AsyncioBackend
from grokchat.compat.httpx import httpcore

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Return a test that runs in an event loop."""

    @wraps(test)
    def run(**arguments: object) -> None:
        asyncio.run(test(**arguments))

    return run


@asynccontextmanager
async def connected(handler: Handler) -> AsyncIterator[httpcore.AsyncNetworkStream]:
    """Connect to a loopback server, and close both ends."""
    handling: list[asyncio.Task[None]] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handling.append(cast("asyncio.Task[None]", asyncio.current_task()))
        with suppress(OSError, EOFError):
            await handler(reader, writer)
        writer.transport.abort()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    stream = await AsyncioBackend().connect_tcp("127.0.0.1", port, 5.0, socket_options=options)
    yield stream
    await stream.aclose()
    server.close()
    await asyncio.gather(*handling)
    await server.wait_closed()


def reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection with an RST."""
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


@in_loop
async def test_bytes_go_both_ways_in_pieces_as_large_as_asked_for():
    async def echo(reader, writer):
        writer.write(await reader.readexactly(6))
        writer.close()

    async with connected(echo) as stream:
        await stream.write(b"abc")
        await stream.write(b"def")
        received = b""
        while piece := await stream.read(4, 5.0):
            assert len(piece) <= 4
            received += piece
        assert received == b"abcdef"
        assert await stream.read(4) == b""
        assert stream.get_extra_info("is_readable")


@in_loop
async def test_an_idle_connection_is_unreadable_until_the_server_closes_it():
    closing = asyncio.Event()

    async def wait(_, writer):
        await closing.wait()
        writer.close()

    async with connected(wait) as stream:
        assert not stream.get_extra_info("is_readable")
        assert stream.get_extra_info("server_addr") == stream.get_extra_info("socket").getpeername()
        assert stream.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert stream.get_extra_info("ssl_object") is None
        closing.set()
        assert await stream.read(1, 5.0) == b""


@in_loop
async def test_what_came_before_a_reset_is_read_before_the_error():
    """A server that refuses a large request answers, and breaks off while it is still being sent."""

    async def refuse(reader, writer):
        await reader.readexactly(1)
        writer.write(b"413")
        await writer.drain()
        await reader.readexactly(1)
        reset(writer)

    async with connected(refuse) as stream:
        await stream.write(b"x")
        assert await stream.read(2) == b"41"
        await stream.write(b"x")
        assert await stream.read(9) == b"3"
        with pytest.raises(httpcore.ReadError) as caught:
            await stream.read(9, 5.0)
        assert isinstance(caught.value.__cause__, ConnectionResetError)
        with pytest.raises(httpcore.WriteError):
            await stream.write(b"x")


@in_loop
async def test_a_slow_reader_slows_the_server_down():
    """Also one that has given up waiting before."""
    sent = 0

    async def pour(_, writer):
        nonlocal sent
        while sent < 1 << 26:
            writer.write(bytes(1 << 16))
            await writer.drain()
            sent += 1 << 16

    async with connected(pour) as stream:
        with pytest.raises(httpcore.ReadTimeout):
            await stream.read(1, 0.0)
        await stream.read(1, 5.0)
        before = -1
        while before != sent:
            before = sent
            for _ in range(100):
                await asyncio.sleep(0)
        assert sent < 1 << 25


@in_loop
async def test_a_flood_leaves_the_loop_to_others_at_each_read():
    async def pour(_, writer):
        writer.write(b"xyz")

    others = 0

    async def count() -> None:
        nonlocal others
        others += 1

    async with connected(pour) as stream:
        for number in range(1, 4):
            other = asyncio.create_task(count())
            assert len(await stream.read(1, 5.0)) == 1
            assert others == number
            await other


@in_loop
async def test_silence_ends_with_a_timeout():
    async def silent(reader, _):
        await reader.read()

    async with connected(silent) as stream:
        with pytest.raises(httpcore.ReadTimeout):
            await stream.read(1, 0.01)
        with pytest.raises(httpcore.WriteTimeout):
            await stream.write(bytes(1 << 26), 0.01)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@in_loop
async def test_a_refused_connection_has_the_systems_reason_whatever_the_number_of_addresses(host):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(httpcore.ConnectError) as caught:
        await AsyncioBackend().connect_tcp(host, port, 5.0)
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


@in_loop
async def test_a_host_without_an_address_is_a_connection_error():
    with pytest.raises(httpcore.ConnectError) as caught:
        await AsyncioBackend().connect_tcp("a" * 70 + ".invalid", 1, 5.0)
    assert isinstance(caught.value.__cause__, socket.gaierror)


@in_loop
async def test_a_server_without_tls_is_a_connection_error():
    async def answer(reader, writer):
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 no\r\n\r\n")

    async with connected(answer) as stream:
        with pytest.raises(httpcore.ConnectError) as caught:
            await stream.start_tls(ssl.create_default_context(), "localhost", 5.0)
        assert isinstance(caught.value.__cause__, ssl.SSLError)
