"""What is known of the terminal before anything is drawn."""

from __future__ import annotations

import pytest

from grokchat.terminal.application import reflows

TMUX, XTERM = {"TMUX": "/tmp/tmux-0/default,1,0"}, {"XTERM_VERSION": "XTerm(379)"}


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "xterm-256color", **XTERM}, False),
        ({"TERM": "linux"}, False),
        ({"TERM": "screen"}, False),
        ({"TERM": "screen", **TMUX}, True),
        ({"TERM": "screen-256color", **TMUX, **XTERM}, True),
        ({"TERM": "tmux-256color", **TMUX, **XTERM}, True),
        ({"TERM": "xterm-256color", **TMUX, **XTERM}, False),
    ],
)
def test_tmux_reflows_also_in_an_xterm(env, expected):
    """Its programs inherit the variables of the terminal that it was started in, an xterm those of tmux."""
    assert reflows(env) is expected
