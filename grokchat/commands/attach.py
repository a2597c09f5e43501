"""Commands that attach files and images to the next message: /file, /run and /paste.

A handler only names what to attach. The chat reads it in a thread and calls the functions below.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from grokchat.commands.declare import Command, command
from grokchat.commands.outcomes import AttachFiles, Notice, Outcome, PasteImage, RunCommand
from grokchat.commands.params import text_param
from grokchat.errors import CommandError
from grokchat.render.sanitize import visible_line
from grokchat.session.session import Session
from grokchat.system.command_output import plain_text
from grokchat.system.shell_words import split_words

if TYPE_CHECKING:
    from pathlib import Path

    from grokchat.attachments.load import Attachment

_MAX_NAME_CHARS = 60
"""Of a command's line in the name of its attachment."""


@command(
    "attach text files and images to your next message; - detaches them, without PATH list them",
    text_param("paths", "[PATH ...]", complete="files"),
    aliases=("attach",),
    immediate_if=lambda arguments: arguments["paths"] is None,
    examples=(
        ("/file notes.md diagram.png", "attach two files"),
        ("/file", "list what is attached"),
        ("/file -", "detach everything"),
    ),
)
def file_(session: Session, paths: str | None) -> Outcome:
    """Attach files, remove all attachments (`-`), or list them."""
    if paths is None:
        return _list_attached(session)
    if paths.strip() == "-":
        session.attachments.clear()
        return _list_attached(session)
    return AttachFiles(tuple(split_words(paths)))


@command(
    "run a shell command, show its output, and attach it to your next message",
    text_param("line", "COMMAND", required=True, complete="files"),
    examples=(
        ("/run git diff", "ask about your changes"),
        ("/run pytest -x | tail -30", "ask about a failure"),
    ),
)
def run(session: Session, line: str) -> Outcome:
    """Run a command."""
    if not line.strip():
        raise CommandError("Usage: /run COMMAND")
    return RunCommand(line.strip())


@command(
    "attach the image in the clipboard to your next message",
    examples=(
        ("/paste", "attach it"),
        ("/file -", "detach it again"),
    ),
)
def paste(session: Session) -> Outcome:
    """Attach the clipboard's image."""
    return PasteImage()


def load_attachments(
    names: Sequence[str], attached: Sequence[Attachment], read: Callable[[Path, int], bytes]
) -> list[Attachment]:
    """Read files to be attached in addition to `attached`; raises FileError if any cannot be read."""
    from grokchat.attachments.load import load_attachment
    from grokchat.messages import MAX_REQUEST_BYTES

    loaded: list[Attachment] = []
    for name in names:
        used = sum(attachment.request_bytes for attachment in (*attached, *loaded))
        loaded.append(load_attachment(name, MAX_REQUEST_BYTES - used, read))
    return loaded


def attach_loaded(session: Session, loaded: Sequence[Attachment]) -> Notice:
    """Attach files that have been read; return the notice."""
    session.attachments += loaded
    return _report_added(session, loaded)


def attach_output(session: Session, line: str, data: bytes, end: str) -> Notice:
    """Attach what a command printed, after its line and before how it ended ("" if as usual). Raises FileError."""
    from grokchat.attachments.load import Attachment
    from grokchat.attachments.text_encoding import decode_text, too_large_error
    from grokchat.messages import MAX_REQUEST_BYTES

    name = visible_line(line[:_MAX_NAME_CHARS]) + "…" * (len(line) > _MAX_NAME_CHARS)
    text, note = decode_text(data, name, may_be_cut=True)
    printed = plain_text(text) or "(no output)"
    parts = [f"$ {line}", printed.rstrip("\n"), *([f"({end})"] if end else [])]
    content = "".join(f"{part}\n" for part in parts)
    if len(content) > MAX_REQUEST_BYTES - sum(attachment.request_bytes for attachment in session.attachments):
        raise too_large_error(name, MAX_REQUEST_BYTES)
    attachment = Attachment(name, "text", len(content.encode()), content, note=note)
    session.attachments.append(attachment)
    return _report_added(session, [attachment])


def attach_pasted(session: Session, data: bytes) -> Notice:
    """Attach the bytes of an image from the clipboard; raises FileError."""
    from grokchat.attachments.load import load_pasted_image
    from grokchat.messages import MAX_REQUEST_BYTES

    used = sum(attachment.request_bytes for attachment in session.attachments)
    image = load_pasted_image(data, MAX_REQUEST_BYTES - used)
    session.attachments.append(image)
    return _report_added(session, [image])


def _list_attached(session: Session) -> Notice:
    """List everything attached, one line each if there are several."""
    shown = [attachment.summary for attachment in session.attachments]
    if len(shown) > 1:
        return Notice(f"attached to your next message ({len(shown)} files):", tuple(shown))
    return Notice(f"attached to your next message: {shown[0]}" if shown else "nothing attached")


def _report_added(session: Session, added: Sequence[Attachment]) -> Notice:
    """Report what has just been attached; earlier attachments have been reported before and are only counted."""
    shown = ", ".join(attachment.summary for attachment in added)
    notes = "".join(f" · {attachment.name}: {attachment.note}" for attachment in added if attachment.note)
    others = len(session.attachments) - len(added)
    more = f" · {len(session.attachments)} files in all" if others else ""
    return Notice(f"attached to your next message: {shown}{more}{notes}")


COMMANDS: tuple[Command, ...] = (file_, run, paste)
