"""Signals at random moments of the program's life: what is left behind.

    python benchmarks/signals.py [N] [SEED]

Sends N signals (default 500), each to a new process, at a random time after one of the moments that
tests/e2e/test_signals.py reaches: starting, typing, streaming, in the editor, in the picker, leaving. Counts wrong
terminal modes, tracebacks, lost messages and wrong exit codes. Needs a POSIX system. Exits with 1 if there was any.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "e2e")]

from test_signals import MOMENTS, NAMES, interrupted  # noqa: E402 - the tests are not installed


def once(number: int, seed: int) -> tuple[str, str, list[str]]:
    """Send one signal; the moments alternate, everything else is random."""
    chance = random.Random(f"{seed} {number}")
    moment, name = MOMENTS[number % len(MOMENTS)], chance.choice(NAMES)
    return moment.__name__, name, interrupted(moment, name, chance)


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    print(f"{count:,} signals, seed {seed}", flush=True)
    sent: Counter[tuple[str, str]] = Counter()
    faults: Counter[tuple[str, str]] = Counter()
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as pool:
        for item in as_completed([pool.submit(once, number, seed) for number in range(count)]):
            moment, name, found = item.result()
            sent[moment, name] += 1
            faults[moment, name] += bool(found)
            for fault in found:
                print(fault, flush=True)
    print(f"{'':<16}" + "".join(f"{name:>14}" for name in NAMES))
    for moment in (item.__name__ for item in MOMENTS):
        cells = "".join(f"{faults[moment, name]:>8} of {sent[moment, name]:>2}" for name in NAMES)
        print(f"{moment:<16}{cells}")
    print(f"{sum(faults.values())} of {sum(sent.values())} signals left something behind")
    return 1 if faults.total() else 0


if __name__ == "__main__":
    raise SystemExit(main())
