"""Search: `/sessions WORDS` over 10,000 sessions and 1 GB, beside floors measured in the same run.

    python benchmarks/search.py [SESSIONS] [MEGABYTES]

The sessions are created in a temporary folder and removed. Every hundredth contains the words, in its last reply. The
floor is a plain loop that opens, reads and searches the same bytes with `bytes.find`, case-sensitively; `grep -rl` is
shown beside it, with and without `-i`, if installed. The file cache is warm for all. Times are the best of three runs.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from rows import Row, table

from grokchat.session.session_config import SessionConfig
from grokchat.session.store import SessionStore

LETTERS = "etaoinshrdlucmfgypwb"
RARE = "Quetzalcoatl"
BLOCKS = 400


def words(chance: random.Random, count: int) -> str:
    found = ("".join(chance.choices(LETTERS, k=chance.randint(2, 9))) for _ in range(count))
    return " ".join(item if chance.random() < 0.95 else f"{item.capitalize()} \u2014" for item in found)


def exchange(chance: random.Random, number: int, size: int) -> bytes:
    """Return a message and its reply as session lines: a partial line every 250 ms, then the whole reply."""
    when, question, reply = "2026-01-01T00:00:00.000Z", f"q{number}", f"r{number}"
    said = {"role": "user", "content": words(chance, 20)}
    events: list[dict[str, object]] = [
        {"type": "message", "id": question, "time": when, "change": question, "message": said}
    ]
    pieces = [words(chance, 30) for _ in range(max(1, size // 600))]
    for at, piece in enumerate(pieces):
        event = {"type": "partial", "id": f"{reply}p{at}", "time": when, "change": question, "reply": reply}
        events.append({**event, "text": piece, "reasoning": ""})
    whole = {"role": "assistant", "content": " ".join(pieces)}
    events.append({"type": "message", "id": reply, "time": when, "change": question, "message": whole, "model": "g"})
    return b"".join(json.dumps(item, separators=(",", ":")).encode() + b"\n" for item in events)


def make(folder: Path, count: int, size: int) -> int:
    """Write the sessions; return their total size in bytes."""
    chance = random.Random(7)
    each = min(size // 12, 20_000)
    blocks = [exchange(chance, number, each) for number in range(BLOCKS)]
    rare = exchange(chance, BLOCKS, each).replace(b'"content":"', b'"content":"' + RARE.encode() + b" ")
    average = sum(map(len, blocks)) / len(blocks)
    total = 0
    for number in range(count):
        name = f"20260101-{number:06}-bench"
        header = {"type": "session", "format": "grokchat/1", "id": name, "time": "2026-01-01T00:00:00.000Z"}
        chosen = chance.sample(blocks, max(1, round(size / average)))
        data = b"".join([json.dumps(header).encode() + b"\n", *chosen, *([rare] if number % 100 == 99 else [])])
        (folder / f"{name}.jsonl").write_bytes(data)
        total += len(data)
    return total


def seconds(what: Callable[[], object], runs: int = 3) -> float:
    """Return the best of some runs."""
    taken = []
    for _ in range(runs):
        begun = time.perf_counter()
        what()
        taken.append(time.perf_counter() - begun)
    return min(taken)


def plain_loop(folder: Path, wanted: bytes) -> int:
    found = 0
    for path in folder.iterdir():
        with path.open("rb") as file:
            found += file.read().find(wanted) >= 0
    return found


def grep(folder: Path, *options: str) -> None:
    subprocess.run(["grep", "-rlF", *options, RARE, str(folder)], stdout=subprocess.DEVNULL, check=False)


def measured(count: int, megabytes: int) -> Iterator[Row]:
    """Yield the rows: rare words, absent words, words with many spellings, and lists."""
    with tempfile.TemporaryDirectory(prefix="grokchat-search-") as name:
        folder = Path(name)
        total = make(folder, count, megabytes * 1_000_000 // count)
        floor = f"reading {count:,} sessions, {total / 1e6:,.0f} MB, and `bytes.find`"
        least = seconds(lambda: plain_loop(folder, RARE.encode()))
        for what, took in searches(folder):
            yield Row(what, took, floor, least, is_ours=not what.startswith("`grep"))


def searches(folder: Path) -> Iterator[tuple[str, float]]:
    store, rare = SessionStore(SessionConfig(None), folder), RARE.lower()
    yield "search for a rare word", seconds(lambda: list(store.search([rare])))
    yield "search for a rare word, first result", seconds(lambda: next(store.search([rare])))
    yield "search for two words", seconds(lambda: list(store.search([rare, "nowhereatall"])))
    yield "search for a word beyond ASCII", seconds(lambda: list(store.search(["gr\u00f6\u00dfe"])))
    yield "search for two signs", seconds(lambda: list(store.search(["=>"])), 1)
    yield "the first 20 of the list", seconds(lambda: list(islice(store.summaries(), 20)))
    yield "the whole list", seconds(lambda: list(store.summaries()), 1)
    if shutil.which("grep"):
        yield "`grep -rlF`", seconds(lambda: grep(folder))
        yield "`grep -rlFi`", seconds(lambda: grep(folder, "-i"))


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    for line in table(measured(count, int(sys.argv[2]) if len(sys.argv) > 2 else 1000)):
        print(line, flush=True)


if __name__ == "__main__":
    main()
