"""Commands on sessions and files."""

from __future__ import annotations

import os

from grokchat.commands.declare import Command, command
from grokchat.commands.outcomes import Fork, Notice, Open, Outcome, Sessions
from grokchat.commands.params import text
from grokchat.errors import CommandError, os_reason
from grokchat.session import Session
from grokchat.storage import path_of


@command("begin a new session with the same settings")
def new(session: Session) -> Outcome:
    """Leave this session as it is."""
    return Open(None)


@command(
    "go on with another session: a path, an id or its beginning, a name",
    text("name", "[SESSION]", complete="sessions"),
)
def resume(session: Session, name: str | None) -> Outcome:
    """Open it, or list what could be opened."""
    return Open(name.strip()) if name else Sessions()


@command("go on in a new session with the same buffer; this one stays as it is", text("name", "[NAME]"))
def fork(session: Session, name: str | None) -> Outcome:
    """Copy and go on in the copy."""
    return Fork((name or "").strip())


@command(
    "write the session to a file that --resume takes",
    text("path", "PATH", required=True, complete="paths"),
    only_shows=True,
)
def save(session: Session, path: str) -> Outcome:
    """Write every event of the session; a file that is there is not touched."""
    target = path_of(path.strip())
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(session.export())
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise CommandError(f"{target}: it is there already and was not touched. Give another name.") from error
    except OSError as error:
        raise CommandError(f"{target}: it cannot be written ({os_reason(error)}).") from error
    except ValueError as error:  # NUL, lone surrogates
        raise CommandError(f"{str(target)!r}: no file can have this name.") from error
    return Notice(f"saved {len(session.conversation)} messages to {target}")


COMMANDS: tuple[Command, ...] = (new, resume, fork, save)
