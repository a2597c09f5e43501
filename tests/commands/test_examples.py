"""The examples of the commands are lines that work."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from command_sessions import session_of

from grokchat import messages
from grokchat.commands.declare import Call, parse_line
from grokchat.commands.registry import COMMANDS, by_name
from grokchat.messages import INTERRUPTED, ReplyInfo
from grokchat.session.due_replies import DueReply
from grokchat.session.session import Session

EXAMPLES = {line: None for command in COMMANDS for line, _ in command.examples}


def prepared_session(folder) -> Session:
    """Return a session in which each example has something to act on, however few of its messages are left."""
    (folder / "review.md").write_text("You review Python code.\n")
    (folder / "translate.md").write_text("Translate into {{to}}.\n")
    code = "Code:\n\n```python\nfirst()\n```\n\n```python\nsecond()\n```\n"
    session = session_of("How?", code, "Why?", "Because.", prompts_folder=folder)
    session.add_message(messages.body("system", "Be brief."), before=session.conversation.messages[0].id)
    session.add_message(messages.body("assistant", code), replaces=session.conversation.messages[2].id)
    session.mute([session.conversation.messages[0].id])
    session.set_overrides({"model": "other"}, {"temperature": 1})
    session.add_message(messages.body("user", "And?"))
    with session.as_one_change():
        session.add_message(messages.body("assistant", "First."), message_id="first")
        session.remove(["first"], more=True)
        session.add_reply("second", messages.body("assistant", code), ReplyInfo(finish_reason=INTERRUPTED))
    session.add_due(DueReply("due", "job-1", "deleted", "deleted", since=datetime.now(UTC)))
    for text in ("1", "2", "3"):
        session.add_message(messages.body("user", text))
    session.undo(3)
    return session


@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_runs(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    session = prepared_session(tmp_path)
    earlier = json.dumps({"model": "other", "messages": []}).encode()
    monkeypatch.setattr(session.requests, "previous_body", lambda: earlier)
    call = parse_line(line, by_name())
    assert isinstance(call, Call)
    assert call.run(session) is not None


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_command_has_two_or_three_examples_that_say_what_they_do(command):
    assert 2 <= len(command.examples) <= 3
    lines = [line for line, _ in command.examples]
    assert len(set(lines)) == len(lines)
    assert all(meaning for _, meaning in command.examples)
    assert parse_line(lines[0], by_name()).command is command
