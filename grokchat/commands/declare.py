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
from typing import Any

from grokchat.commands.outcomes import Outcome
from grokchat.commands.params import Param
from grokchat.errors import CommandError
from grokchat.records import record
from grokchat.session.session import Session
from grokchat.suggestions import close_matches

_FIRST_WORD = re.compile(r"[ \t]*/([A-Za-z-]+|\?)(?=\s|\Z)")


# -- commands ----------------------------------------------------------------------------------------------------------

Handler = Callable[..., Outcome]


@record
class Command:
    """A slash command.

    `only_shows` says whether a call with these arguments leaves buffer and settings alone and sends nothing; such a
    call runs even while a reply streams. `shows_cost` says whether the answer shows what the next request costs, for
    which the prices have to be known.
    """

    name: str
    help: str
    params: tuple[Param, ...]
    handler: Handler
    aliases: tuple[str, ...] = ()
    is_immediate: Callable[[Mapping[str, Any]], bool] = lambda _: False
    shows_cost: bool = False

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
    is_immediate: Callable[[Mapping[str, Any]], bool] | bool = False,
    shows_cost: bool = False,
) -> Callable[[Handler], Command]:
    """Make a command of a handler; it registers nothing. The name is the function's."""
    shows = is_immediate if callable(is_immediate) else (lambda _, always=is_immediate: bool(always))

    def make(handler: Handler) -> Command:
        return Command(name or handler.__name__, help, params, handler, aliases, shows, shows_cost)

    return make


# -- lines -------------------------------------------------------------------------------------------------------------


@record
class Call:
    """A command with its arguments, ready to run."""

    command: Command
    arguments: Mapping[str, Any]
    line: str

    @property
    def is_immediate(self) -> bool:
        """Whether it may run while a reply streams."""
        return self.command.is_immediate(self.arguments)

    def run(self, session: Session) -> Outcome:
        """Do it."""
        return self.command.handler(session, **self.arguments)


@record
class Text:
    """A message to be sent; `pasted` if something in it was pasted."""

    text: str
    pasted: bool = False


def parse_line(line: str, commands: Mapping[str, Command]) -> Call | Text:
    """Return what a line is; raises CommandError if it looks like a command and is none."""
    if line.startswith("//"):
        return Text(line[1:])
    found = _FIRST_WORD.match(line)
    if not found:
        return Text(line)
    name = found[1]
    if name not in commands:
        near = close_matches(name.lower(), commands, count=3, cutoff=0.5)
        hint = "Nearest: " + ", ".join(f"/{one}" for one in near) + "." if near else "/help lists them."
        raise CommandError(f"There is no command /{name}. {hint} To send it as a message, begin it with //.")
    return Call(commands[name], commands[name].parse(line[found.end() :]), line)
