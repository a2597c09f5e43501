"""The keys of the menu of completions while it is open, and Tab, which opens it."""

from __future__ import annotations

from collections.abc import Callable

from prompt_toolkit.data_structures import Size
from prompt_toolkit.filters import Condition, emacs_mode, has_focus, vi_insert_mode
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout.controls import BufferControl

from grokchat.terminal.completion_menu import CompletionMenu
from grokchat.terminal.editing_keys import escape_is_alone
from grokchat.terminal.line_buffer import LineBuffer
from grokchat.terminal.menu_view import max_menu_rows


def menu_key_bindings(
    menu: CompletionMenu, buffer: LineBuffer, control: BufferControl, size: Callable[[], Size]
) -> KeyBindings:
    """Return the bindings while `control`, which shows the buffer, has the focus; `size` is the window's."""
    keys = KeyBindings()
    typing = has_focus(control) & (emacs_mode | vi_insert_mode)
    is_open = typing & Condition(lambda: bool(menu.candidates))
    is_selected = is_open & Condition(lambda: menu.selected is not None)
    is_bare = is_open & ~is_selected & Condition(lambda: buffer.text == "/")

    @keys.add("tab", filter=typing)
    def _complete(_: KeyPressEvent) -> None:
        menu.complete()

    @keys.add("enter", filter=is_selected)
    def _accept(event: KeyPressEvent) -> None:
        if menu.accept():
            buffer.validate_and_handle()
            event.app.vi_state.reset()

    @keys.add("enter", filter=is_bare)
    def _select_first(_: KeyPressEvent) -> None:
        menu.move(1)  # with the menu of commands open, nobody means to send a slash

    @keys.add("escape", filter=is_open & emacs_mode & escape_is_alone, eager=True)
    def _dismiss(_: KeyPressEvent) -> None:
        menu.dismiss()

    def add_move(distance: Callable[[], int], *names: str, wraps: bool = True) -> None:
        def move(_: KeyPressEvent) -> None:
            menu.move(distance(), wraps=wraps)

        for name in names:
            keys.add(name, filter=is_open)(move)

    add_move(lambda: 1, "down", "c-n")
    add_move(lambda: -1, "up", "c-p", "s-tab")
    add_move(lambda: max_menu_rows(size().rows), "pagedown", wraps=False)
    add_move(lambda: -max_menu_rows(size().rows), "pageup", wraps=False)
    return keys
