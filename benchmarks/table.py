"""All results in one table: start-up, calls, long sessions, search, each beside its floor from the same run.

    python benchmarks/table.py [RUNS]

Programs that are not installed (curl, openai, llm, sgpt) are left out. Takes some minutes and 1 GB of disk. Needs a
POSIX system.
"""

from __future__ import annotations

import sys
from itertools import chain

import calls
import long
import search
import startup
from rows import table


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    for line in table(
        chain(startup.measured(runs), calls.measured(runs), long.measured(10_000, runs), search.measured(10_000, 1000))
    ):
        print(line, flush=True)


if __name__ == "__main__":
    main()
