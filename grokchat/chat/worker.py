"""The worker of the chat: it does one item of the queue after the other, so that they take effect in order.

What was entered after an item relies on it. So an item that fails holds the queue, like one that is stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from grokchat.chat.active_session import ActiveSession
from grokchat.chat.bugs import BugReports
from grokchat.chat.dispatch import Dispatcher
from grokchat.chat.model_catalog import ModelCatalog
from grokchat.chat.printer import Printer
from grokchat.chat.question_editor import QuestionEditor
from grokchat.chat.queue import Queue, State
from grokchat.chat.queue_items import DueWait, EditedQuestion, Item, is_quit, lines_of
from grokchat.chat.secret_guard import SecretGuard
from grokchat.chat.sending import Sender
from grokchat.chat.shell_integration import FAILED
from grokchat.chat.status_line import StatusLine
from grokchat.commands.declare import Call
from grokchat.commands.outcomes import Shown
from grokchat.redaction import without_login_argument


class Worker:
    """Does the items. `stoppers` stop a part of the current item, from inside; each returns whether it did."""

    def __init__(
        self,
        active: ActiveSession,
        queue: Queue,
        printer: Printer,
        *,
        sender: Sender,
        question_editor: QuestionEditor,
        dispatcher: Dispatcher,
        catalog: ModelCatalog,
        guard: SecretGuard,
        status: StatusLine,
        bugs: BugReports,
        stoppers: Sequence[Callable[[], bool]],
    ) -> None:
        self._active = active
        self._queue = queue
        self._printer = printer
        self._sender = sender
        self._question_editor = question_editor
        self._dispatcher = dispatcher
        self._catalog = catalog
        self._guard = guard
        self._status = status
        self._bugs = bugs
        self._stoppers = stoppers
        self._warned_limits: set[str] = set()
        self._is_leaving = False
        self._running: asyncio.Task[None] | None = None
        """The current item, being done."""
        self._is_stopped = False
        """Whether the user has stopped the current item."""

    async def run(self) -> None:
        """Do the items, until one of them leaves the chat."""
        while not self._is_leaving:
            item = await self._queue.take_next()
            self._is_stopped, has_failed = False, True
            with self._bugs.reported():
                await self._run_stoppable(item)
                has_failed = False
            if has_failed and not self._is_stopped:  # the queue was held when the key was pressed
                self._queue.hold()
            with self._bugs.reported():
                self._printer.marks.end_turn(FAILED)
                self._catalog.apply_to(self._active.session)
                self._active.warn_if_unsaved()
                self._warn_near_limit()

    def stop(self) -> bool:
        """Stop the current item; return False if there is none, or if it is being stopped already."""
        if self._running is None or self._running.done() or self._is_stopped:
            return False
        self._is_stopped = True
        if not any(stop() for stop in self._stoppers):
            self._running.cancel()
        return True

    async def _run_stoppable(self, item: Item) -> None:
        """Do an item in a task of its own, which `stop` cancels."""
        self._running = running = asyncio.create_task(self._run(item))
        try:
            await asyncio.wait({running})
        except asyncio.CancelledError:  # the chat is being left
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            raise
        finally:
            self._running = None
        if not running.cancelled():
            running.result()
        elif self._queue.state is not State.APPLIED:
            self._printer.print_not_done(*lines_of(item))
            self._printer.print_lines([""])

    async def _run(self, item: Item) -> None:
        if isinstance(item, EditedQuestion):
            await self._question_editor.ask(item)
            return
        if isinstance(item, DueWait):
            await self._sender.await_next_due()
            return
        if not isinstance(item, Call):
            await self._sender.send(item)
            return
        session = self._active.session
        self._printer.print_input(without_login_argument(item.line), starts_turn=item.command.starts_turn)
        if item.command.shows_cost:
            await self._catalog.load_prices_for(session)
        self._catalog.apply_to(session)
        if not item.has_paste:
            self._guard.note_typed(item.line)
        outcome = item.run(session)
        if isinstance(outcome, Shown):
            self._queue.mark_applied()
        else:
            self._queue.mark_started()
        await self._dispatcher.dispatch(outcome)
        if is_quit(item):
            self._is_leaving = self._active.may_leave()
            if not self._is_leaving:  # what was entered after it was not meant for a chat that continues
                self._printer.print_not_done(*lines_of(*self._queue.withdraw_next()))

    def _warn_near_limit(self) -> None:
        """Warn once before the price step, and once before the context is full."""
        session = self._active.session
        limit = self._status.limit(session)
        if limit and limit not in self._warned_limits:
            self._warned_limits.add(limit)
            tokens = session.requests.estimate().prompt_tokens
            self._printer.print_warning(f"The next request has about {tokens:,} tokens: {limit}.", has_gap=True)
