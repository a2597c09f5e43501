"""A reply on its way to the screen: finished lines once, and the open tail."""

from __future__ import annotations

import pytest

from grokchat.render.look import Look
from grokchat.render.markdown import render_block
from grokchat.render.stream import ReplyStream, reply_lines

PLAIN = Look("none")
TEXT = "# Head\n\nSome *words*\nin two lines.\n\n- a\n- b\n\n```\ncode\n```\nend"


def test_finished_blocks_are_given_once():
    """Finished blocks are printed once and never touched again; only the open block is live."""
    stream = ReplyStream(PLAIN)
    stream.feed("# Head\n\nSome words\n")
    assert stream.commit(80) == ["# Head"]
    assert stream.commit(80) == []
    assert stream.tail(80, 10) == ["", "Some words"]
    stream.feed("and more\n\nnext")
    assert stream.commit(80) == []
    assert stream.tail(80, 10) == ["", "Some words", "and more", "", "next"]
    assert stream.close(80) == ["", "Some words", "and more", "", "next"]
    assert stream.tail(80, 10) == []


def test_a_whole_reply():
    assert reply_lines(TEXT, 80, PLAIN) == [
        "# Head", "", "Some words", "in two lines.", "", "• a", "• b", "", "```", "code", "```", "", "end",
    ]  # fmt: skip


@pytest.mark.parametrize("look", [Look(), Look("bold"), PLAIN], ids=lambda look: look.colors)
@pytest.mark.parametrize("width", [1, 10, 80])
def test_one_character_at_a_time(look, width):
    """What stands in the scrollback after a streamed reply is what printing the complete reply gives."""
    stream = ReplyStream(look)
    lines = []
    for char in TEXT:
        stream.feed(char)
        lines += stream.commit(width)
    assert lines + stream.close(width) == reply_lines(TEXT, width, look) == render_block(TEXT, width, look)


def test_what_came_in_pieces_is_made_visible_as_a_whole():
    stream = ReplyStream(PLAIN)
    for piece in ("a\x1b", "[2J\r", "\nb\r", "c"):
        stream.feed(piece)
        stream.commit(80)
    assert stream.close(80) == ["a␛[2J", "b␍c"]


@pytest.mark.parametrize(
    ("text", "lines"), [("", []), ("\n", []), ("\n\n  \n", []), ("a", ["a"]), ("\n\na\n\n", ["a"])]
)
def test_what_is_blank_is_nothing(text, lines):
    assert reply_lines(text, 80, PLAIN) == lines


def test_without_markdown_it_stands_as_it_came():
    """`--no-markdown`: show replies as plain text."""
    text = "# no head\n\n\n  - *no* item  \n\ttab"
    assert reply_lines(text, 5, PLAIN, markdown=False) == text.split("\n")
    assert reply_lines("a\n", 80, PLAIN, markdown=False) == ["a"]


def test_without_markdown_only_the_last_line_is_live():
    stream = ReplyStream(PLAIN, markdown=False)
    stream.feed("one\ntwo\nthr")
    assert stream.commit(80) == ["one", "two"]
    assert stream.tail(80, 5) == ["thr"]
    stream.feed("ee\n")
    assert stream.commit(80) == ["three"]
    assert stream.tail(80, 5) == []
    assert stream.close(80) == []


def test_the_tail_is_clipped_to_its_end():
    stream = ReplyStream(PLAIN)
    stream.feed("- " + "\n- ".join("abcdef"))
    stream.commit(80)
    assert stream.tail(80, 2) == ["• e", "• f"]
    assert stream.tail(80, 0) == []
    plain = ReplyStream(PLAIN, markdown=False)
    plain.feed("x" * 1000 + "y")
    plain.commit(10)
    assert len(plain.tail(10, 3)) <= 3
    assert plain.tail(10, 3)[-1].endswith("y")


def test_the_tail_has_no_tabs():
    stream = ReplyStream(PLAIN)
    stream.feed("```\n\ta\tb")
    stream.commit(80)
    assert stream.tail(80, 9) == ["```", "    a   b", "```"]


def test_the_width_may_change_on_the_way():
    stream = ReplyStream(PLAIN)
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
    ],
)
def test_the_tail_of_a_long_block_is_its_end(head, line):
    """The newest line of the open block is on the screen, and a long block costs no more than a short one."""
    stream = ReplyStream(Look("none"))
    stream.feed(head + "".join(line.format(number) for number in range(5000)))
    stream.commit(80)
    tail = stream.tail(80, 5)
    assert len(tail) == 5
    assert any("x4999" in row for row in tail)
