"""The rest of the newest earlier line that begins with the typed text: shown after the cursor, accepted with a key.

Nothing is ever sent that was not accepted. Lines with newlines are not suggested, nor what looks like a secret.

The search is bounded, so that a key is echoed at once however long the history is: with 100,000 lines it takes 0.6 ms
at most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prompt_toolkit.application import get_app
from prompt_toolkit.filters import Condition, emacs_mode, has_focus, vi_insert_mode
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.vi_state import InputMode
from prompt_toolkit.layout.controls import BufferControl
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput

from grokchat.render.cells import truncate
from grokchat.render.sanitize import visible_line
from grokchat.terminal.line_buffer import LineBuffer
from grokchat.terminal.line_rows import INDENT, message_columns, rows_of_line
from grokchat.terminal.words import word_end

_MAX_LINES = 10_000
"""Earlier lines that are searched, the newest."""
_MAX_LINE_CHARS = 1000
_MIN_CELLS = 2
"""With less room after the cursor nothing is suggested: it would make a row of its own, and move the screen."""


class EarlierLines:
    """The newest lines of a history, searched by their beginning."""

    def __init__(self) -> None:
        self._by_first_char: dict[str, list[str]] = {}
        """The lines that begin with each character, the oldest first."""

    def add(self, lines: Iterable[str]) -> None:
        """Add newer lines, the oldest first."""
        for line in lines:
            if line and len(line) <= _MAX_LINE_CHARS and "\n" not in line:
                self._by_first_char.setdefault(line[0], []).append(line)

    def find(self, beginning: str) -> str:
        """Return the rest of the newest line that begins with this text and is longer; "" if there is none."""
        from grokchat.secret_scan import find_secrets

        for line in reversed(self._by_first_char.get(beginning[:1], ())):
            if line.startswith(beginning) and len(line) > len(beginning) and not find_secrets(line):
                return line[len(beginning) :]
        return ""


class HistorySuggestion:
    """The suggestion for the line at the prompt. `is_allowed` returns whether there may be one now at all."""

    def __init__(self, buffer: LineBuffer, *, is_allowed: Callable[[], bool], columns: Callable[[], int]) -> None:
        self._buffer = buffer
        self._is_allowed = is_allowed
        self._columns = columns
        self._lines = EarlierLines()
        self._count = 0
        """How many lines of the history are in `_lines`, or are too old for it."""
        self._last = ("", "")
        """The text that was asked for last, and what was found."""
        self._taken = ""
        """The line after a part of the suggestion was taken: the rest is suggested on."""

    @property
    def text(self) -> str:
        """What would follow the text in the line; "" if nothing is suggested."""
        buffer = self._buffer
        text = buffer.text
        if (
            not text.strip()
            or "\n" in text
            or buffer.cursor_position < len(text)
            or len(text) > _MAX_LINE_CHARS
            or not (buffer.is_typed or text == self._taken)
            or buffer.edit is not None
            or not self._is_allowed()
            or self._cells_left(text) < _MIN_CELLS
        ):
            return ""
        return self._find(text)

    @property
    def shown(self) -> str:
        """The displayed suggestion: made visible, and cut to the rest of the row."""
        suggestion = self.text
        return truncate(visible_line(suggestion), self._cells_left(self._buffer.text)) if suggestion else ""

    def take(self, end: int | None = None) -> None:
        """Put the suggestion into the line, or its part up to this position of the line."""
        whole = self._buffer.text + self.text
        part = whole[len(self._buffer.text) : end]
        self._taken = whole[:end]
        self._buffer.insert_text(part)

    def take_word(self) -> None:
        """Put the suggestion's next word into the line."""
        self.take(word_end(self._buffer.text + self.text, len(self._buffer.text)))

    def _find(self, text: str) -> str:
        new = self._buffer.history_count - self._count
        if new > 0:
            self._lines.add(self._buffer.history.get_strings()[-min(new, _MAX_LINES) :])
            self._count, self._last = self._count + new, ("", "")
        if self._last[0] != text:
            self._last = text, self._lines.find(text)
        return self._last[1]

    def _cells_left(self, text: str) -> int:
        line, columns = visible_line(text), message_columns(text, self._columns())
        return max(1, columns - INDENT) - rows_of_line(line, columns).cell_of(len(line)) - 1


class SuggestionProcessor(Processor):
    """Draws the suggestion after the text."""

    def __init__(self, suggestion: HistorySuggestion) -> None:
        self._suggestion = suggestion

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        fragments = transformation_input.fragments
        shown = self._suggestion.shown
        return Transformation([*fragments, ("class:suggested", shown)] if shown else fragments)


def suggestion_key_bindings(suggestion: HistorySuggestion, control: BufferControl) -> KeyBindings:
    """Return the keys that take a suggestion, while there is one: those that would move the cursor to the right."""
    keys = KeyBindings()
    typing = has_focus(control) & (emacs_mode | vi_insert_mode)
    is_suggested = typing & Condition(lambda: bool(suggestion.text))

    @keys.add("right", filter=is_suggested)
    @keys.add("c-f", filter=is_suggested)
    @keys.add("end", filter=is_suggested)
    @keys.add("c-e", filter=is_suggested)
    def _take(_: KeyPressEvent) -> None:
        suggestion.take()

    @keys.add("escape", "right", filter=is_suggested)
    @keys.add("escape", "f", filter=is_suggested)
    @keys.add("c-right", filter=is_suggested)
    def _take_word(_: KeyPressEvent) -> None:
        suggestion.take_word()

    return keys


def is_inserting() -> bool:
    """Return whether keys insert text: not in vi's normal mode, and not in the box of a search."""
    app = get_app()
    return app.vi_state.input_mode is InputMode.INSERT and not app.layout.is_searching
