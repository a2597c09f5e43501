"""What vi keys need beyond prompt_toolkit's own: Esc at once, Alt-Enter all the same, and a mark for the mode.

Terminals send Alt-Enter as Esc and Enter. What comes together is Alt-Enter; Esc alone waits for nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from prompt_toolkit.application import Application
from prompt_toolkit.filters import Filter, vi_insert_mode
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.vi_state import InputMode
from prompt_toolkit.keys import Keys

ESC_WITHIN = 0.05
"""Seconds in which the rest of a key that begins with Esc has to come."""

_MARKS = {
    InputMode.NAVIGATION: "NORMAL",
    InputMode.REPLACE: "REPLACE",
    InputMode.REPLACE_SINGLE: "REPLACE",
    InputMode.INSERT_MULTIPLE: "",
    InputMode.INSERT: "",
}


def vi_keys(newline: Callable[[], None], *, typing: Filter) -> KeyBindings:
    """Return the bindings for Esc while a message is written; `newline` is what Alt-Enter does."""
    keys = KeyBindings()

    @keys.add("escape", filter=typing & vi_insert_mode, eager=True)
    def _escape(event: KeyPressEvent) -> None:
        waiting = event.key_processor.input_queue
        if waiting and waiting[0].key == Keys.ControlM:
            waiting.popleft()
            newline()
            return
        event.app.vi_state.input_mode = InputMode.NAVIGATION
        buffer = event.current_buffer
        buffer.complete_state = None
        buffer.cursor_position += buffer.document.get_cursor_left_position()

    return keys


def mark(app: Application[None]) -> str:
    """Return what the bottom line says of the mode: nothing where keys are text."""
    if app.vi_state.input_mode is InputMode.NAVIGATION and app.current_buffer.selection_state is not None:
        return "VISUAL"
    return _MARKS[app.vi_state.input_mode]
