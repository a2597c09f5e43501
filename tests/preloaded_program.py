"""Starting the program without importing it anew: as forks of one process that has imported it and its libraries.

Importing is two thirds of what a short chat costs (0.16 of 0.23 s of CPU), and the tests start some three hundred. A
fork has an environment, terminal, directory and arguments of its own, runs the entry point afresh, and ends as any
interpreter ends. It waits for no disk. What concerns the start itself, or sets the interpreter up in another way, is
started as users start it: see `chat_process.ColdChat`.

Run as a script this is the process that is forked; imported it is the tests' side. Requests and reports are lines of
JSON.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

LIBRARIES = (
    "anyio._backends._asyncio",
    "asyncio",
    "certifi",
    "concurrent.futures.thread",
    "ctypes",
    "httpcore",
    "httpcore._backends.anyio",
    "httpx",
    "markdown_it",
    "prompt_toolkit.application",
    "prompt_toolkit.input.vt100",
    "prompt_toolkit.key_binding.bindings.search",
    "prompt_toolkit.output.vt100",
    "pygments.filters",
    "pygments.lexer",
    "pygments.lexers.data",
    "pygments.lexers.python",
    "pygments.lexers.shell",
    "rich.console",
    "ssl",
    "tempfile",
)


# -- the tests' side ---------------------------------------------------------------------------------------------------


class PreloadedProgram:
    """The program as a fork; like `subprocess.Popen` as far as the tests need it."""

    def __init__(self, argv: Sequence[str], *, env: Mapping[str, str], stdin: int, terminal: int) -> None:
        self._server = _server()
        self.pid = self._server.start({"argv": list(argv), "env": dict(env), "cwd": str(Path.cwd())}, stdin, terminal)

    def poll(self) -> int | None:
        return self._server.exit_code(self.pid, 0.0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._server.exit_code(self.pid, timeout)
        if code is None:
            raise subprocess.TimeoutExpired("grokchat", timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it has ended since
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class _Server:
    """The process that is forked, and what it has reported of its children."""

    def __init__(self) -> None:
        self._connection, theirs = socket.socketpair()
        env = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__], stdin=theirs, env={**env, "PYTHONUTF8": "1"}, start_new_session=True
            )
        atexit.register(self.close)
        self._reports = b""
        self._codes: dict[int, int] = {}

    def close(self) -> None:
        self._connection.close()
        self._process.wait()

    def start(self, request: Mapping[str, Any], *files: int) -> int:
        socket.send_fds(self._connection, [json.dumps(request).encode() + b"\n"], files)
        while True:
            for report in self._next_reports(None):
                if "started" in report:
                    return report["started"]

    def exit_code(self, pid: int, timeout: float | None) -> int | None:
        end = None if timeout is None else time.monotonic() + timeout
        while pid not in self._codes:
            left = None if end is None else max(0.0, end - time.monotonic())
            if not self._next_reports(left):
                return None
        return self._codes[pid]

    def _next_reports(self, timeout: float | None) -> list[dict[str, Any]]:
        if not select.select([self._connection], [], [], timeout)[0]:
            return []
        data = self._connection.recv(65536)
        assert data, "the process that is forked has ended"
        *lines, self._reports = (self._reports + data).split(b"\n")
        reports = [json.loads(line) for line in lines]
        self._codes.update((report["ended"], report["code"]) for report in reports if "ended" in report)
        return reports


@cache
def _server() -> _Server:
    return _Server()


# -- the process that is forked ----------------------------------------------------------------------------------------


def serve() -> None:
    """Fork for every request, and report what has ended; return in the forks alone."""
    connection = socket.socket(fileno=os.dup(0))
    wakes, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    while True:
        ready = select.select([connection, wakes], [], [])[0]
        if wakes in ready:
            os.read(wakes, 4096)
            _report_ended(connection)
        if connection in ready:
            line, files, _, _ = socket.recv_fds(connection, 1 << 20, 2)
            if not line:
                os._exit(0)
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                connection.close()
                os.close(wakes)
                os.close(wake)
                _become(json.loads(line), *files)
                return
            for file in files:
                os.close(file)
            connection.sendall(b'{"started": %d}\n' % pid)


def _report_ended(connection: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        connection.sendall(b'{"ended": %d, "code": %d}\n' % (pid, os.waitstatus_to_exitcode(status)))


def _become(request: Mapping[str, Any], stdin: int, terminal: int) -> None:
    """Give a fork the surroundings that are asked for."""
    import fcntl
    import termios

    os.setsid()
    for number, file in enumerate((stdin, terminal, terminal)):
        os.dup2(file, number)
    for file in {stdin, terminal}:
        os.close(file)
    fcntl.ioctl(1, termios.TIOCSCTTY, 0)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv = ["grokchat", *request["argv"]]
    # The streams that Python made are other files'.
    sys.stdin = os.fdopen(0, encoding="utf-8", errors="surrogateescape", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


if __name__ == "__main__":
    import gc
    import importlib
    import pkgutil
    import runpy

    import quick_sync

    root = Path(__file__).resolve().parent.parent
    sys.path[0] = str(root)
    for library in LIBRARIES:
        importlib.import_module(library)
    for module in pkgutil.walk_packages([str(root / "grokchat")], "grokchat."):
        if module.name != "grokchat.__main__":
            importlib.import_module(module.name)
    quick_sync.install()
    gc.collect()
    gc.freeze()
    serve()
    runpy.run_module("grokchat", run_name="__main__", alter_sys=True)
