"""A terminal emulator with a scrollback, which does not reflow."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

import pyte


class _Screen(pyte.HistoryScreen):
    """pyte's screen, with two differences.

    Deleting a line also moves rows that were never written to. And no attribute access is wrapped to leave a page of
    the history: nothing here pages through it, and that took half of the time.
    """

    __getattribute__ = object.__getattribute__

    def delete_lines(self, count: int | None = None) -> None:
        for row in range(self.cursor.y, self.lines):
            self.buffer[row]
        super().delete_lines(count)


class Emulator:
    """A terminal's screen, with every line that has scrolled off it."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self.screen = _Screen(columns, rows, history=100_000, ratio=0.000001)
        self._stream = pyte.ByteStream(self.screen)
        self._scrolled: list[str] = []

    def feed(self, data: bytes) -> None:
        # pyte ignores synchronized updates and bracketed paste, private modes that it does not know.
        self._stream.feed(data)

    def text(self) -> str:
        """Return scrollback and screen, without the empty rows at the end."""
        # A row that was never written to does not exist, and reading it would create it.
        screen = [self._line(self.screen.buffer.get(row, {})) for row in range(self.screen.lines)]
        return "\n".join([*self.scrollback(), *screen]).rstrip("\n")

    def scrollback(self) -> list[str]:
        """Return the lines above the screen."""
        rows = self.screen.history.top
        if len(rows) < len(self._scrolled):  # it was cleared
            self._scrolled.clear()
        self._scrolled += map(self._line, islice(rows, len(self._scrolled), None))
        return self._scrolled

    def _line(self, row: Mapping[int, Any]) -> str:
        if not row:
            return ""
        columns = range(min(self.screen.columns, max(row) + 1))
        return "".join([row[column].data if column in row else " " for column in columns]).rstrip()
