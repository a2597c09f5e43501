"""The input that keys are read from: prompt_toolkit's, without the terminal's answers and focus reports.

POSIX only; on Windows prompt_toolkit's own input is used, and no queries are sent.
"""

from __future__ import annotations

import contextlib
import os
import select
import sys
import time
from codecs import getincrementaldecoder
from typing import IO, Any

from prompt_toolkit.input.typeahead import store_typeahead
from prompt_toolkit.key_binding import KeyPress

from grokchat.terminal.focus import FocusReports
from grokchat.terminal.frame_acks import FrameAcks
from grokchat.terminal.queries import BackgroundAnswers, SizeAnswers
from grokchat.terminal.terminal_modes import TerminalModes


class TerminalReports:
    """One filter for everything that the terminal sends besides keys; without I/O and without a clock."""

    def __init__(self) -> None:
        self.background = BackgroundAnswers()
        self.sizes = SizeAnswers(FrameAcks())
        self.focus = FocusReports()

    @property
    def are_pending(self) -> bool:
        """Whether answers are awaited."""
        return self.background.is_pending or self.sizes.acks.pending > 0

    def feed(self, text: str) -> str:
        """Add input, and return the part of it that the user typed."""
        return self.background.feed(self.focus.feed(self.sizes.feed(text)))

    def flush(self) -> str:
        """Return, after a pause, the text that was held back, which may be a key."""
        held = self.focus.feed(self.sizes.flush()) + self.focus.flush()
        return self.background.feed(held) + self.background.flush()


if sys.platform != "win32":
    from prompt_toolkit.input.posix_utils import PosixStdinReader
    from prompt_toolkit.input.vt100 import Vt100Input, raw_mode
    from prompt_toolkit.input.vt100_parser import Vt100Parser

    class _Reader(PosixStdinReader):
        """prompt_toolkit's, but a terminal that cannot be read is closed, instead of being readable forever."""

        def __init__(self, fd: int) -> None:
            super().__init__(fd)
            self._decoder = getincrementaldecoder("utf-8")("surrogateescape")

        def read(self, count: int = 1024) -> str:
            if self.closed:
                return ""
            try:
                if not select.select([self.stdin_fd], [], [], 0)[0]:
                    return ""
                data = os.read(self.stdin_fd, count)
            except BlockingIOError:
                return ""
            except OSError:
                data = b""
            self.closed = not data
            return self.decode(data)

        def decode(self, data: bytes) -> str:
            """Return the text of bytes from the keyboard; a character that is cut is held back until its rest comes."""
            return self._decoder.decode(data)

    class TerminalInput(Vt100Input):
        """Reads keys, and filters out the terminal's answers and reports.

        Write a query only in raw mode: elsewhere the terminal driver echoes the answer on the screen.
        """

        def __init__(self, keyboard: IO[Any], modes: TerminalModes | None = None) -> None:
            fd = keyboard.fileno()
            super().__init__(open(fd, encoding="utf-8", closefd=False))  # noqa: SIM115 - it closes nothing
            self._keyboard = keyboard  # its file descriptor is closed when it is collected
            self.modes = modes or TerminalModes(fd)
            self.reports = TerminalReports()
            self._reader = self.stdin_reader = _Reader(fd)
            self._keys: list[KeyPress] = []
            self.vt100_parser = Vt100Parser(self._keys.append)

        def raw_mode(self) -> contextlib.AbstractContextManager[None]:
            """Enter raw mode. Leaving the outermost one restores the shell's modes."""
            mode = super().raw_mode()
            if isinstance(mode, raw_mode) and (original := self.modes.hand_over()) is not None:
                mode.attrs_before = original
            return mode

        def store_typeahead(self) -> None:
            """Make what was typed before the next application reads the keyboard keys for that application."""
            self.vt100_parser.feed(self._reader.decode(self.modes.typeahead))
            store_typeahead(self, self._take_keys())

        def read_keys(self) -> list[KeyPress]:
            self.vt100_parser.feed(self.reports.feed(self.stdin_reader.read()))
            return self._take_keys()

        def flush_keys(self) -> list[KeyPress]:
            self.vt100_parser.feed(self.reports.flush())
            self.vt100_parser.flush()
            return self._take_keys()

        def await_answers(self, limit_s: float) -> None:
            """Wait a limited time for the answers that are still pending; keys typed meanwhile are kept.

            For the time when no application reads: the user's shell would read a later answer as typed text.
            """
            end = time.monotonic() + limit_s
            with self.raw_mode(), contextlib.suppress(OSError, ValueError):
                while self.reports.are_pending and not self.closed:
                    if not select.select([self.fileno()], [], [], max(0.0, end - time.monotonic()))[0]:
                        break
                    store_typeahead(self, self.read_keys())
            self.reports.background.stop_waiting()

        def _take_keys(self) -> list[KeyPress]:
            keys = self._keys.copy()
            self._keys.clear()
            return keys
