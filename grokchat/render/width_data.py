"""The code points that some terminal shows wider than Unicode's tables in the wcwidth package have them.

Terminals differ in more than emoji: most give a spacing mark of Hindi, Tamil or Burmese (category Mc) a cell, kitty
none; some give the medial and final letters of a Korean syllable two cells, others none; an old table does not know a
new combining mark. The ranges are those of `tests/measured_widths.txt`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from unicodedata import category, east_asian_width

from wcwidth import wcwidth

from grokchat.render.widths import Widths, on_new_widths, widths

_EMOJI_STYLE = "\ufe0f"
VIRAMAS = frozenset("\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d\u1039\u17d2")
"""The marks that join two letters (Indic_Conjunct_Break=Linker, DerivedCoreProperties.txt of Unicode 16)."""
_UP_TO_1 = (
    "487 5c8-5c9 616-61c 65f 7fd-900 903-93b 93e-940 949-94c 94e-94f 955-957 982-983 9be-9c0 9c7-9cc 9d7 9fe a03 "
    "a3e-a40 a51 a75 a83 abe-ac0 ac9-acc afa-aff b02-b03 b3e b40 b44-b4c b53-b55 b57-b63 bbe-bbf bc1-bcc bd7-c3c "
    "c41-c44 c62-c83 cbe cc0-cc4 cc7-ccb cd5-cd6 cf3-d40 d44-d4c d57-d83 dcf-dd1 dd8-df3 eba ece f3e-f3f f7f f8d-f8f "
    "102b-102c 1031 1033-1035 1038 103a-1057 105e-135e 1715 1734 17b6 17be-17c5 17c7-17c8 180e-1886 1923-1926 "
    "1929-1931 1933-1938 1a19-1af0 1b04 1b35 1b3b 1b3d-1b41 1b43-1b44 1b80-1cf9 1dcb-1dfd 2028-2029 2064-2069 "
    "20f0-2dff 302e-302f 3164-a802 a823-a824 a827-d7ff fe0f fe24-fe2f ffa0-1037a 10ae5-1d166 1d16d-1d172 1d250-e0000 "
    "e0002-e001f e0080-e00ff e01f0-e01ff"
)
"""Code points in hexadecimal. What has no width for wcwidth and takes a cell somewhere is in one of these ranges."""
_UP_TO_2 = (
    "1160-11ff 17a4 17d8 261d 26f9 270c-270d 302e-302f 3164 3248-324f d7b0-d7c6 d7cb-d7fb 16ff0-16ff1 1f3cb-1f3cc "
    "1f574-1f575 1f590"
)
_FUTURE_EMOJI = range(0x1F000, 0x1FB00)
"""Emoji of later versions of Unicode get unassigned code points of these blocks (emoji-data.txt), and are wide."""

_REGIONAL = re.compile("[\U0001f1e6-\U0001f1ff]")
_VOWEL_PARTS = re.compile("[\u1160-\u11ff\ud7b0-\ud7fb]")
_EXTENDING = re.compile(
    "[\u09be\u09d7\u0b3e\u0b57\u0bbe\u0bd7\u0cc0\u0cc2\u0cc7\u0cc8\u0cca\u0ccb\u0cd5\u0cd6\u0d3e\u0d57\u0dcf\u0ddf"
    "\u1b35\u1b3b\u1b3d\u1b43\u302e\u302f]"
)
"""Spacing marks with Grapheme_Cluster_Break=Extend: the unicode-width crate, in alacritty 0.15, gives them no cell."""
_MYANMAR = re.compile(
    "[\u102b\u102c\u1038\u1062-\u1064\u1067-\u106d\u1083\u1087-\u108c\u108f\u109a-\u109c\uaa7b\uaa7d]"
)
"""Spacing marks that neither extend a cluster nor are SpacingMark (GraphemeBreakProperty.txt)."""
_EMOJI_15 = (
    "\U0001f6dc\U0001fa75-\U0001fa77\U0001fa87\U0001fa88\U0001faad-\U0001faaf\U0001fabb-\U0001fabd\U0001fabf\U0001face"
    "\U0001facf\U0001fada\U0001fadb\U0001fae8\U0001faf7\U0001faf8"
)
_EMOJI_16 = (
    "\U0001f6d8\U0001fa89\U0001fa8a\U0001fa8e\U0001fa8f\U0001fabe\U0001fac6\U0001fac8\U0001facd\U0001fadc\U0001fadf"
    "\U0001fae9\U0001faea\U0001faef"
)
"""With those of Unicode 17."""
_TRIGRAMS, _HEXAGRAMS = "\u2630-\u2637\u268a-\u268f\U0001d300-\U0001d376", "\u4dc0-\u4dff"
_SKIN_TONES = "\U0001f3fb-\U0001f3ff"
_HAND_SIGNS = "\u261d\u26f9\u270c\u270d\U0001f3cb\U0001f3cc\U0001f574\U0001f575\U0001f590"
_PREPENDED = "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
_CLASSES = {
    field: re.compile(f"[{chars}]")
    for field, chars in {
        "voiced_mark": "\uff9e\uff9f",
        "sara_am": "\u0e33\u0eb3",
        "prepended_sign": _PREPENDED,
        "circled_number": "\u3248-\u324f",
        "trigram": _TRIGRAMS,
        "hexagram": _HEXAGRAMS,
        "emoji_15": _EMOJI_15,
        "emoji_16": _EMOJI_16,
        "skin_tone": _SKIN_TONES,
        "hand_sign": _HAND_SIGNS,
    }.items()
}
"""The characters that have the width of a field of `Widths`, besides marks."""
_INDIC = range(0x900, 0x1AB0)
"""The blocks of scripts with many marks, which terminals have by class; later ones may be newer than their tables."""
_NEW_MARKS = "\u0cf3\u0ece"
"""Those of Unicode 15 (2022) among them, which older tables do not have."""


@lru_cache(maxsize=4096)
def max_char_width(char: str) -> int:
    """Return the most cells that a printable character takes on any terminal, or makes the one before it wider by.

    The marks of scripts that are written with many have the widths that the terminal has said, if it has. Of what the
    user sets only what is known counts: ambiguous characters (UAX #11) are wide if `widths` has them so.
    """
    if char == _EMOJI_STYLE:
        return 1
    width, code = base_width(char), ord(char)
    if widths().is_measured and code in _INDIC and is_mark(char) and char not in _NEW_MARKS:
        return char_width(char)
    if _UP_TO_2_SET.has(code) or (code in _FUTURE_EMOJI and category(char) == "Cn") or _REGIONAL.match(char):
        return 2
    if _UP_TO_1_SET.has(code):
        width = max(width, 1)
    return max(width, widths().ambiguous) if width == 1 and _is_ambiguous(char) else width


@lru_cache(maxsize=4096)
def char_width(char: str) -> int:
    """Return the cells of a character on the terminal in use, for one that does not depend on its neighbours."""
    width, code, chosen = base_width(char), ord(char), widths()
    if not width:
        return _mark_width(char, code, chosen)
    if field := next((field for field, pattern in _CLASSES.items() if pattern.match(char)), None):
        return int(getattr(chosen, field))
    return chosen.ambiguous if width == 1 and chosen.ambiguous > 1 and _is_ambiguous(char) else width


def _mark_width(char: str, code: int, chosen: Widths) -> int:
    if _VOWEL_PARTS.match(char):
        return chosen.vowel_part
    if category(char) == "Mc":
        if _EXTENDING.match(char):
            # The tone marks of Hangul and Han are as wide as ideographs.
            return chosen.extending_mark * (2 if _UP_TO_2_SET.has(code) else 1)
        return chosen.myanmar_mark if _MYANMAR.match(char) else chosen.spacing_mark
    return int(chosen.unknown_mark > 0 and category(char) in {"Mn", "Me"} and _UP_TO_1_SET.has(code))


@lru_cache(maxsize=4096)
def base_width(char: str) -> int:
    """Return the cells of a character by Unicode: none for any combining mark, one for a half of a flag."""
    if _REGIONAL.match(char):
        return 1
    width = max(0, wcwidth(char))
    return 0 if width and (category(char) == "Mc" or _VOWEL_PARTS.match(char)) else width


def is_mark(char: str) -> bool:
    """Return whether a character is a combining mark."""
    return not char.isascii() and category(char)[0] == "M"


def _is_ambiguous(char: str) -> bool:
    return east_asian_width(char) == "A"


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

for _cached in (max_char_width, char_width):
    on_new_widths(_cached.cache_clear)
