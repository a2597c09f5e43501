"""The end of a reply that is not final, in as few rows as there is room for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from grokchat.render.cells import fits_row, grapheme_clusters, has_certain_width, max_cell_width
from grokchat.render.typeset import TableLines
from grokchat.render.wrap import StyledLine
from grokchat.units import plural


def last_rows(lines: Sequence[StyledLine], table: TableLines | None, columns: int, height: int) -> list[StyledLine]:
    """Return the last `height` rows of lines, of at most `columns` cells each.

    If a table begins in the lines, its head stays where it is: the gap before it, the names of the columns, the rule
    below them, `… 8 rows` for those that are left out, and the newest rows. Where there is too little room, the gap is
    left out, then the rule, the mark and the names.
    """
    at, rows = _newest_rows(lines, 0, columns, height)
    if table is None or (at == 0 and len(rows) <= height):
        return rows[-height:]
    head = _rows_of(lines[table.head : table.body], columns)
    with_gap = [*_rows_of(lines[table.begin : table.head], columns), *head]
    forms = [(with_gap, 1), (head, 1), (head[:-1], 1), (head[:-1], 0), ([], 0)]
    above, mark_height = next(form for form in forms if len(form[0]) + form[1] < height)
    room = height - len(above) - mark_height
    at, newest = _newest_rows(lines, table.body, columns, room)
    if at <= table.body:  # without the gap, all rows fit
        return rows[-height:]
    mark = _rows_of([_mark(table, at)], columns)[:mark_height]
    return [*above, *mark, *newest[-room:]]


def _newest_rows(lines: Sequence[StyledLine], begin: int, columns: int, count: int) -> tuple[int, list[StyledLine]]:
    """Return the rows of the last lines from `begin` on, at least `count` if there are, and the first line's index."""
    at, rows = len(lines), list[StyledLine]()
    while at > begin and len(rows) < count:
        at -= 1
        rows = [*_screen_rows(lines[at], columns), *rows]
    return at, rows


def _mark(table: TableLines, first_shown: int) -> StyledLine:
    """Return the line that says how many rows are left out. A row whose last lines are shown is not counted."""
    is_whole = first_shown in table.rows or first_shown + 1 in table.rows  # the latter is the gap between two rows
    hidden = bisect_left(table.rows, first_shown) - (not is_whole)
    return [*table.prefix, (f"… {plural(hidden, 'row')}" if hidden else "…", ("muted",))]


def _rows_of(lines: Sequence[StyledLine], columns: int) -> list[StyledLine]:
    return [row for line in lines for row in _screen_rows(line, columns)]


def _screen_rows(line: StyledLine, width: int) -> list[StyledLine]:
    """Break a line into rows as a terminal would, no later than the terminal with the widest glyphs would."""
    whole = "".join(text for text, _ in line)
    if fits_row(whole, width):
        return [line]
    width -= not has_certain_width(whole)
    rows: list[StyledLine] = [[]]
    cells = 0
    for text, styles in line:
        row = ""
        for cluster in grapheme_clusters(text.expandtabs(8)):
            size = max_cell_width(cluster)
            if cells + size > width and cells:
                rows[-1].append((row, styles))
                rows.append([])
                row, cells = "", 0
            row += cluster
            cells += size
        rows[-1].append((row, styles))
    return rows
