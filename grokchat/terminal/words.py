"""The words that keys move by and delete. A word is letters and digits of any script, as in readline."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

_Matches = Callable[[str, int], bool]


def word_end(text: str, at: int) -> int:
    """Return the end of the word at or after this position (`forward-word`)."""
    return _skip(text, _skip(text, at, _is_other), _is_word)


def word_start(text: str, at: int) -> int:
    """Return the beginning of the word at or before this position (`backward-word`)."""
    return _skip_back(text, _skip_back(text, at, _is_other), _is_word)


def blank_word_start(text: str, at: int) -> int:
    """Return the beginning of the text between blanks before this position (`unix-word-rubout`)."""
    return _skip_back(text, _skip_back(text, at, _is_blank), _is_no_blank)


def _is_word(text: str, at: int) -> bool:
    # A mark or a joiner belongs to the character before it: to a letter, or to an emoji.
    while at > 0 and not text[at].isascii() and unicodedata.category(text[at]) in {"Mn", "Mc", "Me", "Cf"}:
        at -= 1
    return text[at].isalnum()


def _is_other(text: str, at: int) -> bool:
    return not _is_word(text, at)


def _is_blank(text: str, at: int) -> bool:
    return text[at].isspace()


def _is_no_blank(text: str, at: int) -> bool:
    return not text[at].isspace()


def _skip(text: str, at: int, matches: _Matches) -> int:
    while at < len(text) and matches(text, at):
        at += 1
    return at


def _skip_back(text: str, at: int, matches: _Matches) -> int:
    while at > 0 and matches(text, at - 1):
        at -= 1
    return at
