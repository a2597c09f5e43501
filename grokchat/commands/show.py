"""Commands that show the message list and the next request: /history, /show and /request."""

from __future__ import annotations

from typing import Any

from grokchat.commands.declare import Command, command
from grokchat.commands.outcomes import Cell, Column, Notice, Outcome, RequestBody, RequestDiff, ShowMessages, Table
from grokchat.commands.params import message_range_param, resolve_range, text_param
from grokchat.commands.positions import find_last_reply
from grokchat.errors import CommandError
from grokchat.messages import Message, precedes_question
from grokchat.session.session import Session
from grokchat.system.files import write_new_file

_COLUMNS = (Column(is_right=True, element="muted"), Column(), Column(element="muted"), Column(overflow="cut"))
"""Number, role, state and first words."""
_ROLE_ELEMENTS = {role: f"role_{role}" for role in ("system", "user", "assistant", "tool")}
_MAX_ROW_CHARS = 400
"""Of the beginning of a message: more than the widest window shows."""


@command(
    "list the messages, one line each",
    message_range_param("numbers", "[RANGE]"),
    aliases=("list",),
    is_immediate=True,
    examples=(
        ("/history", "all messages"),
        ("/history 3..", "from message 3 on"),
    ),
)
def history(session: Session, numbers: Any) -> Outcome:
    """List the messages with number, role, state and first words."""
    from grokchat.attachments.recognition import describe_attached

    conversation = session.conversation
    count = len(conversation)
    rows = []
    for number in resolve_range(numbers, count) if numbers else range(1, count + 1):
        message = conversation.messages[number - 1]
        is_muted = message.id in conversation.muted
        states = ["muted"] if is_muted else []
        if message.is_interrupted:
            states.append("still coming" if message.id == session.incoming_reply_id else "interrupted")
        element = "muted" if is_muted else ""
        role = Cell(message.role, element or _ROLE_ELEMENTS.get(message.role, ""))
        words = describe_attached(message.body, is_file=precedes_question(conversation.messages, number))
        rows.append((str(number), role, ", ".join(states), Cell(words or _first_words(message), element)))
    return Table(_COLUMNS, tuple(rows), empty="No messages yet.")


def _first_words(message: Message) -> str:
    """Return the beginning of a message, or of the tool calls in one without text, on one line."""
    calls = (call.line[:_MAX_ROW_CHARS] for call in message.tool_calls)
    words = " ".join(filter(None, (message.shown_text[:_MAX_ROW_CHARS], *calls)))
    return " ".join(words[:_MAX_ROW_CHARS].split())


@command(
    "show messages in full; without RANGE the last reply",
    message_range_param("numbers", "[RANGE]"),
    is_immediate=True,
    examples=(
        ("/show", "the last reply"),
        ("/show 2..3", "messages 2 and 3"),
    ),
)
def show(session: Session, numbers: Any) -> Outcome:
    """Show messages in the form in which they were first printed."""
    if numbers is None:
        return ShowMessages((find_last_reply(session)[0],))
    return ShowMessages(resolve_range(numbers, len(session.conversation)))


@command(
    "show the exact body of the next request, compare it with the last one (diff), or write it to a file",
    text_param("target", "[diff or PATH]", complete="request"),
    is_immediate=True,
    examples=(
        ("/request", "show the JSON"),
        ("/request diff", "what changed since the last request"),
        ("/request body.json", "write it to a file"),
    ),
)
def request(session: Session, target: str | None) -> Outcome:
    """Show the next request's body, or write it to a new file, byte for byte."""
    body = session.request_body()
    if target is None:
        return RequestBody(body)
    if target.strip() != "diff":
        return Notice(f"wrote the next request to {write_new_file(target, body)} ({len(body):,} bytes)")
    earlier = session.previous_request_body()
    if earlier is None:
        raise CommandError("No request has been sent yet, so there is nothing to compare with.")
    return RequestDiff(earlier, body)


COMMANDS: tuple[Command, ...] = (history, show, request)
