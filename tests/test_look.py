"""What the terminal can show, and the style of every element."""

from __future__ import annotations

import pytest

from grokchat.render.lines import RICH
from grokchat.render.look import STYLES, Look, is_dumb, look_for


@pytest.mark.parametrize("style", sorted(STYLES))
def test_rich_and_we_mean_the_same(style):
    """What is styled without rich looks like what rich styles."""
    assert Look().styled("x", style) == RICH[style].render("x")
    assert Look("bold").styled("x", style) == RICH[style].without_color.render("x")
    assert Look("none").styled("x", style) == "x"


@pytest.mark.parametrize(
    ("env", "encoding", "look"),
    [
        ({"TERM": "xterm-256color"}, "utf-8", Look("16", unicode=True)),
        ({}, "UTF8", Look("16", unicode=True)),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "UTF-8", Look("bold", unicode=True)),
        ({"TERM": "xterm", "NO_COLOR": ""}, "utf-8", Look("16", unicode=True)),
        ({"TERM": "dumb"}, "utf-8", Look("none", unicode=True)),
        ({"TERM": "dumb", "NO_COLOR": "1"}, "ascii", Look("none", unicode=False)),
        ({"TERM": "xterm"}, "iso8859-1", Look("16", unicode=False)),
        ({"TERM": "xterm"}, "ANSI_X3.4-1968", Look("16", unicode=False)),
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
    assert Look("bold").styled("x", "error") == "\x1b[1mx\x1b[0m"
    assert Look("bold").styled("x", "notice") == "x"


def test_nothing_needs_no_style():
    assert Look().styled("", "error") == ""


def test_only_the_terminal_s_own_palette():
    """The sixteen colours of the terminal's own palette, so light and dark backgrounds both suit."""
    assert not any("#" in words or "rgb" in words or " on " in words for words in STYLES.values())
