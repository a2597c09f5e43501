"""The program as a process: asking for the key, terminals that know no codes, pipes and signals."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from chat_process import DEVICE_ATTRIBUTES_QUERY, Chat, ColdChat, chat_env
from fake_api import PATIENCE_S, Answer, chunk, frames, reply_frames
from support import KEY, ROOT, journal_lines, sessions

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX thing")
if sys.platform != "win32":
    import termios

needs_no_keyring = pytest.mark.skipif(
    importlib.util.find_spec("keyring") is not None, reason="the key would go to the system's keyring"
)

FIRST_STEPS = "Type a question and press Enter."


def start(home, api, *argv: str, **more) -> subprocess.Popen[bytes]:
    """Start the program with its output in a pipe."""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **chat_env(home, api)}
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    return subprocess.Popen([sys.executable, "-m", "grokchat", *argv], env=env, **pipes)


def without_key(home, api) -> dict[str, str]:
    return {name: value for name, value in chat_env(home, api).items() if name != "XAI_API_KEY"}


@needs_no_keyring
def test_without_a_key_one_is_asked_for_hidden_and_stored_if_wanted(home, api):
    with ColdChat(env=without_key(home, api)) as chat:
        assert "https://console.x.ai" in chat.wait_for("(hidden;")
        chat.type(f"{KEY}\r")
        chat.wait_for("[Y/n]")
        chat.type("y\r")
        chat.wait_for("Saved in")
        chat.wait_for("/ for commands")
        chat.type("hi\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert KEY.encode() not in chat.raw
    assert KEY not in chat.text()
    assert api.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert (home / "key").read_text(encoding="ascii") == f"{KEY}\n"
    assert (home / "key").stat().st_mode & 0o777 == 0o600
    with ColdChat(env=without_key(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("hi again\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert api.requests[1].headers["authorization"] == f"Bearer {KEY}"


@needs_no_keyring
def test_a_key_that_is_not_to_be_stored_is_in_no_file(home, api):
    with Chat(env=without_key(home, api)) as chat:
        chat.wait_for("(hidden;")
        chat.type(f"{KEY}\r")
        chat.wait_for("[Y/n]")
        chat.type("n\r")
        chat.wait_for("/ for commands")
        chat.type("hi\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert api.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert [path for path in home.rglob("*") if path.is_file() and KEY in path.read_text(encoding="utf-8")] == []
    assert KEY.encode() not in chat.raw


@needs_no_keyring
@pytest.mark.parametrize("answer", ["\r", "\x03", "\x04", " \r", "two words\r\x03"])
def test_without_a_key_in_the_end_the_program_exits_2(home, api, answer):
    with Chat(env=without_key(home, api)) as chat:
        chat.wait_for("(hidden;")
        chat.type(answer)
        assert chat.end() == 2
    assert "XAI_API_KEY" in chat.text()
    assert "Traceback" not in chat.text()


@needs_no_keyring
@pytest.mark.parametrize("key", [KEY, "not-of-xai"])
@pytest.mark.parametrize("leave", ["\x03", "\x04"])
def test_leaving_at_a_question_keeps_nothing(home, api, key, leave):
    with Chat(env=without_key(home, api)) as chat:
        chat.wait_for("(hidden;")
        chat.type(f"{key}\r")
        chat.wait_for("[Y/n]" if key == KEY else "[y/N]")
        chat.type(leave)
        assert chat.end() == 130
    assert "No key was saved." in chat.text()
    assert not (home / "key").exists()


@needs_no_keyring
def test_what_cannot_be_a_key_is_asked_for_again(home, api):
    with Chat(env=without_key(home, api)) as chat:
        chat.wait_for("(hidden;")
        chat.type("two words\r")
        chat.wait_for(lambda text: text.count("(hidden;") == 2)
        assert "is not valid" in chat.text()
        chat.type("not-of-xai\r")
        chat.wait_for("xAI keys begin with xai-. Use this one anyway? [y/N]")
        chat.type("\r")
        chat.wait_for(lambda text: text.count("(hidden;") == 3)
        chat.type("not-of-xai\r")
        chat.wait_for(lambda text: text.count("Use this one anyway?") == 2)
        chat.type("y\r")
        chat.wait_for("Save it")
        chat.type("n\r")
        chat.wait_for("/ for commands")
        chat.type("hi\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert api.requests[0].headers["authorization"] == "Bearer not-of-xai"


@needs_no_keyring
def test_the_way_in_leads_to_the_demo_too(home, api):
    with Chat("hello", env=without_key(home, api), columns=40) as chat:
        welcome = chat.wait_for("(hidden;")
        assert max(map(len, welcome.split("\n"))) <= 40
        assert "api_key_command" in welcome
        chat.type("demo\r")
        chat.wait_for("You said: hello")
        assert chat.leave() == 0
    assert api.requests == []
    assert not (home / "key").exists()


@needs_no_keyring
@pytest.mark.skipif(sys.platform != "linux", reason="it needs a folder in which nobody can make a file")
def test_a_key_that_cannot_be_kept_is_used_all_the_same(home, api):
    with Chat("hi", "--no-save", env={**without_key(home, api), "GROKCHAT_HOME": "/proc/grokchat"}) as chat:
        chat.wait_for("(hidden;")
        chat.type(f"{KEY}\r")
        chat.wait_for("[Y/n]")
        chat.type("\r")
        chat.wait_for("Hello there.")
        assert "the key could not be stored" in chat.text()
        assert chat.leave() == 0


def test_the_demo_talks_without_a_key(home, api):
    env = {**without_key(home, api), "GROKCHAT_BASE_URL": ""}
    with ColdChat("--demo", env=env) as chat:
        assert "demo" in chat.wait_for_prompt()
        assert FIRST_STEPS in chat.text()
        chat.type("hello\r")
        chat.wait_for("You said: hello")
        assert chat.leave() == 0
    assert api.requests == []
    with Chat("--demo", env=env) as chat:
        chat.wait_for_prompt()
        assert FIRST_STEPS not in chat.text()  # there is a session now
        assert chat.leave() == 0


def test_without_saving_the_demo_starts_though_the_data_folder_has_an_impossible_name(home, api):
    env = {**without_key(home, api), "GROKCHAT_BASE_URL": "", "GROKCHAT_HOME": "", "HOME": str(home)}
    with ColdChat("--demo", "--no-save", env={**env, "XDG_DATA_HOME": "/" + "x" * 300}) as chat:
        chat.wait_for_prompt()
        assert FIRST_STEPS in chat.text()
        assert chat.leave() == 0


def test_a_terminal_that_answers_no_query_can_be_left(home, api):
    with Chat(env=chat_env(home, api), answers=False) as chat:
        chat.wait_for_prompt()
        chat.type("hi\r")
        chat.wait_for("Hello there.")
        assert DEVICE_ATTRIBUTES_QUERY in chat.raw
        assert chat.leave() == 0


@pytest.mark.parametrize("term", ["dumb", "unknown"])
def test_a_dumb_terminal_gets_no_escape_codes_and_can_talk(home, api, term):
    api.answers = [Answer([reply_frames("**Hello** ", "`there` \x1b[31m.")]), Answer([reply_frames("Bye.")])]
    with Chat(env={**chat_env(home, api), "TERM": term}) as chat:
        chat.wait_for(">")
        chat.type("hi\r")
        chat.wait_for("there")
        chat.type("/history\r")
        chat.wait_for("assistant")
        chat.type("and now?\r")
        chat.wait_for("Bye.")
        assert chat.leave() == 0
    assert b"\x1b" not in chat.raw
    assert [len(request.messages) for request in api.requests] == [1, 3]


def test_ctrl_c_stops_a_reply_on_a_dumb_terminal_too(home, api):
    api.answers = [
        Answer([frames(chunk({"content": "begin\n\nmore\n"}), done=False), threading.Event()]),
        Answer([reply_frames("Bye.")]),
    ]
    with Chat(env={**chat_env(home, api), "TERM": "dumb"}) as chat:
        chat.wait_for(">")
        chat.type("hi\r")
        chat.wait_for("begin")
        chat.type("\x03")
        chat.wait_for("interrupted")
        chat.type("and now?\r")
        chat.wait_for("Bye.")
        assert chat.leave() == 0
    assert [message["content"] for message in api.requests[1].messages] == ["hi", "begin\n\nmore\n", "and now?"]


def test_no_color_has_no_colors(home, api):
    api.answers = [Answer([reply_frames("# Title\n\n`code` **strong** [link](https://x.ai)\n")])]
    with Chat(env={**chat_env(home, api), "NO_COLOR": "1"}) as chat:
        chat.wait_for_prompt()
        chat.type("hi\r")
        chat.wait_for("strong")
        assert chat.leave() == 0
    codes = [code for part in chat.raw.split(b"\x1b[")[1:] if b"m" in part for code in part.split(b"m")[0].split(b";")]
    assert not {code for code in codes if code.isdigit() and 30 <= int(code) <= 107}


def test_a_terminal_in_another_encoding_gets_what_it_can_show(home, api):
    api.answers = [Answer([reply_frames("caf\u00e9 \u2713 \U0001f600\n\n- item\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")])]
    env = {**chat_env(home, api), "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    with ColdChat(env=env) as chat:
        chat.wait_for_prompt()
        chat.type("hi\r")
        chat.wait_for("item")
        assert chat.leave() == 0
    assert chat.raw.isascii()


def test_ctrl_c_ends_a_one_shot_call_with_130_and_the_part_is_kept(home, api):
    api.answers = [Answer([frames(chunk({"content": "begin"}), done=False), threading.Event()])]
    with start(home, api, "hi") as process:
        assert process.stdout.read(5) == b"begin"
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert b"Traceback" not in errors
    assert rest == b"\n"
    last = journal_lines(sessions(home)[0])[-1]
    assert (last["message"]["content"], last["finish_reason"]) == ("begin", "interrupted")


def test_a_reader_that_goes_away_is_no_noise(home, api):
    """As with `grokchat hi | head -c 5`."""
    gate = threading.Event()
    many = [frames(chunk({"content": "x" * 1000}), done=False)] * 100
    api.answers = [Answer([frames(chunk({"content": "begin"}), done=False), gate, *many])]
    with start(home, api, "hi") as process:
        assert process.stdout.read(5) == b"begin"
        process.stdout.close()
        gate.set()
        errors = process.stderr.read()
    assert process.returncode == 4
    assert errors == b""


# -- the first paint ---------------------------------------------------------------------------------------------------


@pytest.fixture
def held(tmp_path) -> tuple[dict[str, str], Path]:
    """Return an environment in which the program waits, once its first paint is made, until a file is there."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys, time\n"
        "class Wait:\n"
        "    def find_spec(self, name, *_):\n"
        "        while name == 'prompt_toolkit' and not os.path.exists(os.environ['GO']):\n"
        "            time.sleep(0.01)\n"
        "sys.meta_path.insert(0, Wait())\n"
    )
    return {"PYTHONPATH": f"{tmp_path}:{ROOT}", "GO": str(tmp_path / "go")}, tmp_path / "go"


def painted(text: str) -> bool:
    return text.endswith("\n>")


def test_the_prompt_is_painted_and_keys_are_kept_before_the_libraries_are_there(home, api, held):
    """With their editing keys, pastes and Ctrl-C, in order; and what is painted is not there twice."""
    env, go = held
    with ColdChat(env={**chat_env(home, api), **env}) as chat:
        chat.wait_for(painted)
        chat.type("lost\x03hellp\x7fo\x1b[D\x1b[D\x1b[D\x7f\x1b[F")
        chat.paste("\nof\nlines")
        chat.type("\n!\r")
        go.touch()
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
        text = chat.text()
    assert api.requests[0].messages[-1]["content"] == "hllo\nof\nlines\n!"
    assert text.count("/ for commands") == 1
    assert text.split("\n\n")[1].startswith("> hllo")


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGQUIT", "SIGINT"])
def test_a_signal_at_the_first_paint_leaves_the_terminal_as_it_was(home, api, held, name):
    env, _ = held
    with ColdChat(env={**chat_env(home, api), **env}) as chat:
        modes = termios.tcgetattr(chat._master)
        chat.wait_for(painted)
        assert termios.tcgetattr(chat._master) != modes
        chat.process.send_signal(getattr(signal, name))
        assert chat.end() in {130, -getattr(signal, name)}
        assert termios.tcgetattr(chat._master) == modes
        assert chat.raw.rindex(b"\x1b[?2004l") > chat.raw.rindex(b"\x1b[?2004h")
        assert b"Traceback" not in chat.raw
        assert not painted(chat.text())


def test_an_error_behind_the_first_paint_is_told_without_it(home, api):
    with ColdChat("-r", "nobody", env=chat_env(home, api)) as chat:
        modes = termios.tcgetattr(chat._master)
        assert chat.end() == 4
        assert "grokchat: " in chat.text()
        assert "\n>" not in chat.text()
        assert termios.tcgetattr(chat._master) == modes
