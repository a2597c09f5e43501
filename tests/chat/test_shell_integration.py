"""The marks of turns (OSC 133): which, where, and on whose terminal."""

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


def test_what_no_line_has_taken_stands_before_the_next_turn():
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


def test_who_wants_none_gets_none():
    marks = TurnMarks({}, lambda: False)
    assert marks.start_turn("> one", "> ") == "> one"
    marks.end_turn(FINISHED)
    assert marks.pop_codes() == ""


@pytest.mark.parametrize(("program", "code"), [("WezTerm", "P;k=i"), ("iTerm.app", "A"), ("", "A")])
def test_no_terminal_begins_a_row_of_its_own(program, code):
    assert TurnMarks({"TERM_PROGRAM": program}, lambda: True).start_turn("> x", "> ") == f"{mark(code)}> {B}x"
