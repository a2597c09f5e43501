"""A slow `api_key_command`: it never keeps the user, and nothing of it outlives the program or the attempt."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from chat_process import Chat, chat_env
from processes import assert_gone
from support import KEY, ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and pseudo-terminals are a POSIX thing")

PROMPTLY_S = 5.0
"""Far below the 60 s that the command would take."""


@pytest.fixture
def slow(home, api, tmp_path) -> dict[str, str]:
    """Return an environment whose command waits in a child of a child; each start adds a number to `started`."""
    home.mkdir()
    script = tmp_path / "manager"
    script.write_text(f"sleep 60 &\necho $! >> {tmp_path / 'started'}\nwait\n", encoding="ascii")
    (home / "config.toml").write_text(f'api_key_command = "sh {script}; echo {KEY}"\n', encoding="utf-8")
    return {**chat_env(home, api), "XAI_API_KEY": ""}


def wait_for_starts(tmp_path: Path, count: int) -> list[int]:
    """Wait until the command was started so many times, and return the processes that wait in it."""
    deadline = time.monotonic() + 20
    while True:
        started = (tmp_path / "started").read_text().split() if (tmp_path / "started").exists() else []
        if len(started) >= count:
            return [int(number) for number in started]
        assert time.monotonic() < deadline, started
        time.sleep(0.01)


def test_ctrl_c_and_ctrl_d_leave_at_once_and_a_second_attempt_starts_the_command_again(slow, tmp_path):
    with Chat(env=slow) as chat:
        chat.wait_for_prompt()
        chat.type("first\r")
        first = wait_for_starts(tmp_path, 1)
        chat.type("\x03")
        chat.wait_for("interrupted")
        assert_gone(first)
        chat.type("second\r")
        numbers = wait_for_starts(tmp_path, 2)
        chat.type("\x03")
        chat.wait_for(lambda text: text.count("interrupted") == 2)
        started = time.monotonic()
        chat.type("\x04")
        assert chat.end() == 0
        assert time.monotonic() - started < PROMPTLY_S
    assert_gone(numbers)


@pytest.mark.parametrize("way", ["Ctrl-D", "SIGTERM", "SIGHUP"])
def test_leaving_the_chat_does_not_wait_for_the_command(slow, tmp_path, way):
    with Chat(env=slow) as chat:
        chat.wait_for_prompt()
        chat.type("first\r")
        numbers = wait_for_starts(tmp_path, 1)
        started = time.monotonic()
        if way == "Ctrl-D":
            chat.type("\x04")
        else:
            chat.process.send_signal(getattr(signal, way))
        assert chat.end() == (0 if way == "Ctrl-D" else 130)
        assert time.monotonic() - started < PROMPTLY_S
        assert b"Traceback" not in chat.raw
    assert_gone(numbers)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("argv", [["-p", "hi"], ["--list-models"]], ids=" ".join)
def test_a_signal_ends_a_one_shot_and_a_list_at_once(slow, tmp_path, argv, name):
    """With 130 for Ctrl-C, and by the signal itself for others."""
    with subprocess.Popen(
        [sys.executable, "-m", "grokchat", *argv],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **slow},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        numbers = wait_for_starts(tmp_path, 1)
        started = time.monotonic()
        process.send_signal(getattr(signal, name))
        _, said = process.communicate(timeout=20)
        assert time.monotonic() - started < PROMPTLY_S
    assert process.returncode == (130 if name == "SIGINT" else -getattr(signal, name))
    assert said == b""
    assert_gone(numbers)


def test_ctrl_c_at_the_terminal_ends_a_one_shot_too(slow, tmp_path):
    """The command is not in the terminal's foreground group, which alone gets the signal."""
    with Chat("-p", "hi", env=slow) as chat:
        numbers = wait_for_starts(tmp_path, 1)
        chat.type("\x03")
        assert chat.end(PROMPTLY_S) == 130
    assert_gone(numbers)
