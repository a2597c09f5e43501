"""The theme as rich's, with the user's own styles over it."""

from __future__ import annotations

import pytest

from grokchat.render.rich_theme import rich_parameters, rich_theme
from grokchat.render.style import TerminalStyle, sgr_parameters
from grokchat.render.theme import STYLES
from grokchat.terminal.prompt_style import sgr_code


def styled(words: str, element: str = "h2", **abilities) -> str:
    """Return the SGR parameters of an element with a user's style."""
    style = TerminalStyle(**{"background": "dark", **abilities}, user_styles=((element, words),))
    parameters = sgr_parameters((element,), style)
    assert parameters == rich_parameters((element,), style)
    assert sgr_code(f"class:{element}", style) == (f"\x1b[0;{parameters}m" if parameters else "")
    return parameters


@pytest.mark.parametrize(
    ("words", "parameters"),
    [
        ("magenta", "1;35"),
        ("italic #ff8800 on #222222", "1;3;38;5;208;48;5;234"),
        ("not bold", "38;5;117"),
        ("default", "1;39"),
        ("dim not bold", "2;38;5;117"),
        ("on white", "1;38;5;117;47"),
        ("none", ""),
    ],
)
def test_a_style_of_the_user_goes_over_the_theme_s(words, parameters):
    """What it does not say stays; `none` is the terminal's own look."""
    assert styled(words) == parameters


@pytest.mark.parametrize(
    ("abilities", "parameters"),
    [
        ({"colors": "truecolor"}, "1;3;38;2;255;136;0;48;2;34;34;34"),
        ({"colors": "256", "background": None}, "1;3;38;5;208;48;5;234"),
        ({"colors": "16"}, "1;3;91;40"),
        ({"colors": "bold"}, "1;3"),
        ({"colors": "bold", "has_italics": False}, "1"),
        ({"colors": "none"}, ""),
    ],
)
def test_colours_and_attributes_are_what_the_terminal_has(abilities, parameters):
    """Rich takes colours to the terminal's colour system; with NO_COLOR attributes stay, a dumb terminal has none."""
    assert styled("italic #ff8800 on #222222", **abilities) == parameters


def test_what_stands_in_for_italics_goes_with_them():
    """Emphasis is underlined where there are no italics, unless the user has none."""
    assert styled("italic", "emphasis", has_italics=False) == "4"
    assert styled("not italic", "emphasis", has_italics=False) == ""
    assert styled("not italic bold", "emphasis") == "1"


def test_other_elements_look_as_before():
    style = TerminalStyle(background="dark")
    own = TerminalStyle(background="dark", user_styles=(("h1", "magenta"),))
    for element in set(STYLES) - {"h1"}:
        assert sorted(sgr_parameters((element,), own)) == sorted(sgr_parameters((element,), style))
    assert rich_parameters(("quote", "h1", "code"), own) == "1;3;4;38;5;179"
    assert rich_parameters((), own) == sgr_parameters((), own) == sgr_code("class:unknown", own) == ""


def test_a_theme_has_every_element():
    for colors in ("none", "bold", "16", "256", "truecolor"):
        assert set(rich_theme(TerminalStyle(colors, background="dark")).styles) == set(STYLES)
