"""What is known of the terminal before anything is drawn, and what a drawing leaves behind."""

from __future__ import annotations

import gc

from prompt_keys import PromptKeys
from prompt_toolkit.application.current import set_app
from prompt_toolkit.layout.screen import Screen


def test_a_drawn_screen_leaves_no_cells_to_the_garbage_collector():
    keys, others = PromptKeys(), [thing for thing in gc.get_objects() if isinstance(thing, Screen)]
    with set_app(keys.app):
        for _ in range(3):
            keys.app.renderer.render(keys.app, keys.app.layout)
    screens = [thing for thing in gc.get_objects() if isinstance(thing, Screen) and thing not in others]
    assert [len(screen.data_buffer) for screen in screens] == [0] * len(screens)
    assert not keys.app.renderer.mouse_handlers.mouse_handlers
