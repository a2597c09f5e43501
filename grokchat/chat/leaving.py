"""Leaving the chat: which queued items are still applied, and what is reported.

A message is added to the session, without a request. A command runs if it needs nothing but the session. The first
other item and everything queued after it is not done: it was meant for a state that is never reached.
"""

from __future__ import annotations

from collections.abc import Iterator

from grokchat.chat.active_session import ActiveSession
from grokchat.chat.printer import Printer
from grokchat.chat.queue import Queue, State
from grokchat.chat.queue_items import DueWait, EditedQuestion, Item, lines_of
from grokchat.chat.sending import Sender
from grokchat.commands.declare import Call
from grokchat.commands.outcomes import Quit, Shown
from grokchat.errors import GrokchatError
from grokchat.session.session import Session
from grokchat.units import plural


def leave_session(active: ActiveSession, queue: Queue, sender: Sender, printer: Printer) -> bool:
    """Apply what can be applied of the queue, list the rest, report where the session is saved, and close it.

    Returns False if messages are lost, because they could not be saved.
    """
    session = active.session
    leaving = _LeavingSession(session, sender)
    if queue.state is State.APPLIED:
        leaving.note_missing_reply()  # the stopped reply may have had no text
    not_done = queue.drain_on_leave(leaving.apply)
    session.flush()
    is_lost = session.would_be_lost
    if leaving.kept and not is_lost:
        printer.print_warning(f"{plural(leaving.kept, 'queued message')} kept in the session, unanswered")
    held, attached = active.unsent()
    printer.print_not_done(*held, *lines_of(*not_done), *attached)
    if session.save_error is not None:
        printer.print_error(session.save_error)
        if is_lost:
            printer.print_warning("This conversation is lost.")
    elif session.path is not None:
        if session.relocation is not None:
            printer.print_warning(str(session.relocation))
        printer.print_notice(f"Saved as {session.path.stem}. Continue with: grokchat -c")
    session.close()
    return not is_lost


class _LeavingSession:
    """Applies items to the session that is being closed.

    Where a reply is missing, the numbers after it are shifted, and a command with such a number might hit a message
    that the user did not mean. Such a command is not done. `kept` counts the messages that stay unanswered.
    """

    def __init__(self, session: Session, sender: Sender) -> None:
        self.kept = 0
        self._session = session
        self._sender = sender
        self._numbered: set[str] | None = None
        """The ids of the messages before the first missing reply; None while no reply is missing."""

    def apply(self, item: Item) -> bool:
        """Apply an item; return False, and change nothing, if that is no longer possible."""
        if isinstance(item, Call):
            return self._run(item)
        if isinstance(item, DueWait):
            return True  # it is due all the same
        if isinstance(item, EditedQuestion) or not self._sender.keep_unanswered(item):
            return False
        self.kept += 1
        self.note_missing_reply()
        return True

    def note_missing_reply(self) -> None:
        """Note that the last message has no reply, if it is a user's."""
        messages = self._session.conversation.messages
        if self._numbered is None and messages and messages[-1].role == "user":
            self._numbered = {message.id for message in messages}

    def _run(self, call: Call) -> bool:
        if self._numbered is not None and max(_message_numbers(call), default=0) > self._count_numbered():
            return False
        try:
            return isinstance(call.run(self._session), Shown | Quit)
        except GrokchatError:
            return False

    def _count_numbered(self) -> int:
        """Return the number of messages before the first missing reply, which commands may have changed."""
        assert self._numbered is not None
        messages = self._session.conversation.messages
        known = (number for number, message in enumerate(messages, 1) if message.id in self._numbered)
        count = max(known, default=0)
        self._numbered |= {message.id for message in messages[:count]}
        return count


def _message_numbers(call: Call) -> Iterator[int]:
    """Yield the message numbers among a command's arguments; of a range its last one, or its first if it is open."""
    for param in call.command.params:
        if param.complete == "messages":
            value = call.arguments[param.name]
            if isinstance(value, int):
                yield value
            elif value is not None:
                for first, last in value:
                    yield first if last is None else last
