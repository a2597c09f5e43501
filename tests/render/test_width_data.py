"""The widths that real terminals have reported, against the bounds that rows are clipped by.

A new terminal is a further column of `measured_widths.txt`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from grokchat.render.cells import fits_row, has_certain_width, max_cell_width, min_cell_width

_FILE = Path(__file__).with_name("measured_widths.txt")


@cache
def _measured() -> dict[int, str]:
    """Return for each code point the widths on all terminals, a digit each."""
    return dict(_widths())


def _widths() -> Iterator[tuple[int, str]]:
    for line in _FILE.read_text().splitlines():
        if line.startswith("#"):
            continue
        span, widths = line.split()
        first, _, last = span.partition("-")
        for code in range(int(first, 16), int(last or first, 16) + 1):
            yield code, widths


def test_no_terminal_shows_a_code_point_wider_than_the_upper_bound():
    too_wide = [f"{code:x}" for code, cells in _measured().items() if max_cell_width(chr(code)) < int(max(cells))]
    assert too_wide == []


def test_no_terminal_shows_a_code_point_narrower_than_the_lower_bound():
    too_wide = [f"{code:x}" for code, cells in _measured().items() if min_cell_width(chr(code)) > int(min(cells))]
    assert too_wide == []


def test_the_upper_bound_is_reached_where_people_write():
    """Else a row of Hindi or Thai would be taken for wider than any terminal shows it."""
    written = (*range(0xA0, 0x487), *range(0x591, 0x5C8), *range(0x900, 0x1100), *range(0x1780, 0x180E))
    loose = [f"{code:x}" for code in written if max_cell_width(chr(code)) > max(1, *map(int, _measured()[code]))]
    marks = [f"{code:x}" for code in written if max_cell_width(chr(code)) and set(_measured()[code]) == {"0"}]
    assert (loose, marks) == ([], [])


def test_all_terminals_agree_on_what_has_a_certain_width():
    differing = [
        f"{code:x}"
        for code, cells in _measured().items()
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
