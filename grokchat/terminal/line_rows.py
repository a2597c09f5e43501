"""The rows that a line of the message takes on the screen: wrapped as prompt_toolkit's `Window` does it.

Up and Down need them before the line has been drawn: keys may arrive faster than frames.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache

from prompt_toolkit.layout.screen import Char

from grokchat.render.cells import TAB_STOP, has_certain_width
from grokchat.render.graphemes import is_boundary, next_boundary, previous_boundary
from grokchat.render.widths import on_new_widths
from grokchat.terminal.stand_ins import left_out_positions, stand_in, whole_clusters

INDENT = 2
"""The cells of the prompt `> `, and of the blanks in its place on each further row."""


def message_columns(text: str, columns: int) -> int:
    """Return how many columns of the window the rows of a message may fill.

    Not the last one if there may be combining marks: in a full row while autowrap is off, tmux puts a mark on the last
    character but one (`screen_write_combine` in screen-write.c takes the cell before the cursor, which is in the last).
    """
    is_plain = text.isascii() or all(map(has_certain_width, re.split(r"[\n\t]", text)))
    return columns if is_plain or columns <= INDENT + 2 else columns - 1


class LineRows:
    """The rows of a line, as positions in it. The cell after the last character, where the cursor may stand, counts."""

    def __init__(self, line: str, columns: int) -> None:
        self._starts = [0]
        self._cells: list[int] = []
        """For each position, the cell in its row, counted from the indent."""
        self.height = 1
        """The rows on the screen: more than those with a position in a narrow window, where a tab has several."""
        self._per_row = 0
        if line.isascii() and line.isprintable():
            self._per_row = max(1, columns - INDENT)
            self._starts = list(range(0, len(line) + 1, self._per_row))
            self.height = len(self._starts)
        else:
            self._wrap(line, columns)
        self._length = len(line)

    def _wrap(self, line: str, columns: int) -> None:
        indent = min(INDENT, columns)
        x, shown, row, last_row = indent, 0, 0, 0
        clusters = whole_clusters(line, columns - INDENT)
        left_out = left_out_positions(line, clusters)
        for at, char in enumerate(f"{line} "):
            if at in left_out:
                self._cells.append(x - indent)
                continue
            # A tab is shown as blanks up to the next stop, which are wrapped like any others.
            pieces = TAB_STOP - shown % TAB_STOP if char == "\t" else 1
            width = 1 if char == "\t" else _width(stand_in(clusters[at]) if at in clusters else char)
            shown += pieces
            for piece in range(pieces):
                if x + width > columns:
                    row += 1
                    x = indent
                if piece == 0:
                    if row != last_row and at:
                        self._starts.append(at)
                    last_row = row
                    self._cells.append(x - indent)
                x += width
        self.height = row + 1

    def __len__(self) -> int:
        return len(self._starts)

    def row_of(self, at: int) -> int:
        """Return the row that a position is in."""
        return bisect_right(self._starts, at) - 1

    def cell_of(self, at: int) -> int:
        """Return the cell of a position in its row."""
        return at % self._per_row if self._per_row else self._cells[at]

    def position(self, row: int, cell: int) -> int:
        """Return the last position in a row that is not after a cell."""
        start = self._starts[row]
        end = self._starts[row + 1] - 1 if row + 1 < len(self._starts) else self._length
        if self._per_row:
            return min(start + cell, end)
        return max(start, bisect_right(self._cells, cell, start, end + 1) - 1)


def count_rows(text: str, columns: int, at_most: int) -> int:
    """Return how many rows a text takes in a window of this width, or `at_most` if it takes more."""
    rows = start = 0
    while rows < at_most and start <= len(text):
        end = _line_end(text, start)
        if end - start >= at_most * columns:
            return at_most
        rows += rows_of_line(text[start:end], columns).height
        start = end + 1
    return min(rows, at_most)


@lru_cache(maxsize=8)
def count_drawn_rows(drawn: str, columns: int, stop: int | None = None) -> int:
    """Return how many rows a line of a message takes as it is drawn, or its part up to and with the character `stop`.

    `drawn` is what prompt_toolkit wraps, with the blank where the cursor may stand; `columns` are more than the indent.
    """
    x, rows = INDENT, 1
    for char in drawn if stop is None else drawn[: stop + 1]:
        width = _width(char)
        if x + width > columns:
            rows += 1
            x = INDENT
        x += width
    return rows


def move_by_row(text: str, at: int, step: int, columns: int, wanted: int | None) -> tuple[int, int] | None:
    """Return where a cursor comes to that moves up (-1) or down (1) by a row, and the cell that it is to keep to.

    `wanted` is that cell from the move before, if there was one. None in the first or the last row of the text.
    """
    start, end = text.rfind("\n", 0, at) + 1, _line_end(text, at)
    rows = rows_of_line(text[start:end], columns)
    row = rows.row_of(at - start) + step
    cell = rows.cell_of(at - start) if wanted is None else wanted
    if row < 0:
        if start == 0:
            return None
        end = start - 1
        start = text.rfind("\n", 0, end) + 1
        rows = rows_of_line(text[start:end], columns)
        row = len(rows) - 1
    elif row == len(rows):
        if end == len(text):
            return None
        start, row = end + 1, 0
        rows = rows_of_line(text[start : _line_end(text, start)], columns)
    to = start + rows.position(row, cell)
    if not is_boundary(text, to):
        begin = previous_boundary(text, to)
        end = next_boundary(text, begin)
        is_in_row = rows.row_of(begin - start) == row
        to = begin if is_in_row or (step < 0 and end >= at) else end  # in a narrow window, a cluster has several rows
    return to, cell


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


@lru_cache(maxsize=8)
def rows_of_line(line: str, columns: int) -> LineRows:
    """Return the rows of a line in a window of this width, from a cache."""
    return LineRows(line, columns)


@lru_cache(maxsize=1024)
def _width(char: str) -> int:
    return Char(char).width


for _cached in (rows_of_line, count_drawn_rows, _width):
    on_new_widths(_cached.cache_clear)
