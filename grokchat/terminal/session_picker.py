"""The list to choose a session from, before the chat begins or in it: newest first, filtered by the typed words.

The list is shown at once and fills while a thread reads the sessions. Keys work meanwhile, however many and however
large the sessions are.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.data_structures import Size
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import HSplit, Layout, Window
from prompt_toolkit.layout.controls import BufferControl, FormattedTextControl
from prompt_toolkit.output import Output

from grokchat.errors import FileError
from grokchat.render.cells import pad, truncate
from grokchat.render.sanitize import visible_line
from grokchat.session.summary import Progress, Summary, SummarySource
from grokchat.terminal.input import ESCAPE_TIMEOUT_S
from grokchat.terminal.signals import leaving_on_signals
from grokchat.units import byte_size

_MODEL_CELLS = 10
_MIN_WIDE_COLUMNS = 70
"""A narrower window has room for the time and the title only."""
_ROWS_AROUND = 3
"""The rows around the list: the typed words, the progress, and one that keeps the cursor on the screen."""
_REDRAW_INTERVAL_S = 0.05
"""The interval between two drawings of a list that fills."""


class SessionPicker:
    """A list of sessions. `choice` becomes the chosen session's file, None, or a FileError if there is no session.

    `container` goes into a layout, and `control` has the keys. `refresh` is called when the list has changed.
    """

    def __init__(
        self,
        sessions: SummarySource,
        now: datetime,
        size: Callable[[], Size],
        refresh: Callable[[], object],
        *,
        max_rows: int = 99,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.choice: asyncio.Future[Path | None] = loop.create_future()
        self._loop = loop
        self._sessions = sessions
        self._now = now
        self._size = size
        self._refresh = refresh
        self._max_rows = max_rows
        self._progress = Progress()
        self._summaries: list[Summary] = []
        self._matching: list[Summary] = []
        self._filtered_count, self._filter = 0, ""
        self._selected = 0
        self._typed = Buffer(multiline=False, on_text_changed=lambda _: self._move(-self._selected))
        self.control = BufferControl(self._typed, key_bindings=self._keys())
        self.container = HSplit(
            [
                Window(self.control, height=1, get_line_prefix=lambda _line, _wrap: [("bold", "resume: ")]),
                Window(FormattedTextControl(self._row_fragments), wrap_lines=False, dont_extend_height=True),
                Window(FormattedTextControl(self._status_fragments), height=1),
            ]
        )

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read the sessions in a thread, while the block runs."""
        threading.Thread(target=self._read, daemon=True).start()
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
            for summary in self._sessions.summaries(self._progress):
                self._summaries.append(summary)
                if len(self._summaries) == 1:
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
        if error is None and not self._summaries and not self._progress.is_stopped:
            error = FileError(self._sessions.folder, "there is no saved session yet")
        if error is not None and not self.choice.done():
            self.choice.set_exception(error)
        self._refresh()

    @property
    def _is_reading(self) -> bool:
        return self._progress.done < self._progress.total or not self._progress.total

    # -- showing -----------------------------------------------------------------------------------------------------

    def _matches(self) -> list[Summary]:
        """Return the sessions that match the typed words. Only sessions added since the last call are compared."""
        if self._typed.text != self._filter:
            self._matching, self._filtered_count, self._filter = [], 0, self._typed.text
        words = self._filter.casefold().split()
        count = len(self._summaries)
        for summary in self._summaries[self._filtered_count : count]:
            if not words or _has_words(summary, words):
                self._matching.append(summary)
        self._filtered_count = count
        return self._matching

    def _row_fragments(self) -> StyleAndTextTuples:
        matches, size = self._matches(), self._size()
        room = max(1, min(size.rows - _ROWS_AROUND, self._max_rows))
        selected = min(self._selected, len(matches) - 1)
        first = max(0, selected - room + 1)
        lines: StyleAndTextTuples = []
        for number, summary in enumerate(matches[first : first + room], first):
            lines.append(("reverse" if number == selected else "", _row(summary, self._now, size.columns)))
            lines.append(("", "\n"))
        if lines:
            return lines[:-1]
        return [("", "…" if self._is_reading else "no session matches")]

    def _status_fragments(self) -> StyleAndTextTuples:
        count = len(self._matches())
        where = f"{min(self._selected + 1, count):,} of {count:,}"
        read = f" · {self._progress.done:,} of {self._progress.total:,} read" if self._is_reading else ""
        keys = "Enter opens, Esc goes back" if self._size().columns >= _MIN_WIDE_COLUMNS else "Esc goes back"
        return [("class:status", f"{where}{read} · {keys}")]

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
                self.choice.set_result(matches[min(self._selected, len(matches) - 1)].path)

        @keys.add("<sigint>")
        @keys.add("c-c")
        @keys.add("c-d")
        @keys.add("escape", eager=True)
        def _cancel(_: KeyPressEvent) -> None:
            self.cancel()

        return keys


async def pick_session(channel: tuple[Input, Output], sessions: SummarySource, now: datetime) -> Path | None:
    """Let the user choose a session; return its file, or None. Raises FileError if there is no session."""
    terminal_input, output = channel

    def draw() -> None:
        app.invalidate()

    picker = SessionPicker(sessions, now, output.get_size, draw)
    app: Application[None] = Application(
        layout=Layout(picker.container, focused_element=picker.control),
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


def _has_words(summary: Summary, words: list[str]) -> bool:
    text = f"{summary.id} {summary.name} {summary.first} {summary.model}".casefold()
    return all(word in text for word in words)


def _row(summary: Summary, now: datetime, columns: int) -> str:
    when = datetime.fromtimestamp(summary.updated, tz=now.tzinfo).astimezone()
    if columns < _MIN_WIDE_COLUMNS:
        return visible_line(f"{when:%m-%d %H:%M}  {summary.title}")
    counts = f"{summary.messages:5,} messages  {byte_size(summary.size):>7}"
    model = pad(truncate(visible_line(summary.model or "-"), _MODEL_CELLS, mark=""), _MODEL_CELLS)
    return f"{when:%Y-%m-%d %H:%M}  {counts}  {model}  {visible_line(summary.title)}"
