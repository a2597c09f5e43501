"""Searching all sessions in the chat: results as they come, and an end whenever the user wants it.

The files are read in a thread of their own, so keys are answered and a reply goes on streaming meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress

from grokchat.chat.printer import Printer
from grokchat.session.store import Library
from grokchat.session.summary import Progress, Summary
from grokchat.terminal.interface import Screen
from grokchat.units import plural
from grokchat.views.listings import MAX_LISTED_SESSIONS, resume_row
from grokchat.views.table import table_lines

_OFTEN = 0.1
"""Seconds between two drawings of how far it is."""


class SessionSearch:
    """One search at a time, shown on a page: a new one ends the one before it."""

    def __init__(self, printer: Printer, screen: Screen, library: Library) -> None:
        self._printer = printer
        self._screen = screen
        self._library = library
        self._turn = asyncio.Lock()
        self._newest = Progress()
        self._progress: Progress | None = None
        self._found = 0

    @property
    def busy(self) -> bool:
        """Whether a search is going on."""
        return self._progress is not None

    def stop(self) -> None:
        """End the search; what was found is shown already."""
        self._newest.stopped = True

    def state(self) -> str:
        """Say how far it is, for the bottom line; nothing if there is none."""
        progress = self._progress
        if progress is None:
            return ""
        where = f"{progress.done:,} of {progress.total:,}" if progress.total else "sessions"
        return f"searching {where}, {self._found:,} found, Ctrl-C stops"

    async def search(self, words: str) -> None:
        """Show the newest sessions in which all words occur; raises GrokchatError."""
        self.stop()
        self._newest = progress = Progress()
        async with self._turn:
            if not progress.stopped:
                await self._search(words, progress)

    async def _search(self, words: str, progress: Progress) -> None:
        self._progress = progress
        self._found, self._screen.is_searching = 0, True
        ticker = asyncio.create_task(self._tick())
        try:
            await self._show(self._library.search(words.split(), progress))
            self._printer.notice(self._ending(progress))
            self._printer.print_lines([""])
        finally:
            progress.stopped = True
            ticker.cancel()
            self._progress, self._screen.is_searching = None, False
            self._screen.refresh()

    async def _show(self, summaries: Iterator[Summary]) -> None:
        while self._found < MAX_LISTED_SESSIONS:
            one = await asyncio.to_thread(next, summaries, None)
            if one is None:
                return
            row, width = resume_row(one), self._screen.width
            self._printer.print_lines(table_lines(row, width, self._printer.style, has_head=not self._found))
            self._found += 1

    def _ending(self, progress: Progress) -> str:
        if self._found >= MAX_LISTED_SESSIONS:
            return f"The newest {self._found}; there may be more. More words find fewer."
        if progress.stopped:
            return f"Stopped after {progress.done:,} of {plural(progress.total, 'session')}: {self._found:,} found."
        if not self._found:
            return "No session has all these words."
        return f"{self._found:,} of {plural(progress.total, 'session')}"

    async def _tick(self) -> None:
        with suppress(asyncio.CancelledError):
            while True:
                await asyncio.sleep(_OFTEN)
                self._screen.refresh()
