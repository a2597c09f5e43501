"""Styled text, wrapped as it arrives."""
# ruff: noqa: RUF001 - the marks are the point

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokchat.render.cells import cell_width, grapheme_clusters
from grokchat.render.wrap import LineWrapper, Span


def wrapped(spans: list[Span], columns: int) -> list[list[tuple[str, tuple[str, ...]]]]:
    """Return the characters of each line, each with its elements."""
    wrapper = LineWrapper()
    lines = [*(line for span in spans for line in wrapper.feed([span], columns)), *wrapper.finish(columns)]
    return [[(char, styles) for text, styles in line for char in text] for line in lines]


def lines(text: str, columns: int) -> list[str]:
    return ["".join(char for char, _ in line) for line in wrapped([(text, ())], columns)]


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [
        ("a very long line of words that wraps", 20, ["a very long line of", "words that wraps"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("x abcdefghij y", 4, ["x", "abcd", "efgh", "ij y"]),
        ("漢字漢字", 4, ["漢字", "漢字"]),
        ("漢字漢字。", 4, ["漢字", "漢", "字。"]),
        ("（漢字）", 4, ["（漢", "字）"]),
        ("ab漢字cd efg", 5, ["ab漢", "字cd", "efg"]),
        ("漢字a", 1, ["漢", "字", "a"]),
        ("a\nb", 9, ["a", "b"]),
        ("a  b", 9, ["a  b"]),
        ("a   b", 2, ["a", "b"]),
        ("  a  ", 9, ["a"]),
        ("a\tb", 9, ["a    b"]),
        ("👩‍💻👩‍💻", 2, ["👩‍💻", "👩‍💻"]),
        ("e\u0301" * 3, 2, ["e\u0301" * 2, "e\u0301"]),
        ("漢\u1112\u1161\u11ab漢", 2, ["漢", "\u1112\u1161\u11ab", "漢"]),
        ("漢字\ufe00字", 4, ["漢字\ufe00", "字"]),
        ("a\u00a0b c", 3, ["a\u00a0b", "c"]),
        ("", 9, []),
    ],
)
def test_lines(text, columns, expected):
    assert lines(text, columns) == expected


TEXT = st.text(st.sampled_from("abcde  \n漢字。（👩\u0301\u200d\t-"), max_size=30)
SPANS = st.lists(st.tuples(TEXT, st.sampled_from([(), ("strong",), ("link", "code")])), max_size=6)


@given(SPANS, st.integers(1, 20))
def test_no_line_is_too_long_and_nothing_is_lost(spans, columns):
    """No line is too wide and nothing is lost, except white space at breaks."""
    wrapped_lines = wrapped(spans, columns)
    for line in wrapped_lines:
        text = "".join(char for char, _ in line)
        assert cell_width(text) <= columns or sum(cell_width(cluster) > 0 for cluster in grapheme_clusters(text)) == 1
    solid = [(char, styles) for line in wrapped_lines for char, styles in line if char not in " \t"]
    assert solid == [(char, styles) for text, styles in spans for char in text if char not in " \t\n"]


@given(st.lists(st.text("abcdefgh  \n", max_size=30), max_size=6), st.integers(1, 20))
def test_plain_text_is_laid_out_like_any_other(texts, columns):
    """The fast path for ASCII gives what the general one gives."""
    quick, slow = LineWrapper(), LineWrapper()
    expected: list[list[Span]] = []
    for text in texts:
        slow._feed_any(text, (), columns, expected)
    expected += slow.finish(columns)
    wrapped_lines = [line for text in texts for line in quick.feed([(text, ())], columns)] + quick.finish(columns)
    assert [_text(line) for line in wrapped_lines] == [_text(line) for line in expected]


@given(SPANS, SPANS, st.integers(1, 20))
def test_copying_changes_nothing(spans, more, columns):
    copied, other = LineWrapper(), LineWrapper()
    first = copied.feed(spans, columns)
    copied.copy().feed(more, columns)
    copied.copy().finish(columns)
    assert [*first, *copied.feed(more, columns), *copied.finish(columns)] == [
        *other.feed(spans, columns), *other.feed(more, columns), *other.finish(columns),
    ]  # fmt: skip


def _text(line: list[Span]) -> str:
    return "".join(text for text, _ in line)


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        (80, ["eine Silbentrennung"]),
        (19, ["eine Silbentrennung"]),
        (18, ["eine Silbentren-", "nung"]),
        (16, ["eine Silbentren-", "nung"]),
        (15, ["eine Silben-", "trennung"]),
        (11, ["eine", "Silbentren-", "nung"]),
        (7, ["eine", "Silben-", "tren-", "nung"]),
        (6, ["eine", "Silben", "tren-", "nung"]),
        (3, ["ein", "e", "Sil", "ben", "tre", "n-", "nun", "g"]),
    ],
)
def test_a_line_breaks_at_a_soft_hyphen(columns, rows):
    """There a hyphen is shown, if there is room for it, and elsewhere nothing."""
    text = "eine Silben\u00adtren\u00adnung"
    assert lines(text, columns) == rows
    characters: list[Span] = [(char, ()) for char in text]
    assert wrapped(characters, columns) == wrapped([(text, ())], columns)
