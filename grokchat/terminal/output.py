"""The terminal's output: whole frames, each in one write.

A frame is a synchronized update (DEC private mode 2026), so nothing flickers. A terminal without that mode ignores it.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO, cast

from prompt_toolkit.data_structures import Size
from prompt_toolkit.output.vt100 import Vt100_Output

from grokchat.compat.prompt_toolkit import map_characters, measure_characters
from grokchat.environment import Environment
from grokchat.render.sanitize import visible
from grokchat.render.widths import on_new_widths
from grokchat.system.streams import write_stream
from grokchat.terminal.stand_ins import shown_width

if TYPE_CHECKING:
    from grokchat.terminal.early_prompt import EarlyPrompt

_BEGIN_UPDATE, _END_UPDATE = "\x1b[?2026h", "\x1b[?2026l"
_CODES = re.compile(r"\x1b(?:\[8m.*?\x1b\[m|\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])|\r")
"""What shows nothing: concealed text (SGR 8), carriage returns, and control sequences: CSI, OSC, and short ones."""

# Pasted text and typeahead are text from outside too, and all of it passes through here.
map_characters(visible)
on_new_widths(measure_characters(shown_width))


class FrameOutput(Vt100_Output):
    """A VT100 output whose flush is one write.

    The first one that shows anything replaces the early prompt, if there is one. Until then control sequences wait for
    it, so that the prompt never disappears.
    """

    def __init__(
        self, environment: Environment, get_size: Callable[[], Size], early_prompt: EarlyPrompt | None = None
    ) -> None:
        self.on_lost: Callable[[], object] = lambda: None
        """Called when the terminal is gone."""
        self._early_prompt = early_prompt
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
        frame = "".join(self._chunks)
        if self._early_prompt is not None and self._early_prompt.is_painted:
            if not _CODES.sub("", frame):
                return
            frame = self._early_prompt.erase_once() + frame
        data = self._environment.encode(f"{_BEGIN_UPDATE}{frame}{_END_UPDATE}")
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
