"""The content of leaves, for the screen and the HTML export: a table's cells, a task's box, a formula's TeX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from markdown_it.rules_block.table import escapedSplit

from grokchat.markdown.formulas import FORMULA_ENDS

_TASK = re.compile(r"\[([ xX])\] +")

Alignment = Literal["left", "center", "right"]


def split_row(row: str) -> list[str]:
    """Return the source of each cell in a table's row (GFM, section 4.10)."""
    row = row.strip(" \t")
    cells = escapedSplit(row.removeprefix("|"))
    if len(cells) > 1 and not cells[-1].strip(" \t"):
        cells.pop()
    return [cell.strip(" \t") for cell in cells]


def split_body_row(row: str, column_count: int) -> list[str]:
    """Return a row's cells, at most as many as the head has; surplus ones join the last cell (GFM drops them)."""
    cells = split_row(row)
    return [*cells[: column_count - 1], " | ".join(cells[column_count - 1 :])] if len(cells) > column_count else cells


def column_alignments(delimiter_row: str) -> list[Alignment]:
    """Return the alignment of each column, from the line below a table's head."""
    return [_alignment(cell) for cell in split_row(delimiter_row)]


def _alignment(delimiter: str) -> Alignment:
    if not delimiter.endswith(":"):
        return "left"
    return "center" if delimiter.startswith(":") and len(delimiter) > 1 else "right"


class Task(NamedTuple):
    """An item of a task list (GFM, section 5.3): whether its box is checked, and the text after the box."""

    is_done: bool
    text: str


def parse_task(text: str) -> Task | None:
    """Parse the first paragraph of a list item as a task; return None if it has no box."""
    match = _TASK.match(text)
    return Task(match[1] != " ", text[match.end() :]) if match else None


def display_formula_tex(lines: Sequence[str]) -> str:
    r"""Return the TeX of a formula on lines of its own, between its `$$` or `\[`; empty if it is not closed."""
    written = " ".join(line.strip() for line in lines).strip()
    closing = FORMULA_ENDS.get(written[:2])
    return written[2:-2].strip() if closing and len(written) >= 4 and written.endswith(closing) else ""
