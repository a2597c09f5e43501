"""Carries out the outcomes of commands.

A handler that needs a request, another session, an answer of the user, the clipboard or the editor returns an outcome,
which is carried out here. Handlers write only new files themselves: /save, /export PATH and /request PATH.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from grokchat.chat.active_session import ActiveSession
from grokchat.chat.bugs import BugReports
from grokchat.chat.key_change import KeyChange
from grokchat.chat.model_catalog import ModelCatalog
from grokchat.chat.model_choice import ModelChoice
from grokchat.chat.printer import Printer
from grokchat.chat.question_editor import QuestionEditor
from grokchat.chat.queue import Item, PreparedMessages, Queue, lines_of
from grokchat.chat.sending import Sender
from grokchat.chat.session_search import SessionSearch
from grokchat.chat.shell_runner import ShellRunner
from grokchat.chat.transfers import Transfers
from grokchat.commands.outcomes import (
    AskModel,
    AttachFiles,
    ChooseModel,
    ChooseSession,
    CopyText,
    EditMessage,
    EditQuestion,
    FillLine,
    ForkSession,
    ListModels,
    ListSessions,
    LogIn,
    LogOut,
    OpenSession,
    Outcome,
    PasteImage,
    Quit,
    RunCommand,
    SaveSetting,
    Shown,
    WriteFile,
)
from grokchat.config.settings import is_session_setting
from grokchat.errors import CommandError, GrokchatError
from grokchat.session.imports.conversation import ConversationChoiceError
from grokchat.session.session import Session
from grokchat.session.store import SessionStore
from grokchat.session.summary import SummarySource
from grokchat.system.threads import run_in_thread
from grokchat.terminal.interface import Screen
from grokchat.views.choices import SessionRows

_COPY_S = 0.2
"""How long leaving waits for a copy to the clipboard."""

SaveToConfig = Callable[[str, str, Any], Path]
"""Writes a value into a table of the config file ("" is the top level) and returns the file's path."""


class Dispatcher:
    """Carries out outcomes: of queued commands in turn, of immediate commands in the background."""

    def __init__(
        self,
        active: ActiveSession,
        store: SessionStore,
        queue: Queue,
        screen: Screen,
        printer: Printer,
        *,
        sender: Sender,
        question_editor: QuestionEditor,
        transfers: Transfers,
        shell_runner: ShellRunner,
        search: SessionSearch,
        catalog: ModelCatalog,
        key_change: KeyChange,
        save_setting: SaveToConfig,
        bugs: BugReports,
        now: Callable[[], datetime],
    ) -> None:
        self._active = active
        self._store = store
        self._queue = queue
        self._screen = screen
        self._printer = printer
        self._sender = sender
        self._question_editor = question_editor
        self._transfers = transfers
        self._shell_runner = shell_runner
        self._key_change = key_change
        self._search = search
        self._models = ModelChoice(active, queue, screen, printer, catalog)
        self._save_setting = save_setting
        self._bugs = bugs
        self._now = now
        self._background: dict[asyncio.Task[None], tuple[Outcome, str]] = {}
        """The tasks of immediate commands, with their outcomes and lines."""

    async def dispatch(self, outcome: Outcome) -> None:
        """Carry out an outcome; raises GrokchatError."""
        session = self._active.session
        match outcome:
            case AskModel():
                await self._sender.ask_again(outcome)
            case EditQuestion():
                self._question_editor.fill_line(outcome)
            case FillLine():
                self._fill_line(outcome.text)
            case OpenSession() | ChooseSession() | ForkSession():
                await self._switch_session(outcome)
            case ListSessions():
                await self._search.list_sessions(outcome.words)
            case ListModels():
                await self._models.show()
            case ChooseModel():
                await self._models.choose()
            case SaveSetting():
                await self._apply_and_save(outcome)
            case CopyText() | AttachFiles() | PasteImage() | WriteFile() | EditMessage():
                self._printer.print_outcome(await self._transfers.run(outcome, session), session)
            case RunCommand():
                self._printer.print_outcome(await self._shell_runner.run(outcome, session), session)
            case LogIn():
                await self._key_change.log_in()
            case LogOut():
                await self._key_change.log_out()
            case Quit():
                pass  # the loop ends
            case _:
                self._printer.print_outcome(outcome, session)

    def dispatch_in_background(self, outcome: Outcome, line: str) -> None:
        """Carry out the outcome of an immediate command while the chat continues; errors are printed."""
        if isinstance(outcome, Shown):
            self._printer.print_outcome(outcome, self._active.session)
            return
        task = asyncio.create_task(self._dispatch_and_report(outcome))
        self._background[task] = outcome, line
        task.add_done_callback(self._background.pop)

    def stop_background(self) -> bool:
        """Stop what immediate commands do, and list it as not done; return whether there was anything."""
        tasks = dict(self._background)
        for task, (_, line) in tasks.items():
            task.cancel()
            self._printer.print_not_done(line)
        return bool(tasks)

    async def close(self) -> None:
        """Stop the tasks of immediate commands. A copy has a moment to end, and is listed if it does not."""
        self._search.stop()
        tasks = dict(self._background)
        for task, (outcome, _) in tasks.items():
            if not isinstance(outcome, CopyText):
                task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_COPY_S)
            self.stop_background()
            await asyncio.wait(tasks)

    async def _dispatch_and_report(self, outcome: Outcome) -> None:
        with self._bugs.reported():
            await self.dispatch(outcome)

    async def _switch_session(self, outcome: OpenSession | ChooseSession | ForkSession) -> None:
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
            self.withdraw_queue()
            return
        if not isinstance(outcome, ForkSession) and self._active.session is not old:
            self._print_not_done(self._queue.drop_held())
        if held := self._active.take_held():
            self._queue.put_first(PreparedMessages(held))

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
            self._printer.print_notice("No session was chosen.", has_gap=True)
            return None
        return self._store.open(path)

    def withdraw_queue(self) -> None:
        """Remove what would follow the current item, and list it as not done."""
        self._print_not_done(self._queue.withdraw_next())

    def _print_not_done(self, items: Sequence[Item]) -> None:
        for item in items:
            for line in lines_of(item):
                self._printer.print_not_done(line)

    def _fill_line(self, text: str) -> None:
        """Put a text into the line; raises CommandError."""
        if self._screen.fill_line(text):
            return
        if self._screen.echoes_input:
            raise CommandError("This terminal has no line that could be filled. /show N shows a message.")
        raise CommandError("The line is in use. Send it, or clear it with Ctrl-C, and try again.")

    async def _apply_and_save(self, outcome: SaveSetting) -> None:
        """Set a value in the config file, and in the session unless it applies only from the next start."""
        session, key, value = self._active.session, outcome.key, outcome.value
        self._queue.mark_applied()
        if outcome.table:
            session.set_overrides({}, {key: value})
        elif is_session_setting(key):
            session.set_overrides({key: value}, {})
        # In a thread: the file may be large, and on a network drive.
        path = await run_in_thread(self._save_setting, outcome.table, key, value)
        message = f"{key}: kept in {path}"
        if not outcome.table and not is_session_setting(key):
            message += ", from the next start"
        self._printer.print_notice(f"{message}{outcome.warning}", has_gap=True)
