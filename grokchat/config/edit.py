"""Sets one value in the text of a TOML file and changes nothing else.

Comments, order, layout, line ends, a byte order mark and a missing newline at the end are the user's and stay.

A scanner finds the statements in one pass, so the time is linear in the size of the file. It knows strings, comments
and brackets, and relies on the text being valid TOML, which is checked first. The result is parsed and compared with
the wanted values before it is returned. Pure.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import tomli_w

from grokchat.errors import ConfigError
from grokchat.records import record

_BOM = "\ufeff"
_WHERE = "the config file"
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
    """A table's header, or a key with its value; positions in the text.

    `value_span` is the start and end of the value, `end` the position after the newline of its last line.
    """

    is_header: bool
    name: str
    value_span: tuple[int, int]
    end: int


def set_value(text: str, table: str, key: str, value: Any) -> str:
    """Return the text with `key = value` in a table ("" is the top level).

    Raises ConfigError if the text is not TOML, TOML cannot express the value, or the text sets the key in a way that
    cannot be changed here.
    """
    bom, text = (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)
    try:
        wanted = _parse(text)
    except (ValueError, RecursionError) as error:  # a TOMLDecodeError, or a number of thousands of digits
        raise ConfigError(_WHERE, problem="is not TOML") from error
    statement = _make_statement(key, value)
    try:
        (wanted.setdefault(table, {}) if table else wanted)[key] = value
        changed = _edit(text, table, key, statement)
        is_right = _parse(changed) == wanted
    except (TypeError, AttributeError, ValueError, RecursionError):  # the table is not one, or is written as a value
        is_right = False
    if not is_right:
        raise ConfigError(_WHERE, key, problem="is written in a way that cannot be changed from here")
    return bom + changed


def _make_statement(key: str, value: Any) -> str:
    """Return `key = value`, its lines ended by LF; raises ConfigError for a value that TOML cannot express."""
    try:
        statement = _make_prefix(key) + _inline(value)
        statement.encode("utf-8")  # lone surrogates
        is_right = _parse(statement) == {key: value}  # a NaN is equal to nothing
    except (TypeError, ValueError, RecursionError):
        is_right = False
    if not is_right:
        raise ConfigError(_WHERE, key, problem="has a value that TOML cannot express")
    return statement


def _make_prefix(key: str) -> str:
    """Return `key = `, the key in quotes if it needs them."""
    return tomli_w.dumps({key: 0}).removesuffix("0\n")


def _inline(value: Any) -> str:
    """Return a value as TOML for use after `key = `, an object included, which tomli_w makes a table of its own."""
    if isinstance(value, dict):
        return "{ " + ", ".join(_make_prefix(name) + _inline(inner) for name, inner in value.items()) + " }"
    if isinstance(value, list) and any(isinstance(inner, dict | list) for inner in value):
        return f"[{', '.join(map(_inline, value))}]"
    return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n")


def _parse(text: str) -> dict[str, Any]:
    return tomllib.loads(_NEWLINE.sub("\n", text))


def _edit(text: str, table: str, key: str, statement: str) -> str:
    """Return the text with a statement that sets a key, in place of the present one or added to the table."""
    current, end = _find(text, table, key)
    newline = _newline_before(text, len(text) if end is None else end)
    statement = statement.replace("\n", newline)
    if current is not None:
        start, end_of_value = current.value_span
        return text[:start] + statement.removeprefix(_make_prefix(key)) + text[end_of_value:]
    final_newline = "" if text and text[-1] not in "\r\n" else newline  # without one the file stays so
    if end is None:
        return f"{_with_blank_line(text, newline)}[{table}]{newline}{statement}{final_newline}"
    if end and text[end - 1] not in "\r\n":
        return f"{text}{newline}{statement}"
    return f"{text[:end]}{statement}{newline}{text[end:]}"


def _newline_before(text: str, position: int) -> str:
    """Return how the line before a position ends, or the first line of the text: line ends may be mixed."""
    last = re.search(r"(\r\n?|\n)[^\r\n]*\Z", text[:position])
    newline = last[1] if last else None
    first = _NEWLINE.search(text)
    return newline or (first[0] if first else "\n")


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
            value_span = (header.end(), header.end())
            name = header[2] if header[1] == "[" else ""
        else:
            name_end = _end_of(_KEY, text, position)
            name = text[position:name_end]
            value_span = _find_value(text, name_end + 1)
        end = _line_end(text, value_span[1])
        yield _Statement(header is not None, name, value_span, end)
        position = _gap_end(text, end)


def _find_value(text: str, start: int) -> tuple[int, int]:
    """Return the start and end of a value, without the blanks around it and the comment after it."""
    start = _end_of(_BLANKS, text, start)
    position = end = start
    depth = 0
    for token in _TOKEN.finditer(text, start):
        if token.start() != position:
            break  # not TOML; comparing the result will show it
        position = token.end()
        first = token[0][0]
        depth += (first in "[{") - (first in "]}")
        if depth == 0 and first in "#\r\n":
            break
        if first not in "#\r\n":
            end = token.start() + len(token[0].rstrip(" \t"))
    return start, end


def _is_name(written: str, name: str) -> bool:
    """Return whether the source text of a key or header means exactly this name, not a dotted one (`a.b`)."""
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
    """Return the text with an empty line at its end, unless it is empty."""
    if not text or re.search(r"(?:\A|(?>\r\n?|\n))[ \t]*(?>\r\n?|\n)\Z", text[-200:]):
        return text
    return text + (newline if text[-1] in "\r\n" else 2 * newline)
