"""A list to choose a row from, in place of the prompt or before the chat begins.

Typed words filter the rows; Enter selects one, Esc and Ctrl-C cancel. Rows that may be thousands of files are
read in a thread and shown as they arrive. The source defines what they are (`RowSource`).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.data_structures import Size
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import ConditionalContainer, HSplit, Layout, Window
from prompt_toolkit.layout.controls import BufferControl, FormattedTextControl
from prompt_toolkit.output import Output
from prompt_toolkit.styles import Style

from grokchat.errors import FileError
from grokchat.render.cells import cell_width
from grokchat.render.theme import STYLES
from grokchat.session.summary import Progress
from grokchat.terminal.heights import UP_TO_ONE_ROW
from grokchat.terminal.input import ESCAPE_TIMEOUT_S
from grokchat.terminal.rows import Row, RowSource
from grokchat.terminal.signals import leaving_on_signals

_ROWS_AROUND = 3
"""The rows around the list: the typed words, the progress, and one that keeps the cursor on the screen."""
_REDRAW_INTERVAL_S = 0.05
"""The interval between two drawings of a list that fills."""


class Picker:
    """A list of rows. `choice` becomes the chosen row's value, None, or a FileError if there are no rows.

    `container` goes into a layout, and `control` has the keys. `refresh` is called when the list has changed.
    """

    def __init__(
        self,
        source: RowSource,
        size: Callable[[], Size],
        refresh: Callable[[], object],
        *,
        max_rows: int = 99,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.choice: asyncio.Future[Any] = loop.create_future()
        self._loop = loop
        self._source = source
        self._size = size
        self._refresh = refresh
        self._max_rows = max_rows
        self._progress = Progress()
        self._rows: list[Row] = []
        self._matching: list[Row] = []
        self._filtered_count, self._filter = 0, ""
        self._selected = 0
        self._typed = Buffer(multiline=False, on_text_changed=lambda _: self._move(-self._selected))
        self.control = BufferControl(self._typed, key_bindings=self._keys())
        self.container = HSplit(
            [
                Window(self.control, height=1, get_line_prefix=self._label),
                ConditionalContainer(
                    Window(FormattedTextControl(self._head_fragments), height=UP_TO_ONE_ROW),
                    Condition(lambda: bool(self._head())),
                ),
                Window(FormattedTextControl(self._row_fragments), wrap_lines=False, dont_extend_height=True),
                Window(FormattedTextControl(self._status_fragments), height=UP_TO_ONE_ROW),
            ]
        )

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read the rows, in a thread while the block runs if they are in files."""
        if self._source.reads_files:
            threading.Thread(target=self._read, daemon=True).start()
        else:
            self._read()
        try:
            yield
        finally:
            self._progress.is_stopped = True

    def cancel(self) -> None:
        """Choose nothing."""
        if not self.choice.done():
            self.choice.set_result(None)

    # -- reading -----------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        error: FileError | None = None
        try:
            for number, row in enumerate(self._source.rows(self._progress)):
                self._rows.append(row)
                if row.is_current:
                    self._call_in_loop(partial(self._preselect, number))
                if not number:
                    self._call_in_loop(self._refresh)
                    self._call_in_loop(self._redraw_while_reading)
        except FileError as raised:
            error = raised
        self._call_in_loop(lambda: self._finish_reading(error))

    def _call_in_loop(self, callback: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # the loop may be closed by now
            self._loop.call_soon_threadsafe(callback)

    def _redraw_while_reading(self) -> None:
        if not self.choice.done() and self._is_reading:
            self._refresh()
            self._loop.call_later(_REDRAW_INTERVAL_S, self._redraw_while_reading)

    def _finish_reading(self, error: FileError | None) -> None:
        if error is None and not self._rows and not self._progress.is_stopped:
            error = self._source.empty_error
        if error is not None and not self.choice.done():
            self.choice.set_exception(error)
        self._refresh()

    def _preselect(self, number: int) -> None:
        """Select the current row, unless the user has chosen or typed something already."""
        if not self._selected and not self._typed.text:
            self._selected = number

    @property
    def _is_reading(self) -> bool:
        return self._progress.done < self._progress.total or not self._progress.total

    # -- showing -----------------------------------------------------------------------------------------------------

    def _matches(self) -> list[Row]:
        """Return the rows that match the typed words. Only rows added since the last call are compared."""
        if self._typed.text != self._filter:
            self._matching, self._filtered_count, self._filter = [], 0, self._typed.text
        words = self._filter.casefold().split()
        count = len(self._rows)
        for row in self._rows[self._filtered_count : count]:
            if all(word in row.words for word in words):
                self._matching.append(row)
        self._filtered_count = count
        return self._matching

    def _label(self, _line: int, _wrap: int) -> StyleAndTextTuples:
        return [("class:label", f"{self._source.title}: ")]

    def _head(self) -> str:
        return self._source.head(self._size().columns)

    def _head_fragments(self) -> StyleAndTextTuples:
        return [("class:muted", self._head())]

    def _row_fragments(self) -> StyleAndTextTuples:
        matches, size = self._matches(), self._size()
        around = _ROWS_AROUND + bool(self._head())
        room = max(1, min(size.rows - around, self._max_rows))
        selected = min(self._selected, len(matches) - 1)
        first = max(0, selected - room + 1)
        lines: StyleAndTextTuples = []
        for number, row in enumerate(matches[first : first + room], first):
            lines.append(("class:selected" if number == selected else "", row.line(size.columns)))
            lines.append(("", "\n"))
        if lines:
            return lines[:-1]
        return [("", "…" if self._is_reading else self._source.no_match)]

    def _status_fragments(self) -> StyleAndTextTuples:
        count = len(self._matches())
        where = f"{min(self._selected + 1, count):,} of {count:,}"
        read = f" · {self._progress.done:,} of {self._progress.total:,} read" if self._is_reading else ""
        leave = "Esc goes back"
        line = f"{where}{read} · {self._source.on_enter}, {leave}"
        fits = cell_width(line) <= self._size().columns
        return [("class:muted", line if fits else f"{where}{read} · {leave}")]

    # -- keys --------------------------------------------------------------------------------------------------------

    def _move(self, by: int) -> None:
        self._selected = max(0, min(self._selected + by, len(self._matches()) - 1))

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()
        for names, step in ((("up", "c-p"), -1), (("down", "c-n"), 1), (("pageup",), -10), (("pagedown",), 10)):
            for name in names:
                keys.add(name)(lambda _, by=step: self._move(by))

        @keys.add("enter")
        def _choose(_: KeyPressEvent) -> None:
            matches = self._matches()
            if matches and not self.choice.done():
                self.choice.set_result(matches[min(self._selected, len(matches) - 1)].value)

        @keys.add("<sigint>")
        @keys.add("c-c")
        @keys.add("c-d")
        @keys.add("escape", eager=True)
        def _cancel(_: KeyPressEvent) -> None:
            self.cancel()

        return keys


async def pick(channel: tuple[Input, Output], source: RowSource) -> Any:
    """Let the user choose a row; return its value, or None. Raises FileError if there are no rows."""
    terminal_input, output = channel

    def draw() -> None:
        app.invalidate()

    picker = Picker(source, output.get_size, draw)
    app: Application[None] = Application(
        layout=Layout(picker.container, focused_element=picker.control),
        style=Style.from_dict({name: STYLES[name] for name in ("label", "selected")}),
        erase_when_done=True,
        input=terminal_input,
        output=output,
    )

    app.ttimeoutlen = ESCAPE_TIMEOUT_S

    def leave() -> None:
        if app.is_running and not app.is_done:
            app.exit()

    picker.choice.add_done_callback(lambda _: leave())
    try:
        with leaving_on_signals(picker.cancel), picker.reading():
            # The choice may have been made before the application runs.
            await app.run_async(pre_run=lambda: leave() if picker.choice.done() else None)
    except EOFError:
        picker.cancel()  # the terminal is gone
    return await picker.choice
