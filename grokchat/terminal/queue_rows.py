"""The queue above the prompt: its first lines, and which keys do what with them."""

from __future__ import annotations

from grokchat.render.cells import cell_width, fits_row, grapheme_clusters, has_certain_width, max_cell_width, truncate
from grokchat.terminal.interface import QueueView

_MAX_ROWS = 5
"""The most rows that the queue takes, and the most of a small window, as a divisor of its rows."""
_WINDOW_SHARE = 4


def queue_rows(queue: QueueView, *, columns: int, rows: int) -> list[str]:
    """Return the rows for a window of this size; each fits on any terminal."""
    if not queue.count:
        return []
    room = max(1, min(_MAX_ROWS, rows // _WINDOW_SHARE))
    keys = [_held_row(queue, columns)] if queue.held_count else []
    shown = [f"queued: {text}" for text in queue.rows[: room - len(keys)]]
    if (hidden := queue.count - len(shown)) and shown:
        if len(shown) + len(keys) == room:
            shown.pop()
            hidden += 1
        shown.append(f"… and {hidden:,} more")
    shown = [_cut(row, columns) for row in shown]
    if shown and queue.can_take_back and not keys:
        hint = f"{shown[-1]} · Up edits{' the last' if hidden else ''}"
        shown[-1] = hint if fits_row(hint, columns) else shown[-1]
    return shown + keys


def _cut(row: str, columns: int) -> str:
    """Return the row, or its beginning with `…` after it, so that it fits however wide a terminal draws its characters.

    Of a wider row the terminal would not show the end, and so not the mark.
    """
    if fits_row(row, columns):
        return row
    room = columns - 1 - (not has_certain_width(row))
    kept: list[str] = []
    for cluster in grapheme_clusters(row):
        room -= max_cell_width(cluster)
        if room < 0:
            break
        kept.append(cluster)
    return "".join(kept) + "…" * (columns > 1)


def held_notice(queue: QueueView) -> str:
    """Return what a terminal says that has lines alone."""
    return f"{queue.held_count:,} queued, held · Enter sends · Ctrl-C drops"


def _held_row(queue: QueueView, columns: int) -> str:
    count = f"{queue.held_count:,}"
    edits, edits_last = ("Up edits", "Up edits the last") if queue.can_take_back else ("", "")
    forms = (
        (f"{count} queued, held", "Enter sends", edits_last, "Ctrl-C drops"),
        (f"{count} held", "Enter sends", edits, "Ctrl-C drops"),
        ("held", "Enter sends", edits, "^C drops"),
    )
    rows = [" · ".join(filter(None, form)) for form in forms]
    return next((row for row in rows if cell_width(row) <= columns), truncate(rows[-1], columns))
