"""vi keys beyond prompt_toolkit's own: an Esc without delay, Alt-Enter nevertheless, and the mode's name.

Terminals send Alt-Enter as Esc and Enter. If the two arrive together, it is Alt-Enter; an Esc alone acts at once.
"""

from __future__ import annotations

from collections.abc import Callable

from prompt_toolkit.application import Application
from prompt_toolkit.filters import Filter, vi_insert_mode
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.vi_state import InputMode
from prompt_toolkit.keys import Keys

ESCAPE_TIMEOUT_S = 0.05
"""How long the rest of a key that begins with Esc may take."""

_MODE_NAMES = {
    InputMode.NAVIGATION: "NORMAL",
    InputMode.REPLACE: "REPLACE",
    InputMode.REPLACE_SINGLE: "REPLACE",
    InputMode.INSERT_MULTIPLE: "",
    InputMode.INSERT: "",
}


def vi_key_bindings(insert_newline: Callable[[], None], *, typing: Filter) -> KeyBindings:
    """Return the bindings for Esc while a message is written; `insert_newline` is the action of Alt-Enter."""
    keys = KeyBindings()

    @keys.add("escape", filter=typing & vi_insert_mode, eager=True)
    def _escape(event: KeyPressEvent) -> None:
        waiting = event.key_processor.input_queue
        if waiting and waiting[0].key == Keys.ControlM:
            waiting.popleft()
            insert_newline()
            return
        event.app.vi_state.input_mode = InputMode.NAVIGATION
        buffer = event.current_buffer
        buffer.complete_state = None
        buffer.cursor_position += buffer.document.get_cursor_left_position()

    return keys


def mode_name(app: Application[None]) -> str:
    """Return the mode's name for the bottom line; empty while keys insert text."""
    if app.vi_state.input_mode is InputMode.NAVIGATION and app.current_buffer.selection_state is not None:
        return "VISUAL"
    return _MODE_NAMES[app.vi_state.input_mode]
