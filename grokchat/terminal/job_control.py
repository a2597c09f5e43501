"""The chat as a job of the shell: stopped and continued, it leaves the terminal to the shell and takes it again.

(POSIX.1-2017, 11.1.4 and the signals SIGTSTP and SIGCONT; Windows has no jobs.)
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any

from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.input import Input
from prompt_toolkit.output import Output

from grokchat.terminal.channel import heard_signals
from grokchat.terminal.renderer import RegionApplication

if sys.platform != "win32":
    import termios

    class Job:
        """Stops the program and goes on with it; `app` is what has the screen."""

        def __init__(self, app: RegionApplication, channel: tuple[Input, Output]) -> None:
            self._app = app
            self._input, self._output = channel
            self._found: list[Any] | None = getattr(channel[0], "found", None)
            self._stopping: asyncio.Task[None] | None = None

        @contextlib.contextmanager
        def controlled(self) -> Iterator[None]:
            """Hear the shell; to be entered before the terminal's modes are changed."""
            if self._found is None:
                with contextlib.suppress(OSError, termios.error):
                    self._found = termios.tcgetattr(self._input.fileno())
            with heard_signals(self._stop, "SIGTSTP"), heard_signals(self._continued, "SIGCONT"):
                yield

        def stop_all(self) -> None:
            """Stop the whole job, as the terminal itself would at Ctrl-Z."""
            self._stop(group=True)

        def _stop(self, *, group: bool = False) -> None:
            if not self._app.has_screen:
                self._stop_now(group=group)  # with the editor that has it: one alone would keep the shell waiting
                return

            async def in_the_shell() -> None:
                await self._app.drawn()  # what the terminal still has to answer would be typed into the shell
                await run_in_terminal(lambda: self._stop_now(group=group))

            self._stopping = asyncio.create_task(in_the_shell(), context=self._app.context)

        def _stop_now(self, *, group: bool) -> None:
            if self._found is not None:
                with contextlib.suppress(OSError, termios.error):
                    termios.tcsetattr(self._input.fileno(), termios.TCSADRAIN, self._found)
            loop = asyncio.get_running_loop()
            loop.remove_signal_handler(signal.SIGTSTP)
            os.kill(0 if group else os.getpid(), signal.SIGTSTP)
            loop.add_signal_handler(signal.SIGTSTP, self._stop)

        def _continued(self) -> None:
            """Take the terminal again after a SIGSTOP, which nobody hears: the shell has set its own modes."""
            if not self._app.has_screen:
                return
            with contextlib.suppress(OSError, termios.error):
                if termios.tcgetattr(self._input.fileno())[3] & termios.ICANON:
                    self._input.raw_mode().__enter__()
                    self._app.renderer.reset()
                    self._output.write_raw("\r\n")
                    self._app.invalidate()

else:

    class Job:
        """Windows has none."""

        def __init__(self, app: RegionApplication, channel: tuple[Input, Output]) -> None:
            pass

        def controlled(self) -> contextlib.AbstractContextManager[None]:
            """Do nothing."""
            return contextlib.nullcontext()

        def stop_all(self) -> None:
            """Do nothing."""
