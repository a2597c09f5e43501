"""/compact in a terminal: a kill while the summary comes, a restart after it, and what the next request carries."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are a POSIX thing", allow_module_level=True)

from chat_process import Chat, chat_env
from fake_api import Answer, chunk, frames, reply_frames
from support import out, run_cli


def exported(home, api) -> list[tuple[str, str]]:
    messages = json.loads(out(run_cli(home, api, "-c", "--export", "json")[1]))
    return [(message["role"], message["content"]) for message in messages]


def test_a_kill_while_the_summary_comes_changes_nothing_and_a_restart_keeps_a_whole_one(home, api):
    for question in ("one", "two", "three"):
        assert run_cli(home, api, *(["-c"] if api.requests else []), question)[0] == 0
    before = exported(home, api)
    api.answers = [Answer([frames(chunk({"content": "A part of it"}), done=False), threading.Event()])]
    with Chat("-c", env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("/compact\r")
        chat.wait_for("A part of it")
        os.kill(chat.process.pid, signal.SIGKILL)
        assert chat.end() == -signal.SIGKILL
    assert exported(home, api) == before
    api.answers = [Answer([reply_frames("All ", "of it.")]), Answer([reply_frames("Four.")])]
    with Chat("-c", env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("/compact\r")
        chat.wait_for("compacted #2-5 into #1")
        assert chat.leave() == 0
    assert run_cli(home, api, "-c", "four")[0] == 0
    summary = "Summary of messages #2-5, which are no longer sent:\n\nAll of it."
    assert [message["content"] for message in api.requests[-1].messages] == [
        summary,
        *(content for _, content in before[4:]),
        "four",
    ]
    with Chat("-c", env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("/undo 2\r")
        chat.wait_for("undid 2 changes · 6 messages")
        assert chat.leave() == 0
    assert exported(home, api) == before
