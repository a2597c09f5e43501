"""The theme as rich's: the elements of replies as `Style`s, which rich adds up and turns into SGR codes.

The interface's codes are made without rich (`style.sgr_parameters`), because the first prompt cannot wait for its
import. A test holds both to the same look.
"""

from __future__ import annotations

from functools import cache

from rich.color import Color
from rich.style import Style
from rich.theme import Theme

from grokchat.render.style import TerminalStyle, attributes_of
from grokchat.render.theme import COLORS, STYLES, VGA_CODES

_FIRST_COLOR = 30
"""The SGR parameter for the first of the eight colours as foreground (ECMA-48, 8.3.117)."""


@cache
def rich_theme(style: TerminalStyle) -> Theme:
    """Return every element's style, in the attributes and colours that a terminal has."""
    return Theme(
        {element: Style.parse(" ".join(attributes_of(element, style))) + _color(element, style) for element in STYLES},
        inherit=False,
    )


@cache
def reply_parameters(elements: tuple[str, ...], style: TerminalStyle) -> str:
    """Return the SGR parameters for nested elements, outermost first: attributes add up, the innermost colour wins."""
    if style.is_plain:
        return ""
    styles = rich_theme(style).styles
    before, _, _ = Style.combine(styles[element] for element in elements).render("x").partition("x")
    return before.removeprefix("\x1b[").removesuffix("m")


def _color(element: str, style: TerminalStyle) -> Style:
    if style.background is None or not style.has_colors:
        return Style.null()
    if style.colors == "16":
        codes = VGA_CODES.get(element, "").split(";")
        number = int(codes[-1] or 0)
        # The bright colours are bold.
        return (
            Style(color=Color.from_ansi(number - _FIRST_COLOR), bold="1" in codes or None) if number else Style.null()
        )
    if element not in COLORS[style.background]:
        return Style.null()
    digits, index = COLORS[style.background][element]
    return Style(color=Color.from_ansi(index) if style.colors == "256" else Color.parse(digits))
