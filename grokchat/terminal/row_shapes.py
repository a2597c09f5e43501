r"""The shapes of the rows on the screen: how far each is filled, and which continue in the next.

A frame is made for the rows that the last one left. If the window changes before it is drawn, the terminal wraps those
rows again, and then the frame's text moves the cursor over them and writes into some. What it leaves depends on what
was where. So the rows are followed here as the terminal treats them, from the last state that is known for certain, and
the cursor's place in them is exact.

Only the frames of `live_region` are understood, not any text: SGR, CR, LF and ECMA-48's CUU, CUD, CUF, EL and IL,
DEC's save and restore of the cursor, and autowrap (DECAWM). There are always rows below: what a terminal drops there is
of no consequence for the rows above the cursor.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from grokchat.records import record
from grokchat.render.cells import cell_width, grapheme_clusters

_TOKEN = re.compile(r"\x1b\[([?>]?)([0-9;]*)([@-~])|\x1b\][^\x07\x1b]*\x07|\x1b([78])|([\r\n])|([^\x1b\r\n]+)")
_WIDE, _REST = 2, 0
"""What the cells of a wide character hold; others hold 1."""
_MAX_LATE = 16
"""How many drawings may have been late: more than are written in the time of an answer."""


@record
class Drawing:
    """A text that was written, and the width of the window when the terminal drew it.

    `begins_region`: all above the cursor is final before it is drawn.
    """

    text: str
    columns: int
    begins_region: bool = False


class RowShapes:
    """The rows of a region, each narrower than the window, and the cursor in one of them."""

    def __init__(
        self, rows: Sequence[str], cursor: tuple[int, int], saved: tuple[int, int] = (0, 0), *, reflows: bool
    ) -> None:
        self._reflows = reflows
        self._rows = [_cells(_TOKEN.sub(lambda token: token[6] or "", row)) for row in rows] or [[]]
        self._continues = [False] * len(self._rows)
        self._row, self._column = cursor
        self._saved = saved
        self._wraps = True
        self._columns = 0
        """The width of the window, once it is known."""
        self.overwritten = 0
        """The number of rows above the region that were erased or written over."""
        self.overwritten_columns = 1
        """The width of the window at that time."""

    def copy(self) -> RowShapes:
        """Return the same rows, to be followed by themselves."""
        shapes = RowShapes([], (self._row, self._column), self._saved, reflows=self._reflows)
        shapes._rows, shapes._continues = [[*row] for row in self._rows], [*self._continues]
        shapes._wraps, shapes._columns = self._wraps, self._columns
        shapes.overwritten, shapes.overwritten_columns = self.overwritten, self.overwritten_columns
        return shapes

    @property
    def above(self) -> int:
        """The number of rows above the cursor's, from the first row of the region, or above it, that was written."""
        return self._row

    @property
    def below(self) -> int:
        """The number of rows below the cursor's, at most."""
        return max(0, len(self._rows) - self._row - 1)

    def begin(self) -> None:
        """Have the region begin in the cursor's row."""
        del self._rows[: self._row], self._continues[: self._row]
        self._saved = (max(0, self._saved[0] - self._row), self._saved[1])
        self._row = self.overwritten = 0

    def resize(self, columns: int) -> None:
        """Do what the terminal does to the rows when its width changes: wrap them again, or cut them off."""
        if columns == self._columns:
            return
        self._columns = columns
        if not self._reflows:
            for row in self._rows:
                del row[columns:]
            self._column = min(self._column, columns - 1)
            return
        rows: list[list[int]] = []
        continues: list[bool] = []
        places = [(self._row, self._column), self._saved]
        moved = list(places)
        at = 0
        while at < len(self._rows):
            line = list[int]()
            offsets = [-1] * len(places)
            while True:
                offsets = [
                    len(line) + column if row == at else offset
                    for offset, (row, column) in zip(offsets, places, strict=True)
                ]
                line += self._rows[at]
                at += 1
                if at == len(self._rows) or not self._continues[at - 1]:
                    break
            pieces = _wrapped(line, columns)
            for number, offset in enumerate(offsets):
                if offset >= 0:
                    place = _place(pieces, offset, columns)
                    moved[number] = (len(rows) + place[0], place[1])
            rows += pieces
            continues += [True] * (len(pieces) - 1) + [False]
        self._rows, self._continues = rows, continues
        (self._row, self._column), self._saved = moved

    def follow(self, drawing: Drawing, columns: int) -> None:
        """Follow a drawing in a window of this width."""
        self.resize(columns)
        if drawing.begins_region:
            self.begin()
        self.draw(drawing.text)

    def draw(self, text: str) -> None:
        """Follow the text of a frame in a window of the current width."""
        for token in _TOKEN.finditer(text):
            if token[6]:
                self._print(_cells(token[6]))
            elif token[5]:
                self._column = 0 if token[5] == "\r" else self._column
                self._move(token[5] == "\n")
            elif token[4] == "7":
                self._saved = (self._row, self._column)
            elif token[4] == "8":
                self._row, self._column = self._saved
            elif token[1]:
                if token[2] == "7":
                    self._wraps = token[3] == "h"
            elif token[3]:
                self._control(token[3], token[2])

    def _control(self, final: str, parameter: str) -> None:
        count = int(parameter) if parameter.isdecimal() else 1
        if final == "A":
            self._move(-count)
        elif final == "B":
            self._move(count)
        elif final == "C":
            self._column = min(self._column + count, self._columns - 1)
        elif final == "K":
            del self._rows[self._row][self._column :]
            self._continues[self._row] = False
        elif final == "L":
            self._rows[self._row : self._row] = [[] for _ in range(count)]
            self._continues[self._row : self._row] = [False] * count
            if self._row:
                self._continues[self._row - 1] = False

    def _move(self, rows: int) -> None:
        self._row += rows
        if self._row < 0:  # above the region: the content there is unknown
            self._rows[:0] = [[] for _ in range(-self._row)]
            self._continues[:0] = [False] * -self._row
            self._saved = (self._saved[0] - self._row, self._saved[1])
            self.overwritten, self.overwritten_columns = self.overwritten - self._row, self._columns
            self._row = 0
        missing = self._row + 1 - len(self._rows)
        if missing > 0:
            self._rows += [[] for _ in range(missing)]
            self._continues += [False] * missing

    def _print(self, cells: list[int]) -> None:
        at, columns = 0, self._columns
        while at < len(cells):
            width = 2 if cells[at] == _WIDE else 1
            if self._column + width > columns:
                if not self._wraps:
                    # Each further character replaces the last one of the row.
                    self._column = columns
                    return
                self._continues[self._row] = True
                self._column = 0
                self._move(1)
            row = self._rows[self._row]
            row += [1] * (self._column + width - len(row))
            row[self._column : self._column + width] = cells[at : at + width]
            self._column += width
            at += width


def possible_shapes(
    shapes: RowShapes, drawings: Sequence[Drawing], columns: int, *, is_certain: bool
) -> Sequence[RowShapes]:
    """Return what the rows may be in a window of this width, after these drawings.

    If it `is_certain`, each was done at its own width. Else the last of them may have been done in a window that had
    the width of a later one already, or the one that it has now.
    """
    steps = [drawing.columns for drawing in drawings] + [columns]
    possible: list[RowShapes] = []
    for number, drawing in enumerate(drawings):
        if not is_certain and number >= len(drawings) - _MAX_LATE:
            for later in dict.fromkeys(steps[number + 1 :]):
                if later == drawing.columns:
                    continue
                first = steps.index(later, number + 1)
                late = shapes.copy()
                for at in range(number, len(drawings)):
                    late.follow(drawings[at], later if at < first else steps[at])
                late.resize(columns)
                possible.append(late)
        shapes.follow(drawing, drawing.columns)
    shapes.resize(columns)
    return [shapes, *possible]


def _cells(text: str) -> list[int]:
    """Return what each cell of a text holds."""
    if text.isascii():
        return [1] * len(text)
    cells: list[int] = []
    for cluster in grapheme_clusters(text):
        width = cell_width(cluster)
        cells += [_WIDE, _REST] if width == 2 else [1] * width
    return cells


def _wrapped(line: list[int], columns: int) -> list[list[int]]:
    """Return a line in rows of this width; a wide character is not split, unless there is one column."""
    pieces: list[list[int]] = []
    at = 0
    while at < len(line):
        end = min(len(line), at + columns)
        if end < len(line) and line[end] == _REST and end - at > 1:
            end -= 1
        pieces.append(line[at:end])
        at = end
    return pieces or [[]]


def _place(pieces: list[list[int]], offset: int, columns: int) -> tuple[int, int]:
    """Return the row and the column of a cell of a line in these rows, or of one after its end."""
    for row, piece in enumerate(pieces[:-1]):
        if offset < len(piece):
            return row, offset
        offset -= len(piece)
    return len(pieces) - 1, min(offset, columns - 1)
