"""A question in the prompt's place whose answer is not shown: an API key. It goes into no history and no scrollback."""

from __future__ import annotations

import asyncio

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import HSplit, Window
from prompt_toolkit.layout.controls import BufferControl, FormattedTextControl
from prompt_toolkit.layout.processors import PasswordProcessor

from grokchat.terminal.heights import UP_TO_ONE_ROW

_KEYS = "Enter submits, Esc goes back"


class HiddenInput:
    """`answer` becomes the typed text, or None. `container` goes into a layout, and `control` has the keys."""

    def __init__(self, question: str) -> None:
        self.answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._typed = Buffer(multiline=False)
        self.control = BufferControl(
            self._typed, input_processors=[PasswordProcessor()], key_bindings=self._key_bindings()
        )
        self.container = HSplit(
            [
                Window(self.control, height=1, get_line_prefix=lambda _line, _wrap: [("class:label", question)]),
                Window(FormattedTextControl([("class:muted", _KEYS)]), height=UP_TO_ONE_ROW),
            ]
        )

    def _end(self, answer: str | None) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)

    def _key_bindings(self) -> KeyBindings:
        keys = KeyBindings()

        @keys.add("enter")
        def _take(_: KeyPressEvent) -> None:
            self._end(self._typed.text)

        @keys.add(Keys.BracketedPaste)
        def _paste(event: KeyPressEvent) -> None:
            self._typed.insert_text(event.data.strip())  # what was copied may end in a newline

        @keys.add("<sigint>")
        @keys.add("c-c")
        @keys.add("c-d")
        @keys.add("escape", eager=True)
        def _go_back(_: KeyPressEvent) -> None:
            self._end(None)

        return keys
