"""The terminal's title: what it says, and that looking it up costs nothing while nothing changes."""

from __future__ import annotations

import pytest
from command_sessions import run_command, session_of

from grokchat.chat.session_title import SessionTitle
from grokchat.session.session import Session


def test_the_title_is_the_name_or_the_first_question():
    title, session = SessionTitle(), session_of()
    assert title.text(session) == "grokchat"
    session.add_message({"role": "user", "content": "what\nis\x1b this?"})
    assert title.text(session) == "what is\u241b this?"
    run_command(session, "/name two words")
    assert title.text(session) == "two words"
    run_command(session, "/set title off")
    assert title.text(session) == ""
    assert title.text(session_of("other")) == "other"


def test_the_message_list_is_read_once_for_each_state_and_not_while_a_reply_arrives(monkeypatch: pytest.MonkeyPatch):
    reads, read = [], Session.conversation.fget
    assert read is not None

    def count(session: Session) -> object:
        reads.append(session)
        return read(session)

    title, session = SessionTitle(), session_of("first", "reply")
    monkeypatch.setattr(Session, "conversation", property(count))
    for _ in range(3):
        title.text(session)
    assert len(reads) == 1
    for _ in range(3):
        session.add_partial("r", text="more ", reasoning="")
        assert title.text(session) == "first"
    assert len(reads) == 2
