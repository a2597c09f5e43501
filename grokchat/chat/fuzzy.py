"""Fuzzy matching of names in the menu: a name matches if it has the letters that were typed, in their order."""

from __future__ import annotations

import re

MIN_FUZZY_CHARS = 2
"""With fewer letters nearly every name matches, and the few that begin with them would be lost among the others."""


def letters_in_order(typed: str) -> re.Pattern[str]:
    """Return the pattern of names that have these letters in order, whatever their case; it never has to go back."""
    return re.compile("".join(f"[^{char}]*{char}" for char in map(re.escape, typed)), re.IGNORECASE)
