"""The chat: it listens to the user, and works through the queue.

What the user does is handled at once, inside the key's handler: questions are answered, replies stopped
(`chat/interrupts`), immediate commands run, and the rest is queued (`chat/submissions`). A task (`chat/worker`) takes
one item after the other from the queue.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from grokchat.chat.active_session import ActiveSession
from grokchat.chat.background_commands import BackgroundCommands
from grokchat.chat.bugs import BugReports
from grokchat.chat.compacting import Compactor
from grokchat.chat.confirmation import Confirmation
from grokchat.chat.connection import Connection
from grokchat.chat.dispatch import Dispatcher, SaveToConfig
from grokchat.chat.interrupts import Interrupts
from grokchat.chat.key_change import KeyAccess, KeyChange
from grokchat.chat.leaving import leave_session
from grokchat.chat.model_catalog import ModelCatalog
from grokchat.chat.model_choice import ModelChoice
from grokchat.chat.printer import Printer
from grokchat.chat.prompt_filling import PromptFilling
from grokchat.chat.question_editor import QuestionEditor
from grokchat.chat.queue import Queue
from grokchat.chat.queue_items import DueWait, PreparedMessages
from grokchat.chat.replies import Replies
from grokchat.chat.reply_display import ReplyDisplay
from grokchat.chat.secret_guard import SecretGuard
from grokchat.chat.sending import Sender
from grokchat.chat.session_search import SessionSearch
from grokchat.chat.session_switch import SessionSwitch
from grokchat.chat.session_title import SessionTitle
from grokchat.chat.shell_integration import TurnMarks
from grokchat.chat.shell_runner import ShellRunner
from grokchat.chat.status_line import StatusLine
from grokchat.chat.submissions import Submissions
from grokchat.chat.transfers import Transfers
from grokchat.chat.worker import Worker
from grokchat.environment import Environment
from grokchat.errors import FileError, InterruptedByUser
from grokchat.invocation import Connect
from grokchat.records import replace
from grokchat.render.style import TerminalStyle
from grokchat.session.session import Session
from grokchat.session.store import SessionStore
from grokchat.terminal.interface import Interrupt, Leave, Resized, Screen, TakeBack, Typing, UserAction
from grokchat.views.notices import DEMO_MODEL

if TYPE_CHECKING:
    from grokchat.prompts.saved_prompt import CommandLinePrompts

_CLOSE_S = 0.2
"""How long leaving waits for connections to be closed in order."""


class Repl:
    """One run of the chat on a screen."""

    def __init__(
        self,
        screen: Screen,
        environment: Environment,
        store: SessionStore,
        session: Session,
        style: TerminalStyle,
        connect: Connect,
        *,
        save_setting: SaveToConfig,
        key: KeyAccess,
        is_demo: bool = False,
    ) -> None:
        self.store = store
        self._screen = screen
        self._style = style
        self._is_demo = is_demo
        self._status = StatusLine()
        self._title = SessionTitle()
        self._queue = Queue(screen)
        marks = TurnMarks(environment.variables, self._wants_marks)
        self._printer = Printer(screen, self.style, marks, environment.redact)
        self._bugs = BugReports(environment, self._printer.print_error, self._printer.print_lines)
        self._active = ActiveSession(session, self._printer)
        self._connection = Connection(environment, connect, has_network=environment.transport is None and not is_demo)
        self._catalog = ModelCatalog(self._connection, screen.refresh)
        self._guard = SecretGuard()
        self._confirmation = Confirmation(self._printer, screen, self._guard, self._catalog.require_for)
        self._display = ReplyDisplay(environment, self._printer, screen, self._bugs)
        self._replies = Replies(
            environment,
            self._printer,
            screen,
            self._connection,
            self._catalog,
            self._confirmation,
            self._display,
            is_demo=is_demo,
        )
        self._search = SessionSearch(self._printer, screen, store, lambda: self.session.id, environment.now)
        self._transfers = Transfers(environment.variables, screen, self._confirmation)
        self._shell_runner = ShellRunner(environment, screen, self._printer)
        self._key_change = KeyChange(
            key, self._connection, self._queue, screen, self._printer, self._confirmation, is_demo=is_demo
        )
        self._prompt_filling = PromptFilling(self._queue, screen, self._printer, self._guard)
        self._sender = Sender(
            self._active, self._queue, self._printer, self._confirmation, self._prompt_filling, self._replies
        )
        self._question_editor = QuestionEditor(
            self._active, self._queue, screen, self._printer, self._confirmation, self._replies
        )
        dispatcher = self._make_dispatcher(store, environment, save_setting)
        self._background = BackgroundCommands(
            self._active, self._printer, dispatcher, self._catalog, self._search, self._bugs
        )
        self._submissions = Submissions(
            self._active, self._queue, screen, self._printer, self._confirmation, self._background
        )
        self._worker = self._make_worker(dispatcher)
        self._interrupts = Interrupts(
            screen,
            self._active,
            self._queue,
            self._printer,
            confirmation=self._confirmation,
            worker=self._worker,
            search=self._search,
            background=self._background,
        )

    def _make_dispatcher(self, store: SessionStore, environment: Environment, save_setting: SaveToConfig) -> Dispatcher:
        active, queue, screen, printer = self._active, self._queue, self._screen, self._printer
        return Dispatcher(
            active,
            queue,
            screen,
            printer,
            sender=self._sender,
            compactor=self._make_compactor(environment),
            question_editor=self._question_editor,
            prompt_filling=self._prompt_filling,
            transfers=self._transfers,
            shell_runner=self._shell_runner,
            search=self._search,
            switch=SessionSwitch(active, store, queue, screen, printer, environment.now),
            models=ModelChoice(active, queue, screen, printer, self._catalog),
            key_change=self._key_change,
            save_setting=save_setting,
        )

    def _make_compactor(self, environment: Environment) -> Compactor:
        return Compactor(
            environment,
            self._active,
            self._queue,
            self._printer,
            self._screen,
            connection=self._connection,
            catalog=self._catalog,
            confirmation=self._confirmation,
            replies=self._replies,
            display=self._display,
        )

    def _make_worker(self, dispatcher: Dispatcher) -> Worker:
        return Worker(
            self._active,
            self._queue,
            self._printer,
            sender=self._sender,
            question_editor=self._question_editor,
            dispatcher=dispatcher,
            catalog=self._catalog,
            guard=self._guard,
            status=self._status,
            bugs=self._bugs,
            stoppers=(self._display.stop, self._transfers.stop, self._shell_runner.stop),
        )

    @property
    def session(self) -> Session:
        """The session that the chat is in."""
        return self._active.session

    async def run(
        self,
        initial_messages: Sequence[Mapping[str, Any]] = (),
        image_names: Mapping[str, str] | None = None,
        prompts: CommandLinePrompts | None = None,
    ) -> int:
        """Chat until the user leaves; return the exit code."""
        self._connection.prepare(self.session.settings)
        self._active.prepare_request()
        if len(self.session.conversation) or self.session.read_only_error or self.session.damage or self.session.notes:
            self._printer.print_session(self.session)
        if self.session.due_replies:
            self._submissions.enqueue(DueWait())
        if initial_messages:
            self._submissions.enqueue(PreparedMessages(initial_messages, image_names, prompts))
        worker = asyncio.create_task(self._worker.run())
        leave = Leave()
        is_saved = True
        try:
            leave = await self._listen(worker)
        finally:
            worker.cancel()
            await asyncio.wait({worker})
            is_saved = await self._close()
        if not worker.cancelled() and worker.exception() is not None:
            worker.result()
        if leave.by_signal:
            return InterruptedByUser.exit_code
        return 0 if is_saved else FileError.exit_code

    async def _close(self) -> bool:
        """Leave the session, close the connection, and return whether all messages are saved."""
        is_saved = False
        with self._bugs.reported():
            is_saved = leave_session(self._active, self._queue, self._sender, self._printer)
        self.session.close()
        with self._bugs.reported():
            await self._background.close()
        with self._bugs.reported(), suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_S):
                await self._catalog.close()
                await self._connection.close()
        return is_saved

    # -- the user ----------------------------------------------------------------------------------------------------

    async def _listen(self, worker: asyncio.Task[None]) -> Leave:
        """Handle what the user does, until the user leaves or the worker ends."""
        left: asyncio.Future[Leave] = asyncio.get_running_loop().create_future()

        def leave(how: Leave) -> None:
            if not left.done():
                left.set_result(how)

        def handle(action: UserAction) -> None:
            if left.done():
                return  # a line is in the history
            with self._bugs.reported():
                if (how := self._handle(action)) is not None:
                    leave(how)

        self._screen.listen(handle)
        worker.add_done_callback(lambda _: leave(Leave()))
        return await left

    def _handle(self, action: UserAction) -> Leave | None:
        """Do what the user wants; return how to leave, if that is it."""
        if isinstance(action, Typing):
            self._connection.preconnect(self.session.settings)
            return None
        if isinstance(action, Leave):
            if action.by_signal or action.is_final or self._active.may_leave():
                return action
        elif isinstance(action, Resized):
            self._printer.redraw_live_reply()
        elif isinstance(action, Interrupt):
            if action.is_escape:
                self._interrupts.stop()
            else:
                self._interrupts.interrupt()
        elif isinstance(action, TakeBack):
            self._submissions.take_back()
        elif self._submissions.submit(action):
            return Leave()
        self._screen.refresh()
        return None

    # -- what the screen shows ---------------------------------------------------------------------------------------

    def style(self) -> TerminalStyle:
        """Return what the terminal can show, on the background that the settings name or the terminal reports."""
        settings = self.session.settings
        style = self._style.on_background(settings.theme, self._screen.background, settings.code_theme)
        return replace(style, prose_width=settings.width)

    def title(self) -> str:
        """Return the terminal's title, which is the session's; nothing if the setting says so."""
        return self._style.encodable(self._title.text(self.session))

    def status(self) -> str:
        """Return the bottom line."""
        session = self.session
        activities = (
            self._display.status(),
            self._search.activity,
            self._transfers.activity,
            self._shell_runner.activity,
            self._catalog.activity,
            self._key_change.activity,
        )
        return self._status.text(
            session,
            DEMO_MODEL if self._is_demo else session.settings.model,
            width=self._screen.width,
            state=" · ".join(filter(None, activities)),
            attached=len(session.attachments),
        )

    def _wants_marks(self) -> bool:
        return self._screen.accepts_osc and self.session.settings.terminal_marks
