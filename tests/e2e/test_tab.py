"""Tab in a terminal, on what has to be read from a disk."""

from __future__ import annotations

import sys

import pytest
from chat_process import Chat, chat_env

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX thing")


def test_tab_completes_sessions_and_inserts_nothing_into_a_line_that_has_gone_on(home, api):
    """Text typed right after Tab is not changed."""
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("hello\r")
        chat.wait_for("Hello there.")
        chat.type("/name notes-of-mine\r")
        chat.wait_for("named this session “notes-of-mine”")
        chat.type("/new\r")
        chat.wait_for("new session")  # while a command runs, Ctrl-C stops it and leaves the line
        chat.type("/resume not")
        chat.press_until("\t", "> /resume notes-of-mine")
        chat.type("\x03/resume no\tzzz\r")
        chat.wait_for("nozzz: no session has this id or name")
        assert chat.leave() == 0
