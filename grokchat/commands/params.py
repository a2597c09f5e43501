"""The parts of a command's arguments: each takes its part of the rest of the line."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from grokchat.errors import CommandError
from grokchat.records import record, replace

_DIGITS = 9
"""Digits that the number of a message may have."""

_WORD = re.compile(r"\s*(\S+)")


@record
class Param:
    """A part of a command's arguments.

    `take` gets the rest of the line and returns the value and what is left; the value is None if nothing there is meant
    for it. `complete` names what Tab offers: commands, messages, settings, models, sessions, prompts, roles; paths
    (the rest of the line is one) or files (several, quoted as in a shell).
    """

    name: str
    shown: str
    take: Callable[[str], tuple[Any, str]]
    required: bool = False
    complete: str = ""


def word(name: str, shown: str, *, required: bool = False, complete: str = "") -> Param:
    """Return a parameter that takes one word."""

    def take(rest: str) -> tuple[Any, str]:
        found = _WORD.match(rest)
        return (found[1], rest[found.end() :]) if found else (None, rest)

    return Param(name, shown, take, required, complete)


def text(name: str, shown: str, *, required: bool = False, complete: str = "") -> Param:
    """Return a parameter that takes all the rest as it is, less the white space before it."""

    def take(rest: str) -> tuple[Any, str]:
        value = rest.lstrip(" \t").removeprefix("\n")
        return (value or None, "")

    return Param(name, shown, take, required, complete)


def insert_position(name: str = "at") -> Param:
    """Return a parameter that takes `@N`: the number that the new message will have."""

    def take(rest: str) -> tuple[Any, str]:
        found = re.match(r"\s*@(\d+)(?=\s|\Z)", rest)
        if found and len(found[1]) > _DIGITS:
            raise CommandError(f"@{found[1][:_DIGITS]}... is not a place in any buffer.")
        return (int(found[1]), rest[found.end() :]) if found else (None, rest)

    return Param(name, "[@N]", take, complete="messages")


def target_position(name: str, shown: str) -> Param:
    """Return a parameter that must be `@N`."""
    return replace(insert_position(name), shown=shown, required=True)


def message_number(name: str, shown: str, *, required: bool = True) -> Param:
    """Return a parameter that takes the number of a message."""
    return _digits(name, shown, required=required, complete="messages")


def count(name: str, shown: str) -> Param:
    """Return a parameter that takes a whole number from 1 on."""
    return _digits(name, shown, required=False, complete="")


def _digits(name: str, shown: str, *, required: bool, complete: str) -> Param:
    def take(rest: str) -> tuple[Any, str]:
        found = _WORD.match(rest)
        if not found:
            return None, rest
        if not re.fullmatch(rf"[0-9]{{1,{_DIGITS}}}", found[1]) or not int(found[1]):
            raise CommandError(f"{found[1][:40]!r} is no number. {shown.strip('[]')} is a whole number from 1 on.")
        return int(found[1]), rest[found.end() :]

    return Param(name, shown, take, required, complete)


def message_range(name: str, shown: str, *, required: bool = False) -> Param:
    """Return a parameter that takes a RANGE: `N`, `N..M`, `N..` or a comma list of these, as (first, last) pairs."""

    def take(rest: str) -> tuple[Any, str]:
        value = rest.strip()
        return (parse_range(value) if value else None, "")

    return Param(name, shown, take, required, "messages")


def option(name: str, flag: str, shown: str, *, complete: str = "") -> Param:
    """Return a parameter that takes `FLAG VALUE` if the flag comes next."""

    def take(rest: str) -> tuple[Any, str]:
        found = re.match(rf"\s*{re.escape(flag)}\s+(\S+)", rest)
        return (found[1], rest[found.end() :]) if found else (None, rest)

    return Param(name, shown, take, complete=complete)


def flag(name: str, shown: str) -> Param:
    """Return a parameter that is True if its word comes next."""
    word_itself = shown.strip("[]")

    def take(rest: str) -> tuple[Any, str]:
        found = re.match(rf"\s*{re.escape(word_itself)}(?=\s|\Z)", rest)
        return (True, rest[found.end() :]) if found else (None, rest)

    return Param(name, shown, take)


def code_block(name: str, shown: str, *, required: bool = False) -> Param:
    """Return a parameter that takes `code K`, or `code` for the last one: a number, 0 for that."""

    def take(rest: str) -> tuple[Any, str]:
        found = re.match(r"\s*code(?:\s+(\d{1,9}))?(?=\s|\Z)", rest)
        return (int(found[1] or 0), rest[found.end() :]) if found else (None, rest)

    return Param(name, shown, take, required)


def parse_range(text: str) -> tuple[tuple[int, int | None], ...]:
    """Return the pairs of a RANGE; an open end is None."""
    pairs: list[tuple[int, int | None]] = []
    for part in text.split(","):
        found = re.fullmatch(r"\s*(\d{1,9})\s*(\.\.\s*(\d{1,9})?)?\s*", part)
        if not found:
            raise CommandError(f"{text!r} is no range of messages. A RANGE is N, N..M, N.. or a list of these.")
        first = int(found[1])
        last = first if not found[2] else int(found[3]) if found[3] else None
        pairs.append((first, last))
    return tuple(pairs)


def resolve_range(pairs: tuple[tuple[int, int | None], ...], count: int) -> tuple[int, ...]:
    """Return the numbers that a range names in a buffer of `count` messages, in order and once each."""
    found: set[int] = set()
    for first, last in pairs:
        end = count if last is None else last
        if not 1 <= first <= count or not first <= end <= count:
            there = f"There are messages 1..{count}." if count else "There are no messages yet."
            named = str(first) if last == first else f"{first}..{'' if last is None else last}"
            raise CommandError(f"{named} is not in the buffer. {there}")
        found.update(range(first, end + 1))
    return tuple(sorted(found))
