r"""What a slash command is: a value, from which parsing, help and completion come.

The grammar is `/name`, then each parameter takes its part of the rest, in order. Free text is always last and is
taken as it is: quotes, backslashes and newlines included (`/system don't \n`), so this is not a shell's grammar. A
line is a command only if its first word is `/` and letters or dashes; `//text` is the message `/text`.

A handler gets the session and its arguments, changes the session or not, prints nothing, and returns an outcome that
the loop acts on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from grokchat.errors import CommandError
from grokchat.messages import Message
from grokchat.session import Session

_FIRST_WORD = re.compile(r"/([A-Za-z-]+)(?=\s|\Z)")
_WORD = re.compile(r"\s*(\S+)")
_DIGITS = 9
"""Digits that the number of a message may have."""


# -- outcomes ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Notice:
    """One line for the user: what changed, or what is so."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for the user, under a head; the last column may be cut to fit."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = "nothing"


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages to be shown whole, by their numbers."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Body:
    """A request body to be shown."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Help:
    """Help on a command, or on all."""

    command: str | None


@dataclass(frozen=True, slots=True)
class Send:
    """Ask the model, with other settings for this one call.

    `remove` goes out of the buffer first; `joins` is the reply at its end that is gone on with.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    joins: Message | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """Go on with another session: the named one, or with None a new one."""

    name: str | None


@dataclass(frozen=True, slots=True)
class Fork:
    """Go on in a copy."""

    name: str


@dataclass(frozen=True, slots=True)
class Sessions:
    """List the sessions."""


@dataclass(frozen=True, slots=True)
class Quit:
    """Leave."""


Outcome = Notice | Table | Messages | Body | Help | Send | Open | Fork | Sessions | Quit


# -- parameters --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Param:
    """A part of a command's arguments.

    `take` gets the rest of the line and returns the value and what is left; the value is None if nothing there is meant
    for it. `complete` names what Tab offers: commands, messages, settings, models, sessions, paths, roles.
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


def position(name: str = "at") -> Param:
    """Return a parameter that takes `@N`: the number that the new message will have."""

    def take(rest: str) -> tuple[Any, str]:
        found = re.match(r"\s*@(\d+)(?=\s|\Z)", rest)
        if found and len(found[1]) > _DIGITS:
            raise CommandError(f"@{found[1][:_DIGITS]}... is not a place in any buffer.")
        return (int(found[1]), rest[found.end() :]) if found else (None, rest)

    return Param(name, "[@N]", take, complete="messages")


def numbers(name: str, shown: str, *, required: bool = False) -> Param:
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


def chosen(pairs: tuple[tuple[int, int | None], ...], count: int) -> tuple[int, ...]:
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


# -- commands ----------------------------------------------------------------------------------------------------------

Handler = Callable[..., Outcome]


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command.

    `only_shows` says whether a call with these arguments leaves buffer and settings alone and sends nothing; such a
    call runs even while a reply streams.
    """

    name: str
    help: str
    params: tuple[Param, ...]
    handler: Handler
    aliases: tuple[str, ...] = ()
    only_shows: Callable[[Mapping[str, Any]], bool] = lambda _: False

    @property
    def usage(self) -> str:
        """The command's form: `/system [@N] TEXT`."""
        return " ".join([f"/{self.name}", *(param.shown for param in self.params)])

    def parse(self, rest: str) -> dict[str, Any]:
        """Return the handler's arguments from the rest of the line, or raise CommandError with the usage."""
        arguments: dict[str, Any] = {}
        for param in self.params:
            value, rest = param.take(rest)
            if value is None and param.required:
                raise CommandError(f"{param.shown} is missing. The form is {self.usage}")
            arguments[param.name] = value
        if rest.strip():
            raise CommandError(f"{rest.strip()[:40]!r} is too much. The form is {self.usage}")
        return arguments


def command(
    help: str,  # noqa: A002 - it is the command's help
    *params: Param,
    name: str = "",
    aliases: tuple[str, ...] = (),
    only_shows: Callable[[Mapping[str, Any]], bool] | bool = False,
) -> Callable[[Handler], Command]:
    """Make a command of a handler; it registers nothing. The name is the function's."""
    shows = only_shows if callable(only_shows) else (lambda _, always=only_shows: bool(always))

    def make(handler: Handler) -> Command:
        return Command(name or handler.__name__, help, params, handler, aliases, shows)

    return make


# -- lines -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Call:
    """A command with its arguments, ready to run."""

    command: Command
    arguments: Mapping[str, Any]
    line: str

    @property
    def only_shows(self) -> bool:
        """Whether it may run while a reply streams."""
        return self.command.only_shows(self.arguments)

    def run(self, session: Session) -> Outcome:
        """Do it."""
        return self.command.handler(session, **self.arguments)


@dataclass(frozen=True, slots=True)
class Text:
    """A message to be sent."""

    text: str


def parse_line(line: str, commands: Mapping[str, Command]) -> Call | Text:
    """Return what a line is; raises CommandError if it looks like a command and is none."""
    if line.startswith("//"):
        return Text(line[1:])
    found = _FIRST_WORD.match(line)
    if not found:
        return Text(line)
    name = found[1]
    if name not in commands:
        from difflib import get_close_matches

        near = get_close_matches(name.lower(), commands, n=3, cutoff=0.5)
        hint = "Nearest: " + ", ".join(f"/{one}" for one in near) + "." if near else "/help lists them."
        raise CommandError(f"There is no command /{name}. {hint} To send it as a message, begin it with //.")
    return Call(commands[name], commands[name].parse(line[found.end() :]), line)
