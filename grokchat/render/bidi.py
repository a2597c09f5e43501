"""Columns in rows that have right-to-left letters.

Some terminals (VTE since 0.58, konsole, qterminal) put the letters of a row in the order of Unicode's bidirectional
algorithm (UAX #9), by which a cell in Hebrew changes places with the cell or the number after it. A left-to-right mark
of our own before each cell except the first prevents that. It belongs to the last space of the gap: copying a cell does
not copy it. Windows Terminal, in which it takes a cell, gets none.

Isolates (U+2068) would also order the punctuation in a cell, but kitty 0.26 draws the letters after one over each
other, and konsole 22 mirrors brackets wrongly. The mode that turns the algorithm off (ECMA-48: BDSM) shows words
backwards in VTE, and konsole ignores it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from grokchat.render.widths import widths

_LEFT_TO_RIGHT_MARK = "\u200e"
_RIGHT_TO_LEFT = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
"""The blocks of right-to-left letters (DerivedBidiClass.txt)."""


def column_mark(texts: Iterable[str]) -> str:
    """Return the mark that keeps the columns of these texts in order; empty if none is needed."""
    is_needed = any(not text.isascii() and re.search(_RIGHT_TO_LEFT, text) for text in texts)
    return _LEFT_TO_RIGHT_MARK if is_needed and not widths().direction_mark else ""
