r"""The gaps of a prompt: `{{KEY}}`, for which a value is put in when the prompt is used. Pure.

A KEY is a letter or `_`, then letters, digits, `_` and `-`; blanks inside the braces do not count. All else in braces
is text: `{{ user.name }}`, `{{#if x}}`, `${{ github.sha }}`. A backslash makes a gap the text `{{KEY}}`, as in
Handlebars; two are one backslash and the gap, and so on. Values are never searched for gaps.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_KEY = r"[^\W\d](?:[\w-]|[^\x00-\x7f\s])*+"
"""Anything beyond ASCII is admitted here, and looked at by `is_key`: vowel signs are letters to their readers."""
_GAP = re.compile(rf"(?<!\\)(\\*+)\{{\{{([ \t]*+({_KEY})[ \t]*+)\}}\}}")


def is_key(text: str) -> bool:
    """Return whether a gap can have this name."""
    if text.isascii():
        return re.fullmatch(_KEY, text) is not None
    from unicodedata import category

    kinds = [category(char) for char in text]
    return (text[0] == "_" or kinds[0][0] == "L") and all(
        char in "_-" or kind[0] in "LMN" for char, kind in zip(text, kinds, strict=True)
    )


def find_gaps(text: str) -> tuple[str, ...]:
    """Return the keys of a text's gaps, each once, in the order in which they first occur."""
    found = _GAP.finditer(text)
    return tuple(dict.fromkeys(gap[3] for gap in found if not len(gap[1]) % 2 and is_key(gap[3])))


def fill_gaps(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its gaps filled, each of which has a value, and without the backslashes that keep others."""

    def fill(gap: re.Match[str]) -> str:
        if not is_key(gap[3]):
            return gap[0]
        backslashes = gap[1][: len(gap[1]) // 2]
        return backslashes + (f"{{{{{gap[2]}}}}}" if len(gap[1]) % 2 else values[gap[3]])

    return _GAP.sub(fill, text)
