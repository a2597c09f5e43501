"""All slash commands, in the order of the menu and of the tables.

To add one: write its handler with `@command(...)` in the module of its group, add it to that module's COMMANDS, add a
test in tests/commands and a line in CHANGELOG.md, and run `.venv/bin/python tests/generated.py`. All else is derived;
`commands/declare` has the details.
"""

from __future__ import annotations

from collections.abc import Mapping

from grokchat.commands import (
    alternatives,
    attach,
    compact,
    context,
    copy,
    history,
    insertions,
    login,
    message_list,
    prompts,
    replies,
    search,
    sessions,
    settings,
    show,
    usage,
)
from grokchat.commands import help as help_commands
from grokchat.commands.declare import Command

COMMANDS: tuple[Command, ...] = (
    *insertions.COMMANDS,
    *prompts.COMMANDS,
    *message_list.COMMANDS,
    *compact.COMMANDS,
    *history.COMMANDS,
    *show.COMMANDS,
    *context.COMMANDS,
    *replies.COMMANDS,
    *alternatives.COMMANDS,
    *search.COMMANDS,
    *settings.COMMANDS,
    *usage.COMMANDS,
    *login.COMMANDS,
    *copy.COMMANDS,
    *attach.COMMANDS,
    *sessions.COMMANDS,
    *help_commands.COMMANDS,
)


def by_name() -> Mapping[str, Command]:
    """Return the commands by each of their names."""
    return {name: command for command in COMMANDS for name in (command.name, *command.aliases)}
