"""The menu, the names from elsewhere, files in a message and suggestions, in one chat in a terminal."""

from __future__ import annotations

import sys

import pytest
from chat_process import Chat, chat_env

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX thing")

DOWN, RIGHT, ESC = "\x1b[B", "\x1b[C", "\x1b"


def test_what_hands_know_from_other_chats(home, api, tmp_path):
    (tmp_path / "my notes.md").write_text("a secret plan\n")
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("/")  # the menu opens, and a part of the commands is shown
        chat.wait_for("list the commands")
        chat.wait_for("8 of ")
        chat.type("usa")
        chat.wait_for(lambda text: "8 of " not in text and "  /usage" in text)
        chat.type(DOWN + "\r")
        chat.wait_for("The API has reported no usage yet.")
        chat.type("/cos\r")  # the beginning of a name from elsewhere
        chat.wait_for(lambda text: text.count("no usage yet") == 2)
        chat.type("/h\r")  # it may be several commands, and is not sent
        chat.wait_for("/h is ambiguous: /history, /help")
        chat.type(f"what is @{tmp_path}/my")
        chat.wait_for("  my notes.md")
        chat.type("\t?\r")
        chat.wait_for("attached: my notes.md")
        chat.wait_for("Hello there.")
        chat.type("what")
        chat.wait_for("> what is @")
        chat.type(RIGHT + "\r")
        chat.wait_for(lambda text: text.count("Hello there.") == 2)
        chat.type("exit\r")
        assert chat.end() == 0
    first, second = (request.json["messages"] for request in api.requests)
    line = f'what is @"{tmp_path}/my notes.md" ?'
    assert [message["content"] for message in first] == ["File: my notes.md\n\na secret plan\n", line]
    assert [message["content"] for message in second[3:]] == ["File: my notes.md\n\na secret plan\n", line]
