"""Suggestions for a misspelled name ("did you mean ...?"). Pure.

difflib takes quadratic time in the length of a word, and imports slowly: words are cut, and it is imported at the first
misspelling.
"""

from __future__ import annotations

from collections.abc import Iterable

_MAX_WORD_CHARS = 80


def close_matches(word: str, names: Iterable[str], *, count: int = 2, cutoff: float = 0.6) -> list[str]:
    """Return the names that are spelled most like a word, the closest first; `cutoff` is difflib's, from 0 to 1."""
    from difflib import get_close_matches

    return get_close_matches(word[:_MAX_WORD_CHARS], list(names), n=count, cutoff=cutoff)


def suggest(word: str, names: Iterable[str], what: str) -> str:
    """Return `did you mean a or b?`, or `The settings are a, b, c.` (`what` is "settings") if none is close."""
    known = list(names)
    matches = close_matches(word, known)
    return f"did you mean {' or '.join(matches)}?" if matches else f"The {what} are {', '.join(known)}."
