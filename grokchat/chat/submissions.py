"""How a submitted line is treated: as an answer, an immediate command, or an item of the queue."""

from __future__ import annotations

from grokchat.chat.active_session import ActiveSession
from grokchat.chat.background_commands import BackgroundCommands
from grokchat.chat.confirmation import Confirmation
from grokchat.chat.printer import Printer
from grokchat.chat.queue import Queue
from grokchat.chat.queue_items import EditedQuestion, Item, is_quit, line_of
from grokchat.commands.declare import Call, Text, parse_line
from grokchat.commands.registry import by_name
from grokchat.errors import CommandError, GrokchatError
from grokchat.records import replace
from grokchat.redaction import without_login_argument
from grokchat.render.sanitize import visible_line
from grokchat.session.deferred_replies import find_awaited
from grokchat.terminal.interface import Screen, Submit

_MAX_NOTICE_CHARS = 200
_TAKE_KEYS = {
    "resume": "/resume cannot show its list now; /resume SESSION is queued.",
    "model": "/model cannot show its list now; /model ID is queued, /models lists them at once.",
    "login": "/login cannot ask for the key now.",
}
"""Commands that take the keys, if they are given without arguments, and what to say while anything is being done."""


class Submissions:
    """Answers the open question with a line, or else runs or queues it."""

    def __init__(
        self,
        active: ActiveSession,
        queue: Queue,
        screen: Screen,
        printer: Printer,
        confirmation: Confirmation,
        background: BackgroundCommands,
    ) -> None:
        self._active = active
        self._queue = queue
        self._screen = screen
        self._printer = printer
        self._confirmation = confirmation
        self._background = background
        self._commands = by_name()

    def submit(self, line: Submit) -> bool:
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
        self.enqueue(item)
        return False

    def take_back(self) -> None:
        """Take the last line of the queue back into the line, which is empty."""
        if (line := self._queue.take_back()) is not None:
            self._screen.fill_line(line.text, has_paste=line.has_paste, edit=line.edit)

    def enqueue(self, item: Item) -> None:
        """Queue an item."""
        if self._screen.is_busy and self._screen.echoes_input:  # such a screen does not show the queue
            self._printer.print_notice(f"queued: {visible_line(line_of(item)[:_MAX_NOTICE_CHARS])}")
        self._active.is_leaving_confirmed = self._active.is_leaving_confirmed and is_quit(item)
        self._queue.put(item)

    def _parse(self, line: Submit) -> Text | Call | EditedQuestion:
        if line.edit is not None:
            self._refuse_while_waiting()
            return EditedQuestion(line.edit, line.text, line.has_paste)
        item = parse_line(line.text, self._commands)
        if not isinstance(item, Call):
            self._refuse_while_waiting()
        name = item.command.name if isinstance(item, Call) and not any(item.arguments.values()) else ""
        if name in _TAKE_KEYS and self._screen.is_busy:
            # It would capture the keys while the user is typing something else.
            raise CommandError(f"A reply or a command is running. {_TAKE_KEYS[name]}")
        if isinstance(item, Text):
            item = replace(item, pasted_paths=line.pasted_paths)
        return replace(item, has_paste=line.has_paste)

    def _refuse_while_waiting(self) -> None:
        """Raise CommandError while a deferred reply is waited for: that may take hours, and a message cannot wait."""
        live_reply = self._printer.live_reply
        if live_reply is not None and live_reply.waiting_text and find_awaited(self._active.session) is not None:
            raise CommandError("Not sent while a reply is due. Ctrl-C stops waiting for it, Up brings the line back.")

    def _run_immediately(self, call: Call) -> None:
        self._printer.print_input(call.line)
        try:
            self._background.run(call)
        except GrokchatError as error:
            self._printer.print_error(error)
