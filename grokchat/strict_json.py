"""Strict JSON (RFC 8259) with limits on nesting and on numbers.

Python's `json` also reads and writes NaN, infinities and integers of any length, which other readers refuse and an API
rejects; and it recurses, so deep nesting overflows the stack. `parse` refuses all of these, `parse_lenient` reads such
a number as null, and `dump_ascii` never writes any of them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

MAX_DEPTH = 100
"""Nested brackets: more than any message has, and fewer than the stack can hold."""
_MAX_INT_DIGITS = 300
"""Most JSON readers refuse longer integers, and Python takes quadratic time for them."""
_MAX_INT = 10 ** (_MAX_INT_DIGITS - 1)
_SPACE = re.compile("[ \\t\\n\\r\\x1e\\ufeff]*")
_MANY_DIGITS = re.compile(rf"[0-9]{{{_MAX_INT_DIGITS}}}")
_DIGIT = re.compile("[0-9]")
_TYPE_NAMES = ((int, "integer"), (str, "string"), (list, "array"), (tuple, "array"), (object, "object"))
_TOO_DEEP = "it is nested too deeply"
_BAD_NUMBER = "it holds a number that JSON does not have (NaN), or one that is too large"


class RefusedJsonError(ValueError):
    """JSON that only Python accepts, or too deep nesting; the message is the reason."""


def parse(text: str) -> Any:
    """Return the value of a JSON text; raises ValueError: JSONDecodeError for a syntax error, else RefusedJsonError."""
    try:
        value, end = _STRICT.raw_decode(text) if text.startswith("{") else (None, -1)
        if end != len(text):  # surrounding white space, or an error: `decode` handles both, and is slower
            value = _STRICT.decode(text)
    except RecursionError as error:
        raise RefusedJsonError(_TOO_DEEP) from error
    if _count_brackets(text) > MAX_DEPTH and is_too_deep(value):
        raise RefusedJsonError(_TOO_DEEP)
    return value


def parse_all(text: str) -> list[tuple[int, Any]]:
    """Return all values of a text that holds any number of them, each with its offset; raises what `parse` raises.

    White space may separate them, record separators (RFC 7464), and byte order marks (of joined files). An object that
    has a key twice is refused: readers differ in which value they take.
    """
    values = []
    try:
        at = _skip_space(text, 0)
        while at < len(text):
            value, end = _STRICT_KEYS.raw_decode(text, at)
            values.append((at, value))
            at = _skip_space(text, end)
    except RecursionError as error:
        raise RefusedJsonError(_TOO_DEEP) from error
    if _count_brackets(text) > MAX_DEPTH and any(is_too_deep(value) for _, value in values):
        raise RefusedJsonError(_TOO_DEEP)
    return values


def parse_lenient(text: bytes | str) -> Any:
    """Return the value of a server's JSON, with null for each number that `parse` refuses; raises ValueError.

    A server's response is only kept in memory, so a bad number, a raw control character in a text, or a byte that
    is not UTF-8 must not cost the rest of it.
    """
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "replace")
    try:
        value = _LENIENT.decode(text)
    except RecursionError as error:
        raise RefusedJsonError(_TOO_DEEP) from error
    if _count_brackets(text) > MAX_DEPTH and is_too_deep(value):
        raise RefusedJsonError(_TOO_DEEP)
    return value


def parse_or_none(text: bytes | str) -> Any:
    """Return what `parse_lenient` returns, or None for a text that it refuses."""
    try:
        return parse_lenient(text)
    except ValueError:
        return None


def parse_cut(text: str) -> Any:
    """Return what `parse_lenient` returns for a JSON text whose end is missing, as far as it goes; None if for none."""
    closers: list[str] = []
    beginning = text.rstrip().rstrip(",")
    for token in re.finditer(_STRUCTURE, text, re.DOTALL):
        first = token[0][0]
        if first == '"' and not token[1]:
            beginning = re.sub(_CUT_ESCAPE, r"\1", text[: token.end()]) + '"'
        elif first in _CLOSERS:
            closers.append(_CLOSERS[first])
        elif first != '"' and closers:
            closers.pop()
    for middle in ("", "null", ":null"):
        value = parse_or_none(beginning + middle + "".join(reversed(closers)))
        if value is not None:
            return value
    return None


_STRUCTURE = r'"[^"\\]*(?:\\.[^"\\]*)*("?)|[\[\]{}]'
"""Texts, of which the last one may have no end, and brackets."""
_CUT_ESCAPE = r"(?<!\\)((?:\\\\)*)\\u[0-9a-fA-F]{0,3}$"
_CLOSERS = {"{": "}", "[": "]"}


def dump_ascii(value: Any) -> str:
    """Return compact ASCII JSON that `parse` accepts, with null for values that it refuses."""
    try:
        text = _dump(value)
    except (ValueError, RecursionError):
        text = _dump(_sanitized(value, MAX_DEPTH))
    # Digits and brackets in strings are counted too; they only cause the slower check.
    if _has_many_digits(text) or (_count_brackets(text) > MAX_DEPTH and is_too_deep(value)):
        text = _dump(_sanitized(value, MAX_DEPTH))
    return text


def json_type(value: object) -> str:
    """Return the name of a value's type in JSON Schema: null, boolean, integer, number, string, array or object.

    A number without a fraction is an integer, as JSON Schema has it: `1.0` too.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    return next(name for kind, name in _TYPE_NAMES if isinstance(value, kind))


def is_too_deep(value: object) -> bool:
    """Return whether a value is nested deeper than `MAX_DEPTH`; works level by level, without recursion."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [inner for item in level if isinstance(item, dict | list) for inner in _children(item)]
        if not level:
            return False
    return True


def _children(item: dict[str, Any] | list[Any]) -> Iterator[object]:
    return iter(item.values() if isinstance(item, dict) else item)


def _has_many_digits(text: str) -> bool:
    """Return whether a text has so many digits in a row; looks at few of its characters, as most texts have not."""
    step = _MAX_INT_DIGITS // 2  # so many digits in a row hold all characters of one step
    starts = (found.start() * step for found in _DIGIT.finditer(text[::step]))
    return any(text[start : start + step].isdigit() for start in starts) and bool(_MANY_DIGITS.search(text))


def _count_brackets(text: str) -> int:
    return text.count("[") + text.count("{")


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def _sanitized(value: Any, depth: int) -> Any:
    if isinstance(value, Mapping):
        return {key: _sanitized(inner, depth - 1) for key, inner in value.items()} if depth else None
    if isinstance(value, list | tuple):
        return [_sanitized(inner, depth - 1) for inner in value] if depth else None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return None if isinstance(value, int) and abs(value) >= _MAX_INT else value


def _refuse_number(_: str) -> NoReturn:
    raise RefusedJsonError(_BAD_NUMBER)


def _finite(digits: str) -> float:
    value = float(digits)
    return value if math.isfinite(value) else _refuse_number(digits)


def _int(digits: str) -> int:
    return int(digits) if len(digits.lstrip("-")) < _MAX_INT_DIGITS else _refuse_number(digits)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    return value if len(value) == len(pairs) else _refuse_duplicate()


def _refuse_duplicate() -> NoReturn:
    raise RefusedJsonError("it holds an object with the same key twice")


def _skip_space(text: str, start: int) -> int:
    match = _SPACE.match(text, start)
    return match.end() if match else start


def _null(_: str) -> None:
    return None


def _finite_or_null(digits: str) -> float | None:
    value = float(digits)
    return value if math.isfinite(value) else None


def _int_or_null(digits: str) -> int | None:
    return int(digits) if len(digits.lstrip("-")) < _MAX_INT_DIGITS else None


_STRICT = json.JSONDecoder(parse_constant=_refuse_number, parse_float=_finite, parse_int=_int)
_STRICT_KEYS = json.JSONDecoder(
    parse_constant=_refuse_number, parse_float=_finite, parse_int=_int, object_pairs_hook=_unique_keys
)
_LENIENT = json.JSONDecoder(strict=False, parse_constant=_null, parse_float=_finite_or_null, parse_int=_int_or_null)
