"""The code points that some terminal shows wider than Unicode's tables in the wcwidth package have them.

Terminals differ in more than emoji: most give a spacing mark of Hindi, Tamil or Burmese (category Mc) a cell, kitty
none; some give the medial and final letters of a Korean syllable two cells, others none; an old table does not know a
new combining mark. The ranges are derived from measured answers, by `tests/render/test_width_data.py`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from unicodedata import category

from wcwidth import wcwidth

_UP_TO_1 = (
    "487 5c8-5c9 616-61c 65f 7fd-900 903-93b 93e-940 949-94c 94e-94f 955-957 982-983 9be-9c0 9c7-9cc 9d7 9fe a03 "
    "a3e-a40 a51 a75 a83 abe-ac0 ac9-acc afa-aff b02-b03 b3e b40 b44-b4c b53-b55 b57-b63 bbe-bbf bc1-bcc bd7-c3c "
    "c41-c44 c62-c83 cbe cc0-cc4 cc7-ccb cd5-cd6 cf3-d40 d44-d4c d57-d83 dcf-dd1 dd8-df3 eba ece f3e-f3f f7f f8d-f8f "
    "102b-102c 1031 1033-1035 1038 103a-1057 105e-135e 1715 1734 17b6 17be-17c5 17c7-17c8 180e-1886 1923-1926 "
    "1929-1931 1933-1938 1a19-1af0 1b04 1b35 1b3b 1b3d-1b41 1b43-1b44 1b80-1cf9 1dcb-1dfd 2028-2029 2064-2069 "
    "20f0-2dff 302e-302f 3164-a802 a823-a824 a827-d7ff fe24-fe2f ffa0-fff8 101fd-1037a 10ae5-1d166 1d16d-1d172 "
    "1d250-e0000 e0002-e001f e0080-e00ff e01f0-e01ff"
)
"""Code points in hexadecimal. What has no width for wcwidth and takes a cell somewhere is in one of these ranges."""
_UP_TO_2 = "1160-11ff 302e-302f 3164 3248-324f d7b0-d7c6 d7cb-d7fb 16ff0-16ff1"
_FUTURE_EMOJI = range(0x1F000, 0x1FB00)
"""Emoji of later versions of Unicode get unassigned code points of these blocks (emoji-data.txt), and are wide."""


@lru_cache(maxsize=4096)
def max_char_width(char: str) -> int:
    """Return the most cells that a printable character takes on any terminal, or makes the one before it wider by.

    Not counted are terminals that are set to show ambiguous characters (UAX #11) wide.
    """
    if char == "\ufe0f":
        return 1  # the emoji variation selector makes the character before it wide
    width, code = max(0, wcwidth(char)), ord(char)
    if _UP_TO_2_SET.has(code) or (code in _FUTURE_EMOJI and category(char) == "Cn"):
        return 2
    return max(width, 1) if _UP_TO_1_SET.has(code) else width


class _Ranges:
    """A set of code points, from ranges as above."""

    def __init__(self, ranges: str) -> None:
        self._edges = list(_edges(ranges))

    def has(self, code: int) -> bool:
        return bisect_right(self._edges, code) % 2 == 1


def _edges(ranges: str) -> Iterator[int]:
    """Yield the beginning of each range and of the gap after it."""
    for item in ranges.split():
        first, _, last = item.partition("-")
        yield int(first, 16)
        yield int(last or first, 16) + 1


_UP_TO_1_SET, _UP_TO_2_SET = _Ranges(_UP_TO_1), _Ranges(_UP_TO_2)
