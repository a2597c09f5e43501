"""Styled spans to ANSI: one line with SGR codes.

As few as possible: one wherever the style changes, none for trailing spaces.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from grokchat.render.rich_theme import rich_parameters
from grokchat.render.style import TerminalStyle
from grokchat.render.wrap import Span


def to_ansi(spans: Sequence[Span], style: TerminalStyle) -> str:
    """Return one line of visible text with SGR codes for its styles, without trailing white space."""
    if style.is_plain:
        return "".join(text for text, _ in spans).rstrip(" \t")
    if len(spans) == 1 and not spans[0][1]:
        return spans[0][0].rstrip(" \t")
    codes = _codes(style)
    return join_codes([(text, codes[elements]) for text, elements in spans])


def join_codes(parts: Sequence[tuple[str, str]]) -> str:
    """Return one line of visible texts, each after its SGR parameters, without trailing white space."""
    pieces: list[str] = []
    current = ""
    for text, code in _trimmed(parts):
        if code != current:
            reset = "0;" if current else ""
            pieces.append(f"\x1b[{reset}{code}m" if code else "\x1b[m")
            current = code
        pieces.append(text)
    if current:
        pieces.append("\x1b[m")
    return "".join(pieces)


class _Codes(dict[tuple[str, ...], str]):
    """The SGR parameters that a terminal style has needed so far, by elements."""

    def __init__(self, style: TerminalStyle) -> None:
        super().__init__({(): ""})
        self._style = style

    def __missing__(self, elements: tuple[str, ...]) -> str:
        code = self[elements] = rich_parameters(elements, self._style)
        return code


_codes = cache(_Codes)
"""The codes of a terminal style: to hash a whole style for every span would cost more than the rest."""


def _trimmed(parts: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """Return the parts without trailing white space."""
    if parts and parts[-1][0] and parts[-1][0][-1] not in " \t":
        return parts
    end = len(parts)
    while end and not parts[end - 1][0].rstrip(" \t"):
        end -= 1
    if not end:
        return ()
    text, code = parts[end - 1]
    stripped = text.rstrip(" \t")
    return parts[:end] if stripped == text else [*parts[: end - 1], (stripped, code)]
