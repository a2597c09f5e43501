"""Asks the terminal that it runs in how wide every code point is, and the texts of `measured_samples.json`.

`python tests/terminals/measure_widths.py OUT.json`, with the terminal's own shell in a UTF-8 locale. Each text is
written behind an "a", at the beginning of a row, with CSI 6n behind it. The answers of one more terminal are a further
digit in each line of `tests/measured_widths.txt` and a further list in `tests/terminal/measured_samples.json`; the
tests then say which ranges of `grokchat/render/width_data.py` have to grow.
"""

from __future__ import annotations

import json
import os
import re
import select
import sys
import time
import tty
from collections.abc import Sequence
from pathlib import Path

CODES = (
    *range(0xA0, 0xD800),
    *range(0xE000, 0x20000),
    *range(0x2FFF0, 0x30010),
    *range(0xE0000, 0xE0200),
    *range(0xF0000, 0xF0010),
)
"""All but C0 and C1 codes, surrogates, and the middle of blocks that are all alike."""
AT_ONCE = 100
PATIENCE_S = 20.0
ANSWER = re.compile(rb"\x1b\[\d+;(\d+)R")


def cells(terminal: int, texts: Sequence[str]) -> list[int]:
    """Return the columns that the cursor moves by for each text. Raises TimeoutError."""
    found: list[int] = []
    for begin in range(0, len(texts), AT_ONCE):
        part = texts[begin : begin + AT_ONCE]
        unwritten = b"\x1b[H" + b"".join(f"\r\x1b[K{text}\x1b[6n".encode() for text in part)
        unread = b""
        end = time.monotonic() + PATIENCE_S
        while len(found) < begin + len(part):
            readable, writable, _ = select.select([terminal], [terminal] if unwritten else [], [], 1)
            if writable:
                unwritten = unwritten[os.write(terminal, unwritten[:2000]) :]
            if readable:
                unread += os.read(terminal, 1 << 16)
                answers = list(ANSWER.finditer(unread))
                found += [int(answer[1]) - 1 for answer in answers]
                unread = unread[answers[-1].end() :] if answers else unread
            if time.monotonic() > end:
                raise TimeoutError(f"{len(found)} answers, then {unread!r}")
    return found


def main() -> None:
    terminal = os.open("/dev/tty", os.O_RDWR)
    tty.setraw(terminal)
    texts = json.loads((Path(__file__).parents[1] / "terminal" / "measured_samples.json").read_text())["texts"]
    widths = [width - 1 for width in cells(terminal, [f"a{chr(code)}" for code in CODES])]
    found = {"codes": dict(zip(CODES, widths, strict=True)), "samples": cells(terminal, texts)}
    Path(sys.argv[1]).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
