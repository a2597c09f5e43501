"""Tables that fit the window."""

from __future__ import annotations

import re

import pytest
from wcwidth import wcswidth

from grokchat.commands.outcomes import Table
from grokchat.records import replace
from grokchat.render.style import TerminalStyle
from grokchat.views.table import table_lines

PLAIN = TerminalStyle("none")
HOSTILE = "a\x1b[2Jb\u202ec\x9bd\re"


def test_table():
    rows = Table(("#", "role", "", "text"), (("1", "user", "", "first"), ("10", "assistant", "", "reply")))
    assert table_lines(rows, 80, PLAIN) == ["#   role       text", "1   user       first", "10  assistant  reply"]
    assert table_lines(Table(("a",), (), empty="Nothing yet."), 80, PLAIN) == ["Nothing yet."]


@pytest.mark.parametrize("width", [1, 2, 10, 19, 20, 40])
@pytest.mark.parametrize("text", ["long words " * 20, "漢字" * 30, "👩‍💻" * 20, "e\u0301" * 40, HOSTILE * 9, "a\nb\tc"])
def test_a_row_is_one_line_that_fits(width, text):
    """Each row is one line, cut at the window's width."""
    lines = table_lines(Table(("#", "role", "text"), (("1", "user", text), ("2", text, "x"))), width, PLAIN)
    assert len(lines) == 3
    assert all(0 <= wcswidth(line) <= width for line in lines)
    assert not any(re.search("[\x00-\x1f\x7f-\x9f\u202e]", line) for line in lines)


def test_columns_stand_under_each_other_with_wide_characters():
    lines = table_lines(Table(("name", "x"), (("漢字", "1"), ("abcd", "2"))), 80, PLAIN)
    assert lines[1:] == ["漢字  1", "abcd  2"]


def test_a_table_that_folds_keeps_all_of_a_row_in_a_narrow_window():
    rows = Table(
        ("", "cost", "prompt", "cached"), (("last reply", "$0.0015", "1,200", ""), ("session", "$1.00", "9", "3"))
    )
    folds = replace(rows, folds=True)
    assert table_lines(folds, 80, PLAIN) == table_lines(rows, 80, PLAIN)
    assert table_lines(folds, 24, PLAIN) == [
        "last reply",
        "  cost $0.0015; prompt",
        "  1,200",
        "session",
        "  cost $1.00; prompt 9;",
        "  cached 3",
    ]
    long = Table(("model", "context"), (("a-long-name/of-a-model", "5"), ("  also", "another name of it")), folds=True)
    assert table_lines(long, 20, PLAIN) == [
        "a-long-name/of-a-mod",
        "el",
        "  context 5",
        "  also",
        "  context another",
        "  name of it",
    ]
    wide = Table(("session", "title"), (("20261126-094446-gy3r33", "漢字 漢字漢字 x"),), folds=True)
    assert table_lines(wide, 22, PLAIN)[1:] == ["  title 漢字 漢字漢字", "  x"]
    # Rows that are printed singly: lists have no head that could be left out.
    assert table_lines(folds, 24, PLAIN, has_head=False) == table_lines(folds, 24, PLAIN)
    assert table_lines(folds, 80, PLAIN, has_head=False) == table_lines(folds, 80, PLAIN)[1:]
    assert all(wcswidth(line) <= 5 for line in table_lines(folds, 5, PLAIN))


def test_cells_written_from_right_to_left_stay_in_their_columns():
    """In a terminal; what a program may read has no marks."""
    rows = Table(("name", "date"), (("שלום", "2026-11-30"), ("abcd", "2026-12-01")))
    marked = ["שלום  \u200e2026-11-30", "abcd  2026-12-01"]
    assert table_lines(rows, 80, TerminalStyle())[1:] == marked
    assert table_lines(rows, 80, PLAIN)[1:] == [line.replace("\u200e", "") for line in marked]
