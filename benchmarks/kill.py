"""kill -9 at random moments of a chat: what is lost.

    python benchmarks/kill.py [N] [SEED]

Kills the real program N times (default 1,000) while it talks to a loopback API, and compares the session files with
what that API received and sent. A killed program may lose the last 250 ms of a reply, plus the machine's own scheduling
delay, which is measured throughout. Needs a POSIX system. Exits with 1 if more was lost.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from random_kills import Findings, kills  # noqa: E402 - the tests are not installed

_AT_A_TIME = 20
"""Kills per home directory: enough for a session with a history, few enough to stay quick."""


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    print(f"{count:,} kills, seed {seed}", flush=True)
    begun, found = time.monotonic(), Findings()
    sizes = [min(_AT_A_TIME, count - at) for at in range(0, count, _AT_A_TIME)]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as pool:
        for item in as_completed([pool.submit(kills, size, seed + at) for at, size in enumerate(sizes)]):
            found.add(item.result())
            for fault in item.result().faults:
                print(fault, flush=True)
    took = time.monotonic() - begun
    lags, late = [sorted(1000 * age for age in ages) or [0.0] for ages in (found.lags, found.late)]
    print(f"{'kills':<42}{found.kills:>8,}  ({took / max(1, found.kills):.2f} s each)")
    print(f"{'requests that had arrived':<42}{found.requests:>8,}")
    print(f"{'times the session was gone on with':<42}{found.resumed:>8,}")
    print(f"{'messages lost':<42}{found.lost_messages:>8,}")
    print(f"{'bytes of replies lost that were too old':<42}{found.lost_bytes:>8,}")
    print(f"{'torn lines':<42}{found.torn_lines:>8,}")
    print(f"{'files that end in the middle of a line':<42}{found.torn_ends:>8,}")
    print(f"{'broken promises in all':<42}{len(found.faults):>8,}")
    print(f"age of the oldest piece lost: median {statistics.median(lags):.0f} ms, worst {lags[-1]:.0f} ms")
    print(f"this machine was late by: median {statistics.median(late):.0f} ms, worst {late[-1]:.0f} ms")
    return 1 if found.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
