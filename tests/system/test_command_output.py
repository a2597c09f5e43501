"""Commands of /run: what they get, what is kept of their output, and that they end."""

from __future__ import annotations

import asyncio
import os
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokchat.system.command_output import CommandOutput, plain_text, run_in_shell
from grokchat.system.programs import run_stoppable

posix = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="a POSIX shell, and Linux's files of processes")


def run(line: str, **variables: str) -> tuple[int, str]:
    """Run a command, and return its exit code and its output."""
    output = CommandOutput()
    code = run_in_shell(line, {"PATH": os.environ["PATH"], "SHELL": "/bin/sh", **variables}, output)
    return code, output.content().decode()


def wait_for_end(pid: int) -> None:
    """Wait until a killed process is gone, or waits to be reaped."""
    deadline = time.monotonic() + 10
    state = "R"
    while state not in "ZX":
        assert time.monotonic() < deadline
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return


@posix
@pytest.mark.parametrize(
    ("line", "code", "printed"),
    [
        ("echo out; echo err >&2; echo out", 0, "out\nerr\nout\n"),  # in the order in which it was printed
        ("exit 3", 3, ""),
        ("kill -9 $$", -9, ""),
        ("printf 'no newline'", 0, "no newline"),
        ("cat", 0, ""),  # no input
        ("no-such-command 2>/dev/null", 127, ""),
        ("echo $XAI_API_KEY", 0, "\n"),  # programs do not get the key
        ("echo $TERM $NO_COLOR $FORCE_COLOR", 0, "dumb 1\n"),
        ("cat /dev/tty 2>/dev/null || echo no terminal", 0, "no terminal\n"),  # asking there fails instead of waiting
        ("printf 'gr\\303\\274n'; echo ü", 0, "grünü\n"),
    ],
)
def test_a_command_runs_in_the_shell_without_input_terminal_and_key(line, code, printed):
    assert run(line, XAI_API_KEY="xai-secret", FORCE_COLOR="1") == (code, printed)


@posix
@pytest.mark.parametrize("shell", ["", "/no/such/shell", "/etc/passwd", "/bin/sh"])
def test_where_the_users_shell_cannot_be_run_sh_is(shell):
    assert run("echo $((1 + 1))", SHELL=shell) == (0, "2\n")


@posix
@pytest.mark.parametrize("background", ["sleep 100 &", "(sleep 100; echo late) & exec 2>&1", "nohup sleep 100 >&1 &"])
def test_what_a_command_leaves_in_the_background_ends_with_it(background):
    """It would hold the output open, and outlive the chat."""
    code, printed = run(f"{background} echo $!")
    assert code == 0
    wait_for_end(int(printed.split()[-1]))


@posix
@pytest.mark.parametrize("line", ["echo $$; exec sleep 100", "trap '' INT TERM HUP; echo $$; while :; do :; done"])
def test_a_command_that_is_stopped_is_killed_and_what_it_printed_is_kept(line):
    output = CommandOutput()
    env = {"PATH": os.environ["PATH"], "SHELL": "/bin/sh"}

    async def stop() -> None:
        running = asyncio.create_task(run_stoppable(run_in_shell, line, env, output))
        async with asyncio.timeout(10):
            while not output.beginning.endswith(b"\n"):  # noqa: ASYNC110 - a thread fills it
                await asyncio.sleep(0.001)
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(stop())
    wait_for_end(int(output.content()))


@posix
def test_of_a_long_output_beginning_and_end_are_kept():
    output = CommandOutput(1000)
    run_in_shell(
        "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i + 1)); done", {"PATH": os.environ["PATH"]}, output
    )
    lines = output.content().decode().split("\n")
    assert (lines[:2], lines[-2:]) == (["line 0", "line 1"], ["line 1999", ""])
    (mark,) = (line for line in lines if "left out" in line)
    kept = sum(len(line) + 1 for line in lines if line not in {mark, ""})
    assert mark == f"[... {sum(len(f'line {number}') + 1 for number in range(2000)) - kept:,} bytes left out ...]"


@given(st.lists(st.binary(max_size=30), max_size=30), st.integers(2, 60))
def test_an_output_is_kept_whole_up_to_its_limit_however_it_comes(pieces, limit):
    output, data = CommandOutput(limit), b"".join(pieces)
    for piece in pieces:
        output.add(piece)
    kept = output.content()
    if len(data) <= limit // 2 * 2:
        assert kept == data
        return
    found = re.search(rb"\[\.\.\. ([0-9,]+) bytes left out \.\.\.\]\n", kept)
    assert found is not None
    head, tail = kept[: found.start()], kept[found.end() :]
    left_out = int(found[1].replace(b",", b""))
    assert data.endswith(tail)
    # The mark stands on a line of its own, so the newline before it may be the mark's or the output's.
    assert any(
        data.startswith(part) and len(part) + len(tail) + left_out == len(data)
        for part in (head, head.removesuffix(b"\n"))
    )
    assert output.content() == kept
    output.close()
    output.add(b"late")
    assert output.content() == kept


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;https://x.ai\x1b\\link\x1b]8;;\x07", "link"),
        ("\x1b]0;title\x07a\x1b(Bb\x1b=c\x1b", "abc"),
        ("\x9b31mred", "red"),
        ("\x1bP1$r0m\x1b\\a\x1b_apc\x1b\\b", "ab"),
        ("\x1b]unterminated", "unterminated"),
        ("one\r\ntwo\r\n", "one\ntwo\n"),
        ("10%\r20%\r100%\ndone\r", "100%\ndone"),
        ("N\bNA\bAM\bME\bE _\bx", "NAME x"),
        ("a\x00b\x07c\x7fd\te\n", "abcd\te\n"),
        ("👩‍👩‍👧 grün", "👩‍👩‍👧 grün"),
    ],
)
def test_an_output_becomes_plain_text(printed, text):
    assert plain_text(printed) == text


@given(st.text(st.sampled_from("\x1b[]0;mP\\\r\n\b\x07\x9b_ aK?")))
def test_no_output_brings_codes(printed):
    assert not re.search(r"[\0-\x08\x0b-\x1f\x7f-\x9f]", plain_text(printed))


@pytest.mark.parametrize("piece", ["a", "\x1b", "\x1b]", "\x1b[", "\b", "a\b", "\r", "\x1b[0", "\x9b", "\x1b ", "a\r"])
def test_cleaning_an_output_takes_linear_time(piece):
    """A megabyte of the worst there is: with quadratic work this would not end."""
    plain_text(piece * (1_000_000 // len(piece)))
