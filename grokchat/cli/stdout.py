"""Standard output, whose reader may be slow or may not read at all."""

from __future__ import annotations

import os
import select
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from grokchat.errors import FileError, os_reason
from grokchat.system.streams import write_stream


@contextmanager
def _as_file_errors() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise FileError("standard output", f"it cannot be written ({os_reason(error)})") from error


def write_stdout(stream: BinaryIO, data: bytes) -> None:
    """Write and flush; raises BrokenPipeError if there is no reader any more, and FileError."""
    with _as_file_errors():
        write_stream(stream, data)


class AsyncWriter:
    """Writes to a stream without blocking the event loop, so that Ctrl-C works at any time.

    A write into a full pipe blocks until the reader has read, and Python resumes it after Ctrl-C. So the writer waits
    until the pipe is writable, and then writes at most as much as is sure to fit (POSIX, write(): PIPE_BUF). The same
    is done for sockets and terminals, where that is nearly sure.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._descriptor: int | None = None
        self._is_stuck = False
        if sys.platform != "win32":
            with suppress(OSError, ValueError):
                descriptor = stream.fileno()
                mode = os.fstat(descriptor).st_mode
                if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISCHR(mode):
                    self._descriptor = descriptor

    async def write(self, data: bytes) -> None:
        """Write and flush; raises BrokenPipeError or FileError. After a cancelled wait nothing more is written."""
        if self._is_stuck:
            return
        if self._descriptor is None or sys.platform == "win32":
            write_stdout(self._stream, data)
            return
        write_stdout(self._stream, b"")  # what is in its buffer goes first
        rest = memoryview(data)
        while rest:
            await self._wait_for_room(self._descriptor)
            with _as_file_errors(), suppress(BlockingIOError):
                rest = rest[os.write(self._descriptor, rest[: select.PIPE_BUF]) :]

    async def _wait_for_room(self, descriptor: int) -> None:
        if select.select([], [descriptor], [], 0)[1]:
            return
        import asyncio

        loop, has_room = asyncio.get_running_loop(), asyncio.Event()
        self._is_stuck = True
        try:
            loop.add_writer(descriptor, has_room.set)
        except OSError:  # some systems cannot wait for terminals (kqueue)
            self._is_stuck = False
            return
        try:
            await has_room.wait()
            self._is_stuck = False
        finally:
            loop.remove_writer(descriptor)
