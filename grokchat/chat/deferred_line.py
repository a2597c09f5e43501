"""The wait for a deferred reply on the screen: a live line with the time since its request."""

from __future__ import annotations

from collections.abc import Callable

from grokchat.render.cells import truncate
from grokchat.render.style import TerminalStyle
from grokchat.units import elapsed_time


class DeferredLine:
    """The wait for one deferred reply; `begin` says how long ago it was asked for, `end` that it has come."""

    def __init__(self, style: TerminalStyle, clock: Callable[[], float]) -> None:
        self._style = style
        self._clock = clock
        self._started_at: float | None = None

    @property
    def is_live(self) -> bool:
        """Whether the reply is waited for."""
        return self._started_at is not None

    def begin(self, elapsed_s: float) -> None:
        """Note that the reply is waited for."""
        self._started_at = self._clock() - max(0.0, elapsed_s)

    def end(self) -> None:
        """Note that the reply has come."""
        self._started_at = None

    def text(self) -> str:
        """Return the text for the bottom line: `deferred, 3 min, Ctrl-C stops waiting`; "" if nothing is waited for."""
        if self._started_at is None:
            return ""
        return f"deferred, {elapsed_time(self._clock() - self._started_at)}, Ctrl-C stops waiting"

    def live_line(self, width: int) -> str:
        """Return the live line, cut to the width."""
        return self._style.styled(truncate(self._style.encodable(self.text()), width), "muted")
