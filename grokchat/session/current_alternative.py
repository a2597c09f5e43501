"""Makes another alternative of a reply the current one.

A copy of it, with an id of its own, takes the reply's place in the list: the file is only appended to, and /undo brings
the other one back. If it answered another version of the question, that returns with it. What replaces a muted message
is muted.
"""

from __future__ import annotations

from typing import Any

from grokchat.messages import Message
from grokchat.session.alternatives import Alternative
from grokchat.session.session import Session


def make_current(session: Session, reply: Message, chosen: Alternative) -> int:
    """Put an alternative into the place of `reply`, as one change.

    Return the number of the question that was replaced too, or 0. Raises CommandError if the session is read-only.
    """
    conversation, muted = session.conversation, []
    question = _find_returning_question(session, reply, chosen)
    with session.as_one_change():
        if question is not None:
            number, answered = question
            replaced = conversation.messages[number - 1].id
            copy_id = session.add_message(
                answered.body, replaces=replaced, reply_fields={"copy_of": answered.id}, more=True
            )
            muted += [copy_id] if replaced in conversation.muted else []
        is_muted = reply.id in conversation.muted
        copy, fields = _copy(session, reply, chosen)
        more = is_muted or bool(muted)
        copy_id = session.add_message(copy.body, replaces=reply.id, reply_fields=fields, more=more)
        muted += [copy_id] if is_muted else []
        if muted:
            session.mute(muted)
    return 0 if question is None else question[0]


def _copy(session: Session, reply: Message, chosen: Alternative) -> tuple[Message, dict[str, Any]]:
    """Return an alternative, and the fields of the event that makes it current."""
    alternatives = session.alternatives
    message = alternatives.message(chosen.shown_id)
    first = alternatives.of(reply.id)[0]
    fields = {} if message.reply is None else message.reply.fields()
    fields |= {"alternative_of": first.asked_id, "copy_of": alternatives.original_id(chosen.shown_id)}
    return message, fields


def _find_returning_question(session: Session, reply: Message, chosen: Alternative) -> tuple[int, Message] | None:
    """Return the question that an alternative answered, and the number of the message whose place it takes.

    None if the current reply answered it too, or if no version of it is in the list any more. So a question that was
    edited without asking again stays as it is.
    """
    alternatives = session.alternatives
    current = next((other for other in alternatives.of(reply.id) if other.shown_id == reply.id), None)
    if current is None:
        return None
    answered, question = session.question_of(current.asked_id), session.question_of(chosen.asked_id)
    if question is None or answered is None or question.body == answered.body:
        return None
    messages = session.conversation.messages
    place = messages.index(reply)
    for index in range(place - 1, -1, -1):
        message = messages[index]
        if message.role == "user" and alternatives.are_versions(message.id, question.id):
            return None if message.body == question.body else (index + 1, question)
    return None
