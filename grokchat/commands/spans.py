"""Numbers of messages, as they are written everywhere: `#3`, `#3-5`, and several of these."""

from __future__ import annotations

from collections.abc import Sequence

from grokchat.units import plural

_MAX_COLUMNS = 100


def format_span(first: int, last: int) -> str:
    """Return `#3` or `#3-5`."""
    return f"#{first}" if first == last else f"#{first}-{last}"


def format_spans(numbers: Sequence[int], max_columns: int = _MAX_COLUMNS) -> str:
    """Return ascending numbers: `#1, #3-5`, or if that is too long `#1, #3-5, … (12 messages)`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    spans = [format_span(first, last) for first, last in runs]
    whole = ", ".join(spans)
    if len(whole) <= max_columns:
        return whole
    end = f"… ({plural(len(numbers), 'message')})"
    shown = ""
    for span in spans:
        if shown and len(shown) + len(span) + len(end) + 2 > max_columns:
            break
        shown += f"{span}, "
    return shown + end
