"""The keyboard protocol that the terminal has is turned on while the prompt has the screen, and off otherwise."""

from __future__ import annotations

import pytest

from grokchat.terminal.input_parser import InputParser
from grokchat.terminal.keyboard_protocol import KeyboardProtocol, may_query_protocol

KITTY, KITTY_OFF, XTERM, XTERM_OFF = "\x1b[>1u\x1b[=4;2u", "\x1b[<u", "\x1b[>4;1m", "\x1b[>4m"


def answered(*answers: str) -> KeyboardProtocol:
    keyboard = KeyboardProtocol()
    for answer in answers:
        (sequence,) = InputParser().feed(answer)
        keyboard.handle(sequence)
    return keyboard


@pytest.mark.parametrize(
    ("answers", "on", "off"),
    [
        (["\x1b[?0u", "\x1bP>|kitty(0.26.5)\x1b\\"], KITTY, KITTY_OFF),
        (["\x1bP>|foot(1.13.1)\x1b\\", "\x1b[?0u"], KITTY, KITTY_OFF),
        (["\x1b[?5u"], KITTY, KITTY_OFF),
        (["\x1bP>|XTerm(379)\x1b\\"], XTERM, XTERM_OFF),
        (["\x1bP>|tmux 3.3a\x1b\\"], XTERM, XTERM_OFF),
        (["\x1bP>|mintty 3.7.0\x1b\\"], XTERM, XTERM_OFF),
        (["\x1bP>|VTE(7006)\x1b\\"], "", ""),
        (["\x1bP>|XTermLike 1\x1b\\"], "", ""),
        (["\x1b[?62c"], "", ""),
        ([], "", ""),
    ],
)
def test_what_the_terminal_answers_is_turned_on_and_off(answers, on, off):
    keyboard = answered(*answers)
    assert [keyboard.codes(is_enabled=state) for state in (True, True, False, False, True)] == [on, "", off, "", on]


def test_a_late_answer_changes_the_protocol_that_is_on():
    keyboard = answered("\x1bP>|tmux 3.6\x1b\\")
    changes: list[None] = []
    keyboard.on_change = lambda: changes.append(None)
    assert keyboard.codes(is_enabled=True) == XTERM
    (sequence,) = InputParser().feed("\x1b[?0u")
    assert keyboard.handle(sequence)
    assert keyboard.handle(sequence)
    assert len(changes) == 1
    assert keyboard.codes(is_enabled=True) == XTERM_OFF + KITTY
    assert keyboard.codes(is_enabled=False) == KITTY_OFF


def test_st_would_move_its_cursor():
    terms = ("st-256color", "xterm-256color", "tmux")
    assert [may_query_protocol({"TERM": term}) for term in terms] == [False, True, True]
