"""What the next request holds, as lines that fit the window: a row a message, the whole, and what would save most."""

from __future__ import annotations

from collections.abc import Sequence

from grokchat.commands.history import ROLE_ELEMENTS
from grokchat.commands.outcomes import Cell, Column, ContextRow, ContextTable, Table
from grokchat.render.cells import cell_width
from grokchat.render.sanitize import visible_line
from grokchat.render.style import TerminalStyle
from grokchat.units import short_count
from grokchat.views.bars import bar, gauge, swatch
from grokchat.views.notices import hint_lines, notice_lines
from grokchat.views.table import table_lines

_MIN_WIDE_COLUMNS, _MIN_BAR_COLUMNS = 64, 36
"""From which windows on the state has a column, and the bars."""
_WIDE_BAR_CELLS, _NARROW_BAR_CELLS, _MIN_BAR_CELLS, _MAX_GAUGE_CELLS = 12, 5, 3, 60
_MIN_WORDS_CELLS, _GAP_CELLS = 12, 2
_COLUMNS = (
    Column(is_right=True, element="muted"),
    Column(),
    Column(overflow="cut"),
    Column("tokens", is_right=True),
)
_WORDS, _BAR = 2, 4
"""Numbers of columns: the first words, and the bar, which stands before the state."""
_SHORT_ROLES = {"assistant": "asst"}
"""In a narrow window."""
_LEGEND_GAP = "   "
_MAX_ROLE_CHARS = 12
"""Of a role in the legend: an imported conversation may have any."""
_ROLE_NAMES = {"system": "system", "user": "user", "assistant": "replies", "tool": "tools"}


def context_lines(table: ContextTable, columns: int, style: TerminalStyle, *, has_bars: bool = True) -> list[str]:
    """Return the lines; without `has_bars`, for a screen reader, nothing is drawn."""
    lines = _rows(table, columns, style, has_bars=has_bars)
    lines += hint_lines(table.hint, columns, style) if table.hint else []
    lines += ["", *notice_lines(_whole(table), columns, style)]
    if table.tokens:
        has_gauge = has_bars and not style.is_plain and columns >= _MIN_BAR_COLUMNS and table.context is not None
        lines += [_gauge(table, columns, style)] if has_gauge else []
        lines += _legend(table, columns, style)
    if table.facts:
        rows = tuple((name, fact) for name, fact in table.facts)
        lines += table_lines(Table((Column(element="muted"), Column(overflow="fold")), rows), columns, style)
    if table.savings:
        saving_columns = (Column(element="label"), Column(is_right=True), Column(element="muted", overflow="fold"))
        savings = tuple((line, f"~{tokens:,} tokens", effect) for line, tokens, effect in table.savings)
        lines += ["", *hint_lines("What would save most:", columns, style)]
        lines += table_lines(Table(saving_columns, savings), columns, style)
    return lines


def _rows(table: ContextTable, columns: int, style: TerminalStyle, *, has_bars: bool) -> list[str]:
    """Return a row for each message; in a narrow window without the state, in a very narrow one without bars."""
    is_wide = columns >= _MIN_WIDE_COLUMNS or columns < _MIN_BAR_COLUMNS
    rows = [_cells(row, is_wide=is_wide) for row in table.rows]
    bar_cells = _bar_cells(rows, columns, is_wide=is_wide) if has_bars else 0
    if bar_cells:
        largest = max(1, *(row.tokens for row in table.rows))
        bars = (Cell(bar(row.tokens / largest, bar_cells, style), _element(row)) for row in table.rows)
        rows = [(*cells[:_BAR], drawn, *cells[_BAR:]) for cells, drawn in zip(rows, bars, strict=True)]
    shown = (*_COLUMNS, *([Column()] if bar_cells else []), *([Column(element="muted")] if is_wide else []))
    return table_lines(Table(shown, tuple(rows)), columns, style)


def _cells(row: ContextRow, *, is_wide: bool) -> tuple[Cell, ...]:
    """Return a row's number, role, words and tokens, and if there is room, its state."""
    muted = "" if row.is_sent else "muted"
    role = row.role if is_wide else _SHORT_ROLES.get(row.role, row.role)
    tokens = f"~{row.tokens:,}" if row.is_sent else "" if is_wide else "muted"
    return (
        Cell(row.numbers),
        Cell(role, muted or _element(row)),
        Cell(row.words, muted if row.role else "muted"),
        Cell(tokens, muted),
        *([Cell(row.state)] if is_wide else []),
    )


def _bar_cells(rows: Sequence[tuple[Cell, ...]], columns: int, *, is_wide: bool) -> int:
    """Return how many cells the bars have in a window, 0 if there is too little room for them."""
    if columns < _MIN_BAR_COLUMNS:
        return 0
    sizes = [max(cell_width(visible_line(cell.text)) for cell in column) for column in zip(*rows, strict=True)]
    sizes[_WORDS] = _MIN_WORDS_CELLS
    sizes[_BAR - 1] = max(sizes[_BAR - 1], len(_COLUMNS[_BAR - 1].name))
    left = columns - sum(size + _GAP_CELLS for size in sizes if size)
    cells = min(left, _WIDE_BAR_CELLS if is_wide else _NARROW_BAR_CELLS)
    return cells if cells >= _MIN_BAR_CELLS else 0


def _element(row: ContextRow) -> str:
    return ROLE_ELEMENTS.get(row.role, "") if row.role else "muted"


def _whole(table: ContextTable) -> str:
    """Return the size of the request against the model's window."""
    if not table.tokens:
        return "Nothing to send: all messages are muted."
    if table.context is None:
        return f"~{table.tokens:,} tokens · context window unknown"
    return f"~{table.tokens:,} of {short_count(table.context)} tokens · {_percent(table.tokens, table.context)}"


def _legend(table: ContextTable, columns: int, style: TerminalStyle) -> list[str]:
    """Return the tokens of each role, and the colour that it has in the bars, where there are colours."""
    names = [(role, _ROLE_NAMES.get(role, role), tokens) for role, tokens in table.roles]
    if columns < _MIN_BAR_COLUMNS:
        return hint_lines(" · ".join(f"{name} ~{tokens:,}" for _, name, tokens in names), columns, style)
    has_colors = any(style.styled("x", element) != "x" for element in ROLE_ELEMENTS.values())
    rows: list[tuple[str, int]] = []
    for role, outside_name, tokens in names:
        name = style.encodable(visible_line(outside_name[:_MAX_ROLE_CHARS]))
        element = ROLE_ELEMENTS.get(role)
        sign = style.styled(swatch(style), element) + " " if has_colors and element else ""
        entry = sign + style.styled(f"{name} ~{tokens:,}", "muted")
        cells = cell_width(name) + len(f" ~{tokens:,}") + (2 if sign else 0)
        if rows and rows[-1][1] + len(_LEGEND_GAP) + cells <= columns:
            rows[-1] = f"{rows[-1][0]}{_LEGEND_GAP}{entry}", rows[-1][1] + len(_LEGEND_GAP) + cells
        else:
            rows.append((entry, cells))
    return [line for line, _ in rows]


def _percent(part: int, whole: int) -> str:
    return "< 1%" if 0 < part < whole / 100 else f"{part / whole:.0%}"


def _gauge(table: ContextTable, columns: int, style: TerminalStyle) -> str:
    """Return the roles' tokens in the model's window, with a mark where its prices rise."""
    whole = max(table.context or 0, table.tokens)
    parts = [(ROLE_ELEMENTS.get(role, ""), tokens / whole) for role, tokens in table.roles]
    mark = table.step / whole if table.step else None
    return gauge(parts, min(columns, _MAX_GAUGE_CELLS), style, mark=mark)
