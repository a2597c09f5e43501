"""A reply while it streams: deltas in, frames out.

Deltas are gathered between frames: the first after a pause is drawn at once, then at most `RATE` frames a second, and
at most a quarter of the time goes into them. A burst is worked off in slices, so that a key typed meanwhile is echoed
between two of them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from grokchat.api.reply_builder import Delta
from grokchat.config.settings import Settings
from grokchat.render.sanitize import visible_line
from grokchat.render.stream import ReplyRenderer
from grokchat.render.style import TerminalStyle
from grokchat.terminal.interface import Screen

MAX_FRAMES_PER_S = 60
"""Frames a second, at most."""
FRAME_PAUSE_FACTOR = 4
"""A frame that took t is followed by one after 4 t at the earliest."""
_SLICE = 0.005
"""Seconds that one frame may take for what has come: a typed key waits for no more than that."""
_STEP = 1000
"""Characters that are laid out without a look at the clock."""
_BACKLOG = 16 * 1024
"""Characters that may have come and not been shown: so much is worked off in a moment."""
_THOUGHTS = 2000
"""Characters of the thinking that are kept for the one live line."""


class LiveReply:
    """Shows one reply. `state` says what is going on, for the bottom line.

    `part` is the beginning of a reply that is gone on with: blocks are numbered on, and what it left open stays open.
    `closing` gives the empty line behind it, which may hold marks.
    """

    def __init__(
        self,
        screen: Screen,
        style: TerminalStyle,
        settings: Settings,
        clock: Callable[[], float],
        *,
        part: str = "",
        closing: Callable[[], str] = str,
    ) -> None:
        self._screen = screen
        self._style = style
        self._clock = clock
        self._show_reasoning = settings.show_reasoning
        self._end_mark = ["(end of the reply)"] if settings.screen_reader else []
        self._reply = ReplyRenderer(style, markdown=settings.markdown, numbered=True)
        self._part = part
        self._closing = closing
        self._thoughts = ReplyRenderer(style, markdown=False)
        self._pending: deque[str] = deque()
        self._backlog = 0
        self._has_caught_up = asyncio.Event()
        self._thinking = ""
        self._thinking_since: float | None = None
        self._has_text = False
        self._lead: list[str] = []
        self._shown: list[str] = []
        self._next_frame = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def add_delta(self, delta: Delta) -> None:
        """Show a delta, in this frame or the next."""
        if delta.reasoning and not self._has_text:
            if self._thinking_since is None:
                self._thinking_since = self._clock()
                self._screen.refresh()
            self._thinking = (self._thinking + delta.reasoning)[-_THOUGHTS:]
            if self._show_reasoning == "full":
                self._thoughts.feed(delta.reasoning)
        if delta.text:
            if not self._has_text:
                self._has_text = True
                self._reply.skip(self._part, self._screen.width)
                self._screen.refresh()
                self._lead += self._folded_thinking()
            # A delta may be of any size, and is worked off from its beginning.
            self._pending += (delta.text[at : at + _STEP] for at in range(0, len(delta.text), _STEP))
            self._backlog += len(delta.text)
        if self._timer is None:
            self._plan(max(0.0, self._next_frame - self._clock()))

    async def drain(self) -> None:
        """Wait if more has come than can be shown soon: then the server has to wait, and Ctrl-C need not."""
        if self._backlog >= _BACKLOG:
            self._has_caught_up.clear()
            await self._has_caught_up.wait()

    def redraw_seconds(self) -> None:
        """Show the seconds of the thinking."""
        if self.state == "thinking":
            self.redraw()

    def redraw(self) -> None:
        """Draw what is not final yet for the window as it is now."""
        if self._timer is None and self.state != "waiting":
            self._frame()

    @property
    def lines(self) -> Sequence[str]:
        """What of the reply is on the screen and not final yet."""
        return self._shown

    @property
    def state(self) -> str:
        """What is going on: `waiting`, `thinking` or `replying`."""
        if self._has_text:
            return "replying"
        return "waiting" if self._thinking_since is None else "thinking"

    async def finish(self) -> None:
        """Make everything final: the reply is over, one way or another. Cancelled, it does the rest at once."""
        try:
            while self._pending:
                self._stop_timer()
                self._frame()
                self._stop_timer()
                await asyncio.sleep(0)
        finally:
            self._close()

    def _close(self) -> None:
        self._stop_timer()
        if not self._has_text:
            self._lead += self._folded_thinking()
        for text in self._pending:
            self._reply.feed(text)
        self._pending.clear()
        self._has_caught_up.set()
        lines = self._lead + (self._reply.close(self._screen.width) if self._has_text else [])
        self._lead, self._shown = [], []
        self._screen.draw_frame([*lines, *self._end_mark, self._closing()] if lines or self._has_text else [])

    def _plan(self, wait: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(wait, self._frame)

    def _frame(self) -> None:
        self._timer = None
        begun = self._clock()
        width = self._screen.width
        lines, self._lead = self._lead, []
        while self._pending and self._clock() - begun < _SLICE:
            lines += self._step(width)
        if self._show_reasoning == "full" and not self._has_text:
            lines += self._dim(self._thoughts.commit(width))
        self._shown = self._tail(width)
        self._screen.draw_frame(lines, self._shown)
        took = self._clock() - begun
        self._next_frame = begun + max(1 / MAX_FRAMES_PER_S, FRAME_PAUSE_FACTOR * took)
        if self._pending:
            self._plan(0.0)

    def _step(self, width: int) -> list[str]:
        """Lay out some of what has come and return the lines that have become final."""
        size = 0
        while self._pending and size < _STEP:
            text = self._pending.popleft()
            size += len(text)
            self._reply.feed(text)
        self._backlog -= size
        if self._backlog < _BACKLOG:
            self._has_caught_up.set()
        return self._reply.commit(width)

    def _tail(self, width: int) -> list[str]:
        room = self._screen.max_live_rows if self._style.is_unicode else 0
        if self._has_text:
            return self._reply.tail(width, room)
        if self._thinking_since is None or self._show_reasoning == "off" or room < 1:
            return []
        lead = f"thinking {self._clock() - self._thinking_since:.0f} s"
        words = visible_line(" ".join(self._thinking.split()))
        space = max(0, width - len(lead) - 4) // (1 if words.isascii() else 2)  # others may take two cells each
        return [self._style.styled(f"{lead}: {words[-space:] if space else ''}", "dim")]

    def _folded_thinking(self) -> list[str]:
        if self._thinking_since is None or self._show_reasoning == "off":
            return []
        lines = []
        if self._show_reasoning == "full":
            lines = self._dim(self._thoughts.close(self._screen.width))
        seconds = self._clock() - self._thinking_since
        return [*lines, self._style.styled(f"thought for {seconds:.0f} s", "dim"), ""]

    def _dim(self, lines: list[str]) -> list[str]:
        return [self._style.styled(line, "dim") for line in lines]

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
