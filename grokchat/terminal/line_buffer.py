"""What was typed before."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory, ThreadedHistory

from grokchat.secret_scan import find_secrets
from grokchat.system.files import make_private_folder


class LineBuffer(Buffer):
    """prompt_toolkit's, but for a history that is there at once when the line has been cleared, not a moment later.

    `keeps` says which lines go into it.
    """

    def __init__(self, *, keeps: Callable[[str], bool], **options: Any) -> None:
        self._keeps = keeps
        super().__init__(**options)

    def append_to_history(self) -> None:
        if self._keeps(self.text):
            super().append_to_history()

    def reset(self, document: Document | None = None, append_to_history: bool = False) -> None:
        super().reset(document, append_to_history)
        if self.history._loaded:  # noqa: SLF001 - there is no public way to ask
            earlier, at = self.history.get_strings(), self.cursor_position
            self._working_lines.extendleft(reversed(earlier))
            self.working_index = len(earlier)
            self.cursor_position = at

    def load_history_if_not_yet_loaded(self) -> None:
        if len(self._working_lines) == 1 and not self.history._loaded:  # noqa: SLF001
            super().load_history_if_not_yet_loaded()


def history_in(path: Path | None) -> History:
    """Return the history that is kept in a file that only its owner can read, or in memory."""
    if path is None:
        return InMemoryHistory()
    try:
        make_private_folder(path.parent)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    except OSError:
        return InMemoryHistory()  # a history that cannot be kept must not keep anyone from talking
    return ThreadedHistory(_KeptHistory(str(path)))


class _KeptHistory(FileHistory):
    def store_string(self, string: str) -> None:
        if find_secrets(string):
            return  # it stays in memory, and on no disk: its sending may be refused, and a history is kept for ever
        with contextlib.suppress(OSError, UnicodeEncodeError):
            super().store_string(string)
