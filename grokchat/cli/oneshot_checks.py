"""What a one shot checks before its request: it cannot ask the user, so it refuses what the chat would ask about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from grokchat.api.client import Client
from grokchat.errors import ApiError, CommandError, RefusedError, UsageError
from grokchat.session.deferred_replies import (
    check_fetchable,
    check_none_awaited,
    find_awaited,
    find_due_reply,
)
from grokchat.session.due_replies import DueReply
from grokchat.session.estimate import describe_large, estimate_tokens
from grokchat.session.session import Session


class OneShotChecks:
    """The checks of one call; `messages` are to be added to the session. `report` writes a line to standard error."""

    def __init__(self, session: Session, messages: Sequence[Mapping[str, Any]], report: Callable[[str], None]) -> None:
        self._session = session
        self._messages = messages
        self._report = report

    def check_content(self) -> None:
        """Refuse secrets if `leak_guard` is "always", read-only sessions.

        Warns of damage and size.
        """
        session = self._session
        for report in session.opening_reports:
            self._report(report)
        if session.settings.leak_guard == "always":
            self._check_secrets()
        if session.read_only_error is not None:
            raise session.read_only_error
        if (due := self.due) is not None:
            self._check_due(due)
        elif not self._has_question:
            self._check_unanswered()
        if size := describe_large(sum(estimate_tokens(body.get("content")) for body in self._outgoing()), None):
            self._report(f"{size} are sent")

    @property
    def due(self) -> DueReply | None:
        """The deferred reply that this call waits for instead of sending anything, or that keeps it from sending."""
        return find_awaited(self._session) if self._messages else find_due_reply(self._session)

    def _check_due(self, due: DueReply) -> None:
        """Raise UsageError if there are messages to send, and if the reply that is due cannot be fetched here."""
        try:
            if self._messages:
                check_none_awaited(self._session)
            check_fetchable(self._session, due)
        except CommandError as error:
            raise UsageError(error.shell_text) from error

    @property
    def _has_question(self) -> bool:
        """Whether there is a user message to add to the session."""
        return any(body["role"] == "user" for body in self._messages)

    def _outgoing(self) -> Sequence[Mapping[str, Any]]:
        """Return the messages that this call is about: the new ones, or those of the list that is sent unchanged."""
        listed = [] if self._has_question else [message.body for message in self._session.conversation.sent()]
        return [*listed, *self._messages]

    def _check_unanswered(self) -> None:
        """Raise UsageError unless the last message that is sent waits for a reply."""
        sent = self._session.conversation.sent()
        if not sent:
            problem = (
                "All messages of the session are muted" if len(self._session.conversation) else "The session is empty"
            )
            raise UsageError(f"{problem}: nothing to send. Give a PROMPT, pipe text in, or attach a file with -f.")
        if sent[-1].role == "assistant":
            raise UsageError(
                "The session ends with a reply: nothing to send. Give a PROMPT. To continue that reply, resume the "
                "session in the chat and type /continue."
            )

    def _check_secrets(self) -> None:
        from grokchat.session.unsent import (
            describe_unsent_secrets,
            find_unsent_secrets,
            listed_texts,
            new_texts,
            unsent_messages,
        )

        session = self._session
        new, listed = new_texts(self._messages, session.message_count), listed_texts(unsent_messages(session))
        if secrets := find_unsent_secrets([*new, *listed]):
            raise UsageError(
                f"Nothing was sent. {describe_unsent_secrets(secrets)}. Remove it, or set leak_guard "
                'to "chat" in the config file: then only the chat asks.'
            )

    async def check_cost(self, client: Client, models: Sequence[str]) -> None:
        """Refuse requests to these models that would take the session past max_cost, or search at an unknown cost."""
        session = self._session
        if not session.settings.max_cost:
            return
        from grokchat.session.cost_limit import check_cost

        try:
            session.catalog = await client.models(session.settings)
        except RefusedError:
            pass  # a server without prices: the cost is unknown, which is reported
        except ApiError as error:
            error.message = f"Nothing was sent: max_cost needs the API's prices. {error.message}"
            error.add_advice("--max-cost 0 sends without the check.")
            raise
        estimate = check_cost(session, session.settings, self._messages, models)
        if estimate.warning:
            self._report(estimate.warning)
        if estimate.is_over_limit:
            raise UsageError(
                f"Nothing was sent: {estimate.problem}. --max-cost USD raises the limit for this call, 0 removes it."
            )
        if estimate.problem:
            raise UsageError(f"Nothing was sent: {estimate.problem}. --max-cost 0 sends without the check.")
