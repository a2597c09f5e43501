"""Ctrl-R: a search of earlier lines, which puts its match into the line, or leaves the line unchanged."""

from __future__ import annotations

import pytest
from prompt_keys import PromptKeys, with_keys
from prompt_toolkit.application.current import set_app
from prompt_toolkit.keys import Keys

C_R, ENTER = Keys.ControlR, Keys.ControlM
EARLIER = ("first question", "second question", "third")


def label(prompt: PromptKeys) -> str:
    """Return the label of the search box; empty if it is not open."""
    target = prompt.app.layout.search_target_buffer_control
    if target is None:
        return ""
    window = prompt.app.layout.current_window
    with set_app(prompt.app):
        return "".join(text for _, text in window.get_line_prefix(0, 0))


def searching(act, **options):
    def run(prompt: PromptKeys) -> None:
        prompt.type("begun")
        prompt.press(Keys.Left)
        prompt.press(C_R)
        act(prompt)

    return with_keys(run, earlier=EARLIER, **options)


@pytest.mark.parametrize("key", [ENTER, Keys.ControlI, Keys.ControlJ])
def test_enter_takes_the_match_into_the_line_and_sends_nothing(key):
    def act(prompt: PromptKeys) -> None:
        prompt.type("quest")
        prompt.press(key)
        assert (prompt.line, prompt.submitted) == ("second |question", [])
        prompt.press(ENTER)
        assert prompt.submitted == ["second question"]
        assert "begun" in prompt.history.get_strings()

    searching(act)


@pytest.mark.parametrize("vi", [False, True])
@pytest.mark.parametrize("keys", [Keys.Escape, Keys.ControlG, Keys.ControlC, Keys.SIGINT])
@pytest.mark.parametrize("more", [0, 1, 2])
def test_leaving_brings_the_line_back_with_its_cursor(keys, more, vi):
    """However many matches have been looked at."""

    def act(prompt: PromptKeys) -> None:
        prompt.type("quest")
        for _ in range(more):
            prompt.press(C_R)
        prompt.press(keys)
        assert (prompt.line, prompt.submitted, label(prompt)) == ("begu|n", [], "")
        prompt.type("x")
        assert prompt.line == "begux|n"

    searching(act, vi=vi)


def test_ctrl_r_goes_on_and_ctrl_s_comes_back():
    def act(prompt: PromptKeys) -> None:
        prompt.type("quest")
        prompt.press(C_R)
        prompt.press(ENTER)
        assert prompt.line == "first |question"
        prompt.press(C_R)
        prompt.press(C_R)  # in the empty box: what was searched for last
        assert prompt.app.current_buffer.text == "quest"
        prompt.press(Keys.ControlS)
        assert label(prompt) == "i-search: "
        prompt.press(Keys.ControlS)
        prompt.press(ENTER)
        assert prompt.line == "second |question"

    searching(act)


def test_enter_in_an_empty_box_changes_nothing():
    def act(prompt: PromptKeys) -> None:
        prompt.press(ENTER)
        assert prompt.line == "begu|n"

    searching(act)


def test_a_paste_of_several_lines_is_one_and_keeps_the_label():
    def act(prompt: PromptKeys) -> None:
        prompt.paste("\nsecond\r\n   question\n")
        assert prompt.app.current_buffer.text == "second question"
        assert label(prompt) == "reverse-i-search: "
        prompt.press(ENTER)
        assert (prompt.line, prompt.submitted) == ("|second question", [])

    searching(act)


def test_a_search_without_a_match_says_so():
    def act(prompt: PromptKeys) -> None:
        prompt.type("nowhere")
        assert label(prompt) == "failed reverse-i-search: "
        prompt.press(ENTER)
        assert prompt.line == "begu|n"

    searching(act)


def test_the_box_is_edited_like_a_line():
    def act(prompt: PromptKeys) -> None:
        prompt.type("quest x👨‍👩‍👧")
        prompt.press(Keys.ControlH)
        assert prompt.app.current_buffer.text == "quest x"
        prompt.press(Keys.ControlW)
        prompt.press(Keys.ControlF1)
        assert prompt.app.current_buffer.text == "quest "
        prompt.press(Keys.ControlU)
        prompt.press(Keys.ControlH)
        assert (prompt.line, label(prompt)) == ("begu|n", "")

    searching(act)
