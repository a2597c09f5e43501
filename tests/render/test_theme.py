"""Styled spans to SGR codes: few of them, in colours that suit the background."""

from __future__ import annotations

import pytest
from pyte import ByteStream
from pyte import Screen as Terminal
from rich.color import Color

from grokchat.highlight.token_kinds import KINDS
from grokchat.render.style import STYLES, TerminalStyle
from grokchat.render.theme import COLORS, sgr_parameters, to_ansi

STYLE = TerminalStyle()


@pytest.mark.parametrize(
    ("spans", "line"),
    [
        ([("a", ())], "a"),
        ([("a", ("strong",)), ("b", ("strong",))], "\x1b[1mab\x1b[m"),
        ([("a", ("strong",)), ("b", ("code",))], "\x1b[1ma\x1b[0;36mb\x1b[m"),
        ([("a", ("strong",)), ("b", ())], "\x1b[1ma\x1b[mb"),
        ([("a ", ()), ("  ", ("code",))], "a"),
        ([("a", ("link", "code"))], "\x1b[4;36ma\x1b[m"),
        ([], ""),
        ([("  ", ("code",))], ""),
    ],
)
def test_one_code_where_the_style_changes_and_none_for_space_at_the_end(spans, line):
    assert to_ansi(spans, STYLE) == line


def test_every_code_sets_the_whole_style():
    """Every code sets the whole style, so that a row can be written from its middle on."""
    terminal = Terminal(20, 1)
    ByteStream(terminal).feed(to_ansi([("a", ("strong", "code")), ("b", ("emphasis",)), ("c", ())], STYLE).encode())
    a, b, c = (terminal.buffer[0][column] for column in range(3))
    assert (a.bold, a.italics, a.fg) == (True, False, "cyan")
    assert (b.bold, b.italics, b.fg) == (False, True, "default")
    assert (c.bold, c.italics, c.fg) == (False, False, "default")


@pytest.mark.parametrize(
    ("style", "code"),
    [
        (TerminalStyle("16"), "36"),
        (TerminalStyle("bold"), ""),
        (TerminalStyle("truecolor"), "36"),
        (TerminalStyle("truecolor", background="dark"), "38;2;224;175;104"),
        (TerminalStyle("16", background="dark"), "36"),
    ],
)
def test_colours_are_those_that_the_terminal_has(style, code):
    """16, 256 and true colour; NO_COLOR; and the terminal's own palette where nothing is known of the background."""
    assert sgr_parameters(("code",), style) == code


def test_256_colours():
    assert sgr_parameters(("keyword",), TerminalStyle("256", background="light")).startswith("38;5;")


def test_no_escape_codes_at_all():
    assert to_ansi([("a", ("strong",))], TerminalStyle("none")) == "a"


@pytest.mark.parametrize("background", ["dark", "light"])
@pytest.mark.parametrize("ground", [0, 1])
def test_colours_have_contrast(background, ground):
    """Text has a contrast of 4.5 to 1 (WCAG 2.2, 1.4.3) on the usual backgrounds."""
    grounds = {"dark": ["#000000", "#1e1e2e"], "light": ["#ffffff", "#fdf6e3"]}
    back = luminance(grounds[background][ground])
    for style, color in COLORS[background].items():
        light, dark = sorted([luminance(color), back], reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= (2.0 if style == "rule" else 4.5), style


def test_every_kind_of_code_has_a_style():
    assert set(STYLES) >= KINDS - {""}
    assert all(set(colors) <= set(STYLES) for colors in COLORS.values())


def luminance(color: str) -> float:
    """Return the relative luminance (WCAG 2.2)."""
    triplet = Color.parse(color).triplet
    assert triplet is not None
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in triplet.normalized]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
