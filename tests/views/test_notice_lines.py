"""Notices, warnings, errors and the greeting, as lines that fit the window."""

from __future__ import annotations

import pytest

from grokchat.render.style import TerminalStyle
from grokchat.views.notices import error_lines, notice_lines, warning_lines

PLAIN = TerminalStyle("none")
HOSTILE = "a\x1b[2Jb\u202ec\x9bd\re"
SHOWN = "a␛[2Jb<U+202E>c\\x9bd␍e"


@pytest.mark.parametrize(
    ("view", "start"),
    [(notice_lines, "\x1b[2m"), (warning_lines, "\x1b[33m"), (error_lines, "\x1b[1;31m")],
)
def test_paragraphs(view, start):
    (line,) = view("something", 80, TerminalStyle())
    assert line == f"{start}something\x1b[m"
    assert view("some long words\nand a new line", 10, PLAIN) == ["some long", "words", "and a new", "line"]
    assert view("a\n\nb", 80, PLAIN) == ["a", "", "b"]
    assert view(HOSTILE, 80, PLAIN) == [SHOWN]
    assert view("", 80, PLAIN) == [""]
    assert view("words", 1, PLAIN) == list("words")
