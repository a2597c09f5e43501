"""The theme's style of an element in rich's style language, in what a terminal has. Nothing heavy is imported."""

from __future__ import annotations

from typing import Literal, Protocol

from grokchat.render.theme import BANDS, COLORS, STYLES, UNDERLINED_FOR_ITALIC, VGA_STYLES, Background, Color

Colors = Literal["none", "bold", "palette", "16", "256", "truecolor"]


class Abilities(Protocol):
    """What styles depend on of a terminal; `style.TerminalStyle` explains each."""

    @property
    def colors(self) -> Colors:
        """How many colours it shows."""

    @property
    def background(self) -> Background | None:
        """What its background counts as."""

    @property
    def has_italics(self) -> bool:
        """Whether SGR 3 is italics."""

    @property
    def user_styles(self) -> tuple[tuple[str, str], ...]:
        """The user's own styles by element."""

    @property
    def is_plain(self) -> bool:
        """Whether escape codes are forbidden."""

    @property
    def has_colors(self) -> bool:
        """Whether elements have colours."""

    def __hash__(self) -> int: ...


def theme_style(element: str, terminal: Abilities) -> str:
    """Return the theme's style of an element in rich's style language, in what the terminal has."""
    words = STYLES[element].split()
    if "italic" in words and not terminal.has_italics:
        words.remove("italic")
        words += ["underline"] if element in UNDERLINED_FOR_ITALIC else []
    if terminal.background and terminal.has_colors:
        if terminal.colors == "16":
            words.append(VGA_STYLES.get(element, ""))
        elif element == "band":
            words += ["on", _color(BANDS[terminal.background], terminal)] if terminal.background in BANDS else []
        elif color := COLORS[terminal.background].get(element):
            words.append(_color(color, terminal))
    return " ".join(words)


def _color(color: Color, terminal: Abilities) -> str:
    digits, index = color
    return digits if terminal.colors == "truecolor" else f"color({index})"
