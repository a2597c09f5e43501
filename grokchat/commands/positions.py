"""Which message a command without a number means: the last reply, or the last user message."""

from __future__ import annotations

from grokchat.commands.params import resolve_range
from grokchat.errors import CommandError
from grokchat.messages import Message
from grokchat.session.session import Session


def find_last_reply(session: Session) -> tuple[int, Message]:
    """Return the number of the last assistant message, and the message; raises CommandError."""
    messages = session.conversation.messages
    for number in range(len(messages), 0, -1):
        if messages[number - 1].role == "assistant":
            return number, messages[number - 1]
    raise CommandError("There is no reply yet.")


def find_question(session: Session, number: int | None, command: str) -> int:
    """Return the number of the user message that `command` is to ask again: `number`, or without it the last one.

    Raises CommandError if there is none, and if it is muted.
    """
    conversation = session.conversation
    questions = [position for position, message in enumerate(conversation, 1) if message.role == "user"]
    if not questions:
        raise CommandError("There is no user message to ask again.")
    if number is None:
        found, name = questions[-1], f"#{questions[-1]}, the last user message,"
    else:
        resolve_range(((number, number),), len(conversation))
        found, name = number, f"#{number}"
        if found not in questions:
            role = conversation.messages[number - 1].role
            raise CommandError(
                f"#{number} is {_ROLES.get(role, role)}, not a user message. {_describe_near(questions, number)}"
            )
    if conversation.messages[found - 1].id in conversation.muted:
        again = command if number is None else f"{command} {number}"
        raise CommandError(
            f"{name} is muted and would not be sent. /unmute {found}, then {again}; or type a new message."
        )
    return found


_ROLES = {"assistant": "a reply", "system": "a system message", "tool": "a tool result"}


def _describe_near(questions: list[int], number: int) -> str:
    """Return which user messages are the nearest to a number."""
    before = [question for question in questions if question < number][-1:]
    after = [question for question in questions if question > number][:1]
    names = " and ".join(f"#{question}" for question in (*before, *after))
    return f"The nearest user message{'s are' if before and after else ' is'} {names}."
