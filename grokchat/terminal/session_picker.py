"""Choosing a session, before the chat begins or in it: newest first, filtered as one types.

The list is on the screen at once and fills while the sessions are read, in a thread of its own: keys are answered
meanwhile, however many sessions there are and however large one is.
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
from grokchat.render.sanitize import visible_line
from grokchat.session.store import Library
from grokchat.session.summary import Progress, Summary
from grokchat.terminal.channel import left_by_signals
from grokchat.units import byte_size

_WIDE = 70
"""Columns: in a narrower window there is room for the time and the words alone."""
_AROUND = 3
"""Rows beside the list: what is typed, how far the reading is, and one for the cursor to stay on the screen."""
_OFTEN = 0.05
"""Seconds between two drawings of a list that fills."""


class Picker:
    """A list to choose from. `choice` becomes the chosen session's file, None, or a FileError if there is no session.

    `container` goes into a layout, `control` takes the keys; `refresh` is called when there is something new to show;
    `most` is how many rows it may have.
    """

    def __init__(
        self,
        library: Library,
        now: datetime,
        size: Callable[[], Size],
        refresh: Callable[[], object],
        *,
        most: int = 99,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.choice: asyncio.Future[Path | None] = loop.create_future()
        self._loop = loop
        self._library = library
        self._now = now
        self._size = size
        self._refresh = refresh
        self._most = most
        self._progress = Progress()
        self._found: list[Summary] = []
        self._matching: list[Summary] = []
        self._looked_at, self._looked_for = 0, ""
        self._at = 0
        self._typed = Buffer(multiline=False, on_text_changed=lambda _: self._move(-self._at))
        self.control = BufferControl(self._typed, key_bindings=self._keys())
        self.container = HSplit(
            [
                Window(self.control, height=1, get_line_prefix=lambda _line, _wrap: [("bold", "resume: ")]),
                Window(FormattedTextControl(self._rows), wrap_lines=False, dont_extend_height=True),
                Window(FormattedTextControl(self._foot), height=1),
            ]
        )

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read the sessions, until this is left."""
        threading.Thread(target=self._read, daemon=True).start()
        try:
            yield
        finally:
            self._progress.stopped = True

    def leave(self) -> None:
        """Choose none."""
        if not self.choice.done():
            self.choice.set_result(None)

    # -- reading -----------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        problem: FileError | None = None
        try:
            for one in self._library.summaries(self._progress):
                self._found.append(one)
                if len(self._found) == 1:
                    self._later(self._refresh)
                    self._later(self._tick)
        except FileError as error:
            problem = error
        self._later(lambda: self._has_read(problem))

    def _later(self, what: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # the loop may be closed by now
            self._loop.call_soon_threadsafe(what)

    def _tick(self) -> None:
        if not self.choice.done() and self._is_reading:
            self._refresh()
            self._loop.call_later(_OFTEN, self._tick)

    def _has_read(self, problem: FileError | None) -> None:
        if problem is None and not self._found and not self._progress.stopped:
            problem = FileError(self._library.folder, "there is no saved session yet")
        if problem is not None and not self.choice.done():
            self.choice.set_exception(problem)
        self._refresh()

    @property
    def _is_reading(self) -> bool:
        return self._progress.done < self._progress.total or not self._progress.total

    # -- showing -----------------------------------------------------------------------------------------------------

    def _matches(self) -> list[Summary]:
        """Return what matches the words that are typed; only what is new is looked at again."""
        if self._typed.text != self._looked_for:
            self._matching, self._looked_at, self._looked_for = [], 0, self._typed.text
        words = self._looked_for.casefold().split()
        count = len(self._found)
        for one in self._found[self._looked_at : count]:
            if not words or all(word in f"{one.id} {one.name} {one.first} {one.model}".casefold() for word in words):
                self._matching.append(one)
        self._looked_at = count
        return self._matching

    def _rows(self) -> StyleAndTextTuples:
        found, size = self._matches(), self._size()
        room = max(1, min(size.rows - _AROUND, self._most))
        chosen = min(self._at, len(found) - 1)
        first = max(0, chosen - room + 1)
        lines: StyleAndTextTuples = []
        for number, one in enumerate(found[first : first + room], first):
            lines.append(("reverse" if number == chosen else "", _row(one, self._now, size.columns)))
            lines.append(("", "\n"))
        if lines:
            return lines[:-1]
        return [("", "…" if self._is_reading else "no session matches")]

    def _foot(self) -> StyleAndTextTuples:
        found = self._matches()
        where = f"{min(self._at + 1, len(found)):,} of {len(found):,}"
        read = f" · {self._progress.done:,} of {self._progress.total:,} read" if self._is_reading else ""
        keys = "Enter opens, Esc goes back" if self._size().columns >= _WIDE else "Esc goes back"
        return [("class:status", f"{where}{read} · {keys}")]

    # -- keys --------------------------------------------------------------------------------------------------------

    def _move(self, by: int) -> None:
        self._at = max(0, min(self._at + by, len(self._matches()) - 1))

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()
        for names, step in ((("up", "c-p"), -1), (("down", "c-n"), 1), (("pageup",), -10), (("pagedown",), 10)):
            for name in names:
                keys.add(name)(lambda _, by=step: self._move(by))

        @keys.add("enter")
        def _choose(_: KeyPressEvent) -> None:
            found = self._matches()
            if found and not self.choice.done():
                self.choice.set_result(found[min(self._at, len(found) - 1)].path)

        @keys.add("<sigint>")
        @keys.add("c-c")
        @keys.add("c-d")
        @keys.add("escape", eager=True)
        def _cancel(_: KeyPressEvent) -> None:
            self.leave()

        return keys


async def pick(channel: tuple[Input, Output], library: Library, now: datetime) -> Path | None:
    """Let the user choose; return the session's file, or None. Raises FileError if there is none to choose from."""
    source, output = channel

    def draw() -> None:
        app.invalidate()

    picker = Picker(library, now, output.get_size, draw)
    app: Application[None] = Application(
        layout=Layout(picker.container, focused_element=picker.control),
        erase_when_done=True,
        input=source,
        output=output,
    )

    def leave() -> None:
        if app.is_running and not app.is_done:
            app.exit()

    picker.choice.add_done_callback(lambda _: leave())
    try:
        with left_by_signals(picker.leave), picker.reading():
            # Chosen before it ran, it has been left already.
            await app.run_async(pre_run=lambda: leave() if picker.choice.done() else None)
    except EOFError:
        picker.leave()  # the terminal is gone
    return await picker.choice


def _row(one: Summary, now: datetime, columns: int) -> str:
    when = datetime.fromtimestamp(one.updated, tz=now.tzinfo).astimezone()
    if columns < _WIDE:
        return visible_line(f"{when:%m-%d %H:%M}  {one.title}")
    about = f"{when:%Y-%m-%d %H:%M}  {one.messages:5,} messages  {byte_size(one.size):>7}  {one.model or '-':10.10}"
    return visible_line(f"{about}  {one.title}")
