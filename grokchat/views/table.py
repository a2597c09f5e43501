"""A command's table, as lines that fit the window. Text from outside is made visible here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import Box
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from grokchat.commands.outcomes import Cell
from grokchat.render.cells import cell_width
from grokchat.render.sanitize import visible_line
from grokchat.render.style import TerminalStyle
from grokchat.views.cell_text import GAP, GAP_CELLS, NO_BREAK
from grokchat.views.console import Page
from grokchat.views.notices import hint_lines, notice_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grokchat.commands.outcomes import Column, Sections, Table

_MIN_CELLS = 12
"""What a column needs that may be cut or folded; with less room each row is a record."""
_INDENT_CELLS, _NOTE_INDENT_CELLS = 2, 4
_GAPS = Box("    \n" + f"  {GAP} \n" + "    \n" + f"  {GAP} \n" + "    \n" * 2 + f"  {GAP} \n" + "    \n", ascii=True)
"""Columns with nothing but a gap between them. Padding would cost twice the time."""


def table_lines(table: Table, columns: int, style: TerminalStyle, *, has_head: bool = True) -> list[str]:
    """Return a table's lines, none wider than the window; in a narrow window each row is a record.

    Without `has_head` the lines continue a table whose head is on the screen already.
    """
    if not table.rows:
        return notice_lines(table.empty, columns, style)
    page = Page(columns, style)
    rows = [tuple(map(_as_cell, row)) for row in table.rows]
    notes = [_as_cell(note) for note in table.notes] or [Cell("")] * len(rows)
    sizes = [_size(column, [row[number] for row in rows]) for number, column in enumerate(table.columns)]
    used = [number for number, size in enumerate(sizes) if size]
    note_indent = _NOTE_INDENT_CELLS
    gaps = GAP_CELLS * (len(used) - 1)
    if gaps + sum(_least(table.columns[number], sizes[number]) for number in used) > columns:
        names = [table.columns[number] for number in used]
        shown = [_record(page, names, [row[number] for number in used]) for row in rows]
    else:
        grid = _grid([(table.columns[number], sizes[number]) for number in used])
        if has_head and any(column.name for column in table.columns):
            grid.add_row(*(page.line(table.columns[number].name, "muted") for number in used))
        for row in rows:
            grid.add_row(*(_text(page, row[number], table.columns[number]) for number in used))
        if used and sizes[used[0]] <= _NOTE_INDENT_CELLS:  # a number: notes begin below the second column
            note_indent = sizes[used[0]] + GAP_CELLS
        # For rich a gap is one cell.
        lines = page.lines(grid, columns=columns - gaps + len(used) - 1)
        if not table.notes:
            return lines
        head = len(lines) - len(rows)
        shown = [[line] for line in lines[head:]]
        shown[0] = [*lines[:head], *shown[0]]
    noted = ((lines, _note(page, note, note_indent)) for lines, note in zip(shown, notes, strict=True))
    return [line for lines, below in noted for line in (*lines, *below)]


def section_lines(sections: Sections, columns: int, style: TerminalStyle) -> list[str]:
    """Return tables under their titles, and the hint."""
    page = Page(columns, style)
    indent = " " * _INDENT_CELLS if columns > _MIN_CELLS else ""
    lines = []
    for title, table in sections.tables:
        lines += page.lines(page.text(title, "h2"))
        lines += [f"{indent}{line}" for line in table_lines(table, columns - len(indent), style)]
        lines.append("")
    return [*lines, *hint_lines(sections.hint, columns, style)]


def _as_cell(cell: str | Cell) -> Cell:
    return cell if isinstance(cell, Cell) else Cell(cell)


def _size(column: Column, cells: Sequence[Cell]) -> int:
    """Return the cells that a column needs, none if it is empty."""
    widest = max(cell_width(visible_line(cell.text)) for cell in cells)
    return max(widest, cell_width(column.name), column.cells) if widest or column.cells else 0


def _least(column: Column, size: int) -> int:
    return size if column.overflow == "whole" or size == column.cells else min(size, _MIN_CELLS)


def _grid(columns: Sequence[tuple[Column, int]]) -> Grid:
    grid = Grid(box=_GAPS, show_header=False, show_edge=False, pad_edge=False, padding=0)
    for column, size in columns:
        is_fixed = column.overflow == "whole" or size == column.cells
        grid.add_column(
            justify="right" if column.is_right else "left", width=size if is_fixed else None, max_width=size
        )
    return grid


def _text(page: Page, cell: Cell, column: Column) -> Text:
    element = cell.element or column.element
    if column.overflow == "fold":
        return page.text(visible_line(cell.text), element, found=cell.found)
    return page.line(cell.text, element, found=cell.found)


def _record(page: Page, columns: Sequence[Column], cells: Sequence[Cell]) -> list[str]:
    """Return a row as its first cell and those that explain themselves, with the others by name below them.

    What would be cut or folded in the table has lines of its own.
    """
    head, facts, lines = [], [], []
    for number, (column, cell) in enumerate(zip(columns, cells, strict=True)):
        text = page.text(visible_line(cell.text).strip(" "), cell.element or column.element, found=cell.found)
        if text and number and column.overflow != "whole":
            lines += page.lines(_indented(page, _text(page, cell, column)))
        elif text and number and column.name:
            name = f"{column.name.strip()} ".replace(" ", NO_BREAK)
            facts.append(Text.assemble((name, "muted"), text))
        elif text:
            head.append(text)
    above = page.lines(_joined(page, head, "  ")) if head else []
    return [*above, *(page.lines(_indented(page, _joined(page, facts, " · "))) if facts else []), *lines]


def _note(page: Page, note: Cell, indent: int) -> list[str]:
    text = page.text(visible_line(note.text), note.element or "muted", found=note.found)
    return page.lines(_indented(page, text, indent)) if text else []


def _joined(page: Page, texts: Sequence[Text], separator: str) -> Text:
    joined = page.text(separator, "muted").join(texts)
    joined.overflow = "fold"
    return joined


def _indented(page: Page, text: Text, cells: int = _INDENT_CELLS) -> Padding | Text:
    return Padding(text, (0, 0, 0, cells)) if page.columns > _MIN_CELLS else text
