"""The input that keys are read from: prompt_toolkit's, with a parser of our own in place of its `Vt100Parser`.

`input_parser` cuts what was read into text and sequences, `paste_bursts` finds pastes without brackets, the terminal's
answers and reports go to their readers, and `key_decoder` makes the rest key presses. POSIX only: on Windows,
prompt_toolkit's own input reads the console's key events, no queries are sent, and no sequences arrive.
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
from grokchat.terminal.input_parser import InputParser
from grokchat.terminal.input_tokens import ESCAPE, Sequence, Token
from grokchat.terminal.key_decoder import key_presses
from grokchat.terminal.keyboard_protocol import KeyboardProtocol
from grokchat.terminal.paste_bursts import PasteBursts
from grokchat.terminal.queries import BackgroundAnswers, SizeAnswers
from grokchat.terminal.terminal_modes import TerminalModes
from grokchat.terminal.width_answers import WidthAnswers

ESCAPE_TIMEOUT_S = 0.05
"""How long the rest of a key that begins with ESC may take; after that it is the Escape key, and a letter a letter.

As in Neovim; fish waits 30 ms. readline waits 500 ms, in which Escape and F may be typed for Alt-F: here that would
take the first letter of a word that is typed after Escape.
"""
_MAX_READ_BYTES = 1 << 16
"""What is read at once: a window of the terminal is written to in between."""


class TerminalReports:
    """Everything that the terminal sends besides keys, each kind with its reader. No I/O, no clock."""

    def __init__(self) -> None:
        self.background = BackgroundAnswers()
        self.widths = WidthAnswers()
        self.sizes = SizeAnswers(FrameAcks())
        self.focus = FocusReports()
        self.keyboard = KeyboardProtocol()

    @property
    def are_pending(self) -> bool:
        """Whether answers are awaited."""
        return self.background.is_owed or self.sizes.acks.pending > 0

    def handle(self, sequence: Sequence) -> bool:
        """Read an answer or a report; return whether the sequence is one."""
        # The widths first: the answer to the background's query ends their wait too.
        readers = (self.widths, self.background, self.sizes, self.focus, self.keyboard)
        return any(reader.handle(sequence) for reader in readers)


class InputDecoder:
    """Converts input to key presses, without the terminal's reports. No I/O, no clock."""

    def __init__(self, reports: TerminalReports) -> None:
        self._reports = reports
        self._parser = InputParser()
        self._bursts = PasteBursts()

    def feed(self, text: str, *, idle_s: float = 0.0, is_typeahead: bool = False) -> list[KeyPress]:
        """Return the key presses of what was read at once; `idle_s` is the time since the input before.

        `is_typeahead`: the text has waited while the program started.
        """
        tokens = self._parser.feed(text, idle_s=idle_s)
        return self._presses(self._bursts.feed(tokens, is_typeahead=is_typeahead))

    def flush(self) -> list[KeyPress]:
        """Return, after a pause, the key presses that were held back, because more might have followed."""
        return self._presses([*self._bursts.flush(), *self._parser.flush()])

    def close(self) -> list[KeyPress]:
        """Return the held input when the terminal is gone."""
        return self._presses([*self._bursts.flush(), *self._parser.close()])

    def _presses(self, tokens: list[Token]) -> list[KeyPress]:
        typed: list[Token] = []
        for token in tokens:
            if isinstance(token, Sequence):
                if not self._reports.handle(token):
                    typed.append(token)
                elif token.has_alt:
                    typed.append(ESCAPE)  # the user pressed it when the answer arrived
            else:
                typed.append(token)
                self._reports.focus.note_typing()
        return key_presses(typed)


if sys.platform != "win32":
    from prompt_toolkit.input.posix_utils import PosixStdinReader
    from prompt_toolkit.input.vt100 import Vt100Input, raw_mode

    class _Reader(PosixStdinReader):
        """prompt_toolkit's, but a terminal that cannot be read is closed, instead of being readable forever."""

        def __init__(self, fd: int) -> None:
            super().__init__(fd)
            self._decoder = getincrementaldecoder("utf-8")("surrogateescape")

        def read(self, count: int = _MAX_READ_BYTES) -> str:
            """Read the available bytes, up to so many: a terminal returns at most 4096 at once."""
            data = b""
            while not self.closed and len(data) < count:
                try:
                    if not select.select([self.stdin_fd], [], [], 0)[0]:
                        break
                    piece = os.read(self.stdin_fd, count - len(data))
                except BlockingIOError:
                    break
                except OSError:
                    piece = b""
                self.closed = not piece
                data += piece
            return self.decode(data)

        def decode(self, data: bytes) -> str:
            """Return the text of bytes from the keyboard; a character that is cut is held back until its rest comes."""
            return self._decoder.decode(data)

    class TerminalInput(Vt100Input):
        """Reads keys, and what the terminal reports.

        Write a query only in raw mode: elsewhere the terminal driver echoes the answer on the screen.
        """

        def __init__(self, keyboard: IO[Any], modes: TerminalModes | None = None) -> None:
            fd = keyboard.fileno()
            super().__init__(open(fd, encoding="utf-8", closefd=False))  # noqa: SIM115 - it closes nothing
            self._keyboard = keyboard  # its file descriptor is closed when it is collected
            self.modes = modes or TerminalModes(fd)
            self.reports = TerminalReports()
            self._reader = self.stdin_reader = _Reader(fd)
            self._decoder = InputDecoder(self.reports)
            self._read_at: float | None = None

        def raw_mode(self) -> contextlib.AbstractContextManager[None]:
            """Enter raw mode. Leaving the outermost one restores the shell's modes."""
            mode = super().raw_mode()
            if isinstance(mode, raw_mode) and (original := self.modes.hand_over()) is not None:
                mode.attrs_before = original
            return mode

        def store_typeahead(self) -> None:
            """Pass text that was typed before the next application reads the keyboard on to that application."""
            text = self._reader.decode(self.modes.typeahead)
            store_typeahead(self, self._decoder.feed(text, is_typeahead=True))

        def read_keys(self) -> list[KeyPress]:
            text, now = self.stdin_reader.read(), time.monotonic()
            idle_s = now - self._read_at if self._read_at is not None else 0.0
            presses = self._decoder.feed(text, idle_s=idle_s, is_typeahead=self._read_at is None)
            self._read_at = now
            return presses + self._decoder.close() if self.closed else presses

        def flush_keys(self) -> list[KeyPress]:
            return self._decoder.flush()

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
            self.reports.background.give_up()
