"""Runs a command line in the user's shell and collects what it prints, for /run.

It gets no input, no terminal and no API key: a program that asks for a password fails instead of waiting. It ends with
its shell: what it left in the background is killed, because it could hold the output open without end. A process
that left the group survives, and its output is not read any more. On Windows the shell is the one of COMSPEC.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from grokchat.environment import encode_native, env_without_key
from grokchat.system.programs import kill_group, start_program

MAX_OUTPUT_BYTES = 1 << 20
"""Of an output that is kept: its beginning and its end, half of this each."""
_DRAIN_S = 0.2
"""How long the output is read on after the shell has ended, if a process in the background holds it open."""
_CHUNK_BYTES = 1 << 16
_COLOR_VARIABLES = frozenset({"FORCE_COLOR", "CLICOLOR_FORCE"})
_FALLBACK_SHELL = "/bin/sh"
_CODES = re.compile(
    r"\x1b(?:\[[0-?]*+[ -/]*+[@-~]"  # CSI
    r"|[\]PX^_][^\x07\x1b]*+(?:\x07|\x1b\\)"  # OSC, DCS, SOS, PM, APC
    r"|[ -/]*+[0-~])?"  # others, and a lone escape
    r"|\x9b[0-?]*+[ -/]*+[@-~]"
)
_OVERSTRUCK = re.compile(r"[^\n\x08]\x08")
_OTHER_CONTROLS = re.compile(r"[\0-\x08\x0b-\x1f\x7f-\x9f]")


class CommandOutput:
    """What a command has printed so far: the beginning and the end of it. A thread adds, another one reads."""

    def __init__(self, max_bytes: int = MAX_OUTPUT_BYTES) -> None:
        self._half = max_bytes // 2
        self._head = bytearray()
        self._tail = bytearray()
        self._left_out = 0
        self._lock = threading.Lock()
        self._is_closed = False

    def add(self, data: bytes) -> None:
        """Append what was printed, unless the output is closed."""
        with self._lock:
            if self._is_closed:
                return
            room = self._half - len(self._head)
            self._head += data[:room]
            self._tail += data[max(room, 0) :]
            if len(self._tail) > 2 * self._half:  # seldom, so that each byte is moved once
                self._cut_tail()

    def close(self) -> None:
        """Ignore what is printed from now on."""
        with self._lock:
            self._is_closed = True

    @property
    def beginning(self) -> bytes:
        """The first half of what can be kept."""
        with self._lock:
            return bytes(self._head)

    def content(self) -> bytes:
        """Return everything, with a line that says how much is left out in its middle."""
        with self._lock:
            self._cut_tail()
            head, tail, left_out = bytes(self._head), bytes(self._tail), self._left_out
        if not left_out:
            return head + tail
        whole_head = head[: head.rfind(b"\n") + 1] or head
        whole_tail = tail[tail.find(b"\n") + 1 :] or tail
        left_out += len(head) - len(whole_head) + len(tail) - len(whole_tail)
        if not whole_head.endswith(b"\n"):
            whole_head += b"\n"
        return whole_head + f"[... {left_out:,} bytes left out ...]\n".encode() + whole_tail

    def _cut_tail(self) -> None:
        surplus = max(0, len(self._tail) - self._half)
        del self._tail[:surplus]
        self._left_out += surplus


def run_in_shell(line: str, env: Mapping[str, str], output: CommandOutput) -> int:
    """Run a command line to its end, and return its exit code; its output and its errors go to `output`, in order.

    Call it through `run_stoppable`, which kills it when it is cancelled. Raises OSError.
    """
    import subprocess

    streams = (subprocess.DEVNULL, subprocess.PIPE, subprocess.STDOUT)
    with start_program(_shell_command(line, env), _command_env(env), streams, has_own_session=True) as process:
        assert process.stdout is not None
        # A descriptor of its own: a process that left the group may keep the thread waiting.
        reader = threading.Thread(target=_read, args=(os.dup(process.stdout.fileno()), output), daemon=True)
        reader.start()
        try:
            process.wait()
            reader.join(_DRAIN_S)
        finally:
            kill_group(process.pid)
            reader.join(_DRAIN_S)
            output.close()
    return process.returncode


def plain_text(text: str) -> str:
    """Return a program's output as text: without the codes of terminals, and with lines as a terminal would show them.

    What a carriage return overwrote (progress bars) is left out, and so is what a backspace struck over.
    """
    text = _OVERSTRUCK.sub("", _CODES.sub("", text).replace("\r\n", "\n"))
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    return _OTHER_CONTROLS.sub("", "\n".join(lines))


def _read(source: int, output: CommandOutput) -> None:
    with suppress(OSError):
        while data := os.read(source, _CHUNK_BYTES):
            output.add(data)
    with suppress(OSError):
        os.close(source)


def _shell_command(line: str, env: Mapping[str, str]) -> str | Sequence[str]:
    if sys.platform == "win32":
        return line
    shell = env.get("SHELL", "")
    is_program = Path(shell).is_file() and os.access(shell, os.X_OK)
    return [shell if is_program else _FALLBACK_SHELL, "-c", encode_native(line)]


def _command_env(env: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for a command: no key, and nothing that asks for colours."""
    inherited = {name: value for name, value in env_without_key(env).items() if name not in _COLOR_VARIABLES}
    return {**inherited, "TERM": "dumb", "NO_COLOR": "1"}
