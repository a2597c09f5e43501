"""prompt_toolkit's layout, drawn as the lower part of the region: its keys and widgets, our rows.

prompt_toolkit lays the prompt, the menu and the bottom line out into a screen of characters; here that screen becomes
rows of the one region, below what is live of a reply. A reply's frame does not lay the prompt out again, and a typed
key does not touch the reply.
"""

from __future__ import annotations

import asyncio
from collections import deque
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
from grokchat.terminal.live_region import Region, clipped

_MOST_LIVE = 6
_PART = 2000
"""Bytes of final lines, if not of one line, in a frame that is asked about: tmux reads 4096 at once."""
_FIRST_PATIENCE, _PATIENCE = 0.5, 2.0
"""Seconds that an answer to "how large are you" is waited for: the first one, and those of who has answered before."""


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

    A terminal that is asked for its size has one frame at a time on its way, and that is small: hardly ever does it
    take one half before the window changes and the other after.
    """

    def __init__(self, *, settling: float, reflows: bool, resized: Callable[[], None], **options: Any) -> None:
        super().__init__(max_render_postpone_time=0, **options)
        self._resized = resized
        self.renderer: RegionRenderer = RegionRenderer(self, self._merged_style, self.output, reflows=reflows)
        self._wait = settling
        self._settling: asyncio.TimerHandle | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._is_postponed = False
        self._changed = asyncio.Event()

    @property
    def can_draw(self) -> bool:
        """Whether the screen is ours, has taken all, and has the size for which that was; if not, it is drawn later."""
        if not self.has_screen:
            return False
        if self._settling is None and self.renderer.is_outdated:
            self.settle()
        return self._settling is None and self._patience is None

    @property
    def has_screen(self) -> bool:
        """Whether the screen is ours, and not an editor's or the shell's."""
        return self.is_running and not self.is_done and not self._running_in_terminal

    def settle(self) -> None:
        """Draw nothing until the size has settled, and then all of it: the window has another one."""
        if self._settling is not None:
            self._settling.cancel()
        self._settling = asyncio.get_running_loop().call_later(self._wait, self._has_settled)

    def _has_settled(self) -> None:
        if self._patience is not None:
            self.settle()  # what the terminal answers says what is on the screen
            return
        self._settling = None
        if self.has_screen:
            self.renderer.begin_anew()
            self._redraw()
            self._resized()
        self._changed.set()

    def _on_resize(self) -> None:
        self.settle()

    def await_answer(self, seconds: float) -> None:
        """Draw nothing until the terminal has said that it has the last frame, or has said nothing for so long."""
        self._patience = asyncio.get_running_loop().call_later(seconds, self.go_on)

    def go_on(self) -> None:
        """Draw what has waited for the terminal's answer."""
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        if self.can_draw:
            if self._is_postponed:
                self._redraw()
            elif self.renderer.is_behind:
                self.renderer.draw()
        self._changed.set()

    async def drawn(self) -> None:
        """Wait until all that is to be on the screen is there, as long as the screen is ours."""
        while self.has_screen:
            if self.can_draw:
                if not self.renderer.is_behind:
                    return
                self.renderer.draw()
            else:
                self._changed.clear()
                await self._changed.wait()

    def _redraw(self, render_as_done: bool = False) -> None:
        # A key may be drawn before the loop hears of a new size, for which what is on the screen was not drawn.
        self._is_postponed = not render_as_done and self.has_screen and not self.can_draw
        if not self._is_postponed:
            super()._redraw(render_as_done)


class RegionRenderer(Renderer):
    """Draws a region: lines that become final, rows that are live, and below them the layout."""

    def __init__(self, app: RegionApplication, style: BaseStyle, output: Output, *, reflows: bool) -> None:
        self._app = app
        self._region = Region(reflows=reflows)
        self._commit: deque[str] = deque()
        self._live: list[str] = []
        self.is_behind = False
        self._below: list[str] = []
        self._cursor = (0, 0)
        self._answers = 0
        self._codes: _EscapeCodeCache | None = None
        self.watches_focus = False
        self._is_watching = False
        super().__init__(style, output)

    def watch(self, ask: Callable[[], str]) -> None:
        """Ask the terminal in frames for its size; `answered` is to be called with what it says."""
        self._region.watch(ask)

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
        """Print final lines, and have these rows live, when it may be; the layout stays as it was drawn last."""
        self._commit.extend(commit)
        self._live = list(live)
        self.is_behind = True
        if self._app.can_draw:
            self.draw()

    def unwritten(self) -> list[str]:
        """Return the final lines that have not been printed yet, and forget them."""
        lines = list(self._commit)
        self._commit.clear()
        return lines

    def render(self, app: Application[Any], layout: Layout, is_done: bool = False) -> None:  # noqa: ARG002
        """Lay the layout out and draw it, if the window has the size still for which the region was drawn."""
        size = self.output.get_size()
        if self._last_size not in (None, size):
            self._app.settle()
            return
        if not self._bracketed_paste_enabled:
            self.output.enable_bracketed_paste()
            self._bracketed_paste_enabled = True
        if not self._cursor_key_mode_reset:
            self.output.reset_cursor_key_mode()
            self._cursor_key_mode_reset = True
        self._watch_focus(self.watches_focus)
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
        self.draw()

    def erase(self, leave_alternate_screen: bool = True) -> None:
        """Leave nothing of the region, and the cursor where it began."""
        if self._region.height:
            self.output.write_raw(self._region.erase(self.output.get_size().columns))
        self.reset(leave_alternate_screen=leave_alternate_screen)

    def begin_anew(self) -> None:
        """Erase the region of a window that has another size now."""
        written, lines = self._region.erase_anew(self.output.get_size().columns)
        self._commit.extendleft(reversed(lines))
        self.output.write_raw(written)
        self.reset(leave_alternate_screen=False)

    def answered(self, one: int, other: int) -> None:
        """Take the terminal's word for the size that it had at one more question.

        xterm says rows and columns, tmux 3.3 columns and rows.
        """
        self._answers += 1
        if not self._region.took(self._answers, {one, other}):
            self._app.settle()  # the terminal has said so before the system did
        if self._answers == self._region.asked:
            self._app.go_on()

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

    def draw(self) -> None:
        """Draw what has changed; if that is much, the first of it."""
        # Not the size of just now: the layout is of this one, and so is what the region was drawn for.
        size = self._last_size or self.output.get_size()
        space = size.rows - len(self._below) - 1
        live: list[str] = []
        if self._live and space > 1:
            # They may have been laid out for a window that was wider.
            live = [*(clipped(row, size.columns) for row in self._live[max(0, len(self._live) - space + 1) :]), ""]
        cursor = (len(live) + self._cursor[0], self._cursor[1])
        has_answered = self._answers == self._region.asked  # else it did not in time, and is not waited for
        written, is_first = "", True
        while not written and (self._commit or is_first):
            is_first = False
            written = self._region.frame(self._part(), [*live, *self._below], cursor, (size.columns, size.rows))
        self.is_behind = bool(self._commit)
        self.output.write_raw(written)
        if has_answered and self._answers < self._region.asked:
            self._app.await_answer(_PATIENCE if self._answers else _FIRST_PATIENCE)
        self.output.flush()

    def _part(self) -> list[str]:
        """Take the final lines of the next frame."""
        if not self._region.is_watched:
            return self.unwritten()
        lines: list[str] = []
        left = _PART
        while self._commit and left > 0:
            lines.append(self._commit.popleft())
            left -= len(lines[-1].encode("utf-8", "replace"))
        return lines

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
