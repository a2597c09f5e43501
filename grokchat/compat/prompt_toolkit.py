"""The private names of prompt_toolkit, each with the reason for it and the effect if it is gone.

Only this module uses them. Other modules get the same with public names where that is possible: a key buffer and a
decoder of our own in `terminal.input`, our own list of chunks in `terminal.output`, our own SGR codes in
`terminal.screen_rows`.
"""

from __future__ import annotations

import contextlib
import re
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from prompt_toolkit import document as _document_module
from prompt_toolkit import utils as _utils_module
from prompt_toolkit.application import Application
from prompt_toolkit.application import application as _application_module
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.key_binding import KeyBindings, KeyBindingsBase
from prompt_toolkit.layout import screen as _screen_module
from prompt_toolkit.layout.screen import Char

_ASCII_LETTERS = "a-zA-Z0-9_"


class HookedApplication(Application[None]):
    """An application that asks `may_redraw` before it draws, and leaves a new window size to `handle_resize`.

    It has no key bindings but those that it is given.
    """

    def __init__(self, **options: Any) -> None:
        with _without_default_bindings():
            super().__init__(**options)
        set_default_bindings(self, KeyBindings())

    def may_redraw(self, *, is_last: bool) -> bool:  # noqa: ARG002 - for subclasses
        """Return whether to draw now. `is_last`: the application erases its screen, or leaves it in the scrollback."""
        return True

    def handle_resize(self) -> None:
        """Act on a new size of the window."""
        super()._on_resize()

    def redraw(self) -> None:
        """Draw now, if `may_redraw` allows it.

        `_redraw`: `invalidate` draws at the end of the loop's turn, after the output of other tasks. When it is gone,
        `invalidate` is used after all.
        """
        if getattr(super(), "_redraw", None) is None:
            self.invalidate()
        else:
            self._redraw()

    @property
    def is_in_terminal(self) -> bool:
        """Whether an editor or the shell has the screen.

        `_running_in_terminal`: there is no public way to ask. When it is gone, a streaming reply is drawn over an
        editor.
        """
        return bool(getattr(self, "_running_in_terminal", False))

    def _redraw(self, render_as_done: bool = False) -> None:
        # An override: prompt_toolkit draws for keys and invalidations on its own. When it is no longer called,
        # a frame may be drawn while the window's size is changing; the renderer still checks the size itself.
        if self.may_redraw(is_last=render_as_done):
            super()._redraw(render_as_done)

    def _on_resize(self) -> None:
        # An override: prompt_toolkit's own erases at once, for a size that is not final yet. When it is no longer
        # called, rows that the terminal wrapped again stay in the scrollback.
        self.handle_resize()


def set_default_bindings(application: Application[Any], bindings: KeyBindingsBase) -> None:
    """Replace the bindings that every application has, below those that it is given.

    `_default_bindings`: there is no public way. When it is gone, prompt_toolkit's remain below ours.
    """
    vars(application)["_default_bindings"] = bindings


@contextlib.contextmanager
def _without_default_bindings() -> Iterator[None]:
    """Keep an application from making its 600 default bindings, which takes 10 ms and which it then does not use.

    `application.load_key_bindings`: the module's own import of a public function. When it is gone, they are made.
    """
    names = vars(_application_module)
    load = names.get("load_key_bindings")
    if load is None:
        yield
        return
    names["load_key_bindings"] = KeyBindings
    try:
        yield
    finally:
        names["load_key_bindings"] = load


class HistoryBuffer(Buffer):
    """A buffer whose history is available as soon as the line has been cleared, not a moment later.

    prompt_toolkit loads the history again, in a task, for each new line: an Up pressed at once finds nothing.

    `History._loaded`: whether it was read. `Buffer._working_lines`: the lines that Up goes through. There is no public
    way to ask or to fill them. When they are gone, prompt_toolkit's own way remains.

    `History._loaded_strings`: its lines, whose number is asked for at every key; the public way copies them. When it is
    gone, nothing is suggested from the history.
    """

    def reset(self, document: Document | None = None, append_to_history: bool = False) -> None:
        """Clear the line, and keep its history."""
        super().reset(document, append_to_history)
        lines = self._lines
        if lines is not None and self._is_history_loaded:
            earlier, cursor = self.history.get_strings(), self.cursor_position
            lines.extendleft(reversed(earlier))
            self.working_index = len(earlier)
            self.cursor_position = cursor

    def load_history_if_not_yet_loaded(self) -> None:
        """Load the history, unless `reset` had it: it has not where it was still being read then."""
        lines = self._lines
        if lines is None or (len(lines) == 1 and (not self._is_history_loaded or self.history_count)):
            super().load_history_if_not_yet_loaded()

    @property
    def draft(self) -> str:
        """The line that was begun before the user went to an earlier one; empty on that line itself."""
        lines = self._lines
        return lines[-1] if lines is not None and not self.is_newest else ""

    @property
    def is_newest(self) -> bool:
        """Whether this is the line that Down leads to, and not an earlier one; True if that cannot be told."""
        lines = self._lines
        return lines is None or self.working_index == len(lines) - 1

    @property
    def history_count(self) -> int:
        """The number of lines in the history; 0 until it has been read."""
        return len(getattr(self.history, "_loaded_strings", ())) if self._is_history_loaded else 0

    @property
    def _lines(self) -> deque[str] | None:
        return getattr(self, "_working_lines", None)

    @property
    def _is_history_loaded(self) -> bool:
        return bool(getattr(self.history, "_loaded", False))


class _DisplayMappings(dict[str, str]):
    """The text shown in place of a character: prompt_toolkit's own mappings, and those of a function."""

    def __init__(self, own: Any, show: Callable[[str], str]) -> None:
        super().__init__(own)
        self._show = show

    def __contains__(self, char: object) -> bool:
        is_hidden = isinstance(char, str) and len(char) == 1 and not char.isascii() and self._show(char) != char
        return is_hidden or super().__contains__(char)

    def __missing__(self, char: str) -> str:
        return self._show(char)


def know_all_letters() -> None:
    """Have vi's words consist of the letters of all scripts, and their marks, not of ASCII alone.

    `document._FIND_WORD_RE` and others that have `a-zA-Z0-9_`. When they are gone or other, this does nothing, and `w`
    stops in the middle of a word with an umlaut, as `iw` does anyway.
    """
    for name, pattern in list(vars(_document_module).items()):
        if isinstance(pattern, re.Pattern) and _ASCII_LETTERS in pattern.pattern:
            letters = pattern.pattern.replace(_ASCII_LETTERS, r"\w\u0300-\u036f\u0591-\u05bd\u064b-\u0652\u0900-\u0e7f")
            setattr(_document_module, name, re.compile(letters))


def map_characters(show: Callable[[str], str]) -> None:
    """Have prompt_toolkit show each character as a function says, also those (bidi, tags) that it would let through.

    `Char.display_mappings` has no underscore but no documentation either. When it is gone, this does nothing, and a
    paste with bidi controls is displayed as prompt_toolkit sees fit; the tests of untrusted text fail then.
    """
    Char.display_mappings = _DisplayMappings(getattr(Char, "display_mappings", {}), show)


def measure_characters(width: Callable[[str], int]) -> Callable[[], None]:
    """Make prompt_toolkit lay out characters by a function's widths. Call the returned function when they have changed.

    `utils._CHAR_SIZES_CACHE` has the widths, `screen._CHAR_CACHE` characters with theirs. When they are gone, Unicode's
    widths remain, and the cursor stands beside its place in scripts in which the terminal's are others.
    """
    utils, characters = vars(_utils_module), vars(_screen_module).get("_CHAR_CACHE")
    if not isinstance(utils.get("_CHAR_SIZES_CACHE"), dict) or not isinstance(characters, dict):
        return lambda: None
    utils["_CHAR_SIZES_CACHE"] = sizes = _Sizes(width)

    def forget() -> None:
        sizes.clear()
        characters.clear()

    return forget


class _Sizes(dict[str, int]):
    """The cells of characters, and of texts as the sum of their characters."""

    def __init__(self, width: Callable[[str], int]) -> None:
        super().__init__()
        self._width = width

    def __missing__(self, text: str) -> int:
        if len(text) != 1:
            return sum(map(self.__getitem__, text))
        size = self[text] = self._width(text)
        return size
