"""A row of the results table: a measurement beside its floor from the same run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A measurement and its floor, in seconds; `is_ours` is False for other programs."""

    what: str
    took: float
    floor: str
    least: float
    is_ours: bool = True


def table(rows: Iterable[Row]) -> Iterator[str]:
    """Yield the lines of a Markdown table. The floor gets no row of its own: every row names it."""
    yield "| | | floor | | ratio |"
    yield "| --- | --: | --- | --: | --: |"
    for row in rows:
        name = row.what if row.is_ours else f"_{row.what}_"
        yield f"| {name} | {shown(row.took)} | {row.floor} | {shown(row.least)} | {row.took / row.least:.2f} |"


def shown(seconds: float) -> str:
    """Return a time in a suitable unit."""
    if seconds >= 2:
        return f"{seconds:.1f} s"
    digits = 0 if seconds >= 0.02 else 1
    return f"{seconds * 1000:,.{digits}f} ms"
