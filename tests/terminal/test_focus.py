"""Focus reports are read, and never become typed text."""

from __future__ import annotations

import pytest
from prompt_toolkit.keys import Keys

from grokchat.terminal.input import InputDecoder, TerminalReports

IN, OUT = "\x1b[I", "\x1b[O"


def typed(decoder: InputDecoder, text: str) -> str:
    return "".join(press.data for press in decoder.feed(text))


@pytest.fixture
def reports() -> TerminalReports:
    return TerminalReports()


@pytest.fixture
def decoder(reports: TerminalReports) -> InputDecoder:
    return InputDecoder(reports)


def test_the_last_report_counts_and_is_no_text(reports, decoder):
    assert reports.focus.is_unfocused is None
    assert typed(decoder, f"a{OUT}b{IN}c{OUT}") == "abc"
    assert reports.focus.is_unfocused is True
    assert typed(decoder, IN) == ""
    assert reports.focus.is_unfocused is False


def test_a_report_in_a_paste_is_none(reports, decoder):
    assert typed(decoder, f"\x1b[200~a{OUT}b\x1b[201~") == "ab"
    assert reports.focus.is_unfocused is None


@pytest.mark.parametrize("report", [IN, OUT])
@pytest.mark.parametrize("cut", [1, 2])
def test_a_pause_in_a_report_leaves_no_text(report, cut, reports, decoder):
    """An ESC that looked like the Escape key is passed on, but the rest of the report is read."""
    keys = [*decoder.feed(report[:cut]), *decoder.flush(), *decoder.feed(report[cut:])]
    assert [press.key for press in keys] == [Keys.Escape][: cut == 1]
    assert reports.focus.is_unfocused is (report == OUT)


def test_a_window_that_is_typed_into_has_the_focus(reports, decoder):
    decoder.feed(OUT)
    assert reports.focus.is_unfocused is True
    decoder.feed("a")
    assert reports.focus.is_unfocused is False
    decoder.feed(f"a{OUT}")
    assert reports.focus.is_unfocused is True
