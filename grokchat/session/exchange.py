"""One exchange: sends the message list, receives the reply, and saves each part of it as it arrives.

An iterator of events for the caller to display. However it ends - finished, broken off, cancelled, closed early - the
received part of the reply is in the session by then.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from grokchat.api.client import Attempt, Client, ReplyEvent, Retrying
from grokchat.api.deferred import Accepted, NoReplyError, PollFailed
from grokchat.api.endpoint import endpoint_for
from grokchat.api.reply_builder import Delta, ReplyBuilder
from grokchat.api.retry import MAX_ATTEMPTS
from grokchat.config.settings import Settings
from grokchat.environment import Environment
from grokchat.errors import ApiError, BrokenReplyError, CommandError
from grokchat.messages import Message
from grokchat.records import record
from grokchat.session.deferred_replies import check_none_awaited, describe_place
from grokchat.session.due_replies import EMPTY, GONE, DueReply
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


@record
class Waiting:
    """The API has deferred the reply, and it is waited for; `is_saved` is false if only this run knows that.

    `problem` is why the API could not be asked for it: it is asked again.
    """

    due: DueReply
    is_saved: bool = True
    problem: str = ""


Event = Retrying | Delta | Waiting | Finished | Unanswered
"""What `exchange` and `await_reply` yield."""


async def exchange(
    session: Session,
    client: Client,
    environment: Environment,
    settings: Settings,
    *,
    joins: Message | None = None,
    is_chat: bool = True,
) -> AsyncGenerator[Event, None]:
    """Request a reply to the session's messages, or the rest of `joins`, the last message.

    With `is_chat`, the notes name slash commands, otherwise shell commands.

    Raises ApiError, also for an image that the API is known to refuse, and CommandError for a request that cannot be
    sent.
    """
    check_sent(session, settings)
    recorder = ReplyRecorder(session, environment, settings, joins)
    try:
        body = session.requests.start(settings)
        reply = client.reply(body, conversation_id=session.conversation_id, settings=settings)
        async with aclosing(_receive(reply, recorder, session, environment, settings)) as events:
            async for event in events:
                yield event
    finally:
        recorder.save()
    yield Finished(recorder.builder, _notes(recorder, joins, session, is_chat=is_chat))


async def await_reply(
    session: Session,
    client: Client,
    environment: Environment,
    settings: Settings,
    due: DueReply,
    *,
    is_chat: bool = True,
) -> AsyncGenerator[Event, None]:
    """Wait for a deferred reply that is due. Raises ApiError."""
    recorder = ReplyRecorder(session, environment, settings, due=due)
    reply = client.deferred_reply(due.request_id, due.since, settings=settings)
    yield Waiting(due)
    async with aclosing(_receive(reply, recorder, session, environment, settings)) as events:
        async for event in events:
            yield event
    yield Finished(recorder.builder, _notes(recorder, None, session, is_chat=is_chat))


async def _receive(
    reply: AsyncGenerator[ReplyEvent, None],
    recorder: ReplyRecorder,
    session: Session,
    environment: Environment,
    settings: Settings,
) -> AsyncGenerator[Event, None]:
    """Receive a reply, and save it. A deferred one is on the disk before anything else is done with it."""
    unseen: list[Delta] = []
    try:
        async with aclosing(reply) as events:
            async for event in events:
                if isinstance(event, Attempt):
                    recorder.builder = event.builder
                    if event.leaves_out_reasoning:
                        session.requests.leave_out_reasoning()
                elif isinstance(event, Accepted):
                    recorder.defer(event.request_id, environment.now())
                    yield _waiting(recorder, session)
                elif isinstance(event, PollFailed):
                    yield _waiting(recorder, session, event.reason)
                elif isinstance(event, Delta) and recorder.due is not None:
                    recorder.add_delta(event)
                    unseen.append(event)
                else:
                    if isinstance(event, Delta):
                        recorder.add_delta(event)
                    yield event
        late = recorder.complete()
        recorder.save()
        for delta in filter(None, (*unseen, late)):
            yield delta
    except ApiError as error:
        session.requests.locate(error, settings)
        recorder.save()
        _end_due(recorder, session, error)
        if not recorder.is_unanswered:
            for delta in unseen:
                yield delta
            raise
        yield Unanswered(recorder.builder)

        from grokchat.session.reply_notes import without_answer

        raise without_answer(error, session) from error
    finally:
        recorder.save()


def _waiting(recorder: ReplyRecorder, session: Session, problem: str = "") -> Waiting:
    assert recorder.due is not None
    is_saved = session.config.folder is not None and session.save_error is None
    return Waiting(recorder.due, is_saved, problem)


def _end_due(recorder: ReplyRecorder, session: Session, error: ApiError) -> None:
    """Note that no reply will come: there is none, or the answer has nothing to be saved."""
    if recorder.due is not None:
        if isinstance(error, NoReplyError):
            session.end_due(recorder.due, GONE)
        elif isinstance(error, BrokenReplyError):
            session.end_due(recorder.due, EMPTY)


def _notes(recorder: ReplyRecorder, joins: Message | None, session: Session, *, is_chat: bool) -> tuple[str, ...]:
    """Return what is unusual about the end of a complete reply."""
    place = describe_place(session, recorder.due) if recorder.due is not None else ""
    notes = (place,) if place else ()
    if joins is None and recorder.is_usual:
        return notes
    from grokchat.session.reply_notes import describe_end

    return (*notes, *describe_end(recorder.reply, recorder.builder, joins, session, is_chat=is_chat))


def check_sent(session: Session, settings: Settings) -> None:
    """Raise CommandError if nothing can be sent: there is nothing, it waits for a reply, or a parameter has no place.

    Raises ApiError for an image that the API is known to refuse.
    """
    check_none_awaited(session)
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


def describe_wait(waiting: Waiting) -> str:
    """Return what is unusual about the wait for a deferred reply, or nothing."""
    if waiting.problem:
        return f"{waiting.problem} · still waiting for the deferred reply"
    if not waiting.is_saved:
        return f"request {waiting.due.request_id} is deferred, and not saved: leaving loses its reply"
    return ""


def describe_retry(retrying: Retrying) -> str:
    """Return the line that announces another attempt."""
    return f"{retrying.reason} · try {retrying.attempt_number} of {MAX_ATTEMPTS} in {retrying.delay_s:.1f} s"
