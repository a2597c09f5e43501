"""Start-up: from exec to the first paint, to the echo of a key typed then, and to the whole prompt, beside floors.

    python benchmarks/startup.py [RUNS]

Floors: `python -c pass` until it exits, and a ten-line prompt-toolkit prompt until it has echoed a key. A plain key is
echoed before the whole prompt is there, a paste only then. Other chats found on the PATH are measured too. Runs are
interleaved, so noise affects all of them; the figures are medians. Needs a POSIX system.
"""

from __future__ import annotations

import os
import re
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from rows import Row, table

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

PASTE, PASTED = b"\x1b[200~~~\x1b[201~", b"~~"
"""A paste, which only a whole prompt echoes, and all at once; no greeting and no session has it in its text."""


def until_echo(
    command: list[str], env: dict[str, str], *, keys: bytes = b"q", echo: bytes = b"q"
) -> tuple[float, float]:
    """Return the seconds from exec until the prompt is on the screen, and until a key typed at it is."""
    master, slave = os.openpty()
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True)
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


def others(home: Path) -> dict[str, tuple[list[str], dict[str, str]]]:
    """Return the other installed chats with the arguments that name a model; no request is made."""
    found = {}
    if llm := shutil.which("llm"):
        settings = "- model_id: m\n  model_name: m\n  api_base: http://127.0.0.1:9/v1\n"
        (home / "extra-openai-models.yaml").write_text(settings, encoding="utf-8")
        env = {"LLM_USER_PATH": str(home), "OPENAI_API_KEY": "none"}
        found["llm chat"] = ([llm, "chat", "-m", "m"], env)
    if sgpt := shutil.which("sgpt"):
        env = {"OPENAI_API_KEY": "none", "API_BASE_URL": "http://127.0.0.1:9/v1"}
        found["sgpt --repl"] = ([sgpt, "--repl", "temp"], env)
    return found


def measured(runs: int) -> Iterator[Row]:
    """Yield the rows: grokchat to its first paint, and all chats to their first echoed key."""
    with tempfile.TemporaryDirectory() as home:
        floor = Path(home, "floor.py")
        floor.write_text(FLOOR, encoding="utf-8")
        env = {"PATH": os.environ["PATH"], "TERM": "xterm", "HOME": home, "PYTHONPATH": str(ROOT)}
        env |= {"PROMPT_TOOLKIT_NO_CPR": "1", "XAI_API_KEY": "nobody-asks-for-it"}
        python = sys.executable
        beside = others(Path(home))
        times: dict[str, list[float]] = defaultdict(list)
        for run in range(runs + 1):
            taken = {
                "pass": until_exit([python, "-c", "pass"], env),
                "prompt": until_echo([python, str(floor)], env)[1],
            }
            taken["paint"], taken["key"] = until_echo([python, "-m", "grokchat"], env)
            _, taken["grokchat"] = until_echo([python, "-m", "grokchat"], env, keys=PASTE, echo=PASTED)
            for name, (command, more) in beside.items():
                taken[name] = until_echo(command, env | more)[1]
            if run:  # the first run fills the file cache and writes the bytecode
                for name, seconds in taken.items():
                    times[name].append(seconds)
        middle = {name: statistics.median(values) for name, values in times.items()}
    yield Row("first paint", middle["paint"], "`python -c pass`", middle["pass"])
    prompt = "a ten-line prompt-toolkit prompt"
    yield Row("first key after paint, echoed", middle["key"], "`python -c pass`", middle["pass"])
    yield Row("whole prompt, first paste echoed", middle["grokchat"], prompt, middle["prompt"])
    for name in beside:
        yield Row(f"`{name}`, first key echoed", middle[name], prompt, middle["prompt"], is_ours=False)


def main() -> None:
    for line in table(measured(int(sys.argv[1]) if len(sys.argv) > 1 else 15)):
        print(line)


if __name__ == "__main__":
    main()
