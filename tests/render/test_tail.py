"""The rows of a reply that are not final: what a table looks like while it arrives, in windows of any height."""

from __future__ import annotations

import pytest

from grokchat.render.stream import ReplyRenderer
from grokchat.render.style import TerminalStyle
from grokchat.render.table import TableRenderer
from grokchat.render.tail import last_rows

PLAIN = TerminalStyle("none")
HEAD = "| name | size |\n|------|-----:|\n"


def tail(text: str, height: int, *, width: int = 40, style: TerminalStyle = PLAIN) -> list[str]:
    stream = ReplyRenderer(style)
    stream.feed(text)
    stream.commit(width)
    return stream.tail(width, height)


def rows(count: int, before: str = "") -> str:
    return "".join(f"{before}| row {number} | {number} |\n" for number in range(1, count + 1))


def test_the_head_of_a_long_table_stays_above_its_newest_rows():
    assert tail(HEAD + rows(11) + "| row 12", 6) == [
        "name    size", "──────  ────", "… 9 rows", "row 10    10", "row 11    11", "row 12",
    ]  # fmt: skip


def test_the_head_does_not_move_when_rows_are_left_out():
    """The gap before a table is kept: its head is where it will be when it is final."""
    text = "Words.\n\n" + HEAD
    places = [tail(text + rows(count), 6).index("name   size") for count in range(1, 9)]
    assert set(places) == {1}
    assert tail(text + rows(3), 6) == ["", "name   size", "─────  ────", "row 1     1", "row 2     2", "row 3     3"]
    assert tail(text + rows(4), 6)[2:] == ["─────  ────", "… 2 rows", "row 3     3", "row 4     4"]


@pytest.mark.parametrize(
    ("height", "shown"),
    [
        (1, ["row 4     4"]),
        (2, ["name   size", "row 4     4"]),
        (3, ["name   size", "… 3 rows", "row 4     4"]),
        (4, ["name   size", "─────  ────", "… 3 rows", "row 4     4"]),
        (5, ["", "name   size", "─────  ────", "… 3 rows", "row 4     4"]),
        (7, ["", "name   size", "─────  ────", "row 1     1", "row 2     2", "row 3     3", "row 4     4"]),
    ],
)
def test_in_a_small_window_the_head_is_left_out_last(height, shown):
    assert tail("Words.\n\n" + HEAD + rows(4), height) == shown


def test_without_the_gap_no_row_is_left_out_that_fits():
    assert tail("Words.\n\n" + HEAD + rows(1), 3) == ["name   size", "─────  ────", "row 1     1"]


@pytest.mark.parametrize(("before", "shown"), [("> ", "▌ "), ("   ", "   ")])
def test_in_a_container_the_mark_stands_in_it(before, shown):
    first = "> " if before == "> " else "1. "
    head = HEAD.splitlines()
    text = f"{first}Words:\n{before.rstrip()}\n{before}{head[0]}\n{before}{head[1]}\n{rows(9, before)}"
    assert tail(text, 6) == [f"{shown}{row}".rstrip() for row in (
        "", "name   size", "─────  ────", "… 7 rows", "row 8     8", "row 9     9",
    )]  # fmt: skip


def test_a_row_of_which_the_end_is_shown_is_not_left_out():
    wide = "| key | meaning |\n|-|-|\n" + "| a | one two three four five six |\n" * 3
    assert tail(wide, 6, width=16) == [
        "key  meaning",
        "───  ───────────",
        "… 2 rows",
        "a    one two",
        "     three four",
        "     five six",
    ]
    assert tail(wide, 5, width=16) == [
        "key  meaning",
        "───  ───────────",
        "… 2 rows",
        "     three four",
        "     five six",
    ]
    assert tail(wide, 9, width=16)[2:4] == ["… 1 row", "     three four"]
    one = "| key | meaning |\n|-|-|\n| a | one two three four five six |\n"
    assert tail(one, 4, width=16) == ["key  meaning", "───  ───────────", "…", "     five six"]


def test_records_have_no_head_that_could_stay():
    text = "| first | second | third |\n|-|-|-|\n" + "| one | two | three |\n" * 3
    assert tail(text, 5, width=14) == ["… 2 rows", "", "first: one", "second: two", "third: three"]


def test_the_mark_is_muted():
    assert tail(HEAD + rows(9), 6, style=TerminalStyle(background="dark"))[2] == "\x1b[38;5;103m… 6 rows\x1b[m"


@pytest.mark.parametrize("before", ["", "> ", "- ", "1. - ", "Words\n", "Words\n\n", "> Words\n> "])
def test_the_source_of_a_table_is_never_seen(before):
    rest = {"": "", "W": "", ">": "> ", "-": "  ", "1": "     "}[before[:1]]
    source = f"| a \\| b | c |\n{rest}|:--|--:|\n{rest}| **x** | `y` |\n{rest}| 1 | 2 |\n"
    text = before + source + "\nend"
    stream = ReplyRenderer(TerminalStyle(background="dark"))
    for char in text:
        stream.feed(char)
        stream.commit(40)
        for row in stream.tail(40, 6):
            shown = row.replace("a | b", "").replace("▌", "")
            assert not set(shown) & set("|-*`:\\"), row


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("|x| is", []),
        ("|x| is " + "a " * 30, ["|x| is" + " a" * 17, "a" + " a" * 12]),
        ("|x| is\nt", ["|x| is", "t"]),
        ("|x| is\n+", ["|x| is"]),
        ("|x| is\n-", []),
        ("|x| is\n|y| is", ["|x| is"]),
        ("a | b", ["a | b"]),
        ("a\n\n|x\n\n", []),
        ("```\n| a", ["| a", "```"]),
        ("    | a", ["```", "| a", "```"]),
    ],
)  # fmt: skip
def test_a_line_that_may_become_a_head_waits_no_longer_than_it_must(text, shown):
    assert tail(text, 6) == shown


def test_wide_glyphs_do_not_make_the_rows_more():
    """A row that may break on some terminal counts as the rows that it may take."""
    text = "| a | b |\n|-|-|\n" + "| 👩‍💻👩‍💻👩‍💻 | 🇩🇪🇩🇪 |\n" * 9
    for width in (8, 12, 14, 20):
        for height in range(1, 9):
            assert len(tail(text, height, width=width)) <= height


def test_a_table_that_fits_is_unchanged():
    table = TableRenderer(PLAIN)
    lines = table.feed([*HEAD.splitlines(), "| a | 1 |"], 40)
    assert last_rows(lines, None, 40, 3) == lines
    assert (table.head_height, table.row_starts) == (2, [2])


@pytest.mark.parametrize("width", [1, 2, 3, 5, 8])
def test_no_row_is_wider_than_the_window(width):
    """Not even the mark for the rows that are left out, in a quote."""
    text = "> > | a | b |\n> > |---|---|\n" + rows(9, "> > ").replace("row ", "")
    for height in range(1, 9):
        shown = tail(text, height, width=width)
        assert 0 < len(shown) <= height
        assert max(map(len, shown)) <= width
