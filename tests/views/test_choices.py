"""The rows of lists to choose from."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from grokchat.api.catalog import read_catalog
from grokchat.render.cells import cell_width
from grokchat.session.summary import Progress, Summary
from grokchat.views.choices import ModelRows, SessionRows

CATALOG = read_catalog(
    {
        "data": [
            {
                "id": "grok-4.7",
                "context_length": 500_000,
                "prompt_text_token_price": 20_000,
                "completion_text_token_price": 60_000,
                "capabilities": {"reasoning_effort": ["low", "high"]},
            },
            {"id": "grok-long-name", "context_length": 1_000_000},
        ]
    }
)


def lines(columns: int, catalog=CATALOG, current: str = "grok-4.7") -> list[str]:
    """Return the head and the rows at this width."""
    source = ModelRows(catalog, current)
    return [source.head(columns), *(row.line(columns) for row in source.rows(Progress()))]


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        (
            80,
            [
                "  model           $/1M in   out  context  effort",
                "* grok-4.7           2.00  6.00     500k  low, high",
                "  grok-long-name                      1M",
            ],
        ),
        (50, ["  model           $/1M in   out  context", "* grok-4.7           2.00  6.00     500k"]),
        (40, ["  model           $/1M in   out  context", "* grok-4.7           2.00  6.00     500k"]),
        (39, ["  model           $/1M in   out", "* grok-4.7           2.00  6.00"]),
        (25, ["  model           $/1M in", "* grok-4.7           2.00"]),
        (20, ["  model", "* grok-4.7", "  grok-long-name"]),
        (12, ["  model", "* grok-4.7", "  grok-long…"]),
        (1, ["m", "*", "g"]),
    ],
)
def test_a_narrow_window_drops_columns_from_the_right(columns, shown):
    assert lines(columns)[: len(shown)] == shown
    assert all(cell_width(line) <= columns for line in lines(columns))


def test_columns_that_no_model_has_are_left_out():
    catalog = read_catalog({"data": [{"id": "a"}, {"id": "b\x1b[2J"}]})
    assert lines(80, catalog, "none") == ["  model", "  a", "  b␛[2J"]


def test_a_model_is_found_by_its_other_names():
    catalog = read_catalog({"data": [{"id": "Grok-4.7", "aliases": ["Grok-Latest"]}, {"id": "b"}]})
    (first, second) = ModelRows(catalog, "Grok-Latest").rows(Progress())
    assert (first.words, first.is_current, second.is_current) == ("grok-4.7 grok-latest", True, False)


def test_a_session_has_its_time_size_and_title_in_columns(tmp_path):
    now = datetime(2026, 12, 1, 14, 30, tzinfo=UTC)

    def line(messages: int, columns: int) -> str:
        summary = Summary("s", tmp_path, now.timestamp() - 300, "release \x1b[2Jnotes", "", messages, "grok-4.7-long")
        store = SimpleNamespace(folder=tmp_path, summaries=lambda _: iter([summary]))
        (row,) = SessionRows(store, now).rows(Progress())
        return row.line(columns)

    assert line(1, 80) == "5 min ago         1 message  grok-4.7-l  release ␛[2Jnotes"
    assert line(1200, 80) == "5 min ago    1,200 messages  grok-4.7-l  release ␛[2Jnotes"
    assert line(1, 40) == "5 min ago    release ␛[2Jnotes"
    assert line(1, 16) == "release ␛[2Jnot…"
