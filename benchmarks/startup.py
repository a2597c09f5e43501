"""Start-up: from exec to the first paint, and to a prompt that has echoed a key, beside two floors in the same run.

    python benchmarks/startup.py [RUNS]

Floors: `python -c pass`, until it has ended, and a ten-line prompt-toolkit prompt, until it has echoed a key. Runs take
turns, so a noisy machine is noisy to all; the table shows medians and their ratio to the floors. Needs a POSIX system.
"""

from __future__ import annotations

import os
import re
import select
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLOOR = """\
from prompt_toolkit import PromptSession
from prompt_toolkit.history import InMemoryHistory

def main():
    session = PromptSession("> ", history=InMemoryHistory())
    while True:
        print(session.prompt())

if __name__ == "__main__":
    main()
"""


def until_echo(
    command: list[str], env: dict[str, str], stderr: int | None = None, *, keys: bytes = b"q", echo: bytes = b"q"
) -> tuple[float, float]:
    """Return the seconds from exec until a prompt is on the screen, and until what is typed at it is."""
    master, slave = os.openpty()
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave if stderr is None else stderr, env=env, start_new_session=True
    )
    os.close(slave)
    seen, typed, painted = b"", False, 0.0
    while True:
        if not select.select([master], [], [], 60)[0]:
            raise SystemExit(f"no prompt from {command}: {seen!r}")
        seen += os.read(master, 65536)
        shown = re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", seen)
        if not typed and b">" in shown:
            seen, typed, painted = b"", True, time.perf_counter() - begun
            os.write(master, keys)
        elif typed and echo in shown:
            break
    took = time.perf_counter() - begun
    process.kill()
    process.wait()
    os.close(master)
    return painted, took


def until_exit(command: list[str], env: dict[str, str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, env=env, check=True)
    return time.perf_counter() - begun


def modules(command: list[str], env: dict[str, str]) -> int:
    """Return how many modules were imported by the time the first key was echoed."""
    with tempfile.TemporaryFile() as log:
        until_echo([command[0], "-X", "importtime", *command[1:]], env, log.fileno())
        log.seek(0)
        return log.read().count(b"import time:") - 1


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with tempfile.TemporaryDirectory() as home:
        floor = Path(home, "floor.py")
        floor.write_text(FLOOR, encoding="utf-8")
        env = {"PATH": os.environ["PATH"], "TERM": "xterm", "HOME": home, "PYTHONPATH": str(ROOT)}
        env |= {"PROMPT_TOOLKIT_NO_CPR": "1", "XAI_API_KEY": "nobody-asks-for-it"}
        python = sys.executable
        chat = [python, "-m", "grokchat"]
        times: dict[str, list[float]] = {"python -c pass": [], "ten-line prompt": [], "first paint": [], "grokchat": []}
        for run in range(runs + 1):
            taken = (
                until_exit([python, "-c", "pass"], env),
                until_echo([python, str(floor)], env)[1],
                *until_echo(chat, env),
            )
            if run:  # the first run fills the file cache and writes the bytecode
                for name, seconds in zip(times, taken, strict=True):
                    times[name].append(seconds)
        middle = {name: statistics.median(values) for name, values in times.items()}
        counts = {"ten-line prompt": modules([python, str(floor)], env), "grokchat": modules(chat, env)}
        print(f"{'':18}{'median':>10}{'x pass':>9}{'x prompt':>10}{'modules':>9}")
        for name, seconds in middle.items():
            ratios = (seconds / middle["python -c pass"], seconds / middle["ten-line prompt"])
            print(f"{name:18}{seconds * 1000:7.0f} ms{ratios[0]:9.2f}{ratios[1]:10.2f}{counts.get(name, ''):>9}")


if __name__ == "__main__":
    main()
