"""The widths of code points that real terminals have reported; `terminals/measure_widths.py` asks another one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

TERMINALS = 17
"""The digits of a line, one for each terminal, unless all agree."""
_FILE = Path(__file__).with_name("measured_widths.txt")


@cache
def measured_widths() -> dict[int, str]:
    """Return for each code point the widths on all terminals, a digit each."""
    return dict(_widths())


def _widths() -> Iterator[tuple[int, str]]:
    for line in _FILE.read_text().splitlines():
        if line.startswith("#"):
            continue
        span, widths = line.split()
        first, _, last = span.partition("-")
        for code in range(int(first, 16), int(last or first, 16) + 1):
            yield code, widths.ljust(TERMINALS, widths[0])
