"""Terminal styles: the terminal's abilities, and text in the style of an element (`theme`) for it.

This module imports nothing heavy, because the first prompt needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal

from grokchat.records import record, replace
from grokchat.render.theme import COLORS, STYLES, UNDERLINED_FOR_ITALIC, VGA_CODES, Background

Colors = Literal["none", "bold", "16", "256", "truecolor"]

# ECMA-48, 8.3.117: Select Graphic Rendition. Faint (2) is not used.
ATTRIBUTES = {"bold": 1, "italic": 3, "underline": 4, "reverse": 7, "strike": 9}


@record
class TerminalStyle:
    """A terminal's abilities, and text styled for it.

    `colors`: `none` is plain text without escape codes, `bold` has attributes but no colours (NO_COLOR, or sixteen
    colours that may be any), `16` those of the Linux console. `encoding` is the terminal's. `background` is None
    before the terminal has told it, and if it is neither dark nor light; there are no colours then. Without
    `has_italics` the terminal shows SGR 3 as something else; without `has_strike` it shows nothing for SGR 9.
    """

    colors: Colors = "256"
    encoding: str = "utf-8"
    background: Background | None = None
    has_italics: bool = True
    has_strike: bool = True

    @property
    def is_unicode(self) -> bool:
        """Whether the encoding has every character."""
        return is_utf8(self.encoding)

    @property
    def is_plain(self) -> bool:
        """Whether escape codes are forbidden."""
        return self.colors == "none"

    @property
    def has_colors(self) -> bool:
        """Whether elements have colours, which tell code from text."""
        if self.colors == "16":
            return self.background == "dark"
        return self.background is not None and self.colors in {"256", "truecolor"}

    def on_background(self, theme: str, background: Background | None) -> TerminalStyle:
        """Return this style on the background that a theme names, or for `auto` on a background that is known."""
        if self.is_plain:
            return self
        chosen: Background | None = background if theme == "auto" else "dark" if theme == "dark" else "light"
        return replace(self, background=chosen)

    def styled(self, text: str, element: str) -> str:
        """Return one line of visible text in an element's style."""
        if self.is_plain or not text:
            return text
        code = sgr_parameters((element,), self)
        return f"\x1b[{code}m{text}\x1b[m" if code else text

    def encodable(self, text: str) -> str:
        r"""Return the text with each character that the encoding lacks written as `\u2603`."""
        if self.is_unicode or text.isascii():
            return text
        return text.encode(self.encoding, "backslashreplace").decode(self.encoding)


@cache
def sgr_parameters(elements: tuple[str, ...], style: TerminalStyle) -> str:
    """Return the SGR parameters for nested elements, outermost first: attributes add up, the innermost colour wins."""
    if style.is_plain:
        return ""
    codes: dict[str, None] = {}
    color = ""
    for element in elements:
        codes |= {str(ATTRIBUTES[word]): None for word in attributes_of(element, style)}
        color = _color(element, style) or color
    # The console's bright colours are bold, as the element may be.
    codes |= dict.fromkeys(color.split(";")) if style.colors == "16" and color else {color: None} if color else {}
    return ";".join(codes)


def attributes_of(element: str, style: TerminalStyle) -> list[str]:
    """Return an element's attributes, of `ATTRIBUTES`, that the terminal shows."""
    words = STYLES[element].split()
    if "italic" in words and not style.has_italics:
        words.remove("italic")
        words += ["underline"] if element in UNDERLINED_FOR_ITALIC else []
    return words


def _color(element: str, style: TerminalStyle) -> str:
    if style.background is None or not style.has_colors:
        return ""
    if style.colors == "16":
        return VGA_CODES.get(element, "")
    if element not in COLORS[style.background]:
        return ""
    digits, index = COLORS[style.background][element]
    if style.colors == "256":
        return f"38;5;{index}"
    return "38;2;{};{};{}".format(*bytes.fromhex(digits[1:]))


def is_dumb(env: Mapping[str, str]) -> bool:
    """Return whether the terminal understands no control codes."""
    return env.get("TERM", "") in {"dumb", "unknown"}


@cache
def is_utf8(encoding: str) -> bool:
    """Return whether an encoding is UTF-8, by any of its names."""
    return encoding.lower().replace("-", "").replace("_", "") == "utf8"
