"""Immediate commands whose outcome takes time: carried out in tasks of their own, while the chat continues."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from grokchat.chat.active_session import ActiveSession
from grokchat.chat.bugs import BugReports
from grokchat.chat.dispatch import Dispatcher
from grokchat.chat.model_catalog import CATALOG_TIMEOUT_S, ModelCatalog
from grokchat.chat.printer import Printer, is_long
from grokchat.chat.session_search import SessionSearch
from grokchat.commands.declare import Call
from grokchat.commands.outcomes import CopyText, Outcome, Shown

_COPY_S = 0.2
"""How long leaving waits for a copy to the clipboard."""


class BackgroundCommands:
    """Runs them; errors are printed."""

    def __init__(
        self,
        active: ActiveSession,
        printer: Printer,
        dispatcher: Dispatcher,
        catalog: ModelCatalog,
        search: SessionSearch,
        bugs: BugReports,
    ) -> None:
        self._active = active
        self._printer = printer
        self._dispatcher = dispatcher
        self._catalog = catalog
        self._search = search
        self._bugs = bugs
        self._tasks: dict[asyncio.Task[None], tuple[Outcome | None, str]] = {}
        """The tasks, with their outcomes, where they are known, and lines."""

    def run(self, call: Call) -> None:
        """Run an immediate command; raises GrokchatError. What only is to be shown is shown at once, if it is not long.

        One that shows prices waits for them, for a limited time, if they are not loaded.
        """
        if call.command.shows_cost and not self._active.session.catalog:
            self._start(self._run_priced(call), None, call.line)
            return
        outcome = call.run(self._active.session)
        if isinstance(outcome, Shown) and not is_long(outcome):
            self._printer.print_outcome(outcome, self._active.session)
        else:
            self._start(self._dispatch(outcome), outcome, call.line)

    def _start(self, work: Coroutine[Any, Any, None], outcome: Outcome | None, line: str) -> None:
        task = asyncio.create_task(work)
        self._tasks[task] = outcome, line
        task.add_done_callback(self._tasks.pop)

    def stop(self) -> bool:
        """Stop all, and list them as not done; return whether there were any."""
        tasks = dict(self._tasks)
        for task, (_, line) in tasks.items():
            task.cancel()
            self._printer.print_not_done(line)
        return bool(tasks)

    async def close(self) -> None:
        """Stop all and wait for their ends. A copy has a moment to end, and is listed if it does not."""
        self._search.stop()
        tasks = dict(self._tasks)
        for task, (outcome, _) in tasks.items():
            if not isinstance(outcome, CopyText):
                task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_COPY_S)
            self.stop()
            await asyncio.wait(tasks)

    async def _run_priced(self, call: Call) -> None:
        with self._bugs.reported():
            await self._catalog.load_for(self._active.session, CATALOG_TIMEOUT_S)
            await self._dispatcher.dispatch(call.run(self._active.session))

    async def _dispatch(self, outcome: Outcome) -> None:
        with self._bugs.reported():
            await self._dispatcher.dispatch(outcome)
