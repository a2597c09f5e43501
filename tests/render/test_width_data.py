"""The widths that real terminals have reported, against the bounds that rows are clipped by."""

from __future__ import annotations

import pytest
from measured_widths import measured_widths

from grokchat.render.cells import fits_row, has_certain_width, max_cell_width


def test_no_terminal_shows_a_code_point_wider_than_the_upper_bound():
    too_wide = [f"{code:x}" for code, cells in measured_widths().items() if max_cell_width(chr(code)) < int(max(cells))]
    assert too_wide == []


def test_the_upper_bound_is_reached_where_people_write():
    """Else a row of Hindi or Thai would be taken for wider than any terminal shows it."""
    written = (*range(0xA0, 0x487), *range(0x591, 0x5C8), *range(0x900, 0x1100), *range(0x1780, 0x180E))
    loose = [f"{code:x}" for code in written if max_cell_width(chr(code)) > max(1, *map(int, measured_widths()[code]))]
    marks = [f"{code:x}" for code in written if max_cell_width(chr(code)) and set(measured_widths()[code]) == {"0"}]
    assert (loose, marks) == ([], [])


def test_all_terminals_agree_on_what_has_a_certain_width():
    differing = [
        f"{code:x}"
        for code, cells in measured_widths().items()
        if has_certain_width(chr(code)) and {max_cell_width(chr(code))} != set(map(int, cells))
    ]
    assert differing == []


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("नमस्ते", 4),  # the vowel sign E and the virama are no spacing marks, so they have no width anywhere
        ("हिन्दी", 5),
        ("தமிழ்", 4),
        ("မြန်မာ", 6),
        ("\u1112\u1161\u11ab", 6),
        ("\u302e\u302f", 4),
        ("\u3164\uffa0", 3),
        ("\u3248", 2),
        ("🇩🇪", 4),
        ("\U0001fae0\U0001fadd", 4),
    ],
)
def test_the_most_cells_of_a_word(text, most):
    assert max_cell_width(text) == most
    assert fits_row(text, most + 1)
    assert not fits_row(text, most)
