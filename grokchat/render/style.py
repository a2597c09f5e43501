"""How things look: the style of every element, and what the terminal can show of it.

Without a known background only the sixteen colours of the terminal's own palette are used, which suit dark and light
ones. `theme` has the colours for a background that is known. Does without rich, because the first prompt needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    # What is coloured in code; `code.Highlighter` has the names.
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
"""The style of each element: attributes, and one of the terminal's own colours."""

# ECMA-48, 8.3.117: Select Graphic Rendition.
ATTRIBUTES = {"bold": 1, "dim": 2, "italic": 3, "underline": 4, "strike": 9}
PALETTE = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36}


@record
class Look:
    """What the terminal can show: `none` is plain text, `bold` has attributes but no colours (NO_COLOR).

    `background` is None where nothing is known about it. `encoding` is that of the terminal.
    """

    colors: Colors = "16"
    encoding: str = "utf-8"
    background: Background | None = None

    @property
    def unicode(self) -> bool:
        """Whether every character can be shown."""
        return is_utf8(self.encoding)

    @property
    def plain(self) -> bool:
        """Whether no escape codes may be used at all."""
        return self.colors == "none"

    def styled(self, text: str, style: str) -> str:
        """Return one line of visible text in a named style of the terminal's own palette."""
        words = STYLES[style].split()
        codes = [str(ATTRIBUTES[word]) for word in words if word in ATTRIBUTES]
        if self.colors != "bold":
            codes += [str(PALETTE[word]) for word in words if word in PALETTE]
        if self.plain or not codes or not text:
            return text
        return f"\x1b[{';'.join(codes)}m{text}\x1b[m"

    def shown(self, text: str) -> str:
        r"""Return a text in characters that the terminal has; others as `\u2603`, so that nothing is lost."""
        if self.unicode or text.isascii():
            return text
        return text.encode(self.encoding, "backslashreplace").decode(self.encoding)


def look_for(env: Mapping[str, str], encoding: str, background: Background | None = None) -> Look:
    """Return what a terminal can show, from its environment, its encoding and its background."""
    if is_dumb(env):
        return Look("none", encoding)
    if env.get("NO_COLOR"):
        return Look("bold", encoding)
    return Look(_colors(env), encoding, background)


def _colors(env: Mapping[str, str]) -> Colors:
    """Say how many colours there are: COLORTERM is the convention for true colour, the name in TERM for 256."""
    term = env.get("TERM", "")
    if env.get("COLORTERM", "").lower() in {"truecolor", "24bit"} or term.endswith("-direct") or env.get("WT_SESSION"):
        return "truecolor"
    return "256" if "256color" in term or term in {"xterm-kitty", "alacritty", "foot", "xterm-ghostty"} else "16"


def is_dumb(env: Mapping[str, str]) -> bool:
    """Say whether the terminal understands no control codes."""
    return env.get("TERM", "") in {"dumb", "unknown"}


def is_utf8(encoding: str) -> bool:
    """Say whether an encoding is UTF-8, under any of its names."""
    return encoding.lower().replace("-", "").replace("_", "") == "utf8"
