"""The chat on a bad network: Ctrl-C at any time, and what is reported.

(The in-process half is tests/api/test_transport.py; pytest wants every file to have a name of its own.)
"""

from __future__ import annotations

import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

import pytest
from chat_process import Chat, chat_env
from fake_api import PATIENCE_S, Answer, FakeApi, chunk, frames, reply_frames
from support import KEY, ROOT, journal_lines, sessions

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX thing")

if sys.platform != "win32":
    import fcntl
    import termios


def stops(chat: Chat) -> float:
    """Press Ctrl-C, and return the seconds until the program says that it has heard it."""
    begun = time.monotonic()
    chat.type("\x03")
    while b"interrupted" not in chat.raw:
        ready, _, _ = select.select([chat._master], [], [], PATIENCE_S)
        assert ready, "Ctrl-C was not heard"
        chat.raw += os.read(chat._master, 1 << 20)  # without the emulator: only the program is measured
    return time.monotonic() - begun


def goes_on(chat: Chat, api: FakeApi) -> None:
    api.answers = [Answer([reply_frames("second reply")])]
    chat.type("second\r")
    # By the bytes: the emulator has not seen all of the flood.
    chat.wait_for(lambda _: b"second reply" in chat.raw)
    chat.type("\x04")
    assert chat.end() == 0
    assert KEY.encode() not in chat.raw
    assert b"Traceback" not in chat.raw


def endless(piece: bytes) -> list[bytes]:
    return [piece] * 4000


MOMENTS = {
    "before the headers": None,
    "before the first delta": [threading.Event()],
    "in mid-reply": [frames(chunk({"content": "begin"}), done=False), threading.Event()],
    "in a flood of text": endless(frames(*[chunk({"content": "some words of a reply. "})] * 300, done=False)),
    "in a flood of one line": endless(frames(*[chunk({"content": "xyz "})] * 300, done=False)),
    "in a flood of code": [
        frames(chunk({"content": "```\n"}), done=False),
        *endless(frames(*[chunk({"content": "x = 1\n"})] * 300, done=False)),
    ],
    "in a flood of thoughts": endless(frames(*[chunk({"reasoning_content": "hm, "})] * 300, done=False)),
    "in a flood of pings": endless(b": ping\n\n" * 8000),
}


def stopped(home: Path, api: FakeApi, moment: str) -> float:
    """Stop a reply at a moment and go on with the chat; return the seconds that it took to be heard."""
    parts = MOMENTS[moment]
    deaf = socket.create_server(("127.0.0.1", 0))
    env = chat_env(home, api)
    if parts is None:
        env["GROKCHAT_BASE_URL"] = f"http://127.0.0.1:{deaf.getsockname()[1]}/v1"  # it listens, and says nothing
    else:
        api.answers = [Answer(parts)]
    with deaf, Chat(env=env) as chat:
        chat.wait_for_prompt()
        chat.type("first\r")
        chat.wait_for("Ctrl-C stops")
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            chat.raw += os.read(chat._master, 1 << 20) if not chat._read(0) else b""
        took = stops(chat)
        if parts is not None:
            goes_on(chat, api)
    return took


@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_stops_a_reply(home, api, moment):
    """Whatever comes meanwhile or does not; how soon, `benchmarks/network.py` says."""
    stopped(home, api, moment)


def test_ctrl_c_stops_connecting(home, api):
    """Also where nothing answers at all: a queue that is full takes no connection."""
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    waiting = [socket.socket() for _ in range(4)]
    for item in waiting:
        item.setblocking(False)
        item.connect_ex(full.getsockname())
    env = {**chat_env(home, api), "GROKCHAT_BASE_URL": f"http://127.0.0.1:{full.getsockname()[1]}/v1"}
    with Chat(env=env) as chat:
        chat.wait_for_prompt()
        chat.type("first\r")
        chat.wait_for("Ctrl-C stops")
        stops(chat)
        chat.type("\x04")
        assert chat.end() == 0
    for item in (full, *waiting):
        item.close()


def test_ctrl_c_stops_the_wait_for_another_try(home, api):
    api.answers = [Answer.json(429, {"error": "Busy."}, **{"retry-after": "60"})]
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("first\r")
        chat.wait_for("in 60 s (2 of 4): 429")
        chat.wait_for(lambda text: re.search(r"in 5\d s \(2 of 4\)", text) is not None)  # a late tick skips a second
        stops(chat)
        assert b"asked 1 time (429)" in chat.raw
        goes_on(chat, api)


def test_a_line_of_100_mb_is_not_waited_for(home, api):
    """It is abandoned at 8 MiB, in one paragraph, and the chat continues."""
    api.answers = [Answer([b"data: ", *[b"x" * 1_000_000] * 100])]
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("first\r")
        chat.wait_for("longer than 8 MiB")
        goes_on(chat, api)


def test_a_name_that_is_being_looked_up_does_not_keep_the_program(home, api, tmp_path):
    """A resolver without an answer cannot be stopped; it is left alone, also by a one-shot call."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os, socket, time\n"
        "def hang(*_, **__):\n    os.write(2, b'looking it up')\n    time.sleep(60)\n"
        "socket.getaddrinfo = hang\n"
    )
    env = {
        **chat_env(home, api),
        "GROKCHAT_BASE_URL": "https://api.example.invalid/v1",
        "PYTHONPATH": f"{tmp_path}:{ROOT}",
    }
    with Chat("-p", "first", env=env) as chat:
        chat.wait_for("looking it up")
        chat.process.send_signal(signal.SIGINT)
        assert chat.end() == 130  # long before the resolver would
        assert b"Traceback" not in chat.raw


def test_ctrl_c_stops_a_one_shot_call_whose_output_nobody_reads(home, api):
    """A full pipe does not block it, and the partial reply is in the session."""
    api.answers = [Answer([frames(*[chunk({"content": "word " * 200})] * 200, done=False), threading.Event()])]
    with subprocess.Popen(
        [sys.executable, "-m", "grokchat", "first"],
        env={**os.environ, "PYTHONPATH": str(ROOT), **chat_env(home, api)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        fill(process.stdout, process)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 130
        assert process.stdout.read().startswith(b"word word")
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
    last = journal_lines(sessions(home)[0])[-1]
    assert (last["type"], last["finish_reason"]) == ("message", "interrupted")


def fill(pipe: IO[bytes], process: subprocess.Popen[bytes]) -> None:
    """Wait until a process has filled its pipe."""
    size = -1
    while True:
        assert process.poll() is None, "the program ended before its output was full"
        held = struct.unpack("i", fcntl.ioctl(pipe.fileno(), termios.FIONREAD, b"\0" * 4))[0]
        if held == size and held > 30_000:
            return
        size = held
        time.sleep(0.3)
