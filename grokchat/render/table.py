"""A table whose rows come one by one.

The head and the first rows decide on the widths; what follows is broken within them, so that a table of any length is
printed as it comes and never again.
"""

from __future__ import annotations

from grokchat.markdown.nodes import split_row
from grokchat.render.cells import cell_width
from grokchat.render.inline import inline_spans
from grokchat.render.style import TerminalStyle
from grokchat.render.wrap import LineWrapper, Span

_GAP = 2
_NARROWEST = 6
"""Cells: a column of fewer is not read any more."""

Cell = list[Span]
Line = list[Span]


class TableRenderer:
    """Feed it rows as they are written, the head and the line below it first; it returns lines."""

    def __init__(self, style: TerminalStyle) -> None:
        self._style = style
        self._head: list[Cell] = []
        self._sides: list[str] = []
        self._natural: list[int] = []
        self._words: list[int] = []
        self._is_tall = False
        self._rows = 0

    def fork(self) -> TableRenderer:
        """Return a copy."""
        copy = TableRenderer(self._style)
        copy._head, copy._sides, copy._natural = self._head, self._sides, self._natural
        copy._words = self._words
        copy._is_tall, copy._rows = self._is_tall, self._rows
        return copy

    def feed(self, rows: list[str], columns: int, *, guess: bool = False) -> list[Line]:  # noqa: ARG002
        """Take more rows and return their lines."""
        if not self._head and rows:
            head, delimiters, *rows = rows
            self._sides = [_side(cell) for cell in split_row(delimiters)]
            self._head = [[(text, (*styles, "strong")) for text, styles in cell] for cell in self._cells(head)]
            body = [self._cells(row) for row in rows]
            columns_cells = list(zip(self._head, *body, strict=True))
            self._natural = [max(1, *map(_cells_of, cells), 1) for cells in columns_cells]
            self._words = [max(1, *map(_longest_word, cells), 1) for cells in columns_cells]
            return [*self._head_lines(columns), *self._body(body, columns, is_first=True)]
        return self._body([self._cells(row) for row in rows], columns)

    def rest(self, columns: int, *, guess: bool) -> list[Line]:  # noqa: ARG002 - a row is complete when it comes
        """Return nothing: every row has been printed."""
        return []

    def _head_lines(self, columns: int) -> list[Line]:
        sizes = _shared(self._natural, self._words, columns - _GAP * (len(self._natural) - 1))
        if sizes is None:
            return []
        rule = "─" if self._style.is_unicode else "-"
        return [
            *self._row(self._head, sizes),
            [((" " * _GAP).join(rule * size for size in sizes), ("rule",))],
        ]

    def _body(self, rows: list[list[Cell]], columns: int, *, is_first: bool = False) -> list[Line]:
        sizes = _shared(self._natural, self._words, columns - _GAP * (len(self._natural) - 1))
        if sizes is None:
            if is_first and not rows:
                rows = [[[] for _ in self._head]]
            return [line for row in rows for line in self._record(row, columns)]
        printed = [self._row(row, sizes) for row in rows]
        if is_first:
            self._is_tall = any(len(row) > 1 for row in printed)
        lines: list[Line] = []
        for row in printed:
            if self._rows and self._is_tall:
                lines.append([])
            self._rows += 1
            lines += row
        return lines

    def _record(self, row: list[Cell], columns: int) -> list[Line]:
        """Lay a row out where the columns do not fit: a line for each cell, under its column's name."""
        lines: list[Line] = [[]] if self._rows else []
        self._rows += 1
        for name, cell in zip(self._head, row, strict=True):
            lines += _wrapped([*name, (": ", ()), *cell], columns)
        return lines

    def _cells(self, row: str) -> list[Cell]:
        """Return a row's cells, as many as the head has; what there is more stands in the last one."""
        written = split_row(row)
        count = len(self._sides)
        written += [""] * (count - len(written))
        more = "".join(f" | {cell}" for cell in written[count:])
        return [
            inline_spans(cell + (more if at == count - 1 else ""), self._style)
            for at, cell in enumerate(written[:count])
        ]

    def _row(self, row: list[Cell], sizes: list[int]) -> list[Line]:
        cells = [_wrapped(cell, size) for cell, size in zip(row, sizes, strict=True)]
        lines = []
        for at in range(max(map(len, cells))):
            line: Line = []
            for column, (cell, size) in enumerate(zip(cells, sizes, strict=True)):
                part = cell[at] if at < len(cell) else []
                space = size - _cells_of(part)
                side = self._sides[column]
                before = space if side == "right" else space // 2 if side == "middle" else 0
                line.append((" " * ((_GAP if column else 0) + before), ()))
                line += part
                line.append((" " * (space - before), ()))
            lines.append(line)
        return lines


def _side(delimiter: str) -> str:
    if delimiter.endswith(":"):
        return "middle" if delimiter.startswith(":") and len(delimiter) > 1 else "right"
    return "left"


def _cells_of(cell: Cell) -> int:
    return sum(cell_width(text) for text, _ in cell)


def _longest_word(cell: Cell) -> int:
    return max(map(cell_width, "".join(text for text, _ in cell).split(" ")), default=0)


def _wrapped(cell: Cell, columns: int) -> list[Line]:
    wrapper = LineWrapper()
    columns = max(1, columns)
    return [*wrapper.feed(cell, columns), *wrapper.rest(columns)] or [[]]


def _shared(natural: list[int], words: list[int], available: int) -> list[int] | None:
    """Return the columns' widths: small ones keep theirs, the others share what is left; None if that is too little.

    Where there is room for it, each has its longest word whole.
    """
    least = words if sum(words) <= available else [0] * len(words)
    spare = available - sum(least)
    sizes = list(least)
    open_columns = sorted(range(len(natural)), key=lambda column: natural[column] - least[column])
    while open_columns:
        column = open_columns.pop(0)
        more = min(natural[column] - least[column], spare // (len(open_columns) + 1))
        sizes[column] += more
        spare -= more
        if sizes[column] < min(natural[column], _NARROWEST):
            return None
    return sizes
