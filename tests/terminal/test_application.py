"""What is known of the terminal before anything is drawn, and what a drawing leaves behind."""

from __future__ import annotations

import gc

import pytest
from prompt_keys import PromptKeys
from prompt_toolkit.application.current import set_app
from prompt_toolkit.layout.screen import Screen

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


def test_a_drawn_screen_leaves_no_cells_to_the_garbage_collector():
    keys, others = PromptKeys(), [thing for thing in gc.get_objects() if isinstance(thing, Screen)]
    with set_app(keys.app):
        for _ in range(3):
            keys.app.renderer.render(keys.app, keys.app.layout)
    screens = [thing for thing in gc.get_objects() if isinstance(thing, Screen) and thing not in others]
    assert [len(screen.data_buffer) for screen in screens] == [0] * len(screens)
    assert not keys.app.renderer.mouse_handlers.mouse_handlers
