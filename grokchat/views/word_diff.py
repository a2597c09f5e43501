"""The difference between two texts by words, as a person would mark it. Pure.

White space is not compared. A little that is equal between two larger changes belongs to these, and texts that have
hardly anything in common are replaced as a whole. `alignment` finds the equal words, in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from grokchat.records import mutable, record
from grokchat.views.alignment import align

_LETTER = r"[^\s!-/:-@\[-^`{-~]"
_TOKEN = re.compile(rf"((?:{_LETTER})+(?:['.,:/-]{{1,3}}(?:{_LETTER})+)*|(\S)\2*)(\s*)")
"""A word, with the punctuation inside it, or a run of one punctuation mark; and the white space after it."""
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u3190-\ua4cf\uf900-\ufaff\uff00-\uffef"
    "\U0001f000-\U0001faff\U00020000-\U0003fffd]"
)
"""Scripts without spaces between words - Thai, Lao, Burmese, Khmer, Chinese, Japanese - and emoji: each is a word."""
_MAX_ABSORBED_WORDS = 3
"""So many equal words between two changes that are each twice as long belong to these."""
_LINE_FACTOR = 8
"""Where they begin or end a line, the changes are so many times as long."""
_MIN_EQUAL_SHARE, _MIN_EQUAL_RUN = 1 / 5, 8
"""Texts that have less of the shorter one in common, and no such number of words in a row, are replaced as a whole."""


@record
class Span:
    """Words that both texts have, or that are in the place of each other: `old` is "" if nothing is removed.

    Each text has the white space after its words. `word_counts` are the numbers of words in both, punctuation aside.
    """

    is_equal: bool
    old: str
    new: str
    word_counts: tuple[int, int]


@mutable
class _Run:
    """Like `Span`, as positions of words: `old` to `old_end`, `new` to `new_end`."""

    is_equal: bool
    old: int
    old_end: int
    new: int
    new_end: int

    @property
    def size(self) -> int:
        """The number of its words, in the text that has more."""
        return max(self.old_end - self.old, self.new_end - self.new)


class _Words:
    """A text's words, and the white space after each."""

    def __init__(self, text: str) -> None:
        self.words: list[str] = []
        self._spaces: list[str] = []
        for match in _TOKEN.finditer(text):
            words = _split_unspaced(match[1])
            self.words += words
            self._spaces += [""] * (len(words) - 1) + [match[3]]

    def count(self, start: int, end: int) -> int:
        """Return the number of words from `start` to `end`, without punctuation."""
        return sum(any(map(str.isalnum, word)) for word in self.words[start:end])

    def text(self, start: int, end: int) -> str:
        """Return the words from `start` to `end` as they stand in the text."""
        parts = zip(self.words[start:end], self._spaces[start:end], strict=True)
        return "".join(part for pair in parts for part in pair)


def diff_words(old: str, new: str) -> list[Span]:
    """Return the texts as spans in order, equal ones and changes in turn."""
    before, after = _Words(old), _Words(new)
    runs = _merged(_runs(before.words, after.words), before, after)
    if not _is_related(runs, before, after):
        runs = [_Run(False, 0, len(before.words), 0, len(after.words))]
    spans = []
    for run in runs:
        counts = before.count(run.old, run.old_end), after.count(run.new, run.new_end)
        spans.append(Span(run.is_equal, before.text(run.old, run.old_end), after.text(run.new, run.new_end), counts))
    return spans


def count_words(text: str) -> int:
    """Return the number of words in a text, without punctuation."""
    words = _Words(text)
    return words.count(0, len(words.words))


def _split_unspaced(word: str) -> list[str]:
    """Return a word, or of a script without spaces each character, with its marks, as a word."""
    if word.isascii() or not _UNSPACED.search(word):
        return [word]
    from grokchat.render.graphemes import graphemes

    words: list[str] = []
    is_open = False
    for cluster in graphemes(word):
        is_unspaced = _UNSPACED.match(cluster) is not None
        if is_open and not is_unspaced:
            words[-1] += cluster
        else:
            words.append(cluster)
        is_open = not is_unspaced
    return words


# -- runs --------------------------------------------------------------------------------------------------------------


def _runs(old: Sequence[str], new: Sequence[str]) -> list[_Run]:
    """Return the runs of equal and of different words, in turn."""
    runs: list[_Run] = []
    old_at = new_at = 0
    for old_index, new_index in [*align(old, new), (len(old), len(new))]:
        if old_index > old_at or new_index > new_at:
            runs.append(_Run(False, old_at, old_index, new_at, new_index))
        if old_index < len(old):
            if runs and runs[-1].is_equal:
                runs[-1].old_end, runs[-1].new_end = old_index + 1, new_index + 1
            else:
                runs.append(_Run(True, old_index, old_index + 1, new_index, new_index + 1))
        old_at, new_at = old_index + 1, new_index + 1
    return runs


def _is_related(runs: Iterable[_Run], old: _Words, new: _Words) -> bool:
    """Return whether two texts have so much in common that a comparison says more than both."""
    equal = [new.count(run.new, run.new_end) for run in runs if run.is_equal]
    shorter = min(old.count(0, len(old.words)), new.count(0, len(new.words)))
    return sum(equal) > _MIN_EQUAL_SHARE * shorter or max(equal, default=0) >= _MIN_EQUAL_RUN or not shorter


def _merged(runs: Iterable[_Run], old: _Words, new: _Words) -> list[_Run]:
    """Return the runs without the short equal ones in a line, which become parts of the changes beside them."""
    merged: list[_Run] = []
    for run in runs:
        if len(merged) > 1 and not run.is_equal and _is_absorbed(merged[-1], merged[-2], run, old, new):
            merged.pop()
            merged[-1].old_end, merged[-1].new_end = run.old_end, run.new_end
        else:
            merged.append(run)
    return merged


def _is_absorbed(equal: _Run, before: _Run, after: _Run, old: _Words, new: _Words) -> bool:
    if equal.size > 2 * _MAX_ABSORBED_WORDS:
        return False
    size, beside = new.count(equal.new, equal.new_end), min(before.size, after.size)
    if size > _MAX_ABSORBED_WORDS or 2 * size > beside:
        return False
    # The word before it shows whether it begins a line.
    text = old.text(max(0, equal.old - 1), equal.old_end) + new.text(max(0, equal.new - 1), equal.new_end)
    return "\n" not in text or beside >= _LINE_FACTOR * max(1, size)
