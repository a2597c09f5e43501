"""Responses that break off at every byte, endless replies, and how long Ctrl-C takes meanwhile.

    python benchmarks/network.py [N]

Breaks a recorded response off at every byte (or at N random ones) in three ways: closed, reset, silent;
tests/api/test_transport.py defines the expected result. Then measures the memory of a one-shot call that gets an
endless reply of tiny deltas, and the time Ctrl-C takes at every moment of tests/e2e/test_connection.py, ten times each.
Exits with 1 if a promise was broken. The last two parts need a POSIX system.
"""

from __future__ import annotations

import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / folder) for folder in ("", "api", "e2e"))]

import test_connection  # noqa: E402 - the tests are not installed
from chat_process import chat_env  # noqa: E402
from fake_api import FakeApi  # noqa: E402
from test_transport import MIB, RECORDED, TO_THE_END, WAYS, Raw, cuts, heard_request  # noqa: E402

_AT_ONCE = 50
_TINY = b'data: {"choices":[{"index":0,"delta":{"content":"abcd"}}]}\n\n'
_PROMISED = 0.1
"""Seconds from Ctrl-C to the word that it was heard."""
_PRESSES = 10
_STREAM = 1024 * MIB
"""Bytes on the wire, of which a fifteenth is text: the cap on a reply stops it at half of them."""


def cut_everywhere(count: int | None) -> int:
    every = list(range(len(RECORDED) + 1))
    positions = every if count is None else random.sample(every, min(count, len(every)))
    faults = 0
    for way in WAYS:
        found = []
        with tempfile.TemporaryDirectory() as folder:
            for at in range(0, len(positions), _AT_ONCE):
                found += cuts(positions[at : at + _AT_ONCE], way, Path(folder))
        for fault in found:
            print(fault)
        print(f"{way:<8}at {len(positions):>5} bytes of {len(RECORDED):,}: {len(found)} wrong", flush=True)
        faults += len(found)
    return faults


def memory() -> int:
    """Measure the peak memory of a program that gets an endless reply, and return how it ended."""

    def talk(connection: socket.socket) -> None:
        heard_request(connection)
        connection.sendall(TO_THE_END)
        for _ in range(_STREAM // (len(_TINY) * 1000)):
            connection.sendall(_TINY * 1000)

    with tempfile.TemporaryDirectory() as folder, Raw([talk]) as raw:
        env = {**os.environ, "PYTHONPATH": str(ROOT), **chat_env(Path(folder), raw)}  # type: ignore[arg-type]
        begun = time.monotonic()
        with subprocess.Popen(
            [sys.executable, "-m", "grokchat", "hi"],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            size = peak = 0
            while piece := process.stdout.read(MIB):
                size += len(piece)
                peak = max(peak, _resident(process.pid))
            said = process.stderr.read().decode()
        print(f"{size / MIB:.0f} MiB of text, {peak} MiB of memory, {time.monotonic() - begun:.0f} s, ", end="")
        print(f"exit code {process.returncode}: {said.strip()}", flush=True)
        return int(peak > 400 or process.returncode != 3)


def _resident(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").split("\n")
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)


def lateness() -> float:
    """Return the machine's current scheduling delay in seconds."""
    late = []
    for _ in range(20):
        begun = time.monotonic()
        time.sleep(0.002)
        late.append(time.monotonic() - begun - 0.002)
    return max(late)


def ctrl_c() -> int:
    """Press Ctrl-C in the chat and print how long it took; the limit assumes an idle machine."""
    faults = 0
    for moment in test_connection.MOMENTS:
        taken = []
        for _ in range(_PRESSES):
            with tempfile.TemporaryDirectory() as folder, FakeApi() as api:
                late = lateness()
                took = test_connection.stopped(Path(folder) / "home", api, moment)
                taken.append(1000 * took)
                faults += took > _PROMISED + 10 * max(late, lateness())
        print(f"Ctrl-C {moment:<24}median {statistics.median(taken):>5.0f} ms, worst {max(taken):>5.0f} ms", flush=True)
    print(f"Ctrl-C heard later than {1000 * _PROMISED:.0f} ms: {faults} of {_PRESSES * len(test_connection.MOMENTS)}")
    return faults


def main() -> int:
    faults = cut_everywhere(int(sys.argv[1]) if len(sys.argv) > 1 else None)
    if sys.platform != "win32":
        faults += memory() + ctrl_c()
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
