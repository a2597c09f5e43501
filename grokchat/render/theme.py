"""Styled spans to a line with SGR codes, in the colours that suit the background and that the terminal has.

The codes are as few as they can be: one where the style changes, none for spaces at the end. rich knows how a colour
looks in a smaller palette.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from rich.color import Color, ColorSystem

from grokchat.render.style import ATTRIBUTES, PALETTE, STYLES, Background, Look
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
"""What has a colour of its own where the background is known; the contrast is at least 4.5 to 1 but for rules."""


def painted(spans: Sequence[Span], look: Look) -> str:
    """Return one line of visible text with its styles as SGR codes, without trailing space."""
    if look.plain:
        return "".join(text for text, _ in spans).rstrip(" \t")
    parts: list[str] = []
    current = ""
    for text, styles in _trimmed(spans):
        code = sgr(styles, look) if styles else ""
        if code != current:
            reset = "0;" if current else ""
            parts.append(f"\x1b[{reset}{code}m" if code else "\x1b[m")
            current = code
        parts.append(text)
    if current:
        parts.append("\x1b[m")
    return "".join(parts)


@cache
def sgr(styles: tuple[str, ...], look: Look) -> str:
    """Return the parameters of the SGR code for named styles, outermost first: attributes add up, inner colours win."""
    codes: dict[int, None] = {}
    color = ""
    for style in styles:
        for word in STYLES[style].split():
            if word in ATTRIBUTES:
                codes[ATTRIBUTES[word]] = None
        color = _color(style, look) or color
    if color and ATTRIBUTES["dim"] in codes and look.background is not None:
        del codes[ATTRIBUTES["dim"]]
    return ";".join([*map(str, codes), *([color] if color else [])])


def _color(style: str, look: Look) -> str:
    if look.colors == "bold":
        return ""
    color = COLORS[look.background].get(style) if look.background is not None else None
    if color is not None and look.colors in {"256", "truecolor"}:
        system = ColorSystem.TRUECOLOR if look.colors == "truecolor" else ColorSystem.EIGHT_BIT
        return ";".join(Color.parse(color).downgrade(system).get_ansi_codes())
    return next((str(PALETTE[word]) for word in STYLES[style].split() if word in PALETTE), "")


def _trimmed(spans: Sequence[Span]) -> Sequence[Span]:
    """Drop white space at the end."""
    end = len(spans)
    while end and not spans[end - 1][0].rstrip(" \t"):
        end -= 1
    if not end:
        return ()
    text, styles = spans[end - 1]
    stripped = text.rstrip(" \t")
    return spans[:end] if stripped == text else [*spans[: end - 1], (stripped, styles)]
