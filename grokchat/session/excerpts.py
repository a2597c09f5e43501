"""The lines of a text in which words occur, cut to what is around them. Pure.

Words match in any case (`str.casefold`); an accent makes another letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

MAX_EXCERPTS = 3
"""Of one text, whose words may be in lines far apart."""
_MAX_CHARS_BEFORE = 24
"""Of an excerpt, before its first word."""


def excerpt(line: str, words: Sequence[str], max_chars: int) -> str:
    """Return a line from a little before the first of the words (folded) on, at most so much of it."""
    folded = line.casefold()
    places = [place for word in words if (place := folded.find(word)) >= 0]
    begin = max(0, _unfolded(line, folded, min(places, default=0)) - _MAX_CHARS_BEFORE)
    before = line.rfind(" ", max(0, begin - _MAX_CHARS_BEFORE), begin) + 1 or begin
    is_cut = bool(line[before + max_chars :].strip())
    shown = " ".join(line[before : before + max_chars - is_cut].split())
    return "…" * bool(before) + shown + "…" * is_cut


def find_excerpts(text: str, words: Sequence[str], max_chars: int) -> list[str]:
    """Return the lines of a text that show all words (folded), as few as possible; none if one does not occur.

    Each is chosen for the most words that are not shown yet; they are returned in the order of the text.
    """
    folded = text.casefold()
    if not all(word in folded for word in words):
        return []
    lines, folded_lines = text.split("\n"), folded.split("\n")
    missing, found = list(words), list[tuple[int, str]]()
    while missing and len(found) < MAX_EXCERPTS:
        counts = [sum(word in line for word in missing) for line in folded_lines]
        number = counts.index(max(counts))
        shown = excerpt(lines[number], [word for word in missing if word in folded_lines[number]], max_chars)
        found.append((number, shown))
        still_missing = [word for word in missing if word not in shown.casefold()]
        if len(still_missing) == len(missing):  # a word longer than an excerpt
            break
        missing = still_missing
    return [shown for _, shown in sorted(found, key=lambda entry: entry[0])]


def _unfolded(line: str, folded: str, place: int) -> int:
    """Return the place in a line that a place in its folded form is: `ß` folds to two letters."""
    if len(folded) == len(line):
        return place
    ends = accumulate(len(char.casefold()) for char in line)
    return next((at for at, end in enumerate(ends) if end > place), len(line))
