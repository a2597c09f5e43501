r"""The declaration of a slash command: its parsing, help and completion are made of it.

The grammar is `/name`, then each parameter takes its part of the rest of the line, in order. Free text is always last
and literal: quotes, backslashes and newlines are part of it (`/system don't \n`), so this is not a shell's grammar. A
line is a command only if its first word is `/` and letters or dashes; `//text` is the message `/text`.

A handler gets the session and its arguments, changes the session or not, prints nothing, and returns an outcome for the
chat to act on.
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
ArgumentTest = Callable[[Mapping[str, Any]], bool]


@record
class Command:
    """A slash command.

    `is_immediate` says whether a call with these arguments runs at once while a reply streams, instead of waiting in
    the queue. It leaves the message list and the settings alone, and returns an ImmediateOutcome;
    tests/commands/test_immediate.py holds every command to that. `shows_cost` says whether the notice shows what the
    next request costs, so that the prices have to be known first.
    """

    name: str
    help: str
    params: tuple[Param, ...]
    handler: Handler
    aliases: tuple[str, ...] = ()
    is_immediate: ArgumentTest = lambda _: False
    shows_cost: bool = False

    @property
    def usage(self) -> str:
        """The command's form: `/system [@N] TEXT`."""
        return " ".join([f"/{self.name}", *(param.usage for param in self.params)])

    def parse(self, rest: str) -> dict[str, Any]:
        """Return the handler's arguments from the rest of the line; raises CommandError with the usage."""
        arguments: dict[str, Any] = {}
        for param in self.params:
            value, rest = param.parse(rest)
            if value is None and param.required:
                raise CommandError(f"{param.usage} is missing. The form is {self.usage}")
            arguments[param.name] = value
        if rest.strip():
            raise CommandError(f"{rest.strip()[:40]!r} is too much. The form is {self.usage}")
        return arguments


def command(
    help: str,  # noqa: A002 - it is the command's help
    *params: Param,
    name: str = "",
    aliases: tuple[str, ...] = (),
    is_immediate: ArgumentTest | bool = False,
    shows_cost: bool = False,
) -> Callable[[Handler], Command]:
    """Make a command of a handler, by default with the handler's name. Nothing is registered."""
    test = is_immediate if callable(is_immediate) else (lambda _, always=is_immediate: bool(always))

    def make(handler: Handler) -> Command:
        return Command(name or handler.__name__, help, params, handler, aliases, test, shows_cost)

    return make


# -- lines -------------------------------------------------------------------------------------------------------------


@record
class Call:
    """A command with its arguments, and the line that was typed."""

    command: Command
    arguments: Mapping[str, Any]
    line: str

    @property
    def is_immediate(self) -> bool:
        """Whether it runs at once while a reply streams."""
        return self.command.is_immediate(self.arguments)

    def run(self, session: Session) -> Outcome:
        """Call the handler; raises GrokchatError."""
        return self.command.handler(session, **self.arguments)


@record
class Text:
    """A message to be sent; `pasted` if any of it was pasted."""

    text: str
    pasted: bool = False


def parse_line(line: str, commands: Mapping[str, Command]) -> Call | Text:
    """Parse a line; raises CommandError for an unknown command or wrong arguments."""
    if line.startswith("//"):
        return Text(line[1:])
    match = _FIRST_WORD.match(line)
    if not match:
        return Text(line)
    name = match[1]
    if name not in commands:
        matches = close_matches(name.lower(), commands, count=3, cutoff=0.5)
        hint = "Nearest: " + ", ".join(f"/{match}" for match in matches) + "." if matches else "/help lists them."
        raise CommandError(f"There is no command /{name}. {hint} To send it as a message, begin it with //.")
    return Call(commands[name], commands[name].parse(line[match.end() :]), line)
