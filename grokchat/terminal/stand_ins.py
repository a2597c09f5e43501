"""Characters that stand for clusters, because prompt_toolkit lays out and measures characters, not clusters.

In some terminals a cluster is narrower than its characters together: one that joins क्ष into one cell, or Konsole, where
a second mark has none. Such a cluster is laid out as one private character, which has the cluster's width, and is
written as the cluster again when the screen is made rows.
"""

from __future__ import annotations

from grokchat.render.cells import cell_width, char_width, grapheme_clusters
from grokchat.render.sanitize import visible
from grokchat.render.widths import widths

_FIRST, _COUNT = 0x10F000, 0xF00
"""Private use (plane 16). A line that has such a character itself is laid out by its characters."""

_clusters: dict[str, str] = {}
_stand_ins: dict[str, str] = {}


def narrow_clusters(line: str) -> dict[int, str]:
    """Return the clusters of a line, by their positions, that are narrower than their characters together."""
    if line.isascii() or widths().has_plain_marks or any(_FIRST <= ord(char) < _FIRST + _COUNT for char in line):
        return {}
    found: dict[int, str] = {}
    at = 0
    for cluster in grapheme_clusters(line):
        if len(cluster) > 1 and _is_narrow(cluster) and _has_stand_in(cluster):
            found[at] = cluster
        at += len(cluster)
    return found


def _is_narrow(cluster: str) -> bool:
    # A control character in it has to be shown by number.
    return cell_width(cluster) < sum(map(char_width, cluster)) and visible(cluster) == cluster


def _has_stand_in(cluster: str) -> bool:
    if cluster not in _stand_ins and len(_clusters) < _COUNT:
        stand_in = chr(_FIRST + len(_clusters))
        _clusters[stand_in], _stand_ins[cluster] = cluster, stand_in
    return cluster in _stand_ins


def stand_in(cluster: str) -> str:
    """Return the character that stands for one of the `narrow_clusters`."""
    return _stand_ins[cluster]


def shown_width(char: str) -> int:
    """Return the cells of a character, or of the cluster that it stands for."""
    cluster = _clusters.get(char)
    return char_width(char) if cluster is None else cell_width(cluster)


def with_clusters(row: str) -> str:
    """Return a row of the screen with the clusters in place of what stands for them."""
    return row.translate({ord(char): cluster for char, cluster in _clusters.items()}) if _clusters else row
