"""A terminal without control codes (TERM=dumb): lines in, finished lines out, nothing live.

The same surface as `prompt.Terminal`, so the loop does not know the difference.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Self

from grokchat.events import Event, Interrupt, Leave, Line
from grokchat.world import World

if TYPE_CHECKING:
    from types import TracebackType


class PlainTerminal:
    """Reads lines in a thread, prints what is final."""

    room = 0

    def __init__(self, world: World) -> None:
        self.busy = False
        self.queued: list[str] = []
        self._world = world
        self._events: asyncio.Queue[Event] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(signal.SIGINT, self._events.put_nowait, Interrupt())
        threading.Thread(target=self._read, args=(loop,), daemon=True).start()
        self._write("> ")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
        self._write("\n")

    async def events(self) -> AsyncIterator[Event]:
        """Yield what the user does, for ever."""
        while True:
            event = await self._events.get()
            yield event
            if not self.busy:
                self._write("> ")

    @property
    def width(self) -> int:
        """Columns of the window."""
        return self._world.columns()

    def frame(self, commit: Sequence[str], live: Sequence[str] = ()) -> None:  # noqa: ARG002 - nothing is live here
        """Print finished lines; what is live is not shown."""
        if commit:
            self._write("".join(f"{line}\n" for line in commit))

    def refresh(self) -> None:
        """There is nothing to draw again."""

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        assert self._world.stdin is not None
        for raw in iter(self._world.stdin.readline, b""):
            text = raw.decode("utf-8", "replace").rstrip("\r\n")
            if text.strip():
                loop.call_soon_threadsafe(self._events.put_nowait, Line(text))
        with contextlib.suppress(RuntimeError):  # the loop may be closed by now
            loop.call_soon_threadsafe(self._events.put_nowait, Leave())

    def _write(self, text: str) -> None:
        self._world.stdout.write(text.encode(self._world.encoding, "replace"))
        self._world.stdout.flush()
