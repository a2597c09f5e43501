"""Deferred replies in a real terminal: Ctrl-C while waiting, leaving, kill -9, and one shots that are stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

if sys.platform == "win32":
    pytest.skip("signals are a POSIX thing", allow_module_level=True)

from chat_process import Chat, chat_env
from fake_api import PENDING, Answer, completion, deferred_api
from support import journal_lines, out, run_cli, sessions


@pytest.fixture
def api():
    with deferred_api(PENDING) as made:
        yield made


def is_due(home) -> bool:
    return any(b'"type":"deferred"' in path.read_bytes() for path in sessions(home))


def begin_waiting(chat: Chat, home) -> None:
    chat.wait_for_prompt()
    chat.type("/set deferred true\r")
    chat.wait_for("deferred = true")
    chat.type("One?\r")
    chat.wait_for("Ctrl-C stops waiting")
    chat.wait_for(lambda _: is_due(home))


def texts(home) -> list[str]:
    [path] = sessions(home)
    return [line["message"]["content"] for line in journal_lines(path) if line["type"] == "message"]


@pytest.mark.parametrize("how", ["kill", "hangup", "quit"])
def test_however_the_chat_ends_the_next_one_waits_for_the_reply(home, api, how):
    """Leaving, closing the terminal and kill -9 lose nothing; there is one POST in all."""
    with Chat(env=chat_env(home, api)) as chat:
        begin_waiting(chat, home)
        if how == "quit":
            chat.type("\x03")
            chat.wait_for("stopped waiting")
            chat.type("/quit\r")
        else:
            os.kill(chat.process.pid, signal.SIGKILL if how == "kill" else signal.SIGHUP)
        chat.end()
    api.deferred = [Answer.json(200, completion("Forty-two."))]
    with Chat("-c", env=chat_env(home, api)) as chat:
        text = chat.wait_for("Forty-two.")
        assert "A reply to #1 has been due since" in text
        chat.wait_for("#2")
        chat.type("\x04")
        assert chat.end() == 0
    assert texts(home) == ["One?", "Forty-two."]
    assert len(api.requests) == 1


def test_a_message_typed_while_waiting_is_refused_and_up_brings_it_back(home, api):
    with Chat(env=chat_env(home, api)) as chat:
        begin_waiting(chat, home)
        chat.type("Two?\r")
        chat.wait_for("Not sent while a reply is due")
        chat.type("\x03")
        chat.wait_for("stopped waiting")
        chat.type("\x1b[A")
        chat.wait_for("> Two?")
        chat.type("\x03\x04")
        assert chat.end() == 0
    assert texts(home) == ["One?"]
    assert len(api.requests) == 1


def test_ctrl_c_in_a_one_shot_exits_130_and_says_how_to_come_back(home, api):
    command = [sys.executable, "-m", "grokchat", "-p", "-o", "deferred=true", "One?"]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=chat_env(home, api), **pipes) as process:
        api.wait_for_polls(1)
        process.send_signal(signal.SIGINT)
        printed, told = process.communicate(timeout=60)
    assert (process.returncode, printed) == (130, b"")
    [path] = sessions(home)
    assert f"grokchat -p -r {path.stem}".encode() in told
    assert b"Traceback" not in told
    api.deferred = [Answer.json(200, completion("Forty-two."))]
    code, environment = run_cli(home, api, "-p", "-r", path.stem)
    assert (code, out(environment)) == (0, "Forty-two.\n")
    assert len(api.requests) == 1
