"""The chat: it listens to the user, and works through the queue.

What the user does is handled at once, inside the key's handler: questions are answered, replies stopped, immediate
commands run, and the rest is queued. A task (`chat/worker`) takes one item after the other from the queue.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

from grokchat.chat.active_session import ActiveSession
from grokchat.chat.bugs import BugReports
from grokchat.chat.confirmation import Confirmation
from grokchat.chat.connection import Connection
from grokchat.chat.dispatch import Dispatcher, SaveToConfig
from grokchat.chat.interrupts import Interrupts
from grokchat.chat.key_change import KeyAccess, KeyChange
from grokchat.chat.leaving import leave_session
from grokchat.chat.model_catalog import ModelCatalog
from grokchat.chat.printer import Printer
from grokchat.chat.question_editor import QuestionEditor
from grokchat.chat.queue import EditedQuestion, Item, PreparedMessages, Queue, is_quit, line_of
from grokchat.chat.replies import Replies
from grokchat.chat.secret_guard import SecretGuard
from grokchat.chat.sending import Sender
from grokchat.chat.session_search import SessionSearch
from grokchat.chat.shell_integration import TurnMarks
from grokchat.chat.shell_runner import ShellRunner
from grokchat.chat.status_line import StatusLine
from grokchat.chat.transfers import Transfers
from grokchat.chat.worker import Worker
from grokchat.commands.declare import Call, Text, parse_line
from grokchat.commands.registry import by_name
from grokchat.environment import Environment
from grokchat.errors import CommandError, FileError, GrokchatError, InterruptedByUser
from grokchat.invocation import Connect
from grokchat.records import replace
from grokchat.redaction import without_login_argument
from grokchat.render.sanitize import visible_line
from grokchat.render.style import Background, TerminalStyle
from grokchat.session.session import Session
from grokchat.session.store import SessionStore
from grokchat.terminal.interface import Interrupt, Leave, Resized, Screen, Submit, TakeBack, Typing, UserAction
from grokchat.views.notices import DEMO_MODEL

_MAX_NOTICE_CHARS = 200
_TAKE_KEYS = {
    "resume": "/resume shows its list after that; /resume SESSION waits.",
    "model": "/model shows its list after that; /model ID waits, /models lists them now.",
    "login": "/login asks for the key after that.",
}
"""Commands that take the keys, if they are given without arguments, and what to say while anything is being done."""
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
        self._commands = by_name()
        self._status = StatusLine()
        self._queue = Queue(screen)
        marks = TurnMarks(environment.variables, self._wants_marks)
        self._printer = Printer(screen, self.style, marks, environment.redact)
        self._bugs = BugReports(environment, self._printer.print_error, self._printer.print_lines)
        self._active = ActiveSession(session, self._printer)
        self._connection = Connection(environment, connect, has_network=environment.transport is None and not is_demo)
        self._catalog = ModelCatalog(self._connection, screen.refresh)
        self._guard = SecretGuard()
        self._confirmation = Confirmation(self._printer, screen, self._guard, self._catalog.require_for)
        self._replies = Replies(
            environment, self._printer, screen, self._connection, self._catalog, self._confirmation, self._bugs
        )
        self._search = SessionSearch(self._printer, screen, store)
        self._transfers = Transfers(environment.variables, screen, self._confirmation)
        self._shell_runner = ShellRunner(environment, screen, self._printer)
        self._key_change = KeyChange(
            key, self._connection, self._queue, screen, self._printer, self._confirmation, is_demo=is_demo
        )
        self._sender = Sender(self._active, self._queue, self._printer, self._confirmation, self._replies)
        self._question_editor = QuestionEditor(
            self._active, self._queue, screen, self._printer, self._confirmation, self._replies
        )
        self._dispatcher = Dispatcher(
            self._active,
            store,
            self._queue,
            screen,
            self._printer,
            sender=self._sender,
            question_editor=self._question_editor,
            transfers=self._transfers,
            shell_runner=self._shell_runner,
            search=self._search,
            catalog=self._catalog,
            key_change=self._key_change,
            save_setting=save_setting,
            bugs=self._bugs,
            now=environment.now,
        )
        self._worker = Worker(
            self._active,
            self._queue,
            self._printer,
            sender=self._sender,
            question_editor=self._question_editor,
            dispatcher=self._dispatcher,
            catalog=self._catalog,
            guard=self._guard,
            status=self._status,
            bugs=self._bugs,
            stoppers=(self._replies.stop, self._transfers.stop, self._shell_runner.stop),
        )
        self._interrupts = Interrupts(
            screen,
            self._active,
            self._queue,
            self._printer,
            confirmation=self._confirmation,
            worker=self._worker,
            search=self._search,
            dispatcher=self._dispatcher,
        )

    @property
    def session(self) -> Session:
        """The session that the chat is in."""
        return self._active.session

    async def run(self, initial_messages: Sequence[Mapping[str, Any]] = ()) -> int:
        """Chat until the user leaves; return the exit code."""
        self._connection.prepare(self.session.settings)
        self._active.prepare_request()
        if len(self.session.conversation) or self.session.read_only_error or self.session.damage or self.session.notes:
            self._printer.print_session(self.session)
        if initial_messages:
            self._enqueue(PreparedMessages(initial_messages))
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
            await self._dispatcher.close()
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
            self._take_back()
        elif self._submit(action):
            return Leave()
        self._screen.refresh()
        return None

    def _submit(self, line: Submit) -> bool:
        """Answer the open question with the line, or else run or queue the line; return whether to leave."""
        if line.edit is None and self._confirmation.answer(line.text):
            self._printer.print_input(line.text)
            return False
        if not line.text.strip():
            self._active.is_leaving_confirmed = False
            self._queue.release()
            return False
        try:
            item = self._parse(line)
        except GrokchatError as error:
            self._printer.print_input(without_login_argument(line.text))
            self._printer.print_error(error)
            return False
        if isinstance(item, Call) and item.is_immediate and not (is_quit(item) and self._screen.is_busy):
            self._run_immediately(item)
            return is_quit(item) and self._active.may_leave()
        self._enqueue(item)
        return False

    def _take_back(self) -> None:
        """Take the last line of the queue back into the line, which is empty."""
        if (line := self._queue.take_back()) is not None:
            self._screen.fill_line(line.text, has_paste=line.has_paste, edit=line.edit)

    def _parse(self, line: Submit) -> Text | Call | EditedQuestion:
        if line.edit is not None:
            return EditedQuestion(line.edit, line.text, line.has_paste)
        item = parse_line(line.text, self._commands)
        name = item.command.name if isinstance(item, Call) and not any(item.arguments.values()) else ""
        if name in _TAKE_KEYS and self._screen.is_busy:
            # It would capture the keys while the user is typing something else.
            raise CommandError(f"Something is being done. {_TAKE_KEYS[name]}")
        if isinstance(item, Text):
            item = replace(item, pasted_paths=line.pasted_paths)
        return replace(item, has_paste=line.has_paste)

    def _run_immediately(self, call: Call) -> None:
        self._printer.print_input(call.line)
        try:
            self._dispatcher.dispatch_in_background(call.run(self.session), call.line)
        except GrokchatError as error:
            self._printer.print_error(error)

    def _enqueue(self, item: Item) -> None:
        if self._screen.is_busy and self._screen.echoes_input:  # such a screen does not show the queue
            self._printer.print_notice(f"queued: {visible_line(line_of(item)[:_MAX_NOTICE_CHARS])}")
        self._active.is_leaving_confirmed = self._active.is_leaving_confirmed and is_quit(item)
        self._queue.put(item)

    # -- what the screen shows ---------------------------------------------------------------------------------------

    def style(self) -> TerminalStyle:
        """Return what the terminal can show, on the background that the settings name or the terminal reports."""
        theme = self.session.settings.theme
        background = self._screen.background if theme == "auto" else theme
        return replace(self._style, background=cast(Background | None, background))

    def status(self) -> str:
        """Return the bottom line."""
        session = self.session
        activities = (
            self._replies.status(),
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
