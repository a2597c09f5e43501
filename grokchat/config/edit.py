'''Sets one value in the text of a TOML file and changes nothing else.

Comments, order, layout, line ends, a byte order mark and a missing newline at the end are the user's and stay.

A scanner finds the statements in one pass, so the time is linear in the size of the file: finding them by parsing ever
longer pieces took 6.5 s for a `system = """..."""` of 2,000 lines. It knows strings, comments and brackets, and relies
on the text being valid TOML, which is checked first. The result is parsed and compared with what was wanted before it
is returned. Pure.
'''

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import tomli_w

from grokchat.errors import ConfigError
from grokchat.records import record

_BOM = "\ufeff"
_STRING = (
    r'"""(?:[^"\\]++|\\.|"{1,2}+(?!"))*+"{3,5}'
    r"|'''(?:[^']++|'{1,2}+(?!'))*+'{3,5}"
    r'|"(?:[^"\\]++|\\.)*+"'
    r"|'[^']*+'"
)
_COMMENT = r"\#[^\r\n]*+"
_BLANKS = re.compile(r"[ \t]*+")
_NEWLINE = re.compile(r"\r\n?|\n")
_GAP = re.compile(rf"(?:[ \t\r\n]++|{_COMMENT})*+")
"""Blank lines and comments between statements."""
_HEADER = re.compile(rf"(?s)(\[\[?)((?:[^\]\"']++|{_STRING})*+)\]\]?")
_KEY = re.compile(rf"(?s)(?:[^=\"'\r\n]++|{_STRING})*+")
_TOKEN = re.compile(rf"(?s){_STRING}|[\[{{]|[\]}}]|{_COMMENT}|\r\n?|\n|[^\[\]{{}}\"'#\r\n]++")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


@record
class _Statement:
    """A table's header, or a key with its value.

    `value` is where the value begins and ends, `end` the position behind the newline of its last line.
    """

    is_header: bool
    name: str
    value: tuple[int, int]
    end: int


def set_value(text: str, table: str, key: str, value: Any) -> str:
    """Return the text with `key = value` in a table ("" is the top level).

    Raises ConfigError if the text sets the key in a way that cannot be changed here, or TOML cannot hold the value.
    """
    bom, text = (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)
    wanted = _parse(text)
    try:
        (wanted.setdefault(table, {}) if table else wanted)[key] = value
        changed = _edit(text, table, key, value)
        changed.encode("utf-8")  # lone surrogates
        is_right = _parse(changed) == wanted
    except (TypeError, AttributeError, ValueError, RecursionError):  # what TOML cannot say, or not at that place
        is_right = False
    if not is_right:
        raise ConfigError("the config file", key, problem="it is written in a way that cannot be changed from here")
    return bom + changed


def _parse(text: str) -> dict[str, Any]:
    return tomllib.loads(_NEWLINE.sub("\n", text))


def _edit(text: str, table: str, key: str, value: Any) -> str:
    first_newline = _NEWLINE.search(text)
    newline = first_newline[0] if first_newline else "\n"
    prefix = tomli_w.dumps({key: 0}).removesuffix("0\n")
    statement = tomli_w.dumps({key: value}).rstrip("\n").replace("\n", newline)
    current, end = _find(text, table, key)
    if current is not None:
        first, last = current.value
        return text[:first] + statement.removeprefix(prefix) + text[last:]
    if end is None:
        return f"{_with_blank_line(text, newline)}[{table}]{newline}{statement}{newline}"
    if end and text[end - 1] not in "\r\n":  # the last line of the file has no newline, and need not get one
        return f"{text}{newline}{statement}"
    return f"{text[:end]}{statement}{newline}{text[end:]}"


def _find(text: str, table: str, key: str) -> tuple[_Statement | None, int | None]:
    """Return the statement that sets a key, and the end of the last statement of its table (None: no such table)."""
    current: _Statement | None = None
    end = None if table else 0
    is_inside = not table
    for statement in _statements(text):
        if statement.is_header:
            is_inside = bool(table) and _is_name(statement.name, table)
        elif is_inside and _is_name(statement.name, key):
            current = statement
        if is_inside:
            end = statement.end
    return current, end


def _statements(text: str) -> Iterator[_Statement]:
    """Yield the statements of valid TOML in order. Each character is scanned once."""
    position = _gap_end(text, 0)
    while position < len(text):
        header = _HEADER.match(text, position)
        if header is not None:
            value = (header.end(), header.end())
            name = header[2] if header[1] == "[" else ""
        else:
            name_end = _end_of(_KEY, text, position)
            name = text[position:name_end]
            value = _value_span(text, name_end + 1)
        end = _line_end(text, value[1])
        yield _Statement(header is not None, name, value, end)
        position = _gap_end(text, end)


def _value_span(text: str, start: int) -> tuple[int, int]:
    """Return where a value begins and ends, without the blanks around it and the comment behind it."""
    start = _end_of(_BLANKS, text, start)
    position = end = start
    depth = 0
    for token in _TOKEN.finditer(text, start):
        if token.start() != position:
            break  # not TOML; the comparison of the result refuses it
        position = token.end()
        first = token[0][0]
        depth += (first in "[{") - (first in "]}")
        if depth == 0 and first in "#\r\n":
            break
        if first not in "#\r\n":
            end = token.start() + len(token[0].rstrip(" \t"))
    return start, end


def _is_name(written: str, name: str) -> bool:
    """Say whether a key or a header, as it is written, names just this, and not a part of something (`a.b`)."""
    written = written.strip(" \t")
    if _BARE_KEY.fullmatch(written):
        return written == name
    return written[:1] in {'"', "'"} and list(_parse(f"{written} = 0").items()) == [(name, 0)]


def _gap_end(text: str, position: int) -> int:
    return _end_of(_GAP, text, position)


def _line_end(text: str, position: int) -> int:
    newline = _NEWLINE.search(text, position)
    return newline.end() if newline else len(text)


def _end_of(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _with_blank_line(text: str, newline: str) -> str:
    """Return the text with an empty line at its end, if there is anything in it."""
    if not text or re.search(r"(?:\A|(?>\r\n?|\n))[ \t]*(?>\r\n?|\n)\Z", text[-200:]):
        return text
    return text + (newline if text[-1] in "\r\n" else 2 * newline)
