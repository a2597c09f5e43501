"""The cells and rows of the screen that a line takes: visible text with SGR codes, erasures and shell marks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from grokchat.render.cells import cell_width, fits_row, has_certain_width, max_cell_width

SGR = re.compile(r"\x1b\[[0-9;]*m")
ERASURE = "\x1b[K"
"""Erases the row from the cursor on (ECMA-48: EL), in the background colour where the terminal does that."""
CODES = re.compile(r"\x1b(?:\[[0-9;]*m|\[K|\]133;[A-Z][^\x07\x1b]*\x07)")
"""What takes no cell."""


def row_width(row: str) -> int:
    """Return the greatest number of cells that a row takes on any terminal."""
    return max_cell_width(CODES.sub("", row) if "\x1b" in row else row)


def wrapped_height(row: str, columns: int) -> int:
    """Return how many rows of the screen a row takes at most, if the terminal wraps it."""
    return max(1, -(-row_width(row) // max(1, columns)))


def screen_height(lines: Sequence[str], columns: int) -> int:
    """Return how many rows of the screen final lines take on most terminals."""
    texts = (CODES.sub("", line) if "\x1b" in line else line for line in lines)
    widths = (max_cell_width(text) if text.isascii() else cell_width(text) for text in texts)
    return sum(max(1, -(-width // max(1, columns))) for width in widths)


def fits(row: str, columns: int) -> bool:
    """Return whether a row stays in one row on every terminal."""
    return fits_row(CODES.sub("", row) if "\x1b" in row else row, columns)


def clipped(row: str, columns: int) -> str:
    """Cut a row, with its styles, so that it fits the width on every terminal."""
    if fits(row, columns):
        return row
    columns -= not has_certain_width(CODES.sub("", row))
    kept, used, at = [], 0, 0
    while at < len(row):
        if code := CODES.match(row, at):
            kept.append(code[0])
            at = code.end()
            continue
        used += max_cell_width(row[at], begin=used)
        if used <= columns:
            kept.append(row[at])
        at += 1
    return "".join(kept)


def covers(line: str, columns: int) -> bool:
    """Return whether a line that is written over other rows erases them, except in its last row."""
    return "\t" not in line and (row_width(line) < columns or CODES.sub("", line).isascii())


def last_lines(lines: Sequence[str], rows: int, columns: int) -> tuple[Sequence[str], int]:
    """Return the last lines, as many as have at least so many rows, and how many rows more they have."""
    first = len(lines)
    while rows > 0 and first:
        first -= 1
        rows -= wrapped_height(lines[first], columns)
    return lines[first:], max(0, -rows)
