"""Wrapping: the lines do not depend on the pieces, none is too long but an address, nothing is lost."""
# ruff: noqa: RUF001 - the marks are the point

from __future__ import annotations

import re
import textwrap
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from grokchat.render.cells import cell_width, fits_row, grapheme_clusters, max_cell_width
from grokchat.render.line_breaks import break_places
from grokchat.render.sanitize import visible
from grokchat.render.wrap import LineWrapper, Span, wrap_text

Char = tuple[str, tuple[str, ...]]
STYLES = st.sampled_from([(), ("strong",), ("link", "code")])
ASCII = st.text("abcdefgh.,-   \n", max_size=40)
WIDE = st.text("ab  \n漢字かな。、（）ー－Ａ\u3000\u00a0", max_size=30)
MIXED = st.lists(
    st.sampled_from([
        *("漢字", "かっこ", "カー", "한국어", "ประเทศไทย", "😀", "12", "word", "https://a.b/c?d=漢字"),
        "www.a.b", "/usr/漢字/", *"…“”‘’「」（）(),.!%：·£°\u00a0\u202f\u200b\u00ad \n", "——", "git@a.b", "mailto:a@b",
    ]),
    max_size=16,
).map("".join)  # fmt: skip
JOINED = st.lists(
    st.sampled_from(["a", "bc", " ", "  ", "\n", "\t", "漢", "か\u3099", "e\u0301", "👩‍💻", "🇩🇪", "👍🏽", "❤\ufe0f",
     "ก็", "한국", ".", "1\ufe0f\u20e3", "क्\u200dष"]),
    max_size=20,
).map("".join)  # fmt: skip
SPANS = st.lists(st.tuples(ASCII | WIDE | JOINED, STYLES), max_size=6)
COLUMNS = st.integers(1, 30)
CUTS = st.lists(st.integers(0, 200), max_size=10)


def wrapped(spans: list[Span], columns: int) -> list[list[Char]]:
    """Wrap one span at a time; return the characters of each line, each with its elements."""
    wrapper = LineWrapper()
    lines = [line for span in spans for line in wrapper.feed([span], columns)] + wrapper.finish(columns)
    return [[(char, styles) for text, styles in line for char in text] for line in lines]


def cut(spans: list[Span], cuts: list[int], *, at_spaces: bool = False) -> list[Span]:
    """Return the same text in more spans."""
    pieces: list[Span] = []
    for text, styles in spans:
        bounds = [0, *sorted({at % (len(text) + 1) for at in cuts}), len(text)]
        if at_spaces:
            bounds = [at for at in bounds if at in {0, len(text)} or text[at] in " \n"]
        pieces += [(text[start:stop], styles) for start, stop in pairwise(bounds)]
    return pieces


@given(st.lists(st.tuples(ASCII | WIDE, STYLES), max_size=6), CUTS, COLUMNS)
def test_any_pieces_give_the_same_lines(spans, cuts, columns):
    """Text in any pieces gives the same lines."""
    assert wrapped(cut(spans, cuts), columns) == wrapped(spans, columns)


@example([("漢字www.a.b/usr/漢字/", ())], [3], 1)
@given(st.lists(st.tuples(MIXED, STYLES), max_size=4), CUTS, COLUMNS)
def test_any_pieces_of_any_script_give_the_same_lines(spans, cuts, columns):
    assert wrapped(cut(spans, cuts), columns) == wrapped(spans, columns)


NEVER_FIRST = set(")]},.!?:;%/…—、。，：！？）」』】》’”»々ーっゃゅょぁァッャ·～°\u00a0\u202f\u3099")
NEVER_LAST = set("([{（「『【《‘“«£$\u00a0\u202f")


@given(MIXED, st.integers(12, 40))
def test_no_line_begins_or_ends_with_what_must_not(text, columns):
    """But at spaces and newlines, where the text has it so, and inside a word that is wider than a line."""
    text = re.sub(r"[ \n\u200b\u00ad]", "", text)
    at = 0
    for line in wrapped([(text, ())], columns)[:-1]:
        at += len(line)
        if not is_in_long_word(text, at, columns):
            assert text[at] not in NEVER_FIRST
            assert text[at - 1] not in NEVER_LAST


def is_in_long_word(text: str, at: int, columns: int) -> bool:
    """Return whether a place is inside a part of a text, between two places where it may break, that fits no line."""
    places = [0, *break_places(text), len(text)]
    begin = max(place for place in places if place <= at)
    end = min(place for place in places if place > at)
    return begin < at and cell_width(text[begin:end]) > columns


@given(MIXED, st.integers(1, 40))
def test_whole_texts_are_wrapped_as_streamed_ones(text, columns):
    """`wrap_text` breaks where `LineWrapper` does."""
    text = re.sub(r"[\n\t]", "", text).strip(" ")
    lines = ["".join(char for char, _ in line) for line in wrapped([(text, ())], columns)]
    assert wrap_text(text, columns) == (lines or [""])


@given(SPANS, CUTS, COLUMNS)
def test_pieces_between_words_give_the_same_lines(spans, cuts, columns):
    """Text that is cut at white space gives the same lines, whatever the script."""
    assert wrapped(cut(spans, cuts, at_spaces=True), columns) == wrapped(spans, columns)


@given(SPANS, COLUMNS)
def test_no_line_is_too_long(spans, columns):
    """No line is too wide, except for a single character that is wider than the window."""
    for line in wrapped(spans, columns):
        text = "".join(char for char, _ in line)
        assert cell_width(text) <= columns or sum(cell_width(cluster) > 0 for cluster in grapheme_clusters(text)) == 1


@given(SPANS, COLUMNS)
def test_nothing_is_lost_but_space_where_a_line_is_broken(spans, columns):
    found = wrapped(spans, columns)
    solid = [(char, styles) for line in found for char, styles in line if char not in " \t"]
    assert solid == [(char, styles) for text, styles in spans for char in text if char not in " \t\n"]
    assert all(line[0][0] != " " for line in found if line)


@given(st.lists(st.text("abcd", min_size=1, max_size=12), min_size=1, max_size=30), st.integers(12, 40))
def test_a_line_has_as_many_words_as_it_has_room_for(words, columns):
    """Words are wrapped as the standard library wraps them."""
    text = " ".join(words)
    assert ["".join(char for char, _ in line) for line in wrapped([(text, ())], columns)] == textwrap.wrap(
        text, columns
    )


@given(SPANS, SPANS, COLUMNS, COLUMNS)
def test_a_fork_is_independent(spans, more, columns, other):
    """Feeding a copy, at another width, does not change the original."""
    wrapper = LineWrapper()
    lines = wrapper.feed(spans, columns)
    wrapper.copy().feed(more, other)
    wrapper.copy().finish(other)
    lines += wrapper.feed(more, columns) + wrapper.finish(columns)
    assert [[(char, styles) for text, styles in line for char in text] for line in lines] == wrapped(
        [*spans, *more], columns
    )


@given(JOINED | WIDE | st.text(max_size=20).map(visible))
@example("\u0301\u200d漢\u200d漢")
def test_clusters_are_the_text(text):
    """Grapheme clusters together are the text, and their widths are its width."""
    assert "".join(grapheme_clusters(text)) == text
    if "\n" not in text and "\t" not in text:
        assert cell_width(text) == sum(map(cell_width, grapheme_clusters(text)))


@given(JOINED.map(lambda text: text.replace("\n", " ").replace("\t", " ")), COLUMNS)
def test_max_width_is_at_least_the_width(text, columns):
    assert cell_width(text) <= max_cell_width(text)
    if fits_row(text, columns):
        assert cell_width(text) <= columns
