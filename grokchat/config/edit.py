"""One value into a TOML text, and nothing else changed: comments, order and layout stay the user's.

The lines of the value are found by trying: a statement is the fewest lines that parse. What comes out is parsed and
compared with what was wanted before anyone writes it. Pure.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import tomli_w

from grokchat.errors import ConfigError


def with_value(text: str, table: str, key: str, value: Any) -> str:
    """Return the text with `key = value` in a table ("" is the top); raises ConfigError if it cannot be put there."""
    wanted = tomllib.loads(text)
    inner = wanted.setdefault(table, {}) if table else wanted
    inner[key] = value
    lines = text.split("\n")
    statement = tomli_w.dumps({key: value}).rstrip("\n").split("\n")
    place, end = _find(lines, table, key)
    if place is not None:
        first, last = place
        comment = _comment(lines[last - 1], "\n".join(lines[first:last]))
        lines[first:last] = [*statement[:-1], statement[-1] + comment]
    elif end is None:
        lines = [*_ended(lines), f"[{table}]", *statement, ""]
    else:
        lines[end:end] = statement
    changed = "\n".join(lines)
    try:
        is_right = tomllib.loads(changed) == wanted
    except tomllib.TOMLDecodeError:
        is_right = False
    if not is_right:
        raise ConfigError("the config file", key, found="it is written in a way that cannot be changed from here")
    return changed


def _find(lines: list[str], table: str, key: str) -> tuple[tuple[int, int] | None, int | None]:
    """Return the lines of the statement that sets a key, and the line behind the last statement of its table."""
    place: tuple[int, int] | None = None
    end = None if table else 0
    is_in = not table
    for first, last, value in _statements(lines):
        if lines[first].lstrip().startswith("["):
            is_in = bool(table) and value == {table: {}}
        elif is_in and list(value) == [key]:
            place = (first, last)
        if is_in:
            end = last
    return place, end


def _statements(lines: list[str]) -> Iterator[tuple[int, int, dict[str, Any]]]:
    first = 0
    while first < len(lines):
        if not lines[first].strip() or lines[first].lstrip().startswith("#"):
            first += 1
            continue
        for last in range(first + 1, len(lines) + 1):
            try:
                value = tomllib.loads("\n".join(lines[first:last]))
            except tomllib.TOMLDecodeError:
                continue
            yield first, last, value
            break
        first = last


def _comment(line: str, statement: str) -> str:
    """Return what stands behind a value on its last line: blanks and a comment, or nothing."""
    value = tomllib.loads(statement)
    for at in (match.start() for match in re.finditer(r"\s*#", line)):
        shorter = statement[: len(statement) - len(line) + at]
        try:
            if tomllib.loads(shorter) == value:
                return line[at:]
        except tomllib.TOMLDecodeError:
            continue
    return ""


def _ended(lines: list[str]) -> list[str]:
    """Return the lines with an empty one at the end."""
    while lines and not lines[-1].strip():
        lines.pop()
    return [*lines, ""] if lines else []
