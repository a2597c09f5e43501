"""The user's editor, which gets the screen while a text is open in it, and the drafts that a killed one left."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

from prompt_toolkit.document import Document

from grokchat.errors import CommandError
from grokchat.system.drafts import Drafts
from grokchat.terminal.application import RegionApplication
from grokchat.terminal.line_buffer import LineBuffer


class ExternalEditor:
    """Opens one text at a time: the line at the prompt (`buffer`), or another."""

    def __init__(self, app: RegionApplication, buffer: LineBuffer, env: Mapping[str, str], drafts: Drafts) -> None:
        self._app = app
        self._buffer = buffer
        self._env = env
        self._drafts = drafts
        self._editing: asyncio.Task[str | None] | None = None

    async def edit_text(self, text: str, *, is_saved: bool = True) -> str | None:
        """Open a text in the editor; return None if the text was not changed. Raises CommandError.

        `is_saved`: the text is kept elsewhere, too.
        """
        if not self._app.has_screen or (self._editing is not None and not self._editing.done()):
            raise CommandError("An editor is already open.")
        from grokchat.system.editor import edit_text
        from grokchat.system.programs import run_stoppable

        async def edit() -> str | None:
            async with self._app.given_away():
                return await run_stoppable(partial(edit_text, is_saved=is_saved), text, self._env, self._drafts)

        # prompt_toolkit finds its application in the context that a task runs in.
        self._editing = asyncio.create_task(edit(), context=self._app.context)
        return await self._editing

    def open_line(self) -> None:
        """Open the line in the editor, and replace it when the editor ends."""
        self._app.create_background_task(self._edit_line())

    def restore_draft(self) -> str:
        """Put a text that a killed process left in an editor into the empty line; return a notice about it, or ""."""
        found = None if self._buffer.text else self._drafts.take_abandoned()
        if found is None:
            return ""
        text, folder = found
        self._buffer.document = Document(text)
        more = f" The editor's own files are in {folder}." if folder else ""
        return f"Restored the text that was in your editor when grokchat ended.{more}"

    async def close(self) -> None:
        """End the editor, if it is open."""
        if self._editing is not None:
            self._editing.cancel()
            await asyncio.wait({self._editing})

    async def _edit_line(self) -> None:
        await self._app.answered()  # what is typed until then belongs to the text
        try:
            text = await self.edit_text(self._buffer.text, is_saved=False)
        except CommandError as error:
            asyncio.get_running_loop().call_exception_handler({"message": str(error), "exception": error})
            return
        if text is not None:
            self._buffer.document = Document(text)
