"""The help pages: the overview, every command, the keys, and one command with examples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table

from grokchat.commands.names import find_topic
from grokchat.commands.overview import GROUPS
from grokchat.errors import CommandError
from grokchat.render.cells import cell_width
from grokchat.render.style import TerminalStyle
from grokchat.views.cell_text import GAP_CELLS
from grokchat.views.console import Page
from grokchat.views.notices import error_lines, hint_lines

if TYPE_CHECKING:
    from grokchat.commands.declare import Command
    from grokchat.commands.overview import CommandGroup

_MORE = "/help COMMAND explains one with examples · /help keys · /help all"
_NOTATION = (
    "N and K are numbers, of messages and of code blocks. RANGE is N, N..M, N.. or a list such as 1,4..6. "
    "@N: the new message becomes number N. What is in [brackets] can be left out. A unique beginning of a name is "
    "enough: /del 3. //text sends /text as a message."
)
_INDENT_CELLS = 2
_MIN_INDENTED_CELLS = 12
"""In a narrower window nothing is indented."""
_GUTTER_CELLS = 3
"""Between two columns of groups."""
_MIN_MEANING_CELLS = 20
"""With less room beside the names, meanings are printed below them."""
_MAX_NAME_CELLS = 26

Rows = Sequence[tuple[str, str]]


def help_lines(topic: str, commands: Mapping[str, Command], columns: int, style: TerminalStyle) -> list[str]:
    """Return the overview ("" as topic), every command (`all`), the `keys`, or the help of one command.

    `commands` has each command by each of its names.
    """
    page = Page(style.prose_columns(columns) if topic else columns, style)
    if not topic:
        # A screen reader reads rows; without escape codes it may be one.
        content = _overview(page, has_halves=not style.is_plain)
        return [*page.lines(content), "", *hint_lines(_MORE, columns, style)]
    if topic == "all":
        return [*page.lines(_all_commands(page, commands)), "", *hint_lines(_NOTATION, columns, style)]
    if topic == "keys":
        return page.lines(_keys(page))
    try:
        return page.lines(_command(page, find_topic(topic, commands)))
    except CommandError as error:
        return error_lines(str(error), columns, style)


# -- the pages ---------------------------------------------------------------------------------------------------------


def _overview(page: Page, *, has_halves: bool) -> RenderableType:
    """Return the groups of commands, side by side if there is room for that."""
    halves = _halves(GROUPS)
    widths = [max(_natural_width(group.rows) for group in half) for half in halves]
    if not has_halves or sum(widths) + _GUTTER_CELLS > page.columns:
        return _sections(page, [(group.title, group.rows) for group in GROUPS], page.columns)
    grid = Table.grid()
    grid.add_column(width=widths[0] + _GUTTER_CELLS)
    grid.add_column(width=widths[1])
    columns = [[(group.title, group.rows) for group in half] for half in halves]
    grid.add_row(*(_sections(page, column, width) for column, width in zip(columns, widths, strict=True)))
    return grid


def _all_commands(page: Page, commands: Mapping[str, Command]) -> RenderableType:
    """Return every command with its form and its meaning, in the groups of the overview."""
    listed = [(group.title, [(each.usage, each.help) for each in group.commands(commands)]) for group in GROUPS]
    return _sections(page, listed, page.columns)


def _keys(page: Page) -> RenderableType:
    from grokchat.views.keymap import EDITING_KEYS, KEYS

    groups = (("Keys", KEYS), ("Editing the line", EDITING_KEYS))
    return _sections(page, [(title, [(key.shown, key.effect) for key in keys]) for title, keys in groups], page.columns)


def _command(page: Page, command: Command) -> RenderableType:
    """Return a command's form, meaning, other names and examples."""
    parts: list[RenderableType] = [
        page.text(command.usage, "marker"),
        page.text(f"{command.help[:1].upper()}{command.help[1:]}."),
    ]
    if command.aliases:
        parts.append(page.text(f"Also {', '.join(f'/{alias}' for alias in command.aliases)}", "muted"))
    examples = _definitions(page, command.examples, page.columns, max_name_cells=page.columns // 2)
    return Group(*parts, page.text(""), *examples)


# -- their parts -------------------------------------------------------------------------------------------------------


def _halves(groups: Sequence[CommandGroup]) -> tuple[Sequence[CommandGroup], Sequence[CommandGroup]]:
    """Return the groups, in their order, in two columns of about the same height."""

    def height(column: Sequence[CommandGroup]) -> int:
        return sum(len(group.rows) + 2 for group in column)

    cut = min(range(1, len(groups)), key=lambda cut: max(height(groups[:cut]), height(groups[cut:])))
    return groups[:cut], groups[cut:]


def _natural_width(rows: Rows) -> int:
    """Return the cells of the widest row of a group."""
    names, meanings = (max(map(cell_width, column)) for column in zip(*rows, strict=True))
    return _INDENT_CELLS + names + GAP_CELLS + meanings


def _sections(page: Page, sections: Iterable[tuple[str, Rows]], columns: int) -> Group:
    """Return headings with names and their meanings below them, and an empty line between two sections."""
    parts: list[RenderableType] = []
    for title, rows in sections:
        gap = [page.text("")] if parts else []
        parts += [*gap, page.text(title, "h2"), *_definitions(page, rows, columns)]
    return Group(*parts)


def _definitions(
    page: Page, rows: Rows, columns: int, *, max_name_cells: int = _MAX_NAME_CELLS
) -> list[RenderableType]:
    """Return names with their meanings beside them, or below them if there is no room.

    A name of more than `max_name_cells` has its meaning below it, and leaves the others' where they are.
    """
    indent = _INDENT_CELLS if columns >= _MIN_INDENTED_CELLS else 0
    sizes = [cell_width(name) for name, _ in rows]
    size = max((size for size in sizes if size <= max_name_cells), default=max_name_cells)
    has_room = columns - indent - size - GAP_CELLS >= _MIN_MEANING_CELLS
    parts: list[RenderableType] = []
    grid: Table | None = None
    for name, meaning in rows:
        if not has_room:
            parts.append(Padding(page.text(name, "marker"), (0, 0, 0, indent)))
            parts.append(Padding(page.text(meaning), (0, 0, 0, 2 * indent)))
            continue
        is_long = cell_width(name) > size
        if is_long:
            parts.append(Padding(page.text(name, "marker"), (0, 0, 0, indent)))
        if is_long or grid is None:
            grid = Table.grid()
            grid.add_column(width=size + GAP_CELLS)
            grid.add_column(width=columns - indent - size - GAP_CELLS)
            parts.append(Padding(grid, (0, 0, 0, indent)))
        grid.add_row(page.text("" if is_long else name, "marker"), page.text(meaning))
    return parts
