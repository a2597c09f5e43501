"""What commands answer, as lines: notices, tables, messages, help, errors. Text from outside is made visible here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from grokchat import __version__
from grokchat.render.sanitize import visible, visible_line
from grokchat.render.style import Look

if TYPE_CHECKING:
    from grokchat.commands.declare import Command
    from grokchat.commands.outcomes import Table
    from grokchat.messages import Message


def greeting(model: str, width: int, look: Look) -> list[str]:
    """Return what stands above the first prompt."""
    lines = [f"grokchat {__version__} · {visible_line(model)} · /help lists the commands, Ctrl-D leaves"]
    if model == DEMO:
        lines.append("The demo makes its replies up; nothing leaves this machine.")
    return [*(look.styled(row, "dim") for line in lines for row in _wrapped(line, width)), ""]


DEMO = "demo"
"""What stands for the model's name in the demo."""


def notice(text: str, width: int, look: Look) -> list[str]:
    """Return a line, or a few, that tells something."""
    return [look.styled(line, "dim") for line in _paragraph(text, width)]


def warning(text: str, width: int, look: Look) -> list[str]:
    """Return a line, or a few, that the user should not overlook."""
    return [look.styled(line, "notice") for line in _paragraph(text, width)]


def error(text: str, width: int, look: Look) -> list[str]:
    """Return an error's paragraph."""
    return [look.styled(line, "error") for line in _paragraph(text, width)]


def said(text: str, look: Look) -> list[str]:
    """Return what the user sent, as it stood at the prompt."""
    first, *rest = visible(text).rstrip("\n").split("\n")
    return [look.styled("> ", "prompt") + first, *(f"  {line}" for line in rest)]


def table(rows: Table, width: int, look: Look, *, head: bool = True) -> list[str]:
    """Return a table; the last column is cut to fit the width, or all but the first go below it, if it folds.

    Without `head` it goes on with one whose head stands above already.
    """
    if not rows.rows:
        return notice(rows.empty, width, look)
    shown = [tuple(map(visible_line, row)) for row in (rows.head, *rows.rows)]
    sizes = [max(_cells(row[column]) for row in shown) for column in range(len(rows.head))]
    used = [column for column, size in enumerate(sizes) if size]
    room = width - sum(sizes[column] + 2 for column in used[:-1])
    if rows.folds and room < min(sizes[used[-1]], _LEAST):
        return _folded(shown, used, width)
    lines = []
    for number, row in enumerate(shown):
        line = "  ".join(_fit(row[column], sizes[column]) for column in used).rstrip()
        line = _cut(line, width)
        lines.append(line if number else look.styled(line, "dim"))
    return lines if head else lines[1:]


_LEAST = 12
"""Columns that the last column of a table has at least, if it folds."""


def _folded(shown: list[tuple[str, ...]], used: list[int], width: int) -> list[str]:
    """Return the rows of a table with each cell below the first one, behind the head of its column."""
    from textwrap import wrap

    head, *rows = shown
    lines = []
    for row in rows:
        # What a row is named by is typed or copied: it must be there whole.
        names = wrap(row[used[0]].rstrip(), max(1, width), break_on_hyphens=False)
        lines += [_cut(line, width) for line in names or [""]]
        cells = [f"{head[column]} {row[column].strip()}".strip() for column in used[1:] if row[column].strip()]
        lines += [_cut(f"  {line}", width) for line in _at_blanks("; ".join(cells), width - 2)]
    return lines


def _at_blanks(text: str, width: int) -> list[str]:
    """Break text at its blanks, by the cells that it takes; a word that is wider than the window stays whole."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and _cells(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def message(
    number: int, one: Message, *, muted: bool, width: int, look: Look, markdown: bool, coming: bool = False
) -> list[str]:
    """Return a message whole: a head line, and its text as it was shown when it came, or as far as it has by now."""
    marks = [
        str(number),
        one.role,
        *(["muted"] if muted else []),
        *(["still coming" if coming else "interrupted"] if one.interrupted else []),
    ]
    head = look.styled(visible_line(" · ".join(marks)), "dim")
    if one.role == "assistant":
        from grokchat.render.stream import reply_lines

        return [head, *reply_lines(one.text, width, look, markdown=markdown, numbered=True), ""]
    return [head, *visible(one.text).split("\n"), ""]


def help_page(commands: Iterable[Command], width: int, look: Look) -> list[str]:
    """Return the list of all commands, and of the keys."""
    from grokchat.views.keymap import KEYS

    return [
        *_explained([(command.usage, command.help) for command in commands], width),
        "",
        *_explained([(key.shown, key.effect) for key in KEYS], width),
        "",
        *notice(_NOTATION, width, look),
    ]


_NOTATION = "//text sends /text. A RANGE is N, N..M, N.. or a comma list; @N means: so that it becomes message N."


def _explained(rows: Sequence[tuple[str, str]], width: int) -> list[str]:
    """Return names and what they mean in two columns, or where that is too narrow below each other."""
    from textwrap import wrap

    size = max(len(name) for name, _ in rows)
    lines = []
    for name, meaning in rows:
        if width >= size + 30:
            first, *rest = wrap(meaning, width - size - 2)
            lines += [f"{name.ljust(size)}  {first}", *(" " * (size + 2) + line for line in rest)]
        else:
            lines += [_cut(name, width), *(f"  {line}" for line in wrap(meaning, max(10, width - 2)))]
    return lines


def help_on(name: str, commands: Mapping[str, Command], width: int, look: Look) -> list[str]:
    """Return the help of one command."""
    if name not in commands:
        return error(f"There is no command /{name}.", width, look)
    command = commands[name]
    also = f" Also: {', '.join('/' + alias for alias in command.aliases)}." if command.aliases else ""
    return [command.usage, *notice(command.help + "." + also, width, look)]


def request_body(data: bytes, look: Look) -> list[str]:
    """Return a JSON body, indented, all of it."""
    import json

    text = visible(json.dumps(json.loads(data), ensure_ascii=False, indent=2))
    return [*text.split("\n"), look.styled(f"{len(data):,} bytes", "dim")]


def difference(earlier: bytes, data: bytes, look: Look) -> list[str]:
    """Return what differs between two JSON bodies, with the marks of `diff -u`."""
    from grokchat.views.json_diff import difference as lines_of_difference

    lines = lines_of_difference(earlier, data)
    if not lines:
        return [look.styled("the next request is the last one again", "dim")]
    styles = {"-": "deleted", "+": "inserted", "…": "dim"}
    return [
        look.styled(f"{mark} {text}", styles[mark]) if mark in styles else f"  {text}"
        for mark, line in lines
        for text in visible(line).split("\n")
    ]


def document(text: str) -> list[str]:
    """Return a text as it is, made visible."""
    return visible(text).removesuffix("\n").split("\n")


def _paragraph(text: str, width: int) -> list[str]:
    """Break text at words; what came with newlines keeps them."""
    return [row for line in visible(text).split("\n") for row in _wrapped(line, width)]


def _wrapped(line: str, width: int) -> list[str]:
    if len(line) <= width and "\t" not in line and line == line.rstrip():
        return [line]  # as the first line of all, for which nothing more has to be loaded
    from textwrap import wrap

    return wrap(line, max(1, width), replace_whitespace=False, break_on_hyphens=False) or [""]


def _cells(text: str) -> int:
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _fit(text: str, size: int) -> str:
    return text + " " * (size - _cells(text))


def _cut(text: str, width: int) -> str:
    if _cells(text) <= width:
        return text
    kept = text[: max(0, width - 1)]
    while kept and _cells(kept) > width - 1:
        kept = kept[:-1]
    return kept + "…" if width > 1 else kept
