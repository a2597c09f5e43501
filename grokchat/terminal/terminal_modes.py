"""The terminal's modes before the program changed them, and the text that was typed until then.

One object is passed from `EarlyPrompt`, which changes the modes first, to `TerminalInput`, which leaves raw mode, and
to `JobControl`, which returns the terminal to the shell while the program is stopped. It is loaded before the first
paint, so it imports nothing heavy. Windows has no such modes.
"""

from __future__ import annotations

import contextlib
import os
import select
import sys
from typing import Any

_MAX_TYPEAHEAD_BYTES = 1 << 20


class TerminalModes:
    """The modes of the terminal that this file descriptor reads from."""

    def __init__(self, keyboard: int) -> None:
        self._keyboard = keyboard
        self._original: list[Any] | None = None
        self._typeahead: str | None = None
        self.is_raw = False
        """Whether `enter_raw` has changed the modes, and nobody has taken over to restore them."""

    def enter_raw(self) -> None:
        """Set the prompt's modes, in which Ctrl-C and the like are keys, and read the text typed so far.

        Raises OSError, ValueError or termios.error.
        """
        if sys.platform != "win32":
            import termios

            self._original = termios.tcgetattr(self._keyboard)
            modes = [*self._original[:6], [*self._original[6]]]
            modes[0] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
            modes[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
            modes[6][termios.VMIN] = 1
            self.is_raw = True  # first: a signal may arrive at once
            termios.tcsetattr(self._keyboard, termios.TCSANOW, modes)
            self._typeahead = _read_typeahead(self._keyboard)

    def hand_over(self) -> list[Any] | None:
        """Return, the first time only, the modes that leaving raw mode restores; None if the terminal is not raw."""
        modes = self._original if self.is_raw else None
        self.is_raw = False
        return modes

    def typeahead(self) -> str:
        """Return the text typed before raw mode; later keys wait in the terminal's queue."""
        return _read_typeahead(self._keyboard) if self._typeahead is None else self._typeahead

    def save(self) -> None:
        """Remember the current modes, unless some are remembered already."""
        if sys.platform != "win32" and self._original is None:
            import termios

            with contextlib.suppress(OSError, termios.error):
                self._original = termios.tcgetattr(self._keyboard)

    def restore(self) -> None:
        """Set the modes that were remembered."""
        if sys.platform != "win32" and self._original is not None:
            import termios

            with contextlib.suppress(OSError, ValueError, termios.error):
                termios.tcsetattr(self._keyboard, termios.TCSADRAIN, self._original)
        self.is_raw = False

    def is_line_mode(self) -> bool:
        """Return whether the terminal collects whole lines, so that the shell has set its own modes."""
        if sys.platform != "win32":
            import termios

            with contextlib.suppress(OSError, termios.error):
                return bool(termios.tcgetattr(self._keyboard)[3] & termios.ICANON)
        return False


def _read_typeahead(keyboard: int) -> str:
    """Read the text typed before the terminal was in raw mode, when Enter was still a newline."""
    typed = b""
    with contextlib.suppress(OSError, ValueError):
        while len(typed) < _MAX_TYPEAHEAD_BYTES and select.select([keyboard], [], [], 0)[0]:
            piece = os.read(keyboard, 4096)
            if not piece:
                break
            typed += piece
    return typed.decode("utf-8", "surrogateescape").replace("\n", "\r")
