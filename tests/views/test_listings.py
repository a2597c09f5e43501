"""Sessions and models as tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from grokchat.api.catalog import read_catalog
from grokchat.commands.outcomes import Cell
from grokchat.render.style import TerminalStyle
from grokchat.session.summary import Summary
from grokchat.units import time_ago
from grokchat.views.listings import SessionRows, model_table
from grokchat.views.table import table_lines

PLAIN = TerminalStyle("none")
NOW = datetime(2026, 12, 1, 14, 30, tzinfo=UTC)


def summary(name: str, match: str = "") -> Summary:
    return Summary(f"id-{name}", Path(name), NOW.timestamp() - 300, name, "", 3, "m", match=match)


@pytest.mark.parametrize(
    ("ago", "shown"),
    [
        ({"seconds": 20}, "just now"),
        ({"seconds": -60}, "just now"),
        ({"minutes": 59, "seconds": 59}, "59 min ago"),
        ({"hours": 14}, "14 h ago"),
        ({"hours": 15}, "yesterday"),
        ({"days": 2}, "29 Nov"),
        ({"days": 400}, "27 Oct 2025"),
        ({"days": -3}, "4 Dec"),
    ],
)
def test_times_are_relative(ago, shown):
    assert time_ago(NOW - timedelta(**ago), NOW) == shown


def test_late_in_the_evening_is_not_yesterday_at_night():
    night = datetime(2026, 12, 1, 0, 30, tzinfo=UTC)
    assert time_ago(night - timedelta(hours=2), night) == "2 h ago"


def test_the_current_session_is_marked():
    table = SessionRows(NOW, current="id-b").table([summary("a"), summary("b")])
    assert [row[0].text[:3] for row in table.rows] == ["  5", "* 5"]
    rows = table_lines(table, 80, PLAIN)[1:]
    assert rows[1].split() == ["*", "5", "min", "ago", "3", "id-b", "b"]
    # Rows that are printed one by one have the same columns.
    assert rows[:1] == table_lines(SessionRows(NOW).table([summary("a")]), 80, PLAIN)[1:]


def test_the_line_that_a_search_found_stands_below_its_session():
    """With the words marked; not if the title shows them."""
    rows = SessionRows(NOW, words=("apple",))
    assert rows.table([summary("a", "An Apple a day.")]).notes == (Cell("An Apple a day.", found=("apple",)),)
    assert rows.table([summary("my Apples", "An apple.")]).notes[0].text == ""


MODELS = {
    "data": [
        {"id": "grok-4.7", "aliases": ["grok-latest", "grok-4"], "context_length": 500_000},
        {"id": "grok-4.3", "capabilities": {"reasoning_effort": ["low", "medium", "high", "xhigh"]}},
    ]
}


@pytest.mark.parametrize("columns", [30, 40, 80])
def test_a_model_is_one_row_with_its_aliases_and_efforts_below(columns):
    lines = table_lines(model_table(read_catalog(MODELS), "grok-4"), columns, PLAIN)
    assert lines[1].split() == ["*", "grok-4.7", "500k"]
    assert lines[2] == "    also grok-latest, grok-4"
    assert " ".join(line.strip() for line in lines[4:]) == "effort low, medium, high, xhigh"
