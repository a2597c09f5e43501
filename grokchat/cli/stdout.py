"""Writing to whoever reads standard output, who may be slow or may not read at all."""

from __future__ import annotations

import asyncio
import os
import select
import stat
import sys
from contextlib import suppress
from typing import BinaryIO

from grokchat.errors import FileError, os_reason


class Pipe:
    """A stream that is written to without being stuck in it.

    A write into a full pipe returns when somebody has read, and Python goes on with it after Ctrl-C. So a pipe is
    waited for, and then takes so much at once as is sure to find room (POSIX, write(): PIPE_BUF).
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._descriptor: int | None = None
        self._is_stuck = False
        if sys.platform != "win32":
            with suppress(OSError, ValueError):
                descriptor = stream.fileno()
                if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
                    self._descriptor = descriptor

    async def write(self, data: bytes) -> None:
        """Write and flush; raises BrokenPipeError, or FileError. After a wait that was given up nothing is written."""
        if self._is_stuck:
            return
        try:
            if self._descriptor is None or sys.platform == "win32":
                self._put(data)
            else:
                for at in range(0, len(data), select.PIPE_BUF):
                    await self._room(self._descriptor)
                    self._put(data[at : at + select.PIPE_BUF])
        except BrokenPipeError:
            raise
        except OSError as error:
            raise FileError("standard output", f"it cannot be written ({os_reason(error)})") from error

    def _put(self, data: bytes) -> None:
        self._stream.write(data)
        self._stream.flush()

    async def _room(self, descriptor: int) -> None:
        if select.select([], [descriptor], [], 0)[1]:
            return
        loop, room = asyncio.get_running_loop(), asyncio.Event()
        loop.add_writer(descriptor, room.set)
        self._is_stuck = True
        try:
            await room.wait()
            self._is_stuck = False
        finally:
            loop.remove_writer(descriptor)
