"""Cell widths and grapheme clusters."""

from __future__ import annotations

import pytest

from grokchat.render.cells import (
    cell_width,
    filled,
    fits_row,
    grapheme_clusters,
    has_certain_width,
    max_cell_width,
    truncate,
)
from grokchat.render.widths import Widths, use_widths


@pytest.mark.parametrize(
    ("text", "cells", "most"),
    [
        ("", 0, 0),
        ("abc", 3, 3),
        ("漢字", 4, 4),
        ("e\u0301", 1, 1),
        ("👩‍💻", 2, 4),
        ("👍🏽", 2, 4),
        ("🇩🇪", 2, 2),
        ("🇩🇪🇫🇷x", 5, 5),
        ("☺\ufe0f", 2, 2),
        ("한국어", 6, 6),
        ("漢\u200d漢", 4, 4),
        ("\u200d💻", 2, 2),
        ("❤\ufe0f\u200d🔥", 2, 4),
        ("👩🏽\u200d⚕\ufe0f", 2, 6),
        ("\u0301", 0, 0),
    ],
)
def test_cells(text, cells, most):
    assert cell_width(text) == cells
    assert max_cell_width(text) >= most


@pytest.mark.parametrize(("text", "begin", "cells"), [("\t", 0, 8), ("\t", 3, 5), ("ab\tc", 0, 9), ("漢\t", 0, 8)])
def test_tabs_go_to_the_next_stop(text, begin, cells):
    assert max_cell_width(text, begin=begin) == cells


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("abc", ["a", "b", "c"]),
        ("e\u0301x", ["e\u0301", "x"]),
        ("👩‍💻👩‍💻", ["👩‍💻", "👩‍💻"]),
        ("🇩🇪🇫🇷", ["🇩🇪", "🇫🇷"]),
        ("👍🏽!", ["👍🏽", "!"]),
        ("\u0301", ["\u0301"]),
    ],
)
def test_grapheme_clusters(text, pieces):
    assert grapheme_clusters(text) == pieces


def test_certain_widths():
    assert has_certain_width("plain, 漢字 and → ─")
    assert not any(map(has_certain_width, ["👩‍💻", "e\u0301", "a\tb", "😀"]))


def test_a_row_of_disputed_width_gets_a_cell_to_spare():
    assert fits_row("x" * 10, 10)
    assert fits_row("漢" * 5, 10)
    assert not fits_row("😀" * 5, 10)
    assert not fits_row("a" + "❤\ufe0f" * 5, 10)
    assert fits_row("😀" * 4, 10)


def test_what_is_drawn_with_ambiguous_characters_fits_where_they_are_wide():
    use_widths(Widths(ambiguous=2))
    assert cell_width("déjà") == 6
    assert (filled("─", 7), filled("-", 7)) == ("───", "-------")
    assert truncate("abcdefgh", 5) == "abc…"
    assert cell_width(truncate("漢字漢字", 7)) <= 7
