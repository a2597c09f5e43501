"""The key bindings of the prompt: those that do more than edit the line, which is what `editing_keys` has."""

from __future__ import annotations

import sys
from collections.abc import Callable

from prompt_toolkit.filters import Condition, Filter, emacs_mode, has_focus
from prompt_toolkit.key_binding import KeyBindings, KeyBindingsBase, KeyPressEvent, merge_key_bindings
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout.controls import BufferControl

from grokchat.records import record
from grokchat.terminal.editing_keys import editing_key_bindings, escape_is_alone
from grokchat.terminal.history_search import search_key_bindings
from grokchat.terminal.line_buffer import LineBuffer


@record
class KeyActions:
    """The actions of keys that do more than change the text."""

    can_take_back: Callable[[], bool]
    """Returns whether the queue has a line that `take_back` takes back into the empty line."""
    take_back: Callable[[], object]
    interrupt: Callable[[], object]
    stop: Callable[[], object]
    """Stops what is running, and does nothing else."""
    leave: Callable[[], object]
    edit_in_editor: Callable[[], object]
    suspend: Callable[[], object]
    clear_screen: Callable[[], object]


def prompt_key_bindings(
    buffer: LineBuffer, control: BufferControl, actions: KeyActions, *, vi: bool
) -> KeyBindingsBase:
    """Return the bindings while `control`, which shows the buffer, has the focus."""
    typing = has_focus(control)
    empty = Condition(lambda: not buffer.text)
    can_take_back = Condition(actions.can_take_back)
    parts = [
        editing_key_bindings(),
        _line_key_bindings(buffer, typing),
        _action_key_bindings(actions, typing, empty, can_take_back),
    ]
    if vi:
        from grokchat.terminal.vi_mode import prompt_vi_key_bindings, vi_key_bindings

        parts.insert(1, vi_key_bindings())
        parts.append(
            prompt_vi_key_bindings(
                lambda: _insert_newline(buffer),
                actions.take_back,
                actions.stop,
                typing=typing,
                empty=empty,
                can_take_back=can_take_back,
            )
        )
    return merge_key_bindings([*parts, search_key_bindings(buffer, control)])


def _insert_newline(buffer: LineBuffer) -> None:
    buffer.newline(copy_margin=False)


def _line_key_bindings(buffer: LineBuffer, typing: Filter) -> KeyBindings:
    """Return the bindings that send the line, or change it, or go to another one."""
    keys = KeyBindings()

    @keys.add("enter", filter=typing)
    def _submit(_: KeyPressEvent) -> None:
        buffer.validate_and_handle()

    @keys.add("c-j", filter=typing)
    @keys.add("escape", "enter", filter=typing & emacs_mode)
    def _newline(_: KeyPressEvent) -> None:
        _insert_newline(buffer)

    @keys.add("up", filter=typing)
    @keys.add("s-up", filter=typing)
    def _up(_: KeyPressEvent) -> None:
        if not buffer.move_by_row(-1) and not buffer.selection_state:
            buffer.history_backward()

    @keys.add("down", filter=typing)
    @keys.add("s-down", filter=typing)
    def _down(_: KeyPressEvent) -> None:
        if not buffer.move_by_row(1) and not buffer.selection_state:
            buffer.history_forward()

    @keys.add(Keys.BracketedPaste, filter=typing)
    def _paste(event: KeyPressEvent) -> None:
        buffer.insert_paste(event.data)

    return keys


def _action_key_bindings(actions: KeyActions, typing: Filter, empty: Filter, can_take_back: Filter) -> KeyBindings:
    """Return the bindings that do more than change the line."""
    keys = KeyBindings()

    @keys.add("c-c", filter=typing)
    @keys.add("<sigint>", filter=typing)
    def _interrupt(_: KeyPressEvent) -> None:
        actions.interrupt()

    @keys.add("c-d", filter=typing & empty)
    def _leave(_: KeyPressEvent) -> None:
        actions.leave()

    @keys.add("c-l", filter=typing)
    def _clear_screen(_: KeyPressEvent) -> None:
        actions.clear_screen()

    @keys.add("up", filter=typing & empty & can_take_back)
    @keys.add("c-p", filter=typing & empty & can_take_back & emacs_mode)
    def _take_back(_: KeyPressEvent) -> None:
        actions.take_back()

    @keys.add("escape", filter=typing & empty & emacs_mode & escape_is_alone, eager=True)
    def _stop(_: KeyPressEvent) -> None:
        actions.stop()

    @keys.add("c-x", "c-e", filter=typing)
    @keys.add("c-g", filter=typing)
    def _edit(_: KeyPressEvent) -> None:
        actions.edit_in_editor()

    if sys.platform != "win32":

        @keys.add("c-z", filter=typing)
        def _suspend(_: KeyPressEvent) -> None:
            actions.suspend()

    return keys
