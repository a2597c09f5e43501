"""The command that puts in a prompt from a file."""

from __future__ import annotations

from grokchat import snippets
from grokchat.commands import buffer
from grokchat.commands.declare import Command, command
from grokchat.commands.outcomes import Notice, Outcome, Table
from grokchat.commands.params import position, text
from grokchat.errors import CommandError
from grokchat.session.session import Session


@command(
    "insert prompts/NAME.md of the config folder as a system message; without NAME list what is there",
    position(),
    text("name", "[NAME]", complete="prompts"),
    only_shows=lambda arguments: arguments["name"] is None,
)
def use(session: Session, at: int | None, name: str | None) -> Outcome:
    """Read it now and insert it, or list them by their first lines."""
    folder = session.origin.prompts
    if folder is None:
        raise CommandError("There is no config folder here to take prompts from.")
    if name is None:
        empty = f"There are no prompts yet. A file NAME.md in {folder} is one."
        return Table(("/use", "first line"), tuple(snippets.first_lines(folder)), empty=empty)
    answer = buffer.system.handler(session, at=at, content=snippets.load(folder, name))
    assert isinstance(answer, Notice)
    return Notice(f"{name.strip()}: {answer.text}")


COMMANDS: tuple[Command, ...] = (use,)
