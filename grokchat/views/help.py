"""The help pages, as lines. The prompt loads this; imports for the pages alone wait until one is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from grokchat.render.cells import cell_width, pad
from grokchat.render.style import TerminalStyle
from grokchat.views.notices import error_lines, notice_lines

if TYPE_CHECKING:
    from grokchat.commands.declare import Command

_NOTATION = "//text sends /text. A RANGE is N, N..M, N.. or a comma list; @N means: so that it becomes message N."
_MIN_MEANING_CELLS = 28
"""With less room beside the names, meanings are printed below them."""
_MIN_INDENTED_CELLS = 12
"""In a narrower window nothing is indented."""


def help_lines(commands: Iterable[Command], columns: int, style: TerminalStyle) -> list[str]:
    """Return the list of all commands and keys."""
    from grokchat.views.keymap import KEYS

    return [
        *_definitions([(command.usage, command.help) for command in commands], columns),
        "",
        *_definitions([(key.shown, key.effect) for key in KEYS], columns),
        "",
        *notice_lines(_NOTATION, columns, style),
    ]


def command_help_lines(name: str, commands: Mapping[str, Command], columns: int, style: TerminalStyle) -> list[str]:
    """Return the help of one command."""
    from grokchat.commands.names import matching_commands
    from grokchat.render.wrap import wrap_text

    found = matching_commands(name, commands)
    if len(found) != 1:
        return error_lines(f"There is no command /{name}.", columns, style)
    command = found[0]
    aliases = f" Also: {', '.join('/' + alias for alias in command.aliases)}." if command.aliases else ""
    return [*wrap_text(command.usage, columns), *notice_lines(command.help + "." + aliases, columns, style)]


def _definitions(rows: Sequence[tuple[str, str]], columns: int) -> list[str]:
    """Return names and meanings in two columns, or in a narrow window each meaning below its name."""
    from grokchat.render.wrap import wrap_text

    size = max(cell_width(name) for name, _ in rows)
    lines = []
    for name, meaning in rows:
        if columns >= size + 2 + _MIN_MEANING_CELLS:
            first, *others = wrap_text(meaning, columns - size - 2)
            lines += [f"{pad(name, size)}  {first}", *(" " * (size + 2) + line for line in others)]
        else:
            indent = "  " if columns >= _MIN_INDENTED_CELLS else ""
            lines += wrap_text(name, columns)
            lines += [indent + line for line in wrap_text(meaning, columns - len(indent))]
    return lines
