"""The search in all sessions, which prints rows as it finds them and can be stopped at any time.

The files are read in a thread, so that keys are answered and a reply continues to stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import islice

from grokchat.chat.printer import Printer
from grokchat.session.store import SessionStore
from grokchat.session.summary import Progress, Summary
from grokchat.system.threads import run_in_thread
from grokchat.terminal.interface import Screen
from grokchat.units import plural
from grokchat.views.listings import MAX_LISTED_SESSIONS, SessionRows

_PROGRESS_INTERVAL_S = 0.1


class SessionSearch:
    """Lists sessions. At most one search runs at a time: a new search stops the previous one."""

    def __init__(
        self,
        printer: Printer,
        screen: Screen,
        store: SessionStore,
        current: Callable[[], str],
        now: Callable[[], datetime],
    ) -> None:
        self._printer = printer
        self._screen = screen
        self._store = store
        self._current = current
        """The id of the session that is open."""
        self._now = now
        self._lock = asyncio.Lock()
        self._newest = Progress()
        self._running: Progress | None = None
        self._row_count = 0

    @property
    def activity(self) -> str:
        """The progress of the search, for the bottom line; "" if none is running."""
        progress = self._running
        if progress is None:
            return ""
        where = f"{progress.done:,}/{progress.total:,}" if progress.total else "sessions"
        return f"searching {where} · Ctrl-C stops"

    def stop(self) -> bool:
        """Stop the search; the rows found so far have been printed. Returns False if none is running."""
        is_searching = self._running is not None and not self._newest.is_stopped
        self._newest.is_stopped = True
        return is_searching

    async def list_sessions(self, words: str) -> None:
        """Print the newest sessions, or those in which all words occur; raises GrokchatError."""
        if not words:
            newest = await run_in_thread(lambda: list(islice(self._store.summaries(), MAX_LISTED_SESSIONS)))
            self._printer.print_table(SessionRows(self._now(), current=self._current()).table(newest), has_gap=True)
            return
        self.stop()
        self._newest = progress = Progress()
        async with self._lock:
            if not progress.is_stopped:
                await self._search(words.split(), progress)

    async def _search(self, words: list[str], progress: Progress) -> None:
        self._running = progress
        self._row_count = 0
        ticker = asyncio.create_task(self._refresh_progress())
        try:
            rows = SessionRows(self._now(), current=self._current(), words=words)
            await self._print_rows(self._store.search(words, progress), rows)
            self._printer.print_notice(self._result(progress))
            self._printer.print_lines([""])
        finally:
            progress.is_stopped = True
            ticker.cancel()
            self._running = None
            self._screen.refresh()

    async def _print_rows(self, summaries: Iterator[Summary], rows: SessionRows) -> None:
        while self._row_count < MAX_LISTED_SESSIONS:
            summary = await run_in_thread(next, summaries, None)
            if summary is None:
                return
            self._printer.print_table(rows.table([summary]), has_head=not self._row_count)
            self._row_count += 1

    def _result(self, progress: Progress) -> str:
        if self._row_count >= MAX_LISTED_SESSIONS:
            return f"The newest {self._row_count} matches; more words narrow the search."
        if progress.is_stopped:
            return f"Stopped after {progress.done:,} of {plural(progress.total, 'session')}: {self._row_count:,} found."
        if not self._row_count:
            return "No session contains all of these words."
        return f"{self._row_count:,} of {plural(progress.total, 'session')}"

    async def _refresh_progress(self) -> None:
        with suppress(asyncio.CancelledError):
            while True:
                await asyncio.sleep(_PROGRESS_INTERVAL_S)
                self._screen.refresh()
