"""Commands on the API key: /login and /logout.

A key never is an argument: the line is in the history and in the scrollback. So /login takes none, and its error does
not quote the typed text.
"""

from __future__ import annotations

from typing import Any

from grokchat.commands.declare import Command, command
from grokchat.commands.outcomes import LogIn, LogOut, Outcome
from grokchat.commands.params import Param
from grokchat.errors import CommandError
from grokchat.session.session import Session


def _no_argument() -> Param:
    def parse(rest: str) -> tuple[Any, str]:
        if rest.strip():
            raise CommandError(
                "/login takes no argument, because the line is shown and kept. Without one it asks for the key, hidden."
            )
        return None, ""

    return Param("nothing", "", parse)


@command(
    "store an API key (you are asked for it, hidden); the next request uses it",
    _no_argument(),
    examples=(
        ("/login", "enter a key"),
        ("/logout", "forget it again"),
    ),
)
def login(session: Session, nothing: None) -> Outcome:
    """Ask for a key."""
    return LogIn()


@command(
    "forget the stored API key",
    examples=(
        ("/logout", "forget it"),
        ("/login", "store another one"),
    ),
)
def logout(session: Session) -> Outcome:
    """Delete the stored key."""
    return LogOut()


COMMANDS: tuple[Command, ...] = (login, logout)
