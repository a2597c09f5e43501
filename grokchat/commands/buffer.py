"""Commands that shape the buffer: any message of any role, anywhere, and all of it taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from grokchat import messages
from grokchat.commands import prompt_files
from grokchat.commands.declare import Command, command
from grokchat.commands.feedback import change_notice, describe_change, describe_renumbering, format_span, format_spans
from grokchat.commands.outcomes import EditMessage, Notice, Outcome, Table
from grokchat.commands.params import (
    count,
    insert_position,
    message_number,
    message_range,
    resolve_range,
    target_position,
    text,
    word,
)
from grokchat.errors import CommandError
from grokchat.messages import Message
from grokchat.session.history import Change
from grokchat.session.session import Session

ROLES = ("system", "user", "assistant")


# -- putting in --------------------------------------------------------------------------------------------------------


@command(
    "insert a system message; it counts from the next request on",
    insert_position(),
    text("content", "TEXT", required=True),
    shows_cost=True,
)
def system(session: Session, at: int | None, content: str) -> Outcome:
    """Insert, and say how the numbers are now."""
    return _insert(session, "system", at, content)


@command(
    "insert a message of any role: system, user or assistant; nothing is sent",
    word("role", "ROLE", required=True, complete="roles"),
    insert_position(),
    text("content", "TEXT", required=True),
    shows_cost=True,
)
def insert(session: Session, role: str, at: int | None, content: str) -> Outcome:
    """Insert, and say how the numbers are now."""
    if role not in ROLES:
        raise CommandError(f"{role!r} is no role. A ROLE is {', '.join(ROLES)}.")
    return _insert(session, role, at, content)


def _insert(session: Session, role: str, at: int | None, content: str) -> Notice:
    if not content.strip():
        raise CommandError("TEXT is missing. The API rejects empty messages.")
    size = session.count
    at = size + 1 if at is None else at
    if not 1 <= at <= size + 1:
        raise CommandError(f"@{at} is not a place in the buffer: there are places 1..{size + 1}.")
    before = session.conversation.messages[at - 1].id if at <= size else None
    outlook = session.outlook()
    session.add(messages.body(role, content), before=before)
    return change_notice(session, f"{role} message is number {at}{describe_renumbering(at, size, 1)}", outlook)


@command(
    "insert prompts/NAME.md of the config folder as a system message; without NAME list what is there",
    insert_position(),
    text("name", "[NAME]", complete="prompts"),
    is_immediate=lambda arguments: arguments["name"] is None,
    shows_cost=True,
)
def use(session: Session, at: int | None, name: str | None) -> Outcome:
    """Read it now and insert it, or list them by their first lines."""
    folder = session.origin.prompts
    if folder is None:
        raise CommandError("There is no config folder here to take prompts from.")
    if name is None:
        empty = f"There are no prompts yet. A file NAME.md in {folder} is one."
        return Table(("/use", "first line"), tuple(prompt_files.list_first_lines(folder)), empty=empty)
    notice = _insert(session, "system", at, prompt_files.load_prompt(folder, name))
    return Notice(f"{name.strip()}: {notice.text}")


# -- changing ----------------------------------------------------------------------------------------------------------


@command(
    "replace the text of message N; without TEXT, in the editor",
    message_number("which", "N"),
    text("content", "[TEXT]"),
    shows_cost=True,
)
def edit(session: Session, which: int, content: str | None) -> Outcome:
    """Replace it now, or ask for the editor."""
    message = _message(session, which)
    if session.read_only:
        raise CommandError(f"Nothing was changed. {session.read_only}")
    if content is None:
        return EditMessage(which, message)
    return replace_text(session, message, content)


def replace_text(session: Session, message: Message, content: str) -> Notice:
    """Put another text in a message's place; it keeps its other parts, and stays muted if it was."""
    conversation = session.conversation
    which = next((at for at, one in enumerate(conversation, 1) if one.id == message.id), None)
    if which is None:
        raise CommandError("The message is not in the buffer any more.")
    if not content.strip():
        raise CommandError(f"Nothing was changed: the API rejects empty messages. /delete {which} takes it out.")
    if content == message.words:
        return Notice(f"message {which} is as it was")
    outlook = session.outlook()
    # The usage stays with the reply that it was counted for; it is in the journal.
    known = {} if message.reply is None else {**message.reply.fields()}
    known = {key: value for key, value in known.items() if key in {"model", "finish_reason"}}
    body = {**message.body, "content": _with_text(message.body.get("content"), content)}
    is_muted = message.id in conversation.muted
    with session.change():
        new = session.add(body, replaces=message.id, known=known, more=is_muted)
        if is_muted:
            session.mute([new])
    return change_notice(
        session, f"{message.role} message {which} has another text{', still muted' * is_muted}", outlook
    )


def _with_text(content: object, text: str) -> object:
    """Return an API `content` with another text: pictures and the like stay, the first text's place is the text's."""
    if not isinstance(content, list):
        return text
    parts: list[Any] = []
    placed = False
    for part in content:
        if not isinstance(part, Mapping) or not isinstance(part.get("text"), str):
            parts.append(part)
        elif not placed:
            parts.append({**part, "text": text})
            placed = True
    return parts if placed else [*parts, {"type": "text", "text": text}]


@command("take messages out of the buffer", message_range("which", "RANGE", required=True), shows_cost=True)
def delete(session: Session, which: Any) -> Outcome:
    """Take them out, and say how the numbers are now."""
    size = session.count
    gone = resolve_range(which, size)
    outlook = session.outlook()
    session.remove(_ids(session, gone))
    if gone[-1] - gone[0] == len(gone) - 1:
        moved = describe_renumbering(gone[-1] + 1, size, -len(gone))
    else:
        moved = f"; {size - len(gone)} are left, numbered anew from {gone[0]} on"
    return change_notice(session, f"{format_spans(gone)} deleted{moved}", outlook)


@command(
    "move message N so that it becomes message M",
    message_number("which", "N"),
    target_position("to", "@M"),
    shows_cost=True,
)
def move(session: Session, which: int, to: int) -> Outcome:
    """Move it, and say how the numbers are now."""
    size = session.count
    message = _message(session, which)
    if not 1 <= to <= size:
        raise CommandError(f"@{to} is not a place in the buffer: there are messages 1..{size}.")
    if which == to:
        return Notice(f"message {which} is there already")
    rest = [one for one in session.conversation if one.id != message.id]
    outlook = session.outlook()
    session.move([message.id], before=rest[to - 1].id if to <= len(rest) else None)
    first, last, by = (to, which - 1, 1) if to < which else (which + 1, to, -1)
    return change_notice(session, f"message {which} is number {to}{describe_renumbering(first, last, by)}", outlook)


@command("keep messages, and do not send them", message_range("which", "RANGE", required=True), shows_cost=True)
def mute(session: Session, which: Any) -> Outcome:
    """Mute those that are not."""
    return _mute(session, which, muted=True)


@command("send muted messages again", message_range("which", "RANGE", required=True), shows_cost=True)
def unmute(session: Session, which: Any) -> Outcome:
    """Unmute those that are muted."""
    return _mute(session, which, muted=False)


def _mute(session: Session, which: Any, *, muted: bool) -> Notice:
    conversation = session.conversation
    named = resolve_range(which, len(conversation))
    changing = [one for one in named if (conversation.messages[one - 1].id in conversation.muted) != muted]
    state = "muted: kept, and not sent" if muted else "sent again"
    if not changing:
        return Notice(f"{format_spans(named)}: nothing changed, {'muted' if muted else 'not muted'} already")
    outlook = session.outlook()
    change = session.mute if muted else session.unmute
    change(_ids(session, changing))
    return change_notice(session, f"{format_spans(changing)} {state}", outlook)


# -- taking back -------------------------------------------------------------------------------------------------------


@command("take back the last K changes of the buffer", count("times", "[K]"), shows_cost=True)
def undo(session: Session, times: int | None) -> Outcome:
    """Rewind to before them."""
    outlook = session.outlook()
    changes = session.undo(times or 1)
    if not changes:
        where = (
            "; it ends where a fork or an import began"
            if {"forked_from", "imported_from"} & set(session.header)
            else ""
        )
        raise CommandError(f"There is nothing to take back{where}.")
    return change_notice(session, _rewound("taken back", changes, times or 1, session), outlook)


@command("bring back the last K changes that were taken back", count("times", "[K]"), shows_cost=True)
def redo(session: Session, times: int | None) -> Outcome:
    """Rewind to after them."""
    outlook = session.outlook()
    changes = session.redo(times or 1)
    if not changes:
        raise CommandError("There is nothing to bring back: nothing was taken back, or the buffer has changed since.")
    return change_notice(session, _rewound("brought back", changes, times or 1, session), outlook)


def _rewound(done: str, changes: Sequence[Change], times: int, session: Session) -> str:
    what = describe_change(changes[0]) if len(changes) == 1 else f"{len(changes)} changes"
    more = f" (there were no more than {len(changes)})" if len(changes) < times else ""
    size = session.count
    there = f"message{'s' * (size > 1)} {format_span(1, size)}" if size else "the buffer is empty"
    return f"{done}: {what}{more}; {there} now"


# -- numbers to messages -----------------------------------------------------------------------------------------------


def _message(session: Session, which: int) -> Message:
    resolve_range(((which, which),), session.count)
    return session.conversation.messages[which - 1]


def _ids(session: Session, which: Sequence[int]) -> list[str]:
    return [session.conversation.messages[one - 1].id for one in which]


COMMANDS: tuple[Command, ...] = (system, insert, edit, delete, move, mute, unmute, undo, redo, use)
