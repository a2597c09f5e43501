"""What takes the prompt's place, and its keys, for one answer: a list to choose from, or a hidden input."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from prompt_toolkit.data_structures import Size

from grokchat.terminal.layout import PromptLayout

if TYPE_CHECKING:
    from grokchat.terminal.hidden_input import HiddenInput
    from grokchat.terminal.picker import Picker
    from grokchat.terminal.rows import RowSource

_MAX_PICKER_ROWS = 10


class Dialogs:
    """Shows them in a prompt, which returns unchanged. `size` is the window's."""

    def __init__(self, prompt: PromptLayout, size: Callable[[], Size], refresh: Callable[[], object]) -> None:
        self._prompt = prompt
        self._size = size
        self._refresh = refresh

    async def choose(self, rows: RowSource) -> Any:
        """Let the user choose a row; return its value, or None if none was chosen. Raises FileError."""
        from grokchat.terminal.picker import Picker

        picker = Picker(rows, self._size, self._refresh, max_rows=_MAX_PICKER_ROWS)
        with self._showing(picker), picker.reading():
            return await picker.choice

    async def ask_hidden(self, question: str) -> str | None:
        """Ask for a text without showing it; return None if the user cancels."""
        from grokchat.terminal.hidden_input import HiddenInput

        hidden = HiddenInput(question)
        with self._showing(hidden):
            return await hidden.answer

    @contextmanager
    def _showing(self, dialog: Picker | HiddenInput) -> Iterator[None]:
        try:
            with self._prompt.replaced_by(dialog.container, dialog.control):
                self._refresh()
                yield
        finally:
            self._refresh()
