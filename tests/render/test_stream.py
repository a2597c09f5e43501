"""Rendering a reply: final lines once, and the open tail."""

from __future__ import annotations

import pytest

from grokchat.markdown.stream_parser import MAX_TAIL_LINE_CHARS, StreamParser
from grokchat.render.stream import ReplyRenderer, render_reply
from grokchat.render.style import TerminalStyle

PLAIN = TerminalStyle("none")
TEXT = "# Head\n\nSome *words*\nin two lines.\n\n- a\n- b\n\n```\ncode\n```\nend"


def test_final_lines_are_returned_once():
    """Final lines are returned once; only the open end is live."""
    stream = ReplyRenderer(PLAIN)
    stream.feed("# Head\n\nSome words\n")
    assert stream.commit(80) == ["# Head"]
    assert stream.commit(80) == []
    assert stream.tail(80, 10) == ["", "Some words"]
    stream.feed("and more\n\nnext")
    assert stream.commit(80) == ["", "Some words", "and more"]
    assert stream.tail(80, 10) == ["", "next"]
    assert stream.close(80) == ["", "next"]
    assert stream.tail(80, 10) == []


def test_lines_of_code_are_final_as_they_come():
    """Lines of an open fence are committed as they arrive, in their final colours."""
    stream = ReplyRenderer(TerminalStyle(background="dark"))
    stream.feed("```python\ndef f():\n    return 1")
    assert stream.commit(80) == ["\x1b[38;5;183mdef\x1b[m \x1b[38;5;111mf\x1b[m():"]
    assert stream.tail(80, 5) == ["    \x1b[38;5;183mreturn\x1b[m \x1b[38;5;215m1\x1b[m"]


def test_lines_of_a_long_paragraph_are_final_as_they_come():
    """A paragraph without a newline goes into the scrollback line by line."""
    stream = ReplyRenderer(PLAIN)
    stream.feed("some words " * 100)
    first = stream.commit(44)
    assert first[:2] == ["some words some words some words some words"] * 2
    assert len(first) > 20
    assert len(stream.tail(44, 10)) <= 2


def test_open_markup_holds_a_paragraph_back_but_not_for_ever():
    """Markup that has been open for long is taken as written."""
    stream = ReplyRenderer(PLAIN)
    stream.feed("some words " * 30 + "*open " + "some words " * 100)
    before = len(stream.commit(44))
    assert before < 10
    stream.feed("some words " * 200)
    assert len(stream.commit(44)) > 30


def test_rows_of_a_long_table_are_final_as_they_come():
    """Rows of a long table are committed as they arrive."""
    stream = ReplyRenderer(PLAIN)
    stream.feed("| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 10)
    assert stream.commit(80) == []
    stream.feed("| 1 | 2 |\n" * 10)
    assert len(stream.commit(80)) == 22
    stream.feed("| 1 | 2 3 |\n")
    assert stream.commit(80) == ["1  2", "   3"]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Some **bold", ["Some bold"]),
        ("Some `code", ["Some `code`"]),
        ("Some words\n-", ["Some words"]),
        ("A [link](", ["A link"]),
        ("A **[link](https://a.ex", ["A link (https://a.ex)"]),
        ("A [link]", ["A [link]"]),
        ("A `[link](x", ["A `[link](x`"]),
        ("A `[link](x`", ["A `[link](x`"]),
        ("- item\n  -", ["• item"]),
        ("Some words\n**", ["Some words"]),
        ("1", []),
        ("1. one", ["1. one"]),
        ("| a | b", []),
        ("Some words\n| a | b |\n|-", ["Some words"]),
        ("- | a | b |", ["•"]),
        ("| a |\n|-|\n| x **b", ["a", "───", "x b"]),
        ("| a |\n|-|\n| x \\", ["a", "─", "x"]),
    ],
)
def test_the_tail_looks_as_it_will(text, rows):
    """The tail shows no mark that the next delta turns into something else."""
    stream = ReplyRenderer(PLAIN)
    stream.feed(text)
    assert stream.commit(80) == []
    assert stream.tail(80, 9) == rows


def test_a_whole_reply():
    assert render_reply(TEXT, 80, PLAIN) == [
        "# Head", "", "Some words", "in two lines.", "", "• a", "• b", "", "```", "code", "```", "", "end",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "style", [TerminalStyle(background="dark"), TerminalStyle("bold"), PLAIN], ids=lambda style: style.colors
)
@pytest.mark.parametrize("width", [1, 10, 80])
def test_one_character_at_a_time(style, width):
    """The scrollback of a streamed reply equals the complete reply printed at once."""
    stream = ReplyRenderer(style)
    lines = []
    for char in TEXT:
        stream.feed(char)
        lines += stream.commit(width)
    assert lines + stream.close(width) == render_reply(TEXT, width, style)


def test_pieces_are_sanitized_as_a_whole():
    stream = ReplyRenderer(PLAIN)
    for piece in ("a\x1b", "[2J\r", "\nb\r", "c"):
        stream.feed(piece)
        stream.commit(80)
    assert stream.close(80) == ["a␛[2J", "b␍c"]


@pytest.mark.parametrize(
    ("text", "lines"), [("", []), ("\n", []), ("\n\n  \n", []), ("a", ["a"]), ("\n\na\n\n", ["a"])]
)
def test_blank_text_gives_no_lines(text, lines):
    assert render_reply(text, 80, PLAIN) == lines


def test_without_markdown_text_is_unchanged():
    """`--no-markdown`: show replies as plain text."""
    text = "# no head\n\n\n  - *no* item  \n\ttab"
    assert render_reply(text, 5, PLAIN, markdown=False) == text.split("\n")
    assert render_reply("a\n", 80, PLAIN, markdown=False) == ["a"]


def test_without_markdown_only_the_last_line_is_live():
    stream = ReplyRenderer(PLAIN, markdown=False)
    stream.feed("one\ntwo\nthr")
    assert stream.commit(80) == ["one", "two"]
    assert stream.tail(80, 5) == ["thr"]
    stream.feed("ee\n")
    assert stream.commit(80) == ["three"]
    assert stream.tail(80, 5) == []
    assert stream.close(80) == []


def test_the_tail_is_clipped_to_its_end():
    stream = ReplyRenderer(PLAIN)
    stream.feed("one\ntwo\nthree\nfour")
    stream.commit(80)
    assert stream.tail(80, 2) == ["three", "four"]
    assert stream.tail(80, 0) == []
    plain = ReplyRenderer(PLAIN, markdown=False)
    plain.feed("x" * 1000 + "y")
    plain.commit(10)
    assert len(plain.tail(10, 3)) <= 3
    assert plain.tail(10, 3)[-1].endswith("y")


def test_the_width_may_change_on_the_way():
    stream = ReplyRenderer(PLAIN)
    stream.feed("some words here\n\nsome words here\n")
    first = stream.commit(5)
    assert first == ["some", "words", "here"]
    assert stream.close(80) == ["", "some words here"]


@pytest.mark.parametrize(
    ("head", "line"),
    [
        ("```python\n", "x{0} = {0}\n"),
        ("~~~\n", "x{0}\n"),
        ("| a | b |\n|---|---|\n", "| {0} | x{0} |\n"),
        ("", "- x{0}\n"),
        ("", "{0}. x{0}\n"),
        ("", "  - x{0}\n"),
        ("", "x{0} "),
        ("> ", "x{0}\n> "),
        ("# ", "x{0} "),
    ],
)
def test_a_long_block_is_parsed_once(head, line):
    """Work is linear in the length of a reply: the cost of a frame does not grow with the block."""
    stream = ReplyRenderer(TerminalStyle("none"))
    seen, lines = 0, []
    original = StreamParser._read_line

    def read(self, text: str) -> None:
        nonlocal seen
        seen += len(text)
        original(self, text)

    text = head + "".join(line.format(number) for number in range(3000))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StreamParser, "_read_line", read)
        for at in range(0, len(text), 16):
            stream.feed(text[at : at + 16])
            lines += stream.commit(80)
            assert len(stream.tail(80, 6)) <= 6
    assert seen <= len(text) * (MAX_TAIL_LINE_CHARS / 16 + 2)
    assert "x2999" in "".join(lines + stream.close(80))
