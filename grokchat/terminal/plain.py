"""A terminal without control codes (TERM=dumb): lines in, finished lines out, nothing live.

The same surface as `prompt.Terminal`, so the loop does not know the difference.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Collection, Sequence
from typing import TYPE_CHECKING, BinaryIO, Self

from grokchat.environment import Environment
from grokchat.errors import CommandError, UsageError, os_reason
from grokchat.terminal.interface import Interrupt, Leave, Submit, UserAction

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from grokchat.session.store import Library


class PlainTerminal:
    """Reads lines in a thread, prints what is final. The terminal itself shows what is typed."""

    max_live_rows = 0
    echoes_input = True

    def __init__(self, environment: Environment) -> None:
        self.is_busy = False
        self.is_searching = False
        self.history_exclusions: Collection[str] = ()
        self.queue_rows: list[str] = []
        self._environment = environment
        self._events: asyncio.Queue[UserAction] = asyncio.Queue()
        self._at_prompt = False

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(signal.SIGINT, self._events.put_nowait, Interrupt())
        threading.Thread(target=self._read, args=(loop, _keyboard(self._environment)), daemon=True).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
        self._end_prompt()

    async def user_actions(self) -> AsyncIterator[UserAction]:
        """Yield what the user does, for ever."""
        while True:
            event = await self._events.get()
            self._at_prompt = self._at_prompt and not isinstance(event, Submit)
            yield event

    @property
    def background(self) -> None:
        """Nothing is known of it."""
        return None

    @property
    def width(self) -> int:
        """Columns of the window."""
        return self._environment.columns()

    @property
    def is_unfocused(self) -> bool:
        """Nobody asks: nothing can be sent that would tell the user."""
        return False

    def watch_focus(self, enabled: bool) -> None:
        """Ask nothing: it would be printed."""

    @property
    def accepts_osc(self) -> bool:
        """It would print them."""
        return False

    def draw_frame(self, commit: Sequence[str], live: Sequence[str] = ()) -> None:  # noqa: ARG002 - nothing is live here
        """Print finished lines; what is live is not shown."""
        if commit:
            self._end_prompt()
            self._write("".join(f"{line}\n" for line in commit))

    def refresh(self) -> None:
        """Prompt, if it is the user's turn."""
        if not self.is_busy and not self._at_prompt:
            self._at_prompt = True
            self._write("> ")

    def send_codes(self, codes: str) -> None:
        """Codes mean nothing here."""

    async def edit_text(self, text: str) -> str | None:  # noqa: ARG002 - there is no editor here
        """There is none: the keys are being read, and a screen without control codes shows no editor."""
        raise CommandError("There is no editor on this terminal. Give the text: /edit N TEXT.")

    async def choose_session(self, library: Library, now: datetime) -> Path | None:  # noqa: ARG002 - no list can be filtered here
        """There is no list that one could move in."""
        raise CommandError("This terminal has no list to choose from. /sessions lists them, /resume SESSION opens one.")

    def _end_prompt(self) -> None:
        if self._at_prompt:
            self._at_prompt = False
            self._write("\n")

    def _read(self, loop: asyncio.AbstractEventLoop, keyboard: BinaryIO) -> None:
        for raw in iter(keyboard.readline, b""):
            text = raw.decode("utf-8", "replace").rstrip("\r\n")
            if text.strip():
                loop.call_soon_threadsafe(self._events.put_nowait, Submit(text))
        with contextlib.suppress(RuntimeError):  # the loop may be closed by now
            loop.call_soon_threadsafe(self._events.put_nowait, Leave())

    def _write(self, text: str) -> None:
        self._environment.stdout.write(self._environment.encoded(text))
        self._environment.stdout.flush()


def _keyboard(environment: Environment) -> BinaryIO:
    """Return where lines come from; unbuffered, for a waiting thread must not hold a lock when the program ends."""
    if environment.stdin is not None and environment.stdin_is_tty:
        return getattr(environment.stdin, "raw", environment.stdin)
    if sys.platform == "win32":
        return open("CONIN$", "rb", buffering=0)  # noqa: PTH123
    with contextlib.suppress(OSError):
        return open(os.ttyname(environment.stdout.fileno()), "rb", buffering=0)  # noqa: PTH123
    try:
        return open("/dev/tty", "rb", buffering=0)  # noqa: PTH123
    except OSError as error:
        raise UsageError(
            f"There is no terminal to read keys from ({os_reason(error)}). -p answers without one."
        ) from error
