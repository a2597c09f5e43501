"""Commands on grokchat itself: /help and /quit."""

from __future__ import annotations

from grokchat.commands.declare import Command, command
from grokchat.commands.outcomes import Outcome, Quit, ShowHelp
from grokchat.commands.params import word_param
from grokchat.session.session import Session


@command(
    "list the commands, or explain one",
    word_param("name", "[COMMAND]", complete="commands"),
    aliases=("?",),
    is_immediate=True,
)
def help_(session: Session, name: str | None) -> Outcome:
    """Show the help page."""
    return ShowHelp(name.removeprefix("/") if name else None)


@command("leave; the session is kept", aliases=("exit", "q", "bye"), is_immediate=True)
def quit_(session: Session) -> Outcome:
    """Leave the chat."""
    return Quit()


COMMANDS: tuple[Command, ...] = (help_, quit_)
