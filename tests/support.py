"""What many tests need: a world without a terminal, an API of the tests' own on loopback, a terminal emulator."""

from __future__ import annotations

import io
import json
import os
import select
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pyte

if sys.platform != "win32":
    import fcntl
    import termios

from grokchat.cli.main import main
from grokchat.environment import Environment

ROOT = Path(__file__).resolve().parent.parent
KEY = "xai-test-key-0123456789abcdef"


# -- worlds ------------------------------------------------------------------------------------------------------------


def make_environment(home: Path, *argv: str, stdin: bytes | None = None, **more: Any) -> Environment:
    """Return a world with its files under `home`; `stdin` None is a terminal that nobody types at."""
    env = {"GROKCHAT_HOME": str(home), "XAI_API_KEY": KEY, **more.pop("env", {})}

    async def no_sleep(_: float) -> None:
        return None

    return Environment(
        argv=list(argv),
        variables=env,
        stdin=io.BytesIO(stdin or b""),
        stdout=io.BytesIO(),
        stderr=io.BytesIO(),
        stdin_is_tty=stdin is None,
        **{"sleep": no_sleep, "chance": lambda: 0.5, **more},
    )


def out(environment: Environment) -> str:
    return environment.stdout.getvalue().decode("utf-8")


def err(environment: Environment) -> str:
    return environment.stderr.getvalue().decode("utf-8")


def run_cli(home: Path, api: FakeApi | None, *argv: str, **more: Any) -> tuple[int, Environment]:
    """Run the program in this process; return its exit code and the world with what it wrote."""
    env = {"GROKCHAT_BASE_URL": api.url} if api else {}
    environment = make_environment(home, *argv, env={**env, **more.pop("env", {})}, **more)
    return main(environment), environment


def paragraph(environment: Environment) -> str:
    """Return what stands on stderr, which must be one short paragraph without the key and without a traceback."""
    said = err(environment)
    assert said.endswith("\n")
    assert said.count("\n") == 1, said
    assert len(said) < 600
    assert KEY not in said
    assert "Traceback" not in said
    return said


# -- the wire ----------------------------------------------------------------------------------------------------------


def chunk(delta: Mapping[str, Any] | None = None, *, finish: str | None = None, **more: Any) -> dict[str, Any]:
    """Return one chunk of a stream, in the API's shape."""
    choice: dict[str, Any] = {"index": 0, "delta": dict(delta or {})}
    if finish is not None:
        choice["finish_reason"] = finish
    head = {"id": "r-1", "object": "chat.completion.chunk", "created": 1790000000, "model": "grok-4.7"}
    return {**head, "choices": [choice], "system_fingerprint": "fp_1", **more}


USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "total_tokens": 150,
    "prompt_tokens_details": {"text_tokens": 100, "audio_tokens": 0, "image_tokens": 0, "cached_tokens": 64},
    "completion_tokens_details": {"reasoning_tokens": 30},
    "cost_in_usd_ticks": 14_760_000,
}


def frames(*chunks: Mapping[str, Any], done: bool = True) -> bytes:
    """Return chunks as server-sent events."""
    data = b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in chunks)
    return data + (b"data: [DONE]\n\n" if done else b"")


def reply_frames(*texts: str, usage: Mapping[str, Any] | None = USAGE) -> bytes:
    """Return a whole streamed reply made of these deltas."""
    chunks = [chunk({"content": text}) for text in texts]
    ending = [chunk(finish="stop")]
    if usage is not None:
        ending.append({**chunk(), "choices": [], "usage": dict(usage)})
    return frames(*chunks, *ending)


def completion(text: str, **more: Any) -> bytes:
    """Return a complete reply as JSON."""
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    head = {"id": "r-1", "object": "chat.completion", "created": 1790000000, "model": "grok-4.7"}
    return json.dumps({**head, "choices": [choice], "usage": USAGE, **more}).encode()


@dataclass
class Answer:
    """What the loopback API does with one request.

    The parts are sent one after the other; a part that is an Event is waited for. When `complete` is False the
    connection ends behind them, in the middle of the body, which is how a connection that died looks.
    """

    parts: Sequence[bytes | threading.Event] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "text/event-stream"})
    complete: bool = True

    @classmethod
    def json(cls, status: int, value: object, **headers: str) -> Answer:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return cls([body], status, {"content-type": "application/json", **headers})


@dataclass
class Received:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def messages(self) -> list[dict[str, Any]]:
        return self.json["messages"]


class FakeApi:
    """An HTTP server on loopback that answers from a script, one answer a request; the last one is repeated.

    `models` answers `GET /models`, which is not in the script and not among the requests. With a context it is TLS.
    """

    def __init__(self, *answers: Answer, models: Answer | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.answers = list(answers) or [Answer([reply_frames("Hello", " there.")])]
        self.models = models or Answer.json(404, {"code": "not-found", "error": "No handler found on route."})
        self.requests: list[Received] = []
        self._arrived = threading.Condition()
        self._closing = threading.Event()
        self._connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._tls = tls
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/v1"
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._socket.close()

    def wait_for_requests(self, count: int, seconds: float = 20.0) -> None:
        """Wait until so many requests have arrived."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.requests) >= count, seconds), len(self.requests)

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._connections += 1
            # As real servers do: what comes in pieces else waits for an acknowledgement, 40 ms.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._talk, args=(connection, self._connections), daemon=True).start()

    def _talk(self, connection: socket.socket, number: int) -> None:
        if self._tls is not None:
            try:
                connection = self._tls.wrap_socket(connection, server_side=True)
            except OSError:
                return
        with connection, connection.makefile("rb") as reader:
            while True:
                try:
                    request = self._read(reader, number)
                except (OSError, ValueError):
                    return
                if request is None:
                    return
                with self._arrived:
                    if request.method == "GET":
                        answer = self.models
                    else:
                        self.requests.append(request)
                        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                    self._arrived.notify_all()
                try:
                    if not self._answer(connection, answer):
                        return
                except OSError:
                    return

    def _read(self, reader: Any, number: int) -> Received | None:
        first = reader.readline().decode("latin-1").split()
        if len(first) < 2:
            return None
        headers = {}
        for raw in iter(reader.readline, b"\r\n"):
            name, _, value = raw.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        body = reader.read(int(headers.get("content-length", 0)))
        return Received(first[0], first[1], headers, body, number)

    def _answer(self, connection: socket.socket, answer: Answer) -> bool:
        lines = [f"HTTP/1.1 {answer.status} Status"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        lines += ["transfer-encoding: chunked", "", ""]
        connection.sendall("\r\n".join(lines).encode("latin-1"))
        for part in answer.parts:
            if isinstance(part, threading.Event):
                while not part.wait(0.05):
                    if self._closing.is_set():
                        return False
            elif part:
                connection.sendall(b"%x\r\n%s\r\n" % (len(part), part))
        if answer.complete:
            connection.sendall(b"0\r\n\r\n")
        return answer.complete


# -- the terminal ------------------------------------------------------------------------------------------------------


class _Screen(pyte.HistoryScreen):
    """pyte's, but that a deleted line takes the place of what it moves over also where it was never written to."""

    def delete_lines(self, count: int | None = None) -> None:
        for row in range(self.cursor.y, self.lines):
            self.buffer[row]
        super().delete_lines(count)


class Emulator:
    """A terminal emulator with a scrollback: what a person would see, in all."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self.screen = _Screen(columns, rows, history=100_000, ratio=0.000001)
        self._stream = pyte.ByteStream(self.screen)

    def feed(self, data: bytes) -> None:
        # pyte does not know the private modes of synchronized updates and bracketed paste, and ignores them.
        self._stream.feed(data)

    def text(self) -> str:
        """Return scrollback and screen, without the empty rows at the end."""
        rows = [*self.screen.history.top, *(self.screen.buffer[row] for row in range(self.screen.lines))]
        lines = ["".join(row[column].data for column in range(self.screen.columns)).rstrip() for row in rows]
        return "\n".join(lines).rstrip("\n")


def chat_env(home: Path, api: FakeApi) -> dict[str, str]:
    """Return the environment of a chat with this API."""
    return {"GROKCHAT_HOME": str(home), "XAI_API_KEY": KEY, "GROKCHAT_BASE_URL": api.url}


def open_terminal() -> tuple[int, int]:
    """Return the two ends of a pseudo-terminal that keeps what was written before a Ctrl-C that is a signal."""
    master, slave = os.openpty()
    modes = termios.tcgetattr(slave)
    modes[3] |= termios.NOFLSH
    termios.tcsetattr(slave, termios.TCSANOW, modes)
    return master, slave


DEVICE_ATTRIBUTES_QUERY = b"\x1b[c"
DEVICE_ATTRIBUTES = b"\x1b[?62;22c"


class Chat:
    """The installed program in a pseudo-terminal.

    The terminal answers what nearly every terminal answers, the query for its device attributes (DA1): a program that
    has asked waits for that before it ends. With `answers` False it never answers anything.
    """

    def __init__(
        self,
        *argv: str,
        env: Mapping[str, str],
        columns: int = 80,
        rows: int = 24,
        stdin: bytes | None = None,
        answers: bool = True,
    ) -> None:
        self._answers = answers
        self.emulator = Emulator(columns, rows)
        self.raw = b""
        self._master, slave = open_terminal()
        self.terminal = os.ttyname(slave)
        self._set_size(columns, rows)
        base = {key: os.environ[key] for key in ("PATH", "LANG", "LC_ALL", "SYSTEMROOT") if key in os.environ}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "grokchat", *argv],
            stdin=slave if stdin is None else subprocess.PIPE,
            stdout=slave,
            stderr=slave,
            env={**base, "TERM": "xterm-256color", "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT), **env},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(1, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - nothing else makes it its terminal
            close_fds=True,
        )
        os.close(slave)
        if stdin is not None:
            assert self.process.stdin is not None
            self.process.stdin.write(stdin)
            self.process.stdin.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._master)

    def type(self, text: str | bytes) -> None:
        os.write(self._master, text.encode() if isinstance(text, str) else text)

    def paste(self, text: str) -> None:
        self.type(f"\x1b[200~{text}\x1b[201~")

    def resize(self, columns: int, rows: int) -> None:
        """Change the window's size; the emulator does not reflow."""
        self.emulator.screen.resize(rows, columns)
        self._set_size(columns, rows)
        os.kill(self.process.pid, signal.SIGWINCH)

    def wait_for(self, wanted: str | Callable[[str], bool], seconds: float = 20.0) -> str:
        """Read until the text of scrollback and screen holds something; return that text."""
        until = wanted if callable(wanted) else (lambda text: wanted in text)
        deadline = time.monotonic() + seconds
        while True:
            text = self.emulator.text()
            if until(text):
                return text
            left = deadline - time.monotonic()
            assert left > 0, f"{wanted!r} did not come; the screen:\n{text}"
            if not self._read(left):
                text = self.emulator.text()
                assert until(text), f"{wanted!r} did not come before the end; the screen:\n{text}"
                return text

    def press_until(self, keys: str, wanted: str) -> None:
        """Press keys until the screen shows something: what is read in the background may not be there at first."""
        for _ in range(100):
            self.type(keys)
            deadline = time.monotonic() + 0.2
            while wanted not in self.emulator.text() and self._read(max(0.0, deadline - time.monotonic())):
                pass
            if wanted in self.emulator.text():
                return
        raise AssertionError(f"{wanted!r} did not come; the screen:\n{self.emulator.text()}")

    def wait_for_prompt(self) -> str:
        """Wait until the prompt is there, and not only the first paint of it (which has no frame of its own)."""
        return self.wait_for(
            lambda text: (
                any(line.startswith(">") for line in text.split("\n"))
                and (b"\x1b[?2026h" in self.raw or b"\x1b[?2004h" not in self.raw)
            )
        )

    def leave(self) -> int:
        """Press Ctrl-D once nothing is going on any more, and return the exit code."""
        self.wait_for(lambda text: " s, Ctrl-C stops" not in text)
        self.type("\x04")
        return self.end()

    def end(self, seconds: float = 20.0) -> int:
        """Read to the end of the program and return its exit code."""
        deadline = time.monotonic() + seconds
        while self._read(max(0.0, deadline - time.monotonic())):
            pass
        return self.process.wait(max(0.1, deadline - time.monotonic()))

    def text(self) -> str:
        return self.emulator.text()

    def _read(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:  # EIO: the last process has closed the terminal
            return False
        # The query may be cut in two by a read.
        asked = (self.raw[1 - len(DEVICE_ATTRIBUTES_QUERY) :] + data).count(DEVICE_ATTRIBUTES_QUERY)
        self.raw += data
        if asked and self._answers:
            self.type(DEVICE_ATTRIBUTES * asked)
        self.emulator.feed(data)
        return bool(data)

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def journal_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]


def sessions(home: Path) -> list[Path]:
    return sorted((home / "sessions").glob("*.jsonl"))


def roles(messages: Iterable[Mapping[str, Any]]) -> list[str]:
    return [one["role"] for one in messages]
