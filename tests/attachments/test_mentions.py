"""Which words of a message are mentions of files, and which paths they may name."""

from __future__ import annotations

import pytest

from grokchat.attachments.mentions import find_mentions, find_open_mention


def paths(text: str) -> list[tuple[str, ...]]:
    return [mention.paths for mention in find_mentions(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@a.txt", [("a.txt",)]),
        ("see @a.txt please", [("a.txt",)]),
        ("see\n@a.txt\n@b.txt", [("a.txt",), ("b.txt",)]),
        ('@"a b.txt"', [("a b.txt",)]),
        ('@"a b.txt", then', [("a b.txt",)]),
        ("@~/notes/x", [("~/notes/x",)]),
        ("@/etc/hosts", [("/etc/hosts",)]),
        ("@a.txt, then", [("a.txt,", "a.txt")]),
        ("(see @a.txt).", [("a.txt).", "a.txt)", "a.txt")]),
        ("@what?!", [("what?!", "what?", "what")]),
        ("@...", [("...", "..", ".")]),
        ("@12", [("12",)]),
        ("@日本.txt", [("日本.txt",)]),
        ("a@b.c", []),
        ("mail me at me@example.org, or (@", []),
        ("@", []),
        ("@ a", []),
        ('@"', []),
        ('@""', []),
        ('@"open', []),
        ("", []),
        ("(@a)", []),
    ],
)
def test_a_mention_is_at_the_beginning_of_a_word(text, found):
    """`@PATH`, `@"a b.txt"` for blanks; an address is text; punctuation behind a path may belong to it or not."""
    assert paths(text) == found


def test_very_long_words_and_much_punctuation_are_bounded():
    assert paths("@" + "x" * 100_000) == []
    ((*readings,),) = paths("@x" + "!" * 100)
    assert len(readings) < 10


@pytest.mark.parametrize(
    ("text", "mention"),
    [
        ("@", "@"), ("see @a/b", "@a/b"), ('see @"a b', '@"a b'), ("a@b", ""), ("@a ", ""), ('@"a b"', ""),
        ("@a\n", ""), ("x\n@", "@"), ("", ""), ("@a @b", "@b"),
    ],
)  # fmt: skip
def test_the_mention_that_is_being_typed(text, mention):
    assert find_open_mention(text) == mention
