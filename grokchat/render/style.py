"""Terminal styles: the terminal's abilities, and text in the style of an element (`theme`) for it.

This module imports nothing heavy, because the first prompt needs it: of the theme's own styles, which have only a few
words, it makes the SGR codes itself. `rich_theme` makes those of users' styles, of replies and of all else.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from grokchat.records import record, replace
from grokchat.render.theme import Background
from grokchat.render.theme_styles import Colors, theme_style

# ECMA-48, 8.3.117: Select Graphic Rendition, for the words in the theme's styles. Faint (2) is not used.
_ATTRIBUTES = {"bold": "1", "italic": "3", "underline": "4", "reverse": "7", "strike": "9"}
_COLORS = {"red": "31", "green": "32", "yellow": "33", "magenta": "35", "cyan": "36"}


@record
class TerminalStyle:
    """A terminal's abilities, and text styled for it.

    `colors`: `none` is plain text without escape codes, `bold` has attributes but no colours (NO_COLOR), `palette` has
    sixteen colours that may be any, for the user's own styles alone, `16` those of the Linux console. `encoding` is the
    terminal's. `background` is None before the terminal has told it, and if it is neither dark nor light: no colours
    then. Without `has_italics` the terminal shows SGR 3 as something else; without `has_strike` it shows nothing for
    SGR 9. With `erases_to_blank`, cells that are erased in a background colour are blank all the same: neither wrapped
    nor copied. `user_styles` are the user's own styles by element, in rich's style language, over those of the theme.
    `code_theme` is the Pygments style of code, `auto` the theme's own colours. `prose_width` is the widest column of
    prose that the user wants, 0 for any.
    """

    colors: Colors = "256"
    encoding: str = "utf-8"
    background: Background | None = None
    has_italics: bool = True
    has_strike: bool = True
    erases_to_blank: bool = False
    user_styles: tuple[tuple[str, str], ...] = ()
    code_theme: str = "auto"
    prose_width: int = 0

    def prose_columns(self, columns: int) -> int:
        """Return the columns that prose may take in a window of so many."""
        return min(columns, self.prose_width or columns)

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

    @property
    def colors_code(self) -> bool:
        """Whether code has colours: a code theme is the user's own choice, whatever the background."""
        return self.has_colors or (self.code_theme != "auto" and self.colors not in {"none", "bold"})

    def on_background(self, theme: str, background: Background | None, code_theme: str = "auto") -> TerminalStyle:
        """Return this style on the background that a theme names, or for `auto` on a background that is known."""
        if self.is_plain:
            return self
        chosen: Background | None = background if theme == "auto" else "dark" if theme == "dark" else "light"
        return replace(self, background=chosen, code_theme=code_theme)

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
    if style.user_styles:
        from grokchat.render.rich_theme import rich_parameters

        return rich_parameters(elements, style)
    codes: dict[str, None] = {}
    color = ground = ""
    words = iter(" ".join(theme_style(element, style) for element in elements).split())
    for word in words:
        if word in _ATTRIBUTES:
            codes[_ATTRIBUTES[word]] = None
        elif word == "on":
            ground = f"48;{_color_parameters(next(words))}"
        else:
            color = _COLORS.get(word) or f"38;{_color_parameters(word)}"
    return ";".join(filter(None, [*codes, color, ground]))


def _color_parameters(color: str) -> str:
    if color[0] == "#":
        return "2;{};{};{}".format(*bytes.fromhex(color[1:]))
    return f"5;{color.removeprefix('color(').removesuffix(')')}"


def is_dumb(env: Mapping[str, str]) -> bool:
    """Return whether the terminal understands no control codes."""
    return env.get("TERM", "") in {"dumb", "unknown"}


@cache
def is_utf8(encoding: str) -> bool:
    """Return whether an encoding is UTF-8, by any of its names."""
    return encoding.lower().replace("-", "").replace("_", "") == "utf8"
