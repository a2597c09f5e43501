"""A reply while it streams: deltas in, frames out.

Deltas are gathered between frames: the first after a pause is drawn at once, then at most `MAX_FRAMES_PER_S`, and at
most a quarter of the time goes into them. A burst is drawn in slices, so that a key typed meanwhile is echoed between
two of them. What else is printed meanwhile waits for the end of the block that is open (`chat/held_output`).
Receiving a reply, and stopping it at Ctrl-C, is the subject of `chat/reply_display`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from grokchat.api.reply_builder import Delta
from grokchat.chat.activity_line import ActivityLine
from grokchat.chat.backlog import Backlog
from grokchat.chat.deferred_line import DeferredLine
from grokchat.chat.held_output import HeldOutput
from grokchat.chat.reasoning import Reasoning
from grokchat.chat.retry_line import RetryLine
from grokchat.config.settings import Settings
from grokchat.render.style import TerminalStyle
from grokchat.terminal.interface import Screen

if TYPE_CHECKING:
    from grokchat.api.client import Retrying
    from grokchat.render.stream import ReplyRenderer

MAX_FRAMES_PER_S = 60
FRAME_PAUSE_FACTOR = 4
"""After a frame that took t, the next one starts 4 t after its start at the earliest."""
_MAX_FRAME_S = 0.003
"""How long one frame may lay out text, which delays the echo of a typed key."""


class LiveReply:
    """Draws one reply: `add_delta` for each delta, `drain` after it, `finish` at the end.

    `partial_text` is the text that a continued reply has already: the numbering of its code blocks continues, and a
    block that it left open stays open. With `has_citations`, or if the request has search, markers of sources are shown
    as their numbers. `end_codes` returns codes for the empty line after the reply. `rows_below` returns live rows for a
    width, which stand below the reply. `is_broken`: a bug keeps it from being shown.
    """

    def __init__(
        self,
        screen: Screen,
        style: TerminalStyle,
        settings: Settings,
        clock: Callable[[], float],
        *,
        partial_text: str = "",
        has_citations: bool = False,
        end_codes: Callable[[], str] = str,
        rows_below: Callable[[int], Sequence[str]] | None = None,
    ) -> None:
        self._screen = screen
        self._style = style
        self._clock = clock
        self._end_mark = ["(end of the reply)"] if settings.screen_reader else []
        self._markdown = settings.markdown
        self._reasoning = Reasoning(style, settings.show_reasoning, clock)
        self._activity = ActivityLine(style, clock)
        self._deferred = DeferredLine(style, clock)
        self._retries = RetryLine(style, clock)
        self._held = HeldOutput()
        self._has_ended = False
        self._partial_text = partial_text
        self._has_citations = has_citations or settings.search != "off"
        self._end_codes = end_codes
        self._rows_below = rows_below
        self._backlog = Backlog()
        self._has_text = False
        self._finished_lines: list[str] = []
        self._live_lines: list[str] | None = None
        self._footer: Sequence[str] = ()
        self._next_frame_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.is_broken = False

    @cached_property
    def _renderer(self) -> ReplyRenderer:
        # Loaded at the first delta, if not before: the request need not wait for it.
        from grokchat.render.stream import ReplyRenderer

        return ReplyRenderer(self._style, markdown=self._markdown, numbered=True, has_citations=self._has_citations)

    @property
    def state(self) -> str:
        """The word for the bottom line: `waiting`, `deferred`, `retrying`, `searching`, `thinking` or `replying`."""
        if self._activity.is_live:
            return "searching"
        if self._has_text:
            return "replying"
        if self._reasoning.has_begun:
            return "thinking"
        if self._deferred.is_live:
            return "deferred"
        return "retrying" if self._retries.is_live else "waiting"

    @property
    def waiting_text(self) -> str:
        """What the bottom line says while a deferred reply is waited for; "" otherwise."""
        return self._deferred.text()

    def add_delta(self, delta: Delta) -> None:
        """Add a delta, to be drawn in this frame or the next."""
        with self._drawing() as may_draw:
            if may_draw:
                self._add(delta)

    def add_retry(self, retrying: Retrying, max_attempts: int) -> bool:
        """Show that the request is sent again after a wait; return False if there is no room for a live line."""
        if self._screen.max_live_rows < 1:
            return False
        self._retries.add(retrying, max_attempts)
        self.redraw()
        self._screen.refresh()
        return True

    def wait_for_deferred(self, elapsed_s: float) -> None:
        """Show that a deferred reply is waited for, which was asked for some seconds ago."""
        if self._retries.is_live:
            self._finished_lines += [*self._retries.close(self._screen.width, is_answered=True), ""]
        self._deferred.begin(elapsed_s)
        self.redraw()
        self._screen.refresh()

    def print_lines(self, lines: Sequence[str], command: str = "", *, is_question: bool = False) -> None:
        """Print lines of something else than this reply once the block that is open has ended.

        `command` is the user's line that they show, if they are the beginning of its output. A question is shown
        above the prompt meanwhile, until `end_question`.
        """
        if self.is_broken or self._has_ended or self._screen.echoes_input:  # there, the line has broken the block
            self._screen.draw_frame(lines, self._live_lines)
            return
        self._held.add(lines, command, is_question=is_question)
        with self._drawing() as may_draw:
            if may_draw:
                self._print_held()

    def end_question(self) -> None:
        """Show the question no more."""
        self._held.end_question()
        self.redraw()

    def pop_held(self) -> list[str]:
        """Remove and return the lines that a bug has kept from being printed."""
        return self._held.pop()

    def _print_held(self) -> None:
        """Print what is held, if no block is open; otherwise show what waits."""
        block = (self._renderer if self._has_text else self._reasoning).open_block
        is_urgent = self._held.has_question and self._screen.max_live_rows < 1
        if block is None or self._held.is_full or is_urgent:
            self._finished_lines += self._held.pop_between_blocks()
        else:
            self._held.block = block
        if self._timer is None:
            self._draw_one_frame()

    def _add(self, delta: Delta) -> None:
        state = self.state
        if (delta.reasoning or delta.text or delta.activity) and self._retries.is_live:
            self._finished_lines += [*self._retries.close(self._screen.width, is_answered=True), ""]
        if delta.reasoning or delta.text:
            self._activity.end()
            self._deferred.end()
        if delta.reasoning and not self._has_text:
            self._reasoning.add(delta.reasoning)
        if delta.text:
            if not self._has_text:
                self._has_text = True
                self._renderer.skip(self._partial_text, self._screen.width)
                self._finished_lines += [*self._reasoning.close(self._screen.width), *self._held.pop()]
            self._backlog.add(delta.text)
        if delta.activity:  # it is what comes after the text
            self._activity.begin(delta.activity)
            self._reasoning.note_search()
        if self.state != state:
            self._screen.refresh()
        if self._timer is None:
            self._schedule_frame(max(0.0, self._next_frame_at - self._clock()))

    async def drain(self) -> None:
        """Wait while too much has arrived undrawn, so that the server has to wait and Ctrl-C takes effect at once."""
        await self._backlog.drain()

    def update_elapsed_time(self) -> None:
        """Redraw for how long something has been going on, or how long it is to the next attempt."""
        if self.state in {"thinking", "searching", "retrying", "deferred"} or self._rows_below is not None:
            self.redraw()

    def redraw(self) -> None:
        """Redraw the live lines for the window's present size."""
        is_empty = self.state == "waiting" and self._rows_below is None
        if self._timer is None and not is_empty and not self.is_broken:
            self._draw_frame()

    def show_reasoning(self) -> None:
        """Print all of the reasoning with the rest, whatever the setting: there is no answer."""
        if not self._has_text:
            self._reasoning.release()

    async def finish(self, footer: Sequence[str] = ()) -> None:
        """Print everything that has arrived, and the footer's lines. If cancelled, prints the rest in one frame."""
        self._footer = footer
        try:
            while self._backlog or self._reasoning.has_released_text:
                self._cancel_timer()
                self._draw_frame()
                self._cancel_timer()
                await asyncio.sleep(0)
        finally:
            self._print_rest()

    def _print_rest(self) -> None:
        self._cancel_timer()
        with self._drawing() as may_draw:
            if may_draw:
                self._draw_rest()

    def _draw_rest(self) -> None:
        width = self._screen.width
        lines = self._finished_lines
        if self._has_text:
            while self._backlog:
                self._renderer.feed(self._backlog.pop_step())
            lines += self._renderer.close(width)
        else:
            while self._reasoning.has_released_text:
                self._reasoning.render_step()
            lines += self._reasoning.close(width)[:-1]  # the empty line is that of the end's codes
        self._backlog.clear()
        self._finished_lines, self._live_lines = [], None
        self._has_ended = True
        if lines or self._has_text:
            lines += [*self._end_mark, self._end_codes()]
        lines += self._footer
        if self._retries.is_live:
            lines += self._retries.close(width, is_answered=False)
        self._screen.draw_frame([*lines, *self._held.pop()])

    def _schedule_frame(self, delay: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(delay, self._draw_frame)

    def _draw_frame(self) -> None:
        self._timer = None
        with self._drawing() as may_draw:
            if may_draw:
                self._draw_one_frame()

    @contextmanager
    def _drawing(self) -> Iterator[bool]:
        """Note a bug in what is done inside: then no more is drawn, and nobody waits for that. Yield whether it may."""
        was_broken, self.is_broken = self.is_broken, True
        try:
            yield not was_broken
            self.is_broken = was_broken
        finally:
            if self.is_broken:
                self._backlog.clear()
                self._finished_lines, self._live_lines = [], None

    def _draw_one_frame(self) -> None:
        started_at = self._clock()
        width = self._screen.width
        lines, self._finished_lines = self._finished_lines, []
        while self._backlog and self._clock() - started_at < _MAX_FRAME_S:
            lines += self._render_step(width)
        while self._reasoning.has_released_text and self._clock() - started_at < _MAX_FRAME_S:
            self._reasoning.render_step()
        if not self._has_text:
            lines += self._held.inserted_into(self._reasoning.commit(width), self._reasoning)
        max_rows = self._screen.max_live_rows
        notes = self._notes(width, max_rows)
        self._live_lines = self._render_live(width, max_rows - len(notes))
        self._screen.draw_frame(lines, self._live_lines, notes)
        duration = self._clock() - started_at
        self._next_frame_at = started_at + max(1 / MAX_FRAMES_PER_S, FRAME_PAUSE_FACTOR * duration)
        if self._backlog:
            self._schedule_frame(0.0)

    def _render_step(self, width: int) -> list[str]:
        """Lay out some of the text that has arrived, and return the lines that it completes."""
        self._renderer.feed(self._backlog.pop_step())
        return self._held.inserted_into(self._renderer.commit(width), self._renderer)

    def _notes(self, width: int, max_rows: int) -> list[str]:
        """Return the rows below the live lines, to which one row is left."""
        held = self._held.notes(width, max_rows, self._style) if max_rows else []
        below = self._activity_lines(width) if self._has_text else []
        if self._rows_below is not None:
            below += self._rows_below(width)
        return below[: max(0, max_rows - len(held) - 1)] + held

    def _activity_lines(self, width: int) -> list[str]:
        return [self._activity.live_line(width)] if self._activity.is_live and self._style.is_unicode else []

    def _render_live(self, width: int, rows: int) -> list[str] | None:
        """Return the live rows; None until the reply has begun."""
        if self._has_text:
            return self._renderer.tail(width, rows if self._style.is_unicode else 0)
        if rows < 1:
            return None
        if self._retries.is_live:
            return [self._retries.live_line(width)]
        if self._deferred.is_live:
            return [self._deferred.live_line(width)]
        if not self._style.is_unicode:
            return None
        return self._activity_lines(width) or self._reasoning.live_lines(width) or None

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
