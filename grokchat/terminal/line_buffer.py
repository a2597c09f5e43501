"""The line that is typed, and its history."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prompt_toolkit.history import FileHistory, History, InMemoryHistory, ThreadedHistory

from grokchat.compat.prompt_toolkit import HistoryBuffer
from grokchat.secret_scan import find_secrets
from grokchat.system.files import make_private_folder


class LineBuffer(HistoryBuffer):
    """The text of the prompt. `is_recorded` says which lines go into the history."""

    def __init__(self, *, is_recorded: Callable[[str], bool], **options: Any) -> None:
        self._is_recorded = is_recorded
        super().__init__(**options)

    def append_to_history(self) -> None:
        if self._is_recorded(self.text):
            super().append_to_history()


def open_history(path: Path | None) -> History:
    """Return the history in this file, which only its owner can read; without a path, or on an error, one in memory."""
    if path is None:
        return InMemoryHistory()
    try:
        make_private_folder(path.parent)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    except OSError:
        return InMemoryHistory()  # the chat works without a history
    return ThreadedHistory(_HistoryFile(str(path)))


class _HistoryFile(FileHistory):
    def store_string(self, string: str) -> None:
        if find_secrets(string):
            return  # only in memory: the user may yet refuse to send the secret, and the file is kept for ever
        with contextlib.suppress(OSError, UnicodeEncodeError):
            super().store_string(string)
