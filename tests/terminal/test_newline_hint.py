"""The first long message says how to begin a new line, if Shift-Enter cannot."""

from __future__ import annotations

from grokchat.terminal.newline_hint import HINT, NewlineHint

LONG = "x" * 90


def test_the_hint_stands_as_long_as_the_first_long_message():
    hint = NewlineHint(lambda: True)
    lines = ["", "short", LONG, LONG + "y", "short", LONG, "", LONG]
    assert [bool(hint.text_for(line, 80)) for line in lines] == [False, False, True, True, False, True, False, False]


def test_after_a_new_line_no_hint_is_shown():
    hint = NewlineHint(lambda: True)
    assert [hint.text_for(line, 80) for line in ["a\nb", LONG]] == ["", ""]


def test_no_hint_where_the_keys_are_told_apart():
    known = False
    hint = NewlineHint(lambda: not known)
    assert hint.text_for(LONG, 80) == HINT
    known = True
    assert hint.text_for(LONG, 80) == ""
