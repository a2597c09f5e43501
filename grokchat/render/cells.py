"""Text width: how many cells of a terminal a text takes.

There are two answers, because terminals disagree about emoji, spacing marks and parts of Korean syllables. `cell_width`
is the width on a modern terminal; text is laid out by it. `max_cell_width` is a width that no terminal exceeds, as if
each code point was shown by itself; text that must not break into a second row is clipped by it. wcwidth, which has
Unicode's tables, is imported for the first text that is not ASCII.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

TAB_STOP = 8
"""Cells from one tab stop to the next, as terminals have them."""

_MAX_CLUSTER_CHARS = 64
"""The longest cluster: twice as long as those of the Stream-Safe Text Format (UAX #15)."""
_JOINER, _EMOJI_STYLE = "\u200d", "\ufe0f"
_REGIONAL = re.compile("[\U0001f1e6-\U0001f1ff]")
_MODIFIER = re.compile("[\U0001f3fb-\U0001f3ff]")
_DISPUTED = re.compile("[\u200d\ufe00-\ufe0f\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_CERTAIN = (
    "[ -~\u00a0-\u00ac\u00ae-\u02ff\u0386-\u038a\u038c\u038e-\u03a1\u03a3-\u0482\u048a-\u052f\u1e00-\u1eff\u2010-\u2027"
    "\u2190-\u22ff\u2500-\u257f\u3000-\u3029\u3041-\u3096\u30a1-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]*"
)
"""Compiled on first use: compiling it takes as long as all other patterns that the prompt needs together."""


@cache
def _wcwidth() -> Callable[[str], int]:
    from wcwidth import wcwidth

    return wcwidth


@cache
def _widest() -> Callable[[str], int]:
    from grokchat.render.width_data import max_char_width

    return max_char_width


def cell_width(text: str) -> int:
    """Return the cells that a text without tabs and newlines takes; a joined emoji takes two."""
    if text.isascii():
        return len(text)
    if _DISPUTED.search(text):
        return sum(map(_cluster_width, grapheme_clusters(text)))
    wcwidth = _wcwidth()
    return sum(max(0, wcwidth(char)) for char in text)


def max_cell_width(text: str, *, begin: int = 0) -> int:
    """Return the most cells that a line, tabs included, takes on any terminal if it starts in column `begin`."""
    if text.isascii() and "\t" not in text:
        return len(text)
    widest = _widest()
    if "\t" not in text:
        return sum(map(widest, text))
    cells = begin
    for char in text:
        cells += TAB_STOP - cells % TAB_STOP if char == "\t" else widest(char)
    return cells - begin


def has_certain_width(text: str) -> bool:
    """Return whether all terminals agree on the text's width, so that a column in the middle of it can be addressed."""
    if text.isascii():
        return text.isprintable()
    return re.fullmatch(_CERTAIN, text) is not None


def fits_row(text: str, columns: int) -> bool:
    """Return whether a line stays in one row on any terminal. Some break a full row if a combining mark follows it."""
    return max_cell_width(text) <= (columns if text.isascii() or has_certain_width(text) else columns - 1)


def truncate(text: str, columns: int, *, mark: str = "…") -> str:
    """Return the text, or if it is too wide, as much of it as fits into the cells with the mark after it, one cell."""
    if cell_width(text) <= columns:
        return text
    mark = mark if columns > 1 else ""
    room = columns - len(mark)
    kept: list[str] = []
    for cluster in grapheme_clusters(text):
        room -= cell_width(cluster)
        if room < 0:
            break
        kept.append(cluster)
    return "".join(kept) + mark


def pad(text: str, columns: int) -> str:
    """Return the text with spaces after it, so that it takes this many cells."""
    return text + " " * (columns - cell_width(text))


def grapheme_clusters(text: str) -> list[str]:
    """Return the text in user-perceived characters: a letter with its marks, a joined emoji, a flag.

    This is the part of Unicode's rules for grapheme clusters (UAX #29) that shows on a terminal. A longer one is cut:
    what is laid out by clusters has lines of a bounded length then.
    """
    if text.isascii():
        return list(text)
    wcwidth = _wcwidth()
    begins: list[int] = []
    begin, is_ascii = -_MAX_CLUSTER_CHARS, True
    for at, char in enumerate(text):
        is_joined = at - begin < _MAX_CLUSTER_CHARS and (
            wcwidth(char) == 0
            or (text[at - 1] == _JOINER and not char.isalnum())
            or (not is_ascii and _MODIFIER.match(char))
            or (at == begin + 1 and _REGIONAL.match(char) and _REGIONAL.match(text[begin]))
        )
        if is_joined:
            is_ascii = is_ascii and char.isascii()
        else:
            begins.append(at)
            begin, is_ascii = at, char.isascii()
    return [text[begin:end] for begin, end in zip(begins, [*begins[1:], len(text)], strict=True)]


def _cluster_width(cluster: str) -> int:
    if len(cluster) > 1 and (_EMOJI_STYLE in cluster or _REGIONAL.match(cluster)):
        return 2
    return max(0, *map(_wcwidth(), cluster))
