"""Notices, warnings, errors and the greeting, as lines. Text from outside is made visible here.

This is imported before the first prompt is on the screen. A line of plain Latin text that fits is returned unchanged,
so that nothing else is loaded for it.
"""

from __future__ import annotations

import re

from grokchat import __version__
from grokchat.render.sanitize import visible, visible_line
from grokchat.render.style import TerminalStyle

DEMO_MODEL = "demo"
"""Shown in place of a model's name in demo mode."""

_FIRST_STEPS = (
    "Type a question and press Enter. @ attaches a file, Ctrl-C stops a reply.",
    "Change any message: /history, then /edit 1, /mute 2 or /undo. More: /help.",
)
"""What to try, for somebody who has no sessions yet: two lines of a window of 80 columns."""

_SENTENCE = re.compile(r".*?[.!?](?=\s)", re.DOTALL)
_FIRST_MARK = "\u0300"
"""The first combining mark; every printable character before it takes one cell."""


def greeting_lines(model: str, columns: int, style: TerminalStyle, *, is_first_run: bool = False) -> list[str]:
    """Return the lines above the first prompt."""
    lines = [f"grokchat {__version__} · {visible_line(model)} · / for commands, Tab completes, Ctrl-D quits"]
    if model == DEMO_MODEL:
        lines.append("The demo makes up its replies. Nothing leaves this machine.")
    if is_first_run:
        lines += _FIRST_STEPS
    return [*(style.styled(row, "muted") for line in lines for row in _rows(line, columns)), ""]


def notice_lines(text: str, columns: int, style: TerminalStyle) -> list[str]:
    """Return information that may be overlooked."""
    return _paragraph(text, columns, style, "muted")


def warning_lines(text: str, columns: int, style: TerminalStyle) -> list[str]:
    """Return information that should not be overlooked."""
    return _paragraph(text, columns, style, "warning")


def question_lines(text: str, columns: int, style: TerminalStyle) -> list[str]:
    """Return what needs a decision of the user's."""
    return _paragraph(text, columns, style, "question")


def error_lines(text: str, columns: int, style: TerminalStyle) -> list[str]:
    """Return an error's paragraph. Its head is marked: the first sentence, which says what happened."""
    shown = visible(text)
    sentence = _SENTENCE.match(shown)
    left = len("".join(shown[: sentence.end() if sentence else None].split()))
    lines: list[str] = []
    for row in (row for line in shown.split("\n") for row in _rows(line, columns)):
        # Wrapping moves white space only.
        end = 0
        while end < len(row) and left:
            left -= not row[end].isspace()
            end += 1
        lines.append(style.styled(row[:end], "error") + row[end:])
    return lines


def _paragraph(text: str, columns: int, style: TerminalStyle, element: str) -> list[str]:
    return [style.styled(row, element) for line in visible(text).split("\n") for row in _rows(line, columns)]


def _rows(line: str, columns: int) -> list[str]:
    if len(line) <= columns and line.isprintable() and line == line.rstrip() and max(line, default="") < _FIRST_MARK:
        return [line]
    from grokchat.render.wrap import wrap_text

    return wrap_text(line, columns)
