"""Tables that fit the window."""

from __future__ import annotations

import re

import pytest
from wcwidth import wcswidth

from grokchat.commands.outcomes import Cell, Column, Table
from grokchat.render.cells import cell_width
from grokchat.render.style import TerminalStyle
from grokchat.render.widths import Widths, use_widths, widths
from grokchat.views.table import table_lines

PLAIN = TerminalStyle("none")
DARK = TerminalStyle(background="dark")
HOSTILE = "a\x1b[2Jb\u202ec\x9bd\re"
MESSAGES = (Column("#", is_right=True), Column("role"), Column(), Column("text", overflow="cut"))
USAGE = (Column(), *(Column(name, is_right=True) for name in ("cost", "prompt", "cached")))


def table(columns: str, *rows: tuple[str, ...], overflow: str = "whole") -> Table:
    return Table(tuple(Column(name, overflow=overflow) for name in columns.split()), rows)


def test_columns_that_fit():
    rows = Table(MESSAGES, (("1", "user", "", "first"), ("10", "assistant", "", "reply")))
    assert table_lines(rows, 80, PLAIN) == [" #  role       text", " 1  user       first", "10  assistant  reply"]
    assert table_lines(rows, 80, PLAIN, has_head=False) == table_lines(rows, 80, PLAIN)[1:]
    assert table_lines(Table((Column("a"),), (), empty="Nothing yet."), 80, PLAIN) == ["Nothing yet."]


@pytest.mark.parametrize("width", [30, 40, 80])
@pytest.mark.parametrize("text", ["long words " * 20, "漢字" * 30, "👩‍💻" * 20, "e\u0301" * 40, HOSTILE * 9, "a\nb\tc"])
def test_text_is_cut_to_one_line(width, text):
    rows = Table(MESSAGES, (("1", "user", "", text), ("2", "x", "", "y")))
    lines = table_lines(rows, width, PLAIN)
    assert len(lines) == 3
    assert all(0 <= wcswidth(line) <= width for line in lines)
    assert not any(re.search("[\x00-\x1f\x7f-\x9f\u202e]", line) for line in lines)
    assert wcswidth(text) < width - 20 or lines[1].endswith("…")


def test_columns_stand_under_each_other_with_wide_characters():
    assert table_lines(table("name x", ("漢字", "1"), ("abcd", "2")), 80, PLAIN)[1:] == ["漢字  1", "abcd  2"]


def test_columns_have_the_widths_of_the_terminal_in_use():
    """The table of widths that rich brings along is asked for nothing."""
    rows = table("name x", ("👨‍👩‍👧 e\u0301", "1"), ("a", "2"))
    before = widths()
    try:
        for joins, size in ((True, 4), (False, 8)):
            use_widths(Widths(joins_emoji=joins))
            family, letter = table_lines(rows, 80, PLAIN)[1:]
            assert family == "👨‍👩‍👧 e\u0301  1"
            assert letter == f"a{' ' * (size + 1)}2"
    finally:
        use_widths(before)


@pytest.mark.parametrize("style", [TerminalStyle("none", "ascii"), TerminalStyle("none", "latin-1")])
def test_without_unicode_a_cut_takes_one_cell(style):
    (_, line) = table_lines(Table(MESSAGES, (("1", "user", "", "漢字 words " * 9),)), 40, style)
    assert len(line) == 40
    assert line.isascii()
    assert line.endswith("~")


def test_in_a_narrow_window_each_row_is_a_record():
    """Numbers are not cut; what may be cut has a line of its own."""
    rows = Table(USAGE, (("last reply", "$0.0015", "1,200", ""), ("session", "$1.00", "9", "3")))
    assert table_lines(rows, 40, PLAIN)[1] == "last reply  $0.0015   1,200"
    records = ["last reply", "  cost $0.0015 ·", "  prompt 1,200", "session"]
    assert table_lines(rows, 24, PLAIN) == [*records, "  cost $1.00 · prompt 9", "  · cached 3"]
    # Rows that are printed singly: records have no head that could be left out.
    assert table_lines(rows, 24, PLAIN, has_head=False) == table_lines(rows, 24, PLAIN)
    assert all(wcswidth(line) <= 5 for line in table_lines(rows, 5, PLAIN))
    messages = Table(MESSAGES, (("1", "user", "muted", "some words that are cut"),))
    assert table_lines(messages, 20, PLAIN) == ["1  muted", "  role user", "  some words that a…"]


def test_folded_cells_lose_nothing():
    rows = table("name meaning", ("漢字", "some words, each of which is shown"), overflow="fold")
    assert table_lines(rows, 22, PLAIN)[1:] == ["漢字  some words, each", "      of which is", "      shown"]
    assert "".join("".join(table_lines(rows, 9, PLAIN)).split()).endswith("somewords,eachofwhichisshown")


def test_the_note_of_a_row_stands_below_it():
    """It begins where the second column does, or four cells in if the first one is wider."""
    rows = Table(USAGE[:2], (("a", "1"), ("b", "2")), notes=(Cell("more about it, in words", found=("ABOUT",)), ""))
    assert table_lines(rows, 16, PLAIN) == ["   cost", "a     1", "   more about", "   it, in words", "b     2"]
    wide = Table(USAGE[:2], (("wider", "1"),), notes=("more",))
    assert table_lines(wide, 80, PLAIN)[1:] == ["wider     1", "    more"]
    assert any("\x1b[0;4;38;5;103mabout\x1b[" in line for line in table_lines(rows, 80, DARK))


def test_cells_and_columns_have_styles():
    """Nothing is underlined or coloured behind a text, and nothing is read as markup."""
    columns = (Column("n", "muted", is_right=True), Column("role"))
    lines = table_lines(Table(columns, (("1", Cell("[b]user", "label")), ("10", ":smile:"))), 80, DARK)
    muted = "\x1b[38;5;103m"
    assert lines[1:] == [f" {muted}1\x1b[m  \x1b[1m[b]user\x1b[m", f"{muted}10\x1b[m  :smile:"]


def test_cells_written_from_right_to_left_stay_in_their_columns():
    """In a terminal; what a program may read has no marks. Folded lines have them too."""
    rows = table("name date", ("שלום", "2026-11-30"), ("abcd", "2026-12-01"))
    marked = ["שלום  \u200e2026-11-30", "abcd  2026-12-01"]
    assert table_lines(rows, 80, TerminalStyle())[1:] == marked
    assert table_lines(rows, 80, PLAIN)[1:] == [line.replace("\u200e", "") for line in marked]
    folded = table("name meaning", ("a", "some long words שלום"), overflow="fold")
    assert table_lines(folded, 18, TerminalStyle())[1:] == ["a     some long", "      \u200ewords שלום"]


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_in_the_narrowest_windows_wide_characters_are_kept(columns):
    shown = "".join(table_lines(table("x", ("漢字",), overflow="fold"), columns, PLAIN))
    assert cell_width(shown.removeprefix("x")) == 4
