"""The early prompt: painted, with the keys kept, while the libraries of the real prompt are loaded.

It imports nothing heavy. The real prompt erases the painted row with its first frame, and takes over the terminal's
modes and the typed text.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from grokchat.environment import Environment
from grokchat.system.streams import write_descriptor
from grokchat.terminal.terminal_modes import TerminalModes

_PROMPT = "\x1b[?2004h> "
_ERASE = "\r\x1b[J"
_NO_PASTE = "\x1b[?2004l"


class EarlyPrompt:
    """Prints lines and a prompt, and holds the terminal in raw mode until the real prompt takes over, or `end`."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._is_painted = False
        self.modes: TerminalModes | None = None
        """The terminal's modes, if they were changed."""

    @property
    def was_shown(self) -> bool:
        """Whether the lines are on the screen."""
        return self.modes is not None

    def erase_once(self) -> str:
        """Return the text that erases the painted prompt, the first time only.

        prompt_toolkit writes it when its application is made, some time before it takes over modes and signals.
        """
        erase = _ERASE if self._is_painted else ""
        self._is_painted = False
        return erase

    def end(self) -> None:
        """Restore the terminal, unless the real prompt has taken over its modes."""
        erase = self.erase_once()
        if self.modes is not None and self.modes.is_raw:
            self._write(erase + _NO_PASTE)
            self.modes.restore()

    if sys.platform == "win32":

        def show(self, lines: Sequence[str]) -> None:
            """Show nothing: a console has no modes to change."""

    else:

        def show(self, lines: Sequence[str]) -> None:
            """Print lines that stay, and the prompt below them."""
            environment = self._environment
            if (
                environment.terminal is not None
                or environment.stdin is None
                or not (environment.stdin_is_tty and environment.stdout_is_tty)
            ):
                return
            import termios

            try:
                modes = TerminalModes(environment.stdin.fileno())
                modes.save()
                self._handle_signals()
                self.modes, self._is_painted = modes, True  # first: a signal may arrive at once
                modes.enter_raw()
                # The terminal has echoed earlier keys in the row where the lines begin.
                self._write(_ERASE + "".join(f"{line}\r\n" for line in lines) + _PROMPT)
            except (OSError, ValueError, termios.error):
                self.modes, self._is_painted = None, False

        def _handle_signals(self) -> None:
            """Restore the terminal if a signal ends the program; the real prompt has handlers of its own."""
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
                if signal.getsignal(number) is signal.SIG_DFL:
                    signal.signal(number, self._end_by_signal)

        def _end_by_signal(self, number: int, _: FrameType | None) -> None:
            self.end()
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    def _write(self, text: str) -> None:
        # Not through a buffer: a signal handler must be able to write in the middle of another write.
        with contextlib.suppress(OSError, ValueError):
            write_descriptor(self._environment.stdout.fileno(), self._environment.encode(text))
