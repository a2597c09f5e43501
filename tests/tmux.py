"""The program in tmux, a terminal that reflows, on a server of its own that ends with the test."""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from fake_api import PATIENCE_S
from support import ROOT

TMUX = shutil.which("tmux")
OPTIONS = {
    "history-limit": "100000",
    "status": "off",
    "remain-on-exit": "on",  # the output of a program that has ended can still be read
    "escape-time": "0",
}
POLL = 0.02
"""Seconds between two looks at the screen."""


class Tmux:
    """A program (grokchat, if `command` names no other) in a tmux window of this size. Use as a context manager."""

    def __init__(
        self,
        *argv: str,
        env: Mapping[str, str],
        columns: int = 80,
        rows: int = 24,
        command: Sequence[str] | None = None,
    ) -> None:
        assert TMUX is not None, "tmux is not installed"
        self._directory = tempfile.mkdtemp(prefix="tmux-")  # a socket's path has to be short
        self._client = [TMUX, "-u", "-S", f"{self._directory}/socket", "-f", "/dev/null"]
        path = {"PATH": os.environ["PATH"], "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT)}
        self._env = {**path, **env}
        # -D: not a daemon but a child, so that it can be waited for.
        self._server = subprocess.Popen([*self._client, "-D"], env=self._env, start_new_session=True)
        self._pid = 0
        try:
            self._wait(lambda: Path(self._client[3]).exists() and self._call("show", "-g", check=False).returncode == 0)
            for name, value in OPTIONS.items():
                self._call("set", "-g", name, value)
            words = [sys.executable, "-m", "grokchat", *argv] if command is None else list(command)
            size = ["-x", str(columns), "-y", str(rows)]
            self._call("new-session", "-d", "-c", self._directory, *size, "--", *words)
            # Not before there is a window: tmux 3.3a crashes.
            self._call("set", "-g", "window-size", "manual")
            self._pid = int(self._ask("#{pane_pid}"))
            self._terminal = self._ask("#{pane_tty}")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Kill the program and the server."""
        if self._pid and self._server.poll() is None and self.alive():
            os.killpg(self._pid, signal.SIGKILL)
        self._server.kill()
        self._server.wait()
        shutil.rmtree(self._directory, ignore_errors=True)

    # -- input --------------------------------------------------------------------------------------------------------

    def type(self, text: str) -> None:
        self._call("send-keys", "-l", "--", f"{text[:-1]}\\;" if text.endswith(";") else text)

    def keys(self, *names: str) -> None:
        """Press keys by tmux's names for them: Enter, C-c, Up."""
        self._call("send-keys", *names)

    def resize(self, columns: int, rows: int) -> None:
        """Give the window another size at once. The program may learn of it up to 0.25 s later: see `has_told_size`."""
        self._call("resize-window", "-x", str(columns), "-y", str(rows))

    @contextmanager
    def stalled(self, *command: str) -> Iterator[None]:
        """Have tmux read nothing meanwhile, and then run a command in the middle of what the program has written.

        A command from another client would come some reads later.
        """
        control = [*self._client, "-C", "attach", "-f", "no-output"]
        with subprocess.Popen(control, env=self._env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
            assert client.stdin is not None
            assert client.stdout is not None
            replies = iter(client.stdout)
            assert any(line.startswith(b"%session-changed") for line in replies)
            self._server.send_signal(signal.SIGSTOP)
            try:
                yield
                client.stdin.write(shlex.join(command).encode() + b"\n")
                client.stdin.flush()
            finally:
                self._server.send_signal(signal.SIGCONT)
            assert any(line.startswith(b"%end") for line in replies)
            client.stdin.close()
            client.wait()

    # -- screen --------------------------------------------------------------------------------------------------------

    def screen(self) -> str:
        """Return all rows of the screen."""
        return self._call("capture-pane", "-p").stdout.removesuffix("\n")

    def everything(self, *, join: bool = True) -> str:
        """Return scrollback and screen without the empty rows at the end; `join` makes one line of what was wrapped."""
        text = self._call("capture-pane", "-p", *(["-J"] if join else []), "-S", "-").stdout
        return "\n".join(row.rstrip() for row in text.split("\n")).rstrip("\n")

    def painted(self) -> str:
        """Return all rows of scrollback and screen with their colours as SGR codes."""
        return self._call("capture-pane", "-p", "-e", "-N", "-S", "-").stdout

    def cursor(self) -> tuple[int, int]:
        """Return the cursor's column and row on the screen, from 0."""
        column, row = self._ask("#{cursor_x} #{cursor_y}").split()
        return int(column), int(row)

    def size(self) -> tuple[int, int]:
        """Return the window's columns and rows as tmux has them."""
        columns, rows = self._ask("#{pane_width} #{pane_height}").split()
        return int(columns), int(rows)

    def has_told_size(self) -> bool:
        """Return whether the program can know the window's size: tmux reports it at most every 0.25 s."""
        terminal = os.open(self._terminal, os.O_RDONLY | os.O_NOCTTY)
        try:
            rows, columns, _, _ = struct.unpack("HHHH", fcntl.ioctl(terminal, termios.TIOCGWINSZ, bytes(8)))
        finally:
            os.close(terminal)
        return (columns, rows) == self.size()

    def alive(self) -> bool:
        return self._ask("#{pane_dead}") == "0"

    def wait_for(self, wanted: str | Callable[[str], bool], seconds: float = PATIENCE_S) -> str:
        """Wait until scrollback and screen hold something; return their text."""
        until = wanted if callable(wanted) else (lambda text: wanted in text)
        text = ""

        def is_there() -> bool:
            nonlocal text
            text = self.everything()
            return until(text)

        assert self._wait(is_there, seconds), f"{wanted!r} did not appear; the screen:\n{text}"
        return text

    # -- the server ----------------------------------------------------------------------------------------------------

    def _wait(self, until: Callable[[], bool], seconds: float = PATIENCE_S) -> bool:
        deadline = time.monotonic() + seconds
        while not until():
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL)
        return True

    def _ask(self, form: str) -> str:
        return self._call("display-message", "-p", form).stdout.strip()

    def _call(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        # A session has the environment of the client that starts it.
        return subprocess.run(
            [*self._client, *words],
            env=self._env,
            check=check,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE_S,
        )
