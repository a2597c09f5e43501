"""Commands that attach files and images to the next message: /file and /paste.

A handler only names what to attach. The chat reads it in a thread and calls the functions below.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from grokchat.commands.declare import Command, command
from grokchat.commands.outcomes import AttachFiles, Notice, Outcome, PasteImage
from grokchat.commands.params import text_param
from grokchat.session.session import Session
from grokchat.system.shell_words import split_words

if TYPE_CHECKING:
    from pathlib import Path

    from grokchat.attachments.load import Attachment


@command(
    "attach text files and images to the next message; - takes them off again; without PATH show what is attached",
    text_param("paths", "[PATH ...]", complete="files"),
    aliases=("attach",),
    immediate_if=lambda arguments: arguments["paths"] is None,
)
def file_(session: Session, paths: str | None) -> Outcome:
    """Attach files, remove all attachments (`-`), or list them."""
    if paths is None:
        return _list_attached(session)
    if paths.strip() == "-":
        session.attachments.clear()
        return _list_attached(session)
    return AttachFiles(tuple(split_words(paths)))


@command("attach the image that is in the clipboard to the next message")
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
        return Notice(f"with the next message go {len(shown)} files:", tuple(shown))
    return Notice(f"with the next message goes {shown[0]}" if shown else "nothing is attached")


def _report_added(session: Session, added: Sequence[Attachment]) -> Notice:
    """Report what has just been attached; earlier attachments have been reported before and are only counted."""
    shown = ", ".join(attachment.summary for attachment in added)
    notes = "".join(f"; {attachment.name}: {attachment.note}" for attachment in added if attachment.note)
    others = len(session.attachments) - len(added)
    more = f"; {len(session.attachments)} files in all" if others else ""
    return Notice(f"with the next message goes {shown}{more}{notes}")


COMMANDS: tuple[Command, ...] = (file_, paste)
