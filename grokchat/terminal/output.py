"""Where the terminal is written to: whole frames, each in one write.

A frame stands inside a synchronized update (DEC private mode 2026), so nothing flickers; a terminal that does not know
the mode ignores it.
"""

from __future__ import annotations

import contextlib
import os
import select
from collections.abc import Callable
from typing import TextIO, cast

from prompt_toolkit.data_structures import Size
from prompt_toolkit.layout.screen import Char
from prompt_toolkit.output.vt100 import Vt100_Output

from grokchat.environment import Environment
from grokchat.render.sanitize import visible

_BEGIN_FRAME, _END_FRAME = "\x1b[?2026h", "\x1b[?2026l"


class _Marks(dict[str, str]):
    """What is shown in a character's place: also of those (bidi controls, tags) that prompt_toolkit lets through."""

    def __contains__(self, char: object) -> bool:
        is_hidden = isinstance(char, str) and len(char) == 1 and not char.isascii() and visible(char) != char
        return is_hidden or super().__contains__(char)

    def __missing__(self, char: str) -> str:
        return visible(char)


# What is pasted, and what was typed before, is text from outside too, and this is the one place that all of it passes.
Char.display_mappings = _Marks(Char.display_mappings)


class FrameOutput(Vt100_Output):
    """A VT100 output whose flush is one write; `wipe` says, once, what the first one has to begin with."""

    def __init__(self, environment: Environment, get_size: Callable[[], Size], wipe: Callable[[], str] = str) -> None:
        self._wipe = wipe
        self.when_lost: Callable[[], object] = lambda: None
        self._environment = environment
        stream = cast(TextIO, _Stream(environment))
        super().__init__(stream, get_size, term=environment.get("TERM") or None, enable_cpr=False)

    def flush(self) -> None:
        """Write what has been gathered."""
        if not self._buffer:
            return
        data = self._environment.encoded("".join((_BEGIN_FRAME, self._wipe(), *self._buffer, _END_FRAME)))
        self._buffer.clear()
        try:
            self._write(data)
        except OSError:
            # The terminal is gone. What is left to do needs none, and must be done: keep the session.
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._environment.stdout.fileno())
            self.when_lost()

    def _write(self, data: bytes) -> None:
        while True:
            try:
                self._environment.stdout.write(data)
                data = b""
                self._environment.stdout.flush()
            except BlockingIOError as error:
                # Another program has made the terminal non-blocking for everyone who has it open.
                data = data[error.characters_written :] if data else data
                select.select([], [self._environment.stdout.fileno()], [])
            else:
                return


class _Stream:
    """What Vt100_Output wants to know of a text stream."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self.encoding = environment.encoding

    def write(self, text: str) -> int:
        return self._environment.stdout.write(self._environment.encoded(text))

    def flush(self) -> None:
        self._environment.stdout.flush()

    def fileno(self) -> int:
        return self._environment.stdout.fileno()

    def isatty(self) -> bool:
        return True
