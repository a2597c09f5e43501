"""Focus reports are read, and never become typed text."""

from __future__ import annotations

import itertools
import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokchat.terminal.focus import FocusReports

IN, OUT = "\x1b[I", "\x1b[O"
KEYS = [
    "a", "[", "I", "O", "é", "\r", "\x1b[A", "\x1b[1;5C", "\x1bOP", "\x1b[200~a\x1b[Ib\x1b[201~", "\x1b[200~\x1b[201~",
    "\x1b[3~", "\x1b\r", "\x1bb", "\x1b[24;80R", "\x1b[20~",
]  # fmt: skip
PARTS = st.lists(st.sampled_from([*KEYS, IN, OUT]), max_size=12)


def watching() -> FocusReports:
    focus = FocusReports()
    focus.expect()
    return focus


@given(PARTS, st.lists(st.integers(0, 60), max_size=8))
def test_typed_text_comes_out_unchanged(parts, cuts):
    """For any pieces in which it is read; also a paste that looks like a report."""
    text = "".join(parts)
    focus = watching()
    bounds = [0, *sorted({cut for cut in cuts if cut < len(text)}), len(text)]
    typed = "".join(focus.feed(text[start:stop]) for start, stop in itertools.pairwise(bounds))
    assert typed + focus.flush() == "".join(part for part in parts if part not in {IN, OUT})
    assert focus.flush() == ""


@given(PARTS)
def test_the_last_report_counts_also_byte_by_byte(parts):
    focus = watching()
    for char in "".join([*parts, OUT]):
        focus.feed(char)
    assert focus.is_unfocused is True


@pytest.mark.parametrize("report", [IN, OUT])
@pytest.mark.parametrize("cut", [1, 2])
def test_a_pause_in_a_report_types_nothing_but_its_first_key(report, cut):
    """An ESC that looked like the Escape key is passed on; the rest of the report is not text."""
    focus = watching()
    typed = focus.feed(report[:cut]) + focus.flush() + focus.feed(report[cut:] + "x")
    assert typed == f"{report[:cut]}x"


def test_escape_and_a_bracket_are_keys():
    focus = watching()
    assert focus.feed("\x1b") + focus.flush() == "\x1b"
    assert focus.feed("[") + focus.feed("I") == "[I"
    assert focus.is_unfocused is None


def test_a_window_that_is_typed_into_has_the_focus():
    focus = watching()
    focus.feed(OUT)
    assert focus.is_unfocused is True
    focus.feed("a")
    assert focus.is_unfocused is False
    focus.feed(f"a{OUT}")
    assert focus.is_unfocused is True


def test_without_reports_nothing_is_taken_out():
    focus = FocusReports()
    assert focus.feed(f"{OUT}\x1b") == f"{OUT}\x1b"
    assert focus.is_unfocused is None


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX terminal")
def test_reports_are_not_keys():
    from grokchat.terminal.input import TerminalInput

    reading, writing = os.pipe()
    with open(reading, encoding="utf-8") as stdin:  # noqa: PTH123
        source = TerminalInput(stdin)
        source.reports.focus.expect()
        os.write(writing, f"a{OUT}b".encode())
        assert [press.data for press in source.read_keys()] == ["a", "b"]
        os.write(writing, b"\x1b")
        assert source.read_keys() == []
        assert [press.key for press in source.flush_keys()] == ["escape"]
    os.close(writing)
