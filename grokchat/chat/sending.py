"""Sending messages: the checks of size, secrets and cost, then the request.

A message that fails a check is neither sent nor added to the session, and its attachments stay attached. Refusing a
secret also drops the attachments. Files that the message mentions are read for each attempt to send it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from grokchat import messages
from grokchat.api.endpoint import endpoint_for
from grokchat.chat.active_session import ActiveSession
from grokchat.chat.confirmation import Confirmation
from grokchat.chat.mentioned_files import read_mentioned, read_typed
from grokchat.chat.printer import Printer
from grokchat.chat.prompt_filling import PromptFilling
from grokchat.chat.queue import Queue
from grokchat.chat.queue_items import PreparedMessages, lines_of
from grokchat.chat.replies import Replies
from grokchat.commands.declare import Text
from grokchat.commands.outcomes import AskModel
from grokchat.commands.spans import format_span
from grokchat.config.settings import Layer, resolve_settings
from grokchat.errors import CommandError
from grokchat.session.deferred_replies import (
    check_deferrable,
    check_fetchable,
    check_none_awaited,
    describe_due,
    find_awaited,
    find_due_reply,
)
from grokchat.session.due_replies import DueReply
from grokchat.session.estimate import describe_large, estimate_tokens
from grokchat.session.session import Session
from grokchat.session.unsent import UnsentSecret

if TYPE_CHECKING:
    from grokchat.attachments.load import Attachment


class Sender:
    """Sends messages of the active session, one request at a time."""

    def __init__(
        self,
        active: ActiveSession,
        queue: Queue,
        printer: Printer,
        confirmation: Confirmation,
        prompt_filling: PromptFilling,
        replies: Replies,
    ) -> None:
        self._active = active
        self._queue = queue
        self._printer = printer
        self._confirmation = confirmation
        self._prompt_filling = prompt_filling
        self._replies = replies

    async def send(self, item: PreparedMessages | Text) -> None:
        """Add an item's messages to the session and ask for a reply, if the checks and the user allow it."""
        session = self._active.session
        self._refuse_while_due(item)
        self._queue.mark_started()  # leaving while a question is open must not add the message without an answer
        if isinstance(item, PreparedMessages) and item.prompts is not None:
            item = await self._prompt_filling.complete_messages(item, item.prompts)
        self._check_settings(item)
        mentioned = await self._read_mentioned(item)
        if not await self._confirm_content(item, mentioned):
            return
        attached = session.attachments
        bodies = _take_bodies(item, session, mentioned)
        if session.read_only_error is not None:
            if isinstance(item, Text):
                self._printer.print_input(item.text)
            session.held += bodies
            self._queue.mark_applied()
            reason = str(session.read_only_error).rstrip(".")
            self._printer.print_error(f"Not sent. {reason}; your message will be sent there.")
            return  # it is kept, so the items after it may follow
        if not await self._confirm_cost(item, bodies, attached):
            self._report_not_sent(item)
            return
        for attachment in mentioned:
            if attachment.note:
                self._printer.print_notice(f"{attachment.name}: {attachment.note}")
        self._print_sent(item, bodies, [*attached, *mentioned])
        with session.as_one_change():
            for body in bodies:
                session.add_message(body)
            self._queue.mark_applied()
            self._active.warn_if_unsaved()
            if any(body["role"] == "user" for body in bodies):
                await self._replies.request(session, session.settings)

    async def ask_again(self, outcome: AskModel) -> None:
        """Ask for another reply, or for the rest of one, for /retry and /continue.

        The messages that would be replaced are restored if no reply arrives.
        """
        session, before = self._active.session, self._active.session.state_id
        layer = Layer("/retry", outcome.values, outcome.params, search_options=outcome.search_options)
        settings = resolve_settings([*session.settings_layers(), layer])
        endpoint_for(settings).check(settings)
        check_deferrable(settings, outcome.joins, outcome.models)
        if outcome.notice:
            self._printer.print_notice(outcome.notice)
        self._printer.print_lines([""])
        for warning in outcome.warnings:
            self._printer.print_warning(warning)
        with session.as_one_change():
            if outcome.remove:
                session.remove(outcome.remove, more=True)
            try:
                if refused := await self._confirmation.confirm_secrets(session):
                    self._report_not_asked()
                    self._report_listed(refused)
                elif await self._confirmation.confirm_cost(session, settings, models=outcome.models):
                    self._queue.mark_applied()
                    await self._replies.request(session, settings, outcome.joins, outcome.models)
                else:
                    self._report_not_asked()
            finally:
                conversation = session.conversation.messages
                if outcome.remove and (not conversation or conversation[-1].role != "assistant"):
                    session.rewind(before)
                    count = session.message_count
                    self._printer.print_notice(f"restored {format_span(count + 1 - len(outcome.remove), count)}")

    async def await_next_due(self) -> None:
        """Say which deferred reply is due, and wait for it if the list does; raises GrokchatError."""
        session = self._active.session
        self._queue.mark_applied()
        if (due := find_due_reply(session)) is None:
            return
        is_awaited = find_awaited(session) is not None
        more = "" if is_awaited else " · /continue fetches it"
        self._printer.print_notice(f"{describe_due(due, session)}{more}", has_gap=True)
        if is_awaited:
            check_fetchable(session, due)
            await self._replies.await_due(session, due)

    async def await_due(self, due: DueReply) -> None:
        """Wait for a deferred reply; raises GrokchatError."""
        self._queue.mark_applied()
        self._printer.print_lines([""])
        await self._replies.await_due(self._active.session, due)

    def _refuse_while_due(self, item: PreparedMessages | Text) -> None:
        """Raise CommandError if the list waits for a deferred reply; a line can be brought back."""
        try:
            check_none_awaited(self._active.session)
        except CommandError:
            if isinstance(item, Text):
                self._printer.print_input(item.text)
            else:
                self._printer.print_not_done(*lines_of(item))
            raise

    def keep_unanswered(self, item: PreparedMessages | Text) -> bool:
        """Add an item's messages to the session without a request, when the chat is left.

        Returns False, without any change, if the session is read-only or if the user would have to be asked first.
        """
        session = self._active.session
        if session.read_only_error is not None:
            return False
        if isinstance(item, PreparedMessages) and item.prompts is not None and item.prompts.unfilled:
            return False
        try:
            mentioned = read_typed(item, session.attachments) if isinstance(item, Text) else []
        except CommandError:
            return False
        self._note_typed(item)
        attached = [*session.attachments, *mentioned]
        if describe_large(_untyped_tokens(item, attached), _context(session)) or self._confirmation.guard.find_in_new(
            session, _new_bodies(item), attached
        ):
            return False
        with session.as_one_change():
            for body in _take_bodies(item, session, mentioned):
                session.add_message(body)
        return True

    def _print_sent(
        self, item: PreparedMessages | Text, bodies: Sequence[Mapping[str, Any]], attached: Sequence[Attachment]
    ) -> None:
        if isinstance(item, PreparedMessages):
            image_names = item.image_names
        else:
            image_names = {attachment.url: attachment.name for attachment in attached if attachment.url}
        for index, body in enumerate(bodies):
            self._printer.print_sent_message(
                self._active.session.message_count + 1 + index,
                body,
                is_typed=isinstance(item, Text) and body is bodies[-1],
                has_question=[other["role"] for other in bodies[index : index + 2]] == ["user", "user"],
                image_names=image_names,
            )

    def _check_settings(self, item: PreparedMessages | Text) -> None:
        """Raise CommandError if a request with the session's settings cannot be sent."""
        settings = self._active.session.settings
        try:
            endpoint_for(settings).check(settings)
        except CommandError:
            if isinstance(item, Text):
                self._printer.print_input(item.text)
            raise

    async def _read_mentioned(self, item: PreparedMessages | Text) -> Sequence[Attachment]:
        """Return the files that a message mentions; raises CommandError if any cannot be sent."""
        if not isinstance(item, Text):
            return ()
        try:
            return await read_mentioned(item, self._active.session.attachments, self._confirmation)
        except CommandError:
            self._printer.print_input(item.text)
            raise

    async def _confirm_content(self, item: PreparedMessages | Text, mentioned: Sequence[Attachment]) -> bool:
        session = self._active.session
        self._note_typed(item)
        attached = [*session.attachments, *mentioned]
        if not await self._confirmation.confirm_size(_untyped_tokens(item, attached), _context(session)):
            self._report_not_sent(item)
            return False
        refused = await self._confirmation.confirm_secrets(session, _new_bodies(item), attached)
        if refused:
            if {secret.unsent.text for secret in refused} & {attachment.text for attachment in session.attachments}:
                session.attachments.clear()
            self._report_not_sent(item)
            self._report_listed(refused)
        return not refused

    def _note_typed(self, item: PreparedMessages | Text) -> None:
        if isinstance(item, Text) and not item.has_paste:
            self._confirmation.guard.note_typed(item.text)

    async def _confirm_cost(
        self, item: PreparedMessages | Text, bodies: Sequence[Mapping[str, Any]], attached: Sequence[Attachment]
    ) -> bool:
        session, is_allowed = self._active.session, False
        try:
            is_allowed = await self._confirmation.confirm_cost(session, session.settings, bodies)
        finally:
            if not is_allowed and isinstance(item, Text):
                session.attachments[:0] = attached
        return is_allowed

    def _report_not_asked(self) -> None:
        self._queue.hold()
        self._printer.print_notice("Not sent.")

    def _report_not_sent(self, item: PreparedMessages | Text) -> None:
        self._queue.hold()
        session = self._active.session
        more = " Up brings the line back." if isinstance(item, Text) else ""
        if session.attachments:
            more += " /file - removes the attached files."
        self._printer.print_notice(f"Not sent, and not added to the session.{more}", has_gap=True)

    def _report_listed(self, refused: Sequence[UnsentSecret]) -> None:
        """Say how to leave messages of the list out of requests."""
        numbers = {secret.unsent.number: None for secret in refused if secret.unsent.number}
        if numbers:
            spans = ",".join(map(str, numbers))
            self._printer.print_notice(f"/mute {spans} or /delete {spans} leaves it out of requests.", has_gap=True)


def _untyped_tokens(item: PreparedMessages | Text, attached: Sequence[Attachment]) -> int:
    """Return the tokens of an item that were pasted, attached or piped in."""
    if isinstance(item, PreparedMessages):
        return sum(estimate_tokens(body["content"]) for body in item.bodies)
    tokens = sum(attachment.tokens for attachment in attached)
    return tokens + estimate_tokens(item.text) if item.has_paste else tokens


def _new_bodies(item: PreparedMessages | Text) -> Sequence[Mapping[str, Any]]:
    """Return an item's messages without attachments."""
    return item.bodies if isinstance(item, PreparedMessages) else [messages.body("user", item.text)]


def _take_bodies(
    item: PreparedMessages | Text, session: Session, mentioned: Sequence[Attachment]
) -> Sequence[Mapping[str, Any]]:
    """Return an item's messages, with the files attached, which are removed from the session, and those mentioned."""
    if isinstance(item, PreparedMessages):
        return item.bodies
    if not session.attachments and not mentioned:
        return [messages.body("user", item.text)]
    from grokchat.attachments.load import to_messages

    attached, session.attachments = session.attachments, []
    return to_messages([*attached, *mentioned], item.text)


def _context(session: Session) -> int | None:
    return session.model_info.context if session.model_info is not None else None
