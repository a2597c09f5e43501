"""Every element of the interface and of replies can be read in every terminal, whatever is known of it."""

from __future__ import annotations

import re

import pytest
from terminal_palettes import TERMINALS, TerminalColors, contrast, luminance

from grokchat.render.rich_theme import rich_parameters
from grokchat.render.style import TerminalStyle, sgr_parameters
from grokchat.render.theme import (
    BANDS,
    COLORS,
    MAX_DARK_LUMINANCE,
    MIN_LIGHT_LUMINANCE,
    MUTED,
    STYLES,
    background_of,
)
from grokchat.terminal.prompt_style import sgr_code

TEXT_CONTRAST, MUTED_CONTRAST = 4.5, 3.0
"""WCAG 2.2, 1.4.3, and what it asks of large text."""
ON_BAND = ("attached", "muted", "prompt", "user")
"""The elements that are shown on the band of a user's message."""


def known_background(terminal: TerminalColors):
    red, green, blue = (value / 255 for value in bytes.fromhex(terminal.background[1:]))
    return background_of(red, green, blue)


def styles(terminal: TerminalColors) -> list[TerminalStyle]:
    """Return the style of each level of colours, with an unknown and with a known background."""
    has_italics = not terminal.italic
    if terminal.name == "linux":
        return [TerminalStyle(colors, has_italics=False, background="dark") for colors in ("16", "bold")]
    return [
        TerminalStyle(colors, background=background, has_italics=has_italics)
        for colors in ("bold", "256", "truecolor")
        for background in (None, "any", known_background(terminal))
    ]


def least_contrast(terminal: TerminalColors, element: str, style: TerminalStyle) -> float:
    """Return what an element must have. The default colours are the user's own choice: nothing can have more.

    No colour has 4.5 to 1 on black and on white.
    """
    default = contrast(terminal.foreground, terminal.background)
    is_between = style.background == "any" and element in COLORS["any"]
    return min(default, MUTED_CONTRAST if is_between or element in MUTED else TEXT_CONTRAST)


def shown_codes(style: TerminalStyle) -> list[tuple[str, str]]:
    """Return pairs of an element and the SGR code of text in it: in a line, at the prompt, and on the band."""
    elements = [element for element in STYLES if element != "band"]
    pairs = [(element, style.styled("x", element)) for element in elements]
    pairs += [(element, f"\x1b[{rich_parameters((element,), style)}mx") for element in elements]
    pairs += [(element, sgr_code(f"class:{element}", style) + "x") for element in elements]
    pairs += [(element, f"\x1b[{sgr_parameters(('band', element), style)}mx") for element in ON_BAND]
    pairs += [("found", sgr_code(f" class:{name} ", style) + "x") for name in ("search", "search.current", "selected")]
    return [(element, "".join(re.findall(r"\x1b\[([0-9;]+)mx", text))) for element, text in pairs]


@pytest.mark.parametrize("terminal", TERMINALS, ids=lambda terminal: terminal.name)
def test_everything_can_be_read_in_every_terminal(terminal):
    """Text has a contrast of 4.5 to 1, muted text of 3 to 1, selections too, in the colours that the terminal shows."""
    unreadable = {
        (element, style.colors, style.background, f"{contrast(*terminal.shown(code)):.2f}")
        for style in styles(terminal)
        for element, code in shown_codes(style)
        if contrast(*terminal.shown(code)) < least_contrast(terminal, element, style) - 1e-9
    }
    assert unreadable == set()


@pytest.mark.parametrize("terminal", TERMINALS, ids=lambda terminal: terminal.name)
def test_faint_text_and_the_palette_are_used_nowhere(terminal):
    """SGR 2 is nothing in some terminals and unreadable in others, and a palette may be any; the console's is known."""
    for style in styles(terminal):
        for _, code in shown_codes(style):
            numbers = re.sub(r"[34]8;(5;\d+|2;\d+;\d+;\d+)", "", code).strip(";").split(";")
            assert "2" not in numbers
            if terminal.name != "linux":
                assert set(numbers) <= {"", "0", "1", "3", "4", "7", "9"}


@pytest.mark.parametrize("terminal", TERMINALS, ids=lambda terminal: terminal.name)
def test_italics_are_used_where_they_are_italics(terminal):
    for style in styles(terminal):
        for _, code in shown_codes(style):
            assert ("3" not in re.sub(r"38;(5;\d+|2;\d+;\d+;\d+)", "", code).split(";")) or not terminal.italic


@pytest.mark.parametrize("terminal", TERMINALS, ids=lambda terminal: terminal.name)
def test_replies_look_as_the_interface_does(terminal):
    """Rich makes the codes of replies, and the interface's are made without it."""
    for style in styles(terminal):
        for elements in [
            *((element,) for element in STYLES),
            ("quote", "strong", "code"),
            ("h1", "emphasis", "url"),
            ("band", "user"),
        ]:
            by_rich, without = rich_parameters(elements, style), sgr_parameters(elements, style)
            assert sorted(by_rich.split(";")) == sorted(without.split(";")), (elements, style)


def test_the_interface_has_no_colour_on_an_unknown_background():
    """What is muted has one that can be read on any."""
    for element in ("error", "found", "label", "prompt", "question", "selected", "warning"):
        assert "38;" not in sgr_code(f"class:{element}", TerminalStyle("truecolor", background="any"))


def test_the_default_backgrounds_are_dark_or_light():
    assert {terminal.name for terminal in TERMINALS if known_background(terminal) is None} == set()


@pytest.mark.parametrize(
    "color",
    [
        "#000000", "#0c0c0c", "#1e1e1e", "#1e1e2e", "#232629", "#002b36", "#282a36", "#282c34", "#263238", "#2e3440",
        "#32302f", "#2e3436", "#300a24", "#3a3a3a", "#3f3f3f", "#ffffff", "#fdf6e3", "#fbf1c7", "#f2e5bc", "#eff1f5",
        "#e1e2e7", "#eeeeec", "#d5d6db", "#ffffdd",
    ],
)  # fmt: skip
def test_usual_backgrounds_are_dark_or_light(color):
    """Solarized, One Dark, Dracula, Nord, Material, Gruvbox, Zenburn, Tokyo Night, Catppuccin, Tango, Ubuntu."""
    red, green, blue = (value / 255 for value in bytes.fromhex(color[1:]))
    assert background_of(red, green, blue) == ("dark" if luminance(color) < 0.5 else "light")


@pytest.mark.parametrize("background", ["dark", "light"])
def test_colours_have_contrast_up_to_the_end_of_the_range(background):
    """In true colour, and in that of the 256 which stands for it."""
    limit = MAX_DARK_LUMINANCE if background == "dark" else MIN_LIGHT_LUMINANCE
    for element, (color, index) in COLORS[background].items():
        assert 16 <= index < 256
        for shown in (color, TERMINALS[0].indexed(index)):
            darker, lighter = sorted((luminance(shown), limit))
            assert (lighter + 0.05) / (darker + 0.05) >= (MUTED_CONTRAST if element in MUTED else TEXT_CONTRAST), (
                element,
                shown,
            )


@pytest.mark.parametrize(("background", "color"), [(of, color) for of in BANDS for color in BANDS[of]])
def test_text_on_the_band_can_be_read_whatever_the_terminal_has_for_its_own(background, color):
    """In true colour, and in that of the 256 which stands for it."""
    is_true = isinstance(color, str)
    for element in ON_BAND:
        text, index = COLORS[background][element]
        shown = (text, color) if is_true else (TERMINALS[0].indexed(index), TERMINALS[0].indexed(color))
        assert contrast(*shown) >= (MUTED_CONTRAST if element in MUTED else TEXT_CONTRAST), (element, shown)


def test_no_colour_of_the_palette_could_be_used_on_an_unknown_background():
    """Each of the sixteen is below 4.5 to 1 in some terminal."""
    assert all(
        any(contrast(terminal.palette[index], terminal.background) < TEXT_CONTRAST for terminal in TERMINALS)
        for index in range(16)
    )
