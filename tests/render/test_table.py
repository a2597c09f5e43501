"""Tables whose rows arrive singly: columns fit the width, and no row is printed twice."""

from __future__ import annotations

from itertools import product

import pytest
from wcwidth import wcswidth

from grokchat.markdown.block_parser import TABLE_SAMPLE_ROWS
from grokchat.render.stream import ReplyRenderer, render_reply
from grokchat.render.style import TerminalStyle
from grokchat.render.table import TableRenderer
from grokchat.render.widths import Widths, use_widths

PLAIN = TerminalStyle("none")


def table(*rows: str, width: int = 80, style: TerminalStyle = PLAIN) -> list[str]:
    return render_reply("\n".join(rows), width, style)


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        (["| a | b |", "|---|---|", "| 1 | 2 |"], ["a  b", "─  ─", "1  2"]),
        (["a | b", "-|-", "1 | 2"], ["a  b", "─  ─", "1  2"]),
        (["| a |", "|---|"], ["a", "─"]),
        (["| name |", "|:--|", "| x |"], ["name", "────", "x"]),
        (["| name | b |", "|--:|-|", "| x | c |"], ["name  b", "────  ─", "   x  c"]),
        (["| names | b |", "|:-:|-|", "| x | c |"], ["names  b", "─────  ─", "  x    c"]),
        (["| a | b |", "|-|-|", "| 1 |"], ["a  b", "─  ─", "1"]),
        (["| | b |", "|-|-|", "| 1 | 2 |"], ["   b", "─  ─", "1  2"]),
        (["| a | b |", "|-|-|", r"| x \| y | `c` |"], ["a      b", "─────  ───", "x | y  `c`"]),
        (["| 漢字 | b |", "|-|-|", "| x | c |"], ["漢字  b", "────  ─", "x     c"]),
        (["| a | b |", "|-|-|", "| 1 | 2 | 3 |"], ["a  b", "─  ─────", "1  2 | 3"]),
    ],
)
def test_columns(rows, lines):
    """Columns are aligned as the source says, and nothing is padded to the full width."""
    assert table(*rows) == lines


def test_without_unicode_the_rule_is_of_hyphens():
    assert table("| a | b |", "|-|-|", "| 1 | 2 |", style=TerminalStyle("none", "ascii")) == ["a  b", "-  -", "1  2"]


def test_the_head_is_bold():
    assert table("| a |", "|-|", "| *b* |", style=TerminalStyle(background="dark"))[::2] == [
        "\x1b[1ma\x1b[m",
        "\x1b[3mb\x1b[m",
    ]


def test_a_cell_is_broken_within_its_column():
    """Cells are wrapped in their column; a rule separates rows if one has several lines."""
    rows = ("| key | meaning |", "|-|-|", "| a | some long words |", "| b | short |")
    assert table(*rows, width=16) == [
        "key  meaning", "───  ───────────", "a    some long", "     words", "───  ───────────", "b    short",
    ]  # fmt: skip
    muted = "\x1b[38;5;103m───  ───────────\x1b[m"
    assert table(*rows, width=16, style=TerminalStyle(background="dark")).count(muted) == 2
    assert table(*rows, width=16, style=TerminalStyle("none", "ascii")).count("---  -----------") == 2
    assert table(*rows, width=80).count("") == 0


def test_words_stay_whole_where_there_is_room_for_them():
    lines = table("| a | b |", "|-|-|", "| incomprehensibility | many small words in a row |", width=34)
    assert any("incomprehensibility" in line for line in lines)


def test_where_columns_do_not_fit_a_row_is_a_record():
    assert table("| first | second | third |", "|-|-|-|", "| one | two | three |", "| 1 | 2 | 3 |", width=14) == [
        "first: one", "second: two", "third: three", "", "first: 1", "second: 2", "third: 3",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "width"),
    [
        ("| a | incomprehensibility |", 21),
        ("| see | https://x.example/a/path/to?a=long#page |", 40),
        ("| /var/lib/some/long/path | 12 megabytes |", 33),
        ("| a | " + "many words in a column that is narrow " * 2 + "|", 16),
        ("| " + "one two three " * 3 + "| " * 2 + "four five six " * 4 + "|", 24),
    ],
)
def test_nothing_is_cut_to_pieces(row, width):
    """Where a word would be broken, or a text have many short lines, the row is a record; one column more is enough."""
    count = row.count("|") - 1
    rows = ["| a " * count + "|", "|-" * count + "|", row]
    assert table(*rows, width=width)[0].startswith("a: ")
    assert not any(":" in line[:3] for line in table(*rows, width=width + 40))


def test_a_record_s_lines_hang():
    """Below the line with the name the others are indented, where there is room for that."""
    rows = ("| name | address |", "|-|-|", "| some words to wrap | abcdefghijklmnop |")
    assert table(*rows, width=16) == ["name: some", "  words to wrap", "address:", "  abcdefghijklmn", "  op"]
    assert table(*rows, width=15)[:2] == ["name: some", "words to wrap"]


@pytest.mark.parametrize("mark", ["<br>", "<br/>", "<br />", "<BR>", " <br> ", "<br >"])
def test_a_break_breaks_the_cell_s_line(mark):
    assert table("| a | b |", "|-|-|", f"| x{mark}**y**{mark}z | `c` |", "| 1 | 2 |") == [
        "a  b", "─  ───", "x  `c`", "y", "z", "─  ───", "1  2",
    ]  # fmt: skip


def test_a_break_is_none_in_code_and_escaped():
    assert table("| a | b |", "|-|-|", "| `x<br>y` | \\<br> |") == ["a         b", "────────  ────", "`x<br>y`  <br>"]


def test_columns_are_as_wide_as_the_lines_of_their_cells():
    """A table with breaks that fits by its lines is none of records, and in records the lines hang."""
    rows = ("| a | b |", "|-|-|", "| one two<br>three four | five six<br>seven |")
    assert table(*rows, width=20) == [
        "a           b",
        "──────────  ────────",
        "one two     five six",
        "three four  seven",
    ]
    assert table(*rows, width=8)[:3] == ["a: one", "two", "three"]


def test_chinese_text_is_broken_between_its_characters():
    rows = ("| 语言 | 说明 |", "|-|-|", "| Rust | 一种注重安全、并发和性能的系统编程语言 |")
    assert table(*rows, width=30)[1:] == [
        "────  ────────────────────────",
        "Rust  一种注重安全、并发和性能",
        "      的系统编程语言",
    ]


def test_a_head_alone_is_shown_in_a_narrow_window():
    assert table("| first | second | third |", "|-|-|-|", width=14) == ["first:", "second:", "third:"]


@pytest.mark.parametrize("cell", ["a", "some words in a cell", "漢字かな" * 9, "x" * 90, "👩‍💻 and 🇩🇪", ""])
def test_every_line_fits_the_width(cell):
    """But for a single character that is wider than the window."""
    for columns, width in product([1, 2, 3, 5, 8], [1, 2, 3, 5, 10, 20, 40, 80]):
        rows = ["|" + f" {cell} |" * columns, "|" + "-|" * columns, "|" + f" {cell} |" * columns]
        for line in table(*rows, width=width):
            assert wcswidth(line) <= max(width, 2), (columns, width)


@pytest.mark.parametrize("before", ["- ", "> ", "1. "])
def test_in_a_container_too(before):
    rest = before if before == "> " else " " * len(before)
    lines = table(f"{before}| a | b |", f"{rest}|-|-|", f"{rest}| some words | 2 |", width=16)
    assert all(wcswidth(line) <= 16 for line in lines)
    assert lines[0].split()[-2:] == ["a", "b"]


def test_the_first_rows_decide_on_the_widths():
    """The first rows decide the widths, and later rows are wrapped within these, unless a word would be broken."""
    stream = ReplyRenderer(PLAIN)
    stream.feed("| a | b |\n|-|-|\n" + "| 1 | 2 |\n" * (TABLE_SAMPLE_ROWS - 2))
    first = stream.commit(80)
    assert first == ["a  b", "─  ─", *["1  2"] * (TABLE_SAMPLE_ROWS - 2)]
    stream.feed("| 1 2 | 3 |\n| 4 5 6 | 7 |\n| longer | 2 |\n| 8 | 9 |\n")
    assert stream.commit(80) == ["1  3", "2", "4 5 6  7", "longer  2", "8  9"]
    stream.feed("| " + "long " * 20 + "| 2 |\n")
    assert stream.commit(80)[1].startswith("a: long long")


def test_a_column_without_a_name_has_none_in_records():
    assert table("| | some text |", "|-|-|", "| x | more words |", width=8)[0] == "x"


def test_a_later_row_with_a_long_address_is_a_record():
    """No address has a newline in it."""
    address = "https://x.example/a/long/path"
    rows = ["| a | b |", "|-|-|", *["| 1 | 2 |"] * TABLE_SAMPLE_ROWS, f"| 3 4 | [x]({address}) y |", "| 4 | 5 |"]
    assert table(*rows, width=40)[-3:] == ["1  2", f"3 4  x ({address}) y", "4  5"]
    assert table(*rows, width=39)[-6:] == ["1  2", "─  ─", "a: 3 4", f"b: x ({address}) y", "─  ─", "4  5"]
    stream = ReplyRenderer(PLAIN)
    lines = []
    for char in "\n".join(rows):
        stream.feed(char)
        lines += stream.commit(39)
    assert lines + stream.close(39) == table(*rows, width=39)


def test_a_table_follows_a_window_that_changes():
    """A row is fitted to the window's width at its arrival."""
    flow = TableRenderer(PLAIN)
    rows = ["| key | meaning |", "|-|-|", "| a | some long words |"]
    assert len(flow.feed(rows, 80)) == 3
    assert len(flow.feed(["| b | some long words |"], 16)) >= 2
    assert len(flow.feed(["| c | some long words |"], 80)) == 1


def test_a_copy_is_independent():
    copied, other = TableRenderer(PLAIN), TableRenderer(PLAIN)
    for flow in (copied, other):
        flow.feed(["| a |", "|-|"], 3)
    copied.copy().feed(["| b c d e |"], 3)
    assert copied.feed(["| f g h |"], 3) == other.feed(["| f g h |"], 3)


def test_cells_written_from_right_to_left_stay_in_their_columns():
    """Between columns, a mark of our own and a style keep terminals from ordering a row as one text."""
    lines = table("| a | b | c |", "|-|-:|-|", "| א | ב | 1 |", "| x | y | 2 |", style=TerminalStyle())
    assert lines[2] == "א\x1b[1m  \u200e\x1b[mב\x1b[1m  \u200e\x1b[m1"
    assert lines[3] == "x  y  2"
    assert table("| a | b |", "|-|-|", "| א | |", "| | ב |")[2:] == ["א", "   \u200eב"]
    assert table("| a | b |", "|-|-|", "| سلام عليكم | 1 2 |", width=12)[2:] == ["سلام     \u200e1 2", "عليكم"]


def test_where_the_mark_takes_a_cell_there_is_none():
    use_widths(Widths(direction_mark=1))
    assert table("| a | b |", "|-|-|", "| א | ב |")[2] == "א  ב"


def test_an_encoding_without_the_mark_has_none():
    assert table("| a | b |", "|-|-|", "| א | ב |", style=TerminalStyle("none", "iso8859-8"))[2] == "א  ב"
