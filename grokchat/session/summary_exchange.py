"""The exchange for a summary: sends some messages with an instruction, receives the summary, and saves what it was.

An iterator of events for the caller to display, like that of `exchange`. However it ends, the message list is as it
was, and what has been received is in the session's file, because it was paid for.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from grokchat.api.choice import Choice
from grokchat.api.client import Attempt, Client, Retrying
from grokchat.api.failures import PART_IS_KEPT
from grokchat.api.reply_builder import Delta, ReplyBuilder
from grokchat.config.settings import Settings
from grokchat.environment import Environment
from grokchat.errors import Advice, ApiError, BrokenReplyError, RefusedError
from grokchat.messages import Message, ReplyInfo
from grokchat.records import replace
from grokchat.session.exchange import Finished, Unanswered
from grokchat.session.reply_recorder import choice_info
from grokchat.session.session import Session

_CUT = frozenset({"length", "max_tokens"})
_REFUSED = frozenset({"content_filter", "refusal"})


class SummaryRecorder:
    """The summary that is being received, and its place in the session's file."""

    def __init__(self, session: Session, environment: Environment) -> None:
        self.builder = ReplyBuilder()
        self._session = session
        self._clock = environment.clock
        self._started_at = self._clock()
        self._is_saved = False

    @property
    def choice(self) -> Choice:
        """The choice that is the summary: the first that has text, or the first."""
        choices = self.builder.choices or [Choice(0)]
        return next((choice for choice in choices if choice.text.strip()), choices[0])

    @property
    def info(self) -> ReplyInfo:
        """The metadata, as far as it has been received."""
        info = choice_info(self.builder, self.choice, self._clock() - self._started_at)
        return replace(info, usage=self.builder.usage)

    def save(self) -> None:
        """Save what has been received, if anything has, unless that was done."""
        if not self._is_saved and (self.builder.has_content or self.builder.usage is not None):
            self._session.add_summary(self.choice.text, self.info, reasoning=self.choice.reasoning)
        self._is_saved = True


async def exchange_summary(
    session: Session,
    client: Client,
    settings: Settings,
    messages: Sequence[Message],
    recorder: SummaryRecorder,
) -> AsyncGenerator[Retrying | Delta | Finished | Unanswered, None]:
    """Request a summary with these messages, of which the last is the instruction, and receive it into `recorder`.

    Raises ApiError, also for a summary that cannot stand for the messages: an empty, cut or refused one.
    """
    try:
        body = session.requests.encode(messages, settings)
        async with aclosing(client.reply(body, conversation_id=session.conversation_id, settings=settings)) as events:
            async for event in events:
                if isinstance(event, Attempt):
                    recorder.builder = event.builder
                elif isinstance(event, Retrying | Delta):
                    yield event
        if recorder.choice.text != recorder.builder.text:  # no delta had it, because it is another choice's
            yield Delta(recorder.choice.text, "")
        _check(recorder.choice)
    except ApiError as error:
        if recorder.choice.reasoning and not recorder.choice.text.strip():
            yield Unanswered(recorder.builder)
        if error.advice is PART_IS_KEPT:
            error.advice = Advice(when="")  # no part of it is in the list, to be continued
        raise
    finally:
        recorder.save()
    yield Finished(recorder.builder)


def _check(choice: Choice) -> None:
    """Raise ApiError if a summary cannot stand for the messages."""
    if choice.refusal or choice.finish_reason in _REFUSED:
        raise RefusedError("The model refused to summarize these messages.", Advice(when=None))
    if choice.finish_reason in _CUT:
        advice = Advice("/compact RANGE with fewer messages needs a shorter one.", when=None)
        raise BrokenReplyError("The summary was cut at its length limit.", advice)
    if choice.calls:
        raise BrokenReplyError("The model called a tool instead of writing a summary.", Advice(when=""))
    if not choice.text.strip():
        raise BrokenReplyError("The summary has no text.", Advice(when=""))
