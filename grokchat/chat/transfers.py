"""Carries things out of the chat and into it: the clipboard, files, the editor."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from grokchat.chat.confirmation import Confirmation
from grokchat.chat.printer import Printer
from grokchat.commands.attach import attach_loaded, attach_pasted, load_attachments
from grokchat.commands.buffer import replace_text
from grokchat.commands.outcomes import AttachFiles, CopyText, EditMessage, Notice, PasteImage, WriteFile
from grokchat.errors import CommandError
from grokchat.render.sanitize import visible_line
from grokchat.session.session import Session
from grokchat.system import clipboard
from grokchat.system.files import overwrite_file, path_exists, write_new_file
from grokchat.terminal.interface import Screen

Load = CopyText | AttachFiles | PasteImage | WriteFile | EditMessage
"""What there is to carry."""


class Transfers:
    """Does what a command wants done with things outside, and says how it went."""

    def __init__(self, env: Mapping[str, str], printer: Printer, screen: Screen, confirmation: Confirmation) -> None:
        self._env = env
        self._printer = printer
        self._screen = screen
        self._confirmation = confirmation
        self._doing = ""

    def state(self) -> str:
        """Say what takes a moment, for the bottom line; nothing if nothing does."""
        return self._doing

    async def carry(self, load: Load, session: Session) -> None:
        """Carry it; raises CommandError and FileError."""
        if isinstance(load, CopyText):
            notice = await self._copy(load)
        elif isinstance(load, AttachFiles):
            notice = await self._attach(load, session)
        elif isinstance(load, PasteImage):
            notice = await self._paste(session)
        elif isinstance(load, WriteFile):
            notice = await self._write(load)
        else:
            notice = await self._edit(load, session)
        self._printer.outcome(notice, session)

    async def _copy(self, load: CopyText) -> Notice:
        way = await asyncio.to_thread(clipboard.copy_text, load.text, self._env)
        if not way:
            if not self._screen.accepts_osc:
                raise CommandError(clipboard.NO_CLIPBOARD)
            self._screen.send_codes(clipboard.osc_52(load.text, self._env))
            way = "the terminal, if it allows that (OSC 52)"
        return Notice(f"{load.what}, {len(load.text):,} characters: copied through {way}")

    async def _attach(self, load: AttachFiles, session: Session) -> Notice:
        self._doing = f"reading {visible_line(', '.join(load.names))[:60]}"
        self._screen.refresh()
        try:
            # In a thread: a disk may be far away, and a PDF file takes its time.
            return attach_loaded(
                session, await asyncio.to_thread(load_attachments, load.names, tuple(session.attached))
            )
        finally:
            self._doing = ""

    async def _paste(self, session: Session) -> Notice:
        from grokchat.attachments.clipboard_image import read_clipboard_image

        return attach_pasted(session, await asyncio.to_thread(read_clipboard_image, self._env))

    async def _write(self, load: WriteFile) -> Notice:
        data = load.text.encode("utf-8", "replace")
        if not path_exists(load.path):
            write_new_file(str(load.path), data)
        elif not load.path.is_file():
            raise CommandError(f"{load.path}: it is no file that could be written over. Give a file's name.")
        elif await self._confirmation.agrees(f"{load.path} is there already. Overwrite it?"):
            overwrite_file(load.path, data)
        else:
            return Notice("Nothing was written.")
        return Notice(f"{load.what}: {len(data):,} bytes in {load.path}")

    async def _edit(self, load: EditMessage, session: Session) -> Notice:
        text = await self._screen.edit_text(load.message.words)
        if text is None:
            return Notice(f"message {load.number} is as it was")
        return replace_text(session, load.message, text)
