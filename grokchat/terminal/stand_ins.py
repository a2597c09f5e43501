"""Characters that stand for clusters, because prompt_toolkit lays out and measures characters, not clusters.

In some terminals a cluster is narrower than its characters together: one that joins क्ष into one cell, or Konsole, where
a second mark has none. In most, a vowel sign has a cell of its own, and a row must not begin with it. Where a mark has
none, prompt_toolkit drops it after a full row (`copy_line` in `layout/containers.py`). Such a cluster is laid out as
one private character, which has the cluster's width, and is written as the cluster again when the screen is made rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from grokchat.render.cells import cell_width, char_width, grapheme_clusters, has_wide_mark
from grokchat.render.graphemes import graphemes, joining_positions
from grokchat.render.sanitize import visible
from grokchat.render.widths import on_new_widths

_FIRST, _COUNT = 0x10F000, 0xF00
"""Private use (plane 16). A line that has such a character itself is laid out by its characters."""

STAND_IN_STYLE = "class:stand-in"
"""The style of a stand-in, which looks like nothing: only what has it is written as a cluster, and no text from outside
that has the same character."""

_MAY_JOIN = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u302a-\u302f\u3099\u309a\ua66f-\ua69f"
    "\ua6f0\ua6f1\ua800-\uabff\ud7b0-\ud7fb\ufb1e\ufe20-\ufe2f\U00010000-\U0001efff\U000e0100-\U000e01ef]"
)
"""Scripts with conjuncts, marks, or syllables in parts."""

_free_codes = [*range(_FIRST + _COUNT - 1, _FIRST - 1, -1)]
"""The code points of no stand-in. Not those in texts that were drawn: their widths are in prompt_toolkit's caches."""
_clusters: dict[int, str] = {}
"""By the code points of their stand-ins."""
_stand_ins: dict[str, str] = {}


@lru_cache(maxsize=8)
def whole_clusters(line: str, columns: int) -> Mapping[int, str]:
    """Return the clusters of a line, by their positions, that are laid out as one character each.

    In a row with so many cells: a wider cluster, of many marks, is wrapped like any characters.
    """
    if not _MAY_JOIN.search(line) or any(_FIRST <= ord(char) < _FIRST + _COUNT for char in line):
        return {}
    found: dict[int, str] = {}
    at = 0
    for cluster in grapheme_clusters(line):
        is_narrow = len(cluster) > 1 and _is_narrow(cluster)
        for part in [cluster] if is_narrow or len(cluster) == 1 else graphemes(cluster):
            if (
                len(part) > 1
                and (is_narrow or has_wide_mark(part) or _has_narrow_mark(part))
                and cell_width(part) <= columns
                and _assign_stand_in(part)
            ):
                found[at] = part
            at += len(part)
    return found


def left_out_positions(line: str, clusters: Mapping[int, str]) -> frozenset[int]:
    """Return the positions of a line that are not shown: of joiners and selectors, and in `whole_clusters`."""
    return joining_positions(line).union(*(range(at + 1, at + len(cluster)) for at, cluster in clusters.items()))


@lru_cache(maxsize=1024)
def _is_narrow(cluster: str) -> bool:
    """Return whether a cluster of letters has fewer cells than its characters together."""
    # The parts of a joined emoji are shown by themselves (`cluster_processor`).
    return cluster[0].isalpha() and cell_width(cluster) < sum(map(char_width, cluster))


def _has_narrow_mark(cluster: str) -> bool:
    return cluster[0].isalnum() and not joining_positions(cluster) and not all(map(char_width, cluster))


def _assign_stand_in(cluster: str) -> bool:
    """Give a cluster a stand-in, unless it has one; return False if none is left, or if a part is shown by number."""
    if cluster not in _stand_ins and _free_codes and visible(cluster) == cluster:
        code = _free_codes.pop()
        _clusters[code], _stand_ins[cluster] = cluster, chr(code)
    return cluster in _stand_ins


def stand_in(cluster: str) -> str:
    """Return the character that stands for one of the `whole_clusters`."""
    return _stand_ins[cluster]


def shown_width(char: str) -> int:
    """Return the cells of a character, or of the cluster that it stands for."""
    code = ord(char)
    if code in _clusters:
        return cell_width(_clusters[code])
    if _FIRST <= code < _FIRST + _COUNT and code in _free_codes:
        _free_codes.remove(code)
    return char_width(char)


def written_text(char: str, style: str) -> str:
    """Return what is written for a character of the screen in a style: the cluster, for one that stands for it."""
    return _clusters.get(ord(char), char) if STAND_IN_STYLE in style else char


for _cached in (whole_clusters, _is_narrow):
    on_new_widths(_cached.cache_clear)
