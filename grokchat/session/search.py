r"""Full-text search in session files: words are looked for in the raw bytes, and only lines that may match are parsed.

A session file is ASCII: other letters are written as `\uXXXX`, each case in one way. So a word becomes a few byte
strings, one of which must be in the lowered file if the word is in its text in any case. Only the lines that hold one
of them are parsed, to see whether it is in a text and not in a key or a name beside it.

Pure: no files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from math import prod

from grokchat.messages import content_text
from grokchat.session import journal
from grokchat.session.excerpts import excerpt

_MAX_NEEDLES = 8
"""Byte strings for one word; each is looked for in every file."""
_MAX_WINDOW_CHARS, _MAX_WORD_CHARS = 40, 200
"""Longer ones are not more selective."""
_MIN_SELECTIVITY = 6
"""What a window should have: three ASCII letters, or two others."""
_MAX_EXCERPT_CHARS = 400
"""Of the line that a list of sessions shows."""
_END_OF_CASED = 0x1E944
"""The code point after the last one that has cases."""


class SearchTerms:
    """The words of a search: all of them must occur, in any case."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = [(word.casefold(), needles(word)) for word in words]

    def may_be_in(self, data: bytes) -> bool:
        """Return, without parsing, whether a session file's bytes may contain all words."""
        lowered, is_escaped = data.lower(), data.isascii()
        return all(
            any(needle in lowered for needle in word_needles)
            for word, word_needles in self._words
            if word_needles and (is_escaped or word.isascii())
        )

    def are_in(self, data: bytes) -> bool:
        """Return whether all words occur in a session file's texts, names or sources."""
        lines = journal.without_superseded_partials(data).split(b"\n")
        lowered = [line.lower() for line in lines]
        return all(self._is_in(word, word_needles, lines, lowered) for word, word_needles in self._words)

    def best_line(self, data: bytes) -> str:
        """Return the line of a session file's messages that has most of the words, or what is around the first."""
        best, most = "", (0, False)
        for line in journal.without_superseded_partials(data).split(b"\n"):
            for text in _text(line).split("\n") if self._may_be_matching(line) else ():
                folded = text.casefold()
                count = sum(word in folded for word, _ in self._words)
                # A partial holds a piece of a line, and its message, if that was written, the whole line.
                if count and (count, not line.startswith(journal.PARTIAL_LINE)) > most:
                    best, most = text, (count, not line.startswith(journal.PARTIAL_LINE))
            if most == (len(self._words), True):
                break
        return excerpt(best, [word for word, _ in self._words], _MAX_EXCERPT_CHARS)

    def _may_be_matching(self, line: bytes) -> bool:
        low = line.lower()
        needles_of_words = [word_needles for _, word_needles in self._words]
        return not line.isascii() or any(not some or any(needle in low for needle in some) for some in needles_of_words)

    @staticmethod
    def _is_in(word: str, word_needles: Sequence[bytes], lines: list[bytes], lowered: list[bytes]) -> bool:
        for line, low in zip(lines, lowered, strict=True):
            has_needle = not word_needles or any(needle in low for needle in word_needles)
            if (has_needle or not (word.isascii() or line.isascii())) and word in _text(line).casefold():
                return True
        return False


def needles(word: str) -> list[bytes]:
    """Return byte strings, one of which is in the lowered bytes of each session file that contains the word.

    The list is empty if no needle is certain: JSON has several ways to write quotes, backslashes and slashes.
    ASCII letters are looked for unchanged: it is ignored that the long s and the kelvin sign fold to ASCII letters, and
    that a non-ASCII letter other than the sharp s may be half of what another one folds to.
    """
    runs: list[list[list[bytes]]] = [[]]
    for char in word[:_MAX_WORD_CHARS].replace("SS", "ß").replace("ss", "ß").replace("Ss", "ß").replace("sS", "ß"):
        if char in '"\\/' or ord(char) < 0x20:
            runs.append([])
        else:
            runs[-1].append(_spellings(char))
    best = max((window for run in runs for window in _windows(run)), key=_rank, default=[])
    return sorted({b"".join(parts) for parts in product(*best)} - {b""})


def _spellings(char: str) -> list[bytes]:
    """Return how a letter in any case can be written in the file, lowered."""
    if char.isascii():
        return [char.lower().encode()]
    folded = char.casefold()
    letters = {*_letters_by_folded().get(folded, ()), folded, char}
    return sorted({json.dumps(letter)[1:-1].lower().encode() for letter in letters})


def _windows(run: list[list[bytes]]) -> Iterator[list[list[bytes]]]:
    """Yield, for each start, the windows of letters that have few spellings."""
    for start in range(len(run)):
        end, count = start, 1
        while end < min(len(run), start + _MAX_WINDOW_CHARS) and count * len(run[end]) <= _MAX_NEEDLES:
            count *= len(run[end])
            end += 1
            yield run[start:end]


def _rank(window: Sequence[Sequence[bytes]]) -> tuple[bool, int, int]:
    """Rank a window: selective enough first, then with few spellings, then longer."""
    length = sum(min(map(_selectivity, spellings)) for spellings in window)
    return length >= _MIN_SELECTIVITY, -prod(map(len, window)), length


def _selectivity(spelling: bytes) -> int:
    """Weigh a letter: an escape is less selective per byte, because its whole alphabet begins like it."""
    escapes = spelling.count(b"\\u")
    return 3 * escapes + 2 * (len(spelling) - 6 * escapes)


@cache
def _letters_by_folded() -> Mapping[str, Sequence[str]]:
    """Return the non-ASCII letters by their folded forms."""
    letters: dict[str, list[str]] = {}
    for char in map(chr, range(0x80, _END_OF_CASED)):
        folded = char.casefold()
        if folded != char:
            letters.setdefault(folded, []).append(char)
    return letters


def _text(line: bytes) -> str:
    event = journal.decode_line(line) if line else None
    if event is None:
        return ""
    if event["type"] == "message":
        text = content_text(event["message"].get("content"))
    else:
        text = str(event.get({"name": "name", "partial": "text"}.get(event["type"], ""), ""))
    return text if "sources" not in event else "\n".join((text, *_source_lines(event)))


def _source_lines(event: journal.Event) -> Iterator[str]:
    """Yield the titles and addresses of a reply's sources."""
    from grokchat.reply_sources import read_sources

    sources = event["sources"] if event["type"] in {"message", "partial"} else None
    yield from (source.line for source in read_sources(sources if isinstance(sources, list) else None))
