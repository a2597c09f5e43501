"""Switches to another session: /resume, /new and /fork, and what they do to the queue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from grokchat.chat.active_session import ActiveSession
from grokchat.chat.printer import Printer
from grokchat.chat.queue import Queue
from grokchat.chat.queue_items import DueWait, PreparedMessages, lines_of
from grokchat.commands.outcomes import ChooseSession, ForkSession, OpenSession
from grokchat.errors import CommandError, GrokchatError
from grokchat.session.imports.conversation import ConversationChoiceError
from grokchat.session.session import Session
from grokchat.session.store import SessionStore
from grokchat.session.summary import SummarySource
from grokchat.terminal.interface import Screen
from grokchat.views.choices import SessionRows


class SessionSwitch:
    """Finds the other session, or has the user choose it, and makes it the active one."""

    def __init__(
        self,
        active: ActiveSession,
        store: SessionStore,
        queue: Queue,
        screen: Screen,
        printer: Printer,
        now: Callable[[], datetime],
    ) -> None:
        self._active = active
        self._store = store
        self._queue = queue
        self._screen = screen
        self._printer = printer
        self._now = now

    async def run(self, outcome: OpenSession | ChooseSession | ForkSession) -> None:
        """Switch to another session.

        If that fails, the queued items were meant for a session that was never opened. They are withdrawn and listed
        as not done, instead of being applied to the present session. So are held items that were meant for the session
        that is left; a fork takes them along. Up recalls their lines.
        """
        old = self._active.session
        try:
            session = await self._find_session(outcome)
            if session is not None:
                self._active.switch_to(session, is_fork=isinstance(outcome, ForkSession))
        except GrokchatError as error:
            self._printer.print_error(error)
            session = None
        if session is None:
            self._printer.print_not_done(*lines_of(*self._queue.withdraw_next()))
            return
        if not isinstance(outcome, ForkSession) and self._active.session is not old:
            self._printer.print_not_done(*lines_of(*self._queue.drop_held()))
        if held := self._active.take_held():
            self._queue.put_first(PreparedMessages(held))
        if self._active.session.due_replies:
            self._queue.put_first(DueWait())

    async def _find_session(self, outcome: OpenSession | ChooseSession | ForkSession) -> Session | None:
        match outcome:
            case ForkSession():
                return self._active.session.fork(outcome.name)
            case OpenSession(name=None):
                return self._store.new()
            case OpenSession(name=str(name)):
                try:
                    return self._store.find(name)
                except ConversationChoiceError as error:
                    return await self._choose_session(error)
            case _:
                return await self._choose_session(self._store)

    async def _choose_session(self, sessions: SummarySource) -> Session | None:
        try:
            path: Path | None = await self._screen.choose(SessionRows(sessions, self._now()))
        except CommandError:  # this terminal has no list to choose from
            if isinstance(sessions, ConversationChoiceError):
                raise sessions from None
            raise
        if path is None:
            self._printer.print_notice("No session chosen.", has_gap=True)
            return None
        return self._store.open(path)
