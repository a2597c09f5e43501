"""Commands on grokchat itself: /help and /quit."""

from __future__ import annotations

from grokchat.commands.declare import Command, command
from grokchat.commands.outcomes import Outcome, Quit, ShowHelp
from grokchat.commands.params import word_param
from grokchat.session.session import Session


@command(
    "list the commands, or explain one with examples; also /help keys and /help all",
    word_param("name", "[COMMAND]", complete="commands"),
    aliases=("?",),
    is_immediate=True,
    examples=(
        ("/help retry", "explain a command"),
        ("/help keys", "list the keys"),
        ("/help all", "list every command in full"),
    ),
)
def help_(session: Session, name: str | None) -> Outcome:
    """Show the help page."""
    return ShowHelp((name or "").removeprefix("/"))


@command(
    "leave; the session is saved",
    aliases=("exit", "q", "bye"),
    is_immediate=True,
    examples=(
        ("/quit", "leave"),
        ("exit", "the same"),
    ),
)
def quit_(session: Session) -> Outcome:
    """Leave the chat."""
    return Quit()


COMMANDS: tuple[Command, ...] = (help_, quit_)
