"""How the live region is drawn and erased: in one write a frame, and right after a change of size.

A frame is one write inside a synchronized update (DEC private mode 2026), so nothing flickers. When the window becomes
narrower a terminal breaks the rows of the region anew, so the rows to erase are counted at the new width.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TextIO, cast

from prompt_toolkit.application import Application
from prompt_toolkit.data_structures import Size
from prompt_toolkit.layout import Layout
from prompt_toolkit.layout.screen import Char
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.renderer import Renderer

from grokchat.world import World

_BEGIN_FRAME, _END_FRAME = "\x1b[?2026h", "\x1b[?2026l"


_SETTLING = 0.05
"""Seconds without a change of size after which the size is taken for final."""


class RegionApplication(Application[None]):
    """prompt_toolkit's, with a region that outlives changes of the window's size.

    While a window is being dragged the terminal is ahead of what a program knows of it, and what is drawn for one size
    lands on another. So nothing is drawn until the size has settled, and then once.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.renderer: _Renderer = _Renderer(self._merged_style, self.output, full_screen=False)
        self._settling: asyncio.TimerHandle | None = None

    @property
    def settled(self) -> bool:
        """Whether the size is the one for which the region was drawn; if not, a drawing is on its way."""
        if self._settling is None and self.renderer.is_outdated:
            self._settle()
        return self._settling is None

    @contextlib.contextmanager
    def one_write(self) -> Iterator[None]:
        """Write what is drawn inside at once, if the output can."""
        if isinstance(self.output, FrameOutput):
            with self.output.frame():
                yield
        else:
            yield

    def _settle(self) -> None:
        if self._settling is not None:
            self._settling.cancel()
        self._settling = asyncio.get_running_loop().call_later(_SETTLING, self._has_settled)

    def _has_settled(self) -> None:
        self._settling = None
        if not self.is_running or self._running_in_terminal:
            return
        with self.one_write():
            self.renderer.erase(leave_alternate_screen=False)
            self._redraw()

    def _on_resize(self) -> None:
        self._settle()

    def _redraw(self, render_as_done: bool = False) -> None:
        if render_as_done or self.settled:
            with self.one_write():
                super()._redraw(render_as_done)


class _Renderer(Renderer):
    """Erases the rows of the region one by one, as many as they are at the window's width now.

    Not with one "erase below": at the top of the screen tmux takes that for a clearing of the screen and pushes what is
    erased into the scrollback.
    """

    def erase(self, leave_alternate_screen: bool = True) -> None:
        output, columns = self.output, self.output.get_size().columns
        above = self._rows(columns, 0, self._cursor_pos.y)
        below = self._rows(columns, self._cursor_pos.y, self._height) - 1
        output.write_raw("\r")
        output.cursor_up(above + self._cursor_pos.x // columns)
        # Saved and restored, not counted back: a window that has become lower has fewer rows below than were drawn.
        output.write_raw("\x1b7\x1b[K" + "\x1b[B\x1b[K" * (above + below) + "\x1b8")
        output.reset_attributes()
        output.enable_autowrap()
        self.reset(leave_alternate_screen=leave_alternate_screen)

    def render(self, app: Application[Any], layout: Layout, is_done: bool = False) -> None:
        before = self._widths()
        super().render(app, layout, is_done)
        # tmux remembers the widest that a row has been until the whole row is cleared, and breaks it by that.
        if any(now < was for now, was in zip(self._widths(), before, strict=False)):
            self.erase(leave_alternate_screen=False)
            super().render(app, layout, is_done)

    def _widths(self) -> list[int]:
        screen = self._last_screen
        return [] if screen is None else [self._width(screen.data_buffer[row]) for row in range(screen.height)]

    @property
    def is_outdated(self) -> bool:
        """Whether the window has another size than the one for which the region was drawn."""
        return self._last_screen is not None and self._last_size != self.output.get_size()

    @property
    def _height(self) -> int:
        return self._last_screen.height if self._last_screen is not None else self._cursor_pos.y + 1

    def _rows(self, columns: int, first: int, last: int) -> int:
        """Count the rows that drawn rows take when a terminal breaks them anew at this width."""
        if self._last_screen is None:
            return max(0, last - first)
        drawn = (self._width(self._last_screen.data_buffer[row]) for row in range(first, last))
        return sum(max(1, -(-width // columns)) for width in drawn)

    def _width(self, row: Mapping[int, Char]) -> int:
        has_style = self._style_string_has_style
        used = (
            column + max(1, cell.width)
            for column, cell in row.items()
            if cell.char != " " or (has_style is not None and has_style[cell.style])
        )
        drawn = self._last_size.columns if self._last_size is not None else 0
        return min(drawn, max(used, default=0))


class FrameOutput(Vt100_Output):
    """A VT100 output whose flush is one write, and which can gather many flushes into one frame."""

    def __init__(self, world: World, get_size: Callable[[], Size]) -> None:
        self._world = world
        self._depth = 0
        stream = cast(TextIO, _Stream(world))
        super().__init__(stream, get_size, term=world.get("TERM") or None, enable_cpr=False)

    @contextlib.contextmanager
    def frame(self) -> Iterator[None]:
        """Hold back what is flushed inside, and write it at once."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            self.flush()

    def flush(self) -> None:
        """Write what has been gathered."""
        if self._depth or not self._buffer:
            return
        data = "".join((_BEGIN_FRAME, *self._buffer, _END_FRAME))
        self._buffer.clear()
        self._world.stdout.write(data.encode(self._world.encoding, "replace"))
        self._world.stdout.flush()


class _Stream:
    """What Vt100_Output wants to know of a text stream."""

    def __init__(self, world: World) -> None:
        self._stdout = world.stdout
        self.encoding = world.encoding

    def write(self, text: str) -> int:
        return self._stdout.write(text.encode(self.encoding, "replace"))

    def flush(self) -> None:
        self._stdout.flush()

    def fileno(self) -> int:
        return self._stdout.fileno()

    def isatty(self) -> bool:
        return True
