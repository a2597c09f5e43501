"""The help pages, as lines. The prompt loads this; imports for the pages alone wait until one is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from grokchat.render.cells import cell_width
from grokchat.render.style import TerminalStyle
from grokchat.views.notices import error_lines, notice_lines

if TYPE_CHECKING:
    from grokchat.commands.declare import Command
    from grokchat.commands.overview import Group

_MORE = "/help COMMAND explains one with examples · /help keys · /help all"
_NOTATION = (
    "N and K are numbers, of messages and of code blocks. RANGE is N, N..M, N.. or a list such as 1,4..6. "
    "@N: the new message becomes number N. What is in [brackets] can be left out. A unique beginning of a name is "
    "enough: /del 3. //text sends /text as a message."
)
_INDENT = "  "
_GAP_CELLS = 2
"""Between a name and its meaning."""
_GUTTER_CELLS = 3
"""Between two columns of groups."""
_MIN_MEANING_CELLS = 20
"""With less room beside the names, meanings are printed below them."""
_MAX_NAME_CELLS = 26
_MIN_INDENTED_CELLS = 12
"""In a narrower window nothing is indented."""

Rows = Sequence[tuple[str, str]]


def help_lines(topic: str, commands: Mapping[str, Command], columns: int, style: TerminalStyle) -> list[str]:
    """Return the overview ("" as topic), every command (`all`), the keys, or the help of one command.

    `commands` has each command by each of its names.
    """
    if not topic:
        return overview_lines(columns, style)
    if topic == "all":
        return all_commands_lines(commands, columns, style)
    if topic == "keys":
        return key_lines(columns, style)
    return command_lines(topic, commands, columns, style)


def overview_lines(columns: int, style: TerminalStyle) -> list[str]:
    """Return the groups of commands, side by side if there is room for that."""
    from grokchat.commands.overview import GROUPS

    halves = _halves(GROUPS)
    widths = [max(_natural_width(group.rows) for group in half) for half in halves]
    if style.is_plain or sum(widths) + _GUTTER_CELLS > columns:  # plain: a screen reader reads rows
        return [*_group_lines(GROUPS, columns, style), "", *notice_lines(_MORE, columns, style)]
    left, right = (_group_lines(half, width, style) for half, width in zip(halves, widths, strict=True))
    sizes = [cell_width(row) for row in _group_lines(halves[0], widths[0], TerminalStyle("none"))]
    lines = []
    for row, size, other in zip_longest(left, sizes, right, fillvalue=None):
        gap = widths[0] + _GUTTER_CELLS - (size or 0)
        lines.append(f"{row or ''}{' ' * gap}{other}" if other else row or "")
    return [*lines, "", *notice_lines(_MORE, columns, style)]


def all_commands_lines(commands: Mapping[str, Command], columns: int, style: TerminalStyle) -> list[str]:
    """Return every command with its form and its meaning, in the groups of the overview."""
    from grokchat.commands.overview import GROUPS

    lines: list[str] = []
    for group in GROUPS:
        rows = [(command.usage, command.help) for command in group.commands(commands)]
        lines += [*_definitions(group.title, rows, columns, style), ""]
    return [*lines, *notice_lines(_NOTATION, columns, style)]


def key_lines(columns: int, style: TerminalStyle) -> list[str]:
    """Return the keys of the prompt."""
    from grokchat.views.keymap import EDITING_KEYS, KEYS

    groups = (("Keys", KEYS), ("Editing the line", EDITING_KEYS))
    lists = [_definitions(title, [(key.shown, key.effect) for key in keys], columns, style) for title, keys in groups]
    return [*lists[0], "", *lists[1]]


def command_lines(name: str, commands: Mapping[str, Command], columns: int, style: TerminalStyle) -> list[str]:
    """Return a command's form, meaning, other names and examples, or the error for a name that is none."""
    from grokchat.commands.names import find_topic
    from grokchat.errors import CommandError

    try:
        command = find_topic(name, commands)
    except CommandError as error:
        return error_lines(str(error), columns, style)
    lines = [
        *(style.styled(row, "marker") for row in _rows(command.usage, columns)),
        *_rows(f"{command.help[:1].upper()}{command.help[1:]}.", columns),
    ]
    if command.aliases:
        lines += notice_lines(f"Also {', '.join(f'/{alias}' for alias in command.aliases)}", columns, style)
    return (
        [*lines, "", *_definitions("", command.examples, columns, style, max_name_cells=columns // 2)]
        if command.examples
        else lines
    )


def _halves(groups: Sequence[Group]) -> tuple[Sequence[Group], Sequence[Group]]:
    """Return the groups, in their order, in two columns of about the same height."""

    def height(column: Sequence[Group]) -> int:
        return sum(len(group.rows) + 2 for group in column)

    cut = min(range(1, len(groups)), key=lambda cut: max(height(groups[:cut]), height(groups[cut:])))
    return groups[:cut], groups[cut:]


def _natural_width(rows: Rows) -> int:
    """Return the cells of the widest row of a group."""
    names, meanings = (max(map(cell_width, column)) for column in zip(*rows, strict=True))
    return len(_INDENT) + names + _GAP_CELLS + meanings


def _group_lines(groups: Iterable[Group], columns: int, style: TerminalStyle) -> list[str]:
    lines: list[str] = []
    for group in groups:
        lines += [*([""] if lines else []), *_definitions(group.title, group.rows, columns, style)]
    return lines


def _definitions(
    title: str, rows: Rows, columns: int, style: TerminalStyle, *, max_name_cells: int = _MAX_NAME_CELLS
) -> list[str]:
    """Return a heading, if there is one, and names with their meanings beside them, or below them if there is no room.

    A name of more than `max_name_cells` has its meaning below it, and leaves the others' where they are.
    """
    indent = _INDENT if columns >= _MIN_INDENTED_CELLS else ""
    sizes = [cell_width(name) for name, _ in rows]
    size = max((size for size in sizes if size <= max_name_cells), default=max_name_cells)
    room = columns - len(indent) - size - _GAP_CELLS
    lines = [style.styled(row, "h2") for row in _rows(title, columns)] if title else []
    for name, meaning in rows:
        names = [indent + style.styled(row, "marker") for row in _rows(name, columns - len(indent))]
        if room < _MIN_MEANING_CELLS:
            lines += [*names, *(2 * indent + row for row in _rows(meaning, columns - 2 * len(indent)))]
            continue
        before = " " * (columns - room)
        rest = [before + row for row in _rows(meaning, room)]
        if cell_width(name) <= size:
            names[-1] += " " * (size - cell_width(name) + _GAP_CELLS) + rest.pop(0).lstrip()
        lines += [*names, *rest]
    return lines


def _rows(text: str, columns: int) -> list[str]:
    from grokchat.render.wrap import wrap_text

    return wrap_text(text, columns)
