"""A growing Markdown text, cut into finished top-level blocks."""

from __future__ import annotations

import pytest

from grokchat.render.blocks import BlockSplitter, parser


def fed(*pieces: str) -> tuple[list[str], str]:
    """Return the finished blocks and the text that is still open."""
    splitter = BlockSplitter()
    return [block for piece in pieces for block in splitter.feed(piece)], splitter.open_text


def test_a_block_is_finished_when_a_later_one_has_begun():
    assert fed("one\n") == ([], "one\n")
    assert fed("one\n\n") == ([], "one\n\n")
    assert fed("one\n\ntwo") == ([], "one\n\ntwo")
    assert fed("one\n\ntwo\n") == (["one\n"], "two\n")


def test_nothing_is_decided_on_part_of_a_line():
    """The last line may still become anything."""
    assert fed("one\n\n*") == ([], "one\n\n*")
    assert fed("one\n\n", "*", " item\n") == (["one\n"], "* item\n")


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("", []),
        ("\n\n", []),
        ("one", ["one"]),
        ("\n\none\n", ["one\n"]),
        ("# head\ntext", ["# head", "text"]),
        ("Title\n===\ntext", ["Title\n===", "text"]),
        ("- a\n- b\n\n- c\n\ntext", ["- a\n- b\n\n- c\n", "text"]),
        ("- a\n\n      code of the item\n\ntext", ["- a\n\n      code of the item\n", "text"]),
        ("1. a\n2) b", ["1. a", "2) b"]),
        ("- a\nlazy\n\ntext", ["- a\nlazy\n", "text"]),
        ("> a\nlazy\n\n> b", ["> a\nlazy\n", "> b"]),
        ("```\n# no head\n\n- no list\n```\ntext", ["```\n# no head\n\n- no list\n```", "text"]),
        ("```\nopen\n\nto the end", ["```\nopen\n\nto the end"]),
        ("| a |\n|---|\n| 1 |\n\ntext", ["| a |\n|---|\n| 1 |\n", "text"]),
        ("a\n---\nb\n\n---\nc", ["a\n---", "b\n", "---", "c"]),
        ("    code\n\n    more\ntext", ["    code\n\n    more", "text"]),
        ("<div>\n\n**text**", ["<div>\n", "**text**"]),
    ],
)
def test_the_parser_says_where_blocks_are(text, blocks):
    splitter = BlockSplitter()
    assert splitter.feed(text) + splitter.close() == blocks
    assert splitter.open_text == ""


def test_a_definition_is_text():
    """Link reference definitions are off, because a late one would change what has been printed."""
    splitter = BlockSplitter()
    blocks = splitter.feed("see [this]\n\n[this]: https://a.example\n\nmore\n")
    assert blocks == ["see [this]\n", "[this]: https://a.example\n"]


def test_html_is_text():
    """Markdown is parsed with HTML off."""
    kinds = {token.type for token in parser().parse("<div>\n<b>x</b>\n</div>\n\n<script>\n")}
    assert not any("html" in kind for kind in kinds)


@pytest.mark.parametrize("char", ["\u2028", "\x0b", "\x0c", "\x85", "\x1c"])
def test_a_line_ends_at_a_newline_alone(char):
    splitter = BlockSplitter()
    assert splitter.feed(f"a{char}b\n\nc\n") == [f"a{char}b\n"]
