"""Slash commands run on sessions that are not saved."""

from __future__ import annotations

from typing import Any

import pytest

from grokchat import messages
from grokchat.commands.declare import Call, parse_line
from grokchat.commands.outcomes import Table
from grokchat.commands.registry import by_name
from grokchat.errors import CommandError
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig


def cell_texts(table: object) -> list[tuple[str, ...]]:
    """Return the texts of a table's cells, row by row."""
    assert isinstance(table, Table)
    return [tuple(cell if isinstance(cell, str) else cell.text for cell in row) for row in table.rows]


def session_of(*texts: str, **origin: Any) -> Session:
    """Return a session of alternating user and assistant messages, each added as a change of its own."""
    session = Session.new(SessionConfig(None, **origin))
    for number, text in enumerate(texts):
        session.add_message(messages.body("assistant" if number % 2 else "user", text))
    return session


def answered_session(*texts: str) -> Session:
    """Return a session of exchanges: each question and its reply are one change."""
    session = Session.new(SessionConfig(None))
    for question, reply in zip(texts[::2], texts[1::2], strict=True):
        with session.as_one_change():
            session.add_message(messages.body("user", question))
            session.add_message(
                messages.body("assistant", reply), reply_fields={"response_id": "r", "finish_reason": "stop"}
            )
    return session


def run_command(session: Session, line: str) -> Any:
    call = parse_line(line, by_name())
    assert isinstance(call, Call)
    return call.run(session)


def message_texts(session: Session) -> list[str]:
    return [message.text for message in session.conversation]


def refusal(session: Session, line: str) -> str:
    """Return the error of a command that is refused, and check that it changed nothing."""
    before = session.encode()
    with pytest.raises(CommandError) as caught:
        run_command(session, line)
    assert session.encode() == before
    return str(caught.value)
