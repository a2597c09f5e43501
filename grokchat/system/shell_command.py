"""Runs a shell command for its output; it can be stopped at any moment together with all processes that it started.

On POSIX it runs in a process group of its own, in the background of the terminal: a command that reads from the
terminal gets an error (EIO) instead of being suspended forever. A process that leaves the group survives, and its open
pipes are not waited for. On Windows taskkill ends the process tree.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from grokchat.environment import encode_native
from grokchat.records import record

if TYPE_CHECKING:
    import subprocess
    from types import FrameType

_POLL_S = 0.05
"""How often a running command is checked for being stopped."""
_START_S = 1.0
"""How long a signal handler waits for a command that is being started."""


@record
class CommandOutput:
    """The output and exit code of a command that has ended."""

    exit_code: int
    stdout: bytes
    stderr: bytes


async def run_shell_command(command: str, env: Mapping[str, str], *, timeout_s: float) -> CommandOutput:
    """Run a command without input; cancelling this, or a signal that ends the program, kills it.

    Raises OSError and subprocess.TimeoutExpired.
    """
    import asyncio

    running = _RunningCommand(command, env, timeout_s)
    try:
        with _killed_by_signals(running.stop_now):
            return await asyncio.to_thread(running.run)
    finally:
        running.stop()


class _RunningCommand:
    """A command that runs in one thread and may be stopped from another."""

    def __init__(self, command: str, env: Mapping[str, str], timeout_s: float) -> None:
        self._command = encode_native(command)
        self._env = dict(env)
        self._timeout_s = timeout_s
        self._process: subprocess.Popen[bytes] | None = None
        self._is_started = threading.Event()
        self._is_stopped = threading.Event()

    def run(self) -> CommandOutput:
        """Run the command to its end, or until it is stopped or out of time."""
        import subprocess

        deadline = time.monotonic() + self._timeout_s
        is_posix = sys.platform != "win32"
        with subprocess.Popen(  # noqa: S602 - running the user's shell command is the purpose
            f"trap '' TTIN TTOU; {self._command}" if is_posix else self._command,
            shell=True,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            process_group=0 if is_posix else None,
        ) as process:
            self._process = process
            self._is_started.set()
            try:
                while not self._is_stopped.is_set() and time.monotonic() < deadline:
                    with suppress(subprocess.TimeoutExpired):
                        stdout, stderr = process.communicate(timeout=_POLL_S)
                        return CommandOutput(process.returncode, stdout, stderr)
                raise subprocess.TimeoutExpired(self._command, self._timeout_s)
            finally:
                self._kill()

    def stop(self) -> None:
        """Have the running thread kill the command soon; nothing happens if it has ended."""
        self._is_stopped.set()

    def stop_now(self) -> None:
        """Kill the command before returning, because the program is about to end. It may not have started yet."""
        self.stop()
        self._is_started.wait(_START_S)
        self._kill()

    def _kill(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        if sys.platform == "win32":
            import subprocess

            with suppress(OSError):
                subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)  # noqa: S603, S607
            process.kill()
        else:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def _killed_by_signals(kill: Callable[[], None]) -> Iterator[None]:
    """Kill the command when a signal ends the program; signals that the program handles itself are left alone."""
    numbers: list[signal.Signals] = []
    if threading.current_thread() is threading.main_thread():  # only that one may set handlers
        existing = (getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP", "SIGQUIT"))
        numbers = [number for number in existing if number and signal.getsignal(number) is signal.SIG_DFL]

    def end(number: int, _: FrameType | None) -> None:
        kill()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    for number in numbers:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)
