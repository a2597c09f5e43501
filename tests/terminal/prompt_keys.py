"""The prompt's keys without a terminal: key presses in, what is submitted out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from types import SimpleNamespace

from prompt_toolkit.application.current import set_app
from prompt_toolkit.clipboard import InMemoryClipboard
from prompt_toolkit.data_structures import Size
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import DummyInput
from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import DummyOutput

from grokchat.render.style import TerminalStyle
from grokchat.terminal.completion_menu import Complete
from grokchat.terminal.interface import Interrupt, Submit, Typing, UserAction
from grokchat.terminal.prompt import Terminal

DATA = {key: data for data, key in ANSI_SEQUENCES.items() if isinstance(key, Keys)}


class _Output(DummyOutput):
    def __init__(self, columns: int) -> None:
        self.size = Size(rows=24, columns=columns)

    def get_size(self) -> Size:
        return self.size


class _Terminal(Terminal):
    """A terminal that is not running: nothing is drawn."""

    def _interrupt(self) -> None:
        self._actions.report(Interrupt())


class PromptKeys:
    """A prompt that is never drawn. `earlier` are the lines of its history, `complete` fills its menu.

    `suggests`: earlier lines are suggested while one is typed.
    """

    def __init__(
        self,
        *,
        vi: bool = False,
        columns: int = 80,
        earlier: Iterable[str] = (),
        complete: Complete = lambda *_: [],
        suggests: bool = False,
    ) -> None:
        self.suggests = suggests
        self.submitted: list[str] = []
        self.acts: list[UserAction] = []
        self.earlier = list(earlier)
        self.output = _Output(columns)
        self.terminal = _Terminal(
            (DummyInput(), self.output),
            history=None,
            complete=complete,
            status=str,
            style=TerminalStyle,
            vi=vi,
            suggests=lambda: self.suggests,
        )
        self.terminal._editor = SimpleNamespace(open_line=lambda: None)
        self.terminal._job_control = SimpleNamespace(suspend=lambda: None)
        self.app, self.buffer, self.menu = self.terminal._app, self.terminal._buffer, self.terminal._prompt.menu
        self.suggestion = self.terminal._prompt.suggestion
        self.history = InMemoryHistory()
        self.buffer.history = self.history
        self.terminal.listen(self._handle)
        self.restart()

    def _handle(self, action: UserAction) -> None:
        match action:
            case Submit():
                self.submitted.append(action.text)
            case Interrupt():
                self.terminal.clear_line()
            case Typing():
                pass
            case _:
                self.acts.append(action)

    def restart(self) -> None:
        """Forget everything that was typed."""
        if self.app.layout.search_target_buffer_control is not None:
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
    def killed(self) -> list[str]:
        """The entries of the kill ring."""
        return [entry.text for entry in self.app.clipboard._ring]

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
