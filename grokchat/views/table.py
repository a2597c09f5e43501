"""A command's table, as lines that fit the window. Text from outside is made visible here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokchat.render.bidi import column_mark
from grokchat.render.cells import cell_width, pad, truncate
from grokchat.render.sanitize import visible_line
from grokchat.render.style import TerminalStyle
from grokchat.views.notices import notice_lines

if TYPE_CHECKING:
    from grokchat.commands.outcomes import Table

_GAP = "  "
_MIN_LAST_CELLS = 12
"""A table that folds does so if its last column would have fewer cells."""


def table_lines(table: Table, columns: int, style: TerminalStyle, *, has_head: bool = True) -> list[str]:
    """Return a table's lines, each cut at the window's width; in a narrow window a table that folds has lists instead.

    Without `has_head` the lines continue a table whose head is on the screen already.
    """
    if not table.rows:
        return notice_lines(table.empty, columns, style)
    rows = [tuple(map(visible_line, row)) for row in (table.head, *table.rows)]
    sizes = [max(cell_width(row[column]) for row in rows) for column in range(len(table.head))]
    used = [column for column, size in enumerate(sizes) if size]
    room = columns - sum(sizes[column] + len(_GAP) for column in used[:-1])
    if table.folds and room < min(sizes[used[-1]], _MIN_LAST_CELLS):
        return _folded(rows, used, columns)
    lines = [_line([pad(row[column], sizes[column]) for column in used], columns, style) for row in rows]
    return [style.styled(lines[0], "muted"), *lines[1:]] if has_head else lines[1:]


def _line(cells: list[str], columns: int, style: TerminalStyle) -> str:
    """Return a row as one line. Output without escape codes may be read by a program, and gets no marks."""
    mark = column_mark(cells) if style.is_unicode and not style.is_plain else ""
    return truncate(f"{_GAP}{mark}".join(cells).rstrip(), columns)


def _folded(rows: list[tuple[str, ...]], used: list[int], columns: int) -> list[str]:
    """Return each row as its first cell with the other cells below it, each after the head of its column."""
    from grokchat.render.wrap import wrap_text

    head, *body = rows
    indent = _GAP if columns > _MIN_LAST_CELLS else ""
    lines = []
    for row in body:
        lines += wrap_text(row[used[0]].rstrip(), columns)
        cells = [f"{head[column]} {row[column].strip()}".strip() for column in used[1:] if row[column].strip()]
        lines += [indent + line for line in wrap_text(" ".join("; ".join(cells).split()), columns - len(indent))]
    return lines
