"""Signals at any moment, and terminals that are odd or gone: the terminal is left as it was, and the session kept.

`benchmarks/signals.py` runs `interrupted` at large.
"""

from __future__ import annotations

import os
import random
import re
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from chat_process import Chat, ColdChat, chat_env, open_terminal
from fake_api import PATIENCE_S, Answer, FakeApi, chunk, frames, reply_frames
from support import ROOT, journal_lines, sessions

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and pseudo-terminals are a POSIX thing")

if sys.platform != "win32":
    import termios

MODES = {"25": "h", "7": "h", "2004": "l", "2026": "l", "1004": "l", "1": "l", "12": "l"}
"""The state of private modes at the end: a cursor that is shown, rows that wrap, no brackets, no reports."""


def modes_of(chat: Chat) -> list:
    return termios.tcgetattr(chat._master)


def fresh_modes() -> list:
    master, slave = open_terminal()
    try:
        return termios.tcgetattr(slave)
    finally:
        os.close(master)
        os.close(slave)


def left_behind(chat: Chat) -> list[str]:
    """Return what an ended program has left of itself: modes of the terminal, tracebacks."""
    found = []
    if modes_of(chat) != fresh_modes():
        found.append("the terminal's modes are others")
    last = dict(re.findall(rb"\x1b\[\?(\d+)([hl])", chat.raw))
    found += [
        f"private mode {name.decode()} is left at {state.decode()}"
        for name, state in last.items()
        if MODES.get(name.decode()) != state.decode()
    ]
    if chat.raw.count(b"\x1b[>1u") != chat.raw.count(b"\x1b[<u"):
        found.append("the keyboard protocol is left on")
    styles = re.findall(rb"\x1b\[([\d;]*)m", chat.raw)
    if styles and styles[-1] not in {b"", b"0"}:
        found.append(f"the style is left at {styles[-1]!r}")
    found += [f"{sign.decode()}: {chat.raw[-2500:]!r}" for sign in SIGNS if sign in chat.raw and not too_early(chat)]
    return found


SIGNS = (b"Traceback", b"This is a bug", b"went wrong", b"Exception ignored", b"Fatal Python")


def too_early(chat: Chat) -> bool:
    """Say whether Python itself was interrupted while it started, before there was a program."""
    _, begun, traceback = chat.raw.partition(b"Traceback")
    return bool(begun) and re.search(rb'File "[^"]*\bgrokchat\b', traceback) is None


# -- any signal at any moment ------------------------------------------------------------------------------------------

Step = Callable[[Chat, FakeApi], None]


def starting(chat: Chat, _: FakeApi) -> None:
    """Nothing is waited for."""


def prompted(chat: Chat) -> None:
    """Wait for the prompt, and answer as a terminal with kitty's keyboard protocol."""
    chat.wait_for_prompt()
    chat.type("\x1b[?0u")
    chat.wait_for(lambda _: has_protocol(chat))


def has_protocol(chat: Chat) -> bool:
    """Return whether the keyboard protocol is on, which must be popped as often as it was pushed."""
    return chat.raw.count(b"\x1b[>1u") - chat.raw.count(b"\x1b[<u") == 1


def at_the_prompt(chat: Chat, _: FakeApi) -> None:
    prompted(chat)


def typing(chat: Chat, _: FakeApi) -> None:
    prompted(chat)
    chat.type("half a line")


def waiting(chat: Chat, api: FakeApi) -> None:
    api.answers = [Answer([threading.Event()])]
    prompted(chat)
    chat.type("first\r")
    api.wait_for_requests(1)


def streaming(chat: Chat, api: FakeApi) -> None:
    api.answers = [Answer([frames(chunk({"content": "begin\n"}), done=False), threading.Event()])]
    prompted(chat)
    chat.type("first\rsecond\r")
    chat.wait_for("begin")


def retrying(chat: Chat, api: FakeApi) -> None:
    api.answers = [Answer.json(429, {"error": "Busy."}, **{"retry-after": "50"})]
    prompted(chat)
    chat.type("first\r")
    chat.wait_for("2 of 4")


def editing(chat: Chat, _: FakeApi) -> None:
    prompted(chat)
    chat.type("some text\x18\x05")
    chat.wait_for("the editor is here")
    assert not has_protocol(chat)


def picking(chat: Chat, _: FakeApi) -> None:
    chat.wait_for("resume:")


def leaving(chat: Chat, _: FakeApi) -> None:
    chat.wait_for_prompt()
    chat.type("\x04")


MOMENTS: tuple[Step, ...] = (
    starting, at_the_prompt, typing, waiting, streaming, retrying, editing, picking, leaving,
)  # fmt: skip
NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")


def interrupted(moment: Step, name: str, chance: random.Random) -> list[str]:
    """Send a signal a little after a moment, and return what is wrong then."""
    with tempfile.TemporaryDirectory() as folder, FakeApi() as api:
        home = Path(folder) / "home"
        editor = Path(folder) / "editor"
        editor.write_text("#!/bin/sh\nprintf 'the editor is here\\r\\n'\nread line\n")
        editor.chmod(editor.stat().st_mode | stat.S_IXUSR)
        env = {**chat_env(home, api), "EDITOR": str(editor), "VISUAL": str(editor)}
        if moment is picking:
            (home / "sessions").mkdir(parents=True)
            with Chat("earlier", env=env) as before:
                before.wait_for("Hello there.")
                assert before.leave() == 0
            api.requests.clear()
        start = ColdChat if moment is starting else Chat
        with start(*(["-r"] if moment is picking else []), env=env) as chat:
            try:
                moment(chat, api)
            except (AssertionError, OSError) as error:
                return [f"{moment.__name__} was not reached: {error!r:.1500}"]
            until = time.monotonic() + chance.uniform(0, 0.9 if moment is starting else 0.06)
            while time.monotonic() < until:
                chat._read(max(0.0, until - time.monotonic()))
            chat.process.send_signal(getattr(signal, name))
            try:
                code = ended(chat, name, moment)
            except (AssertionError, OSError, subprocess.TimeoutExpired) as error:
                return [f"{moment.__name__}, {name}: {error!r:.1500}"]
            found = left_behind(chat)
            if code not in (expected := codes(name, moment)):
                found.append(f"exit code {code} instead of {sorted(expected)}; the screen:\n{chat.text()[-800:]}")
            if moment is streaming:
                said = [
                    line["message"]["content"]
                    for path in sessions(home)
                    for line in journal_lines(path)
                    if line["type"] == "message"
                ]
                if said[:2] != ["first", "begin\n"] or (name != "SIGINT" and said[-1] != "second"):
                    found.append(f"the session has {said}")
            return [f"{moment.__name__}, {name}: {item}" for item in found]


def ended(chat: Chat, name: str, moment: Step) -> int:
    """Read to the end; where a signal does not end the program, leave it as its user would."""
    if name == "SIGINT" or moment is editing:
        deadline = time.monotonic() + PATIENCE_S
        chat._read(0.3)
        while chat.process.poll() is None:
            assert time.monotonic() < deadline, f"it does not end; the screen:\n{chat.text()[-800:]}"
            # Enter ends the editor; Ctrl-C clears the line or stops a reply; Ctrl-D leaves.
            try:
                chat.type("\r" if "the editor is here" in chat.text().rpartition(">")[2] else "\x03\x04")
            except OSError:
                break
            chat._read(0.2)
            chat._read(0.05)
    code = chat.end()
    while chat._read(0):
        pass
    return code


def codes(name: str, moment: Step) -> set[int]:
    """Return the exit codes that are right: 130 in the chat, by the signal itself before and after it."""
    itself = -getattr(signal, name)
    if name == "SIGINT":
        return {0, 130, itself, 1} if moment is starting else {0, 130, itself} if moment is leaving else {0, 130}
    if moment in (starting, leaving):
        return {0, 130, itself}
    return {130}


@pytest.mark.parametrize("kind", ["Ctrl-C", "another"])
@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.__name__)
def test_a_signal_at_any_moment_leaves_the_terminal_as_it_was(moment, kind):
    """No modes are left behind, no traceback is shown, the conversation is kept, and the exit code is right."""
    chance = random.Random()
    assert interrupted(moment, NAMES[0] if kind == "Ctrl-C" else chance.choice(NAMES[1:]), chance) == []


# -- stopped and continued ---------------------------------------------------------------------------------------------

SHELL = """
import os, signal, subprocess, sys, termios
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
ours = termios.tcgetattr(0)
child = subprocess.Popen([sys.executable, "-m", "grokchat"], process_group=0)
os.tcsetpgrp(0, child.pid)
while True:
    _, status = os.waitpid(child.pid, os.WUNTRACED)
    if not os.WIFSTOPPED(status):
        break
    os.tcsetpgrp(0, os.getpgrp())
    modes = termios.tcgetattr(0)
    termios.tcsetattr(0, termios.TCSADRAIN, ours)
    os.write(1, b"STOPPED by %d, %s\\r\\n" % (os.WSTOPSIG(status), b"as found" if modes == ours else b"in its modes"))
    sys.stdin.readline()
    os.tcsetpgrp(0, child.pid)
    os.killpg(child.pid, signal.SIGCONT)
os.tcsetpgrp(0, os.getpgrp())
os.write(1, b"ENDED with %d\\r\\n" % os.waitstatus_to_exitcode(status))
"""
"""A shell that has one job."""


@pytest.mark.parametrize("how", ["Ctrl-Z", "SIGTSTP", "SIGSTOP"])
def test_a_stopped_chat_gives_the_terminal_back_and_goes_on(home, api, how, tmp_path, monkeypatch):
    """The typed text is still there, the reply continues, and keys work again, even if the stop was not noticed."""
    gate = threading.Event()
    api.answers = [Answer([frames(chunk({"content": "begin\n"}), done=False), gate, reply_frames("and the end")])]
    (tmp_path / "shell.py").write_text(SHELL)
    with ShellJob(tmp_path / "shell.py", home, api) as chat:
        prompted(chat)
        chat.type("first\r")
        chat.wait_for("begin")
        chat.type("half")
        chat.wait_for("> half")
        pid = chat_of(chat.process.pid)
        if how == "Ctrl-Z":
            chat.type("\x1a")
        else:
            os.kill(pid, getattr(signal, how))
        text = chat.wait_for("STOPPED by")
        assert f"STOPPED by {getattr(signal, how.replace('Ctrl-Z', 'SIGTSTP')):d}" in text
        if how != "SIGSTOP":
            assert "as found" in text
            assert chat.raw.rindex(b"\x1b[?2004l") > chat.raw.rindex(b"\x1b[?2004h")
            assert not has_protocol(chat)
        chat.type("fg\n")
        chat.wait_for(lambda text: "> half" in text.rpartition("fg")[2])
        assert has_protocol(chat)
        chat.type(" a line")
        gate.set()
        chat.wait_for("and the end")
        chat.wait_for(lambda text: "> half a line" in text.rpartition("and the end")[2])
        chat.type("\x15")
        chat.wait_for(lambda text: "> half" not in text.rpartition("and the end")[2])
        chat.type("\x04")
        chat.wait_for("ENDED with 0")
        chat.end()
        assert left_behind(chat) == []


class ShellJob(ColdChat):
    """The chat as the job of a shell."""

    def __init__(self, shell: Path, home: Path, api: FakeApi) -> None:
        self._shell = shell
        super().__init__(env=chat_env(home, api))

    def _command(self) -> list[str]:
        return [sys.executable, str(self._shell)]


def chat_of(shell: int) -> int:
    return int(subprocess.run(["pgrep", "-P", str(shell)], capture_output=True, check=True, text=True).stdout)


# -- terminals that are odd or gone ------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", [at_the_prompt, streaming, editing, picking], ids=lambda moment: moment.__name__)
def test_a_terminal_that_is_closed_ends_the_program_and_loses_nothing(home, api, moment):
    """No processor is kept busy by a terminal that is gone, and the conversation is in the session."""
    if moment is picking:
        with Chat("earlier", env=chat_env(home, api)) as before:
            before.wait_for("Hello there.")
            assert before.leave() == 0
    env = {**chat_env(home, api), "EDITOR": "sh -c 'echo the editor is here; read line'", "VISUAL": ""}
    chat = Chat(*(["-r"] if moment is picking else []), env=env)
    try:
        moment(chat, api)
        os.close(chat._master)
        code = chat.process.wait(PATIENCE_S)
    finally:
        chat.process.kill()
    assert code in {0, 130}
    if moment is streaming:
        said = [line["message"]["content"] for line in journal_lines(sessions(home)[0]) if line["type"] == "message"]
        assert said == ["first", "begin\n", "second"]


def test_a_closed_terminal_that_is_not_the_controlling_one_ends_the_program_too(home, api):
    """There is no SIGHUP then, only a terminal that cannot be read."""
    master, slave = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "grokchat"],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TERM": "xterm", **chat_env(home, api)},
        start_new_session=True,
    )
    os.close(slave)
    data = b""
    while b"\x1b[?2004h" not in data:
        data += os.read(master, 65536)
    os.close(master)
    try:
        assert process.wait(PATIENCE_S) in {0, 130}
    finally:
        process.kill()


def test_a_storm_of_sizes_is_weathered(home, api):
    gate = threading.Event()
    api.answers = [Answer([frames(chunk({"content": "begin\n"}), done=False), gate, reply_frames("and the end")])]
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("first\r")
        chat.wait_for("begin")
        for number in range(300):
            chat.resize(1 + number * 7 % 120, 1 + number * 5 % 40)
            chat._read(0)
        chat.resize(80, 24)
        gate.set()
        chat.wait_for(lambda _: b"and the end" in chat.raw)
        chat.wait_for_prompt()
        assert chat.leave() == 0
        assert left_behind(chat) == []


@pytest.mark.parametrize(
    ("env", "size"),
    [
        ({"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0"}, (80, 24)),
        ({"TERM": ""}, (80, 24)),
        ({"TERM": "no-such-terminal"}, (80, 24)),
        ({"COLUMNS": "abc", "LINES": "-5"}, (80, 24)),
        ({"COLUMNS": "0", "LINES": "999999999999"}, (80, 24)),
        ({}, (1, 1)),
        ({}, (0, 0)),
        ({}, (2, 1)),
        ({}, (1, 50)),
        ({}, (900, 3)),
    ],
    ids=str,
)
def test_an_odd_terminal_is_plainer_and_never_broken(home, api, env, size):
    with Chat(env={**chat_env(home, api), **env}, columns=max(1, size[0]), rows=max(1, size[1])) as chat:
        chat._set_size(*size)
        chat.wait_for(lambda _: b"\x1b[?2004h" in chat.raw or b">" in chat.raw)
        chat.type("hi\r")
        api.wait_for_requests(1)
        deadline = time.monotonic() + PATIENCE_S
        while chat.process.poll() is None and time.monotonic() < deadline:
            chat._read(0.2)
            chat.type("\x04")
        assert chat.end() == 0
        assert left_behind(chat) == []
    assert len(sessions(home)) == 1


def closed(*numbers: int) -> Callable[[], None]:
    def close() -> None:
        for number in numbers:
            os.close(number)

    return close


@pytest.mark.parametrize("numbers", [(0,), (1,), (2,), (0, 1), (1, 2), (0, 1, 2)], ids=str)
def test_streams_that_are_closed_from_the_start_are_nothing_worse(home, api, numbers):
    """Nothing else takes their place: what is written there is in no file of ours."""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **chat_env(home, api)}
    done = subprocess.run(
        [sys.executable, "-m", "grokchat", "-p", "hi"],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        preexec_fn=closed(*numbers),
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0
    assert done.stdout == (b"" if 1 in numbers else b"Hello there.\n")
    assert done.stderr == b""
    [path] = sessions(home)
    assert [line["type"] for line in journal_lines(path)][-1] == "message"
    assert b"Hello there.\n" not in path.read_bytes().split(b"\n")


def test_a_screen_without_a_keyboard_is_told(home, api):
    """Standard input is a pipe, the screen cannot be opened, and there is no controlling terminal."""
    master, slave = os.openpty()
    code = "import os; os.ttyname = lambda _: '/nonexistent'; import sys; sys.argv = ['grokchat']; "
    code += "from grokchat.__main__ import run; sys.exit(run())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TERM": "xterm", **chat_env(home, api)},
        input=b"hi",
        stdout=slave,
        stderr=subprocess.PIPE,
        start_new_session=True,
        check=False,
        timeout=PATIENCE_S,
    )
    os.close(master)
    os.close(slave)
    assert done.returncode == 2
    assert b"no terminal to read keys from" in done.stderr
    assert done.stderr.count(b"\n") == 1
