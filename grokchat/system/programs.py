"""Programs that grokchat starts: an editor, the clipboard's tools, the key's command. None outlives its purpose.

A program runs in a process group of its own, so that it can be killed together with all that it started; only one that
needs the terminal's keys stays in grokchat's group, because the terminal sends keys to one group alone. A process that
leaves the group survives. On Windows taskkill ends the process tree.

`run_stoppable` runs the programs of one task in a thread. If the task is cancelled, or a signal ends grokchat, they are
killed at once, whatever they do, and the task starts no other.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import IO, TYPE_CHECKING, TypeVar

from grokchat.environment import encode_native
from grokchat.records import record

if TYPE_CHECKING:
    import subprocess
    from types import FrameType

Result = TypeVar("Result")
Streams = tuple[int | None, int | None, int | None]

_POLL_S = 0.05
"""How often a program is checked for being stopped: a process that left its group may hold its pipes open."""
_START_S = 0.2
"""How long stopping waits for a program that is being started."""
_TERMINATE_S = 0.15
"""How long a program with the terminal may take to put it in order, and to save its text, before it is killed."""
_END_S = 0.1
"""How long a cancelled task waits for its thread, which removes temporary files."""


@record
class ProgramOutput:
    """The output and exit code of a program that has ended."""

    exit_code: int
    stdout: bytes
    stderr: bytes


class ProgramStoppedError(OSError):
    """The task was cancelled, so no program is started any more."""

    def __init__(self) -> None:
        super().__init__("it was stopped")


class _Programs:
    """The programs of one task, which run one after the other, and can be stopped from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._has_terminal = False
        self.is_stopped = False

    @contextmanager
    def start(
        self,
        command: str | Sequence[str],
        env: Mapping[str, str] | None,
        streams: Streams,
        *,
        has_terminal: bool,
        has_own_session: bool = False,
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Start a program, and kill it if it still runs at the end of the block; raises OSError."""
        import subprocess

        with self._lock:
            if self.is_stopped:
                raise ProgramStoppedError
            process = subprocess.Popen(  # noqa: S603 - running the user's programs is the purpose
                encode_native(command) if isinstance(command, str) else command,
                shell=isinstance(command, str),
                env=env,
                stdin=streams[0],
                stdout=streams[1],
                stderr=streams[2],
                process_group=None if has_terminal or has_own_session or sys.platform == "win32" else 0,
                start_new_session=has_own_session,
            )
            self._process, self._has_terminal = process, has_terminal
        with _killed_by_signals(self.stop), process:
            try:
                yield process
            finally:
                self._kill()

    def stop(self) -> None:
        """Kill the program that runs, and start no other."""
        self.is_stopped = True
        if self._lock.acquire(timeout=_START_S):
            self._lock.release()
        self._kill()

    def _kill(self) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        if sys.platform == "win32":
            _run_quietly("taskkill", "/T", "/F", "/PID", str(process.pid))
            process.kill()
        elif self._has_terminal:
            _kill_tree(process)
        else:
            kill_group(process.pid)


_current: ContextVar[_Programs | None] = ContextVar("programs", default=None)
"""The programs of the task that runs in this thread."""


@contextmanager
def start_program(
    command: str | Sequence[str],
    env: Mapping[str, str] | None,
    streams: Streams = (None, None, None),
    *,
    has_terminal: bool = False,
    has_own_session: bool = False,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program, and kill it if it still runs at the end of the block; a text is a command of the shell.

    `streams` are Popen's stdin, stdout and stderr. `has_terminal`: it reads keys. `has_own_session`: it has no terminal
    at all, so nothing that it starts can wait for one. Raises OSError.
    """
    programs = _current.get() or _Programs()
    with programs.start(command, env, streams, has_terminal=has_terminal, has_own_session=has_own_session) as process:
        yield process


def kill_group(number: int) -> None:
    """Kill what a program that has just ended left in its process group; nothing on Windows, which has no groups."""
    if sys.platform != "win32":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(number, signal.SIGKILL)


def run_program(
    command: str | Sequence[str],
    env: Mapping[str, str] | None,
    *,
    timeout_s: float,
    data: bytes | None = None,
    is_captured: bool = True,
) -> ProgramOutput:
    """Run a program to its end, with `data` as its input; a text is a command of the shell, no `env` grokchat's own.

    Its output is dropped unless `is_captured`: a program that stays in the background would hold a pipe open. Raises
    OSError, and subprocess.TimeoutExpired if it was killed because its time was over.
    """
    import subprocess

    deadline = time.monotonic() + timeout_s
    output = subprocess.PIPE if is_captured else subprocess.DEVNULL
    source = subprocess.DEVNULL if data is None else subprocess.PIPE
    programs = _current.get() or _Programs()
    with programs.start(command, env, (source, output, output), has_terminal=False) as process:
        if data is not None:
            _feed(process, data)
        while not programs.is_stopped and time.monotonic() < deadline:
            with suppress(subprocess.TimeoutExpired):
                stdout, stderr = process.communicate(timeout=_POLL_S)
                return ProgramOutput(process.returncode, stdout or b"", stderr or b"")
    if programs.is_stopped:
        raise ProgramStoppedError
    raise subprocess.TimeoutExpired(command, timeout_s)


def _feed(process: subprocess.Popen[bytes], data: bytes) -> None:
    """Write a program's input in a thread: `communicate` loses the rest of it when it is interrupted to look around."""
    pipe, process.stdin = process.stdin, None
    assert pipe is not None
    threading.Thread(target=_write, args=(pipe, data), daemon=True).start()


def _write(pipe: IO[bytes], data: bytes) -> None:
    with suppress(OSError), pipe:  # the program may end without reading
        pipe.write(data)


async def run_stoppable(work: Callable[..., Result], *args: object) -> Result:
    """Return what `work` returns, called in a thread; raises what it raises.

    Cancelling this, or a signal that ends grokchat, kills its programs.
    """
    import asyncio

    from grokchat.system.threads import start_in_thread

    programs = _Programs()
    with _killed_by_signals(programs.stop):
        token = _current.set(programs)
        future = start_in_thread(work, *args)
        _current.reset(token)
        try:
            await asyncio.wait({future})
            return future.result()
        finally:
            if not future.done():
                programs.stop()
                await asyncio.wait({future}, timeout=_END_S)


@contextmanager
def _killed_by_signals(kill: Callable[[], None]) -> Iterator[None]:
    """Kill programs when a signal ends grokchat; signals that it handles itself are left alone."""
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


def _kill_tree(process: subprocess.Popen[bytes]) -> None:
    """Ask a program and its children to end, and kill those that have not soon after."""
    import subprocess

    numbers = [process.pid, *_children(process.pid)]
    _signal_all(numbers, "SIGTERM")
    with suppress(subprocess.TimeoutExpired):
        process.wait(_TERMINATE_S)
    _signal_all(numbers[1:] if process.returncode is not None else numbers, "SIGKILL")


def _signal_all(numbers: Sequence[int], name: str) -> None:
    for number in numbers:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(number, getattr(signal, name))


def _children(number: int) -> list[int]:
    """Return the processes that a process started, and those that these started."""
    parents: dict[int, list[int]] = {}
    for line in _run_quietly("ps", "-A", "-o", "pid=,ppid=").split(b"\n"):
        match line.split():
            case [child, parent]:
                parents.setdefault(int(parent), []).append(int(child))
    found = [number]
    for known in found:
        found += parents.get(known, [])
    return found[1:]


def _run_quietly(*command: str) -> bytes:
    """Return the output of one of the system's own tools, or nothing if it fails."""
    import subprocess

    with suppress(OSError, subprocess.TimeoutExpired):
        return subprocess.run(command, capture_output=True, check=False, timeout=1).stdout  # noqa: S603 - see above
    return b""
