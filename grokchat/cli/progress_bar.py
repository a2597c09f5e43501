"""A progress bar for reading or searching the sessions, on standard error, so that no output contains it.

It is drawn with carriage returns and blanks, without control codes, and only if the work takes a while.
"""

from __future__ import annotations

from contextlib import suppress

from grokchat.environment import Environment
from grokchat.render.style import is_dumb
from grokchat.session.summary import Progress
from grokchat.system.streams import write_stream

_SHOW_AFTER_S = 0.3
_REDRAW_EVERY_S = 0.1
_BAR_WIDTH = 20
_MIN_COLUMNS = 40
"""No bar is drawn in a narrower terminal."""


class ProgressBar:
    """Draws `progress`, which the work updates; `matches` is shown beside it."""

    def __init__(self, environment: Environment, label: str) -> None:
        self.progress = Progress(self._update)
        self.matches = 0
        self._environment = environment
        self._label = label
        self._is_shown = False
        is_wanted = (
            environment.stderr_is_tty and not is_dumb(environment.variables) and environment.columns() >= _MIN_COLUMNS
        )
        self._next_draw_at = environment.clock() + _SHOW_AFTER_S if is_wanted else float("inf")

    def clear(self) -> None:
        """Erase the bar, so that other text can be written on its line."""
        if self._is_shown:
            self._write("")
            self._is_shown = False

    def _update(self) -> None:
        now = self._environment.clock()
        if now < self._next_draw_at:
            return
        self._next_draw_at = now + _REDRAW_EVERY_S
        progress = self.progress
        filled = "#" * (_BAR_WIDTH * progress.done // max(1, progress.total))
        matches = f", {self.matches:,} found" if self.matches else ""
        self._write(f"{self._label} [{filled:{_BAR_WIDTH}}] {progress.done:,} of {progress.total:,}{matches}")
        self._is_shown = True

    def _write(self, text: str) -> None:
        width = self._environment.columns() - 1
        with suppress(OSError, ValueError):
            write_stream(self._environment.stderr, f"\r{text[:width]:{width}}\r".encode("ascii", "replace"))
