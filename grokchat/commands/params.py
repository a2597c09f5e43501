"""The parameters of slash commands: each parses its part of the rest of the line."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from grokchat.errors import CommandError
from grokchat.records import record, replace

_MAX_DIGITS = 9
"""Of the number of a message."""
_MAX_QUOTE_CHARS = 40
"""Of a wrong argument, in an error."""
_WORD = re.compile(r"\s*(\S+)")
_SPAN = re.compile(rf"#?([0-9]{{1,{_MAX_DIGITS}}})(?:\s*(\.\.|-)\s*(?:#?([0-9]{{1,{_MAX_DIGITS}}}))?)?")
_NUMBER = rf"#?[0-9]{{1,{_MAX_DIGITS}}}"
_LEADING_SPAN = rf"{_NUMBER}(?:\s*(?:\.\.|-)\s*{_NUMBER}|\.\.|-)?"
"""A span before free text: blanks stand in it only if it has an end, since ` - ` may begin the text."""
_LEADING_RANGE = re.compile(rf"\s*+({_LEADING_SPAN}(?:\s*+,\s*+{_LEADING_SPAN})*+)(?!\S)")
_END_OF_RANGES = re.compile(r"\s*+--(?!\S)")


@record
class Param:
    """A parameter of a command.

    `parse` gets the rest of the line and returns the value and the remaining line; the value is None if the line does
    not continue with this parameter. `complete` names what Tab offers: commands, messages, questions (the user's
    messages), settings, values, search (what may be searched), models, model lists (with commas), sessions, prompts,
    roles, formats, alternatives (or `diff`); paths (the rest of the line is a path), files (several paths, quoted as in
    a shell), request (`diff` or a path) or context (`all`).
    """

    name: str
    usage: str
    parse: Callable[[str], tuple[Any, str]]
    required: bool = False
    complete: str = ""


def word_param(name: str, usage: str, *, required: bool = False, complete: str = "") -> Param:
    """Return a parameter for a single word."""

    def parse(rest: str) -> tuple[Any, str]:
        match = _WORD.match(rest)
        return (match[1], rest[match.end() :]) if match else (None, rest)

    return Param(name, usage, parse, required, complete)


def text_param(name: str, usage: str, *, required: bool = False, complete: str = "") -> Param:
    """Return a parameter for the rest of the line, literally, without the white space before it."""

    def parse(rest: str) -> tuple[Any, str]:
        value = rest.lstrip(" \t").removeprefix("\n")
        return (value or None, "")

    return Param(name, usage, parse, required, complete)


def insert_position_param(name: str = "at") -> Param:
    """Return an optional parameter for `@N` or `@#N`, the number that a new message will have."""

    def parse(rest: str) -> tuple[Any, str]:
        match = re.match(r"\s*@#?(\d+)(?=\s|\Z)", rest)
        if match and len(match[1]) > _MAX_DIGITS:
            raise CommandError(f"@{match[1][:_MAX_DIGITS]}… is out of range.")
        return (int(match[1]), rest[match.end() :]) if match else (None, rest)

    return Param(name, "[@N]", parse, complete="messages")


def target_position_param(name: str, usage: str) -> Param:
    """Return a required parameter for `@N`."""
    return replace(insert_position_param(name), usage=usage, required=True)


def message_number_param(name: str, usage: str, *, required: bool = True) -> Param:
    """Return a parameter for the number of a message, `N` or `#N`."""
    return _whole_number(name, usage, required=required, complete="messages", sign="#")


def count_param(name: str, usage: str, *, complete: str = "") -> Param:
    """Return an optional parameter for a whole number from 1 on."""
    return _whole_number(name, usage, required=False, complete=complete)


def question_number_param(name: str, usage: str) -> Param:
    """Return an optional parameter for the number of a user message; a word that begins with another character ends it.

    So `KEY=VALUE` or a flag may follow.
    """
    number = _whole_number(name, usage, required=False, complete="questions", sign="#")

    def parse(rest: str) -> tuple[Any, str]:
        return number.parse(rest) if re.match(r"\s*#?[0-9][^\s=]*(?!\S)", rest) else (None, rest)

    return replace(number, parse=parse)


def _whole_number(name: str, usage: str, *, required: bool, complete: str = "", sign: str = "") -> Param:
    """Return a parameter for a whole number from 1 on, which may be written after the sign."""

    def parse(rest: str) -> tuple[Any, str]:
        match = _WORD.match(rest)
        if not match:
            return None, rest
        digits = match[1].removeprefix(sign)
        if not re.fullmatch(rf"[0-9]{{1,{_MAX_DIGITS}}}", digits) or not int(digits):
            kind = "a message number" if sign else "a whole number from 1 on"
            raise CommandError(f'{usage.strip("[]")} must be {kind}, not "{match[1][:_MAX_QUOTE_CHARS]}".')
        return int(digits), rest[match.end() :]

    return Param(name, usage, parse, required, complete)


def message_range_param(name: str, usage: str, *, required: bool = False) -> Param:
    """Return a parameter for a RANGE, see `parse_range`, as (first, last) pairs."""

    def parse(rest: str) -> tuple[Any, str]:
        value = rest.strip()
        return (parse_range(value) if value else None, "")

    return Param(name, usage, parse, required, "messages")


def leading_range_param(name: str, usage: str) -> Param:
    """Return an optional parameter for a RANGE that free text may follow, as (first, last) pairs.

    The text is a RANGE as far as it reads as one from its first word on; after `--` it is not.
    """

    def parse(rest: str) -> tuple[Any, str]:
        match = _LEADING_RANGE.match(rest)
        value = parse_range(match[1]) if match else None
        rest = rest[match.end() :] if match else rest
        end = _END_OF_RANGES.match(rest)
        return value, rest[end.end() :] if end else rest

    return Param(name, usage, parse, complete="messages")


def option_param(name: str, flag: str, usage: str, *, complete: str = "") -> Param:
    """Return a parameter for `FLAG VALUE` or `FLAG VALUE, VALUE, ...`, if the flag comes next."""
    values = r"(?:[^\s,]+\s*,\s*)+[^\s,=]+(?!\S)|\S+"

    def parse(rest: str) -> tuple[Any, str]:
        match = re.match(rf"\s*{re.escape(flag)}\s+({values})", rest)
        return (match[1], rest[match.end() :]) if match else (None, rest)

    return Param(name, usage, parse, complete=complete)


def flag_param(name: str, usage: str, *, complete: str = "") -> Param:
    """Return a parameter that is True if its word comes next."""
    flag_word = usage.strip("[]")

    def parse(rest: str) -> tuple[Any, str]:
        match = re.match(rf"\s*{re.escape(flag_word)}(?=\s|\Z)", rest)
        return (True, rest[match.end() :]) if match else (None, rest)

    return Param(name, usage, parse, complete=complete)


def code_block_param(name: str, usage: str, *, required: bool = False) -> Param:
    """Return a parameter for `code K`, or `code` for the last block, whose number is 0."""

    def parse(rest: str) -> tuple[Any, str]:
        match = re.match(r"\s*code(?:\s+(\d{1,9}))?(?=\s|\Z)", rest)
        return (int(match[1] or 0), rest[match.end() :]) if match else (None, rest)

    return Param(name, usage, parse, required)


def parse_range(text: str) -> tuple[tuple[int, int | None], ...]:
    """Return the (first, last) pairs of a RANGE; the last of an open range is None. Raises CommandError.

    A RANGE is `N`, `N..M`, `N..` or a comma list of these. What the screen shows, `#N` and `#N-M`, may be entered too.
    """
    pairs: list[tuple[int, int | None]] = []
    for part in text.split(","):
        match = _SPAN.fullmatch(part.strip())
        if not match:
            quoted = text.strip()[:_MAX_QUOTE_CHARS]
            raise CommandError(f'RANGE must be N, N..M, N.. or a comma list of these, not "{quoted}".')
        first = int(match[1])
        last = first if not match[2] else int(match[3]) if match[3] else None
        pairs.append((first, last))
    return tuple(pairs)


def resolve_range(pairs: tuple[tuple[int, int | None], ...], count: int) -> tuple[int, ...]:
    """Return the numbers in a RANGE of a list of `count` messages, ascending and unique; raises CommandError."""
    numbers: set[int] = set()
    for first, last in pairs:
        end = count if last is None else last
        if not 1 <= first <= count or not first <= end <= count:
            if not count:
                raise CommandError("There are no messages yet.")
            named = f"#{first}" if last == first else f"{first}..{'' if last is None else last}"
            raise CommandError(f"{named} is out of range; the list is {'#1' if count == 1 else f'#1-{count}'}.")
        numbers.update(range(first, end + 1))
    return tuple(sorted(numbers))
