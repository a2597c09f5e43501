r"""The declaration of a slash command, from which its parsing, its help and its completion are derived.

The grammar is `/name`, then each parameter takes its part of the rest of the line, in order. Free text is always last
and literal: quotes, backslashes and newlines are part of it (`/system don't \n`), so this is not a shell's grammar. A
line is a command only if its first word is `/` followed by letters and dashes, or `/?`; `//text` sends `/text`. The
words `exit` and `quit` alone are `/quit`. `commands/names` says which command a typed name is.

A handler gets the session and the arguments, reads or changes the session, prints nothing, and returns an outcome for
the chat to carry out. To add a command:

1. Write the handler, with `@command(...)` and two or three examples, in the module of its group; add it to that
   module's COMMANDS, and to a group of `commands/overview`, the page that /help shows. The handler's name is the
   command's: `word_count` is `/word-count`, and a trailing underscore is dropped. If the command only shows something,
   pass `is_immediate=True`. A new module is listed in `commands/registry`.
2. Add a test in tests/commands, and a line in CHANGELOG.md.
3. Run `.venv/bin/python tests/generated.py`, which writes README's table and the manual page.

Everything else is derived: parsing and usage errors, /help, Tab, those tables, and tests/commands/test_immediate.py,
which calls every command. Only what is new in kind needs more:

- an outcome that is shown: a member of `Shown` (`commands/outcomes`), a case in `Printer.print_outcome`
  (`chat/printer`), and a function in `views/` that lays it out;
- an outcome that an immediate command returns and the chat carries out: a member of `ImmediateOutcome`, and a case in
  `Dispatcher.dispatch` (`chat/dispatch`);
- any other outcome: a member of `Outcome`, and that case;
- a value of `complete=`, which says what Tab offers for a parameter: `chat/tab_completion`, and the list in `Param`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from grokchat.commands.names import find_command
from grokchat.commands.outcomes import Outcome
from grokchat.commands.params import Param
from grokchat.errors import CommandError
from grokchat.records import record
from grokchat.session.session import Session

_NAME = r"[A-Za-z-]+|\?"
_FIRST_WORD = re.compile(rf"[ \t]*/({_NAME})(?=\s|\Z)")
_LEAVING_WORDS = frozenset({"exit", "quit"})
"""What leaves a shell, and so many other programs that it is typed here too."""

# -- commands ----------------------------------------------------------------------------------------------------------

Handler = Callable[..., Outcome]
ArgumentTest = Callable[[Mapping[str, Any]], bool]
Examples = tuple[tuple[str, str], ...]


@record
class Command:
    """A slash command.

    `immediate_if` returns whether a call with these arguments is immediate: it runs at once, even while a reply
    streams, instead of waiting in the queue. It then leaves the message list and the settings alone, and returns an
    ImmediateOutcome; tests/commands/test_immediate.py checks every command. The exception is /quit, which waits its
    turn while anything runs, because what was entered before it is to be done before the chat ends.

    `shows_cost`: the notice shows what the next request costs, so the prices are loaded first. `starts_turn`: a reply
    follows, so the terminal's marks of a turn begin at the command. `examples` are lines that can be typed, each with
    its meaning, for /help; a test runs them.
    """

    name: str
    help: str
    params: tuple[Param, ...]
    handler: Handler
    aliases: tuple[str, ...] = ()
    immediate_if: ArgumentTest = lambda _: False
    shows_cost: bool = False
    starts_turn: bool = False
    examples: Examples = ()

    @property
    def usage(self) -> str:
        """The command's form: `/system [@N] TEXT`."""
        return " ".join([f"/{self.name}", *(param.usage for param in self.params if param.usage)])

    def parse(self, rest: str) -> dict[str, Any]:
        """Return the handler's arguments from the rest of the line; raises CommandError with the usage."""
        arguments: dict[str, Any] = {}
        for param in self.params:
            try:
                value, rest = param.parse(rest)
            except CommandError as error:
                raise CommandError(f"{error} Usage: {self.usage}") from error
            if value is None and param.required:
                raise CommandError(f"Usage: {self.usage}")
            arguments[param.name] = value
        if rest.strip():
            raise CommandError(f'unexpected "{rest.strip()[:40]}". Usage: {self.usage}')
        return arguments


def command(
    help: str,  # noqa: A002 - it is the command's help
    *params: Param,
    aliases: tuple[str, ...] = (),
    is_immediate: bool = False,
    immediate_if: ArgumentTest | None = None,
    shows_cost: bool = False,
    starts_turn: bool = False,
    examples: Examples = (),
) -> Callable[[Handler], Command]:
    """Turn a handler into a command with the handler's name; nothing is registered.

    `is_immediate` makes every call immediate, `immediate_if` those whose arguments it accepts. Raises ValueError for a
    name that `parse_line` would send as a message.
    """
    test = immediate_if or (lambda _: is_immediate)

    def declare(handler: Handler) -> Command:
        name = handler.__name__.rstrip("_").replace("_", "-")
        for word in (name, *aliases):
            if not re.fullmatch(_NAME, word):
                raise ValueError(f"/{word} would be sent as a message: a command's name is letters and dashes")
        return Command(name, help, params, handler, aliases, test, shows_cost, starts_turn, examples)

    return declare


# -- lines -------------------------------------------------------------------------------------------------------------


@record
class Call:
    """A command with its arguments, and its line; `has_paste` is true if any of it was not typed."""

    command: Command
    arguments: Mapping[str, Any]
    line: str
    has_paste: bool = False

    @property
    def is_immediate(self) -> bool:
        """Whether it runs at once, even while a reply streams."""
        return self.command.immediate_if(self.arguments)

    def run(self, session: Session) -> Outcome:
        """Call the handler; raises GrokchatError."""
        return self.command.handler(session, **self.arguments)


@record
class Text:
    """A message to be sent; `has_paste` is true if any of it was not typed. `pasted_paths` are those of `Submit`."""

    text: str
    has_paste: bool = False
    pasted_paths: frozenset[str] = frozenset()


def line_of_message(message: Text) -> str:
    """Return the line that `parse_line` reads as this message: one that looks like a command begins with `//`."""
    return f"/{message.text}" if message.text.startswith("//") or _FIRST_WORD.match(message.text) else message.text


def parse_line(line: str, commands: Mapping[str, Command]) -> Call | Text:
    """Parse a line; raises CommandError for an unknown or ambiguous command, or wrong arguments."""
    if line.startswith("//"):
        return Text(line[1:])
    if line.strip() in _LEAVING_WORDS and "quit" in commands:
        return Call(commands["quit"], commands["quit"].parse(""), line)
    match = _FIRST_WORD.match(line)
    if not match:
        return Text(line)
    found = find_command(match[1], commands)
    return Call(found, found.parse(line[match.end() :]), line)
