"""Which runs of `*`, `_` and `~` can open or close emphasis: CommonMark 0.31, section 6.2, for CJK texts as well.

CommonMark lets `**` close after a punctuation mark only if white space or another mark follows, as in `**Note:** a`.
Chinese, Japanese and Korean have no space there. So a mark of their scripts counts as a letter, and so
does a letter of theirs as white space beside any other mark: the amendment "CommonMark CJK-friendly" of
<https://github.com/tats-u/markdown-cjk-friendly>, specification.md. Texts without these characters are not affected.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from unicodedata import category

from markdown_it.common.utils import isWhiteSpace
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned

_CJK_RANGES = (
    "1100-11ff 20a9 2329-232a 2630-2637 268a-268f 2e80-2e99 2e9b-2ef3 2f00-2fd5 2ff0-303e 3041-3096 3099-30ff "
    "3105-312f 3131-318e 3190-31e5 31ef-321e 3220-3247 3250-a48c a490-a4c6 a960-a97c ac00-d7a3 d7b0-d7c6 d7cb-d7fb "
    "f900-faff fe10-fe19 fe30-fe52 fe54-fe66 fe68-fe6b ff01-ffbe ffc2-ffc7 ffca-ffcf ffd2-ffd7 ffda-ffdc ffe0-ffe6 "
    "ffe8-ffee 16fe0-16fe4 16ff0-16ff6 17000-18cd5 18cff-18d1e 18d80-18df2 1aff0-1aff3 1aff5-1affb 1affd-1affe "
    "1b000-1b122 1b132 1b150-1b152 1b155 1b164-1b167 1b170-1b2fb 1d300-1d356 1d360-1d376 1f200 1f202 1f210-1f219 "
    "1f21b-1f22e 1f230-1f231 1f237 1f23b 1f240-1f248 1f260-1f265 20000-3fffd"
)
"""Code points in hexadecimal: East_Asian_Width W, F or H, but not Emoji_Presentation, and all of Script=Hangul."""
_CJK = re.compile(
    "[" + "".join("-".join(chr(int(end, 16)) for end in part.split("-")) for part in _CJK_RANGES.split()) + "]"
)
_FULL_WIDTH_QUOTES = frozenset(quote + "\ufe01" for quote in "\u2018\u2019\u201c\u201d")
"""StandardizedVariants.txt: "fullwidth form" of marks whose width is ambiguous."""


class Flanks(NamedTuple):
    """Which sides of a delimiter run can be inside of emphasis, and whether punctuation is beside it."""

    is_left: bool
    is_right: bool
    is_mark_before: bool
    is_mark_after: bool

    def can_open(self, char: str) -> bool:
        """Return whether a run of this character can open emphasis; `_` cannot inside a word."""
        return self.is_left and (char != "_" or not self.is_right or self.is_mark_before)

    def can_close(self, char: str) -> bool:
        """Return whether a run of this character can close emphasis."""
        return self.is_right and (char != "_" or not self.is_left or self.is_mark_after)


class FlankingState(StateInline):
    """markdown-it's state, which decides about delimiter runs."""

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803 - markdown-it's names
        """Return whether the run that starts here can open and close emphasis, and its length."""
        end = start
        while end < self.posMax and self.src[end] == self.src[start]:
            end += 1
        after = self.src[end] if end < self.posMax else " "
        flanks = flanks_of(self.src[max(0, start - 2) : start], after)
        char = "*" if canSplitWord else "_"
        return Scanned(flanks.can_open(char), flanks.can_close(char), end - start)


def is_cjk(char: str) -> bool:
    """Return whether a character is of a Chinese, Japanese or Korean script, marks and symbols included."""
    return _CJK.match(char) is not None


@lru_cache(maxsize=1024)
def flanks_of(before: str, after: str) -> Flanks:
    """Return what a delimiter run can do between the last two characters before it, or fewer, and the next one."""
    last = before[-1:] or " "
    is_full_width_quote = False
    if len(before) > 1 and "\ufe00" <= last <= "\ufe0e" and not isWhiteSpace(ord(before[0])):
        is_full_width_quote, last = before in _FULL_WIDTH_QUOTES, before[0]  # a variation selector
    is_cjk_before = is_full_width_quote or is_cjk(last) or "\U000e0100" <= last <= "\U000e01ef"
    is_cjk_after = is_cjk(after)
    is_mark_before, is_mark_after = _is_mark(last), _is_mark(after)
    is_space_before, is_space_after = isWhiteSpace(ord(last)), isWhiteSpace(ord(after))
    is_edge_before = is_space_before or is_mark_before or is_cjk_before
    is_edge_after = is_space_after or is_mark_after or is_cjk_after
    is_left = not is_space_after and (not is_mark_after or is_cjk_after or is_edge_before)
    is_right = not is_space_before and (not is_mark_before or is_cjk_before or is_edge_after)
    return Flanks(is_left, is_right, is_mark_before, is_mark_after)


def _is_mark(char: str) -> bool:
    """Return whether a character is punctuation or a symbol. markdown-it-py 3 counts symbols as letters."""
    return category(char)[0] in "PS"
