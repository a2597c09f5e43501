"""How many cells of a terminal a text takes.

Two answers, because terminals disagree about emoji: `width` is what a modern one shows, and lays text out; `at_most`
is what the most generous one takes (every code point by itself), and clips what must not break into a second row.
"""

from __future__ import annotations

import re

from wcwidth import wcwidth

TAB = 8
"""Cells from one tab stop to the next, as terminals have them."""

_JOINER, _EMOJI_STYLE = "\u200d", "\ufe0f"
_REGIONAL = re.compile("[\U0001f1e6-\U0001f1ff]")
_MODIFIER = re.compile("[\U0001f3fb-\U0001f3ff]")
_DISPUTED = re.compile("[\u200d\ufe00-\ufe0f\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_STEADY = (
    "[ -~\u00a0-\u02ff\u0370-\u0482\u2010-\u2027\u2190-\u22ff\u2500-\u257f\u3000-\u3029\u3041-\u3096\u30a1-\u30ff"
    "\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]*"
)
"""Compiled when it is first needed: that takes as long as all other patterns that the prompt brings together."""


def width(text: str) -> int:
    """Return the cells that a text without tabs and newlines takes; a joined emoji takes two."""
    if text.isascii():
        return len(text)
    if _DISPUTED.search(text):
        return sum(map(_cluster_width, clusters(text)))
    return sum(max(0, wcwidth(char)) for char in text)


def at_most(text: str, *, begin: int = 0) -> int:
    """Return the cells that a line takes if every code point is shown by itself, with its tabs, from column `begin`."""
    if text.isascii() and "\t" not in text:
        return len(text)
    cells = begin
    for char in text:
        if char == "\t":
            cells += TAB - cells % TAB
        else:
            # An emoji's style makes what stands before it wide.
            cells += 1 if char == _EMOJI_STYLE else max(0, wcwidth(char))
    return cells - begin


def is_steady(text: str) -> bool:
    """Say whether all terminals agree on the width of a text, so that a column in the middle of it can be addressed."""
    if text.isascii():
        return text.isprintable()
    return re.fullmatch(_STEADY, text) is not None


def fits(text: str, columns: int) -> bool:
    """Say whether a line stays in one row on any terminal: a mark behind a full row breaks it on some."""
    return at_most(text) <= (columns if text.isascii() or is_steady(text) else columns - 1)


def clusters(text: str) -> list[str]:
    """Return the text in pieces that belong together: a letter with its marks, a joined emoji, a flag.

    The part of Unicode's rules for grapheme clusters (UAX #29) that shows on a terminal.
    """
    if text.isascii():
        return list(text)
    found: list[str] = []
    for char in text:
        last = found[-1] if found else ""
        is_joined = last and (
            wcwidth(char) == 0
            or (last.endswith(_JOINER) and not char.isalnum())
            or (_MODIFIER.match(char) and not last.isascii())
            or (_REGIONAL.match(char) and len(last) == 1 and _REGIONAL.match(last))
        )
        if is_joined:
            found[-1] = last + char
        else:
            found.append(char)
    return found


def _cluster_width(cluster: str) -> int:
    if len(cluster) > 1 and (_EMOJI_STYLE in cluster or _REGIONAL.match(cluster)):
        return 2
    return max(0, *map(wcwidth, cluster))
