"""A terminal emulator with a scrollback."""

from __future__ import annotations

import pyte


class _Screen(pyte.HistoryScreen):
    """pyte's, but that a deleted line takes the place of what it moves over also where it was never written to."""

    def delete_lines(self, count: int | None = None) -> None:
        for row in range(self.cursor.y, self.lines):
            self.buffer[row]
        super().delete_lines(count)


class Emulator:
    """A terminal emulator with a scrollback: what a person would see, in all."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self.screen = _Screen(columns, rows, history=100_000, ratio=0.000001)
        self._stream = pyte.ByteStream(self.screen)

    def feed(self, data: bytes) -> None:
        # pyte does not know the private modes of synchronized updates and bracketed paste, and ignores them.
        self._stream.feed(data)

    def text(self) -> str:
        """Return scrollback and screen, without the empty rows at the end."""
        rows = [*self.screen.history.top, *(self.screen.buffer[row] for row in range(self.screen.lines))]
        lines = ["".join(row[column].data for column in range(self.screen.columns)).rstrip() for row in rows]
        return "\n".join(lines).rstrip("\n")
