"""The files that a message mentions (`@PATH`), read when the message is sent.

A word is a mention only if there is such a file: without one, and for a directory, it is text. A mention that was
pasted is asked about, because users do not choose all the words of a paste, and must choose what leaves this machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from grokchat.attachments.mentions import Mention, find_mentions
from grokchat.chat.confirmation import Confirmation
from grokchat.commands.declare import Text
from grokchat.errors import CommandError, FileError
from grokchat.system.files import expand_path, path_exists, read_file
from grokchat.system.programs import run_stoppable

if TYPE_CHECKING:
    from grokchat.attachments.load import Attachment


async def read_mentioned(item: Text, attached: Sequence[Attachment], confirmation: Confirmation) -> list[Attachment]:
    """Return the files that a message mentions, ready to be sent after those that are attached already.

    Asks about those that were pasted. Raises CommandError if any cannot be read or sent: then none is attached.
    """
    mentions = _mentions(item)
    if not mentions:
        return []
    names = await run_stoppable(_find_files, mentions)  # in a thread: they may be on a network drive
    pasted = [name for name, mention in names.items() if _is_pasted(mention, item)]
    if pasted and not await confirmation.confirm_attaching(pasted):
        names = {name: mention for name, mention in names.items() if name not in pasted}
    return await run_stoppable(_read, names, attached)


def read_typed(item: Text, attached: Sequence[Attachment]) -> list[Attachment]:
    """Return the files that a message mentions, except those that were pasted. Raises CommandError."""
    typed = [mention for mention in _mentions(item) if not _is_pasted(mention, item)]
    return _read(_find_files(typed), attached)


def _mentions(item: Text) -> list[Mention]:
    return list(find_mentions(item.text)) if "@" in item.text else []


def _is_pasted(mention: Mention, item: Text) -> bool:
    return mention.paths[-1] in item.pasted_paths


def _find_files(mentions: Iterable[Mention]) -> dict[str, Mention]:
    """Return the files that are mentioned, each once: by its name as written, with the word that mentions it."""
    found: dict[str, tuple[str, Mention]] = {}
    for mention in mentions:
        for name in mention.paths:
            path = expand_path(name)
            if path_exists(path) and not path.is_dir():
                found.setdefault(os.path.realpath(path), (name, mention))
                break
    return dict(found.values())


def _read(names: Iterable[str], attached: Sequence[Attachment]) -> list[Attachment]:
    files = list(names)
    if not files:
        return []
    from grokchat.commands.attach import load_attachments

    try:
        return load_attachments(files, attached, read_file)
    except FileError as error:
        raise CommandError(f"{error} Not sent, and nothing is attached; Up brings the line back.") from error
