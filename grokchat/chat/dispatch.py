"""Carries out the outcomes of commands.

A handler that needs a request, another session, an answer of the user, the clipboard or the editor returns an outcome,
which is carried out here. Handlers write only new files themselves: /save, /export PATH and /request PATH.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from grokchat.chat.active_session import ActiveSession
from grokchat.chat.compacting import Compactor
from grokchat.chat.key_change import KeyChange
from grokchat.chat.model_choice import ModelChoice
from grokchat.chat.printer import Printer
from grokchat.chat.prompt_filling import PromptFilling
from grokchat.chat.question_editor import QuestionEditor
from grokchat.chat.queue import Queue
from grokchat.chat.sending import Sender
from grokchat.chat.session_search import SessionSearch
from grokchat.chat.session_switch import SessionSwitch
from grokchat.chat.shell_runner import ShellRunner
from grokchat.chat.transfers import Transfers
from grokchat.commands.outcomes import (
    AskModel,
    AttachFiles,
    AwaitReply,
    ChooseModel,
    ChooseSession,
    CompactMessages,
    CompareReplies,
    CopyText,
    EditMessage,
    EditQuestion,
    FillLine,
    FillPrompt,
    ForkSession,
    ListModels,
    ListSessions,
    LogIn,
    LogOut,
    Notice,
    OpenSession,
    Outcome,
    PasteImage,
    Quit,
    RunCommand,
    SaveSetting,
    WriteFile,
)
from grokchat.commands.search import describe_conflicts
from grokchat.config.search_options import TABLE as SEARCH_OPTIONS_TABLE
from grokchat.config.settings import is_session_setting
from grokchat.errors import CommandError
from grokchat.system.threads import run_in_thread
from grokchat.terminal.interface import Screen

SaveToConfig = Callable[[str, str, Any], Path]
"""Writes a value into a table of the config file ("" is the top level) and returns the file's path."""


class Dispatcher:
    """Hands each outcome to the part of the chat that carries it out."""

    def __init__(
        self,
        active: ActiveSession,
        queue: Queue,
        screen: Screen,
        printer: Printer,
        *,
        sender: Sender,
        compactor: Compactor,
        question_editor: QuestionEditor,
        prompt_filling: PromptFilling,
        transfers: Transfers,
        shell_runner: ShellRunner,
        search: SessionSearch,
        switch: SessionSwitch,
        models: ModelChoice,
        key_change: KeyChange,
        save_setting: SaveToConfig,
    ) -> None:
        self._active = active
        self._queue = queue
        self._screen = screen
        self._printer = printer
        self._sender = sender
        self._compactor = compactor
        self._question_editor = question_editor
        self._prompt_filling = prompt_filling
        self._transfers = transfers
        self._shell_runner = shell_runner
        self._key_change = key_change
        self._search = search
        self._switch = switch
        self._models = models
        self._save_setting = save_setting

    async def dispatch(self, outcome: Outcome) -> None:
        """Carry out an outcome; raises GrokchatError."""
        session = self._active.session
        match outcome:
            case AskModel():
                await self._sender.ask_again(outcome)
            case AwaitReply():
                await self._sender.await_due(outcome.due)
            case CompactMessages():
                await self._compactor.compact(outcome)
            case EditQuestion():
                self._question_editor.fill_line(outcome)
            case FillLine():
                self._fill_line(outcome.text)
            case FillPrompt():
                await self._prompt_filling.insert(outcome, session)
            case OpenSession() | ChooseSession() | ForkSession():
                await self._switch.run(outcome)
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
            case CompareReplies():
                await self._compare(outcome)
            case RunCommand():
                self._printer.print_outcome(await self._shell_runner.run(outcome, session), session)
            case LogIn():
                await self._key_change.log_in()
            case LogOut():
                await self._key_change.log_out()
            case Quit():
                pass  # the loop ends
            case _:
                await self._printer.print_long_outcome(outcome, session)

    async def _compare(self, outcome: CompareReplies) -> None:
        """Show two replies compared; in a thread, because they may be long."""
        from grokchat.views.comparison import comparison_lines

        replies = outcome.reply, outcome.name, outcome.other, outcome.other_name
        lines = await run_in_thread(comparison_lines, *replies, self._screen.width, self._printer.style)
        self._printer.print_lines([*lines, ""])

    def _fill_line(self, text: str) -> None:
        """Put a text into the line; raises CommandError."""
        if self._screen.fill_line(text):
            self._printer.print_lines([""])
            return
        if self._screen.echoes_input:
            raise CommandError("This terminal cannot put text into the input line. /show N shows a message.")
        raise CommandError("The line is in use. Send it, or clear it with Ctrl-C, and try again.")

    async def _apply_and_save(self, outcome: SaveSetting) -> None:
        """Set a value in the config file, and in the session unless it applies only from the next start."""
        session, key, value = self._active.session, outcome.key, outcome.value
        self._queue.mark_applied()
        if outcome.table == SEARCH_OPTIONS_TABLE:
            session.set_overrides({}, {}, {key: value})
        elif outcome.table:
            session.set_overrides({}, {key: value})
        elif is_session_setting(key):
            session.set_overrides({key: value}, {})
        # In a thread: the file may be large, and on a network drive.
        path = await run_in_thread(self._save_setting, outcome.table, key, value)
        message = f"saved {key} in {path}"
        if not outcome.table and not is_session_setting(key):
            message += " · takes effect at the next start"
        changes_request = key == "search" or outcome.table == "params"
        warnings = describe_conflicts(session.settings) if changes_request else ()
        self._printer.print_outcome(Notice(f"{message}{outcome.warning}", warnings=warnings), session)
