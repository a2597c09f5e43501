"""No text from a server, a file or a name controls the terminal."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from grokchat.render.sanitize import VisibleStream, visible, visible_line

FLAG = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
NASTY = [
    "\r", "\n", "\r\n", "\t", "\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\x7f", "\x00", "\x0c", "\x85",
    "\u2028", "\u202e", "\u2066", "\u200f", "\u061c", "\ud800", "\udc80", "\ufeff", "\u200d", "e\u0301",
    "\u200c", "\ufe0f", "\ufe0e", "\ufe00", "\u20e3", "\U000e0100", "\u180b", "\ufff0", "😀", "❤", "1",
    "葛", "م", "ᠠ", "क्",
    FLAG, FLAG[:1], FLAG[:3], FLAG[1:3], FLAG[-1], "<U+202E>", "\\x9b", "word", " ",
]  # fmt: skip
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))
HOSTILE = st.lists(st.sampled_from(NASTY) | ANY_TEXT, max_size=12).map("".join)
BIDI = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}


def cut(text: str, cuts: list[int]) -> list[str]:
    """Return the text in pieces, cut at these places (modulo its length)."""
    places = sorted({at % (len(text) + 1) for at in cuts})
    bounds = [0, *places, len(text)]
    return [text[start:stop] for start, stop in pairwise(bounds)]


def is_harmless(char: str) -> bool:
    """Return whether a terminal only shows the character."""
    if char in "\t\n":
        return True
    return unicodedata.category(char) not in {"Cc", "Cs"} and unicodedata.bidirectional(char) not in BIDI


@given(HOSTILE)
def test_no_control_character_gets_through(text):
    """C0 but tab and newline, DEL, C1, and bidi controls are shown visibly."""
    shown = visible(text)
    assert [char for char in shown if not is_harmless(char)] == []
    assert not set(shown) & {"\u061c", "\u200e", "\u200f"}
    shown.encode("utf-8")


@given(HOSTILE)
def test_a_line_is_one_line(text):
    assert not set(visible_line(text)) & {"\n", "\t", "\r"}


@given(HOSTILE)
def test_visible_text_is_unchanged(text):
    assert visible(visible(text)) == visible(text)


@given(HOSTILE, st.lists(st.integers(0, 200), max_size=8))
@example("a\r\nb", [2])
@example(FLAG, [1, 3, 6])
@example("a\r\n", [])
def test_pieces_give_what_the_whole_gives(text, cuts):
    """In any chunks, the result is `visible` of the whole text."""
    stream = VisibleStream()
    pieces = [stream.feed(piece) for piece in cut(text, cuts)]
    assert "".join(pieces) + stream.close() == visible(text)


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters="\u115f\u1160\u3164\uffa0")))
def test_text_without_controls_is_untouched(text):
    """Letters, digits, signs and spaces of any script are unchanged, except four invisible fillers."""
    assert visible(text) == text
