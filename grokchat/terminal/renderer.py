"""prompt_toolkit's layout, drawn as the lower part of the region: its keys and widgets, our rows.

prompt_toolkit lays the prompt, the menu and the bottom line out on a screen of characters. Here that screen becomes
rows of the one region, below the live part of a reply. A frame of the reply does not lay the prompt out again, and a
typed key does not touch the reply.
"""

from __future__ import annotations

import asyncio
import io
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.data_structures import Size
from prompt_toolkit.layout import Layout
from prompt_toolkit.layout.mouse_handlers import MouseHandlers
from prompt_toolkit.layout.screen import Screen, WritePosition
from prompt_toolkit.output import ColorDepth, Output
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.renderer import Renderer
from prompt_toolkit.styles import Attrs, BaseStyle, StyleTransformation

from grokchat.compat.prompt_toolkit import HookedApplication
from grokchat.terminal.focus import DISABLE_REPORTS, ENABLE_REPORTS
from grokchat.terminal.frame_acks import FrameAcks
from grokchat.terminal.live_region import Region, clipped
from grokchat.terminal.queries import SIZE_QUERY

_MAX_LIVE_ROWS = 6
_MAX_FRAME_BYTES = 2000
"""Bytes of final lines, if there are several, in a frame with a query: tmux reads 4096 at once."""


def reflows(env: Mapping[str, str]) -> bool:
    """Return whether the terminal wraps its rows anew when it becomes narrower; xterm and consoles cut them off."""
    term = env.get("TERM", "")
    return not (env.get("XTERM_VERSION") or (term.startswith(("linux", "screen", "vt")) and not env.get("TMUX")))


def resize_delay_s(env: Mapping[str, str]) -> float:
    """Return how long the size has to stay unchanged until it counts as final.

    tmux tells its programs of a second change up to 250 ms after it has wrapped the rows anew.
    """
    in_tmux = env.get("TMUX") or env.get("TERM", "").startswith(("tmux", "screen"))
    return 0.3 if in_tmux else 0.05


class RegionApplication(HookedApplication):
    """prompt_toolkit's application, with a region that survives changes of the window's size.

    While a window is being dragged the terminal is ahead of what a program knows of it, and what is drawn for one size
    lands on another. So nothing is drawn until the size has settled, and then once.

    If the terminal is asked for its size (`acks`), one frame at a time is on its way, and that is small: a window
    hardly ever changes in the middle of it.
    """

    def __init__(
        self,
        *,
        resize_delay_s: float,
        reflows: bool,
        on_resized: Callable[[], None],
        acks: FrameAcks | None = None,
        **options: Any,
    ) -> None:
        super().__init__(max_render_postpone_time=0, **options)
        self.acks = acks or FrameAcks()
        self.renderer: RegionRenderer = RegionRenderer(self, self.renderer.style, self.output, reflows=reflows)
        self._on_resized = on_resized
        self._resize_delay_s = resize_delay_s
        self._resize_timer: asyncio.TimerHandle | None = None
        self._answer_timer: asyncio.TimerHandle | None = None
        self._is_redraw_due = False
        self._changed = asyncio.Event()

    @property
    def can_draw(self) -> bool:
        """Whether the screen is ours, has its final size, and has taken the last frame. If not, it is drawn later."""
        if not self.has_screen:
            return False
        if self._resize_timer is None and self.renderer.is_outdated:
            self.handle_resize()
        return self._resize_timer is None and self.acks.state != "waiting"

    @property
    def has_screen(self) -> bool:
        """Whether the screen is ours, and not an editor's or the shell's."""
        return self.is_running and not self.is_done and not self.is_in_terminal

    def handle_resize(self) -> None:
        """Draw nothing until the new size has settled, and then everything."""
        if self._resize_timer is not None:
            self._resize_timer.cancel()
        self._resize_timer = asyncio.get_running_loop().call_later(self._resize_delay_s, self._finish_resize)

    def _finish_resize(self) -> None:
        if self.acks.state == "waiting":
            self.handle_resize()  # the terminal's answer will say what is on the screen
            return
        self._resize_timer = None
        if self.has_screen:
            self.renderer.restart_region()
            self.redraw()
            self._on_resized()
        self._changed.set()

    def await_answer(self) -> None:
        """Draw nothing until the terminal has answered that it has the last frame, or the time for that is over."""
        self._answer_timer = asyncio.get_running_loop().call_later(self.acks.timeout_s, self._resume_drawing)

    def handle_answer(self, is_certain: bool) -> None:
        """Act on an answer to a size query. `is_certain`: the frame was drawn at its own size, as far as is known."""
        if not is_certain:
            self.handle_resize()  # the terminal has said so before the system did
        if not self.acks.pending:
            self._resume_drawing()

    def _resume_drawing(self) -> None:
        """Draw what has waited for the terminal's answer."""
        self.acks.stop_waiting()
        if self._answer_timer is not None:
            self._answer_timer.cancel()
            self._answer_timer = None
        if self.can_draw:
            if self._is_redraw_due:
                self.redraw()
            elif self.renderer.is_behind:
                self.renderer.draw()
        self._changed.set()

    async def drawn(self) -> None:
        """Wait until everything that is to be on the screen is there, as long as the screen is ours."""
        while self.has_screen:
            if self.can_draw:
                if not self.renderer.is_behind:
                    return
                self.renderer.draw()
            else:
                self._changed.clear()
                await self._changed.wait()

    def may_redraw(self, *, is_last: bool) -> bool:
        # A key may be drawn before the loop hears of a new size, for which what is on the screen was not drawn.
        self._is_redraw_due = not is_last and self.has_screen and not self.can_draw
        return not self._is_redraw_due


class RegionRenderer(Renderer):
    """Draws a region: lines that become final, rows that are live, and below them the layout."""

    def __init__(self, app: RegionApplication, style: BaseStyle, output: Output, *, reflows: bool) -> None:
        self.is_behind = False
        """Whether there are final lines or live rows that have not been drawn."""
        self.watches_focus = False
        """Whether the terminal is to report the focus, from the next drawing on."""
        self._app = app
        self._acks = app.acks
        self._region = Region(reflows=reflows)
        self._size: Size | None = None
        """The size that the region was drawn for."""
        self._commit: deque[str] = deque()
        self._live: list[str] = []
        self._below: list[str] = []
        self._cursor = (0, 0)
        self._codes: _SgrCodes | None = None
        self._is_focus_reported = False
        self._is_paste_bracketed = False
        self._is_cursor_key_mode_reset = False
        super().__init__(style, output)

    @property
    def max_live_rows(self) -> int:
        """The number of rows that may be live: few, so that they fit the screen also when it gets narrower or lower.

        What has left the screen cannot be erased any more, and would stay in the scrollback.
        """
        rows = self.output.get_size().rows
        return max(0, min(rows - 2 - max(2, len(self._below)), rows // 2, _MAX_LIVE_ROWS))

    @property
    def is_outdated(self) -> bool:
        """Whether the window has another size than the one that the region was drawn for."""
        return self._size is not None and self._size != self.output.get_size()

    def draw_frame(self, commit: Sequence[str], live: Sequence[str]) -> None:
        """Print final lines and show these rows live, as soon as that is possible. The layout stays as last drawn."""
        self._commit.extend(commit)
        self._live = list(live)
        self.is_behind = True
        if self._app.can_draw:
            self.draw()

    def pop_unwritten(self) -> list[str]:
        """Remove and return the final lines that have not been printed yet."""
        lines = list(self._commit)
        self._commit.clear()
        return lines

    def render(self, app: Application[Any], layout: Layout, is_done: bool = False) -> None:  # noqa: ARG002
        """Lay the layout out and draw it, if the window still has the size that the region was drawn for."""
        if self.is_outdated:
            self._app.handle_resize()
            return
        size = self.output.get_size()
        if not self._is_paste_bracketed:
            self.output.enable_bracketed_paste()
            self._is_paste_bracketed = True
        if not self._is_cursor_key_mode_reset:
            self.output.reset_cursor_key_mode()
            self._is_cursor_key_mode_reset = True
        self._report_focus(self.watches_focus)
        screen = Screen()
        height = min(size.rows, layout.container.preferred_height(size.columns, size.rows).preferred)
        mouse_handlers = MouseHandlers()
        position = WritePosition(xpos=0, ypos=0, width=size.columns, height=height)
        layout.container.write_to_screen(
            screen, mouse_handlers, position, parent_style="", erase_bg=False, z_index=None
        )
        screen.draw_all_floats()
        layout.visible_windows = screen.visible_windows
        self._below = [clipped(row, size.columns) for row in self._rows_of(screen, height)]
        at = screen.get_cursor_position(layout.current_window)
        self._cursor = (min(at.y, max(0, height - 1)), min(at.x, size.columns - 1))
        self._size, self.mouse_handlers = size, mouse_handlers
        self.draw()

    def erase(self, leave_alternate_screen: bool = True) -> None:
        """Leave nothing of the region, and the cursor where it began."""
        if self._region.height:
            self.output.write_raw(self._region.erase(self.output.get_size().columns))
        self.reset(leave_alternate_screen=leave_alternate_screen)

    def restart_region(self) -> None:
        """Erase the region in a window that has another size now.

        The final lines of frames that are not known to have been drawn are printed again.
        """
        acks, columns = self._acks, self.output.get_size().columns
        frames = acks.in_flight
        self._commit.extendleft(reversed([line for frame in frames for line in frame.commit]))
        self.output.write_raw(self._region.erase_frames(acks.drawn, frames, columns, is_cut=acks.is_cut))
        self.reset(leave_alternate_screen=False)

    def reset(self, *args: bool, **options: bool) -> None:
        self._region.forget()
        self._acks.forget()
        self._size = None
        self._report_focus(False)
        if self._is_paste_bracketed:
            self.output.disable_bracketed_paste()
            self._is_paste_bracketed = False
        super().reset(*args, **options)

    def clear(self) -> None:
        """Begin at the top of the screen; what was on it goes into the scrollback."""
        self.erase()
        self.output.write_raw("\r\n" * self.output.get_size().rows + "\x1b[H")
        self.output.flush()

    def draw(self) -> None:
        """Draw what has changed; if that is much, the first part of it."""
        # Not the size of just now: the layout is of this one, and so is what the region was drawn for.
        size = self._size or self.output.get_size()
        space = size.rows - len(self._below) - 1
        live: list[str] = []
        if self._live and space > 1:
            # They may have been laid out for a window that was wider.
            live = [*(clipped(row, size.columns) for row in self._live[max(0, len(self._live) - space + 1) :]), ""]
        cursor = (len(live) + self._cursor[0], self._cursor[1])
        was_waiting = self._acks.state == "waiting"
        text, is_first = "", True
        while not text and (self._commit or is_first):
            is_first = False
            query = SIZE_QUERY if self._acks.state != "off" else ""
            rows = [*live, *self._below]
            frame = self._region.compose_frame(self._pop_part(), rows, cursor, (size.columns, size.rows), query)
            self._acks.send(frame)
            text = frame.text
        self.is_behind = bool(self._commit)
        self.output.write_raw(text)
        if self._acks.state == "waiting" and not was_waiting:
            self._app.await_answer()
        self.output.flush()

    def _pop_part(self) -> list[str]:
        """Remove and return the final lines of the next frame."""
        if self._acks.state == "off":
            return self.pop_unwritten()
        lines: list[str] = []
        left = _MAX_FRAME_BYTES
        while self._commit and left > 0:
            lines.append(self._commit.popleft())
            left -= len(lines[-1].encode("utf-8", "replace"))
        return lines

    def _report_focus(self, enabled: bool) -> None:
        if enabled != self._is_focus_reported:
            self._is_focus_reported = enabled
            self.output.write_raw(ENABLE_REPORTS if enabled else DISABLE_REPORTS)

    def _rows_of(self, screen: Screen, height: int) -> list[str]:
        """Return a screen's rows as text with SGR codes."""
        if self._codes is None or self._codes.color_depth != self._app.color_depth:
            self._codes = _SgrCodes(self._app.color_depth)
        codes = _StyleCodes(self.style, self._app.style_transformation, self._codes)
        plain = codes[""]
        rows = []
        for y in range(height):
            row = screen.data_buffer[y]
            parts: list[str] = []
            current = plain
            column, end = 0, max(row, default=-1)
            while column <= end:
                cell = row[column]
                code = codes[cell.style]
                if code != current:
                    parts.append("\x1b[m" if code == plain else code)
                    current = code
                parts.append(cell.char)
                column += max(1, cell.width)
            if current != plain:
                parts.append("\x1b[m")
            rows.append("".join(parts).rstrip(" "))
        return rows


class _StyleCodes(dict[str, str]):
    """The SGR code of each style string."""

    def __init__(self, style: BaseStyle, transformation: StyleTransformation, codes: _SgrCodes) -> None:
        super().__init__()
        self._style = style
        self._transformation = transformation
        self._codes = codes

    def __missing__(self, style: str) -> str:
        attributes = self._transformation.transform_attrs(self._style.get_attrs_for_style_str(style))
        code = self[style] = self._codes[attributes]
        return code


class _SgrCodes(dict[Attrs, str]):
    """The SGR code of each combination of attributes, as Vt100_Output writes it."""

    def __init__(self, color_depth: ColorDepth) -> None:
        super().__init__()
        self.color_depth = color_depth
        self._output = _LastWrite()

    def __missing__(self, attributes: Attrs) -> str:
        self._output.set_attributes(attributes, self.color_depth)
        code = self[attributes] = self._output.text
        return code


class _LastWrite(Vt100_Output):
    """An output that keeps only what was written last."""

    def __init__(self) -> None:
        super().__init__(io.StringIO(), lambda: Size(rows=24, columns=80))
        self.text = ""

    def write_raw(self, data: str) -> None:
        self.text = data
