"""Which items of two sequences are the same: an alignment in linear time, whatever they are. Pure.

Items that occur once in both are the fixed points, and between them again those that occur once there; only short
stretches are compared in full. What has nothing to hold on to is not aligned.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from grokchat.records import record
from grokchat.sequences import common_prefix_length

_MAX_DEPTH = 16
"""How often a stretch is divided at items that occur once in it."""
_MAX_CELLS = 40_000
"""Of a stretch without such items: the product of its lengths up to which it is compared in full."""


@record
class _Stretch:
    """Items `old` to `old_end` of one sequence, to be compared with items `new` to `new_end` of the other."""

    old: int
    old_end: int
    new: int
    new_end: int
    depth: int = 0

    def of(self, old: Sequence[str], new: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
        """Return its items."""
        return old[self.old : self.old_end], new[self.new : self.new_end]

    def part(self, old: int, old_end: int, new: int, new_end: int, deeper: int = 0) -> _Stretch:
        """Return a part of it, whose positions are counted from its beginning."""
        return _Stretch(self.old + old, self.old + old_end, self.new + new, self.new + new_end, self.depth + deeper)


def align(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the positions of equal items that are aligned, ascending in both."""
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
    """Return the parts of a stretch that are to be compared: none if none of its items are aligned."""
    if not first or not second:
        return []
    if stretch.depth < _MAX_DEPTH and (anchors := _anchors(first, second)):
        edges = [(0, 0), *anchors, (len(first), len(second))]
        return [stretch.part(left, end, right, other_end, 1) for (left, right), (end, other_end) in pairwise(edges)]
    if len(first) * len(second) > _MAX_CELLS:
        return []
    return [stretch.part(left, left + 1, right, right + 1) for left, right in _longest_common(first, second)]


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return the positions of items that occur once in both, as many as stand in the same order."""
    old_counts, new_counts = Counter(old), Counter(new)
    places = {item: at for at, item in enumerate(new) if new_counts[item] == 1}
    pairs = [(at, places[item]) for at, item in enumerate(old) if old_counts[item] == 1 and item in places]
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
    for item in reversed(old):
        below, row = rows[-1], [0] * (len(new) + 1)
        for at in range(len(new) - 1, -1, -1):
            row[at] = below[at + 1] + 1 if item == new[at] else max(below[at], row[at + 1])
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
