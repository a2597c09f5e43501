"""Edits the last user message in the line at the prompt, and asks it again: /edit without a number.

The message is found by its id when the line is submitted: meanwhile the list may have changed. Nothing is changed
before the checks that every request passes. The edit, what it drops and the new reply are one change, so a single /undo
brings the earlier reply back. If no reply arrives, the edited message stays unanswered, as a new message would.
"""

from __future__ import annotations

from grokchat.api.endpoint import endpoint_for
from grokchat.chat.active_session import ActiveSession
from grokchat.chat.confirmation import Confirmation
from grokchat.chat.printer import Printer
from grokchat.chat.queue import Queue
from grokchat.chat.queue_items import EditedQuestion
from grokchat.chat.replies import Replies
from grokchat.commands.feedback import change_notice, describe_dropped
from grokchat.commands.message_list import replace_content_text
from grokchat.commands.outcomes import EditQuestion
from grokchat.errors import CommandError
from grokchat.messages import Message
from grokchat.session.deferred_replies import check_none_awaited
from grokchat.session.estimate import estimate_tokens
from grokchat.session.session import Session
from grokchat.terminal.interface import LineEdit, Screen


class QuestionEditor:
    """Puts a user message into the line, and asks what comes back."""

    def __init__(
        self,
        active: ActiveSession,
        queue: Queue,
        screen: Screen,
        printer: Printer,
        confirmation: Confirmation,
        replies: Replies,
    ) -> None:
        self._active = active
        self._queue = queue
        self._screen = screen
        self._printer = printer
        self._confirmation = confirmation
        self._replies = replies

    def fill_line(self, question: EditQuestion) -> None:
        """Put the message into the line at the prompt; raises CommandError."""
        message, number = question.message, question.number
        edit = LineEdit(message.id, f"editing #{number}", "Enter asks again")
        if not self._screen.fill_line(message.written_text, edit=edit):
            if self._screen.echoes_input:
                raise CommandError(
                    f"This terminal cannot edit the line. Use /edit {number} TEXT, then /retry {number}."
                )
            raise CommandError(f"The line is in use. Send it, or clear it with Ctrl-C, then /edit again (#{number}).")
        self._queue.mark_applied()
        self._printer.print_lines([""])

    async def ask(self, item: EditedQuestion) -> None:
        """Replace the message, drop what follows it and ask again, if the checks and the user allow it.

        Raises GrokchatError.
        """
        session = self._active.session
        check_none_awaited(session)
        endpoint_for(session.settings).check(session.settings)
        self._queue.mark_started()
        number, message = self._find(item, session)
        body = {**message.body, "content": replace_content_text(message.body.get("content"), item.text)}
        if not item.has_paste:
            self._confirmation.guard.note_typed(item.text)
        added = max(0, estimate_tokens(item.text) - estimate_tokens(message.written_text)) if item.has_paste else 0
        context = session.model_info.context if session.model_info is not None else None
        is_allowed = await self._confirmation.confirm_size(added, context)
        if not is_allowed or await self._confirmation.confirm_secrets(session, [body]):
            self._report_not_sent(number)
        else:
            await self._replace_and_ask(session, number, message, body)

    async def _replace_and_ask(self, session: Session, number: int, message: Message, body: dict[str, object]) -> None:
        before, previous = session.state_id, session.requests.estimate()
        dropped = [other.id for other in session.conversation.messages[number:]]
        is_asked = False
        with session.as_one_change():
            try:
                session.add_message(body, replaces=message.id, more=bool(dropped))
                if dropped:
                    session.remove(dropped)
                if is_asked := await self._confirmation.confirm_cost(session, session.settings):
                    self._queue.mark_applied()
                    self._printer.print_sent_message(number, body, is_typed=False)
                    change = f"edited #{number}{describe_dropped(number, len(dropped))}"
                    self._printer.print_notice(change_notice(session, change, previous).text, has_gap=True)
                    await self._replies.request(session, session.settings)
                else:
                    self._report_not_sent(number)
            finally:
                if not is_asked:
                    session.rewind(before)

    def _find(self, item: EditedQuestion, session: Session) -> tuple[int, Message]:
        """Return the number of the message that was edited, and the message; raises CommandError."""
        kept = "Up brings the text back."
        for number, message in enumerate(session.conversation, 1):
            if message.id == item.edit.target:
                if session.read_only_error:
                    raise CommandError(f"Not sent. {session.read_only_error} {kept}")
                if message.id in session.conversation.muted:
                    raise CommandError(f"Not sent: #{number} is muted. /unmute {number} first. {kept}")
                return number, message
        raise CommandError(f"Not sent: the message has been deleted. {kept}")

    def _report_not_sent(self, number: int) -> None:
        self._queue.hold()
        self._printer.print_notice(f"Not sent, and #{number} is unchanged. Up brings the text back.", has_gap=True)
