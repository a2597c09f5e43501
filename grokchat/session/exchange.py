"""One exchange: sends the message list, receives the reply, and saves each part of it as it arrives.

An iterator of events for the caller to display. However it ends - finished, broken off, cancelled, closed early - the
received part of the reply is in the session by then.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from grokchat.api.client import Attempt, Client, Retrying
from grokchat.api.endpoint import endpoint_for
from grokchat.api.reply_builder import Delta, ReplyBuilder
from grokchat.api.retry import MAX_ATTEMPTS
from grokchat.config.settings import Settings
from grokchat.environment import Environment
from grokchat.errors import ApiError, CommandError
from grokchat.messages import Message
from grokchat.records import record
from grokchat.session.reply_recorder import ReplyRecorder
from grokchat.session.session import Session


@record
class Finished:
    """The reply is complete and saved; `notes` are for the user."""

    builder: ReplyBuilder
    notes: tuple[str, ...] = ()


@record
class Unanswered:
    """There is no answer, only reasoning if anything. It is saved; an ApiError follows."""

    builder: ReplyBuilder


async def exchange(
    session: Session,
    client: Client,
    environment: Environment,
    settings: Settings,
    *,
    joins: Message | None = None,
    is_chat: bool = True,
) -> AsyncGenerator[Retrying | Delta | Finished | Unanswered, None]:
    """Request a reply to the session's messages, or the rest of `joins`, the last message.

    With `is_chat`, the notes name slash commands, otherwise shell commands.

    Raises ApiError, also for an image that the API is known to refuse, and CommandError for a request that cannot be
    sent.
    """
    check_sent(session, settings)
    recorder = ReplyRecorder(session, environment, settings, joins)
    try:
        body = session.requests.start(settings)
        async with aclosing(client.reply(body, conversation_id=session.conversation_id, settings=settings)) as events:
            async for event in events:
                if isinstance(event, Attempt):
                    recorder.builder = event.builder
                    continue
                if isinstance(event, Delta):
                    recorder.add_delta(event)
                yield event
        late = recorder.complete()
        recorder.save()
        if late:
            yield late
    except ApiError as error:
        session.requests.locate(error, settings)
        if not recorder.is_unanswered:
            raise
        recorder.save()
        yield Unanswered(recorder.builder)

        from grokchat.session.reply_notes import without_answer

        raise without_answer(error, session) from error
    finally:
        recorder.save()
    yield Finished(recorder.builder, _notes(recorder, joins, session, is_chat=is_chat))


def _notes(recorder: ReplyRecorder, joins: Message | None, session: Session, *, is_chat: bool) -> tuple[str, ...]:
    """Return what is unusual about the end of a complete reply."""
    if joins is None and recorder.is_usual:
        return ()
    from grokchat.session.reply_notes import describe_end

    return describe_end(recorder.reply, recorder.builder, joins, session, is_chat=is_chat)


def check_sent(session: Session, settings: Settings) -> None:
    """Raise CommandError if there is nothing to send, or if a parameter has no place in the request.

    Raises ApiError for an image that the API is known to refuse.
    """
    endpoint_for(settings).check(settings)
    sent = session.conversation.sent()
    if not sent:
        raise CommandError(
            "Nothing to send: the list is empty or all messages are muted. /unmute RANGE sends them again.",
            in_shell="Nothing to send: the list is empty or all messages are muted. Give a PROMPT.",
        )
    if any(isinstance(message.body.get("content"), list) for message in sent):
        from grokchat.session.refusals import check_images

        check_images(session.conversation)


def describe_retry(retrying: Retrying) -> str:
    """Return the line that announces another attempt."""
    return f"{retrying.reason} · try {retrying.attempt_number} of {MAX_ATTEMPTS} in {retrying.delay_s:.1f} s"
