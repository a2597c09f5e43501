"""Addresses in text: URLs, paths and e-mail addresses, which a newline would break so that they cannot be copied."""

from __future__ import annotations

import re

MAX_ADDRESS_CHARS = 4096
"""A longer word is no address."""
PREFIX_CHARS = 256
"""A word is an address by this much of its beginning."""
# Compiled on first use. What begins an address may follow a letter that is not ASCII, as a line may break between them.
_ADDRESS = (
    r"://|\A\W*/[^/]+/|\A[^/]*+/[^/]*+/.*\.\w|\w@\w|\A\W*\\\\\w"
    r"|(?i:(?<![a-z0-9_])(?:www\.|mailto:|magnet:\?)|\A\W*[a-z]:[\\/])"
    r"|\A\W*+(?:(?:[\w-]++\.)++[A-Za-z]{2,}|localhost|\d+(?:\.\d+){3})(?::\d+)?/[^\s/]"
    r"|\A\W*[$%]\{?\w+[%}]?[\\/]\w"
)
_URL = (
    r"(?i:(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*+://|(?<![a-z0-9_])(?:www\.|mailto:))"
    r"(?:[!-~]++(?:(?<=[/=?&#_+~-])[^\W\0-\x7f]++)?+)++"
)
"""A URL inside a word: ASCII (RFC 3986), and letters of other scripts that begin a part of it (RFC 3987)."""


def is_address(word: str) -> bool:
    """Return whether a word is an address, or the beginning of one.

    Words with a slash are not, unless they begin with it, or end in the name of a file below two folders.
    """
    return len(word) <= MAX_ADDRESS_CHARS and re.search(_ADDRESS, word[:PREFIX_CHARS]) is not None


def outside_urls(places: list[int], text: str, *, offset: int = 0) -> list[int]:
    """Return the places of a text, counted from an offset, that are not inside a URL."""
    if ":" not in text and "." not in text:
        return places
    for url in re.finditer(_URL, text):
        places = [place for place in places if not url.start() < place + offset < url.end()]
    return places
