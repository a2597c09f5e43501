"""The program in a pseudo-terminal."""

from __future__ import annotations

import os
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from fake_api import PATIENCE_S, FakeApi
from preloaded_program import PreloadedProgram
from support import KEY, ROOT
from terminal_emulator import Emulator

if sys.platform != "win32":
    import fcntl
    import termios


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


def start_in_terminal(
    command: Sequence[str], *, env: Mapping[str, str], stdin: int, terminal: int
) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own, whose controlling terminal is `terminal`."""
    return subprocess.Popen(
        command,
        stdin=stdin,
        stdout=terminal,
        stderr=terminal,
        env=env,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(1, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - nothing else makes it its terminal
        close_fds=True,
    )


DEVICE_ATTRIBUTES_QUERY = b"\x1b[c"
DEVICE_ATTRIBUTES = b"\x1b[?62;22c"


class Chat:
    """The program in a pseudo-terminal, imported beforehand where that makes no difference.

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
        reader, writer = (slave, None) if stdin is None else os.pipe()
        self.process = self._start(argv, env=env, stdin=reader, terminal=slave)
        os.close(slave)
        if stdin is not None and writer is not None:
            os.close(reader)
            with os.fdopen(writer, "wb") as pipe:
                pipe.write(stdin)

    def _start(
        self, argv: Sequence[str], *, env: Mapping[str, str], stdin: int, terminal: int
    ) -> subprocess.Popen[bytes] | PreloadedProgram:
        base = {key: os.environ[key] for key in ("PATH", "LANG", "LC_ALL", "SYSTEMROOT") if key in os.environ}
        whole = {**base, "TERM": "xterm-256color", "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT), **env}
        if self._can_be_preloaded(env):
            return PreloadedProgram(argv, env=whole, stdin=stdin, terminal=terminal)
        return start_in_terminal([*self._command(), *argv], env=whole, stdin=stdin, terminal=terminal)

    def _can_be_preloaded(self, env: Mapping[str, str]) -> bool:
        """Return whether nothing in the environment is read by the interpreter while it starts.

        Never on macOS, whose frameworks, which are asked for the system's proxies, may crash in a fork.
        """
        is_read_at_start = any(name.startswith(("PYTHON", "LC_", "LANG")) for name in env)
        return sys.platform != "darwin" and not is_read_at_start

    def _command(self) -> list[str]:
        return [sys.executable, "-m", "grokchat"]

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

    def wait_for(self, wanted: str | Callable[[str], bool], seconds: float = PATIENCE_S) -> str:
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

    def wait_until_idle(self) -> None:
        """Wait until nothing is going on any more: the end of a reply comes after its last word."""
        self.wait_for(lambda text: " s, Ctrl-C stops" not in text)

    def leave(self) -> int:
        """Press Ctrl-D once nothing is going on any more, and return the exit code."""
        self.wait_until_idle()
        self.type("\x04")
        return self.end()

    def end(self, seconds: float = PATIENCE_S) -> int:
        """Read to the end of the program and return its exit code."""
        deadline = time.monotonic() + seconds
        while self._read(max(0.0, deadline - time.monotonic())):
            pass
        try:
            return self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it did not end; the screen:\n{self.emulator.text()}") from None

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


class ColdChat(Chat):
    """The program as its user starts it: for what happens while the libraries are imported, and before."""

    def _can_be_preloaded(self, env: Mapping[str, str]) -> bool:
        return False
