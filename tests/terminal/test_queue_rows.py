"""The queue above the prompt, in windows of any size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokchat.render.cells import cell_width
from grokchat.terminal.interface import QueueView
from grokchat.terminal.queue_rows import queue_rows
from grokchat.terminal.row_widths import clipped

WIDE = "2 queued, held · Enter sends · Up edits the last · Ctrl-C drops"


@pytest.mark.parametrize(
    ("queue", "columns", "rows", "expected"),
    [
        (QueueView(), 80, 24, []),
        (QueueView(["why?"], 1), 80, 24, ["queued: why?"]),
        (QueueView(["why?"], 1, can_take_back=True), 80, 24, ["queued: why? · Up edits"]),
        (QueueView(["why?"], 1, can_take_back=True), 22, 24, ["queued: why?"]),
        (QueueView(["why are there so many"], 1, can_take_back=True), 20, 24, ["queued: why are the…"]),
        (
            QueueView(["a", "b", "c"], 5, can_take_back=True),
            80,
            24,
            ["queued: a", "queued: b", "queued: c", "… and 2 more · Up edits the last"],
        ),
        (QueueView(["a", "b"], 2, 2, can_take_back=True), 80, 24, ["queued: a", "queued: b", WIDE]),
        (
            QueueView(["a", "b", "c"], 12, 12, can_take_back=True),
            44,
            24,
            ["queued: a", "queued: b", "queued: c", "… and 9 more", "held · Enter sends · Up edits · ^C drops"],
        ),
        (QueueView(["a"], 1, 1, can_take_back=True), 46, 4, ["1 held · Enter sends · Up edits · Ctrl-C drops"]),
        (
            QueueView(["a", "b"], 2, 2, can_take_back=True),
            40,
            8,
            ["… and 2 more", "held · Enter sends · Up edits · ^C drops"],
        ),
        (QueueView(["a"], 1, 1, can_take_back=True), 20, 24, ["queued: a", "held · Enter sends …"]),
        (QueueView(["piped"], 1, 1), 80, 24, ["queued: piped", "1 queued, held · Enter sends · Ctrl-C drops"]),
    ],
)
def test_the_queue_is_shown_with_the_keys_that_change_it(queue, columns, rows, expected):
    assert queue_rows(queue, columns=columns, rows=rows) == expected


@given(
    texts=st.lists(st.text("ab é日👍", max_size=30), min_size=1, max_size=3),
    more=st.integers(0, 2000),
    is_held=st.booleans(),
    columns=st.integers(1, 90),
    rows=st.integers(1, 30),
)
def test_each_row_fits_and_how_to_release_the_queue_is_the_last(texts, more, is_held, columns, rows):
    count = len(texts) + more
    shown = queue_rows(QueueView(texts, count, count * is_held, can_take_back=True), columns=columns, rows=rows)
    assert 1 <= len(shown) <= max(1, rows // 4)
    assert all(cell_width(row) <= columns for row in shown)
    assert [clipped(row, columns) for row in shown] == shown
    assert not is_held or columns < 22 or "Enter sends" in shown[-1]


@pytest.mark.parametrize("columns", [80, 40, 20, 3])
@pytest.mark.parametrize(
    "text",
    [
        "தமிழ் மொழி " * 20,
        "हिन्दी में एक बहुत लम्बा प्रश्न " * 9,
        "漢字かな交じりの文、" * 9,
        "👩‍💻🇩🇪 and words " * 9,
        "words " * 30,
    ],
)
def test_a_row_that_is_cut_ends_in_a_mark(text, columns):
    """However wide a terminal draws it, the renderer leaves the mark."""
    (row,) = queue_rows(QueueView([text], 1, can_take_back=True), columns=columns, rows=24)
    assert row.endswith("…")
    assert clipped(row, columns) == row
    assert columns < 20 or row[:12] == f"queued: {text}"[:12]
