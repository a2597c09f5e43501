"""Choosing a session before the chat begins: newest first, filtered as one types."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from pathlib import Path

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import HSplit, Layout, Window
from prompt_toolkit.layout.controls import BufferControl, FormattedTextControl
from prompt_toolkit.output import Output

from grokchat.errors import FileError
from grokchat.library import Library
from grokchat.render.text import visible_line
from grokchat.summaries import Summary
from grokchat.terminal.keyboard import left_by_signals

_MANY = 1000
_WIDE = 70
"""Columns: in a narrower window there is room for the time and the words alone."""


async def pick(channel: tuple[Input, Output], library: Library, now: datetime) -> Path | None:
    """Let the user choose; return the session's file, or None. Raises FileError if there is none to choose from."""
    sessions = list(islice(library.summaries(), _MANY))
    if not sessions:
        raise FileError(library.folder, "there is no saved session yet")
    source, output = channel
    typed = Buffer(multiline=False)
    at = 0

    def matching() -> list[Summary]:
        words = typed.text.lower().split()
        return [one for one in sessions if all(word in f"{one.id} {one.name} {one.first}".lower() for word in words)]

    def rows() -> StyleAndTextTuples:
        found, room = matching(), max(1, output.get_size().rows - 3)
        first = max(0, min(at, len(found) - 1) - room + 1)
        lines: StyleAndTextTuples = []
        for number, one in enumerate(found[first : first + room], first):
            style = "reverse" if number == min(at, len(found) - 1) else ""
            lines.append((style, f"{_row(one, now, output.get_size().columns)}\n"))
        return lines or [("", "no session matches\n")]

    keys = KeyBindings()

    def move(by: int) -> None:
        nonlocal at
        at = max(0, min(at + by, len(matching()) - 1))

    keys.add("up")(lambda _: move(-1))
    keys.add("down")(lambda _: move(1))

    @keys.add("enter")
    def _choose(event: KeyPressEvent) -> None:
        found = matching()
        if found:
            event.app.exit(result=found[min(at, len(found) - 1)].path)

    @keys.add("<sigint>")
    @keys.add("c-c")
    @keys.add("c-d")
    @keys.add("escape", eager=True)
    def _cancel(event: KeyPressEvent) -> None:
        if not event.app.is_done:
            event.app.exit(result=None)

    control = BufferControl(typed)
    body = HSplit(
        [
            Window(control, height=1, get_line_prefix=lambda _line, _wrap: [("bold", "resume: ")]),
            Window(FormattedTextControl(rows), wrap_lines=False, dont_extend_height=True),
        ]
    )
    app: Application[Path | None] = Application(
        layout=Layout(body, focused_element=control),
        key_bindings=keys,
        erase_when_done=True,
        input=source,
        output=output,
    )

    def leave() -> None:
        if app.is_running and not app.is_done:
            app.exit(result=None)

    try:
        with left_by_signals(leave):
            return await app.run_async()
    except EOFError:
        return None  # the terminal is gone


def _row(one: Summary, now: datetime, columns: int) -> str:
    when = datetime.fromtimestamp(one.updated, tz=now.tzinfo).astimezone()
    if columns < _WIDE:
        return visible_line(f"{when:%m-%d %H:%M}  {one.name or one.first}")
    about = f"{when:%Y-%m-%d %H:%M}  {one.messages:4} messages  {one.model or '-':10.10}  {one.name or one.first}"
    return visible_line(about)
