"""Terminal styles: text in the style of an element, by what the terminal can show."""

from __future__ import annotations

import pytest
from rich.style import Style

from grokchat.highlight.token_kinds import KINDS
from grokchat.render.style import TerminalStyle, is_dumb, sgr_parameters
from grokchat.render.theme import BANDS, COLORS, STYLES, VGA_STYLES


@pytest.mark.parametrize("element", sorted(STYLES))
def test_styles_mean_what_rich_means(element):
    """Text styled without rich looks as rich would style it."""
    rich = Style.parse(STYLES[element])
    assert TerminalStyle().styled("x", element) == rich.render("x").replace("\x1b[0m", "\x1b[m")
    assert TerminalStyle("bold", background="dark").styled("x", element) == TerminalStyle().styled("x", element)
    assert TerminalStyle("none", background="dark").styled("x", element) == "x"
    color = f"on {BANDS['light'][0]}" if element == "band" else COLORS["light"].get(element, ("", 0))[0]
    styled = TerminalStyle("truecolor", background="light").styled("x", element)
    assert styled == Style.parse(f"{STYLES[element]} {color}").render("x").replace("\x1b[0m", "\x1b[m")


@pytest.mark.parametrize(
    ("style", "code"),
    [
        (TerminalStyle("256"), ""),
        (TerminalStyle("bold"), ""),
        (TerminalStyle("none", background="dark"), ""),
        (TerminalStyle("bold", background="dark"), ""),
        (TerminalStyle("truecolor"), ""),
        (TerminalStyle("truecolor", background="dark"), "38;2;224;175;104"),
        (TerminalStyle("truecolor", background="light"), "38;2;138;72;0"),
        (TerminalStyle("256", background="dark"), "38;5;179"),
        (TerminalStyle("256", background="light"), "38;5;58"),
        (TerminalStyle("16", background="dark"), "1;33"),
        (TerminalStyle("16", background="light"), ""),
        (TerminalStyle("16"), ""),
    ],
)
def test_colours_are_those_that_the_terminal_has(style, code):
    """256 and true colours, those of the console, NO_COLOR, and none where the background is unknown."""
    assert sgr_parameters(("code",), style) == code
    assert style.has_colors == bool(code)


def test_attributes_of_nested_elements_add_up_and_the_innermost_colour_wins():
    style = TerminalStyle("256", background="dark")
    assert sgr_parameters(("quote", "strong", "code"), style) == "3;1;38;5;179"
    assert sgr_parameters(("h3", "link"), style) == "1;3;4;38;5;117"
    assert sgr_parameters(("strong", "keyword"), TerminalStyle("16", background="dark")) == "1;35"


def test_emphasis_is_underlined_where_italics_are_something_else():
    """GNU Screen shows them in reverse video, a Linux console in a colour."""
    style = TerminalStyle(has_italics=False)
    assert style.styled("x", "emphasis") == style.styled("x", "suggested") == "\x1b[4mx\x1b[m"
    assert style.styled("x", "h3") == "\x1b[1mx\x1b[m"
    assert style.styled("x", "quote") == "x"
    assert not any("3" in sgr_parameters((element,), style).split(";") for element in STYLES)


def test_the_theme_chooses_the_background():
    style = TerminalStyle("truecolor")
    assert style.on_background("auto", "light").background == "light"
    assert style.on_background("auto", None).background is None
    assert style.on_background("dark", "light").background == "dark"
    assert style.on_background("light", None).background == "light"
    assert TerminalStyle("none").on_background("dark", None) == TerminalStyle("none")


def test_every_element_of_a_colour_and_every_kind_of_code_has_a_style():
    assert set(STYLES) >= KINDS - {""}
    assert set(COLORS["dark"]) == set(COLORS["light"]) <= set(STYLES)
    assert set(VGA_STYLES) <= set(COLORS["dark"])


def test_a_dumb_terminal_understands_nothing():
    assert is_dumb({"TERM": "dumb"})
    assert is_dumb({"TERM": "unknown"})
    assert not is_dumb({"TERM": "xterm"})
    assert not is_dumb({})


def test_nothing_needs_no_style():
    assert TerminalStyle().styled("", "error") == ""


@pytest.mark.parametrize(
    ("encoding", "encodable"),
    [("utf-8", "é ☃"), ("iso8859-1", "é \\u2603"), ("ascii", "\\xe9 \\u2603"), ("ANSI_X3.4-1968", "\\xe9 \\u2603")],
)
def test_unencodable_characters_are_escaped(encoding, encodable):
    assert TerminalStyle("none", encoding).encodable("é ☃") == encodable
    assert TerminalStyle("none", encoding).is_unicode == (encoding == "utf-8")
