"""The theme: what each element of the screen looks like, the interface and the replies alike.

An element has attributes, and on a background that is known to be dark or light a colour. There are few of them: one
accent, one muted colour for what is about the conversation, red for the head of an error, yellow for what needs a
decision, and the colours of code. A palette's sixteen colours are not used: each is unreadable in some terminal, and
SGR 2 (faint) is nothing in some and unreadable in others.

Text has a contrast of 4.5 to 1 and what is muted one of 3 to 1 (WCAG 2.2, 1.4.3) on every background that counts as
dark or light here. Until a terminal has told its background, and on one in the middle, no colours are used: nothing
suits both #44475a and #aaaaaa. Where the background stays unknown, as in tmux 3.3, it may be `any`: the interface has
the terminal's own colour, and replies and what is muted have colours between, with 3 to 1 on the default backgrounds of
all terminals. No colour has 4.5 to 1 on black and on white.

Nothing is imported, because the first prompt needs this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Background = Literal["dark", "light", "any"]
"""What a background counts as; `any` if it stays unknown."""
Color = tuple[str, int]
"""A colour as `#rrggbb`, and the one among the 240 fixed ones of 256 that is nearest and has the contrast as well."""

MAX_DARK_LUMINANCE = 0.05
"""The relative luminance up to which a background is dark: black, Solarized #002b36, Nord #2e3440, Zenburn #3f3f3f."""
MIN_LIGHT_LUMINANCE = 0.67
"""The relative luminance from which on it is light: white, Solarized #fdf6e3, Gruvbox #f2e5bc, down to #d5d6db."""

STYLES: Mapping[str, str] = {
    # The interface.
    "added": "underline",
    "attached": "",  # files and piped text above a question
    "band": "",  # behind a user's message
    "command": "",
    "error": "bold",
    "footer": "",
    "found": "underline",
    "label": "bold",
    "muted": "",
    "prompt": "bold",
    "question": "bold",
    "queued": "italic",
    "removed": "strike",
    "role_assistant": "",
    "role_system": "",
    "role_tool": "",
    "role_user": "",
    "selected": "reverse",
    "sources": "",  # below a reply
    "suggested": "italic",
    "user": "bold",
    "warning": "",
    # Replies.
    "citation": "",  # the number of a source
    "code": "",
    "emphasis": "italic",
    "gap": "bold",  # of a table: blank, but not in the style of a cell
    "h1": "bold underline",
    "h2": "bold",
    "h3": "bold italic",
    "link": "underline",
    "marker": "",
    "math": "",
    "plain_code": "",  # a block without a language
    "quote": "italic",
    "rule": "",
    "strike": "strike",
    "strong": "bold",
    "url": "",
    # Kinds of code tokens: `highlight.token_kinds.KINDS`.
    "attribute": "",
    "comment": "",
    "constant": "",
    "deleted": "",
    "function": "",
    "heading": "bold",
    "inserted": "",
    "keyword": "",
    "number": "",
    "output": "",
    "string": "",
    "tag": "",
    "type": "",
}
"""Each element's attributes, in rich's words. Elements without a colour have the terminal's own."""

MUTED = frozenset(
    {"citation", "command", "comment", "footer", "muted", "output", "queued", "rule", "sources", "suggested"}
)
"""The elements that are muted: all in one colour."""

UNDERLINED_FOR_ITALIC = frozenset({"emphasis", "suggested"})
"""The elements that nothing but italics tells from text, on terminals that have none: they are underlined there."""

_FAMILIES: Mapping[str, frozenset[str]] = {
    "accent": frozenset({"gap", "h1", "h2", "h3", "marker", "prompt", "role_user"}),
    "blue": frozenset({"function", "tag", "url"}),
    "cyan": frozenset({"attribute", "role_tool", "type"}),
    "green": frozenset({"added", "inserted", "string"}),
    "muted": MUTED,
    "ochre": frozenset({"code"}),
    "orange": frozenset({"constant", "number"}),
    "purple": frozenset({"keyword", "role_system"}),
    "quote": frozenset({"plain_code", "quote"}),
    "red": frozenset({"deleted", "error", "removed"}),
    "teal": frozenset({"math"}),
    "text": frozenset({"attached", "user"}),
    "yellow": frozenset({"question"}),
}
"""The elements of each colour."""

_PALETTES: Mapping[Background, Mapping[str, Color]] = {
    "dark": {
        "accent": ("#7dcfff", 117),
        "blue": ("#8fb0ff", 111),
        "cyan": ("#3accdf", 80),
        "green": ("#9ece6a", 149),
        "muted": ("#8b93b0", 103),
        "ochre": ("#e0af68", 179),
        "orange": ("#ff9e64", 215),
        "purple": ("#bf9fff", 183),
        "quote": ("#a9b1d6", 146),
        "red": ("#ff8f9c", 210),
        "teal": ("#73daca", 80),
        "text": ("#eceff4", 255),
        "yellow": ("#f0d070", 222),
    },
    "light": {
        "accent": ("#0b5f88", 24),
        "blue": ("#1f55c4", 20),
        "cyan": ("#006382", 24),
        "green": ("#2f6808", 22),
        "muted": ("#70757f", 243),
        "ochre": ("#8a4800", 58),
        "orange": ("#984300", 88),
        "purple": ("#7b33b8", 91),
        "quote": ("#4a5068", 239),
        "red": ("#b3203a", 124),
        "teal": ("#0c665b", 23),
        "text": ("#1f2430", 235),
        "yellow": ("#755200", 58),
    },
    "any": {
        "accent": ("#0087d7", 32),
        "blue": ("#5f87af", 67),
        "cyan": ("#0087af", 31),
        "green": ("#5f8700", 64),
        "muted": ("#808080", 244),
        "ochre": ("#af5f00", 130),
        "orange": ("#d75f00", 166),
        "purple": ("#875fff", 99),
        "red": ("#d75f5f", 167),
        "teal": ("#5f8787", 66),
    },
}

_ONLY_IF_KNOWN = frozenset({"error", "prompt", "question", "role_system", "role_tool", "role_user"})
"""The elements of the interface that have no colour on an unknown background."""

COLORS: Mapping[Background, Mapping[str, Color]] = {
    background: {
        element: palette[family]
        for family, elements in _FAMILIES.items()
        if family in palette
        for element in (elements - _ONLY_IF_KNOWN if background == "any" else elements)
    }
    for background, palette in _PALETTES.items()
}
"""Colours by background and element."""

BANDS: Mapping[Background, Color] = {"dark": ("#343a48", 237), "light": ("#dfe4ee", 254)}
"""The colour of `band`, which is a background: text, the accent and what is muted have their contrasts on it as well.

Text on it has a colour of its own, `user`: the terminal's may be too near to it.
"""

_VGA: Mapping[str, str] = {
    "accent": "cyan",
    "blue": "cyan",
    "cyan": "bold cyan",
    "green": "green",
    "ochre": "bold yellow",
    "orange": "bold magenta",
    "purple": "bold magenta",
    "red": "bold red",
    "teal": "bold green",
    "yellow": "bold yellow",
}
VGA_STYLES: Mapping[str, str] = {
    element: _VGA[family] for family, elements in _FAMILIES.items() if family in _VGA for element in elements
}
"""The colour by element on the Linux console, which is black and has the sixteen colours of the VGA.

Bold is bright there. Blue (#0000aa), red (#aa0000), magenta (#aa00aa), brown (#aa5500), bright blue (#5555ff) and
bright black (#555555) are too dark, so what is muted has the default colour.
"""


def background_of(red: float, green: float, blue: float) -> Background | None:
    """Return what a background colour (sRGB, each channel from 0 to 1) counts as; None in the middle."""
    luminance = relative_luminance(red, green, blue)
    if luminance <= MAX_DARK_LUMINANCE:
        return "dark"
    return "light" if luminance >= MIN_LIGHT_LUMINANCE else None


def relative_luminance(red: float, green: float, blue: float) -> float:
    """Return the relative luminance of an sRGB colour, as WCAG 2.2 defines it: 0 is black, 1 is white."""
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in (red, green, blue)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
