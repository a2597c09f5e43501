"""The prompt before there is one: painted, and keys kept, while the libraries behind the real one are loaded.

Nothing heavy is imported for it. The real prompt wipes the painted row with its first frame and takes what was typed
from the terminal's queue.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any

from grokchat.environment import Environment

_PROMPT = "\x1b[?2004h> "
_WIPE = "\r\x1b[J"
_NO_PASTE = "\x1b[?2004l"


class EarlyPrompt:
    """Shows lines and a prompt, and holds the terminal in raw mode until it is handed on or given back.

    `modes` are the terminal's as they were found, `typed` is what was typed before they were changed.
    """

    def __init__(self, environment: Environment) -> None:
        self.modes: list[Any] | None = None
        self._environment = environment
        self.typed = ""
        self.was_shown = False
        self._is_painted = False

    def wipe(self) -> str:
        """Return, once, what takes the painted prompt off the screen: whoever writes it has the terminal then."""
        wipe = _WIPE if self._is_painted else ""
        self._is_painted = False
        return wipe

    def end(self) -> None:
        """Give the terminal back as it was found, unless someone else has it."""
        if wipe := self.wipe():
            self._write(wipe + _NO_PASTE)
            self._give_back()

    if sys.platform == "win32":

        def show(self, lines: Sequence[str]) -> None:
            """Show nothing: a console is another thing."""

        def _give_back(self) -> None:
            pass

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
                self.modes = termios.tcgetattr(environment.stdin.fileno())
                self._listen()
                self.was_shown = self._is_painted = True  # first: a signal may come at once
                self._take()
                # What was typed before has been echoed where the lines are to stand.
                self._write(_WIPE + "".join(f"{line}\r\n" for line in lines) + _PROMPT)
            except (OSError, ValueError, termios.error):
                self.was_shown = self._is_painted = False

        def _take(self) -> None:
            """Set the modes of the real prompt, where Ctrl-C and its like are keys, and take what was typed before."""
            import termios

            if self.modes is None or self._environment.stdin is None:
                return
            modes = [*self.modes[:6], [*self.modes[6]]]
            modes[0] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
            modes[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
            modes[6][termios.VMIN] = 1
            keyboard = self._environment.stdin.fileno()
            termios.tcsetattr(keyboard, termios.TCSANOW, modes)
            self.typed = typed_before(keyboard)

        def _give_back(self) -> None:
            import termios

            if self.modes is not None and self._environment.stdin is not None:
                with contextlib.suppress(OSError, ValueError, termios.error):
                    termios.tcsetattr(self._environment.stdin.fileno(), termios.TCSADRAIN, self.modes)

        def _listen(self) -> None:
            """Leave the terminal in order if a signal ends the program; the real prompt has handlers of its own."""
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
                if signal.getsignal(number) is signal.SIG_DFL:
                    signal.signal(number, self._ended)

        def _ended(self, number: int, _: FrameType | None) -> None:
            self.end()
            _do_as_usual(number)

    def _write(self, text: str) -> None:
        # Not through a buffer: a signal's handler must be able to write in the middle of it.
        data = self._environment.encoded(text)
        with contextlib.suppress(OSError, ValueError):
            while data:
                data = data[os.write(self._environment.stdout.fileno(), data) :]


def typed_before(keyboard: int) -> str:
    """Return what was typed before the terminal was in raw mode: there Enter still came as a newline."""
    typed = b""
    with contextlib.suppress(OSError, ValueError):
        while len(typed) < 1 << 20 and select.select([keyboard], [], [], 0)[0]:
            piece = os.read(keyboard, 4096)
            if not piece:
                break
            typed += piece
    return typed.decode("utf-8", "surrogateescape").replace("\n", "\r")


def _do_as_usual(number: int) -> None:
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
