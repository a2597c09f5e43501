"""Leaving at once, whatever another program or a slow file does, and leaving nothing of it behind.

The programs ignore signals and would take minutes, longer than the tests wait.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from chat_process import DEVICE_ATTRIBUTES, DEVICE_ATTRIBUTES_QUERY, Chat, ColdChat, chat_env
from fake_api import PATIENCE_S, FakeApi
from processes import assert_gone
from support import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and pseudo-terminals are a POSIX thing")

STUBBORN = "#!/bin/sh\ntrap '' TERM INT HUP QUIT\nsleep 600 &\necho $$ $! > {log}\nwait\nsleep 600\n"
LINES = {
    "copy": "/copy\r",
    "paste": "/paste\r",
    "/edit": "/edit 1\r",
    "Ctrl-X Ctrl-E": "some text\x18\x05",
    "key": "second\r",
    "/models": "/models\r",
}
ENDS_BY_SIGNAL = ("SIGTERM", "SIGHUP", "SIGQUIT")


PATIENT = """\
import sys
from grokchat.__main__ import run
from grokchat.terminal import capabilities

capabilities._LAST_ANSWER_TIMEOUT_S = 60.0
sys.exit(run())
"""


class PatientChat(ColdChat):
    """The program, waiting for the terminal's answers for as long as a machine under load may need."""

    def _command(self) -> list[str]:
        return [sys.executable, "-c", PATIENT]


def test_a_program_that_is_left_at_once_waits_for_the_answers(home, api):
    """The shell would read them as typed text."""
    with PatientChat(env=chat_env(home, api), answers=False) as chat:
        chat.wait_for(lambda _: DEVICE_ATTRIBUTES_QUERY in chat.raw)
        chat.type("\x04")
        chat.wait_for(lambda _: b"\x1b[?2004l" in chat.raw)
        with pytest.raises(subprocess.TimeoutExpired):
            chat.process.wait(0.5)
        chat.type("\x1b[5;2R\x1b]11;rgb:1e1e/1e1e/2e2e\x07" + DEVICE_ATTRIBUTES.decode())
        assert chat.end() == 0


class Stubborn:
    """An environment in which every program that grokchat may start never ends by itself."""

    def __init__(self, home: Path, api: FakeApi, folder: Path) -> None:
        self._log = folder / "started"
        for name in ("xclip", "stubborn"):
            path = folder / name
            path.write_text(STUBBORN.format(log=self._log), encoding="ascii")
            path.chmod(0o700)
        self.path = folder / "stubborn"
        self.env = {
            **chat_env(home, api), "PATH": f"{folder}:{os.environ['PATH']}", "DISPLAY": ":99", "VISUAL": "",
            "EDITOR": str(self.path),
        }  # fmt: skip

    def use_for_key(self, home: Path) -> None:
        """Let the key come from it."""
        home.mkdir(exist_ok=True)
        (home / "config.toml").write_text(f'api_key_command = "{self.path}"\n', encoding="utf-8")
        self.env["XAI_API_KEY"] = ""

    def wait_for_start(self) -> list[int]:
        """Wait until one has started, and return its processes."""
        deadline = time.monotonic() + PATIENCE_S
        while len(numbers := self._log.read_text().split() if self._log.exists() else []) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return [int(number) for number in numbers]


@pytest.fixture
def stubborn(home, api, tmp_path) -> Stubborn:
    return Stubborn(home, api, tmp_path)


def start_waiting(chat: Chat, what: str, stubborn: Stubborn) -> list[int]:
    """Have the chat start a program that does not end, and return its processes."""
    chat.wait_for_prompt()
    if what not in {"key", "/models"}:
        chat.type("hi\r")
        chat.wait_for("Hello there.")
        chat.wait_until_idle()
    chat.type(LINES[what])
    return stubborn.wait_for_start()


@pytest.mark.parametrize(
    ("term", "way"),
    [("xterm-256color", "Ctrl-D"), *(("xterm-256color", name) for name in ENDS_BY_SIGNAL), ("dumb", "SIGTERM")],
)
@pytest.mark.parametrize("what", LINES)
def test_leaving_the_chat_waits_for_no_program(home, stubborn, term, what, way):
    has_editor = what in {"/edit", "Ctrl-X Ctrl-E"}
    if has_editor and (way == "Ctrl-D" or term == "dumb"):
        pytest.skip("the keys are the editor's, and a dumb terminal has none")
    if what in {"key", "/models"}:
        stubborn.use_for_key(home)
    with Chat(env={**stubborn.env, "TERM": term}) as chat:
        numbers = start_waiting(chat, what, stubborn)
        if way == "Ctrl-D":
            chat.type("\x04")
        else:
            chat.process.send_signal(getattr(signal, way))
        assert chat.end() == (0 if way == "Ctrl-D" else 130)
        assert b"Traceback" not in chat.raw
    assert_gone(numbers)


@pytest.mark.parametrize("what", ["copy", "paste", "key", "/models"])
def test_ctrl_c_stops_a_program_and_the_chat_goes_on(home, stubborn, what):
    if what in {"key", "/models"}:
        stubborn.use_for_key(home)
    with Chat(env=stubborn.env) as chat:
        numbers = start_waiting(chat, what, stubborn)
        chat.type("\x03")
        chat.wait_for("interrupted" if what == "key" else "not done: /")
        assert_gone(numbers)
        chat.type("/name mine\r")
        chat.wait_for("mine”")
        chat.type("\x04")
        assert chat.end() == 0


@pytest.mark.parametrize("name", ["SIGINT", *ENDS_BY_SIGNAL])
@pytest.mark.parametrize("argv", [["-p", "hi"], ["--list-models"], ["-p", "--max-cost", "1", "hi"]], ids=" ".join)
def test_a_signal_ends_a_program_outside_the_chat_with_its_command(home, stubborn, argv, name):
    stubborn.use_for_key(home)
    with subprocess.Popen(
        [sys.executable, "-m", "grokchat", *argv],
        env={**stubborn.env, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        numbers = stubborn.wait_for_start()
        process.send_signal(getattr(signal, name))
        _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == (130 if name == "SIGINT" else -getattr(signal, name))
    assert said == b""
    assert_gone(numbers)


def test_a_command_that_takes_ctrl_c_itself_is_an_interruption(home, api):
    home.mkdir()
    (home / "config.toml").write_text('api_key_command = "kill -INT $$"\n', encoding="utf-8")
    with Chat("-p", "hi", env={**chat_env(home, api), "XAI_API_KEY": ""}) as chat:
        assert chat.end() == 130
        assert "api_key_command ended with" not in chat.text()


def test_ctrl_c_at_the_question_of_login_is_130(home, api):
    with Chat("--login", env={**chat_env(home, api), "XAI_API_KEY": ""}) as chat:
        chat.wait_for("API key")
        chat.type("\x03")
        assert chat.end() == 130


def test_ctrl_c_in_the_editor_is_the_editors(home, api, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\ntrap 'echo edited > $1; exit 0' INT\necho begun\nwhile :; do sleep 0.1; done\n")
    editor.chmod(0o700)
    with Chat(env={**chat_env(home, api), "EDITOR": str(editor), "VISUAL": ""}) as chat:
        chat.wait_for_prompt()
        chat.type("/system one\r/edit 1\r")
        chat.wait_for("begun")
        chat.type("\x03")
        chat.wait_for("edited #1 (system)")
        assert chat.leave() == 0


@pytest.mark.parametrize("name", ENDS_BY_SIGNAL)
@pytest.mark.parametrize("keys", ["half a line", "half a line\x18\x05"], ids=["typing", "in the editor"])
def test_a_line_that_was_not_entered_can_be_brought_back_in_the_next_chat(home, stubborn, name, keys):
    with Chat(env=stubborn.env) as chat:
        chat.wait_for_prompt()
        chat.type(keys)
        if keys.endswith("\x05"):
            stubborn.wait_for_start()
        else:
            chat.wait_for("half a line")
        chat.process.send_signal(getattr(signal, name))
        assert chat.end() == 130
    with Chat(env=stubborn.env) as chat:
        chat.wait_for_prompt()
        chat.press_until("\x1b[A", "> half a line")
        chat.type("\x15\x04")
        assert chat.end() == 0
