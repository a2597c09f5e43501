"""A reply while it streams: deltas in, frames out.

Deltas are gathered between frames: the first after a pause is drawn at once, then at most `MAX_FRAMES_PER_S`, and at
most a quarter of the time goes into them. A burst is drawn in slices, so that a key typed meanwhile is echoed between
two of them. Requesting a reply, and stopping it at Ctrl-C, is the subject of `chat/replies`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from grokchat.api.reply_builder import Delta
from grokchat.config.settings import Settings
from grokchat.render.sanitize import visible_line
from grokchat.render.stream import ReplyRenderer
from grokchat.render.style import TerminalStyle
from grokchat.terminal.interface import Screen

MAX_FRAMES_PER_S = 60
FRAME_PAUSE_FACTOR = 4
"""After a frame that took t, the next one starts 4 t after its start at the earliest."""
_MAX_FRAME_S = 0.005
"""How long one frame may lay out text, which delays the echo of a typed key."""
_STEP_CHARS = 1000
"""Text laid out between two looks at the clock."""
_MAX_BACKLOG_CHARS = 16 * 1024
"""Text that may have arrived without being drawn yet; drawing it takes a moment."""
_MAX_REASONING_CHARS = 2000
"""The end of the reasoning that is kept for its live line."""


class LiveReply:
    """Draws one reply: `add_delta` for each delta, `drain` after it, `finish` at the end.

    `partial_text` is the text that a continued reply has already: the numbering of its code blocks continues, and a
    block that it left open stays open. `end_codes` returns codes for the empty line after the reply. `is_broken`: a bug
    keeps it from being shown.
    """

    def __init__(
        self,
        screen: Screen,
        style: TerminalStyle,
        settings: Settings,
        clock: Callable[[], float],
        *,
        partial_text: str = "",
        end_codes: Callable[[], str] = str,
    ) -> None:
        self._screen = screen
        self._style = style
        self._clock = clock
        self._end_mark = ["(end of the reply)"] if settings.screen_reader else []
        self._renderer = ReplyRenderer(style, markdown=settings.markdown, numbered=True)
        self._reasoning = _Reasoning(style, settings.show_reasoning, clock)
        self._partial_text = partial_text
        self._end_codes = end_codes
        self._pending: deque[str] = deque()
        self._backlog_chars = 0
        self._has_drained = asyncio.Event()
        self._has_text = False
        self._finished_lines: list[str] = []
        self._live_lines: list[str] | None = None
        self._next_frame_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.is_broken = False

    @property
    def live_lines(self) -> Sequence[str] | None:
        """The lines of the reply that are on the screen and may still change; None while nothing of it is shown."""
        return self._live_lines

    @property
    def state(self) -> str:
        """The word for the bottom line: `waiting`, `thinking` or `replying`."""
        if self._has_text:
            return "replying"
        return "thinking" if self._reasoning.has_begun else "waiting"

    def add_delta(self, delta: Delta) -> None:
        """Add a delta, to be drawn in this frame or the next."""
        with self._drawing() as may_draw:
            if may_draw:
                self._add(delta)

    def _add(self, delta: Delta) -> None:
        if delta.reasoning and not self._has_text:
            is_first = not self._reasoning.has_begun
            self._reasoning.add(delta.reasoning)
            if is_first:
                self._screen.refresh()
        if delta.text:
            if not self._has_text:
                self._has_text = True
                self._renderer.skip(self._partial_text, self._screen.width)
                self._screen.refresh()
                self._finished_lines += self._reasoning.close(self._screen.width)
            # A delta may have any size. It is drawn piece by piece.
            self._pending += (delta.text[at : at + _STEP_CHARS] for at in range(0, len(delta.text), _STEP_CHARS))
            self._backlog_chars += len(delta.text)
        if self._timer is None:
            self._schedule_frame(max(0.0, self._next_frame_at - self._clock()))

    async def drain(self) -> None:
        """Wait while too much has arrived undrawn, so that the server has to wait and Ctrl-C takes effect at once."""
        if self._backlog_chars >= _MAX_BACKLOG_CHARS:
            self._has_drained.clear()
            await self._has_drained.wait()

    def update_elapsed_time(self) -> None:
        """Redraw for how long the model has been thinking."""
        if self.state == "thinking":
            self.redraw()

    def redraw(self) -> None:
        """Redraw the live lines for the window's present size."""
        if self._timer is None and self.state != "waiting" and not self.is_broken:
            self._draw_frame()

    def show_reasoning(self) -> None:
        """Print all of the reasoning with the rest, whatever the setting: there is no answer."""
        if not self._has_text:
            self._reasoning.release()

    async def finish(self) -> None:
        """Print everything that has arrived, at the end of the reply. If cancelled, prints the rest in one frame."""
        try:
            while self._pending or self._reasoning.has_released_text:
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
            for text in self._pending:
                self._renderer.feed(text)
            lines += self._renderer.close(width)
        else:
            while self._reasoning.has_released_text:
                self._reasoning.render_step()
            lines += self._reasoning.close(width)
        self._pending.clear()
        self._has_drained.set()
        self._finished_lines, self._live_lines = [], None
        self._screen.draw_frame([*lines, *self._end_mark, self._end_codes()] if lines or self._has_text else [])

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
                self._pending.clear()
                self._backlog_chars = 0
                self._has_drained.set()
                self._finished_lines, self._live_lines = [], None

    def _draw_one_frame(self) -> None:
        started_at = self._clock()
        width = self._screen.width
        lines, self._finished_lines = self._finished_lines, []
        while self._pending and self._clock() - started_at < _MAX_FRAME_S:
            lines += self._render_step(width)
        while self._reasoning.has_released_text and self._clock() - started_at < _MAX_FRAME_S:
            self._reasoning.render_step()
        if not self._has_text:
            lines += self._reasoning.commit(width)
        self._live_lines = self._render_live(width)
        self._screen.draw_frame(lines, self._live_lines)
        duration = self._clock() - started_at
        self._next_frame_at = started_at + max(1 / MAX_FRAMES_PER_S, FRAME_PAUSE_FACTOR * duration)
        if self._pending:
            self._schedule_frame(0.0)

    def _render_step(self, width: int) -> list[str]:
        """Lay out some of the text that has arrived, and return the lines that it completes."""
        size = 0
        while self._pending and size < _STEP_CHARS:
            text = self._pending.popleft()
            size += len(text)
            self._renderer.feed(text)
        self._backlog_chars -= size
        if self._backlog_chars < _MAX_BACKLOG_CHARS:
            self._has_drained.set()
        return self._renderer.commit(width)

    def _render_live(self, width: int) -> list[str]:
        rows = self._screen.max_live_rows if self._style.is_unicode else 0
        if self._has_text:
            return self._renderer.tail(width, rows)
        return self._reasoning.live_lines(width) if rows >= 1 else []

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _Reasoning:
    """The model's reasoning: a live line while it streams, then how long it took.

    `show` is the setting: `off` shows neither, `full` also prints the text.
    """

    def __init__(self, style: TerminalStyle, show: str, clock: Callable[[], float]) -> None:
        self._style = style
        self._show = show
        self._clock = clock
        self._renderer = ReplyRenderer(style, markdown=False)
        self._text = ""
        self._withheld: list[str] = []
        self._released: deque[str] = deque()
        self._started_at: float | None = None

    @property
    def has_begun(self) -> bool:
        """Whether any of it has arrived."""
        return self._started_at is not None

    @property
    def has_released_text(self) -> bool:
        """Whether there is text that was withheld, and is to be printed now."""
        return bool(self._released)

    def add(self, text: str) -> None:
        """Add a part of the reasoning."""
        if self._started_at is None:
            self._started_at = self._clock()
        self._text = (self._text + text)[-_MAX_REASONING_CHARS:]
        if self._show == "full":
            self._renderer.feed(text)
        else:
            self._withheld.append(text)

    def release(self) -> None:
        """Print the text whatever the setting."""
        text = "".join(self._withheld)
        self._withheld.clear()
        self._released += (text[at : at + _STEP_CHARS] for at in range(0, len(text), _STEP_CHARS))
        self._show = "full"

    def render_step(self) -> None:
        """Lay out some of the released text."""
        self._renderer.feed(self._released.popleft())

    def commit(self, width: int) -> list[str]:
        """Return the finished lines, to be printed."""
        return self._dim(self._renderer.commit(width)) if self._show == "full" else []

    def live_lines(self, width: int) -> list[str]:
        """Return the live line: the seconds, and the last words that fit."""
        if self._started_at is None or self._show == "off":
            return []
        head = f"thinking {self._clock() - self._started_at:.0f} s"
        words = visible_line(" ".join(self._text.split()))
        max_chars = max(0, width - len(head) - 4) // (1 if words.isascii() else 2)  # others may take two cells each
        return self._dim([f"{head}: {words[-max_chars:] if max_chars else ''}"])

    def close(self, width: int) -> list[str]:
        """Return the lines to be printed after the reasoning."""
        if self._started_at is None or self._show == "off":
            return []
        text = self._renderer.close(width) if self._show == "full" else []
        return [*self._dim([*text, f"thought for {self._clock() - self._started_at:.0f} s"]), ""]

    def _dim(self, lines: list[str]) -> list[str]:
        return [self._style.styled(line, "dim") for line in lines]
