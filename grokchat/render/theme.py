"""Styled spans to ANSI: one line with SGR codes, in the colours that suit the background and that the terminal has.

`COLORS` has the colours for a dark and for a light background. The setting `theme` chooses; if it is `auto`, the chat
uses the terminal's answer to OSC 11 or the variable COLORFGBG (both in `terminal.queries`). For an unknown background
there are only the terminal's own sixteen colours (`style`).

As few codes as possible: one wherever the style changes, none for trailing spaces. rich maps a colour to a smaller
palette.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from rich.color import Color, ColorSystem

from grokchat.render.style import ATTRIBUTES, PALETTE, STYLES, Background, TerminalStyle
from grokchat.render.wrap import Span

COLORS: Mapping[Background, Mapping[str, str]] = {
    "dark": {
        "attribute": "#7dcfff",
        "code": "#e0af68",
        "comment": "#8088a8",
        "constant": "#ff9e64",
        "deleted": "#f7768e",
        "function": "#7aa2f7",
        "h1": "#7dcfff",
        "h2": "#7dcfff",
        "h3": "#7dcfff",
        "inserted": "#9ece6a",
        "keyword": "#bb9af7",
        "marker": "#7aa2f7",
        "math": "#73daca",
        "number": "#ff9e64",
        "quote": "#a9b1d6",
        "rule": "#565f89",
        "string": "#9ece6a",
        "tag": "#f7768e",
        "type": "#2ac3de",
        "url": "#7aa2f7",
    },
    "light": {
        "attribute": "#0f6b8f",
        "code": "#8f4a00",
        "comment": "#6b7080",
        "constant": "#a04900",
        "deleted": "#b3203a",
        "function": "#1f55c4",
        "h1": "#0b5f88",
        "h2": "#0b5f88",
        "h3": "#0b5f88",
        "inserted": "#35700a",
        "keyword": "#7b33b8",
        "marker": "#1f55c4",
        "math": "#0d6b60",
        "number": "#a04900",
        "quote": "#4a5068",
        "rule": "#9096a8",
        "string": "#35700a",
        "tag": "#b3203a",
        "type": "#00688a",
        "url": "#1f55c4",
    },
}
"""Colours by background and element. Contrast is at least 4.5 to 1, except for rules."""


def to_ansi(spans: Sequence[Span], style: TerminalStyle) -> str:
    """Return one line of visible text with SGR codes for its styles, without trailing white space."""
    if style.is_plain:
        return "".join(text for text, _ in spans).rstrip(" \t")
    parts: list[str] = []
    current = ""
    for text, elements in _trimmed(spans):
        code = sgr_parameters(elements, style) if elements else ""
        if code != current:
            reset = "0;" if current else ""
            parts.append(f"\x1b[{reset}{code}m" if code else "\x1b[m")
            current = code
        parts.append(text)
    if current:
        parts.append("\x1b[m")
    return "".join(parts)


@cache
def sgr_parameters(elements: tuple[str, ...], style: TerminalStyle) -> str:
    """Return the SGR parameters for nested elements, outermost first: attributes add up, the innermost colour wins."""
    codes: dict[int, None] = {}
    color = ""
    for element in elements:
        for word in STYLES[element].split():
            if word in ATTRIBUTES:
                codes[ATTRIBUTES[word]] = None
        color = _color(element, style) or color
    if color and ATTRIBUTES["dim"] in codes and style.background is not None:
        del codes[ATTRIBUTES["dim"]]
    return ";".join([*map(str, codes), *([color] if color else [])])


def _color(element: str, style: TerminalStyle) -> str:
    if style.colors == "bold":
        return ""
    color = COLORS[style.background].get(element) if style.background is not None else None
    if color is not None and style.colors in {"256", "truecolor"}:
        system = ColorSystem.TRUECOLOR if style.colors == "truecolor" else ColorSystem.EIGHT_BIT
        return ";".join(Color.parse(color).downgrade(system).get_ansi_codes())
    return next((str(PALETTE[word]) for word in STYLES[element].split() if word in PALETTE), "")


def _trimmed(spans: Sequence[Span]) -> Sequence[Span]:
    """Return the spans without trailing white space."""
    end = len(spans)
    while end and not spans[end - 1][0].rstrip(" \t"):
        end -= 1
    if not end:
        return ()
    text, styles = spans[end - 1]
    stripped = text.rstrip(" \t")
    return spans[:end] if stripped == text else [*spans[: end - 1], (stripped, styles)]
