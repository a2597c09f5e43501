"""The command that lists the messages, or finds those in which words occur: /history."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from grokchat.commands.declare import Command, command
from grokchat.commands.outcomes import Cell, Column, Outcome, Table
from grokchat.commands.params import leading_range_param, resolve_range, text_param
from grokchat.errors import CommandError
from grokchat.messages import Message, precedes_question
from grokchat.session.session import Session

ROLE_ELEMENTS = {role: f"role_{role}" for role in ("system", "user", "assistant", "tool")}
_NUMBER, _ROLE, _STATE = Column(is_right=True, element="muted"), Column(), Column(element="muted")
_COLUMNS = (_NUMBER, _ROLE, _STATE, Column(overflow="cut"))
"""Number, role, state and first words."""
_FOUND_COLUMNS = (_NUMBER, _ROLE, _STATE, Column(overflow="fold"))
"""The same with the lines that were found."""
_MAX_ROW_CHARS = 400
"""Of the beginning of a message: more than the widest window shows."""
_MAX_FOUND_CHARS = 160
"""Of a line that was found: two rows of a window of 80 columns."""

Row = tuple[str | Cell, ...]


@command(
    "list the messages, one line each, or those that contain all WORDS",
    leading_range_param("numbers", "[RANGE]"),
    text_param("words", "[WORDS]"),
    aliases=("list",),
    is_immediate=True,
    examples=(
        ("/history 3..", "from message 3 on"),
        ("/history retry backoff", "those with both words, and the lines"),
        ("/history -- 2024", "words that look like a RANGE"),
    ),
)
def history(session: Session, numbers: Any, words: str | None) -> Outcome:
    """List the messages with number, role, state and first words, or with the lines in which words occur."""
    count = len(session.conversation)
    try:
        listed = resolve_range(numbers, count) if numbers else range(1, count + 1)
    except CommandError as error:
        raise CommandError(f"{error} /history -- WORDS searches for words.") from error
    if words is None or not words.strip():
        rows = tuple((*_head(session, number), _first_words_cell(session, number)) for number in listed)
        return Table(_COLUMNS, rows, empty="No messages yet.")
    found = tuple(row for number in listed for row in _found_rows(session, number, words.split()))
    return Table(
        _FOUND_COLUMNS, found, empty="No message contains all of these words. /sessions WORDS searches all sessions."
    )


def _head(session: Session, number: int) -> Row:
    """Return a message's number, role and state."""
    message = session.conversation.messages[number - 1]
    is_muted = message.id in session.conversation.muted
    states = filter(None, ("muted" if is_muted else "", describe_end(session, message)))
    role = Cell(message.role, "muted" if is_muted else ROLE_ELEMENTS.get(message.role, ""))
    return str(number), role, ", ".join(states)


def describe_end(session: Session, message: Message) -> str:
    """Return whether a reply has not ended yet, or was interrupted, in a word or two; of a complete message nothing."""
    if not message.is_interrupted:
        return ""
    return "still coming" if message.id == session.incoming_reply_id else "interrupted"


def _first_words_cell(session: Session, number: int) -> Cell:
    is_muted = session.conversation.messages[number - 1].id in session.conversation.muted
    return Cell(attached_name(session, number) or first_words(session, number), "muted" if is_muted else "")


def attached_name(session: Session, number: int) -> str:
    """Return the name and size of a message that is an attached file, or nothing."""
    from grokchat.attachments.recognition import describe_attached

    messages = session.conversation.messages
    return describe_attached(messages[number - 1].body, is_file=precedes_question(messages, number))


def first_words(session: Session, number: int) -> str:
    """Return the beginning of a message, or of the tool calls in one without text, on one line."""
    return first_words_of(session.conversation.messages[number - 1])


def first_words_of(message: Message) -> str:
    """Do the same for a message that need not be in the list."""
    calls = (call.line[:_MAX_ROW_CHARS] for call in message.tool_calls)
    words = " ".join(filter(None, (message.shown_text[:_MAX_ROW_CHARS], *calls)))
    return " ".join(words[:_MAX_ROW_CHARS].split())


# -- search ------------------------------------------------------------------------------------------------------------


def _found_rows(session: Session, number: int, words: list[str]) -> Iterable[Row]:
    """Return the rows of a message: the lines in which all words occur, below the name of an attached file."""
    from grokchat.session.excerpts import find_excerpts

    message = session.conversation.messages[number - 1]
    lines = find_excerpts(_searched_text(message), [word.casefold() for word in words], _MAX_FOUND_CHARS)
    if not lines:
        return
    if name := attached_name(session, number):
        lines = [name, *(line for line in lines if not line.startswith("File: "))]
    head, element = _head(session, number), "muted" if message.id in session.conversation.muted else ""
    for line in lines:
        yield (*head, Cell(line, element, found=tuple(words)))
        head = ("", "", "")


def _searched_text(message: Message) -> str:
    """Return what /show has of a message: its text, the names of its images, its tool calls, its facts, its sources."""
    calls = (f"{call.title}: {call.arguments}" for call in message.tool_calls)
    sources = (source.line for source in message.sources)
    return "\n".join((message.shown_text, *calls, *message.facts, *sources))


COMMANDS: tuple[Command, ...] = (history,)
