"""The lines of a text in which words occur."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from grokchat.session.excerpts import MAX_EXCERPTS, find_excerpts

words = st.text("abßİ", min_size=1, max_size=3)


def test_one_line_with_all_words_is_enough():
    assert find_excerpts("retry\nbackoff\nretry with Backoff\nend", ["retry", "backoff"], 80) == ["retry with Backoff"]


def test_words_in_different_lines_need_both():
    """In the order of the text; a text that lacks one of the words has none."""
    assert find_excerpts("The backoff.\n\nbla\nRetry it.", ["retry", "backoff"], 80) == ["The backoff.", "Retry it."]
    assert find_excerpts("The backoff.\nRetry it.", ["retry", "backoff", "jitter"], 80) == []


def test_a_long_line_is_cut_around_the_word():
    """And shown again around a word that is far away."""
    text = f"{'some words ' * 20}first{' and more' * 20} second{' end' * 50}"
    first, second = find_excerpts(text, ["second", "first"], 60)
    assert first.startswith("…")
    assert first.endswith("…")
    assert "first" in first
    assert "second" in second
    assert max(len(first), len(second)) <= 62


@given(st.lists(st.text("aAbBsSßẞİ x\n\r\t", max_size=30), max_size=8), st.lists(words, min_size=1, max_size=5))
def test_the_excerpts_show_a_word_each_and_are_few(lines, searched):
    text, folded = "\n".join(lines), [word.casefold() for word in searched]
    found = find_excerpts(text, folded, 80)
    assert bool(found) == all(word in text.casefold() for word in folded)
    assert len(found) <= min(MAX_EXCERPTS, len(folded))
    shown = " ".join(found).casefold()
    assert sum(word in shown for word in set(folded)) >= min(len(set(folded)), len(found))
    assert not any("\n" in line or "\t" in line for line in found)
