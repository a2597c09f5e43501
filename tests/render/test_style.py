"""What the terminal can show, and the style of every element."""

from __future__ import annotations

import pytest
from rich.style import Style

from grokchat.render.style import STYLES, Look, is_dumb, look_for


@pytest.mark.parametrize("style", sorted(STYLES))
def test_rich_and_we_mean_the_same(style):
    """What is styled without rich looks like what rich styles."""
    rich = Style.parse(STYLES[style])
    assert Look().styled("x", style) == rich.render("x").replace("\x1b[0m", "\x1b[m")
    assert Look("bold").styled("x", style) == rich.without_color.render("x").replace("\x1b[0m", "\x1b[m")
    assert Look("none").styled("x", style) == "x"


@pytest.mark.parametrize(
    ("env", "encoding", "look"),
    [
        ({"TERM": "xterm-256color"}, "utf-8", Look("256")),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "utf-8", Look("truecolor")),
        ({"TERM": "xterm-direct"}, "utf-8", Look("truecolor")),
        ({"TERM": "xterm"}, "UTF8", Look("16", "UTF8")),
        ({}, "UTF8", Look("16", "UTF8")),
        ({"TERM": "xterm", "NO_COLOR": "1", "COLORTERM": "truecolor"}, "UTF-8", Look("bold", "UTF-8")),
        ({"TERM": "xterm", "NO_COLOR": ""}, "utf-8", Look("16")),
        ({"TERM": "dumb"}, "utf-8", Look("none")),
        ({"TERM": "dumb", "NO_COLOR": "1"}, "ascii", Look("none", "ascii")),
        ({"TERM": "xterm"}, "iso8859-1", Look("16", "iso8859-1")),
    ],
)
def test_what_the_environment_says(env, encoding, look):
    """`NO_COLOR`, `TERM=dumb` (then no escape codes at all) and a locale without UTF-8: plainer, never broken."""
    assert look_for(env, encoding) == look


def test_a_dumb_terminal_understands_nothing():
    assert is_dumb({"TERM": "dumb"})
    assert is_dumb({"TERM": "unknown"})
    assert not is_dumb({"TERM": "xterm"})
    assert not is_dumb({})


def test_no_colour_keeps_attributes():
    assert Look("bold").styled("x", "error") == "\x1b[1mx\x1b[m"
    assert Look("bold").styled("x", "notice") == "x"


def test_nothing_needs_no_style():
    assert Look().styled("", "error") == ""


def test_only_the_terminal_s_own_palette():
    """Without a known background: the sixteen colours of the terminal's own palette suit dark and light ones."""
    assert not any("#" in words or "rgb" in words or " on " in words for words in STYLES.values())


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("utf-8", "é ☃"), ("iso8859-1", "é \\u2603"), ("ascii", "\\xe9 \\u2603"), ("ANSI_X3.4-1968", "\\xe9 \\u2603")],
)
def test_what_the_terminal_has_no_character_for_is_not_lost(encoding, shown):
    assert Look("none", encoding).shown("é ☃") == shown
    assert Look("none", encoding).unicode == (encoding == "utf-8")
