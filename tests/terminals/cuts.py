"""What a terminal that does not wrap its rows anew has cut itself: in a narrower window, the ends of the rows in it."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Sequence

from numbered_reply import WORD, Reply
from reply_faults import Fault
from wcwidth import wcswidth

GREETING = "grokchat 1 grok-4.7 / for commands, quits"
"""In the place of the greeting, which may be cut."""
WHOLE_ONLY = {"broken words", "numbers", "other"}
"""Kinds of faults that a cut row has anyway."""


def without_greeting(rows: Sequence[str]) -> list[str]:
    """Return rows with a greeting that is whole."""
    first = next((at for at, row in enumerate(rows) if row.startswith("> go")), None)
    return list(rows) if first is None else [GREETING, *rows[first:]]


def cut_words(rows: Sequence[str], reply: Reply, widths: Collection[int]) -> set[str]:
    """Return the words that stood, or may have stood, behind the end of a row that ends where the window once did.

    Those are the words between the last one in the row and the next one below. A row whose last cell was a space ends a
    cell earlier; of a wide character that was cut in the middle, some terminals leave all.
    """
    number = {word: at for at, word in enumerate(reply.words)}
    edges = {width + more for width in widths for more in (-1, 0, 1)}
    seen = [[number[word] for word in WORD.findall(row) if word in number] for row in rows]
    cut: set[str] = set()
    for at, row in enumerate(rows):
        if wcswidth(row.rstrip()) not in edges:
            continue
        last = next((words[-1] for words in reversed(seen[: at + 1]) if words), -1)
        after = itertools.chain.from_iterable(seen[at + 1 :])
        cut.update(reply.words[last + 1 : next((found for found in after if found > last), len(reply.words))])
    return cut


def without_cuts(found: Sequence[Fault], cut: Collection[str], rows: Sequence[str]) -> list[Fault]:
    """Return the faults that are not the terminal's own.

    A word is there twice only if it is twice whole within a row: the beginning of one that was cut, and what follows in
    the next row, may look like it.
    """
    whole = Counter(itertools.chain.from_iterable(map(WORD.findall, rows)))
    left = []
    for fault in found:
        if fault.kind in ("missing words", "hidden words"):
            words = tuple(word for word in fault.words if word not in cut)
        elif fault.kind == "doubled words":
            words = tuple(word for word in fault.words if whole[word] > 1)
        else:
            if fault.kind not in WHOLE_ONLY:
                left.append(fault)
            continue
        if words:
            left.append(fault._replace(what=", ".join(words[:6]), count=len(words), words=words))
    return left
