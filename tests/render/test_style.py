"""Terminal styles: what the terminal can show, and the style of every element."""

from __future__ import annotations

import pytest
from rich.style import Style

from grokchat.render.style import STYLES, TerminalStyle, detect_style, is_dumb


@pytest.mark.parametrize("style", sorted(STYLES))
def test_styles_mean_what_rich_means(style):
    """Text styled without rich looks as rich would style it."""
    rich = Style.parse(STYLES[style])
    assert TerminalStyle().styled("x", style) == rich.render("x").replace("\x1b[0m", "\x1b[m")
    assert TerminalStyle("bold").styled("x", style) == rich.without_color.render("x").replace("\x1b[0m", "\x1b[m")
    assert TerminalStyle("none").styled("x", style) == "x"


@pytest.mark.parametrize(
    ("env", "encoding", "style"),
    [
        ({"TERM": "xterm-256color"}, "utf-8", TerminalStyle("256")),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "utf-8", TerminalStyle("truecolor")),
        ({"TERM": "xterm-direct"}, "utf-8", TerminalStyle("truecolor")),
        ({"TERM": "xterm"}, "UTF8", TerminalStyle("16", "UTF8")),
        ({}, "UTF8", TerminalStyle("16", "UTF8")),
        ({"TERM": "xterm", "NO_COLOR": "1", "COLORTERM": "truecolor"}, "UTF-8", TerminalStyle("bold", "UTF-8")),
        ({"TERM": "xterm", "NO_COLOR": ""}, "utf-8", TerminalStyle("16")),
        ({"TERM": "dumb"}, "utf-8", TerminalStyle("none")),
        ({"TERM": "dumb", "NO_COLOR": "1"}, "ascii", TerminalStyle("none", "ascii")),
        ({"TERM": "xterm"}, "iso8859-1", TerminalStyle("16", "iso8859-1")),
    ],
)
def test_the_style_depends_on_the_environment(env, encoding, style):
    """`NO_COLOR`, `TERM=dumb` (then no escape codes at all) and a locale without UTF-8: plainer, never broken."""
    assert detect_style(env, encoding) == style


def test_a_dumb_terminal_understands_nothing():
    assert is_dumb({"TERM": "dumb"})
    assert is_dumb({"TERM": "unknown"})
    assert not is_dumb({"TERM": "xterm"})
    assert not is_dumb({})


def test_no_colour_keeps_attributes():
    assert TerminalStyle("bold").styled("x", "error") == "\x1b[1mx\x1b[m"
    assert TerminalStyle("bold").styled("x", "notice") == "x"


def test_nothing_needs_no_style():
    assert TerminalStyle().styled("", "error") == ""


def test_only_the_terminal_s_own_palette():
    """Without a known background only the terminal's sixteen colours are used, which suit dark and light ones."""
    assert not any("#" in words or "rgb" in words or " on " in words for words in STYLES.values())


@pytest.mark.parametrize(
    ("encoding", "encodable"),
    [("utf-8", "é ☃"), ("iso8859-1", "é \\u2603"), ("ascii", "\\xe9 \\u2603"), ("ANSI_X3.4-1968", "\\xe9 \\u2603")],
)
def test_unencodable_characters_are_escaped(encoding, encodable):
    assert TerminalStyle("none", encoding).encodable("é ☃") == encodable
    assert TerminalStyle("none", encoding).is_unicode == (encoding == "utf-8")
