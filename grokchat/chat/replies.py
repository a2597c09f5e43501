"""Replies in the chat, from the checks before a request to the notes after its reply.

However a reply ends - complete, broken off or interrupted - the part received is on the screen (`chat/reply_display`)
and in the session: at Ctrl-C the cancellation closes `session/exchange`, which keeps it. Then `request` reports the
interruption and returns. What is queued is held by then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from grokchat.chat.confirmation import Confirmation
from grokchat.chat.connection import Connection
from grokchat.chat.model_catalog import CATALOG_TIMEOUT_S, ModelCatalog
from grokchat.chat.printer import Printer
from grokchat.chat.reply_display import ReplyDisplay
from grokchat.config.settings import Settings
from grokchat.environment import Environment
from grokchat.errors import ApiError, CommandError
from grokchat.messages import Message
from grokchat.session.deferred_replies import (
    describe_still_due,
    find_awaited,
    name_due,
    settings_of,
)
from grokchat.session.due_replies import DueReply
from grokchat.session.session import Session
from grokchat.terminal.interface import Screen
from grokchat.views.messages import footer_lines


class Replies:
    """Requests replies to the message list, and shows them."""

    def __init__(
        self,
        environment: Environment,
        printer: Printer,
        screen: Screen,
        connection: Connection,
        catalog: ModelCatalog,
        confirmation: Confirmation,
        display: ReplyDisplay,
        *,
        is_demo: bool,
    ) -> None:
        self._environment = environment
        self._printer = printer
        self._screen = screen
        self._connection = connection
        self._catalog = catalog
        self._confirmation = confirmation
        self._display = display
        self._is_demo = is_demo
        self._reported_models: set[tuple[str, str, str]] = set()

    async def request(
        self, session: Session, settings: Settings, joins: Message | None = None, models: Sequence[str] = ()
    ) -> None:
        """Request a reply, or the continuation of the partial reply `joins`, or a reply of each of several models.

        Raises GrokchatError.

        Every request for a reply passes here, so nothing that looks like a secret leaves without an answer of the user.
        """
        if await self._confirmation.confirm_secrets(session):
            raise CommandError("Not sent.")
        self._confirmation.guard.note_sent(session.conversation.sent())
        self._catalog.cancel_idle_load()
        if models:
            await self._display.run(self._receive_several(session, settings, models), settings)
            return
        await self._run(self._receive(session, settings, joins), session, settings)

    async def await_due(self, session: Session, due: DueReply) -> None:
        """Wait for a deferred reply that is due; raises GrokchatError."""
        settings = settings_of(session, due)
        await self._run(self._receive(session, settings, due=due), session, settings, due)

    async def _run(
        self, receiving: Coroutine[Any, Any, None], session: Session, settings: Settings, due: DueReply | None = None
    ) -> None:
        """Run what receives a reply, which may be due, and say so if it is stopped."""
        try:
            is_stopped = not await self._display.run(receiving, settings)
        except asyncio.CancelledError:
            self._report_interruption(session, due)
            raise
        if is_stopped:
            self._report_interruption(session, due)

    async def _receive(
        self, session: Session, settings: Settings, joins: Message | None = None, due: DueReply | None = None
    ) -> None:
        client = await self._connection.client(settings)

        from grokchat.session.exchange import await_reply, exchange
        from grokchat.session.refusals import describe_cause

        before = session.conversation.messages
        if due is None:
            stream = exchange(session, client, self._environment, settings, joins=joins)
        else:
            stream = await_reply(session, client, self._environment, settings, due)
        try:
            finished = await self._display.show(
                stream,
                settings,
                partial_text="" if joins is None else joins.text,
                has_citations=joins is not None and bool(joins.sources),
                footer=lambda: self._footer(session, settings, before),
            )
        except ApiError as error:
            cause = describe_cause(error, session.conversation, is_chat=True)
            error.add_advice(f"{cause} {describe_still_due(session, is_chat=True)}".strip())
            raise
        notes = () if finished is None else finished.notes
        answered_by = None if finished is None else finished.builder.model
        for note in filter(None, (await self.describe_other_model(session, settings, answered_by), *notes)):
            self._printer.print_warning(note, has_gap=True)
        self._catalog.load_when_idle(session)

    async def _receive_several(self, session: Session, settings: Settings, models: Sequence[str]) -> None:
        try:
            client = await self._connection.client(settings)
        except asyncio.CancelledError:
            self._report_interruption(session)
            raise

        from grokchat.chat.several_replies import SeveralReplies
        from grokchat.session.several_models import requests_for

        several = SeveralReplies(
            self._environment,
            self._printer,
            self._screen,
            self._display,
            session,
            client,
            requests_for(settings, models),
            is_demo=self._is_demo,
        )
        await several.receive()
        for reply in several.replies:
            if note := await self.describe_other_model(session, reply.settings, reply.builder.model):
                self._printer.print_warning(note, has_gap=True)
        self._catalog.load_when_idle(session)

    def _footer(self, session: Session, settings: Settings, before: Sequence[Message]) -> Sequence[str]:
        """Return the reply's footer; `before` are the messages before the request: one that failed has added none."""
        messages = session.conversation.messages
        if not messages or messages[-1].role != "assistant" or (before and before[-1].id == messages[-1].id):
            return ()
        return footer_lines(
            len(messages),
            messages[-1],
            self._screen.width,
            self._printer.style,
            position=session.alternatives.position(messages[-1].id),
            has_figures=settings.reply_footer,
        )

    async def describe_other_model(self, session: Session, settings: Settings, answered_by: str | None) -> str:
        """Return a note that another model replied, once per session; "" if the API lists it as an alias."""
        from grokchat.session.reply_notes import describe_model_mismatch

        models = (session.id, settings.model, answered_by or settings.model)
        if models[1] == models[2] or models in self._reported_models:
            return ""
        await self._catalog.load_for(session, CATALOG_TIMEOUT_S)
        self._reported_models.add(models)
        return describe_model_mismatch(answered_by, session, settings)

    def _report_interruption(self, session: Session, due: DueReply | None = None) -> None:
        if due is None or due not in session.due_replies:
            due = find_awaited(session)
        if due is not None:
            text = f"stopped waiting · {name_due(due, session)} stays due · /continue waits for it"
            self._printer.print_warning(text, has_gap=True)
            return
        messages = session.conversation.messages
        if messages and messages[-1].role == "assistant" and not messages[-1].is_interrupted:
            return  # it was complete before it was stopped
        more = "/continue resumes it, " if messages and messages[-1].is_interrupted else ""
        self._printer.print_warning(f"interrupted · {more}/retry asks again", has_gap=True)
