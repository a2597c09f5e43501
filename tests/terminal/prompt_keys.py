"""The prompt's keys without a terminal: key presses in, what is submitted out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from prompt_toolkit.application.current import set_app
from prompt_toolkit.clipboard import InMemoryClipboard
from prompt_toolkit.data_structures import Size
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import DummyInput
from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
from prompt_toolkit.key_binding import merge_key_bindings
from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import DummyOutput

from grokchat.compat.prompt_toolkit import HookedApplication
from grokchat.terminal.completion_menu import Complete, CompletionMenu
from grokchat.terminal.key_bindings import KeyActions, prompt_key_bindings
from grokchat.terminal.layout import PromptLayout
from grokchat.terminal.line_buffer import LineBuffer
from grokchat.terminal.menu_bindings import menu_key_bindings

DATA = {key: data for data, key in ANSI_SEQUENCES.items() if isinstance(key, Keys)}


class PromptKeys:
    """A prompt that is never drawn. `earlier` are the lines of its history, `complete` fills its menu."""

    def __init__(
        self,
        *,
        vi: bool = False,
        columns: int = 80,
        earlier: Iterable[str] = (),
        complete: Complete = lambda *_: [],
    ) -> None:
        self.submitted: list[str] = []
        self.acts: list[str] = []
        self.earlier = list(earlier)
        self.size = Size(rows=24, columns=columns)
        self.has_question = False
        self.history = InMemoryHistory()
        self.buffer = LineBuffer(
            history=self.history,
            is_recorded=lambda _: True,
            accepts_empty=lambda: self.has_question,
            columns=lambda: self.size.columns,
            on_submit=lambda action: self.submitted.append(action.text),
            on_typing=lambda: None,
        )
        self.menu = CompletionMenu(self.buffer, complete, start=asyncio.ensure_future, on_change=lambda: None)
        self.layout = PromptLayout(
            self.buffer,
            self.menu,
            queue_rows=list,
            edit_parts=list,
            status=list,
            size=lambda: self.size,
            replacement=lambda: None,
        )
        act = self.acts.append
        actions = KeyActions(
            interrupt=self._interrupt,
            leave=lambda: act("leave"),
            edit_in_editor=lambda: act("edit"),
            suspend=lambda: act("suspend"),
        )
        self.app = HookedApplication(
            layout=self.layout.layout,
            key_bindings=merge_key_bindings(
                [
                    prompt_key_bindings(self.buffer, self.layout.control, actions, vi=vi),
                    menu_key_bindings(self.menu, self.buffer, self.layout.control, rows=lambda: self.size.rows),
                ]
            ),
            editing_mode=EditingMode.VI if vi else EditingMode.EMACS,
            input=DummyInput(),
            output=DummyOutput(),
        )
        self.app.timeoutlen = None
        self.restart()

    def _interrupt(self) -> None:
        self.acts.append("interrupt")
        self.buffer.append_to_history()
        self.buffer.reset()

    def restart(self) -> None:
        """Forget everything that was typed."""
        if self.layout.layout.search_target_buffer_control is not None:
            self.press(Keys.ControlG)
        self.submitted.clear()
        self.acts.clear()
        self.history._loaded_strings = self.earlier[::-1]
        self.history._loaded = True
        self.app.clipboard = InMemoryClipboard()
        self.app.key_processor.reset()
        self.app.vi_state.reset()
        self.app.vi_state.named_registers.clear()
        self.buffer.reset()

    def press(self, *keys: Keys | str, data: str | None = None) -> None:
        """Press keys that arrive in one piece: names of prompt_toolkit's, or characters."""
        presses = [KeyPress(key, DATA.get(key, "\x1b[9999z") if isinstance(key, Keys) else key) for key in keys]
        if data is not None:
            presses[-1].data = data
        with set_app(self.app):
            self.app.key_processor.feed_multiple(presses)
            self.app.key_processor.process_keys()

    def type(self, text: str) -> None:
        """Type a text, each letter by itself."""
        for letter in text:
            self.press(letter)

    def paste(self, text: str) -> None:
        """Paste a text."""
        self.press(Keys.BracketedPaste, data=text)

    @property
    def line(self) -> str:
        """The line with the cursor as `|`."""
        return f"{self.buffer.document.text_before_cursor}|{self.buffer.document.text_after_cursor}"


def with_keys(act: Callable[[PromptKeys], None], **options: object) -> PromptKeys:
    """Act on a prompt inside an event loop, and return it."""

    async def run() -> PromptKeys:
        prompt = PromptKeys(**options)
        act(prompt)
        return prompt

    return asyncio.run(run())
