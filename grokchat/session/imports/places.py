"""Where something is in a JSON text: the JSON parser tells places of syntax errors alone.

A value's place is looked for token by token, which takes a while; only errors need it. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from grokchat import strict_json

Path = Sequence[str | int]
"""The keys and indices that lead to a value within a document."""

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s"{}\[\],:]+', re.DOTALL)
_MAX_SCANNED_CHARS = 50_000_000
"""About ten seconds; a place after that is not worth the wait."""


def line_and_column(text: str, offset: int) -> str:
    """Return `line 2, column 7`, both from 1, the column in characters."""
    line = text.count("\n", 0, offset) + 1
    return f"line {line:,}, column {offset - text.rfind(chr(10), 0, offset):,}"


def find_value(text: str, start: int, path: Path) -> int | None:
    """Return the offset of a value within the valid document at `start`, or None if it is too far behind."""
    for offset, here, _, is_key in _lexemes(text, start):
        if not is_key and here == list(path):
            return offset
        if offset - start > _MAX_SCANNED_CHARS:
            break
    return None


def find_refused(text: str) -> int | None:
    """Return the offset of the first thing that strict JSON refuses, or None; before it the text is well-formed."""
    seen: list[set[str]] = []
    for offset, here, lexeme, is_key in _lexemes(text, 0):
        if offset > _MAX_SCANNED_CHARS:
            break
        if is_key:
            keys = seen[len(here) - 1]
            if lexeme in keys:
                return offset
            keys.add(lexeme)
        elif lexeme in "{[":
            if len(here) >= strict_json.MAX_DEPTH:
                return offset
            seen[len(here) :] = [set()]
        elif not _is_strict(lexeme):
            return offset
    return None


def _is_strict(lexeme: str) -> bool:
    try:
        strict_json.parse(lexeme)
    except ValueError:
        return False
    return True


def _lexemes(text: str, start: int) -> Iterator[tuple[int, list[str | int], str, bool]]:
    """Yield offset, path, token and whether it is a key (then decoded), for each key and each value's first token.

    The paths are relative to the document, which the next one may follow.
    """
    path: list[str | int] = []
    expects_key = False
    for match in _TOKEN.finditer(text, start):
        lexeme = match[0]
        if expects_key and lexeme[0] == '"':
            path[-1] = json.loads(lexeme)
            yield match.start(), path, str(path[-1]), True
        elif lexeme == ":":
            expects_key = False
        elif lexeme in "}],":
            if not path:  # not well-formed
                return
            expects_key = lexeme == "," and isinstance(path[-1], str)
            if lexeme != ",":
                path.pop()
            elif isinstance(path[-1], int):
                path[-1] += 1
        else:
            yield match.start(), path, lexeme, False
            expects_key = lexeme == "{"
            if lexeme in "{[":
                path.append("" if expects_key else 0)
