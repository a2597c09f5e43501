"""A reply while it streams: deltas in, frames out.

Deltas are gathered between frames: at most 20 frames a second, and at most a quarter of the time is spent on drawing
them. The first delta after a pause is drawn at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from grokchat.completion import Delta
from grokchat.render.look import Look
from grokchat.render.stream import ReplyStream
from grokchat.render.text import visible_line
from grokchat.screen import Screen
from grokchat.settings import Settings

FRAME = 0.05
"""Seconds from frame to frame, at least."""
SHARE = 4
"""A frame that took t is followed by one after 4 t at the earliest."""


class LiveReply:
    """Shows one reply. `state` says what is going on, for the bottom line."""

    def __init__(self, screen: Screen, look: Look, settings: Settings, clock: Callable[[], float]) -> None:
        self._screen = screen
        self._look = look
        self._clock = clock
        self._show_reasoning = settings.show_reasoning
        self._reply = ReplyStream(look, markdown=settings.markdown)
        self._thoughts = ReplyStream(look, markdown=False)
        self._thinking = ""
        self._thinking_since: float | None = None
        self._has_text = False
        self._lead: list[str] = []
        self._shown: list[str] = []
        self._next_frame = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def take(self, delta: Delta) -> None:
        """Show a delta, in this frame or the next."""
        if delta.reasoning and not self._has_text:
            if self._thinking_since is None:
                self._thinking_since = self._clock()
            self._thinking = (self._thinking + delta.reasoning)[-2000:]
            self._thoughts.feed(delta.reasoning)
        if delta.text:
            if not self._has_text:
                self._has_text = True
                self._lead += self._folded_thinking()
            self._reply.feed(delta.text)
        if self._timer is None:
            wait = max(0.0, self._next_frame - self._clock())
            self._timer = asyncio.get_running_loop().call_later(wait, self._frame)

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

    def close(self) -> None:
        """Make everything final: the reply is over, one way or another."""
        self._stop_timer()
        if not self._has_text:
            self._lead += self._folded_thinking()
        lines = self._lead + self._reply.close(self._screen.width)
        self._lead, self._shown = [], []
        self._screen.frame([*lines, ""] if lines else [])

    def _frame(self) -> None:
        self._timer = None
        begun = self._clock()
        width = self._screen.width
        lines = self._lead + self._reply.commit(width)
        self._lead = []
        if self._show_reasoning == "full" and not self._has_text:
            lines += self._dim(self._thoughts.commit(width))
        self._shown = self._tail(width)
        self._screen.frame(lines, self._shown)
        self._next_frame = begun + max(FRAME, SHARE * (self._clock() - begun))

    def _tail(self, width: int) -> list[str]:
        if self._has_text:
            return self._reply.tail(width, self._screen.room)
        if self._thinking_since is None or self._show_reasoning == "off" or self._screen.room < 1:
            return []
        words = visible_line(" ".join(self._thinking.split()))
        space = max(0, width - 12)
        return [self._look.styled(f"thinking: {words[-space:] if space else ''}", "dim")]

    def _folded_thinking(self) -> list[str]:
        if self._thinking_since is None or self._show_reasoning == "off":
            return []
        lines = []
        if self._show_reasoning == "full":
            lines = self._dim(self._thoughts.close(self._screen.width))
        seconds = self._clock() - self._thinking_since
        return [*lines, self._look.styled(f"thought for {seconds:.0f} s", "dim"), ""]

    def _dim(self, lines: list[str]) -> list[str]:
        return [self._look.styled(line, "dim") for line in lines]

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
