"""The rest of earlier lines: suggested, accepted with keys, and never sent otherwise."""

from __future__ import annotations

import pytest
from prompt_keys import PromptKeys, with_keys
from prompt_toolkit.application.current import set_app
from prompt_toolkit.keys import Keys

from grokchat.render.cells import cell_width
from grokchat.terminal.history_suggestion import _MAX_LINES, EarlierLines
from grokchat.terminal.interface import Candidate
from grokchat.terminal.line_rows import INDENT

ESC, ENTER = Keys.Escape, Keys.ControlM
EARLIER = ["what is a monad", "what is a burrito", "/model grok-4.7", "two\nlines", "tell me more"]
SECRET = "export TOKEN=ghp_aB3dE5gH7jK9mN1pQ2sT4vW6yZ8cF0iLaB3d"


def shown(prompt: PromptKeys) -> str:
    with set_app(prompt.app):
        return prompt.suggestion.shown


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [
        ("what", " is a burrito"),
        ("what is a m", "onad"),
        ("t", "ell me more"),
        ("two", ""),
        ("What", ""),
        ("", ""),
        ("tell me more", ""),
        ("/mod", "el grok-4.7"),
    ],
)
def test_the_newest_line_that_begins_with_what_is_typed_is_suggested(typed, suggested):
    def act(prompt: PromptKeys) -> None:
        prompt.type(typed)
        assert shown(prompt) == suggested

    with_keys(act, earlier=EARLIER, suggests=True)


@pytest.mark.parametrize("vi", [False, True])
@pytest.mark.parametrize("key", [Keys.Right, Keys.End])
def test_right_and_end_take_it(key, vi):
    """Enter without them sends the typed text."""

    def act(prompt: PromptKeys) -> None:
        prompt.type("what is a m")
        prompt.press(key)
        assert prompt.line == "what is a monad|"
        prompt.press(ENTER)
        prompt.type("what")
        prompt.press(ENTER)
        assert prompt.submitted == ["what is a monad", "what"]

    with_keys(act, vi=vi, earlier=EARLIER, suggests=True)


def test_ctrl_f_and_ctrl_e_take_it_and_alt_right_takes_a_word():
    def act(prompt: PromptKeys) -> None:
        for keys in ([(Keys.ControlF,)], [(Keys.ControlE,)], [(ESC, Keys.Right)] * 3, [(ESC, "f")] * 3):
            prompt.buffer.reset()
            prompt.type("what")
            for key in keys:
                prompt.press(*key)
            assert prompt.line == "what is a burrito|", keys
        prompt.buffer.reset()
        prompt.type("what")
        prompt.press(ESC, Keys.Right)
        assert (prompt.line, shown(prompt)) == ("what is|", " a burrito")
        prompt.type("n")
        assert shown(prompt) == ""

    with_keys(act, earlier=EARLIER, suggests=True)


def test_the_keys_move_where_nothing_is_suggested():
    def act(prompt: PromptKeys) -> None:
        prompt.type("what")
        prompt.press(Keys.Left)
        assert shown(prompt) == ""
        prompt.press(Keys.Right)
        assert prompt.line == "what|"
        prompt.press(Keys.Home)
        prompt.press(Keys.End)
        assert prompt.line == "what|"

    with_keys(act, earlier=EARLIER, suggests=True)


def test_nothing_is_suggested_for_what_was_not_typed_nor_when_it_is_turned_off():
    """A paste, an earlier line, a message of several lines; `suggest = false`."""

    def act(prompt: PromptKeys) -> None:
        prompt.paste("what")
        assert shown(prompt) == ""
        prompt.buffer.reset()
        prompt.press(Keys.Up)
        prompt.buffer.cursor_position = len(prompt.buffer.text)
        assert shown(prompt) == ""
        prompt.buffer.reset()
        prompt.type("one")
        prompt.press(Keys.ControlJ)
        prompt.type("what")
        assert shown(prompt) == ""
        prompt.buffer.reset()
        prompt.suggests = False
        prompt.type("what")
        assert shown(prompt) == ""

    with_keys(act, earlier=EARLIER, suggests=True)


def test_nothing_is_suggested_while_the_menu_is_open_or_in_a_search_or_in_vi_s_normal_mode():
    def complete(text: str, _: object) -> list[Candidate]:
        return [Candidate("/model", len(text))] if text.startswith("/m") else []

    def in_menu(prompt: PromptKeys) -> None:
        prompt.type("/mod")
        assert shown(prompt) == ""
        prompt.press(ESC)
        assert shown(prompt) == "el grok-4.7"

    def in_search(prompt: PromptKeys) -> None:
        prompt.press(Keys.ControlR)
        prompt.type("what")
        assert shown(prompt) == ""

    def in_vi(prompt: PromptKeys) -> None:
        prompt.type("what")
        prompt.press(ESC)
        assert shown(prompt) == ""

    with_keys(in_menu, complete=complete, earlier=EARLIER, suggests=True)
    with_keys(in_search, earlier=EARLIER, suggests=True)
    with_keys(in_vi, vi=True, earlier=EARLIER, suggests=True)


def test_a_line_that_was_just_sent_is_suggested():
    def act(prompt: PromptKeys) -> None:
        prompt.type("what next")
        prompt.press(ENTER)
        prompt.type("what")
        assert shown(prompt) == " next"

    with_keys(act, earlier=EARLIER, suggests=True)


@pytest.mark.parametrize("columns", [1, 4, 10, 12, 20])
def test_it_stays_in_the_row_of_the_cursor_and_holds_no_control_codes(columns):
    def act(prompt: PromptKeys) -> None:
        for typed in ("what", "esc", "日"):
            prompt.buffer.reset()
            prompt.type(typed)
            assert "\x1b" not in shown(prompt)
            assert (INDENT + cell_width(typed)) % columns + cell_width(shown(prompt)) <= columns
            assert shown(prompt) == "" or columns > 4

    with_keys(act, columns=columns, earlier=["what is a very long line " * 9, "esc\x1b[2Jape"], suggests=True)


def test_secrets_and_long_lines_are_not_suggested_and_the_newest_lines_are_searched():
    lines = EarlierLines()
    assert lines.find("export") == ""
    lines.add([SECRET, "x" * 5000])
    assert lines.find("export") == lines.find("x") == ""
    lines.add(["export A=1", SECRET])
    assert lines.find("export") == " A=1"

    def act(prompt: PromptKeys) -> None:
        for typed, suggested in (("oldest", ""), ("line 9999", "!"), ("line 0", "!")):
            prompt.buffer.reset()
            prompt.type(typed)
            assert shown(prompt) == suggested

    with_keys(act, earlier=["oldest line", *(f"line {number}!" for number in range(_MAX_LINES))], suggests=True)
