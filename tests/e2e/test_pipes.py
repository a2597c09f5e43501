"""Standard streams in any mode, and inputs and outputs that are pipes: the whole program with real descriptors."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from chat_process import Chat, chat_env
from fake_api import Answer, FakeApi, reply_frames
from support import ROOT, journal_lines, sessions

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="descriptors, FIFOs and pseudo-terminals of POSIX")

LONG = "漢字 and more. " * 30_000
PAIRS: dict[str, Callable[[], tuple[int, int]]] = {
    "pipe": os.pipe,
    "socket": lambda: tuple(item.detach() for item in socket.socketpair()),  # type: ignore[return-value]
}


def start(home: Path, api: FakeApi, *argv: str, **streams) -> subprocess.Popen[bytes]:
    whole = {**os.environ, "PYTHONPATH": str(ROOT), **chat_env(home, api)}
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    return subprocess.Popen([sys.executable, "-m", "grokchat", *argv], env=whole, **streams)


def finish(process: subprocess.Popen[bytes]) -> tuple[int, bytes, bytes]:
    with process:
        out, err = process.communicate()
    return process.returncode, out, err


@pytest.mark.parametrize("kind", PAIRS)
def test_non_blocking_streams_are_read_and_written_to_their_end(home, api, kind):
    """In non-blocking mode from another program's hands: neither the input nor the reply nor a report is cut short."""
    api.answers = [Answer([reply_frames(LONG)])]
    (reader, feeder), (out, stdout), (err, stderr) = PAIRS[kind](), PAIRS[kind](), PAIRS[kind]()
    os.set_blocking(err, True)
    for descriptor in (reader, stdout, stderr):
        os.set_blocking(descriptor, False)
    process = start(home, api, "-m", "other", "hi", stdin=reader, stdout=stdout, stderr=stderr)
    assert process.stdout is process.stderr is None
    for descriptor in (reader, stdout, stderr):
        os.close(descriptor)
    with os.fdopen(feeder, "wb", buffering=0) as pipe:
        rest = memoryview(LONG.encode())
        while rest:
            rest = rest[pipe.write(rest[:50_000]) :]
    api.wait_for_requests(1)
    with os.fdopen(out, "rb") as pipe:
        assert pipe.read().decode() == f"{LONG}\n"
    with os.fdopen(err, "rb") as pipe:
        assert b"answered by grok-4.7" in pipe.read()
    assert process.wait() == 0
    assert api.requests[0].messages == [
        {"role": "user", "content": LONG},
        {"role": "user", "content": "hi"},
    ]


def test_a_chat_at_a_non_blocking_terminal(home, api):
    """A program before this one may have left the terminal so."""
    # More than a terminal holds unread.
    api.answers = [Answer([reply_frames(LONG[:50_000] + "\n\nthe end")])]
    for more in ({}, {"TERM": "dumb"}):
        with Chat(env={**chat_env(home, api), **more}) as chat:
            os.set_blocking(chat._master, True)
            with open(chat.terminal, "rb", buffering=0) as terminal:  # noqa: PTH123 - it is unbuffered
                os.set_blocking(terminal.fileno(), False)
            chat.wait_for_prompt()
            chat.type("hi\r")
            chat.wait_for("the end")
            chat.type("/quit\r")
            assert chat.end() == 0


def make_fifo(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "fifo")
    return tmp_path / "fifo"


@pytest.mark.parametrize("option", ["-f", "-r", "--config"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_waiting_for_a_pipe_can_be_interrupted(home, api, tmp_path, option, number, code):
    path = make_fifo(tmp_path)
    process = start(home, api, "-p", "hi", option, str(path))
    with path.open("wb"):  # it is open as soon as the program reads from it
        process.send_signal(number)
        assert finish(process) == (code, b"", b"")
    assert api.requests == []


@pytest.mark.parametrize("text", ["typed\n", "typed\nmore\n"])
def test_a_file_can_be_typed(home, api, text):
    """`-f -` at a terminal, to Ctrl-D; then the chat continues with its keys."""
    with Chat("-f", "-", "what is it?", env=chat_env(home, api)) as chat:
        chat.type(text.replace("\n", "\r") + "\x04")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert [message["content"] for message in api.requests[0].messages] == [
        f"File: standard input\n\n{text}",
        "what is it?",
    ]


def test_a_command_that_waits_for_a_pipe_leaves_the_chat_usable(home, api, tmp_path):
    """`/file FIFO` does not block the loop; Ctrl-C ends the wait, and then it can be asked for again."""
    path = make_fifo(tmp_path)
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type(f"/file {path}\r")
        chat.wait_for("reading ")
        chat.type("/history\r")
        chat.wait_for("/history")
        chat.type("\x03")
        chat.wait_for("nothing was attached")
        chat.type(f"/file {path}\r")
        path.write_bytes(b"from the pipe\n")
        chat.wait_for("attached to your next message: fifo (text, 14 B")
        chat.type(f"/file {path}\r")
        chat.wait_for("1 file attached · reading ")
        chat.type("\x04")
        assert chat.end() == 0


def test_the_keys_are_not_read_as_a_file(home, api):
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("/file /dev/stdin\r")
        chat.wait_for("it is the terminal")
        chat.type("hi\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0


def shell(home: Path, api: FakeApi, command: str) -> subprocess.CompletedProcess[bytes]:
    whole = {**os.environ, "PYTHONPATH": str(ROOT), **chat_env(home, api)}
    return subprocess.run(
        ["bash", "-c", command.replace("grokchat", f"{sys.executable} -m grokchat")],
        env=whole,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


LIST = '[{"role":"user","content":"from a pipe"}]'


@pytest.mark.skipif(not Path("/bin/bash").exists(), reason="process substitution is bash's")
@pytest.mark.parametrize(
    ("command", "contents"),
    [
        ("grokchat hi -f <(echo a) -f <(printf b)", [r"File: \d+\n\na\n", r"File: \d+\n\nb", "hi"]),
        ("echo a | grokchat hi -f -", [r"File: standard input\n\na\n", "hi"]),
        ("echo a | grokchat hi -f /dev/stdin", [r"File: standard input\n\na\n", "hi"]),
        ("echo a | grokchat hi -f <(echo b)", [r"File: \d+\n\nb\n", "a\n", "hi"]),
        ("grokchat hi -f /dev/fd/5 5< <(echo a)", [r"File: 5\n\na\n", "hi"]),
        ("grokchat hi -f /dev/null", [r"File: null\n\n", "hi"]),
        ("{ read -r; grokchat hi; } < <(printf 'head\\nrest')", ["rest", "hi"]),
        (f"grokchat hi -r <(echo '{LIST}')", ["from a pipe", "hi"]),
        (f"echo '{LIST}' | grokchat hi -r -", ["from a pipe", "hi"]),
        (f"echo '{LIST}' | grokchat -p -r /dev/stdin", ["from a pipe"]),
        ("grokchat hi --config <(echo 'system = \"short\"')", ["short", "hi"]),
        ("echo 'system = \"short\"' | grokchat hi --config -", ["short", "hi"]),
        ("GROKCHAT_CONFIG=/dev/fd/4 grokchat hi 4< <(echo 'system = \"short\"')", ["short", "hi"]),
    ],
)
def test_pipes_are_inputs(home, api, command, contents):
    process = shell(home, api, command)
    assert (process.returncode, process.stderr) == (0, b"")
    sent = [message["content"] for message in api.requests[0].messages]
    assert len(sent) == len(contents)
    for text, pattern in zip(sent, contents, strict=True):
        assert re.fullmatch(pattern, text)


@pytest.mark.skipif(not Path("/bin/bash").exists(), reason="process substitution is bash's")
@pytest.mark.parametrize(
    ("command", "code", "reason"),
    [
        ("echo a | grokchat hi -f - -f -", 2, "-f and -f both read standard input"),
        ("echo a | grokchat hi -f - -r /dev/stdin", 2, "-r and -f both read standard input"),
        ("echo a | grokchat hi -f - -o a=@-", 2, "-o and -f both read standard input"),
        ("echo a | grokchat hi -o 'a = @-' -o b=@/dev/stdin", 2, "-o and -o both read standard input"),
        ("echo a | grokchat hi --schema - -o a=@-", 2, "--schema and -o both read standard input"),
        ("grokchat hi -o a=@- <&-", 4, "standard input: it is closed"),
        ("grokchat hi -o a=@/dev/zero", 4, "/dev/zero: it is a device"),
        ("grokchat hi -o a=@<(yes)", 4, "is larger than 50 MB"),
        ("grokchat hi --schema <(yes)", 4, "is larger than 50 MB"),
        ("grokchat hi --schema /dev/null", 2, "--schema /dev/null: not JSON, line 1, column 1"),
        ("grokchat hi -f - <&-", 4, "standard input: it is closed"),
        ("grokchat hi -f /dev/zero", 4, "/dev/zero: it is a device"),
        ("grokchat hi -f <(yes)", 4, "is larger than 50 MB"),
        ("yes | grokchat hi", 4, "standard input: it is larger than 50 MB"),
        ("grokchat hi -f - 0> /dev/null", 4, "standard input: it cannot be read"),
        ("grokchat hi -f /dev/stdout | cat; exit ${PIPESTATUS[0]}", 4, "/dev/stdout: it cannot be read"),
        ("grokchat hi -r <(yes)", 4, "it is larger than 200 MB"),
        ("grokchat hi --config <(yes)", 2, "is larger than 1 MB, too large for a config file."),
    ],
)
def test_inputs_that_cannot_be_are_refused_with_the_reason(home, api, command, code, reason):
    process = shell(home, api, command)
    assert (process.returncode, api.requests) == (code, [])
    assert reason in process.stderr.decode()


@pytest.mark.skipif(not Path("/bin/bash").exists(), reason="process substitution is bash's")
@pytest.mark.parametrize(
    "command",
    [
        "grokchat hi -o seed=@<(echo 7)",
        "echo 7 | grokchat hi -o seed=@-",
        "echo 7 | grokchat hi -o 'seed = @/dev/stdin'",
        "grokchat hi -o seed=@/dev/fd/5 5< <(echo 7)",
        "echo hi | grokchat -o seed=@<(echo 7)",
    ],
)
def test_the_value_of_a_parameter_comes_from_a_pipe(home, api, command):
    process = shell(home, api, command)
    assert (process.returncode, process.stderr) == (0, b"")
    assert api.requests[-1].json["seed"] == 7
    assert [message["content"].strip() for message in api.requests[-1].messages] == ["hi"]


@pytest.mark.skipif(not Path("/bin/bash").exists(), reason="process substitution is bash's")
@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("grokchat hi --schema <(echo '{}')", r"\d+"),
        ("echo '{}' | grokchat hi --schema -", "schema"),
        ("echo hi | grokchat --schema /dev/fd/5 5< <(echo '{}')", "5"),
    ],
)
def test_a_schema_comes_from_a_pipe(home, api, command, name):
    api.answers = [Answer([reply_frames("[1]")])]
    process = shell(home, api, command)
    assert (process.returncode, process.stdout, process.stderr) == (0, b"[1]\n", b"")
    asked = api.requests[0].json["response_format"]["json_schema"]
    assert re.fullmatch(name, asked["name"])
    assert asked["schema"] == {}
    assert [message["content"].strip() for message in api.requests[0].messages] == ["hi"]


def test_a_session_from_a_pipe_continues_in_a_new_file(home, api, tmp_path):
    finish(start(home, api, "hi"))
    [path] = sessions(home)
    before = path.read_bytes()
    process = shell(home, api, f"grokchat again -r <(cat {path})")
    assert (process.returncode, process.stderr) == (0, b"")
    assert [message["content"] for message in api.requests[1].messages] == ["hi", "Hello there.", "again"]
    assert path.read_bytes() == before
    [forked] = [session for session in sessions(home) if session != path]
    assert journal_lines(forked)[0]["forked_from"] == journal_lines(path)[0]["id"]


def test_a_session_from_a_pipe_with_nothing_to_send_leaves_no_file(home, api):
    finish(start(home, api, "hi"))
    [path] = sessions(home)
    process = shell(home, api, f"grokchat -p -r - < {path}")
    assert process.returncode == 2
    assert b"/continue" in process.stderr
    assert (sessions(home), len(api.requests)) == ([path], 1)


@pytest.mark.skipif(not Path("/bin/bash").exists(), reason="process substitution is bash's")
@pytest.mark.parametrize("output", ["-", "/dev/stdout", "/dev/fd/1", ">(cat)", "/dev/fd/3", "pipe"])
def test_an_export_goes_where_it_is_told(home, api, tmp_path, output):
    finish(start(home, api, "hi"))
    pipe = make_fifo(tmp_path)
    command = f"grokchat -c --export json -O {pipe if output == 'pipe' else output} 3>&1"
    if output == ">(cat)":
        command += " | cat"  # waits for the end of what the shell has started
    read: list[bytes] = []
    if output == "pipe":
        reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
        reader.start()
    process = shell(home, api, command)
    assert (process.returncode, process.stderr) == (0, b"")
    if output == "pipe":
        reader.join()
    text = process.stdout if output != "pipe" else read[0]
    assert [message["content"] for message in json.loads(text)] == ["hi", "Hello there."]


def test_an_export_leaves_a_file_and_devices_alone(home, api, tmp_path):
    finish(start(home, api, "hi"))
    (tmp_path / "mine").write_bytes(b"mine")
    for name in (str(tmp_path / "mine"), "/dev/full"):
        code, out, complaint = finish(start(home, api, "-c", "--export", "json", "-O", name))
        assert (code, out) == (4, b"")
        assert b"the file exists and was not changed" in complaint
    assert (tmp_path / "mine").read_bytes() == b"mine"
