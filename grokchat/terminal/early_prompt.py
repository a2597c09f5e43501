"""The early prompt: painted, with plain keys echoed and all keys kept, while the real prompt's libraries are loaded.

It imports nothing heavy. The real prompt takes over the terminal's modes and the typed text, and its first frame, which
shows that text too, replaces the painted row in one write.
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
from grokchat.terminal.early_echo import PlainEcho
from grokchat.terminal.terminal_modes import TerminalModes

_PASTE = "\x1b[?2004h"
_ERASE = "\r\x1b[J"
_NO_PASTE = "\x1b[?2004l"


class EarlyPrompt:
    """Prints lines and a prompt, and holds the terminal in raw mode until the real prompt takes over, or `end`."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._echo = PlainEcho(environment.columns(), is_utf8=environment.encoding.lower().startswith("utf"))
        self._prompt = "> "
        self.is_painted = False
        """Whether the prompt is on the screen, and has to be erased."""
        self.modes: TerminalModes | None = None
        """The terminal's modes, if they were changed."""

    @property
    def was_shown(self) -> bool:
        """Whether the lines are on the screen."""
        return self.modes is not None

    def erase_once(self) -> str:
        """Return the text that erases the painted prompt, the first time only. From here on no key is echoed."""
        if self.modes is not None:
            self.modes.stop_reading()
        erase = _ERASE if self.is_painted else ""
        self.is_painted = False
        return erase

    def end(self) -> None:
        """Restore the terminal, unless the real prompt has taken over its modes."""
        erase = self.erase_once()
        if self.modes is not None and self.modes.is_raw:
            self._write(erase + _NO_PASTE)
            self.modes.restore()

    if sys.platform == "win32":

        def show(self, lines: Sequence[str], prompt: str = "> ") -> None:
            """Show nothing: a console has no modes to change."""

    else:

        def show(self, lines: Sequence[str], prompt: str = "> ") -> None:
            """Print lines that stay, and the prompt below them."""
            self._prompt = prompt
            environment = self._environment
            if (
                environment.terminal is None
                and environment.stdin is not None
                and environment.stdin_is_tty
                and environment.stdout_is_tty
            ):
                with contextlib.suppress(OSError, ValueError):
                    self._take_terminal(TerminalModes(environment.stdin.fileno()), lines)

        def _take_terminal(self, modes: TerminalModes, lines: Sequence[str]) -> None:
            import termios

            try:
                modes.save()
                self._handle_signals()
                self.modes, self.is_painted = modes, True  # first: a signal may arrive at once
                self._echo.feed(modes.enter_raw())
                # The terminal has echoed earlier keys in the row where the lines begin.
                self._write(_ERASE + "".join(f"{line}\r\n" for line in lines) + _PASTE + self._prompt + self._echo.text)
                modes.read_ahead(self._echo_keys)
            except (OSError, ValueError, termios.error):
                self.modes, self.is_painted = None, False

        def _handle_signals(self) -> None:
            """Restore the terminal if a signal ends or stops the program; the real prompt has handlers of its own."""
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP):
                if signal.getsignal(number) is signal.SIG_DFL:
                    signal.signal(number, self._stop_by_signal)

        def _stop_by_signal(self, number: int, _: FrameType | None) -> None:
            modes = self.modes if self.is_painted else None
            self.end()
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            # It was SIGTSTP, and the shell has continued the program.
            signal.signal(number, self._stop_by_signal)
            if modes is not None:
                self._take_terminal(modes, ())

    def _echo_keys(self, data: bytes) -> None:
        if shown := self._echo.feed(data):
            self._write(shown)

    def _write(self, text: str) -> None:
        # Not through a buffer: a signal handler must be able to write in the middle of another write.
        with contextlib.suppress(OSError, ValueError):
            write_descriptor(self._environment.stdout.fileno(), self._environment.encode(text))
