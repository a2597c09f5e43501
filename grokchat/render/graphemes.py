"""Where the cursor may stand, and what Backspace deletes: grapheme clusters (UAX #29), which wcwidth knows.

`cells` cuts text into what a terminal shows together; this is what a user takes for one character. Each function
looks only at the surroundings of a position, so that a long line costs no more than a short one.
"""

from __future__ import annotations

import re
from collections import deque

from wcwidth import iter_graphemes

from grokchat.render.sanitize import visible

_REACH = 128
"""Code points to look at: more than any cluster has; the Stream-Safe Text Format (UAX #15) allows 30 marks."""
_REGIONAL = re.compile("[\U0001f1e6-\U0001f1ff]")
_JOINING = re.compile("[\u180b-\u180f\u200c\u200d\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef]")
_WRITTEN_BY_CODE_POINT = re.compile(
    "[\u0530-\u10ff\u1200-\u1c4f\u1cd0-\u1cff\ua800-\ua95f\ua980-\uabff\U00011000-\U00011fff]"
)
"""The scripts in which a cluster is typed in several strokes, each of which Backspace takes back alone.

These are Hebrew, Arabic, the Indic scripts, Thai, Lao, Tibetan, Burmese, Khmer and their neighbours. The rule is
WebKit's (`previousOffsetForBackwardDeletion` in RenderText.cpp, which does not combine "Armenian ... Limbu", U+0530 to
U+194F, but Hangul), with the later blocks of the same family. Android and Chromium do the same there, and differ for
Latin: they take the accent alone off a decomposed letter.
"""


def previous_boundary(text: str, at: int) -> int:
    """Return where the cluster that ends at this position begins; 0 at the text's beginning."""
    if at <= 1:
        return 0
    if text[at - 2 : at].isascii():
        return at - 2 if text[at - 2 : at] == "\r\n" else at - 1
    if _REGIONAL.match(text[at - 1]):
        begin = at
        while begin > 0 and _REGIONAL.match(text[begin - 1]):
            begin -= 1
        if (start := at - 2 + (at - begin) % 2) > begin:
            return start  # flags are pairs, counted from the run's beginning
    begin = at - 1
    while begin > max(0, at - _REACH) and not text[begin - 1 : begin + 1].isascii():
        begin -= 1  # of two ASCII characters, the second one certainly begins a cluster
    return at - len(deque(iter_graphemes(text[begin:at]), maxlen=1).pop())


def next_boundary(text: str, at: int) -> int:
    """Return where the cluster that begins at this position ends; the text's length at its end."""
    return at + len(next(iter_graphemes(text[at : at + _REACH]), ""))


def graphemes(text: str) -> list[str]:
    """Return a text in these clusters; `cells.grapheme_clusters` are those that a terminal shows together."""
    return list(iter_graphemes(text))


def is_boundary(text: str, at: int) -> bool:
    """Return whether a cluster begins or ends at this position."""
    return at <= 0 or at >= len(text) or previous_boundary(text, at + 1) == at


def joining_positions(text: str) -> frozenset[int]:
    """Return where the joiners and selectors of a line stand that make one cluster of its characters.

    Alone, each would be shown by number (`sanitize`), because a terminal hides it.
    """
    if not _JOINING.search(text):
        return frozenset()
    found: list[int] = []
    at = 0
    for cluster in iter_graphemes(text):
        if _JOINING.search(cluster) and visible(cluster) == cluster:
            found += [at + match.start() for match in _JOINING.finditer(cluster)]
        at += len(cluster)
    return frozenset(found)


def backspace_start(text: str, at: int) -> int:
    """Return where the text begins that one Backspace deletes: a cluster, or in some scripts a code point of it."""
    begin = previous_boundary(text, at)
    return at - 1 if at > begin + 1 and _WRITTEN_BY_CODE_POINT.search(text, begin, at) else begin
