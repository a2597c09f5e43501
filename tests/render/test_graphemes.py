"""Grapheme clusters: where the cursor may stand, and what Backspace takes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import iter_graphemes

from grokchat.render.graphemes import backspace_start, is_boundary, joining_positions, next_boundary, previous_boundary

WHOLE = {
    "a family": "👨‍👩‍👧",
    "a flag": "🇩🇪",
    "a flag of tags": "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
    "a skin tone": "👍🏽",
    "an emoji style": "❤️",
    "a keycap": "1️⃣",
    "a decomposed letter": "e\u0301",
    "two marks": "a\u0302\u0323",
    "jamo": "\u1112\u1161\u11ab",
    "a syllable and a final": "가\u11a8",
    "Japanese with a mark": "か\u3099",
    "a line end": "\r\n",
}
"""What the cursor passes, and Backspace and Delete take, in one step."""
IN_STROKES = {
    "Thai": "ก\u0e33",
    "Thai with a tone": "ที่",
    "Hindi": "कि",
    "a conjunct": "क्ष",
    "Arabic with a vowel": "ب\u064e",
    "Hebrew with a point": "ש\u05c1",
    "Persian with a joiner": "ی\u200c",
    "Burmese": "မြ",
    "Brahmi": "\U00011013\U00011038",
}
"""What the cursor passes and Delete takes in one step, and Backspace code point by code point."""


@pytest.mark.parametrize("cluster", [*WHOLE.values(), *IN_STROKES.values()], ids=[*WHOLE, *IN_STROKES])
def test_the_cursor_passes_a_cluster_in_one_step(cluster):
    text = f"a{cluster}b"
    end = 1 + len(cluster)
    assert (next_boundary(text, 1), previous_boundary(text, end)) == (end, 1)
    assert [at for at in range(len(text) + 1) if is_boundary(text, at)] == [0, 1, end, end + 1]


@pytest.mark.parametrize("cluster", WHOLE.values(), ids=WHOLE)
def test_backspace_deletes_a_cluster(cluster):
    assert backspace_start(f"a{cluster}", 1 + len(cluster)) == 1


@pytest.mark.parametrize("cluster", IN_STROKES.values(), ids=IN_STROKES)
def test_backspace_takes_one_stroke_back_where_a_cluster_is_typed_in_several(cluster):
    end = 1 + len(cluster)
    assert backspace_start(f"a{cluster}", end) == end - 1


def test_flags_are_pairs_counted_from_the_first():
    text = "a" + "🇩🇪" * 200 + "🇫"
    assert previous_boundary(text, len(text)) == len(text) - 1
    assert previous_boundary(text, len(text) - 1) == len(text) - 3
    assert is_boundary(text, 3)
    assert not is_boundary(text, 4)


PIECES = st.sampled_from(
    [*WHOLE.values(), *IN_STROKES.values(), *"ab 👍e", "\u0301", "\u200d", "\ufe0f", "🇩", "\n", "\u0600"]
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_the_surroundings_of_a_position_suffice(text):
    """Each function finds by a few code points what the whole text has."""
    edges = [0]
    for cluster in iter_graphemes(text):
        edges.append(edges[-1] + len(cluster))
    assert [at for at in range(len(text) + 1) if is_boundary(text, at)] == edges
    for start, end in pairwise(edges):
        assert (next_boundary(text, start), previous_boundary(text, end)) == (end, start)
        assert {previous_boundary(text, at) for at in range(start + 1, end + 1)} == {start}


@pytest.mark.parametrize(
    ("text", "positions"),
    [
        ("👨‍👩‍👧", {1, 3}),
        ("a❤️1️⃣b", {2, 4}),
        ("🏴󠁧󠁢󠁳󠁣󠁴󠁿", {1, 2, 3, 4, 5, 6}),
        ("می\u200cم", {2}),
        ("a\u200db\ufe0f", set()),  # what joins nothing is shown by number
        ("abc", set()),
    ],
)
def test_what_joins_a_cluster_is_found(text, positions):
    assert joining_positions(text) == positions
