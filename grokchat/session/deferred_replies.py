"""Deferred replies in a session: what is refused while one is due, how it is described, and where it is put.

The API hands out a reply once, so it is fetched only where it will be saved (`due_replies` has the events).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from grokchat.api.endpoint import endpoint_for
from grokchat.errors import CommandError
from grokchat.messages import Message, ReplyInfo
from grokchat.records import replace
from grokchat.session.due_replies import DueReply
from grokchat.session.reply_events import SavedReply, reply_events

if TYPE_CHECKING:
    from grokchat.config.settings import Settings
    from grokchat.session.session import Session

# -- what is refused meanwhile -----------------------------------------------------------------------------------------


def find_awaited(session: Session) -> DueReply | None:
    """Return the due reply that the message list waits for: its question is in the list."""
    listed = {message.id for message in session.conversation} if session.due_replies else set()
    return next((due for due in session.due_replies if due.question_id in listed), None)


def find_due_reply(session: Session) -> DueReply | None:
    """Return the due reply to wait for next: one that the list waits for, or else the oldest."""
    return find_awaited(session) or next(iter(session.due_replies), None)


def check_none_awaited(session: Session) -> None:
    """Raise CommandError if the list waits for a reply: then it is not sent."""
    if (due := find_awaited(session)) is not None:
        raise CommandError(
            f"Not sent. {describe_due(due, session)}: /continue waits for it, /continue drop gives it up.",
            in_shell=f"Nothing was sent. {describe_due(due, session)}. {describe_return(session)} waits for it; in a "
            "chat, /continue drop gives it up.",
        )


def check_deferrable(settings: Settings, joins: Message | None = None, models: Sequence[str] = ()) -> None:
    """Raise CommandError if a request asks for a deferred reply that cannot be deferred."""
    if endpoint_for(settings).makes_job and (joins is not None or models):
        what = "several models cannot be asked" if models else "a reply cannot be continued"
        raise CommandError(
            f"Not sent: {what} with deferred. /unset deferred removes the parameter.",
            in_shell=f"Nothing was sent: {what} with deferred. Leave out -o deferred.",
        )


def check_fetchable(session: Session, due: DueReply) -> None:
    """Raise CommandError if a due reply cannot be fetched here and now; it stays due."""
    if session.read_only_error is not None:
        raise CommandError(f"{describe_due(due, session)}, and is not fetched here. {session.read_only_error}")
    if not session.may_fetch(due):
        raise CommandError(
            f"{describe_due(due, session)}. It can be fetched only once, and here nothing is saved (--no-save)."
        )
    if due.base_url and due.base_url != session.settings.base_url:
        raise CommandError(
            f"{describe_due(due, session)} at {due.base_url}, but base_url is {session.settings.base_url}. "
            f"--base-url {due.base_url} fetches it."
        )


def settings_of(session: Session, due: DueReply) -> Settings:
    """Return the settings of the request that a due reply answers, as far as they are known."""
    return replace(session.settings, model=due.model or session.settings.model)


def describe_due(due: DueReply, session: Session) -> str:
    """Return since when what is due, without a period: `A reply to #3 has been due since 14:02`."""
    what = name_due(due, session)
    return f"{what[:1].upper()}{what[1:]} has been due since {_clock_time(due.since, session.config.now())}"


def name_due(due: DueReply, session: Session) -> str:
    """Return what is due: `a reply to #3`."""
    numbers = (number for number, message in enumerate(session.conversation, 1) if message.id == due.question_id)
    number = next(numbers, None)
    return f"a reply to #{number}" if number is not None else "a reply to a message that is no longer in the list"


def describe_still_due(session: Session, *, is_chat: bool) -> str:
    """Return how to wait again for the reply that the list waits for, as a sentence; nothing if there is none."""
    if find_awaited(session) is None or session.path is None:
        return ""
    return f"The reply is still due: {'/continue' if is_chat else describe_return(session)} waits for it."


def describe_return(session: Session) -> str:
    """Return the shell command that waits for what is due."""
    return f"grokchat -p -r {session.id}"


def _clock_time(then: datetime, now: datetime) -> str:
    then, now = then.astimezone(), now.astimezone()
    return f"{then:%H:%M}" if then.date() == now.date() else f"{then:%Y-%m-%d %H:%M}"


# -- a reply that has come ---------------------------------------------------------------------------------------------


def save_reply(session: Session, due: DueReply, replies: Sequence[SavedReply]) -> None:
    """Save a reply that was due, and other choices of it: behind its question, in the change that has the question.

    If its question is no longer in the list, the list stays as it is: the reply is in the file beside it.
    """
    messages = session.conversation.messages
    with session.as_one_change(due.change) as change:
        marked = [(body, _marked(info, due)) for body, info in replies]
        if all(message.id != due.question_id for message in messages):
            _save_beside(session, due, marked)
            return
        replaced = set(due.dropped) - {due.question_id}
        if listed := [message.id for message in messages if message.id in replaced]:
            session.remove(listed, more=True)
        first, *others = marked
        following = _find_following(session.conversation.messages, due)
        session.add_reply(
            due.reply_id, first[0], change.mark_alternative(first[1]), before=following, alternatives=others
        )


def describe_place(session: Session, due: DueReply) -> str:
    """Return where a reply that has come is, if it is not where replies are."""
    messages = session.conversation.messages
    number = next((number for number, message in enumerate(messages, 1) if message.id == due.reply_id), None)
    if number is None:
        return "its question is no longer in the list · the reply is kept in the session file, beside the list"
    return "" if number == len(messages) else f"the reply is #{number}, behind its question"


def _marked(info: ReplyInfo, due: DueReply) -> ReplyInfo:
    return replace(info, alternative_of=info.alternative_of or due.alternative_of, params=info.params or due.params)


def _find_following(messages: Sequence[Message], due: DueReply) -> str | None:
    """Return the message before which a reply belongs, or None: the end."""
    ids = [message.id for message in messages]
    place = ids.index(due.after_id if due.after_id in ids else due.question_id) + 1
    return ids[place] if place < len(ids) else None


def _save_beside(session: Session, due: DueReply, replies: Sequence[SavedReply]) -> None:
    """Save a reply so that the file has it, and the list does not."""
    before = session.state_id
    for event_id, fields in reply_events(due.reply_id, replies, None):
        message = fields["message"]
        more = {key: value for key, value in fields.items() if key not in {"message", "more", "replaces"}}
        session.add_message(message, message_id=event_id, replaces=fields.get("replaces"), reply_fields=more, more=True)
    session.rewind(before)
