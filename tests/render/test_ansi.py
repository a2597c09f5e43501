"""Styled spans to SGR codes: few of them."""

from __future__ import annotations

import pytest
from pyte import ByteStream
from pyte import Screen as Terminal

from grokchat.render.ansi import to_ansi
from grokchat.render.style import TerminalStyle

STYLE = TerminalStyle("16", background="dark")


@pytest.mark.parametrize(
    ("spans", "line"),
    [
        ([("a", ())], "a"),
        ([("a", ("strong",)), ("b", ("strong",))], "\x1b[1mab\x1b[m"),
        ([("a", ("strong",)), ("b", ("marker",))], "\x1b[1ma\x1b[0;36mb\x1b[m"),
        ([("a", ("strong",)), ("b", ())], "\x1b[1ma\x1b[mb"),
        ([("a ", ()), ("  ", ("code",))], "a"),
        ([("a", ("link", "marker"))], "\x1b[4;36ma\x1b[m"),
        ([], ""),
        ([("  ", ("code",))], ""),
    ],
)
def test_one_code_where_the_style_changes_and_none_for_space_at_the_end(spans, line):
    assert to_ansi(spans, STYLE) == line


def test_every_code_sets_the_whole_style():
    """Every code sets the whole style, so that a row can be written from its middle on."""
    terminal = Terminal(20, 1)
    ByteStream(terminal).feed(to_ansi([("a", ("strong", "marker")), ("b", ("strike",)), ("c", ())], STYLE).encode())
    a, b, c = (terminal.buffer[0][column] for column in range(3))
    assert (a.bold, a.strikethrough, a.fg) == (True, False, "cyan")
    assert (b.bold, b.strikethrough, b.fg) == (False, True, "default")
    assert (c.bold, c.strikethrough, c.fg) == (False, False, "default")


def test_no_escape_codes_at_all():
    assert to_ansi([("a", ("strong",))], TerminalStyle("none")) == "a"
