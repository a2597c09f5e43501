"""The clipboard, files and the editor, for commands that need them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from grokchat.attachments.load import Attachment
from grokchat.chat.confirmation import Confirmation
from grokchat.commands.attach import attach_loaded, attach_pasted, load_attachments
from grokchat.commands.message_list import replace_text
from grokchat.commands.outcomes import AttachFiles, CopyText, EditMessage, Notice, PasteImage, WriteFile
from grokchat.errors import CommandError
from grokchat.render.cells import truncate
from grokchat.render.sanitize import visible_line
from grokchat.session.session import Session
from grokchat.system import clipboard
from grokchat.system.files import overwrite_file, path_exists, write_new_file
from grokchat.system.programs import run_stoppable
from grokchat.system.streams import InputReader
from grokchat.terminal.interface import Screen

Transfer = CopyText | AttachFiles | PasteImage | WriteFile | EditMessage

_MAX_NAMES_CHARS = 60
"""Of the names of files being read, in a notice."""
_MAX_ACTIVITY_COLUMNS = 17
"""Of those names in the bottom line, which shows the key that stops also in 40 columns."""


class Transfers:
    """Moves texts and images between a session and the clipboard, files and the editor."""

    def __init__(self, env: Mapping[str, str], screen: Screen, confirmation: Confirmation) -> None:
        self._env = env
        self._screen = screen
        self._confirmation = confirmation
        self._activity = ""
        self._reader = InputReader()
        self._reading: asyncio.Task[list[Attachment]] | None = None

    def stop(self) -> bool:
        """Stop reading files, which may wait for a pipe, and report that as an error; return False if none is read."""
        if self._reading is None:
            return False
        self._reader.stop()
        self._reading.cancel()
        return True

    @property
    def activity(self) -> str:
        """What is being read, for the bottom line; "" if nothing is."""
        return self._activity

    async def run(self, transfer: Transfer, session: Session) -> Notice:
        """Carry out a command's outcome and return the notice; raises CommandError and FileError."""
        match transfer:
            case CopyText():
                return await self._copy(transfer)
            case AttachFiles():
                return await self._attach(transfer, session)
            case PasteImage():
                return await self._paste(session)
            case WriteFile():
                return await self._write(transfer)
            case EditMessage():
                return await self._edit(transfer, session)

    async def _copy(self, copy: CopyText) -> Notice:
        through = await run_stoppable(clipboard.copy_text, copy.text, self._env)
        if not through:
            if not self._screen.accepts_osc:
                raise CommandError(clipboard.NO_CLIPBOARD)
            self._screen.send_codes(clipboard.osc_52(copy.text, self._env))
            through = "the terminal (OSC 52), if it allows that"
        return Notice(f"copied {copy.what} ({len(copy.text):,} characters) through {through}")

    async def _attach(self, attach: AttachFiles, session: Session) -> Notice:
        names = visible_line(", ".join(attach.names))[:_MAX_NAMES_CHARS]
        self._activity = f"reading {truncate(names, _MAX_ACTIVITY_COLUMNS)} · Ctrl-C stops"
        self._screen.refresh()
        attached, self._reader = tuple(session.attachments), InputReader(terminals=False)
        # In a thread: it may be a pipe or on a network drive, and reading a PDF file takes time.
        work = run_stoppable(load_attachments, attach.names, attached, self._reader.read)
        self._reading = asyncio.create_task(work)
        try:
            await asyncio.wait({self._reading})
            if self._reading.cancelled():
                raise CommandError(f"Stopped reading {names}; nothing was attached.")
            return attach_loaded(session, self._reading.result())
        finally:
            self.stop()
            self._reading, self._activity = None, ""

    async def _paste(self, session: Session) -> Notice:
        from grokchat.attachments.clipboard_image import read_clipboard_image

        return attach_pasted(session, await run_stoppable(read_clipboard_image, self._env))

    async def _write(self, write: WriteFile) -> Notice:
        data = write.text.encode("utf-8", "replace")
        if not path_exists(write.path):
            write_new_file(write.path, data)
        elif not write.path.is_file():
            raise CommandError(f"{write.path} is not a regular file.")
        elif await self._confirmation.confirm_overwrite(write.path):
            overwrite_file(write.path, data)
        else:
            return Notice("Not written.")
        return Notice(f"wrote {write.what} to {write.path} ({len(data):,} bytes)")

    async def _edit(self, edit: EditMessage, session: Session) -> Notice:
        text = await self._screen.edit_text(edit.message.written_text)
        if text is None:
            return Notice(f"#{edit.number} is unchanged")
        return replace_text(session, edit.message, text)
