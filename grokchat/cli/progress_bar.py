"""How far a walk through the sessions is, on the last line of a terminal: on standard error, so no output holds it.

It is a carriage return and blanks, no control code, and it is shown only of a walk that takes a while.
"""

from __future__ import annotations

from contextlib import suppress

from grokchat.environment import Environment
from grokchat.render.style import is_dumb
from grokchat.session.summary import Progress

_PATIENCE, _OFTEN = 0.3, 0.1
"""Seconds until it is shown, and between two drawings."""
_BAR = 20
_NARROWEST = 40


class Bar:
    """Draws the state of a walk; `progress` is what the walk is given."""

    def __init__(self, environment: Environment, what: str) -> None:
        self.progress = Progress(self._watch)
        self.found = 0
        self._environment = environment
        self._what = what
        self._is_shown = False
        is_wanted = (
            environment.stderr_is_tty and not is_dumb(environment.variables) and environment.columns() >= _NARROWEST
        )
        self._next = environment.clock() + _PATIENCE if is_wanted else float("inf")

    def _watch(self) -> None:
        now = self._environment.clock()
        if now < self._next:
            return
        self._next = now + _OFTEN
        progress = self.progress
        done = "#" * (_BAR * progress.done // max(1, progress.total))
        found = f", {self.found:,} found" if self.found else ""
        self._write(f"{self._what} [{done:{_BAR}}] {progress.done:,} of {progress.total:,}{found}")
        self._is_shown = True

    def clear(self) -> None:
        """Take it off, so that something else can be written there."""
        if self._is_shown:
            self._write("")
            self._is_shown = False

    def _write(self, text: str) -> None:
        width = self._environment.columns() - 1
        with suppress(OSError, ValueError):
            self._environment.stderr.write(f"\r{text[:width]:{width}}\r".encode("ascii", "replace"))
            self._environment.stderr.flush()
