"""The slash commands: each is a value that is declared once, with its parsing, help and completion.

`declare` says what a command is; one file a group holds the commands; this one collects them. To add a command, write
it into the file of its group and into that file's tuple.
"""

from __future__ import annotations

from collections.abc import Mapping

from grokchat.commands import attach, buffer, copy, replies, sessions, settings, show
from grokchat.commands import help as help_commands
from grokchat.commands.declare import Command

COMMANDS: tuple[Command, ...] = (
    *buffer.COMMANDS,
    *show.COMMANDS,
    *replies.COMMANDS,
    *settings.COMMANDS,
    *copy.COMMANDS,
    *attach.COMMANDS,
    *sessions.COMMANDS,
    *help_commands.COMMANDS,
)
"""All commands, in the order in which /help lists them."""


def by_name() -> Mapping[str, Command]:
    """Return the commands by each of their names."""
    return {name: command for command in COMMANDS for name in (command.name, *command.aliases)}
