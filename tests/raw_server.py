"""Raw servers on loopback, which answer with any bytes, reset connections, or hang."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from fake_api import stop_listening

Talk = Callable[[socket.socket], object]


def heard_request(connection: socket.socket) -> bytes:
    """Read one request and return its headers."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError("it has gone")
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    size = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < size:
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError("it has gone")
        body += piece
    return head


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def says(*parts: bytes) -> Talk:
    """Answer one request with these bytes and close the connection."""

    def talk(connection: socket.socket) -> None:
        heard_request(connection)
        for part in parts:
            connection.sendall(part)

    return talk


def says_and(ending: Talk, *parts: bytes) -> Talk:
    def talk(connection: socket.socket) -> object:
        says(*parts)(connection)
        return ending(connection)

    return talk


def hang(connection: socket.socket) -> None:
    """Send nothing more until the client disconnects."""
    with suppress(OSError):
        while connection.recv(65536):
            pass


@dataclass
class Raw:
    """A server that uses the next of its talks for each connection, and repeats the last one."""

    talks: Sequence[Talk]
    context: ssl.SSLContext | None = None
    connections: int = 0

    def __post_init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http{'s' if self.context else ''}://127.0.0.1:{self.port}/v1"
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        stop_listening(self._socket)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            talk = self.talks[min(self.connections, len(self.talks) - 1)]
            self.connections += 1
            threading.Thread(target=self._talk, args=(connection, talk), daemon=True).start()

    def _talk(self, connection: socket.socket, talk: Talk) -> None:
        with suppress(OSError), connection:
            if self.context is not None:
                connection = self.context.wrap_socket(connection, server_side=True)
            with connection:
                talk(connection)
