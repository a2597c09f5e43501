"""The keys that edit a line, in the prompt and in every other field: all of them, in place of prompt_toolkit's own.

prompt_toolkit binds more than readline does, and some of it loses text: a selection in which letters are not inserted,
commands that send the line, numbers that are not inserted but repeat the next key, keyboard macros, digraphs. Here each
key does what readline does, or nothing. No selection, no quoted insert of control characters, no macros and no counts:
what is not in the tables below is swallowed. `vi_mode` adds vi's keys.
"""

from __future__ import annotations

from prompt_toolkit.application import get_app
from prompt_toolkit.filters import (
    Condition,
    buffer_has_focus,
    emacs_insert_mode,
    emacs_mode,
    vi_insert_mode,
)
from prompt_toolkit.key_binding import KeyBindings, KeyBindingsBase, KeyPressEvent, merge_key_bindings
from prompt_toolkit.key_binding.bindings.named_commands import get_by_name
from prompt_toolkit.key_binding.key_bindings import ConditionalKeyBindings
from prompt_toolkit.keys import Keys

from grokchat.terminal import editing_commands as commands
from grokchat.terminal.editing_commands import Command
from grokchat.terminal.words import blank_word_start, word_end, word_start

_MOVES: dict[str, str | Command] = {
    "left, s-left": commands.backward_char,
    "right, s-right": commands.forward_char,
    "home, s-home": "beginning-of-line",
    "end, s-end": "end-of-line",
    "up, s-up": commands.previous_line,
    "down, s-down": commands.next_line,
    "pageup": "previous-history",
    "pagedown": "next-history",
    "c-left, c-s-left": commands.backward_word,
    "c-right, c-s-right": commands.forward_word,
    "c-home, c-s-home": "beginning-of-buffer",
    "c-end, c-s-end": "end-of-buffer",
    "c-l": "clear-screen",
}
"""Keys of both modes that change nothing. With Shift they do the same: there is no selection."""

_EMACS: dict[str, str | Command] = {
    "c-a": "beginning-of-line",
    "c-e": "end-of-line",
    "c-b": commands.backward_char,
    "c-f": commands.forward_char,
    "escape b, escape left, escape c-left": commands.backward_word,
    "escape f, escape right, escape c-right": commands.forward_word,
    "c-p": commands.previous_line,
    "c-n": commands.next_line,
    "escape <": "beginning-of-history",
    "escape >": "end-of-history",
    "c-y": "yank",
    "escape y": "yank-pop",
    "escape ., escape _": "yank-last-arg",
    "escape c-y": "yank-nth-arg",
    "escape t": commands.transpose_words,
    "escape u": commands.change_word(str.upper),
    "escape l": commands.change_word(str.lower),
    "escape c": commands.change_word(commands.capitalize),
    "escape \\": commands.delete_horizontal_space,
    "c-q tab, c-v tab": commands.insert_tab,
}

_KEPT_AFTER_ESCAPE = frozenset({Keys.Escape, Keys.BracketedPaste, Keys.ControlC, Keys.ControlD, Keys.SIGINT})
"""Keys that count by themselves even if they arrive together with an Esc; any other one is an Alt-key then."""


@Condition
def escape_is_alone() -> bool:
    """Whether an Esc that is being handled is the key, and not the beginning of an Alt-key, whose rest is waiting."""
    waiting = get_app().key_processor.input_queue
    return not waiting or waiting[0].key == Keys.Ignore


def editing_key_bindings() -> KeyBindingsBase:
    """Return the bindings for all fields of an application."""
    keys = KeyBindings()
    _add(keys, _MOVES)
    _add_insertions(keys)
    emacs = KeyBindings()
    _add(emacs, _EMACS)
    _add_escape(emacs)
    for sequence in (("c-_",), ("c-x", "c-u")):
        emacs.add(*sequence, save_before=lambda _: False)(get_by_name("undo"))
    merged = merge_key_bindings([keys, ConditionalKeyBindings(emacs, emacs_mode)])
    return ConditionalKeyBindings(merged, buffer_has_focus)


def _add(keys: KeyBindings, table: dict[str, str | Command]) -> None:
    for sequences, command in table.items():
        for sequence in sequences.split(", "):
            keys.add(*sequence.split())(get_by_name(command) if isinstance(command, str) else command)


def _add_insertions(keys: KeyBindings) -> None:
    """Add the keys that change text in both modes. Repeated, they are one step of undo."""
    inserting = emacs_insert_mode | vi_insert_mode
    kill = commands.Kills().kill

    def is_first(event: KeyPressEvent) -> bool:
        return not event.is_repeat

    changes: list[tuple[str, Command]] = [
        (Keys.Any, commands.self_insert),
        ("backspace", commands.backward_delete_char),
        ("delete", commands.delete_char),
        ("s-delete", commands.delete_char),
        ("c-d", commands.delete_char),
    ]
    for key, command in changes:
        keys.add(key, filter=inserting, save_before=is_first)(command)
    for sequence, command in (
        (("c-w",), kill(blank_word_start)),
        (("c-u",), kill(commands.to_line_start)),
        (("c-k",), kill(commands.to_line_end)),
        (("c-delete",), kill(word_end)),
        (("escape", "d"), kill(word_end)),
        (("escape", "delete"), kill(word_end)),
        (("escape", "backspace"), kill(word_start)),
    ):
        keys.add(*sequence, filter=inserting if len(sequence) == 1 else emacs_insert_mode)(command)
    keys.add(Keys.BracketedPaste)(commands.insert_paste)
    keys.add("c-t", filter=inserting)(commands.transpose_chars)


def _add_escape(keys: KeyBindings) -> None:
    """Add Esc alone, which acts at once, and Esc as the beginning of an Alt-key, which arrives in one piece."""
    keys.add("escape", filter=escape_is_alone, eager=True)(commands.do_nothing)
    keys.add("escape")(commands.do_nothing)

    @keys.add("escape", Keys.Any)
    def _unbound(event: KeyPressEvent) -> None:
        press = event.key_sequence[-1]
        if press.key in _KEPT_AFTER_ESCAPE:
            event.key_processor.feed(press, first=True)
