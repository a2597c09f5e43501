"""A Markdown table, rendered while its rows arrive.

The head and the first rows decide the widths of the columns. Later rows are wrapped within these, so that a table of
any length is printed as it arrives and never again. Where columns would cut words and addresses to pieces, or text into
many short lines, each row is a record: a line for each cell, after its column's name. A later row that needs wider ones
gets them if there is room in the window, and is a record otherwise.

Between the rows there is a rule if one of the first has more than one line, and between records an empty line.

In a line with right-to-left letters a mark keeps the columns in order (`bidi`). qterminal drops the mark, but orders
each run of one style by itself: so the gap has another style there, which spaces do not show.
"""

from __future__ import annotations

from grokchat.markdown.leaf_content import Alignment, column_alignments, split_body_row
from grokchat.render.bidi import column_mark
from grokchat.render.cells import cell_width, filled, pad
from grokchat.render.inline import inline_spans
from grokchat.render.sanitize import SOFT_HYPHEN
from grokchat.render.style import TerminalStyle
from grokchat.render.wrap import LineWrapper, Span, StyledLine, unbreakable_parts

_GAP_CELLS = 2
_MIN_COLUMN_CELLS = 6
"""Nobody reads a narrower column."""
_MIN_TEXT_CELLS = 16
_MAX_NARROW_LINES = 4
"""Nobody reads a text of more lines in a column narrower than `_MIN_TEXT_CELLS`."""
_HANGING_INDENT = 2
_MIN_HANGING_COLUMNS = 16

Cell = list[Span]


class TableRenderer:
    """Renders a table from its source rows, of which the first two are the head and the delimiter row."""

    def __init__(self, style: TerminalStyle, *, has_citations: bool = False) -> None:
        self._style = style
        self._has_citations = has_citations
        self._head: list[Cell] = []
        self._alignments: list[Alignment] = []
        self._natural_sizes: list[int] = []
        self._word_sizes: list[int] = []
        self._last_layout: tuple[int, list[int] | None] = (0, None)
        """The last width of the window, and the columns' sizes there."""
        self._last_rule: tuple[list[int], StyledLine] = ([], [])
        """The columns' sizes, and the rule below them."""
        self._has_rules = False
        self._was_record = False
        self._row_count = 0
        self.head_height = 0
        """The lines of the head, with the rule below it, among those returned last."""
        self.row_starts: list[int] = []
        """Where the rows begin in the lines returned last."""

    def copy(self) -> TableRenderer:
        """Return an independent copy."""
        copy = TableRenderer(self._style, has_citations=self._has_citations)
        copy._head, copy._alignments = self._head, self._alignments
        copy._natural_sizes, copy._word_sizes = self._natural_sizes, self._word_sizes
        copy._last_layout, copy._last_rule = self._last_layout, self._last_rule
        copy._has_rules, copy._was_record, copy._row_count = self._has_rules, self._was_record, self._row_count
        return copy

    def feed(self, rows: list[str], columns: int, *, guess: bool = False) -> list[StyledLine]:
        """Add rows and return their lines; with `guess` the last row may be incomplete."""
        self.head_height = 0
        if self._head or not rows:
            return self._body_lines(self._body(rows, guess=guess), columns)
        head, delimiter_row, *rows = rows
        self._alignments = column_alignments(delimiter_row)
        self._head = [[(text, (*styles, "strong")) for text, styles in cell] for cell in self._cells(head)]
        body = self._body(rows, guess=guess)
        cells_by_column = list(zip(self._head, *body, strict=True))
        self._natural_sizes = [max(1, *map(_longest_line, cells), 1) for cells in cells_by_column]
        self._word_sizes = [max(1, *map(_longest_word, cells), 1) for cells in cells_by_column]
        head_lines = self._head_lines(columns)
        self.head_height = len(head_lines)
        return [*head_lines, *self._body_lines(body, columns, is_first=True)]

    def finish(self, columns: int, *, guess: bool) -> list[StyledLine]:  # noqa: ARG002 - rows arrive complete
        """Return nothing: every row has been returned."""
        return []

    def _column_sizes(self, columns: int) -> list[int] | None:
        if self._last_layout[0] != columns:
            room = columns - _GAP_CELLS * (len(self._natural_sizes) - 1)
            self._last_layout = (columns, _distributed(self._natural_sizes, self._word_sizes, room))
        return self._last_layout[1]

    def _head_lines(self, columns: int) -> list[StyledLine]:
        sizes = self._column_sizes(columns)
        if sizes is None:
            return []
        return [*self._row_lines(self._head, sizes), self._rule(sizes)]

    def _rule(self, sizes: list[int]) -> StyledLine:
        """Return the line below the head, and between rows of more than one line."""
        if self._last_rule[0] != sizes:
            rule = "─" if self._style.is_unicode else "-"
            line = (" " * _GAP_CELLS).join(pad(filled(rule, size), size) for size in sizes)
            self._last_rule = (sizes, [(line, ("rule",))])
        return self._last_rule[1]

    def _body_lines(self, rows: list[list[Cell]], columns: int, *, is_first: bool = False) -> list[StyledLine]:
        sizes = self._column_sizes(columns)
        if sizes is None and is_first and not rows:
            rows = [[[] for _ in self._head]]
        rendered = [self._row_or_record(row, sizes, columns) for row in rows]
        if is_first:
            self._has_rules = any(len(row) > 1 for row, _ in rendered)
        lines: list[StyledLine] = []
        self.row_starts = []
        for row_lines, is_record in rendered:
            if self._row_count and (self._has_rules or is_record or self._was_record):
                lines.append([] if sizes is None else self._rule(sizes))
            self._was_record = is_record
            self._row_count += 1
            self.row_starts.append(self.head_height + len(lines))
            lines += row_lines
        return lines

    def _row_or_record(self, row: list[Cell], sizes: list[int] | None, columns: int) -> tuple[list[StyledLine], bool]:
        """Return a row's lines, and whether they are those of a record."""
        if sizes is not None:
            lines = self._row_lines(row, sizes)
            if len(lines) == 1 or not any(map(_is_cut_to_pieces, row, sizes)):
                return lines, False
            sizes = [max(size, _longest_line(cell)) for cell, size in zip(row, sizes, strict=True)]
            if sum(sizes) + _GAP_CELLS * (len(sizes) - 1) <= columns:
                return self._row_lines(row, sizes), False
        return self._record_lines(row, columns), True

    def _record_lines(self, row: list[Cell], columns: int) -> list[StyledLine]:
        """Render a row where the columns do not fit: a line for each cell, after its column's name."""
        cells = zip(self._head, row, strict=True)
        return [
            line for name, cell in cells for line in _hanging([*name, (": ", ()), *cell] if name else cell, columns)
        ]

    def _body(self, rows: list[str], *, guess: bool) -> list[list[Cell]]:
        """Return the cells of rows; with `guess`, of the last one's last cell as it will look once it is complete."""
        if not guess:
            return [self._cells(row) for row in rows]
        return [self._cells(row, guess=at == len(rows) - 1 and row.rstrip()[-1:] != "|") for at, row in enumerate(rows)]

    def _cells(self, row: str, *, guess: bool = False) -> list[Cell]:
        """Return a row's cells, as many as there are columns."""
        count = len(self._alignments)
        written = [cell.replace("\t", "    ") for cell in split_body_row(row, count)]
        last = len(written) - 1 if guess else count
        written += [""] * (count - len(written))
        return [
            inline_spans(cell, self._style, guess=at == last, has_citations=self._has_citations)
            for at, cell in enumerate(written)
        ]

    def _row_lines(self, row: list[Cell], sizes: list[int]) -> list[StyledLine]:
        cells = [_wrapped(cell, size, keeps_addresses=False) for cell, size in zip(row, sizes, strict=True)]
        lines = []
        for at in range(max(map(len, cells))):
            line: StyledLine = []
            parts = [cell[at] if at < len(cell) else [] for cell in cells]
            mark = column_mark(text for spans in parts for text, _ in spans) if self._style.is_unicode else ""
            for column, (spans, size) in enumerate(zip(parts, sizes, strict=True)):
                space = size - _cell_width(spans)
                alignment = self._alignments[column]
                before = space if alignment == "right" else space // 2 if alignment == "center" else 0
                gap = " " * ((_GAP_CELLS if column else 0) + before)
                line.append((gap + mark, ("gap",)) if mark and column and spans else (gap, ()))
                line += spans
                line.append((" " * (space - before), ()))
            lines.append(line)
        return lines


def _cell_width(cell: Cell) -> int:
    return sum(cell_width(text.replace(SOFT_HYPHEN, "")) for text, _ in cell)


def _longest_line(cell: Cell) -> int:
    return max(map(cell_width, _text_of(cell).split("\n")))


def _longest_word(cell: Cell) -> int:
    return max(map(cell_width, _words_of(cell)), default=0)


def _is_cut_to_pieces(cell: Cell, size: int) -> bool:
    """Return whether a column, whose size the first rows have decided, breaks a word or has many short lines."""
    has_wide_run = any(cell_width(run) > size for run in _text_of(cell).split())
    return _has_many_lines(_longest_line(cell), size) or (has_wide_run and _longest_word(cell) > size)


def _has_many_lines(text: int, size: int) -> bool:
    """Return whether a text of so many cells takes more lines in a narrow column than anybody reads."""
    return size < _MIN_TEXT_CELLS and text > _MAX_NARROW_LINES * size


def _text_of(cell: Cell) -> str:
    return "".join(text for text, _ in cell).replace(SOFT_HYPHEN, "")


def _words_of(cell: Cell) -> list[str]:
    return [word for line in _text_of(cell).split("\n") for word in unbreakable_parts(line)]


def _hanging(spans: list[Span], columns: int) -> list[StyledLine]:
    """Wrap a line of a record: below its first line the others are indented, but for an address that is too wide."""
    lines = _wrapped(spans, columns)
    if len(lines) == 1 or columns < _MIN_HANGING_COLUMNS:
        return lines
    room = columns - _HANGING_INDENT
    first, *others = _wrapped(spans, room)
    return [first, *([(" " * _HANGING_INDENT, ()), *line] if _cell_width(line) <= room else line for line in others)]


def _wrapped(cell: Cell, columns: int, *, keeps_addresses: bool = True) -> list[StyledLine]:
    wrapper = LineWrapper(keeps_addresses=keeps_addresses)
    columns = max(1, columns)
    return [*wrapper.feed(cell, columns), *wrapper.finish(columns)] or [[]]


def _distributed(natural: list[int], words: list[int], available: int) -> list[int] | None:
    """Return the columns' widths: each has its longest word whole, narrow ones all they need, others share the rest.

    None if the room does not suffice for that, or leaves a text in so many short lines that nobody reads them.
    """
    spare = available - sum(words)
    if spare < 0:
        return None
    sizes = list(words)
    open_columns = sorted(range(len(natural)), key=lambda column: natural[column] - words[column])
    while open_columns:
        column = open_columns.pop(0)
        more = min(natural[column] - words[column], spare // (len(open_columns) + 1))
        sizes[column] += more
        spare -= more
        size, text = sizes[column], natural[column]
        if size < min(text, _MIN_COLUMN_CELLS) or _has_many_lines(text, size):
            return None
    return sizes
