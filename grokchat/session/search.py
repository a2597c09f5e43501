r"""Words in session files: found in the bytes as they are on the disk, and only what may hold them is parsed.

A session file is ASCII: letters beyond it stand as `\uXXXX`, in one way for each case. So a word becomes a few byte
strings of which one must be in the file, in small letters, if the word is in its text in whatever case. Only the lines
that hold one of them are parsed, to see whether it stands in a text and not in a key or a name beside it.

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

_MOST = 8
"""Byte strings for one word: each is looked for in every file."""
_LONGEST, _LOOKED_AT = 40, 200
"""Letters of a stretch, and of a word: more tell no more."""
_ENOUGH = 6
"""What a stretch of a word should tell: three ASCII letters, or two others."""
_CASED = 0x1E944
"""The code point behind the last one that has cases."""


class SearchTerms:
    """Words that are searched for, all of them, whatever their case."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = [(word.casefold(), needles(word)) for word in words]

    def may_be_in(self, data: bytes) -> bool:
        """Say, without parsing, whether a session file's bytes could hold all words."""
        lowered, is_escaped = data.lower(), data.isascii()
        return all(
            any(one in lowered for one in found)
            for word, found in self._words
            if found and (is_escaped or word.isascii())
        )

    def are_in(self, data: bytes) -> bool:
        """Say whether all words occur in a session file's texts or names."""
        lines = journal.settled(data).split(b"\n")
        lowered = [line.lower() for line in lines]
        return all(self._is_in(word, found, lines, lowered) for word, found in self._words)

    @staticmethod
    def _is_in(word: str, found: Sequence[bytes], lines: list[bytes], lowered: list[bytes]) -> bool:
        for line, small in zip(lines, lowered, strict=True):
            may = not found or any(one in small for one in found) or not (word.isascii() or line.isascii())
            if may and word in _text(line).casefold():
                return True
        return False


def needles(word: str) -> list[bytes]:
    """Return byte strings of which one is in the small letters of a session file that holds the word.

    None if there is nothing to look for: JSON has several ways to write quotes, backslashes and slashes. ASCII letters
    are looked for as they are; that a long s or the sign for kelvin folds to one is left out, and so is that a letter
    beyond ASCII (but the sharp s) may be half of what another one folds to.
    """
    runs: list[list[list[bytes]]] = [[]]
    for char in word[:_LOOKED_AT].replace("SS", "ß").replace("ss", "ß").replace("Ss", "ß").replace("sS", "ß"):
        if char in '"\\/' or ord(char) < 0x20:
            runs.append([])
        else:
            runs[-1].append(_ways(char))
    best = max((window for run in runs for window in _windows(run)), key=_worth, default=[])
    return sorted({b"".join(one) for one in product(*best)} - {b""})


def _ways(char: str) -> list[bytes]:
    """Return how a letter, in whatever case, can stand on the disk, in small letters."""
    if char.isascii():
        return [char.lower().encode()]
    folded = char.casefold()
    found = {*_folded_to().get(folded, ()), folded, char}
    return sorted({json.dumps(one)[1:-1].lower().encode() for one in found})


def _windows(run: list[list[bytes]]) -> Iterator[list[list[bytes]]]:
    """Yield from each letter on the stretches that can be written in few ways."""
    for start in range(len(run)):
        end, ways = start, 1
        while end < min(len(run), start + _LONGEST) and ways * len(run[end]) <= _MOST:
            ways *= len(run[end])
            end += 1
            yield run[start:end]


def _worth(window: Sequence[Sequence[bytes]]) -> tuple[bool, int, int]:
    """Judge a stretch: long enough to tell something, then few ways to write it, then longer."""
    length = sum(min(map(_telling, ways)) for ways in window)
    return length >= _ENOUGH, -prod(map(len, window)), length


def _telling(way: bytes) -> int:
    """Judge a letter: an escaped one tells less by its bytes, for its alphabet's others begin like it."""
    escapes = way.count(b"\\u")
    return 3 * escapes + 2 * (len(way) - 6 * escapes)


@cache
def _folded_to() -> Mapping[str, Sequence[str]]:
    """Return for what is folded to (small letters) the other letters that are."""
    found: dict[str, list[str]] = {}
    for char in map(chr, range(0x80, _CASED)):
        folded = char.casefold()
        if folded != char:
            found.setdefault(folded, []).append(char)
    return found


def _text(line: bytes) -> str:
    event = journal.event_of(line) if line else None
    if event is None:
        return ""
    if event["type"] == "message":
        return content_text(event["message"].get("content"))
    return str(event.get({"name": "name", "partial": "text"}.get(event["type"], ""), ""))
