"""A file of JSON values, and errors that say where in it something is wrong.

Its values may be one document, JSON Lines, concatenated, or separated as in RFC 7464.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grokchat import strict_json
from grokchat.errors import FileError
from grokchat.records import record
from grokchat.session.imports.looks_like import looks_like
from grokchat.session.imports.places import find_refused, find_value, line_and_column

SUPPORTED = (
    "-r takes sessions, and JSON: messages, request bodies, ChatGPT's conversations.json, ShareGPT, llm logs --json."
)
_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_MAX_BYTES = 500_000_000
_HEAD_BYTES = 8192
_MAX_KEYS = 6
_SPACE = "\ufeff \t\r\n\x1e"
_JSON_STARTS = tuple('{["')


@record
class Item:
    """A value and where it is: the index of its document and the keys that lead to it."""

    value: Any
    path: tuple[str | int, ...]

    def at(self, *keys: str | int) -> Item:
        """Return an inner value; it must exist."""
        value = self.value
        for key in keys:
            value = value[key]
        return Item(value, (*self.path, *keys))

    def each(self, *keys: str | int) -> Iterator[Item]:
        """Yield the elements of an inner list."""
        items = self.at(*keys)
        return (Item(value, (*items.path, number)) for number, value in enumerate(items.value))


@record
class Source:
    """A file's JSON values and their offsets in its text."""

    path: Path
    text: str
    values: list[Any]
    offsets: list[int]

    def error(self, item: Item, problem: str, what: str = "") -> FileError:
        """Return an error about a value, which `what` names, with its place."""
        document, *keys = item.path
        offset = find_value(self.text, self.offsets[int(document)], keys)
        place = "" if offset is None else line_and_column(self.text, offset)
        where = f"{what} ({place})" if what and place else what or place
        return FileError(self.path, f"{where}: {problem}" if where else problem, SUPPORTED)

    def items(self) -> list[Item]:
        """Return the elements of the only list, or the values of the file."""
        if len(self.values) == 1 and isinstance(self.values[0], list):
            return list(Item(self.values[0], (0,)).each())
        return [Item(value, (number,)) for number, value in enumerate(self.values)]


def read_source(path: Path, data: bytes) -> Source:
    """Return the values of a file with this content; raises FileError, with line and column."""
    if len(data) > _MAX_BYTES:
        raise FileError(path, f"it is larger than {_MAX_BYTES // 1_000_000} MB", "Cut out the conversation to resume.")
    text = _decode(path, data)
    try:
        values = strict_json.parse_all(text)
    except json.JSONDecodeError as error:
        raise _syntax_error(path, text, error) from error
    except ValueError as error:
        offset = find_refused(text)
        where = "" if offset is None else f"{line_and_column(text, offset)}: "
        raise FileError(path, f"{where}{error}", SUPPORTED) from error
    if not values:
        raise FileError(path, "it is empty", SUPPORTED)
    return Source(path, text, [value for _, value in values], [offset for offset, _ in values])


def describe(value: object) -> str:
    """Return what a JSON value is, to say that it is not what was expected: `a number`, `an object (keys a, b)`."""
    if isinstance(value, dict):
        keys = ", ".join(key[:40] for key in list(value)[:_MAX_KEYS]) + (", ..." if len(value) > _MAX_KEYS else "")
        return f"an object with the keys {keys}" if keys else "an empty object"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if isinstance(value, bool):
        return "true" if value else "false"
    return {str: "a text", type(None): "null"}.get(type(value), "a number")


def _decode(path: Path, data: bytes) -> str:
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "")
    if encoding:  # Windows PowerShell writes it at `>`
        raise FileError(path, f"it is {encoding}, not UTF-8", f"Convert it first: `iconv -f {encoding} -t UTF-8`.")
    what, advice = looks_like(data[:_HEAD_BYTES])
    if what:
        raise FileError(path, f"it is {what}, not JSON", advice or SUPPORTED)
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8").removeprefix("\ufeff")
        place = line_and_column(before, len(before))
        raise FileError(path, f"{place}: byte 0x{data[error.start]:02x} is not UTF-8", SUPPORTED) from error


def _syntax_error(path: Path, text: str, error: json.JSONDecodeError) -> FileError:
    problem = error.msg.lower().removesuffix(" at").removesuffix(" starting")
    place = f"({line_and_column(text, error.pos)}: {problem})"
    begins = text.lstrip(_SPACE)
    what, advice = looks_like(begins) if not text[: error.pos].strip(_SPACE + "[{") else ("", "")
    if what:
        reason = f"it looks like {what}, not like JSON {place}"
    elif not begins.startswith(_JSON_STARTS):
        reason = f"it is not JSON {place}"
    elif error.pos >= len(text.rstrip(_SPACE)) or error.msg.startswith("Unterminated string"):
        reason = f"its JSON is cut short {place}"
    else:
        reason = f"it is not valid JSON {place}"
    return FileError(path, reason, advice or SUPPORTED)
