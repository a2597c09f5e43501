"""vi's keys: prompt_toolkit's without those that lose text, an Esc without delay, and the mode's name.

Terminals send Alt-Enter as Esc and Enter. If the two arrive together, it is Alt-Enter; an Esc alone acts at once.
"""

from __future__ import annotations

from collections.abc import Callable

from prompt_toolkit.application import Application
from prompt_toolkit.filters import (
    Filter,
    buffer_has_focus,
    has_arg,
    vi_insert_mode,
    vi_mode,
    vi_navigation_mode,
    vi_selection_mode,
    vi_waiting_for_text_object_mode,
)
from prompt_toolkit.key_binding import KeyBindings, KeyBindingsBase, KeyPressEvent
from prompt_toolkit.key_binding.bindings.vi import load_vi_bindings
from prompt_toolkit.key_binding.key_bindings import Binding, ConditionalKeyBindings
from prompt_toolkit.key_binding.vi_state import InputMode
from prompt_toolkit.keys import Keys

from grokchat.compat.prompt_toolkit import know_all_letters
from grokchat.terminal.editing_commands import insert_tab, is_text

_MAX_COUNT = 999
"""The highest count: with a few digits, a command could otherwise run for minutes."""

_UNBOUND: frozenset[tuple[Keys | str, ...]] = frozenset(
    {
        ("q", Keys.Any),  # macros: one that calls itself never ends
        ("q",),
        ("@", Keys.Any),
        (Keys.ControlK,),  # digraphs swallow the next two letters, and some are control characters; it kills the line
        (Keys.ControlV,),  # quoted insert of control characters, and the selection of blocks, with its several cursors
        (Keys.ControlD,),  # in insert mode these indent, and move the cursor to the line's beginning
        (Keys.ControlT,),
        (Keys.ControlO,),  # one command in insert mode: pressed by mistake, it costs a letter
        (Keys.Insert,),
        (Keys.ControlX, Keys.ControlL),
        (Keys.ControlX, Keys.ControlF),
        (">",),  # with a count, they indent by as many steps; `>>` and `<<` remain
        ("<",),
        ("#",),  # these search the whole history as often as a count says; so do `n` and `N`, which are ours
        ("*",),
        ("n",),
        ("N",),
        *((digit,) for digit in "123456789"),
    }
)

_MODE_NAMES = {
    InputMode.NAVIGATION: "NORMAL",
    InputMode.REPLACE: "REPLACE",
    InputMode.REPLACE_SINGLE: "REPLACE",
    InputMode.INSERT_MULTIPLE: "",
    InputMode.INSERT: "",
}


def vi_key_bindings() -> KeyBindingsBase:
    """Return the bindings for all fields of an application."""
    know_all_letters()
    keys = KeyBindings()
    for binding in load_vi_bindings().bindings:
        if binding.keys not in _UNBOUND:
            handler = _for_text_alone(binding) if binding.keys[-1] == Keys.Any else binding.handler
            keys.add(*binding.keys, filter=binding.filter, save_before=binding.save_before)(handler)
    counting = vi_navigation_mode | vi_selection_mode | vi_waiting_for_text_object_mode

    def count(event: KeyPressEvent) -> None:
        event.append_to_arg_count(event.data)
        processor = event.key_processor
        if int(processor.arg or 0) > _MAX_COUNT:
            processor.arg = str(_MAX_COUNT)

    for digit in "123456789":
        keys.add(digit, filter=counting)(count)
    keys.add("0", filter=counting & has_arg)(count)

    @keys.add("n", filter=vi_navigation_mode & ~vi_waiting_for_text_object_mode)
    def _next_match(event: KeyPressEvent) -> None:
        event.current_buffer.apply_search(event.app.current_search_state, include_current_position=False)

    @keys.add("N", filter=vi_navigation_mode & ~vi_waiting_for_text_object_mode)
    def _previous_match(event: KeyPressEvent) -> None:
        event.current_buffer.apply_search(~event.app.current_search_state, include_current_position=False)

    keys.add("c-v", "tab", filter=vi_insert_mode)(insert_tab)
    return ConditionalKeyBindings(keys, vi_mode & buffer_has_focus)


def _for_text_alone(binding: Binding) -> Callable[[KeyPressEvent], object]:
    """Return a handler of any character that is not called for other keys: they count by themselves."""

    def run(event: KeyPressEvent) -> object:
        press = event.key_sequence[-1]
        if is_text(press):
            return binding.handler(event)
        if len(event.key_sequence) > 1:
            event.key_processor.feed(press, first=True)
        return None

    return run


def prompt_vi_key_bindings(
    insert_newline: Callable[[], None],
    take_back: Callable[[], object],
    stop: Callable[[], object],
    *,
    typing: Filter,
    empty: Filter,
    can_take_back: Filter,
) -> KeyBindings:
    """Return the bindings for Esc while a message is written.

    `insert_newline` is the action of Alt-Enter, `stop` that of Esc on an empty line, and `take_back` that of `k` there.
    """
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
        buffer.cursor_position += buffer.document.get_cursor_left_position()
        if not buffer.text:
            stop()

    @keys.add("escape", filter=typing & empty & vi_navigation_mode, eager=True)
    def _stop(event: KeyPressEvent) -> None:
        event.app.vi_state.input_mode = InputMode.NAVIGATION  # which also ends what waits for a motion
        stop()

    @keys.add("k", filter=typing & empty & can_take_back & vi_navigation_mode)
    def _take_back(_: KeyPressEvent) -> None:
        take_back()

    return keys


def mode_name(app: Application[None]) -> str:
    """Return the mode's name for the bottom line; empty while keys insert text."""
    if app.vi_state.input_mode is InputMode.NAVIGATION and app.current_buffer.selection_state is not None:
        return "VISUAL"
    return _MODE_NAMES[app.vi_state.input_mode]
