"""Replies in the chat: one at a time on the screen, from the request to the notes after it.

However a reply ends - complete, broken off or interrupted - the part received is on the screen and in the session.
At Ctrl-C `chat/worker` calls `stop`, which cancels the task that runs `_receive`. The cancellation closes
`session/exchange`, which keeps the part in the session, and `LiveReply.finish` prints what has not been drawn yet; then
`request` reports the interruption and returns. What is queued is held by then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from grokchat.chat.bugs import BugReports
from grokchat.chat.confirmation import Confirmation
from grokchat.chat.connection import Connection
from grokchat.chat.model_catalog import CATALOG_TIMEOUT_S, ModelCatalog
from grokchat.chat.notification import notification_codes
from grokchat.chat.printer import Printer
from grokchat.chat.shell_integration import FAILED, FINISHED, INTERRUPTED
from grokchat.config.settings import Settings
from grokchat.environment import Environment
from grokchat.errors import ApiError, CommandError
from grokchat.messages import Message
from grokchat.records import replace
from grokchat.session.session import Session
from grokchat.terminal.interface import Screen
from grokchat.views.messages import footer_lines

if TYPE_CHECKING:
    from grokchat.api.client import Retrying
    from grokchat.chat.live_reply import LiveReply

_YIELD_EVERY_S = 0.002
"""How long a burst of deltas may keep the loop from a typed key."""


class Replies:
    """Requests replies and shows them. `stop` and `status` are about the current one."""

    def __init__(
        self,
        environment: Environment,
        printer: Printer,
        screen: Screen,
        connection: Connection,
        catalog: ModelCatalog,
        confirmation: Confirmation,
        bugs: BugReports,
    ) -> None:
        self._environment = environment
        self._printer = printer
        self._screen = screen
        self._connection = connection
        self._catalog = catalog
        self._confirmation = confirmation
        self._bugs = bugs
        self._reply: asyncio.Task[None] | None = None
        self._started_at = 0.0
        self._reported_models: set[tuple[str, str, str]] = set()

    def stop(self) -> bool:
        """Stop the reply; the part received is kept. Returns False if none is running."""
        if self._reply is None:
            return False
        self._reply.cancel()
        return True

    def status(self) -> str:
        """Return the reply's state for the bottom line; "" if none is running."""
        if self._reply is None:
            return ""
        live_reply = self._printer.live_reply
        state = live_reply.state if live_reply is not None else "waiting"
        return f"{state} {self._environment.clock() - self._started_at:.0f} s, Ctrl-C stops"

    async def request(self, session: Session, settings: Settings, joins: Message | None = None) -> None:
        """Request a reply, or the continuation of the partial reply `joins`; raises GrokchatError.

        Every request of the chat passes here, so nothing that looks like a secret leaves without an answer of the user.
        """
        if await self._confirmation.confirm_secrets(session):
            raise CommandError("Not sent.")
        self._confirmation.guard.note_sent(session)
        self._started_at = self._environment.clock()
        self._catalog.cancel_idle_load()
        self._reply = asyncio.create_task(self._receive(session, settings, joins))
        self._screen.watch_focus(settings.notify != "off")
        try:
            await asyncio.wait({self._reply})
        except asyncio.CancelledError:
            self._reply.cancel()
            await asyncio.wait({self._reply})
            self._report_interruption(session)
            raise
        finally:
            self._screen.watch_focus(False)
            reply, self._reply = self._reply, None
        if reply.cancelled():
            self._report_interruption(session)
            return
        if self._environment.clock() - self._started_at >= settings.notify_after:
            self._notify(settings, has_failed=reply.exception() is not None)
        reply.result()

    async def _receive(self, session: Session, settings: Settings, joins: Message | None) -> None:
        client = await self._connection.client(settings)

        from grokchat.api.client import Retrying
        from grokchat.api.reply_builder import Delta
        from grokchat.chat.live_reply import LiveReply
        from grokchat.session.exchange import Unanswered, exchange
        from grokchat.session.refusals import describe_cause

        partial_text = "" if joins is None else joins.text
        before = session.conversation.messages
        marks, turn_status = self._printer.marks, FAILED
        self._printer.live_reply = live = LiveReply(
            self._screen,
            self._printer.style,
            settings,
            self._environment.clock,
            partial_text=partial_text,
            end_codes=marks.pop_codes,
        )
        ticker = asyncio.create_task(self._tick())
        notes: tuple[str, ...] = ()
        answered_by = None
        try:
            async with aclosing(exchange(session, client, self._environment, settings, joins=joins)) as events:
                last_yield = self._environment.clock()
                async for event in events:
                    if isinstance(event, Delta):
                        with self._bugs.reported():  # received even if it cannot be shown
                            live.add_delta(event)
                        await live.drain()
                        if self._environment.clock() - last_yield > _YIELD_EVERY_S:
                            await asyncio.sleep(0)
                            last_yield = self._environment.clock()
                    elif isinstance(event, Retrying):
                        self._show_retry(live, replace(event, reason=self._environment.redact(event.reason)))
                    elif isinstance(event, Unanswered):
                        live.show_reasoning()
                    else:
                        notes, answered_by, turn_status = event.notes, event.builder.model, FINISHED
        except asyncio.CancelledError:
            turn_status = INTERRUPTED
            raise
        except ApiError as error:
            error.add_advice(describe_cause(error, session.conversation, is_chat=True))
            raise
        finally:
            marks.end_turn(turn_status)
            ticker.cancel()
            await self._finish(live, session, settings, before)
        for note in filter(None, (await self._other_model_note(session, settings, answered_by), *notes)):
            self._printer.print_warning(note, has_gap=True)
        self._catalog.load_when_idle(session)

    def _show_retry(self, live: LiveReply, retrying: Retrying) -> None:
        from grokchat.api.retry import MAX_ATTEMPTS
        from grokchat.session.exchange import describe_retry

        if not live.add_retry(retrying, MAX_ATTEMPTS):
            self._printer.print_warning(describe_retry(retrying))

    async def _finish(self, live: LiveReply, session: Session, settings: Settings, before: Sequence[Message]) -> None:
        """Print the rest of the reply, its footer, and what has waited for its end.

        `before` are the messages before the request: a request that failed has added none.
        """
        try:
            with self._bugs.reported():
                await live.finish(self._footer(session, settings, before))
        finally:
            self._printer.live_reply = None
        self._printer.print_lines(live.pop_held())
        if live.is_broken:
            self._print_unshown(session)

    def _footer(self, session: Session, settings: Settings, before: Sequence[Message]) -> Sequence[str]:
        messages = session.conversation.messages
        if not messages or messages[-1].role != "assistant" or (before and before[-1].id == messages[-1].id):
            return ()
        width, style = self._screen.width, self._printer.style
        return footer_lines(len(messages), messages[-1], width, style, has_figures=settings.reply_footer)

    def _print_unshown(self, session: Session) -> None:
        """Print the text of the reply that could not be shown because of a bug, unchanged."""
        from grokchat.views.documents import document_lines

        messages = session.conversation.messages
        if messages and messages[-1].role == "assistant":
            self._printer.print_lines([*document_lines(messages[-1].text), ""])

    async def _other_model_note(self, session: Session, settings: Settings, answered_by: str | None) -> str:
        """Return a note that another model replied, once per session; "" if the API lists it as an alias."""
        from grokchat.session.exchange import describe_model_mismatch

        models = (session.id, settings.model, answered_by or settings.model)
        if models[1] == models[2] or models in self._reported_models:
            return ""
        await self._catalog.load_for(session, CATALOG_TIMEOUT_S)
        self._reported_models.add(models)
        return describe_model_mismatch(answered_by, session, settings)

    async def _tick(self) -> None:
        """Update the elapsed time every second."""
        while True:
            await asyncio.sleep(1.0)
            if self._printer.live_reply is not None:
                self._printer.live_reply.update_elapsed_time()
            self._screen.refresh()

    def _notify(self, settings: Settings, *, has_failed: bool) -> None:
        codes = notification_codes(
            self._environment.variables, settings.notify, is_unfocused=self._screen.is_unfocused, has_failed=has_failed
        )
        if codes:
            self._screen.send_codes(codes)

    def _report_interruption(self, session: Session) -> None:
        messages = session.conversation.messages
        if messages and messages[-1].role == "assistant" and not messages[-1].is_interrupted:
            return  # it was complete before it was stopped
        more = "/continue resumes it, " if messages and messages[-1].is_interrupted else ""
        self._printer.print_warning(f"interrupted · {more}/retry asks again", has_gap=True)
