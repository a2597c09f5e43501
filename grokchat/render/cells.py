"""Text width: how many cells of a terminal a text takes.

There are two answers, because terminals disagree about emoji, spacing marks and parts of Korean syllables. `cell_width`
is the width on the terminal in use, as far as it is known (`widths`); text is laid out by it. No terminal exceeds
`max_cell_width`; text that must not break into a second row is clipped by it. wcwidth, which has Unicode's tables, is
imported for the first text that is not ASCII.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import accumulate
from types import ModuleType

from grokchat.render.widths import widths

TAB_STOP = 8
"""Cells from one tab stop to the next, as terminals have them."""

_MAX_CLUSTER_CHARS = 64
"""The longest cluster: twice as long as those of the Stream-Safe Text Format (UAX #15)."""
_FIRST_MARK = "\u0300"
"""The first character that can belong to the one before it."""
_JOINER, _EMOJI_STYLE, _TEXT_STYLE = "\u200d", "\ufe0f", "\ufe0e"
_REGIONAL = re.compile("[\U0001f1e6-\U0001f1ff]")
_MODIFIER = re.compile("[\U0001f3fb-\U0001f3ff]")
_DISPUTED = re.compile("[\u200d\ufe00-\ufe0f\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_CERTAIN = (
    "[ -~\u00a0-\u00ac\u00ae-\u02ff\u0386-\u038a\u038c\u038e-\u03a1\u03a3-\u0482\u048a-\u052f\u1e00-\u1eff\u2010-\u2027"
    "\u2190-\u22ff\u2500-\u257f\u3000-\u3029\u3041-\u3096\u30a1-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]*"
)
"""Compiled on first use: compiling it takes as long as all other patterns that the prompt needs together."""


@cache
def _data() -> ModuleType:
    from grokchat.render import width_data

    return width_data


def cell_width(text: str) -> int:
    """Return the cells that a text without tabs and newlines takes on the terminal in use."""
    if text.isascii():
        return len(text)
    if _DISPUTED.search(text) or not widths().has_plain_marks:
        return sum(map(_cluster_width, grapheme_clusters(text)))
    return sum(map(_data().char_width, text))


def running_widths(text: str) -> list[int] | None:
    """Return the cells up to each character, that one included; None if one's width depends on those before it."""
    if _DISPUTED.search(text) or not widths().has_plain_marks:
        return None
    return list(accumulate(map(_data().char_width, text)))


def char_width(char: str) -> int:
    """Return the cells that a character adds to the text before it on the terminal in use, joined to nothing."""
    return 1 if char.isascii() else int(_data().char_width(char))


def has_wide_mark(cluster: str) -> bool:
    """Return whether a combining mark, or a later part of a Korean syllable, has a cell of its own."""
    data = _data()
    return any(data.base_width(char) == 0 < data.char_width(char) for char in cluster)


def max_cell_width(text: str, *, begin: int = 0) -> int:
    """Return the most cells that a line, tabs included, takes on any terminal if it starts in column `begin`."""
    if text.isascii() and "\t" not in text:
        return len(text)
    widest = _data().max_char_width
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
    """Return the text, or if it is too wide, as much of it as fits into the cells with the mark after it."""
    if cell_width(text) <= columns:
        return text
    mark = mark if columns > 1 else ""
    room = columns - cell_width(mark)
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


def filled(char: str, columns: int) -> str:
    """Return a character repeated so that it fills these cells, or all but one if it is wide: it may be ambiguous."""
    return char * (columns // cell_width(char))


def grapheme_clusters(text: str) -> list[str]:
    """Return the text in user-perceived characters: a letter with its marks, a joined emoji, a flag.

    This is the part of Unicode's rules for grapheme clusters (UAX #29) that shows on a terminal. A longer one is cut:
    what is laid out by clusters has lines of a bounded length then.
    """
    if text.isascii():
        return list(text)
    base_width, joins_letters = _data().base_width, widths().joins_letters
    begins: list[int] = []
    begin, is_ascii = -_MAX_CLUSTER_CHARS, True
    for at, char in enumerate(text):
        if (
            char < _FIRST_MARK
            or at - begin >= _MAX_CLUSTER_CHARS
            or not (
                base_width(char) == 0
                or (text[at - 1] == _JOINER and at > begin and (joins_letters or not char.isalnum()))
                or (not is_ascii and _MODIFIER.match(char))
                or (at == begin + 1 and _REGIONAL.match(char) and _REGIONAL.match(text[begin]))
                or _is_conjoined(text, at)
            )
        ):
            begins.append(at)
            begin, is_ascii = at, char.isascii()
        else:
            is_ascii = False
    return [text[begin:end] for begin, end in zip(begins, [*begins[1:], len(text)], strict=True)]


def _is_conjoined(text: str, at: int) -> bool:
    """Return whether a virama, perhaps with a joiner, joins this character to the letter before it (UAX #29, GB9c)."""
    before = text[at - 1]
    if before == _JOINER:
        before = text[at - 2 : at - 1]
    return before in _data().VIRAMAS and text[at].isalpha()


def _cluster_width(cluster: str) -> int:
    """Return the cells of a cluster on the terminal in use."""
    data, chosen = _data(), widths()
    if len(cluster) == 1 and not _MODIFIER.match(cluster):
        return int(data.char_width(cluster))
    cells, last, before = 0, 0, ""
    for at, char in enumerate(cluster):
        if not at:
            size = data.base_width(char) if _MODIFIER.match(char) else data.char_width(char)
        elif char == _EMOJI_STYLE:
            size = chosen.emoji_style if last == 1 else 0
        elif char == _TEXT_STYLE:
            size = chosen.text_style if last > 1 else 0
        elif before == _JOINER and cells and (chosen.joins_letters if char.isalnum() else chosen.joins_emoji):
            size = 0
        else:
            size = data.char_width(char)
            if size and data.is_mark(before) and data.is_mark(char):
                size = min(size, chosen.stacked_mark)
            elif size and _is_conjoined(cluster, at):
                size = min(size, chosen.conjunct)
        cells, last, before = cells + size, size, char
    return cells
