"""prompt_toolkit's layout, drawn as the lower rows of the live region, below the live part of a reply.

prompt_toolkit lays the prompt, the menu and the bottom line out on a screen of characters, which is converted to rows
here. A frame of the reply does not lay the prompt out again, and a typed key does not redraw the reply.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.data_structures import Size
from prompt_toolkit.layout import BufferControl, Layout, Window
from prompt_toolkit.layout.mouse_handlers import MouseHandlers
from prompt_toolkit.layout.screen import Screen, WritePosition
from prompt_toolkit.output import Output
from prompt_toolkit.renderer import Renderer
from prompt_toolkit.styles import DummyStyle

from grokchat.terminal.focus import DISABLE_REPORTS, ENABLE_REPORTS
from grokchat.terminal.frame_acks import FrameAcks
from grokchat.terminal.keyboard_protocol import KeyboardProtocol
from grokchat.terminal.live_region import Region
from grokchat.terminal.queries import SIZE_QUERY
from grokchat.terminal.row_widths import clipped, screen_height, wrapped_height
from grokchat.terminal.screen_rows import screen_rows
from grokchat.terminal.terminals import TerminalKind
from grokchat.terminal.title import TerminalTitle

_MAX_LIVE_ROWS = 6
_MAX_FRAME_BYTES = 2000
"""Bytes of final lines, if there are several, in a frame with a query: tmux reads 4096 at once."""
_FRAME_HEIGHT_RATIO = 2
"""The final lines of a frame with a query fill at most one in so many of the rows above the live ones.

If the window changes before the frame is drawn, its lines are erased and printed again. What has left the screen cannot
be erased any more, and would be there twice. So the lines have to fit also if a window of half the width wraps them.
"""


class _NoMouseHandlers(MouseHandlers):
    """No handlers: prompt_toolkit sets one for each cell of the layout, and there is no mouse."""

    def set_mouse_handler_for_range(self, *_: object, **__: object) -> None:
        pass


class RegionRenderer(Renderer):
    """Draws a region: lines that become final, rows that are live, and below them the layout.

    `code_of` returns the SGR code of a style string of the layout, `can_draw` whether anything may be drawn now.
    `on_new_size` is called if the window has another size than the region was drawn for, `on_query` after a frame was
    written whose acknowledgement must be awaited.
    """

    def __init__(
        self,
        code_of: Callable[[str], str],
        output: Output,
        acks: FrameAcks,
        keyboard: KeyboardProtocol,
        title: TerminalTitle,
        *,
        terminal: TerminalKind,
        can_draw: Callable[[], bool],
        on_new_size: Callable[[], object],
        on_query: Callable[[], object],
    ) -> None:
        self.is_behind = False
        """Whether there are final lines or live rows that have not been drawn."""
        self.watches_focus = False
        """Whether the terminal is to report the focus, from the next drawing on."""
        self._code_of = code_of
        self._acks = acks
        self._keyboard, self._title = keyboard, title
        self._can_draw = can_draw
        self._on_new_size = on_new_size
        self._on_query = on_query
        self._region = Region(terminal)
        acks.late_s = terminal.late_s
        self._size: Size | None = None
        """The size that the region was drawn for."""
        self._commit: deque[str] = deque()
        self._live: list[str] | None = None
        self._notes: list[str] = []
        self._below: list[str] = []
        self._prompt_offset = 0
        """The rows of the layout above the prompt: those of the queue."""
        self._height_above = 0
        """The rows of the region that the last frame left above the prompt."""
        self._cursor = (0, 0)
        self._no_mouse_handlers = _NoMouseHandlers()
        self._is_focus_reported = False
        self._is_paste_bracketed = False
        self._is_cursor_key_mode_reset = False
        super().__init__(DummyStyle(), output)

    @property
    def max_live_rows(self) -> int:
        """The number of rows that may be live: few, so that they fit the screen also when it gets narrower or lower.

        Rows that have left the screen can no longer be erased, and would stay in the scrollback.
        """
        rows = self.output.get_size().rows
        return max(0, min(rows - 2 - max(2, len(self._below)), rows // 2, _MAX_LIVE_ROWS))

    @property
    def is_outdated(self) -> bool:
        """Whether the window has another size than the one that the region was drawn for."""
        return self._size is not None and self._size != self.output.get_size()

    def draw_frame(self, commit: Sequence[str], live: Sequence[str] | None = None, notes: Sequence[str] = ()) -> None:
        """Print final lines and show these rows live, as soon as possible. The layout is not drawn again.

        `notes` are rows directly above the prompt. One empty row is above them, unless `live` is None.
        """
        self._commit.extend(commit)
        self._live = None if live is None else list(live)
        self._notes = list(notes)
        self.is_behind = True
        if self._can_draw():
            self.draw()

    def pop_unwritten(self) -> list[str]:
        """Remove and return the final lines that have not been printed yet."""
        lines = list(self._commit)
        self._commit.clear()
        return lines

    def render(self, app: Application[Any], layout: Layout, is_done: bool = False) -> None:  # noqa: ARG002
        """Lay the layout out and draw it, if the window still has the size that the region was drawn for."""
        if self.is_outdated:
            self._on_new_size()
            return
        size = self.output.get_size()
        if not self._is_paste_bracketed:
            self.output.enable_bracketed_paste()
            self._is_paste_bracketed = True
        if not self._is_cursor_key_mode_reset:
            self.output.reset_cursor_key_mode()
            self._is_cursor_key_mode_reset = True
        self._report_focus(self.watches_focus)
        self.output.write_raw(self._keyboard.codes(is_enabled=True) + self._title.codes(is_enabled=True))
        screen = Screen()
        height = min(size.rows, layout.container.preferred_height(size.columns, size.rows).preferred)
        position = WritePosition(xpos=0, ypos=0, width=size.columns, height=height)
        layout.container.write_to_screen(
            screen, self._no_mouse_handlers, position, parent_style="", erase_bg=False, z_index=None
        )
        screen.draw_all_floats()
        layout.visible_windows = screen.visible_windows
        self._below = screen_rows(screen, height, self._code_of)
        self._prompt_offset = _prompt_offset(screen)
        at = screen.get_cursor_position(layout.current_window)
        self._cursor = (min(at.y, max(0, height - 1)), min(at.x, size.columns - 1))
        self._size = size
        # Screens are in reference cycles, so their cells would stay in memory until the collector finds them.
        screen.data_buffer.clear()
        self.draw()

    def erase(self, leave_alternate_screen: bool = True) -> None:
        """Erase the region, and move the cursor to its beginning."""
        if self._region.height:
            self.output.write_raw(self._region.erase(self.output.get_size().columns))
        self.reset(leave_alternate_screen=leave_alternate_screen)

    def note_resize(self) -> None:
        """Decide which frames were drawn long enough ago, now that the window's size has begun to change."""
        self._acks.settle(time.monotonic())

    def restart_region(self) -> None:
        """Erase the region after the window's size has changed.

        The final lines of frames that are not known to have been drawn are printed again.
        """
        acks, size = self._acks, self.output.get_size()
        is_certain = acks.state != "off" or not acks.late_s
        erasing = self._region.erase_frames(
            acks.drawn, acks.drawings, (size.columns, size.rows), [*acks.printed], is_certain=is_certain
        )
        self._commit.extendleft(reversed(acks.restart(erasing)))
        self._size = None
        self._height_above = 0
        self.output.write_raw(erasing.text)  # in the same write as the rows that are drawn next

    def reset(self, *args: bool, **options: bool) -> None:
        self._region.forget()
        self._acks.forget()
        self._size = None
        self._height_above = 0
        self._report_focus(False)
        self.output.write_raw(self._keyboard.codes(is_enabled=False) + self._title.codes(is_enabled=False))
        if self._is_paste_bracketed:
            self.output.disable_bracketed_paste()
            self._is_paste_bracketed = False
        super().reset(*args, **options)

    def clear(self) -> None:
        """Move the screen's content into the scrollback, and begin at the top."""
        self.erase()
        self.output.write_raw("\r\n" * self.output.get_size().rows + "\x1b[H")
        self.output.flush()

    def draw(self) -> None:
        """Draw the changes; of many final lines, only the first ones."""
        # Not the current size: the layout and the region were made for this one.
        size = self._size or self.output.get_size()
        live, notes = self._fitted_rows(size)
        shown = len(live) + len(notes)
        was_waiting = self._acks.state == "waiting"
        text, is_first = "", True
        while not text and (self._commit or is_first):
            is_first = False
            query = SIZE_QUERY if self._acks.state != "off" else ""
            commit = self._pop_part(size, shown + self._blank_rows((), shown, size) + len(self._below))
            above = [*live, *[""] * self._blank_rows(commit, shown, size), *notes]
            cursor = (len(above) + self._cursor[0], self._cursor[1])
            frame = self._region.compose_frame(commit, [*above, *self._below], cursor, (size.columns, size.rows), query)
            self._height_above = len(above) + self._prompt_offset
            self._acks.send(frame, time.monotonic())
            text = frame.text
        self.is_behind = bool(self._commit)
        self.output.write_raw(text)
        if self._acks.state == "waiting" and not was_waiting:
            self._on_query()
        self.output.flush()

    def _blank_rows(self, commit: Sequence[str], shown: int, size: Size) -> int:
        """Return how many empty rows are above the prompt, below `shown` rows that are not, after these final lines.

        The prompt moves down as text comes, and never up: where a block has fewer rows in the end than it had while it
        was live, empty rows keep the place until the next lines fill it. So the bottom line of a full screen stands
        still. Empty rows are never final.
        """
        kept = self._height_above - self._prompt_offset - screen_height(commit, size.columns)
        return min(max(self._gap(size), kept - shown), self._room(size) - shown)

    def _room(self, size: Size) -> int:
        """Return how many rows fit above the layout."""
        return max(0, size.rows - len(self._below) - 1)

    def _gap(self, size: Size) -> int:
        """Return the least number of empty rows above the prompt: one while a reply streams."""
        return 1 if self._live is not None and self._room(size) > 1 else 0

    def _fitted_rows(self, size: Size) -> tuple[list[str], list[str]]:
        """Return the last live rows and notes that fit; they may have been laid out for a wider window."""
        room = self._room(size) - self._gap(size)
        notes = [clipped(row, size.columns) for row in _last(self._notes, room)]
        return [clipped(row, size.columns) for row in _last(self._live or (), room - len(notes))], notes

    def _pop_part(self, size: Size, height: int) -> list[str]:
        """Remove and return the final lines of the next frame: some, or one. `height` rows are drawn below them."""
        if self._acks.state == "off":
            return self.pop_unwritten()
        lines: list[str] = []
        bytes_left, rows_left = _MAX_FRAME_BYTES, (size.rows - height) // _FRAME_HEIGHT_RATIO
        while self._commit and bytes_left > 0:
            rows_left -= wrapped_height(self._commit[0], size.columns)
            if lines and rows_left < 0:
                break
            lines.append(self._commit.popleft())
            bytes_left -= len(lines[-1].encode("utf-8", "replace"))
        return lines

    def _report_focus(self, enabled: bool) -> None:
        if enabled != self._is_focus_reported:
            self._is_focus_reported = enabled
            self.output.write_raw(ENABLE_REPORTS if enabled else DISABLE_REPORTS)


def _last(rows: Sequence[str], count: int) -> Sequence[str]:
    return rows[max(0, len(rows) - count) :]


def _prompt_offset(screen: Screen) -> int:
    """Return the rows above the message that is being typed; 0 if something else is in place of the prompt."""
    for window, position in screen.visible_windows_to_write_positions.items():
        if isinstance(window, Window) and isinstance(window.content, BufferControl):
            return position.ypos
    return 0
