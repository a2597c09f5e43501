"""The prompt's style: prompt_toolkit's style strings to SGR codes, by the elements of `render.theme`.

A style string of the prompt is the class of an element: `class:muted`. prompt_toolkit's own styles are not used: their
colours, black on bright yellow for a match of a search, are not readable on every background.
"""

from __future__ import annotations

from functools import cache

from grokchat.render.style import TerminalStyle, sgr_parameters
from grokchat.render.theme import STYLES

_TOOLKIT_CLASSES = {
    "incsearch": "found",
    "incsearch.current": "selected",
    "search": "found",
    "search.current": "selected",
}
"""The elements for the classes that prompt_toolkit's processors give to text."""


@cache
def sgr_code(classes: str, style: TerminalStyle) -> str:
    """Return the SGR code for a style string, which sets the whole style; empty for text without one."""
    names = [word.removeprefix("class:") for word in classes.split()]
    elements = [_TOOLKIT_CLASSES.get(name, name) for name in names]
    parameters = sgr_parameters(tuple(element for element in elements if element in STYLES), style)
    return f"\x1b[0;{parameters}m" if parameters else ""
