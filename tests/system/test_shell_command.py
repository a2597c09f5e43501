"""Shell commands: output, time limit, and that no process survives being stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from processes import assert_gone
from support import ROOT

from grokchat.system.programs import ProgramOutput
from grokchat.system.shell_command import run_shell_command

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the commands are a POSIX shell's")

SLOW = "echo begun > {0}; sh -c 'sleep 60 & echo $! > {0}; wait' & wait"
"""A command whose children have children; the file gets the number of the last one."""


def run(command: str, timeout_s: float = 60) -> ProgramOutput:
    return asyncio.run(run_shell_command(command, os.environ, timeout_s=timeout_s))


def wait_for_number(path: Path) -> int:
    deadline = time.monotonic() + 20
    while not (path.exists() and path.read_text().strip().isdecimal()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return int(path.read_text())


def test_output_and_exit_code():
    assert run("echo out; echo err >&2; exit 3") == ProgramOutput(3, b"out\n", b"err\n")
    assert run("cat") == ProgramOutput(0, b"", b"")
    assert len(run("head -c 1000000 /dev/zero").stdout) == 1_000_000


def test_a_command_that_reads_the_terminal_gets_an_error_and_is_not_stopped():
    """It runs in the background of the terminal, where reading would stop it until its time is up."""
    code = f"""
import asyncio, os, sys
sys.path.insert(0, {str(ROOT)!r})
from grokchat.system.shell_command import run_shell_command
print(asyncio.run(run_shell_command("read line < /dev/tty; echo read: $?", os.environ, timeout_s=20)))
"""
    master, slave = os.openpty()
    program = subprocess.Popen(
        [sys.executable, "-c", "import fcntl, termios\nfcntl.ioctl(0, termios.TIOCSCTTY, 0)\n" + code],
        stdin=slave,
        stdout=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    os.close(slave)
    out, _ = program.communicate(timeout=20)
    os.close(master)
    assert "read: " in out


def test_after_its_time_the_command_is_killed_with_its_children(tmp_path):
    """Even if a child keeps its output open."""
    started = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        run(SLOW.format(tmp_path / "child"), timeout_s=0.5)
    assert time.monotonic() - started < 5
    assert_gone([wait_for_number(tmp_path / "child")])


def test_a_child_that_left_the_group_is_not_waited_for():
    started = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        run(f"{sys.executable} -c 'import os, time; os.setsid(); time.sleep(6)' & exit 0", timeout_s=0.5)
    assert time.monotonic() - started < 5


def test_cancelling_kills_the_command_with_its_children(tmp_path):
    async def steps() -> None:
        task = asyncio.create_task(run_shell_command(SLOW.format(tmp_path / "child"), os.environ, timeout_s=60))
        await asyncio.to_thread(wait_for_number, tmp_path / "child")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(steps())
    assert_gone([wait_for_number(tmp_path / "child")])


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGQUIT", "SIGINT"])
def test_a_signal_that_ends_the_program_kills_the_command(tmp_path, name):
    child = tmp_path / "child"
    code = f"""
import asyncio, os, sys
sys.path.insert(0, {str(ROOT)!r})
from grokchat.system.shell_command import run_shell_command
asyncio.run(run_shell_command({SLOW.format(child)!r}, os.environ, timeout_s=60))
"""
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL, cwd=tmp_path) as program:
        number = wait_for_number(child)
        program.send_signal(getattr(signal, name))
        assert program.wait(5) in {-getattr(signal, name), 1}
    assert_gone([number])
