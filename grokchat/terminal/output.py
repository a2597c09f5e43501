"""The terminal's output: whole frames, each in one write.

A frame is a synchronized update (DEC private mode 2026), so nothing flickers. A terminal without that mode ignores it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import TextIO, cast

from prompt_toolkit.data_structures import Size
from prompt_toolkit.output.vt100 import Vt100_Output

from grokchat.compat.prompt_toolkit import map_characters
from grokchat.environment import Environment
from grokchat.render.sanitize import visible
from grokchat.system.streams import write_stream

_BEGIN_UPDATE, _END_UPDATE = "\x1b[?2026h", "\x1b[?2026l"

# Pasted text and typeahead are text from outside too, and all of it passes through here.
map_characters(visible)


class FrameOutput(Vt100_Output):
    """A VT100 output whose flush is one write. `erase_once` returns, once, the text to begin the first write with."""

    def __init__(
        self, environment: Environment, get_size: Callable[[], Size], erase_once: Callable[[], str] = lambda: ""
    ) -> None:
        self.on_lost: Callable[[], object] = lambda: None
        """Called when the terminal is gone."""
        self._erase_once = erase_once
        self._environment = environment
        self._chunks: list[str] = []
        stream = cast(TextIO, _Stream(environment))
        super().__init__(stream, get_size, term=environment.get("TERM") or None, enable_cpr=False)

    def write_raw(self, data: str) -> None:
        self._chunks.append(data)

    def write(self, data: str) -> None:
        self._chunks.append(data.replace("\x1b", "?"))

    def flush(self) -> None:
        if not self._chunks:
            return
        data = self._environment.encode("".join((_BEGIN_UPDATE, self._erase_once(), *self._chunks, _END_UPDATE)))
        self._chunks.clear()
        try:
            write_stream(self._environment.stdout, data)
        except OSError:
            # The terminal is gone. The session must still be saved, which needs no terminal.
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._environment.stdout.fileno())
            self.on_lost()


class _Stream:
    """The part of a text stream that Vt100_Output uses."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self.encoding = environment.encoding

    def write(self, text: str) -> int:
        return self._environment.stdout.write(self._environment.encode(text))

    def flush(self) -> None:
        self._environment.stdout.flush()

    def fileno(self) -> int:
        return self._environment.stdout.fileno()

    def isatty(self) -> bool:
        return True
