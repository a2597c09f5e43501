"""Notices, warnings, errors and the greeting, as lines. Text from outside is made visible here.

This is imported before the first prompt is on the screen. A line of plain Latin text that fits is returned unchanged,
so that nothing else is loaded for it.
"""

from __future__ import annotations

from grokchat import __version__
from grokchat.render.sanitize import visible, visible_line
from grokchat.render.style import TerminalStyle

DEMO_MODEL = "demo"
"""Shown in place of a model's name in demo mode."""

_FIRST_MARK = "\u0300"
"""The first combining mark; every printable character before it takes one cell."""


def greeting_lines(model: str, columns: int, style: TerminalStyle) -> list[str]:
    """Return the lines above the first prompt."""
    lines = [f"grokchat {__version__} · {visible_line(model)} · /help lists the commands, Ctrl-D leaves"]
    if model == DEMO_MODEL:
        lines.append("The demo makes its replies up; nothing leaves this machine.")
    return [*(style.styled(row, "dim") for line in lines for row in _rows(line, columns)), ""]


def notice_lines(text: str, columns: int, style: TerminalStyle) -> list[str]:
    """Return information that may be overlooked."""
    return _paragraph(text, columns, style, "dim")


def warning_lines(text: str, columns: int, style: TerminalStyle) -> list[str]:
    """Return a warning."""
    return _paragraph(text, columns, style, "notice")


def error_lines(text: str, columns: int, style: TerminalStyle) -> list[str]:
    """Return an error's paragraph."""
    return _paragraph(text, columns, style, "error")


def _paragraph(text: str, columns: int, style: TerminalStyle, element: str) -> list[str]:
    return [style.styled(row, element) for line in visible(text).split("\n") for row in _rows(line, columns)]


def _rows(line: str, columns: int) -> list[str]:
    if len(line) <= columns and line.isprintable() and line == line.rstrip() and max(line, default="") < _FIRST_MARK:
        return [line]
    from grokchat.render.wrap import wrap_text

    return wrap_text(line, columns)
