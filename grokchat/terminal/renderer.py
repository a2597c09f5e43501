"""prompt_toolkit's layout, drawn as the lower part of the region: its keys and widgets, our rows.

prompt_toolkit lays the prompt, the menu and the bottom line out into a screen of characters; here that screen becomes
rows of the one region, below what is live of a reply. A reply's frame does not lay the prompt out again, and a typed
key does not touch the reply.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.layout import Layout
from prompt_toolkit.layout.mouse_handlers import MouseHandlers
from prompt_toolkit.layout.screen import Screen, WritePosition
from prompt_toolkit.output import Output
from prompt_toolkit.output.vt100 import _EscapeCodeCache  # the one place that knows how attributes become codes
from prompt_toolkit.renderer import Renderer, _StyleStringToAttrsCache
from prompt_toolkit.styles import BaseStyle

from grokchat.terminal.focus import UNWATCH, WATCH
from grokchat.terminal.region import Region, clipped

_MOST_LIVE = 6


def reflows(env: Mapping[str, str]) -> bool:
    """Say whether the terminal breaks its rows anew when it becomes narrower; xterm and consoles cut them off."""
    term = env.get("TERM", "")
    return not (env.get("XTERM_VERSION") or (term.startswith(("linux", "screen", "vt")) and not env.get("TMUX")))


def settling(env: Mapping[str, str]) -> float:
    """Return the seconds without a change of size after which the size is taken for final.

    tmux tells its programs of a second change up to 250 ms after it has broken the rows anew.
    """
    in_tmux = env.get("TMUX") or env.get("TERM", "").startswith(("tmux", "screen"))
    return 0.3 if in_tmux else 0.05


class RegionApplication(Application[None]):
    """prompt_toolkit's, with a region that outlives changes of the window's size.

    While a window is being dragged the terminal is ahead of what a program knows of it, and what is drawn for one size
    lands on another. So nothing is drawn until the size has settled, and then once.
    """

    def __init__(self, *, settling: float, reflows: bool, resized: Callable[[], None], **options: Any) -> None:
        super().__init__(max_render_postpone_time=0, **options)
        self._resized = resized
        self.renderer: RegionRenderer = RegionRenderer(self, self._merged_style, self.output, reflows=reflows)
        self._wait = settling
        self._settling: asyncio.TimerHandle | None = None

    @property
    def can_draw(self) -> bool:
        """Whether the screen is ours, at the size for which the region was drawn; if not yet, a drawing is to come."""
        if not self.has_screen:
            return False
        if self._settling is None and self.renderer.is_outdated:
            self._settle()
        return self._settling is None

    @property
    def has_screen(self) -> bool:
        """Whether the screen is ours, and not an editor's or the shell's."""
        return self.is_running and not self.is_done and not self._running_in_terminal

    def _settle(self) -> None:
        if self._settling is not None:
            self._settling.cancel()
        self._settling = asyncio.get_running_loop().call_later(self._wait, self._has_settled)

    def _has_settled(self) -> None:
        self._settling = None
        if self.has_screen:
            self.renderer.begin_anew()
            self._redraw()
            self._resized()

    def _on_resize(self) -> None:
        self._settle()

    def told_of_another_size(self) -> None:
        """Wait for the size to settle: the terminal has said so before the system did."""
        self._settle()

    def _redraw(self, render_as_done: bool = False) -> None:
        # A key may be drawn before the loop hears of a new size, for which what is on the screen was not drawn.
        if render_as_done or not self.has_screen or self.can_draw:
            super()._redraw(render_as_done)


class RegionRenderer(Renderer):
    """Draws a region: lines that become final, rows that are live, and below them the layout."""

    def __init__(self, app: RegionApplication, style: BaseStyle, output: Output, *, reflows: bool) -> None:
        self._app = app
        self._region = Region(reflows=reflows)
        self._live: list[str] = []
        self._again: list[str] = []
        self._below: list[str] = []
        self._cursor = (0, 0)
        self._ask: Callable[[], str] = str
        self._answers = 0
        self._codes: _EscapeCodeCache | None = None
        self.watches_focus = False
        self._is_watching = False
        super().__init__(style, output)

    def watch(self, ask: Callable[[], str]) -> None:
        """Ask the terminal behind each frame for its size; `answered` is to be called with what it says."""
        self._ask = ask
        self._region.is_watched = True

    @property
    def room(self) -> int:
        """The rows that may be live: few, so that they fit the screen also when it becomes narrower or lower.

        What has left the screen cannot be erased any more, and would stay in the scrollback.
        """
        rows = self.output.get_size().rows
        return max(0, min(rows - 2 - max(2, len(self._below)), rows // 2, _MOST_LIVE))

    @property
    def is_outdated(self) -> bool:
        """Whether the window has another size than the one for which the region was drawn."""
        return self._last_size is not None and self._last_size != self.output.get_size()

    def show(self, commit: Sequence[str], live: Sequence[str]) -> None:
        """Print final lines, and have these rows live; the layout stays as it was drawn last."""
        self._live = list(live)
        self._draw(commit)

    def render(self, app: Application[Any], layout: Layout, is_done: bool = False) -> None:  # noqa: ARG002
        """Lay the layout out and draw it."""
        if not self._bracketed_paste_enabled:
            self.output.enable_bracketed_paste()
            self._bracketed_paste_enabled = True
        if not self._cursor_key_mode_reset:
            self.output.reset_cursor_key_mode()
            self._cursor_key_mode_reset = True
        self._watch_focus(self.watches_focus)
        size = self.output.get_size()
        screen = Screen()
        height = min(size.rows, layout.container.preferred_height(size.columns, size.rows).preferred)
        mouse_handlers = MouseHandlers()
        position = WritePosition(xpos=0, ypos=0, width=size.columns, height=height)
        layout.container.write_to_screen(
            screen, mouse_handlers, position, parent_style="", erase_bg=False, z_index=None
        )
        screen.draw_all_floats()
        layout.visible_windows = screen.visible_windows
        self._below = [clipped(row, size.columns) for row in self._rows(screen, height)]
        at = screen.get_cursor_position(layout.current_window)
        self._cursor = (min(at.y, max(0, height - 1)), min(at.x, size.columns - 1))
        self._last_screen, self._last_size, self.mouse_handlers = screen, size, mouse_handlers
        self._draw(())

    def erase(self, leave_alternate_screen: bool = True) -> None:
        """Leave nothing of the region, and the cursor where it began."""
        if self._region.height:
            self.output.write_raw(self._region.erase(self.output.get_size().columns))
        self.reset(leave_alternate_screen=leave_alternate_screen)

    def begin_anew(self) -> None:
        """Erase the region of a window that has another size now."""
        written, self._again = self._region.erase_anew(self.output.get_size().columns)
        self.output.write_raw(written)
        self.reset(leave_alternate_screen=False)

    def answered(self, one: int, other: int) -> None:
        """Take the terminal's word for the size that it had behind one more frame.

        xterm says rows and columns, tmux 3.3 columns and rows.
        """
        self._answers += 1
        if self._last_size is not None and {one, other} == set(self._last_size):
            self._region.took(self._answers)
        else:
            self._app.told_of_another_size()

    def reset(self, _scroll: bool = False, leave_alternate_screen: bool = True) -> None:
        self._region.forget()
        self._watch_focus(False)
        super().reset(_scroll=_scroll, leave_alternate_screen=leave_alternate_screen)

    def clear(self) -> None:
        """Begin at the top of the screen; what was on it goes into the scrollback."""
        self.erase()
        self.output.write_raw("\r\n" * self.output.get_size().rows + "\x1b[H")
        self.output.flush()

    def _watch_focus(self, wanted: bool) -> None:
        if wanted != self._is_watching:
            self._is_watching = wanted
            self.output.write_raw(WATCH if wanted else UNWATCH)

    def _draw(self, commit: Sequence[str]) -> None:
        size = self.output.get_size()
        space = size.rows - len(self._below) - 1
        live: list[str] = []
        if self._live and space > 1:
            # They may have been laid out for a window that was wider.
            live = [*(clipped(row, size.columns) for row in self._live[max(0, len(self._live) - space + 1) :]), ""]
        cursor = (len(live) + self._cursor[0], self._cursor[1])
        commit, self._again = [*self._again, *commit], []
        written = self._region.frame(commit, [*live, *self._below], cursor, (size.columns, size.rows))
        if written:
            self.output.write_raw(written)
            if self._region.is_watched:
                self.output.write_raw(self._ask())
        self.output.flush()

    def _rows(self, screen: Screen, height: int) -> list[str]:
        """Return a screen's rows as text with SGR codes."""
        attributes = _StyleStringToAttrsCache(self.style.get_attrs_for_style_str, self._app.style_transformation)
        if self._codes is None or self._codes.color_depth != self._app.color_depth:
            self._codes = _EscapeCodeCache(self._app.color_depth)
        rows = []
        for y in range(height):
            row = screen.data_buffer[y]
            parts: list[str] = []
            current = plain = self._codes[attributes[""]]
            column, end = 0, max(row, default=-1)
            while column <= end:
                cell = row[column]
                code = self._codes[attributes[cell.style]]
                if code != current:
                    parts.append("\x1b[m" if code == plain else code)
                    current = code
                parts.append(cell.char)
                column += max(1, cell.width)
            if current != plain:
                parts.append("\x1b[m")
            rows.append("".join(parts).rstrip(" "))
        return rows
