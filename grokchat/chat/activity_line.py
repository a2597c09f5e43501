"""What the model does before it writes, such as a search: a live line with the seconds."""

from __future__ import annotations

from collections.abc import Callable

from grokchat.render.cells import cell_width, truncate
from grokchat.render.sanitize import visible_line
from grokchat.render.style import TerminalStyle

_MAX_CHARS = 400
"""Of an activity: more is in no window, and need not be made visible."""
_MIN_CUT_COLUMNS = 12
"""In a narrower window the seconds are cut, not the activity before them."""


class ActivityLine:
    """One activity after the other: `begin` replaces the one before it, `end` says that something else has arrived."""

    def __init__(self, style: TerminalStyle, clock: Callable[[], float]) -> None:
        self._style = style
        self._clock = clock
        self._activity = ""
        self._started_at = 0.0

    @property
    def is_live(self) -> bool:
        """Whether the model does something at the moment."""
        return bool(self._activity)

    def begin(self, activity: str) -> None:
        """Note what the model does now. If it was doing that already, its seconds go on."""
        if activity != self._activity:
            self._activity, self._started_at = activity, self._clock()

    def end(self) -> None:
        """Note that the model thinks or writes now."""
        self._activity = ""

    def live_line(self, width: int) -> str:
        """Return the live line, cut to the width: `searching X: "grok 4.7" · 4 s`."""
        text = format_activity(self._activity, self._clock() - self._started_at, width, self._style)
        return self._style.styled(text, "muted")


def format_activity(activity: str, elapsed_s: float, width: int, style: TerminalStyle) -> str:
    """Return an untrusted activity on one line, cut to the width, and its seconds, which stay if there is room."""
    text = style.encodable(visible_line(activity[:_MAX_CHARS]))
    seconds = style.encodable(f" · {elapsed_s:.0f} s")
    if width < _MIN_CUT_COLUMNS:
        return truncate(text + seconds, width)
    return truncate(text, width - cell_width(seconds)) + seconds
