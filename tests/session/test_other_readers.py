"""Other readers of session files ignore the events and keys that they do not know, and have the same message list."""

from __future__ import annotations

import pytest
from command_sessions import run_command
from fake_api import USAGE
from folding import LISTED, State, fold, read

from grokchat.commands.outcomes import CompactMessages
from grokchat.messages import ReplyInfo, body
from grokchat.session.compaction import apply_compaction
from grokchat.session.journal import encode
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.system.files import read_file

KNOWN_KEYS = {"type", "id", "message", "reply", "text", "reasoning", "joins", "before", "replaces", "ids", "to", "more"}
"""What the message list is made of."""
SOURCES = [{"url": "https://a.example", "title": "A", "number": 1}, {"url": "https://b.example", "title": ""}]
ENCRYPTED = {"model": "m", "items": [{"type": "reasoning", "encrypted_content": "gAAA"}]}


@pytest.fixture
def session(tmp_path):
    """Return a session with everything that replies, alternatives and a summary write."""
    made = Session.new(SessionConfig(tmp_path))
    info = ReplyInfo(model="m", response_id="r", usage=USAGE, sources=SOURCES, encrypted_reasoning=ENCRYPTED)
    ask_models(made, "A", info)
    first, reply = made.conversation.messages
    with made.as_one_change():
        made.add_message(body("user", "another question"), replaces=first.id, more=True)
        made.remove([reply.id], more=True)
        made.end_without_text("X", reasoning="hm", info=info, more=True)
        made.add_partial("D", text="ins", reasoning="", model="m")
        made.incoming_reply_id = None
        made.add_reply("D", body("assistant", "instead"), ReplyInfo(model="m", params={"temperature": 1}))
    run_command(made, "/alt 1")
    made.undo(1)
    run_command(made, "/alt 2")
    ask_models(made, "E", info)
    outcome = run_command(made, "/compact 1..2")
    assert isinstance(outcome, CompactMessages)
    made.add_summary("they said", info)
    apply_compaction(made, outcome.compaction, "they said", "#2-3")
    made.add_message(body("user", "the end"))
    yield made
    made.close()


def ask_models(session, reply_id, info):
    """Ask three models: the last one ends first."""
    with session.as_one_change():
        session.add_message(body("user", f"question {reply_id}"))
        session.add_received(f"{reply_id}3", body("assistant", "third"), info, index=2)
        session.add_partial(reply_id, text="fir", reasoning="", model="m")
        session.add_received(f"{reply_id}2", body("assistant", "second"), info, index=1)
        others = [(body("assistant", text), info) for text in ("second", "third")]
        session.incoming_reply_id = None
        session.add_reply(reply_id, body("assistant", "first"), info, alternatives=others)


def listed(session):
    muted = session.conversation.muted
    return [(message.id, message.role, message.text, message.id in muted) for message in session.conversation]


def rows(state: State):
    return [(row.id, row.role, row.text, row.id in state.muted) for row in state.rows]


def known(data: bytes):
    """Return the events of a file as a reader has them that knows only those of the message list."""
    return [
        {key: value for key, value in event.items() if key in KNOWN_KEYS}
        for event in read(data)
        if event["type"] in LISTED
    ]


def test_a_reader_that_knows_only_the_message_list_has_the_same_list(session):
    data = read_file(session.path)
    kinds = {event["type"] for event in read(data)}
    keys = {key for event in read(data) for key in event}
    assert {"summary", "received"} <= kinds
    assert {"alternative_of", "copy_of", "params", "change", "usage", "sources", "encrypted_reasoning"} <= keys
    assert rows(fold(known(data))) == listed(session)


def test_wherever_the_file_ends_the_next_append_gives_both_the_same_list(session):
    config = SessionConfig(session.config.folder)
    lines = read_file(session.path).split(b"\n")[:-1]
    session.close()
    path = session.config.folder / "cut.jsonl"
    for count in range(2, len(lines) + 1):
        path.write_bytes(b"".join(line + b"\n" for line in lines[:count]))
        cut = Session.open(config, path, read_file(path))
        cut.rename("appended")
        assert rows(fold(known(read_file(path)))) == listed(cut), encode(read(lines[count - 1])[0])
        cut.close()
        path.unlink()


def test_a_fork_with_alternatives_has_the_same_list_too(session):
    fork = session.fork()
    data = read_file(fork.path)
    assert "rank" in {key for event in read(data) for key in event}
    assert rows(fold(known(data))) == listed(fork) == listed(session)
    fork.close()
