"""No key loses text, sends an empty message, or puts anything but text into one."""

from __future__ import annotations

from itertools import product

import pytest
from prompt_keys import PromptKeys, with_keys
from prompt_toolkit.keys import Keys

KEYS = [key for key in Keys if key not in {Keys.Any, Keys.BracketedPaste}]

MOVES = {
    *(Keys.ControlA, Keys.ControlB, Keys.Left, Keys.ShiftLeft, Keys.Home, Keys.ShiftHome),
    *(Keys.ControlLeft, Keys.ControlShiftLeft, Keys.ControlHome, Keys.ControlShiftHome),
}
"""Keys after which the text is not typed at the line's end."""
EARLIER = {Keys.Up, Keys.ShiftUp, Keys.ControlP, Keys.PageUp}
"""Keys that bring an earlier line back; what was begun goes into the history. No other modified key does so."""
EDITS = {
    Keys.ControlH: "par",  # Backspace
    Keys.ControlU: "",
    Keys.ControlW: "",
    Keys.ControlUnderscore: "",  # undo
    Keys.ControlT: "patr",
    Keys.ControlJ: "part\n",
}
ENDS = {Keys.ControlC: ["part"], Keys.SIGINT: ["part"], Keys.ControlM: ["part"]}
"""Keys after which the line is empty, and in the history."""
SEARCHES = {Keys.ControlR, Keys.ControlS}

VI_UNBOUND = {Keys.ControlA, Keys.ControlB, Keys.ControlP, Keys.ControlUnderscore}


@pytest.mark.parametrize("vi", [False, True])
def test_no_key_loses_text_or_inserts_what_is_none(vi):
    def act(prompt: PromptKeys) -> None:
        for key in KEYS:
            prompt.restart()
            prompt.type("part")
            prompt.press(key)
            prompt.type(" lost part")
            prompt.press(Keys.ControlM)
            history = [line for line in prompt.history.get_strings() if line not in prompt.submitted]
            if vi and key == Keys.Escape:
                continue  # letters are commands then
            if key in SEARCHES:
                assert (prompt.submitted, prompt.line) == ([], "part|"), key
            elif key in ENDS:
                assert prompt.submitted[-1] == " lost part", key
                assert "part" in prompt.history.get_strings(), key
            elif vi and key in VI_UNBOUND:
                assert prompt.submitted == ["part lost part"], key
            elif key in EARLIER:
                assert (prompt.submitted, history) == (["earlier lost part"], ["earlier", "part"]), key
            elif key in MOVES:
                (sent,) = prompt.submitted
                assert sent in {" lost partpart", "par lost partt"}, key
            else:
                assert prompt.submitted == [EDITS.get(key, "part") + " lost part"], key

    with_keys(act, vi=vi, earlier=["earlier"])


@pytest.mark.parametrize("vi", [False, True])
def test_no_key_sends_an_empty_line(vi):
    def act(prompt: PromptKeys) -> None:
        for blank in ("", "  ", "\n"):
            for key in KEYS:
                prompt.restart()
                prompt.buffer.insert_text(blank)
                prompt.press(key)
                prompt.press(Keys.ControlM)
                assert not any(not text.strip() for text in prompt.submitted), key

    with_keys(act, vi=vi)


TAKES_LETTERS = {Keys.ControlH, Keys.Delete, Keys.ShiftDelete, Keys.ControlD, *SEARCHES}
"""Keys that delete a letter, and those that open the box of a search, into which the next letters go."""


@pytest.mark.parametrize("vi", [False, True])
def test_no_two_keys_lose_text_or_insert_what_is_none(vi):
    """After any two of the bound keys, and one that is not, a text is sent, in the line, in the history or killed."""

    def act(prompt: PromptKeys) -> None:
        bound = {key for binding in prompt.app.key_bindings.bindings for key in binding.keys}
        keys = [*(key for key in KEYS if key in bound and "s-" not in key.value), Keys.F5]  # Shift changes nothing
        takes_letters = TAKES_LETTERS | ({Keys.Escape} if vi else set())
        for pair in product(keys, keys):
            prompt.restart()
            prompt.buffer.insert_text("part")
            for key in pair:
                prompt.press(key)
            prompt.press("x")
            prompt.press(Keys.ControlM)
            assert all(
                text.strip() and text.replace("\n", "").replace("\t", "").isprintable() for text in prompt.submitted
            ), pair
            if not takes_letters.intersection(pair):
                written = "".join([*prompt.submitted, prompt.buffer.text, *prompt.history.get_strings()])
                killed = "".join(prompt.killed)
                assert "x" in written, pair
                assert set("part") <= set(written + killed), pair

    with_keys(act, vi=vi, earlier=["-"])
