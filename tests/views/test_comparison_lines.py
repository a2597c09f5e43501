"""Two replies compared by words: as a person would mark them, in any terminal, whatever the texts."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokchat.messages import Message, body
from grokchat.render.style import TerminalStyle
from grokchat.views.comparison import comparison_lines
from grokchat.views.word_diff import diff_words

PLAIN = TerminalStyle(colors="none")
COLORED = TerminalStyle(background="dark")


def marked(old, new):
    """Return both texts as one, with the marks of `git diff --word-diff`."""
    parts = []
    for span in diff_words(old, new):
        removed, added = (f"[-{span.old}-]" if span.old else ""), (f"{{+{span.new}+}}" if span.new else "")
        parts.append(span.new if span.is_equal else removed + added)
    return "".join(parts)


def strip_codes(line):
    return re.sub(r"\x1b\[[0-9;]*m", "", line)


def lines_of(old, new, columns=60, style=PLAIN):
    replies = (Message("a", body("assistant", old)), "2 of 2 (current)", Message("b", body("assistant", new)), "1 of 2")
    return comparison_lines(*replies, columns, style)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("the quick fox.", "the slow fox!", "the [-quick -]{+slow +}fox[-.-]{+!+}"),
        ("It costs 3.50 euros", "It costs 3.75 euros", "It costs [-3.50 -]{+3.75 +}euros"),
        ("don't go", "do go", "[-don't -]{+do +}go"),
        ("f(x) = 1", "f(x, y) = 1", "f(x{+, y+}) = 1"),
        ("one two", "two one", "[-one -]two {+one+}"),
        ("我们今天去公园。", "我们明天去公园…", "我们[-今-]{+明+}天去公园[-。-]{+…+}"),
        ("สวัสดีครับ", "สวัสดีค่ะ", "สวัสดี[-ครับ-]{+ค่ะ+}"),
        ("한국어 문장", "한국말 문장", "[-한국어 -]{+한국말 +}문장"),
        ("नमस्ते दुनिया", "नमस्ते भारत", "नमस्ते [-दुनिया-]{+भारत+}"),
        ("a\n\nb", "a b", "a b"),
        ("", "new", "{+new+}"),
        ("old", "", "[-old-]"),
    ],
)
def test_words_are_what_a_reader_takes_for_words(old, new, expected):
    assert marked(old, new) == expected


def test_a_little_that_is_equal_between_larger_changes_belongs_to_them():
    old, new = "one two three and four five six", "seven eight nine and ten eleven twelve"
    assert marked(old, new) == f"[-{old}-]{{+{new}+}}"


def test_long_stretches_without_changes_are_abridged_and_words_are_counted():
    same = " ".join(f"word{number}" for number in range(100))
    assert lines_of(f"old {same} end.", f"new {same} the end.", 100) == [
        "[-only in 2 of 2 (current)-] {+only in 1 of 2+}",
        "",
        "[-old-] {+new+} word0 word1 word2 word3 word4 word5 word6 word7 word8 word9 word10 … 80 words …",
        "word91 word92 word93 word94 word95 word96 word97 word98 word99 {+the+} end.",
        "",
        "1 word removed · 2 added · 101 unchanged",
    ]


def test_lines_stay_with_their_indentation_and_each_has_its_marks():
    old = "```\ndef f():\n    return 1\n```\n\nOne paragraph.\n\nAnother one."
    new = "```\ndef f():\n    return 2\n```"
    assert lines_of(old, new)[2:-2] == [
        "```",
        "def f():",
        "    return [-1-]",
        "{+2+}",
        "```",
        "",
        "[-One paragraph.-]",
        "",
        "[-Another one.-]",
    ]


def test_with_colours_there_are_no_marks_unless_the_terminal_strikes_nothing_out():
    colored = lines_of("an old word", "a new word", style=COLORED)
    assert "9;" in "".join(colored)
    assert "4;" in "".join(colored)
    assert strip_codes(colored[2]) == "an old a new word"
    for style in (TerminalStyle(colors="bold"), TerminalStyle(background="dark", has_strike=False)):
        assert strip_codes(lines_of("an old word", "a new word", style=style)[2]) == "[-an old-] {+a new+} word"


def test_texts_with_the_same_words_are_said_to_be_so():
    assert lines_of("one  two", "one\ntwo") == ["2 of 2 (current) and 1 of 2 have the same words"]


def test_nothing_from_outside_reaches_the_terminal_as_a_code():
    lines = lines_of("a \x1b[31mred\x1b]0;x\x07 \u202eword", "a \x1b[32mred\tword")
    assert not any(character in "".join(lines) for character in "\x1b\x07\u202e\t")


@pytest.mark.parametrize("columns", [1, 2, 7, 20])
def test_a_narrow_window_is_enough(columns):
    assert lines_of("    one two three", "    one 四五六 three", columns)


WORDS = st.lists(st.sampled_from(["a", "b", "the", "once", "twice", "x1", "。", "字", "é", ",", "\n", "\n\n", " "]))


@given(WORDS, WORDS)
def test_the_spans_are_both_texts(old, new):
    """Nothing is lost or made up, equal spans are equal, and spans alternate."""
    old_text, new_text = " ".join(old), " ".join(new)
    spans = diff_words(old_text, new_text)
    assert "".join(span.old for span in spans).split() == old_text.split()
    assert "".join(span.new for span in spans).split() == new_text.split()
    assert all(span.old.split() == span.new.split() for span in spans if span.is_equal)
    kinds = [span.is_equal for span in spans]
    assert all(left != right for left, right in pairwise(kinds))


@given(st.text(), st.text(), st.integers(1, 30))
def test_any_texts_can_be_compared(old, new, columns):
    assert lines_of(old, new, columns)
    assert all(span.is_equal for span in diff_words(old, old))
