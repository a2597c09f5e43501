"""Notices, warnings, errors and the greeting, as lines. Text from outside is made visible here.

This is imported before the first prompt is on the screen. So the greeting does without rich, and so does a line of
plain Latin text that fits; all else is laid out by it (`console`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

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

_CLAUSE = re.compile(r".*?(?:[.!?](?=\s)|(?=\s·\s|;\s))", re.DOTALL)
"""The first clause: up to the end of a sentence, a semicolon, or the dot between facts."""
_FIRST_MARK = "\u0300"
"""The first combining mark; every printable character before it takes one cell."""


def greeting_lines(model: str, columns: int, style: TerminalStyle, *, is_first_run: bool = False) -> list[str]:
    """Return the lines above the first prompt."""
    lines = [f"grokchat {__version__} · {visible_line(model)} · / for commands, Tab completes, Ctrl-D quits"]
    if model == DEMO_MODEL:
        lines.append("The demo makes up its replies. Nothing leaves this machine.")
    if is_first_run:
        lines += _FIRST_STEPS
    return [*(style.styled(row, "muted") for line in lines for row in _rows(line, style.prose_columns(columns))), ""]


def hint_lines(text: str, columns: int, style: TerminalStyle) -> list[str]:
    """Return less important text: all of it is muted."""
    return _paragraph([(visible(text), "muted")], columns, style)


def notice_lines(text: str, columns: int, style: TerminalStyle) -> list[str]:
    """Return the answer of a command: its first clause, and muted what follows."""
    head, rest = _split_clause(visible(text))
    return _paragraph([(head, ""), (rest, "muted")], columns, style)


def warning_lines(text: str, columns: int, style: TerminalStyle) -> list[str]:
    """Return information that should not be overlooked."""
    return _paragraph([(visible(text), "warning")], columns, style)


def question_lines(text: str, columns: int, style: TerminalStyle) -> list[str]:
    """Return what needs a decision of the user's."""
    return _paragraph([(visible(text), "question")], columns, style)


def error_lines(text: str, columns: int, style: TerminalStyle) -> list[str]:
    """Return an error's paragraph: its first clause, which says what happened, is marked."""
    head, rest = _split_clause(visible(text))
    return _paragraph([(head, "error"), (rest, "")], columns, style)


def _split_clause(text: str) -> tuple[str, str]:
    clause = _CLAUSE.match(text)
    end = clause.end() if clause else len(text)
    return text[:end], text[end:]


def _paragraph(parts: Sequence[tuple[str, str]], columns: int, style: TerminalStyle) -> list[str]:
    """Return texts and their elements as one paragraph."""
    columns = style.prose_columns(columns)
    parts = [(style.encodable(part), element) for part, element in parts]
    text = "".join(part for part, _ in parts)
    if _fits_plainly(text, columns):
        return ["".join(style.styled(part, element) if element else part for part, element in parts)]
    from grokchat.views.console import Page

    page = Page(columns, style)
    return page.lines(page.paragraph(parts))


def _fits_plainly(text: str, columns: int) -> bool:
    return len(text) <= columns and text.isprintable() and text == text.rstrip() and max(text, default="") < _FIRST_MARK


def _rows(line: str, columns: int) -> list[str]:
    if _fits_plainly(line, columns):
        return [line]
    from grokchat.render.wrap import wrap_text

    return wrap_text(line, columns)
