"""Where the terminal is written to: whole frames, each in one write.

A frame stands inside a synchronized update (DEC private mode 2026), so nothing flickers; a terminal that does not know
the mode ignores it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO, cast

from prompt_toolkit.data_structures import Size
from prompt_toolkit.output.vt100 import Vt100_Output

from grokchat.world import World

_BEGIN_FRAME, _END_FRAME = "\x1b[?2026h", "\x1b[?2026l"


class FrameOutput(Vt100_Output):
    """A VT100 output whose flush is one write."""

    def __init__(self, world: World, get_size: Callable[[], Size]) -> None:
        self._world = world
        stream = cast(TextIO, _Stream(world))
        super().__init__(stream, get_size, term=world.get("TERM") or None, enable_cpr=False)

    def flush(self) -> None:
        """Write what has been gathered."""
        if not self._buffer:
            return
        data = "".join((_BEGIN_FRAME, *self._buffer, _END_FRAME))
        self._buffer.clear()
        self._world.stdout.write(self._world.encoded(data))
        self._world.stdout.flush()


class _Stream:
    """What Vt100_Output wants to know of a text stream."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.encoding = world.encoding

    def write(self, text: str) -> int:
        return self._world.stdout.write(self._world.encoded(text))

    def flush(self) -> None:
        self._world.stdout.flush()

    def fileno(self) -> int:
        return self._world.stdout.fileno()

    def isatty(self) -> bool:
        return True
