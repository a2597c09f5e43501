"""Notices, warnings, errors and the greeting, as lines that fit the window."""

from __future__ import annotations

import re

import pytest

from grokchat.render.style import TerminalStyle
from grokchat.views.notices import error_lines, hint_lines, notice_lines, question_lines, warning_lines

PLAIN = TerminalStyle("none")
HOSTILE = "a\x1b[2Jb\u202ec\x9bd\re"
SHOWN = "a␛[2Jb<U+202E>c\\x9bd␍e"


@pytest.mark.parametrize(
    ("view", "start"),
    [
        (notice_lines, ""),
        (hint_lines, "\x1b[38;5;103m"),
        (warning_lines, ""),
        (question_lines, "\x1b[1;38;5;222m"),
        (error_lines, "\x1b[1;38;5;210m"),
    ],
)
def test_paragraphs(view, start):
    (line,) = view("something", 80, TerminalStyle(background="dark"))
    assert line == (f"{start}something\x1b[m" if start else "something")
    assert view("some long words\nand a new line", 10, PLAIN) == ["some long", "words", "and a new", "line"]
    assert view("a\n\nb", 80, PLAIN) == ["a", "", "b"]
    assert view(HOSTILE, 80, PLAIN) == [SHOWN]
    assert view("", 80, PLAIN) == [""]
    assert view("words", 1, PLAIN) == list("words")


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        ("It failed. Try again.", 80, ["<It failed.> Try again."]),
        ("unknown key x; did you mean y?", 80, ["<unknown key x>; did you mean y?"]),
        ("#3 muted (not sent) · 24 of 96 tokens; more", 80, ["<#3 muted (not sent)> · 24 of 96 tokens; more"]),
        ("It failed. Try again.", 8, ["<It>", "<failed.>", "Try", "again."]),
        ("no end", 80, ["<no end>"]),
        ("a.b (c.d) e. f", 80, ["<a.b (c.d) e.> f"]),
        ("two\nlines. and", 80, ["<two>", "<lines.> and"]),
        ("漢字 x! 漢字", 4, ["<漢字>", "<x!>", "漢字"]),
    ],
)
def test_of_an_error_the_first_clause_alone_is_red(text, columns, lines):
    """It says what happened. Of a command's answer it is all that is not muted."""
    shown = error_lines(text, columns, TerminalStyle())
    assert [line.replace("\x1b[1m", "<").replace("\x1b[m", ">") for line in shown] == lines
    assert error_lines(text, columns, PLAIN) == notice_lines(text, columns, PLAIN)
    heads = re.findall("<(.*?)>", "".join(lines))
    answer = notice_lines(text, columns, TerminalStyle(background="dark"))
    normal = [row.partition("\x1b[38;5;103m")[0] for row in answer]
    assert "".join(normal).split() == "".join(heads).split()


def test_an_address_is_not_broken():
    """The terminal wraps it, so that it can be selected and opened whole; rows around it stay within the window."""
    address = "https://example.org/a/path/that/is/longer/than/the/window"
    rows = error_lines(f"It failed. See {address} for more about it", 30, PLAIN)
    assert rows == ["It failed. See", address, "for more about it"]
