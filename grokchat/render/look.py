"""How things look: the style of every element, and what the terminal can show of it.

Only the sixteen colours of the terminal's own palette, so light and dark backgrounds both suit. Does without rich,
because the first prompt needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Colors = Literal["none", "bold", "16"]

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
    "notice": "yellow",
    "prompt": "bold cyan",
    "quote": "italic",
    "rule": "dim",
    "strike": "strike",
    "strong": "bold",
    "url": "blue",
}
"""The style of each element, in rich's words."""

# ECMA-48, 8.3.117: Select Graphic Rendition.
_ATTRIBUTES = {"bold": 1, "dim": 2, "italic": 3, "underline": 4, "strike": 9}
_COLORS = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36}


@dataclass(frozen=True, slots=True)
class Look:
    """What the terminal can show: `none` is plain text, `bold` has attributes but no colours (NO_COLOR)."""

    colors: Colors = "16"
    unicode: bool = True

    @property
    def plain(self) -> bool:
        """Whether no escape codes may be used at all."""
        return self.colors == "none"

    def styled(self, text: str, style: str) -> str:
        """Return one line of visible text in a named style."""
        words = STYLES[style].split()
        codes = [str(_ATTRIBUTES[word]) for word in words if word in _ATTRIBUTES]
        if self.colors == "16":
            codes += [str(_COLORS[word]) for word in words if word in _COLORS]
        if self.plain or not codes or not text:
            return text
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m"


def look_for(env: Mapping[str, str], encoding: str) -> Look:
    """Return what a terminal can show, from its environment and its encoding."""
    is_utf8 = encoding.lower().replace("-", "") == "utf8"
    if is_dumb(env):
        return Look("none", unicode=is_utf8)
    return Look("bold" if env.get("NO_COLOR") else "16", unicode=is_utf8)


def is_dumb(env: Mapping[str, str]) -> bool:
    """Say whether the terminal understands no control codes."""
    return env.get("TERM", "") in {"dumb", "unknown"}
