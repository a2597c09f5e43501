"""Which terminal the program runs in, by the environment, and what the table of terminals says of it."""

from __future__ import annotations

import pytest

from grokchat.terminal.terminals import TERMINALS, identify, may_ask_size

TMUX, XTERM, VTE = {"TMUX": "/tmp/tmux-0/default,1,0"}, {"XTERM_VERSION": "XTerm(379)"}, {"VTE_VERSION": "7006"}


@pytest.mark.parametrize(
    ("env", "name"),
    [
        ({}, ""),
        ({"TERM": "dumb", **VTE}, ""),
        ({"TERM": "xterm-256color"}, ""),
        ({"TERM": "linux"}, "linux"),
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "alacritty"}, "alacritty"),
        ({"TERM": "xterm-256color", "ALACRITTY_WINDOW_ID": "94"}, "alacritty"),
        ({"TERM": "rxvt-unicode-256color"}, "rxvt-unicode"),
        ({"TERM": "xterm-256color", "KONSOLE_VERSION": "221203"}, "konsole"),
        ({"TERM": "xterm-256color", **VTE}, "vte"),
        ({"TERM": "xterm", **XTERM}, "xterm"),
        ({"TERM": "xterm", **XTERM, **VTE}, "xterm"),
        ({"TERM": "xterm-256color", "NCURSES_NO_UTF8_ACS": "1"}, "mosh"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, "apple terminal"),
        ({"TERM": "xterm", **XTERM, "TERM_PROGRAM": "Apple_Terminal"}, "xterm"),
        ({"TERM": "screen", "STY": "1.pts-0.host"}, "screen"),
        ({"TERM": "screen.xterm-256color", "STY": "1.pts-0.host", **XTERM}, "screen"),
    ],
)
def test_a_terminal_is_known_by_term_or_by_what_it_sets(env, name):
    assert identify(env).name == name


@pytest.mark.parametrize(
    ("env", "is_tmux"),
    [
        ({"TERM": "screen", **TMUX}, True),
        ({"TERM": "screen-256color", **TMUX, **XTERM}, True),
        ({"TERM": "tmux-256color", **TMUX, **XTERM}, True),
        ({"TERM": "screen"}, False),
        ({"TERM": "xterm-256color", **TMUX, **XTERM}, False),
    ],
)
def test_tmux_is_known_also_in_an_xterm(env, is_tmux):
    """Its programs inherit the variables of the terminal that it was started in, an xterm those of tmux."""
    assert (identify(env).name == "tmux") is is_tmux


def test_each_terminal_has_a_name_of_its_own_and_something_that_it_is_known_by():
    names = [kind.name for kind in TERMINALS]
    assert len(set(names)) == len(names)
    assert all(kind.terms or kind.variables for kind in TERMINALS)


@pytest.mark.parametrize("kind", TERMINALS, ids=lambda kind: kind.name)
def test_a_terminal_is_measured_or_its_row_says_that_it_is_not(kind):
    sources = " ".join(kind.sources)
    assert "measured" in sources
    assert not kind.answers_size or "CSI 18 t" in sources
    assert not kind.tells_background or "COLORFGBG" in sources


KITTY, SSH = {"TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1"}, {"SSH_CONNECTION": "192.0.2.1 22 192.0.2.2 22"}


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        (KITTY, True),
        ({"TERM": "xterm-256color", **VTE}, True),
        ({"TERM": "rxvt-unicode-256color", "WINDOWID": "4194313"}, True),
        ({"TERM": "tmux-256color", **TMUX, **SSH}, True),
        ({"TERM": "screen", **TMUX}, True),
        ({**KITTY, **SSH}, False),
        ({"TERM": "xterm-kitty"}, False),  # sudo on another machine keeps TERM alone
        ({"TERM": "rxvt-unicode-256color"}, False),
        ({"TERM": "xterm", **XTERM}, False),
        ({"TERM": "screen", "STY": "1.pts-0.host", **VTE}, False),
        ({"TERM": "xterm-256color"}, False),
    ],
)
def test_only_a_terminal_on_this_machine_is_asked_for_its_size(env, expected):
    """An answer that arrives late would be typed into the shell."""
    assert may_ask_size(env) is expected
