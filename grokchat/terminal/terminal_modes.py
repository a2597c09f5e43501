"""The terminal's modes before the program changed them, and the keys that were typed before the real prompt reads them.

One object is passed from `EarlyPrompt`, which changes the modes first, to `TerminalInput`, which leaves raw mode, and
to `JobControl`, which returns the terminal to the shell while the program is stopped. It is loaded before the first
paint, so it imports nothing heavy. Windows does not have these modes.
"""

from __future__ import annotations

import contextlib
import os
import select
import sys
from collections.abc import Callable
from typing import Any

from grokchat.terminal.early_echo import KeyReader

_MAX_TYPEAHEAD_BYTES = 1 << 20


class TerminalModes:
    """The modes of the terminal that this file descriptor reads from."""

    def __init__(self, keyboard: int) -> None:
        self._keyboard = keyboard
        self._original: list[Any] | None = None
        self._typeahead: bytes | None = None
        self._reader: KeyReader | None = None
        self.is_raw = False
        """Whether `enter_raw` has changed the modes, and nobody has taken over to restore them."""

    def enter_raw(self) -> bytes:
        """Set the prompt's modes, in which Ctrl-C and the like are keys; return the text typed in the shell's modes.

        Raises OSError, ValueError or termios.error.
        """
        typed = b""
        if sys.platform != "win32":
            import termios

            self._original = termios.tcgetattr(self._keyboard)
            modes = [*self._original[:6], [*self._original[6]]]
            modes[0] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
            modes[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
            modes[6][termios.VMIN] = 1
            self.is_raw = True  # first: a signal may arrive at once
            termios.tcsetattr(self._keyboard, termios.TCSANOW, modes)
            typed = _read_typeahead(self._keyboard)
            self._typeahead = (self._typeahead or b"") + typed
        return typed

    def read_ahead(self, on_read: Callable[[bytes], object]) -> None:
        """Read the keys in a thread, in which `on_read` is called, until the modes are handed over or restored."""
        with contextlib.suppress(RuntimeError):  # without a thread they wait in the terminal's queue
            self._reader = KeyReader(self._keyboard, on_read)

    def hand_over(self) -> list[Any] | None:
        """Return, the first time only, the modes that leaving raw mode restores; None if the terminal is not raw."""
        self.stop_reading()
        modes = self._original if self.is_raw else None
        self.is_raw = False
        return modes

    def stop_reading(self) -> None:
        """Read no more keys: from here on they wait in the terminal's queue. What was read is typeahead."""
        reader = self._reader
        if reader is not None:
            data = reader.stop()
            if self._reader is reader:  # else a signal handler has done it, and may have begun to read anew
                self._reader, self._typeahead = None, (self._typeahead or b"") + data

    @property
    def typeahead(self) -> bytes:
        """The keys that were typed, and have been read, so far."""
        return _read_typeahead(self._keyboard) if self._typeahead is None else self._typeahead

    def save(self) -> None:
        """Remember the current modes, unless some are remembered already."""
        if sys.platform != "win32" and self._original is None:
            import termios

            with contextlib.suppress(OSError, termios.error):
                self._original = termios.tcgetattr(self._keyboard)

    def restore(self) -> None:
        """Set the modes that were remembered."""
        self.stop_reading()
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


def _read_typeahead(keyboard: int) -> bytes:
    """Read the text typed before the terminal was in raw mode, when Enter was still a newline."""
    typed = b""
    with contextlib.suppress(OSError, ValueError):
        while len(typed) < _MAX_TYPEAHEAD_BYTES and select.select([keyboard], [], [], 0)[0]:
            piece = os.read(keyboard, 4096)
            if not piece:
                break
            typed += piece
    return typed.replace(b"\n", b"\r")
