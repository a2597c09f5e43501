"""Terminal styles: the style of each element on the screen, and the terminal's abilities.

Without a known background only the terminal's own sixteen colours are used: they suit dark and light themes. `theme`
has the colours for a known background. This module does not import rich, because the first prompt needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal

from grokchat.records import record

Colors = Literal["none", "bold", "16", "256", "truecolor"]
Background = Literal["dark", "light"]

STYLES: Mapping[str, str] = {
    "code": "cyan",
    "dim": "dim",
    "emphasis": "italic",
    "error": "bold red",
    "h1": "bold underline",
    "h2": "bold",
    "h3": "bold italic",
    "link": "underline",
    "marker": "cyan",
    "math": "magenta",
    "notice": "yellow",
    "prompt": "bold cyan",
    "quote": "italic",
    "rule": "dim",
    "strike": "strike",
    "strong": "bold",
    "url": "blue",
    # Kinds of code tokens: `highlight.token_kinds.KINDS`.
    "attribute": "cyan",
    "comment": "dim",
    "constant": "magenta",
    "deleted": "red",
    "function": "blue",
    "heading": "bold",
    "inserted": "green",
    "keyword": "magenta",
    "number": "cyan",
    "output": "dim",
    "string": "green",
    "tag": "red",
    "type": "yellow",
}
"""Each element's style: attributes and at most one of the terminal's own colours."""

# ECMA-48, 8.3.117: Select Graphic Rendition.
ATTRIBUTES = {"bold": 1, "dim": 2, "italic": 3, "underline": 4, "strike": 9}
PALETTE = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36}


@record
class TerminalStyle:
    """A terminal's abilities, and text styled for it.

    `colors`: `none` is plain text without escape codes, `bold` has attributes but no colours (NO_COLOR). `encoding` is
    the terminal's. `background` is None if unknown.
    """

    colors: Colors = "16"
    encoding: str = "utf-8"
    background: Background | None = None

    @property
    def is_unicode(self) -> bool:
        """Whether the encoding has every character."""
        return is_utf8(self.encoding)

    @property
    def is_plain(self) -> bool:
        """Whether escape codes are forbidden."""
        return self.colors == "none"

    def styled(self, text: str, element: str) -> str:
        """Return one line of visible text in an element's style, in the terminal's own palette."""
        words = STYLES[element].split()
        codes = [str(ATTRIBUTES[word]) for word in words if word in ATTRIBUTES]
        if self.colors != "bold":
            codes += [str(PALETTE[word]) for word in words if word in PALETTE]
        if self.is_plain or not codes or not text:
            return text
        return f"\x1b[{';'.join(codes)}m{text}\x1b[m"

    def encodable(self, text: str) -> str:
        r"""Return the text with each character that the encoding lacks written as `\u2603`."""
        if self.is_unicode or text.isascii():
            return text
        return text.encode(self.encoding, "backslashreplace").decode(self.encoding)


def detect_style(env: Mapping[str, str], encoding: str, background: Background | None = None) -> TerminalStyle:
    """Return the style for a terminal with these environment variables, encoding and background."""
    if is_dumb(env):
        return TerminalStyle("none", encoding)
    if env.get("NO_COLOR"):
        return TerminalStyle("bold", encoding)
    return TerminalStyle(_colors(env), encoding, background)


def _colors(env: Mapping[str, str]) -> Colors:
    """Return the number of colours: by convention COLORTERM announces true colour, and TERM's name 256 colours."""
    term = env.get("TERM", "")
    if env.get("COLORTERM", "").lower() in {"truecolor", "24bit"} or term.endswith("-direct") or env.get("WT_SESSION"):
        return "truecolor"
    return "256" if "256color" in term or term in {"xterm-kitty", "alacritty", "foot", "xterm-ghostty"} else "16"


def is_dumb(env: Mapping[str, str]) -> bool:
    """Return whether the terminal understands no control codes."""
    return env.get("TERM", "") in {"dumb", "unknown"}


@cache
def is_utf8(encoding: str) -> bool:
    """Return whether an encoding is UTF-8, by any of its names."""
    return encoding.lower().replace("-", "").replace("_", "") == "utf8"
