"""Styled text to lines of characters and SGR codes: the bridge to rich's `Text`."""

from __future__ import annotations

from collections.abc import Iterable

from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from grokchat.render import look

RICH: dict[str, Style] = {name: Style.parse(words) for name, words in look.STYLES.items()}
"""The style of each element, as rich has it."""

CONSOLE = Console(width=80, color_system=None, force_terminal=False, legacy_windows=False, _environ={})
"""What rich wants for laying text out. It never writes, and knows nothing of the real terminal."""


def ansi(line: Text, how: look.Look) -> str:
    """Return one line with its styles as SGR codes, without trailing space."""
    line = line.copy()
    line.rstrip()
    if how.plain:
        return line.plain
    return "".join(_segment(segment, how) for segment in line.render(CONSOLE, end=""))


def wrapped(text: Text, width: int) -> Iterable[Text]:
    """Return the text in lines of at most `width` cells; a word that is longer is broken."""
    return text.wrap(CONSOLE, max(1, width), overflow="fold", tab_size=4)


def _segment(segment: Segment, how: look.Look) -> str:
    style = segment.style
    if style is None:
        return segment.text
    if how.colors == "bold":
        style = style.without_color
    return style.render(segment.text, color_system=ColorSystem.STANDARD)
