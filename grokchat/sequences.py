"""Sequences and texts: how they compare, and a text cut to a length. Pure, and without imports at run time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def common_prefix_length(first: Sequence[object], second: Sequence[object]) -> int:
    """Return how many items two sequences have in common at their beginning."""
    count = 0
    for left, right in zip(first, second, strict=False):
        if left != right:
            break
        count += 1
    return count


def shorten(text: str, max_chars: int) -> str:
    """Return a text, or if it is longer than that its beginning and an ellipsis."""
    return text if len(text) <= max_chars else text[: max_chars - 1] + "…"
