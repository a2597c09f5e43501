"""Job control: a chat that is stopped returns the terminal to the shell, and acquires it again when it continues.

(POSIX.1-2017, 11.1.4, and the signals SIGTSTP and SIGCONT. Windows has no jobs.)
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator

from prompt_toolkit.input import Input
from prompt_toolkit.output import Output

from grokchat.terminal.application import RegionApplication
from grokchat.terminal.signals import handling_signals
from grokchat.terminal.terminal_modes import TerminalModes

if sys.platform != "win32":
    import termios


class JobControl:
    """Stops the program and continues it. `modes` are None where the input is not a terminal."""

    def __init__(self, app: RegionApplication, channel: tuple[Input, Output], modes: TerminalModes | None) -> None:
        self._app = app
        self._input, self._output = channel
        self._modes = modes
        self._stopping: asyncio.Task[None] | None = None

    if sys.platform == "win32":

        def handling_stops(self) -> contextlib.AbstractContextManager[None]:
            """Do nothing: Windows has no such signals."""
            return contextlib.nullcontext()

        def suspend(self) -> None:
            """Do nothing: no shell would continue the program."""

    else:

        @contextlib.contextmanager
        def handling_stops(self) -> Iterator[None]:
            """Handle the shell's signals. Enter this before the terminal's modes are changed."""
            if self._modes is not None:
                self._modes.save()
            with handling_signals(self._stop, "SIGTSTP"), handling_signals(self._continue, "SIGCONT"):
                yield

        def suspend(self) -> None:
            """Stop the whole job, as the terminal itself does at Ctrl-Z."""
            self._stop(group=True)

        def _stop(self, *, group: bool = False) -> None:
            if not self._app.has_screen:
                # An editor has the screen, and stops too: if only one of the two stopped, the shell would keep waiting.
                self._stop_now(group=group)
                return

            async def stop() -> None:
                async with self._app.given_away():
                    self._stop_now(group=group)

            if self._stopping is None or self._stopping.done():
                self._stopping = asyncio.create_task(stop(), context=self._app.context)

        def _stop_now(self, *, group: bool) -> None:
            if self._modes is not None:
                self._modes.restore()
            loop = asyncio.get_running_loop()
            loop.remove_signal_handler(signal.SIGTSTP)
            os.kill(0 if group else os.getpid(), signal.SIGTSTP)
            loop.add_signal_handler(signal.SIGTSTP, self._stop)

        def _continue(self) -> None:
            """Take the terminal back after a SIGSTOP, which no program can handle: the shell has set its own modes."""
            if self._app.has_screen and self._modes is not None and self._modes.is_line_mode():
                with contextlib.suppress(OSError, termios.error):
                    self._input.raw_mode().__enter__()
                    self._app.renderer.reset()
                    self._output.write_raw("\r\n")
                    self._app.invalidate()
