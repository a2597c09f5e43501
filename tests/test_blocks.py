"""Markdown into pieces of blocks: what each is, where it stands, and when it is final."""

from __future__ import annotations

import pytest

from grokchat.render.blocks import CLIPPED, HEAD_ROWS, PATIENCE, Blocks, columns_of


def outline(text: str) -> list[tuple[str, str, str]]:
    """Return a text's leaves: the containers that each stands in, its kind, its lines."""
    blocks = Blocks()
    leaves: dict[int, tuple[str, str, list[str]]] = {}
    for leaf, lines, _ in [*blocks.feed(text), *blocks.close()]:
        path = " ".join(one.marker or ">" for one in leaf.path)
        leaves.setdefault(leaf.serial, (path, leaf.kind, []))[2].extend(lines)
    return [(path, kind, "\n".join(lines)) for path, kind, lines in leaves.values()]


def kinds(text: str) -> list[str]:
    return [kind for _, kind, _ in outline(text)]


@pytest.mark.parametrize(
    ("text", "leaves"),
    [
        ("", []),
        ("text\nmore", [("", "text", "text\nmore")]),
        ("one\n\ntwo", [("", "text", "one"), ("", "text", "two")]),
        ("## Head ##", [("", "heading", "Head")]),
        ("Title\n===\ntext", [("", "heading", "Title"), ("", "text", "text")]),
        ("text\n---", [("", "heading", "text")]),
        ("***", [("", "rule", "")]),
        ("```py\nx\n\n```\ny", [("", "code", "x\n"), ("", "text", "y")]),
        ("~~~~\n~~~\n~~~~", [("", "code", "~~~")]),
        ("```a`b", [("", "text", "```a`b")]),
        ("    code\n\n      more\n", [("", "code", "code\n\n  more")]),
        ("> quote\nlazy\n> > deep", [(">", "text", "quote\nlazy"), ("> >", "text", "deep")]),
        ("- a\n- b\n  - c", [("-", "text", "a"), ("-", "text", "b"), ("- -", "text", "c")]),
        ("- a\n\n  b\n\nc", [("-", "text", "a"), ("-", "text", "b"), ("", "text", "c")]),
        ("3. a\n9. b\n4) c", [("3.", "text", "a"), ("4.", "text", "b"), ("4)", "text", "c")]),
        ("1986. A year\ntext 2. two", [("1986.", "text", "A year\ntext 2. two")]),
        ("text\n2. no list", [("", "text", "text\n2. no list")]),
        ("-\n\n- b", [("-", "text", ""), ("-", "text", "b")]),
        ("- - - a", [("- - -", "text", "a")]),
        ("- - -", [("", "rule", "")]),
        ("-\tcode", [("-", "text", "code")]),
        ("- ```\n  x\n- y", [("-", "code", "x"), ("-", "text", "y")]),
        ("a | b\n--|--\n1 | 2\n\nx", [("", "table", "a | b\n--|--\n1 | 2"), ("", "text", "x")]),
        ("text\na | b\n--|--", [("", "text", "text"), ("", "table", "a | b\n--|--")]),
        ("a | b\n--|--|--", [("", "text", "a | b\n--|--|--")]),
        ("| a |\n|---|\n> q", [("", "table", "| a |\n|---|"), (">", "text", "q")]),
        ("$$\nx\n$$\ny", [("", "math", "$$\nx\n$$"), ("", "text", "y")]),
        ("\\[\nx\n\ny", [("", "math", "\\[\nx"), ("", "text", "y")]),
        ("<div>\n\n[x]: /url", [("", "text", "<div>"), ("", "text", "[x]: /url")]),
        (">", [(">", "text", "")]),
    ],
)
def test_every_construct(text, leaves):
    assert outline(text) == leaves


def test_where_there_is_space_in_the_source():
    blocks = Blocks()
    pieces = blocks.feed("- a\n- b\n\n- c\n\n  d\n  - e\n") + blocks.close()
    assert [(piece.lines, piece.leaf.gap) for piece in pieces] == [
        (["a"], False), (["b"], False), (["c"], True), (["d"], True), (["e"], False),
    ]  # fmt: skip


def test_a_long_paragraph_is_no_heading_any_more():
    """What CommonMark decides late is decided early, by the text alone."""
    assert kinds("x" * PATIENCE + "\n---") == ["heading"]
    assert kinds("x" * (PATIENCE + 1) + "\n---") == ["text", "rule"]
    assert kinds("x" * (PATIENCE + 1) + "\n===") == ["text"]


def test_a_line_of_text_is_given_away_in_the_middle():
    blocks = Blocks()
    assert blocks.feed("word " * 20) == []
    [piece] = blocks.feed("word " * 40)
    assert piece.lines == ["word " * 60]
    assert [piece.lines for piece in blocks.feed("more")] == [["more"]]
    assert not any(piece.ends for piece in blocks.feed("\n"))
    assert blocks.feed("\n")[0].ends


@pytest.mark.parametrize("begin", ["| ", "-" * 250, "    ", "```", "# ", "a | "])
def test_a_line_that_may_be_something_else_is_not(begin):
    blocks = Blocks()
    pieces = blocks.feed(begin + ("-" if begin[0] == "-" else "word ") * 60)
    assert [piece for piece in pieces if piece.leaf.kind == "text"] == []


def test_the_head_of_a_table_is_held_back():
    text = "word " * 60 + "\na | b\n"
    blocks = Blocks()
    assert "".join(piece.lines[0] for piece in blocks.feed(text)) == "word " * 60
    assert [piece.leaf.kind for piece in blocks.feed("--|--\n") + blocks.close()] == ["text", "table"]


def test_a_table_is_given_away_with_its_first_rows_and_then_row_by_row():
    blocks = Blocks()
    assert blocks.feed("a | b\n--|--\n" + "1 | 2\n" * (HEAD_ROWS - 3)) == []
    [head] = blocks.feed("1 | 2\n")
    assert len(head.lines) == HEAD_ROWS
    assert [piece.lines for piece in blocks.feed("3 | 4\n")] == [["3 | 4"]]


def test_lines_of_code_are_given_away_as_they_come():
    blocks = Blocks()
    blocks.feed("```\n")
    assert [piece.lines for piece in blocks.feed("one\ntwo\nthr")] == [["one"], ["two"]]
    assert [piece.lines for piece in blocks.tail()] == [["thr"]]


def test_the_tail_changes_nothing():
    blocks = Blocks()
    blocks.feed("- a\n  - b\n    ```\n    code\n    more")
    assert blocks.tail() == blocks.tail()
    assert [piece.lines for piece in blocks.feed("\n") + blocks.close()] == [["more"], []]


def test_a_long_unfinished_line_is_looked_at_by_its_end():
    blocks = Blocks()
    blocks.feed("```\n" + "x" * 3 * CLIPPED + "y")
    [*_, piece] = blocks.tail()[:1]
    assert len(piece.lines[0]) == CLIPPED
    assert piece.lines[0].endswith("y")


def test_nesting_without_end_is_text():
    """A reply cannot end the chat."""
    text = "> " * 5000 + "deep"
    [(path, kind, lines)] = outline(text)
    assert kind == "text"
    assert len(path.split()) < 100
    assert lines.endswith("deep")


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ("| a | b |", ["a", "b"]),
        ("a | b", ["a", "b"]),
        ("| a \\| b | c |", ["a | b", "c"]),
        ("|", [""]),
        ("| a |  |", ["a", ""]),
        ("", [""]),
    ],
)
def test_the_cells_of_a_row(row, cells):
    assert columns_of(row) == cells
