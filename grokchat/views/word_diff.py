"""The difference between two texts by words, as a person would mark it. Pure.

White space is not compared. Words that occur once in both texts are the fixed points, and between them again those that
occur once there; only short stretches are compared in full, so that the time is linear in the texts whatever they are.
What has nothing to hold on to is replaced as a whole, and so is a little that is equal between two larger changes.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from grokchat.records import mutable, record
from grokchat.sequences import common_prefix_length

_LETTER = r"[^\s!-/:-@\[-^`{-~]"
_TOKEN = re.compile(rf"((?:{_LETTER})+(?:['.,:/-]{{1,3}}(?:{_LETTER})+)*|(\S)\2*)(\s*)")
"""A word, with the punctuation inside it, or a run of one punctuation mark; and the white space after it."""
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u3190-\ua4cf\uf900-\ufaff\uff00-\uffef"
    "\U0001f000-\U0001faff\U00020000-\U0003fffd]"
)
"""Scripts without spaces between words - Thai, Lao, Burmese, Khmer, Chinese, Japanese - and emoji: each is a word."""
_MAX_DEPTH = 16
"""How often a stretch is divided at words that occur once in it."""
_MAX_CELLS = 40_000
"""Of a stretch without such words: the product of its lengths up to which it is compared in full."""
_MAX_ABSORBED_WORDS = 3
"""So many equal words between two changes that are each twice as long belong to these."""


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


@record
class _Stretch:
    """Words `old` to `old_end` of one text, to be compared with words `new` to `new_end` of the other."""

    old: int
    old_end: int
    new: int
    new_end: int
    depth: int = 0

    def of(self, old: Sequence[str], new: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
        """Return its words."""
        return old[self.old : self.old_end], new[self.new : self.new_end]

    def part(self, old: int, old_end: int, new: int, new_end: int, deeper: int = 0) -> _Stretch:
        """Return a part of it, whose positions are counted from its beginning."""
        return _Stretch(self.old + old, self.old + old_end, self.new + new, self.new + new_end, self.depth + deeper)


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
    spans = []
    for run in _merged(_runs(before.words, after.words), after):
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


# -- alignment ---------------------------------------------------------------------------------------------------------


def _runs(old: Sequence[str], new: Sequence[str]) -> list[_Run]:
    """Return the runs of equal and of different words, in turn."""
    runs: list[_Run] = []
    old_at = new_at = 0
    for old_index, new_index in [*_matches(old, new), (len(old), len(new))]:
        if old_index > old_at or new_index > new_at:
            runs.append(_Run(False, old_at, old_index, new_at, new_index))
        if old_index < len(old):
            if runs and runs[-1].is_equal:
                runs[-1].old_end, runs[-1].new_end = old_index + 1, new_index + 1
            else:
                runs.append(_Run(True, old_index, old_index + 1, new_index, new_index + 1))
        old_at, new_at = old_index + 1, new_index + 1
    return runs


def _matches(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the positions of equal words that are aligned, ascending in both."""
    stretches = [_Stretch(0, len(old), 0, len(new))]
    while stretches:
        stretch = stretches.pop()
        first, second = stretch.of(old, new)
        head = common_prefix_length(first, second)
        tail = common_prefix_length(first[head:][::-1], second[head:][::-1])
        yield from ((stretch.old + at, stretch.new + at) for at in range(head))
        if tail:  # the head of a stretch of its own, after all that is before it
            stretches.append(stretch.part(len(first) - tail, len(first), len(second) - tail, len(second)))
        inner = stretch.part(head, len(first) - tail, head, len(second) - tail)
        stretches += reversed(_divided(inner, *inner.of(old, new)))


def _divided(stretch: _Stretch, first: Sequence[str], second: Sequence[str]) -> list[_Stretch]:
    """Return the parts of a stretch that are to be compared: none if its words are replaced as a whole."""
    if not first or not second:
        return []
    if stretch.depth < _MAX_DEPTH and (anchors := _anchors(first, second)):
        edges = [(0, 0), *anchors, (len(first), len(second))]
        return [stretch.part(left, end, right, other_end, 1) for (left, right), (end, other_end) in pairwise(edges)]
    if len(first) * len(second) > _MAX_CELLS:
        return []
    return [stretch.part(left, left + 1, right, right + 1) for left, right in _longest_common(first, second)]


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return the positions of words that occur once in both, as many as stand in the same order."""
    old_counts, new_counts = Counter(old), Counter(new)
    places = {word: at for at, word in enumerate(new) if new_counts[word] == 1}
    pairs = [(at, places[word]) for at, word in enumerate(old) if old_counts[word] == 1 and word in places]
    return _increasing(pairs)


def _increasing(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest sequence of the pairs, which ascend in the first, that ascends in the second too."""
    # Of each length: the smallest second that a sequence so long can end in, and its last pair.
    ends: list[int] = []
    last: list[tuple[int, int]] = []
    before: dict[tuple[int, int], tuple[int, int] | None] = {}
    for pair in pairs:
        length = bisect_left(ends, pair[1])
        before[pair] = last[length - 1] if length else None
        ends[length : length + 1], last[length : length + 1] = [pair[1]], [pair]
    found: list[tuple[int, int]] = []
    following = last[-1] if last else None
    while following is not None:
        found.append(following)
        following = before[following]
    return found[::-1]


def _longest_common(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return the positions of a longest common subsequence; takes time in proportion to the product of the lengths."""
    rows = [[0] * (len(new) + 1)]
    for word in reversed(old):
        below, row = rows[-1], [0] * (len(new) + 1)
        for at in range(len(new) - 1, -1, -1):
            row[at] = below[at + 1] + 1 if word == new[at] else max(below[at], row[at + 1])
        rows.append(row)
    found: list[tuple[int, int]] = []
    left = right = 0
    while left < len(old) and right < len(new):
        here, below = rows[len(old) - left], rows[len(old) - left - 1]
        if old[left] == new[right]:
            found.append((left, right))
            left, right = left + 1, right + 1
        elif below[right] >= here[right + 1]:
            left += 1
        else:
            right += 1
    return found


def _merged(runs: Iterable[_Run], new: _Words) -> list[_Run]:
    """Return the runs without the short equal ones on a line between larger changes, which become parts of these."""
    merged: list[_Run] = []
    for run in runs:
        if len(merged) > 1 and not run.is_equal:
            equal, change = merged[-1], merged[-2]
            is_short = equal.size <= _MAX_ABSORBED_WORDS and 2 * equal.size <= min(change.size, run.size)
            if is_short and "\n" not in new.text(equal.new, equal.new_end):
                merged.pop()
                change.old_end, change.new_end = run.old_end, run.new_end
                continue
        merged.append(run)
    return merged
