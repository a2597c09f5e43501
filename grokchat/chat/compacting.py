"""Compacting: asks the model for a summary of messages, shows it, and puts it in their place.

The change of the list comes last and at once, so whatever happens before it - a failure, Ctrl-C, a summary that cannot
be used, a crash - leaves the list as it was. Messages that are too many for the model's context are compacted in parts,
each with the summary of those before it: how many fit is known from the API's list of models, or learned from its
refusal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from grokchat import messages
from grokchat.chat.active_session import ActiveSession
from grokchat.chat.confirmation import Confirmation
from grokchat.chat.connection import Connection
from grokchat.chat.model_catalog import CATALOG_TIMEOUT_S, ModelCatalog
from grokchat.chat.printer import Printer
from grokchat.chat.queue import Queue
from grokchat.chat.replies import Replies
from grokchat.chat.reply_display import ReplyDisplay
from grokchat.commands.compact import compaction_notice
from grokchat.commands.outcomes import CompactMessages
from grokchat.commands.spans import format_spans
from grokchat.config.settings import Settings
from grokchat.environment import Environment
from grokchat.errors import ApiError, CommandError
from grokchat.message_summaries import write_instruction
from grokchat.session.conversation import Conversation
from grokchat.session.deferred_replies import check_none_awaited
from grokchat.session.estimate import estimate_tokens
from grokchat.session.session import Session
from grokchat.terminal.interface import Screen
from grokchat.views.messages import heading_lines, summary_footer_lines

if TYPE_CHECKING:
    from grokchat.api.client import Client
    from grokchat.api.usage import Usage
    from grokchat.messages import Message
    from grokchat.session.compaction import Compaction
    from grokchat.session.summary_exchange import SummaryRecorder
    from grokchat.session.summary_parts import Part, SummaryParts

_NOTHING_DONE = "Nothing was compacted."
_MAX_SPANS_COLUMNS = 30
"""Of numbers of messages, in a heading."""


class Compactor:
    """Carries out /compact."""

    def __init__(
        self,
        environment: Environment,
        active: ActiveSession,
        queue: Queue,
        printer: Printer,
        screen: Screen,
        *,
        connection: Connection,
        catalog: ModelCatalog,
        confirmation: Confirmation,
        replies: Replies,
        display: ReplyDisplay,
    ) -> None:
        self._environment = environment
        self._active = active
        self._queue = queue
        self._printer = printer
        self._screen = screen
        self._connection = connection
        self._catalog = catalog
        self._confirmation = confirmation
        self._replies = replies
        self._display = display

    async def compact(self, outcome: CompactMessages) -> None:
        """Ask for the summary and put it in the place of the messages, if the checks and the user allow it.

        Raises GrokchatError, with the list as it was.
        """
        from grokchat.session.compaction import summary_settings
        from grokchat.session.summary_parts import SummaryParts

        session = self._active.session
        check_none_awaited(session)
        settings = summary_settings(session.settings)
        await self._check_content(session, outcome)
        self._catalog.cancel_idle_load()
        await self._catalog.load_for(session, CATALOG_TIMEOUT_S)
        parts = SummaryParts(session, outcome.compaction, write_instruction(outcome.hint))
        self._print_plan(outcome.compaction, parts)
        before = session.totals.usage
        if await self._display.run(self._receive_all(outcome.compaction, parts, settings), settings):
            self._apply(outcome.compaction, parts.summary, _cost_since(session, before))
        else:
            self._printer.print_warning("interrupted · nothing was compacted", has_gap=True)
        self._catalog.load_when_idle(session)

    async def _check_content(self, session: Session, outcome: CompactMessages) -> None:
        """Check what is going to be sent, and ask where that is needed; raises GrokchatError."""
        from grokchat.session.refusals import check_images

        listed, hint = outcome.compaction.messages, outcome.hint
        try:
            check_images(_only(session.conversation, listed))
        except ApiError as error:
            raise self._explained(error, listed) from error
        context = session.model_info.context if session.model_info is not None else None
        if not await self._confirmation.confirm_size(estimate_tokens(hint), context, is_repeated=False):
            raise CommandError(f"Not sent. {_NOTHING_DONE}")
        added = [messages.body("user", hint)] if hint else []
        refused = await self._confirmation.confirm_secrets(session, added, messages=listed)
        if refused:
            numbers = dict.fromkeys(str(secret.unsent.number) for secret in refused if secret.unsent.number)
            advice = f" /mute {','.join(numbers)} leaves it out of requests." if numbers else ""
            raise CommandError(f"Not sent. {_NOTHING_DONE}{advice}")
        self._confirmation.guard.note_sent(listed)

    async def _receive_all(self, compaction: Compaction, parts: SummaryParts, settings: Settings) -> None:
        """Receive and show the summary of each part; raises GrokchatError."""
        session = self._active.session
        client = await self._connection.client(settings)
        while not parts.is_finished:
            part = parts.take()
            if not await self._confirmation.confirm_cost(session, settings, messages=part.request):
                raise CommandError(f"Not sent. {_NOTHING_DONE}")
            self._print_heading(compaction, part, parts.count + 1)
            try:
                parts.accept(part, await self._receive(client, settings, part))
            except ApiError as error:
                if error.about != "context" and not (error.about == "size" and len(part.numbers) > 1):
                    raise self._explained(error, part.request) from error
                parts.shrink(part)
                self._printer.print_warning("too much for one request: compacting in smaller parts", has_gap=True)

    async def _receive(self, client: Client, settings: Settings, part: Part) -> str:
        """Receive and show the summary of a part; return it."""
        from grokchat.session.summary_exchange import SummaryRecorder, exchange_summary

        session = self._active.session
        recorder = SummaryRecorder(session, self._environment)
        stream = exchange_summary(session, client, settings, part.request, recorder)
        await self._display.show(stream, settings, footer=lambda: self._footer(recorder, settings))
        if note := await self._replies.describe_other_model(session, settings, recorder.builder.model):
            self._printer.print_warning(note, has_gap=True)
        return recorder.choice.text

    def _footer(self, recorder: SummaryRecorder, settings: Settings) -> Sequence[str]:
        if not recorder.builder.has_content or not settings.reply_footer:
            return ()
        return summary_footer_lines(recorder.info, self._screen.width, self._printer.style)

    def _explained(self, error: ApiError, request: Sequence[Message]) -> ApiError:
        """Return an error about a request with the messages of the list that caused it, and what has become of that."""
        from grokchat.session.refusals import describe_cause

        conversation = self._active.session.conversation
        if error.position is not None and not request[0].id:  # it begins with the summary so far
            error.position -= 1
        cause = describe_cause(error, _only(conversation, request), is_chat=True)
        error.add_advice(" ".join(filter(None, (cause, _NOTHING_DONE))))
        error.retry_command = "/compact"
        return error

    def _apply(self, compaction: Compaction, summary: str, cost_ticks: int | None) -> None:
        from grokchat.session.compaction import apply_compaction

        session = self._active.session
        before = session.requests.estimate()
        numbers = format_spans(compaction.numbers_after)
        summary_id = apply_compaction(session, compaction, summary, numbers)
        self._queue.mark_applied()
        self._confirmation.guard.note_received(summary_id)
        self._printer.print_outcome(compaction_notice(session, compaction, before, cost_ticks), session)

    def _print_plan(self, compaction: Compaction, parts: SummaryParts) -> None:
        """Print what is done otherwise than the user might expect; raises CommandError if it cannot be done."""
        split = parts.describe_split()
        if compaction.added:
            numbers = format_spans(compaction.added)
            self._printer.print_notice(f"{numbers} too: a tool call and its results stay together")
        if split:
            self._printer.print_notice(split)
        self._printer.print_lines([""])

    def _print_heading(self, compaction: Compaction, part: Part, number: int) -> None:
        """Print what the stream below it is."""
        heading = f"Summary of {format_spans(compaction.numbers, _MAX_SPANS_COLUMNS)}"
        if len(part.numbers) < len(compaction.numbers):
            heading += f", part {number}: {format_spans(part.numbers, _MAX_SPANS_COLUMNS)}"
        self._printer.print_lines([*heading_lines(heading, self._screen.width, self._printer.style), ""])


def _only(conversation: Conversation, request: Sequence[Message]) -> Conversation:
    """Return the list with all messages muted that a request does not carry."""
    ids = {message.id for message in conversation}.difference(message.id for message in request)
    return Conversation(conversation.messages, frozenset(ids))


def _cost_since(session: Session, before: Usage) -> int | None:
    """Return what has been spent since then, or None if the API has not reported it."""
    now, earlier = session.totals.usage.cost_ticks or 0, before.cost_ticks or 0
    return now - earlier or None
