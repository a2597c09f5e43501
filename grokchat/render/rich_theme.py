"""The theme as rich's: every element as a `Style`, which rich adds up and turns into SGR codes.

A theme has what a terminal can show, and nothing else: rich has taken colours to the terminal's colour system, and
taken them away for NO_COLOR. The user's own styles go over those of `theme`: what they do not say stays.

`style.sgr_parameters` makes the codes of the theme's own styles without rich, which the first prompt cannot wait for.
A test holds both to the same look.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from rich.color import ANSI_COLOR_NAMES, Color, ColorSystem
from rich.errors import StyleSyntaxError
from rich.style import Style
from rich.theme import Theme

from grokchat.render.theme import STYLES, UNDERLINED_FOR_ITALIC
from grokchat.render.theme_styles import Abilities, Colors, theme_style
from grokchat.suggestions import close_matches

_COLOR_SYSTEMS: dict[Colors, ColorSystem] = {
    "16": ColorSystem.STANDARD,
    "palette": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
}
"""The colour system of terminals with colours."""


@cache
def rich_theme(terminal: Abilities) -> Theme:
    """Return the theme of a terminal: each element's style, in the attributes and colours that it has."""
    if terminal.is_plain:
        return Theme(dict.fromkeys(STYLES, Style.null()), inherit=False)
    styles = {element: Style.parse(theme_style(element, terminal)) for element in STYLES}
    for element, words in terminal.user_styles:
        own = _shown(Style.parse(words), element, terminal)
        styles[element] = own if words.strip() == "none" else styles[element] + own
    return Theme(styles, inherit=False)


def rich_style(elements: Sequence[str], terminal: Abilities) -> Style:
    """Return the style of nested elements, outermost first: attributes add up, the innermost colour wins.

    Among them may be styles in rich's style language: those of code in a code theme.
    """
    styles = rich_theme(terminal).styles
    parts = (
        styles[element] if element in styles else _shown(Style.parse(element), element, terminal)
        for element in elements
    )
    return sum(parts, Style.null())


@cache
def rich_parameters(elements: tuple[str, ...], terminal: Abilities) -> str:
    """Return the SGR parameters for nested elements, outermost first."""
    return parameters_of(rich_style(elements, terminal))


def parameters_of(style: Style) -> str:
    """Return the SGR parameters of a style that has only what the terminal can show."""
    before, _, _ = style.render("x").partition("x")
    return before.removeprefix("\x1b[").removesuffix("m")


def find_style_problem(words: str) -> str:
    """Return what is wrong with a style in rich's style language, or nothing. Links are not styles here."""
    try:
        style = Style.parse(words)
    except StyleSyntaxError as error:
        problem = str(error).rpartition("; ")[2]
        word = problem.split("'")[-2] if problem.count("'") > 1 else ""
        matches = close_matches(word, [*Style.STYLE_ATTRIBUTES, *ANSI_COLOR_NAMES])
        return problem + (f", the nearest are {', '.join(matches)}" if matches else "")
    return "a style has no link" if style.link else ""


def _shown(own: Style, element: str, terminal: Abilities) -> Style:
    """Return a user's style of an element, in what the terminal has."""
    if own.italic is not None and not terminal.has_italics:
        stand_in = Style(underline=own.italic if element in UNDERLINED_FOR_ITALIC else None)
        own = stand_in + own + Style(italic=False)
    system = _COLOR_SYSTEMS.get(terminal.colors)
    if system is None:
        return own.without_color
    color, background = (_downgraded(color, system) for color in (own.color, own.bgcolor))
    return own.without_color + Style(color=color, bgcolor=background)


def _downgraded(color: Color | None, system: ColorSystem) -> Color | None:
    return color.downgrade(system) if color else None
