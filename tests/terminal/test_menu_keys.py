"""The keys of the open menu: what they do, and that they do it only while it is open."""

from __future__ import annotations

import pytest
from prompt_keys import PromptKeys, with_keys
from prompt_toolkit.keys import Keys

from grokchat.terminal.interface import Candidate

NAMES = ("delete", "help", "history", "quit")
ENTER, ESC = Keys.ControlM, Keys.Escape


def complete(text: str, _: object) -> list[Candidate]:
    return [
        Candidate(f"/{name}", len(text), suffix="" if name == "quit" else " ", runs=name != "delete")
        for name in NAMES
        if f"/{name}".startswith(text)
    ]


def after(*keys: Keys | str | tuple[Keys | str, ...], vi: bool = False) -> PromptKeys:
    """Press keys one by one, those of a tuple in one piece, in a prompt with an earlier line."""

    def act(prompt: PromptKeys) -> None:
        for key in keys:
            if isinstance(key, Keys | tuple):
                prompt.press(*(key if isinstance(key, tuple) else (key,)))
            else:
                prompt.type(key)

    return with_keys(act, vi=vi, complete=complete, earlier=["earlier"])


@pytest.mark.parametrize("vi", [False, True])
@pytest.mark.parametrize(
    ("keys", "line", "submitted"),
    [
        (("/help", ENTER), "|", ["/help"]),
        (("/h", ENTER), "|", ["/h"]),
        (("/he", ENTER), "|", ["/he"]),
        (("/", ENTER), "/|", []),
        (("/", ENTER, ENTER), "/delete |", []),
        (("/", ENTER, Keys.Down, ENTER), "|", ["/help"]),
        (("/", ESC, ENTER), "|", ["/"]),
        (("/", Keys.Down, Keys.Down, ENTER), "|", ["/help"]),
        (("/", Keys.Up, ENTER), "|", ["/quit"]),
        (("/", Keys.ControlN, Keys.ControlN, Keys.ControlN, Keys.ControlP, ENTER), "|", ["/help"]),
        (("/", Keys.PageDown, Keys.PageDown, ENTER), "|", ["/quit"]),
        (("/d", Keys.Down, ENTER), "/delete |", []),
        (("/d", Keys.Down, ENTER, "3", ENTER), "|", ["/delete 3"]),
        (("/", Keys.Down, "h", ENTER), "|", ["/h"]),
        (("/he", Keys.ControlI), "/help |", []),
        (("/h", Keys.Down, Keys.Down, Keys.ControlI), "/history |", []),
        (("/h", Keys.BackTab, Keys.ControlI), "/history |", []),
        (("/x", Keys.Up), "earlier|", []),
        (("x", Keys.Up), "earlier|", []),
        (("//", Keys.Up), "earlier|", []),
        ((Keys.Up, ENTER), "|", ["earlier"]),
        (("/", Keys.Down, Keys.ControlC), "|", []),
        (("/h", Keys.Down, Keys.ControlJ, "x"), "/h\nx|", []),
    ],
)
def test_keys_of_the_menu(keys, line, submitted, vi):
    """Enter without a selected entry submits the typed text, but no lone slash; elsewhere arrows are the history's."""
    prompt = after(*keys, vi=vi)
    assert (prompt.line, prompt.submitted) == (line, submitted)


def test_esc_closes_the_menu_and_leaves_the_text():
    prompt = after("/h", ESC)
    assert (prompt.line, prompt.menu.candidates) == ("/h|", ())
    assert after("/h", ESC, Keys.Up).line == "earlier|"
    assert after("/h", Keys.Down, ESC, ENTER).submitted == ["/h"]
    assert after("/h", ESC, "e", Keys.ControlI).line == "/help |"


def test_alt_enter_is_a_newline_also_while_the_menu_is_open():
    """It begins with the byte of Esc."""
    assert after("/h", Keys.Down, (ESC, ENTER), "x").line == "/h\nx|"


def test_an_earlier_line_that_is_a_command_opens_no_menu():
    """Else the second Up would move in the menu."""

    def act(prompt: PromptKeys) -> None:
        prompt.press(Keys.Up)
        assert prompt.line == "/h|"
        prompt.press(Keys.Up)
        assert prompt.line == "first|"

    with_keys(act, complete=complete, earlier=["first", "/h"])


def test_in_vi_s_normal_mode_there_is_no_menu():
    prompt = after("/h", ESC, "k", vi=True)
    assert prompt.line.replace("|", "") == "earlier"
