"""Commands on sessions and files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from grokchat.commands.declare import Command, command
from grokchat.commands.outcomes import Attach, Choose, Document, Fork, Notice, Open, Outcome, Paste, Sessions
from grokchat.commands.params import text, word
from grokchat.errors import CommandError
from grokchat.export import FORMATS, export
from grokchat.render.sanitize import visible_line
from grokchat.session.session import Session
from grokchat.system.files import write_new_file
from grokchat.system.shell_words import split_words

if TYPE_CHECKING:
    from grokchat.attachments.load import Attachment


@command("begin a new session with the same settings")
def new(session: Session) -> Outcome:
    """Leave this session as it is."""
    return Open(None)


@command(
    "go on with another session: a path, an id or its beginning, a name; without one choose from a list",
    text("name", "[SESSION]", complete="sessions"),
)
def resume(session: Session, name: str | None) -> Outcome:
    """Open it, or let the user choose."""
    return Open(name.strip()) if name else Choose()


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
    written = write_new_file(path, session.export())
    return Notice(f"saved {len(session.conversation)} messages to {written}")


@command(
    "list the sessions, newest first, or those in which all WORDS occur", text("words", "[WORDS]"), only_shows=True
)
def sessions(session: Session, words: str | None) -> Outcome:
    """Ask for the list."""
    return Sessions((words or "").strip())


@command("give the session a name", text("new_name", "NAME", required=True))
def name(session: Session, new_name: str) -> Outcome:
    """Name it; `--resume` takes the name."""
    line = " ".join(new_name.split())
    session.rename(line)
    return Notice(f"this session is named “{line}”")


@command(
    "carry the conversation away, to a file or onto the screen: " + ", ".join(FORMATS),
    word("form", "FORMAT", required=True, complete="formats"),
    text("path", "[PATH]", complete="paths"),
    only_shows=True,
    name="export",
)
def export_(session: Session, form: str, path: str | None) -> Outcome:
    """Write or show it."""
    if form not in FORMATS:
        raise CommandError(f"{form[:40]!r} is no format. There are {', '.join(FORMATS)}.")
    data = export(form, session.source())
    if path is None:
        return Document(data.decode("utf-8", "replace"))
    return Notice(f"exported to {write_new_file(path, data)}: {len(data):,} bytes of {form}")


@command(
    "attach text files and images to the next message; - takes them off again; without PATH show what is attached",
    text("paths", "[PATH ...]", complete="files"),
    name="file",
    only_shows=lambda arguments: arguments["paths"] is None,
)
def file_(session: Session, paths: str | None) -> Outcome:
    """Ask for them; they go with the next message."""
    if paths is None:
        return _attached(session)
    if paths.strip() == "-":
        session.attached.clear()
        return _attached(session)
    return Attach(tuple(split_words(paths)))


def load_all(names: Sequence[str], before: Sequence[Attachment]) -> list[Attachment]:
    """Read files that are attached behind others; raises FileError if one cannot be read."""
    from grokchat.attachments.load import load
    from grokchat.attachments.text_encoding import LIMIT

    loaded: list[Attachment] = []
    for name in names:
        loaded.append(load(name, LIMIT - sum(one.weight for one in (*before, *loaded))))
    return loaded


def attach(session: Session, loaded: Sequence[Attachment]) -> Notice:
    """Attach what was read, and say what goes with the next message."""
    session.attached += loaded
    return _added(session, loaded)


@command("attach the image that is in the clipboard to the next message")
def paste(session: Session) -> Outcome:
    """Ask for it."""
    return Paste()


def attach_pasted(session: Session, data: bytes) -> Notice:
    """Attach an image that came from the clipboard; raises FileError."""
    from grokchat.attachments.load import pasted
    from grokchat.attachments.text_encoding import LIMIT

    image = pasted(data, LIMIT - sum(one.weight for one in session.attached))
    session.attached.append(image)
    return _added(session, [image])


def _attached(session: Session) -> Notice:
    """Say what is attached: all of it, a line each if there are several."""
    shown = [one.shown for one in session.attached]
    if len(shown) > 1:
        return Notice(f"with the next message go {len(shown)} files:\n" + "\n".join(map(visible_line, shown)))
    return Notice(f"with the next message goes {shown[0]}" if shown else "nothing is attached")


def _added(session: Session, added: Sequence[Attachment]) -> Notice:
    """Say what has been attached just now. What was before has been told of already."""
    shown = ", ".join(one.shown for one in added)
    notes = "".join(f"; {one.name}: {one.note}" for one in added if one.note)
    others = len(session.attached) - len(added)
    more = f"; {len(session.attached)} files in all" if others else ""
    return Notice(f"with the next message goes {shown}{more}{notes}")


COMMANDS: tuple[Command, ...] = (file_, paste, new, resume, sessions, fork, name, save, export_)
