"""The marks of turns (OSC 133): which marks, where, and on which terminals."""

from __future__ import annotations

import pytest

from grokchat.chat.shell_integration import FAILED, FINISHED, TurnMarks


def mark(code: str) -> str:
    return f"\x1b]133;{code}\x07"


A, B, C = map(mark, "ABC")


def test_a_turn_is_a_command_and_its_output():
    marks = TurnMarks({}, lambda: True)
    assert marks.start_turn("\x1b[1m> \x1b[mhello", "\x1b[1m> \x1b[m") == f"{A}\x1b[1m> \x1b[m{B}hello"
    assert marks.pop_codes() == C
    assert marks.pop_codes() == ""
    marks.end_turn(FINISHED)
    assert marks.pop_codes() == mark("D;0")


def test_pending_codes_are_placed_before_the_next_turn():
    marks = TurnMarks({}, lambda: True)
    marks.start_turn("> one", "> ")
    marks.pop_codes()
    marks.end_turn(FAILED)
    marks.end_turn(FINISHED)
    assert marks.start_turn("> two", "> ") == f"{mark('D;1')}{A}> {B}two"


def test_a_second_message_of_a_turn_belongs_to_it():
    marks = TurnMarks({}, lambda: True)
    marks.start_turn("> File: a", "> ")
    assert marks.start_turn("> question", "> ") == "> question"


def test_without_the_setting_there_are_no_marks():
    marks = TurnMarks({}, lambda: False)
    assert marks.start_turn("> one", "> ") == "> one"
    marks.end_turn(FINISHED)
    assert marks.pop_codes() == ""


@pytest.mark.parametrize(("program", "code"), [("WezTerm", "P;k=i"), ("iTerm.app", "A"), ("", "A")])
def test_no_terminal_starts_a_row_at_the_mark_of_a_prompt(program, code):
    assert TurnMarks({"TERM_PROGRAM": program}, lambda: True).start_turn("> x", "> ") == f"{mark(code)}> {B}x"
