"""Commands that change the message list: /edit, /delete, /move, /mute, /unmute, /undo, /redo.

Every change can be undone. `insertions` has the commands that add messages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from grokchat.commands.change_names import describe_change
from grokchat.commands.declare import Command, command
from grokchat.commands.feedback import Describe, change_notice, describe_renumbering, describe_size
from grokchat.commands.outcomes import EditMessage, EditQuestion, Notice, Outcome
from grokchat.commands.params import (
    count_param,
    message_number_param,
    message_range_param,
    resolve_range,
    target_position_param,
    text_param,
)
from grokchat.commands.positions import find_question
from grokchat.commands.spans import format_span, format_spans
from grokchat.errors import CommandError
from grokchat.messages import Message
from grokchat.session.session import Session
from grokchat.session.undo import Change

_MAX_NUMBERS_COLUMNS = 60
"""Of a list of messages that a command leaves unchanged."""
_KEPT_REPLY_FIELDS = frozenset({"model", "finish_reason"})
"""What an edited reply keeps, besides the sources that its text still cites.

Its usage stays in the journal, with the text that it was counted for, and so does its encrypted reasoning: the API
takes that back only with the text that it wrote.
"""


# -- changing ----------------------------------------------------------------------------------------------------------


@command(
    "change the text of message N, without TEXT in the editor; without N edit your last message and ask again",
    message_number_param("number", "[N", required=False),
    text_param("content", "[TEXT]]"),
    shows_cost=True,
    examples=(
        ("/edit", "change your last message and ask again"),
        ("/edit 2", "open message 2 in the editor"),
        ("/edit 2 Answer in French.", "replace its text"),
    ),
)
def edit(session: Session, number: int | None, content: str | None) -> Outcome:
    """Replace the text, or open it in the editor or at the prompt."""
    session.check_writable()
    if number is None:
        question = find_question(session, None, "/edit")
        return EditQuestion(question, _message(session, question))
    message = _message(session, number)
    if content is None:
        return EditMessage(number, message)
    return replace_text(session, message, content)


def replace_text(session: Session, message: Message, content: str) -> Notice:
    """Replace the text of a message; its other parts stay, and a muted message stays muted. Raises CommandError."""
    conversation = session.conversation
    number = next((number for number, other in enumerate(conversation, 1) if other.id == message.id), None)
    if number is None:
        raise CommandError("Not changed: the message has been deleted.")
    if not content.strip():
        raise CommandError(f"Not changed: the API rejects empty messages. /delete {number} removes it.")
    if content == message.written_text:
        return Notice(f"#{number} is unchanged")
    previous = session.requests.estimate()
    known = _kept_reply_fields(message, content)
    body = {**message.body, "content": replace_content_text(message.body.get("content"), content)}
    is_muted = message.id in conversation.muted
    with session.as_one_change():
        edited = session.add_message(body, replaces=message.id, reply_fields=known, more=is_muted)
        if is_muted:
            session.mute([edited])
    change = f"edited #{number} ({message.role}{', still muted' * is_muted})"
    return change_notice(session, change + _advise_retry(session, number), previous)


def _kept_reply_fields(message: Message, content: str) -> dict[str, Any]:
    """Return the metadata of a reply that it keeps when this is its text; of another message none."""
    if message.reply is None:
        return {}
    known = {key: value for key, value in message.reply.fields().items() if key in _KEPT_REPLY_FIELDS}
    if message.reply.sources:
        from grokchat.reply_sources import sources_of_text

        known["sources"] = sources_of_text(content, message.reply.sources)
    return {key: value for key, value in known.items() if value is not None}


def _advise_retry(session: Session, number: int) -> str:
    """Return ` · /retry asks again` for a user message that is sent, or nothing."""
    conversation = session.conversation
    users = [position for position, message in enumerate(conversation, 1) if message.role == "user"]
    if number not in users or conversation.messages[number - 1].id in conversation.muted:
        return ""
    return f" · /retry{f' {number}' * (number != users[-1])} asks again"


def replace_content_text(content: object, text: str) -> object:
    """Return an API `content` whose first text is replaced by another; images and other parts stay."""
    if not isinstance(content, list):
        return text
    parts: list[Any] = []
    is_placed = False
    for part in content:
        if not isinstance(part, Mapping) or not isinstance(part.get("text"), str):
            parts.append(part)
        elif not is_placed:
            parts.append({**part, "text": text})
            is_placed = True
    return parts if is_placed else [*parts, {"type": "text", "text": text}]


@command(
    "delete messages",
    message_range_param("numbers", "RANGE", required=True),
    shows_cost=True,
    examples=(
        ("/delete 3", "delete message 3"),
        ("/delete 2..3,5", "delete messages 2, 3 and 5"),
        ("/delete 4..", "delete message 4 and all that follow"),
    ),
)
def delete(session: Session, numbers: Any) -> Outcome:
    """Remove messages."""
    size = session.message_count
    deleted = resolve_range(numbers, size)
    previous = session.requests.estimate()
    session.remove(_ids(session, deleted))
    return change_notice(session, _describe_deletion(deleted, size), previous)


def _describe_deletion(deleted: Sequence[int], size: int) -> Describe:
    """Return the description of messages deleted from a list of `size`, with the new numbers of those after them."""
    left = size - len(deleted)
    behind = sorted({*range(deleted[0], size + 1)}.difference(deleted))
    if not left:
        now = describe_size(0)
    elif not behind:
        now = ""
    elif behind[-1] - behind[0] == len(behind) - 1:
        now = describe_renumbering(behind[0], behind[-1], deleted[0] - behind[0])
    else:
        now = f"{describe_size(left)}, renumbered from #{deleted[0]}"
    return lambda max_columns: f"deleted {format_spans(deleted, max_columns)}{now}"


@command(
    "move message N so that it becomes message M",
    message_number_param("number", "N"),
    target_position_param("target", "@M"),
    shows_cost=True,
    examples=(
        ("/move 4 @1", "make message 4 the first"),
        ("/move 2 @3", "swap messages 2 and 3"),
    ),
)
def move(session: Session, number: int, target: int) -> Outcome:
    """Move a message."""
    size = session.message_count
    message = _message(session, number)
    if not 1 <= target <= size:
        raise CommandError(f"@{target} is out of range; the list is {format_span(1, size)}.")
    if number == target:
        return Notice(f"#{number} is unchanged")
    others = [other for other in session.conversation if other.id != message.id]
    previous = session.requests.estimate()
    session.move([message.id], before=others[target - 1].id if target <= len(others) else None)
    first, last, shift = (target, number - 1, 1) if target < number else (number + 1, target, -1)
    renumbering = describe_renumbering(first, last, shift)
    return change_notice(session, f"moved #{number} to #{target}{renumbering}", previous)


@command(
    "keep messages but leave them out of requests",
    message_range_param("numbers", "RANGE", required=True),
    shows_cost=True,
    examples=(
        ("/mute 2..3", "ask without messages 2 and 3"),
        ("/mute 1", "try it without the system message"),
    ),
)
def mute(session: Session, numbers: Any) -> Outcome:
    """Mute messages."""
    return _set_muted(session, numbers, muted=True)


@command(
    "send muted messages again",
    message_range_param("numbers", "RANGE", required=True),
    shows_cost=True,
    examples=(
        ("/unmute 2", "send message 2 again"),
        ("/unmute 1..", "send everything again"),
    ),
)
def unmute(session: Session, numbers: Any) -> Outcome:
    """Unmute messages."""
    return _set_muted(session, numbers, muted=False)


def _set_muted(session: Session, numbers: Any, *, muted: bool) -> Notice:
    conversation = session.conversation
    named = resolve_range(numbers, len(conversation))
    changed = [number for number in named if (conversation.messages[number - 1].id in conversation.muted) != muted]
    if not changed:
        state = "already muted" if muted else "not muted"
        return Notice(f"unchanged: {format_spans(named, _MAX_NUMBERS_COLUMNS)} {state}")
    previous = session.requests.estimate()
    change = session.mute if muted else session.unmute
    change(_ids(session, changed))

    def describe(max_columns: int) -> str:
        numbers = format_spans(changed, max_columns)
        return f"muted {numbers} (kept, not sent)" if muted else f"unmuted {numbers}"

    return change_notice(session, describe, previous)


# -- undo --------------------------------------------------------------------------------------------------------------


@command(
    "undo the last K changes of the message list",
    count_param("times", "[K]"),
    aliases=("rewind",),
    shows_cost=True,
    examples=(
        ("/undo", "undo the last change"),
        ("/undo 3", "undo the last three"),
    ),
)
def undo(session: Session, times: int | None) -> Outcome:
    """Undo changes."""
    previous = session.requests.estimate()
    changes = session.undo(times or 1)
    if not changes:
        beginning = next((word for word in ("fork", "import") if f"{word}ed_from" in session.header), "")
        reason = f": undo does not go back beyond the {beginning}" if beginning else ""
        raise CommandError(f"Nothing to undo{reason}.")
    return change_notice(session, _describe_rewind("undid", changes, times or 1, session), previous)


@command(
    "redo the last K changes that were undone",
    count_param("times", "[K]"),
    shows_cost=True,
    examples=(
        ("/redo", "redo the last undone change"),
        ("/redo 3", "redo the last three"),
    ),
)
def redo(session: Session, times: int | None) -> Outcome:
    """Redo undone changes."""
    previous = session.requests.estimate()
    changes = session.redo(times or 1)
    if not changes:
        raise CommandError("Nothing to redo: nothing was undone, or the list has changed since.")
    return change_notice(session, _describe_rewind("redid", changes, times or 1, session), previous)


def _describe_rewind(done: str, changes: Sequence[Change], times: int, session: Session) -> Describe:
    fewer = " (there were no more)" if len(changes) < times else ""
    size = describe_size(session.message_count)

    def describe(max_columns: int) -> str:
        what = describe_change(changes[0], max_columns) if len(changes) == 1 else f"{len(changes):,} changes"
        return f"{done} {what}{fewer}{size}"

    return describe


# -- numbers to messages -----------------------------------------------------------------------------------------------


def _message(session: Session, number: int) -> Message:
    resolve_range(((number, number),), session.message_count)
    return session.conversation.messages[number - 1]


def _ids(session: Session, numbers: Sequence[int]) -> list[str]:
    return [session.conversation.messages[number - 1].id for number in numbers]


COMMANDS: tuple[Command, ...] = (edit, delete, move, mute, unmute, undo, redo)
