"""Standard output, whose reader may be slow or may not read at all."""

from __future__ import annotations

import os
import select
import stat
import sys
from contextlib import suppress
from typing import BinaryIO

from grokchat.errors import FileError, os_reason


def write_stdout(stream: BinaryIO, data: bytes) -> None:
    """Write and flush; raises BrokenPipeError if there is no reader any more, and FileError."""
    try:
        stream.write(data)
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise FileError("standard output", f"it cannot be written ({os_reason(error)})") from error


class AsyncWriter:
    """Writes to a stream without blocking the event loop, so that Ctrl-C works at any time.

    A write into a full pipe blocks until the reader has read, and Python resumes it after Ctrl-C. So the writer waits
    until the pipe is writable, and then writes at most as much as is sure to fit (POSIX, write(): PIPE_BUF).
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._pipe: int | None = None
        self._is_stuck = False
        if sys.platform != "win32":
            with suppress(OSError, ValueError):
                descriptor = stream.fileno()
                if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
                    self._pipe = descriptor

    async def write(self, data: bytes) -> None:
        """Write and flush; raises BrokenPipeError or FileError. After a cancelled wait nothing more is written."""
        if self._is_stuck:
            return
        if self._pipe is None or sys.platform == "win32":
            write_stdout(self._stream, data)
        else:
            for start in range(0, len(data), select.PIPE_BUF):
                await self._wait_for_room(self._pipe)
                write_stdout(self._stream, data[start : start + select.PIPE_BUF])

    async def _wait_for_room(self, pipe: int) -> None:
        if select.select([], [pipe], [], 0)[1]:
            return
        import asyncio

        loop, has_room = asyncio.get_running_loop(), asyncio.Event()
        loop.add_writer(pipe, has_room.set)
        self._is_stuck = True
        try:
            await has_room.wait()
            self._is_stuck = False
        finally:
            loop.remove_writer(pipe)
