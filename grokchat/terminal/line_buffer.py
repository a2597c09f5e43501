"""The text in the prompt, and the history of earlier ones."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from prompt_toolkit.clipboard import ClipboardData
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory, ThreadedHistory
from prompt_toolkit.selection import PasteMode

from grokchat.attachments.mentions import find_mentions
from grokchat.compat.prompt_toolkit import HistoryBuffer
from grokchat.errors import FileError
from grokchat.system.files import make_private_folder, path_exists, read_file
from grokchat.terminal.cluster_buffer import ClusterBuffer
from grokchat.terminal.interface import LineEdit, Submit
from grokchat.terminal.line_rows import message_columns, move_by_row

_TYPING_INTERVAL_S = 5.0
"""The interval of reports that a line is being typed."""
_MAX_REPEATED_CHARS = 1_000_000
"""The most text that one paste of vi, which may have a count, inserts."""
_HISTORY_START = re.compile(rb"\n*(# [0-9]{4}-[0-9]{2}-[0-9]{2} |\+|\Z)")
"""How prompt_toolkit begins a history, or the rest of one whose beginning was cut off."""
_MAX_START_BYTES = 64


class LineBuffer(ClusterBuffer, HistoryBuffer):
    """The text of the prompt.

    `is_recorded` returns whether a line goes into the history, `accepts_empty` whether Enter on an empty line has a
    meaning. `columns` returns the window's width. On Enter `before_submit` is called before the line is cleared, and
    `on_submit` after that; `on_typing` when a line is begun and every few seconds while it is typed.
    """

    def __init__(
        self,
        *,
        history: History,
        is_recorded: Callable[[str], bool],
        on_submit: Callable[[Submit], object],
        before_submit: Callable[[], object] = lambda: None,
        on_typing: Callable[[], object],
        accepts_empty: Callable[[], bool] = lambda: False,
        columns: Callable[[], int] = lambda: 80,
    ) -> None:
        self._is_recorded = is_recorded
        self._accepts_empty = accepts_empty
        self._columns = columns
        self._on_submit = on_submit
        self._before_submit = before_submit
        self._on_typing = on_typing
        self._edit: LineEdit | None = None
        self._question: LineEdit | None = None
        """What each line is for that is begun now: an open question."""
        self.is_typed = False
        """Whether the last change of the text was typed, and did not come from the history or elsewhere."""
        self._has_paste = False
        self._pasted_paths: frozenset[str] = frozenset()
        self._known_pastes: dict[str, frozenset[str]] = {}
        """What pasted parts mention, of lines that may come back from the history."""
        self._is_typing = False
        self._typing_reported_at = -_TYPING_INTERVAL_S
        super().__init__(history=history, multiline=True)
        self.on_text_changed += self._mark_untyped
        self.on_text_changed += self._report_typing

    def reset(self, document: Document | None = None, append_to_history: bool = False) -> None:
        super().reset(document, append_to_history)
        self._has_paste = bool(self.text)
        self._pasted_paths = frozenset()
        self._edit = self._question

    @property
    def edit(self) -> LineEdit | None:
        """What the line is for, if it was filled for something. Not while the user looks at another line with Up."""
        return self._edit if self.is_newest else None

    @property
    def question(self) -> LineEdit | None:
        """The open question. The line answers it, unless it was begun before, or comes from the history."""
        return self._question

    def ask(self, question: LineEdit | None) -> None:
        """Have the next line that is begun answer a question, in place of the one before; or with None, no line."""
        was_answer = self._edit is not None and self._edit is self._question
        self._question = question
        if was_answer and question is None and self.text:
            self.append_to_history()
        if was_answer or self.is_unused:
            if question is None:
                self.reset()
            self._edit = question

    def append_to_history(self) -> None:
        """Add the line to the history, and before it one that was begun before this one was brought back from there."""
        draft = self._as_message(self.draft) if self._edit is not None else self.draft
        if draft.strip() and self._is_recorded(draft):
            self.history.append_string(draft)
        if self._pasted_paths:
            self._known_pastes[self.text] = self._pasted_paths
        if self.edit is not None:
            self.text = self._as_message(self.text)
        from grokchat.redaction import without_login_argument

        if self._is_recorded(self.text) and without_login_argument(self.text) == self.text:
            super().append_to_history()

    @staticmethod
    def _as_message(text: str) -> str:
        """Return the line that sends a text: one that looks like a command gets another slash."""
        begin = text.lstrip(" \t")
        return f"/{begin}" if begin.startswith("/") else text

    def remember(self, lines: Sequence[str]) -> None:
        """Put lines at the end of the history, and clear the line."""
        if self.history.get_strings()[-len(lines) :] != list(lines):
            for line in lines:
                self.history.append_string(line)
        self.reset()

    @property
    def is_unused(self) -> bool:
        """Whether the line is empty, and no line is for anything."""
        return not self.text and self._edit is None

    def fill(self, text: str, *, has_paste: bool, edit: LineEdit | None = None) -> bool:
        """Put a text into the line, with the cursor at its end; return False if the line is in use.

        `has_paste` is whether the text was not typed: what it mentions is pasted. `edit` is what the line is for,
        until it is submitted or cleared.
        """
        if not self.is_unused:
            return False
        self.append_to_history()  # this may be an earlier line that was emptied, below which one was begun
        self.reset()
        self.document = Document(text)
        self._has_paste, self._edit = has_paste, edit
        if has_paste and edit is None:
            self._note_mentions(text)
        return True

    def clear(self) -> bool:
        """Move the text into the history; return False if the line was not in use."""
        if self.is_unused:
            return False
        self.append_to_history()
        self.reset()
        return True

    def insert_paste(self, text: str) -> None:
        """Insert a paste. Terminals send line ends in any form; in a message they are newlines."""
        self._has_paste = True
        self._note_mentions(text)
        self.insert_text(text.replace("\r\n", "\n").replace("\r", "\n"))

    def _note_mentions(self, text: str) -> None:
        """Note what a text mentions that was not typed: the user is asked before such a file is attached."""
        if "@" in text:
            self._pasted_paths |= {mention.paths[-1] for mention in find_mentions(text)}

    def insert_text(
        self, data: str, overwrite: bool = False, move_cursor: bool = True, fire_event: bool = True
    ) -> None:
        with self._typing(is_typed=len(data) <= 1):  # a key; anything longer comes from elsewhere
            super().insert_text(data, overwrite, move_cursor, fire_event)

    def delete(self, count: int = 1) -> str:
        with self._typing():
            return super().delete(count)

    def delete_before_cursor(self, count: int = 1) -> str:
        with self._typing():
            return super().delete_before_cursor(count)

    def move_by_row(self, step: int) -> bool:
        """Move the cursor up (-1) or down (1) by a row of the screen; return False in the first or the last one.

        As in an editor, the cursor returns to its column when a shorter row is behind it.
        """
        columns = message_columns(self.text, self._columns())
        moved = move_by_row(self.text, self.cursor_position, step, columns, self.preferred_column)
        if moved is None:
            return False
        self.cursor_position, wanted = moved
        self.preferred_column = wanted
        return True

    def paste_clipboard_data(
        self, data: ClipboardData, paste_mode: PasteMode = PasteMode.EMACS, count: int = 1
    ) -> None:
        count = min(count, max(1, _MAX_REPEATED_CHARS // max(1, len(data.text))))
        super().paste_clipboard_data(data, paste_mode, count)

    @contextlib.contextmanager
    def _typing(self, *, is_typed: bool = True) -> Iterator[None]:
        """Count the change inside as the user's own typing."""
        before, self._is_typing = self._is_typing, is_typed
        try:
            yield
        finally:
            self._is_typing = before

    def _mark_untyped(self, _: object) -> None:
        """Note whether any of the line was not typed: text that comes from elsewhere marks it, until it is empty."""
        self.is_typed = self._is_typing
        if not self.text and self._edit is None:
            self._edit = self._question
        self._has_paste = bool(self.text) and (self._has_paste or not self._is_typing)
        if not self._is_typing and self._known_pastes:
            self._pasted_paths |= self._known_pastes.get(self.text, frozenset())

    def validate_and_handle(self) -> None:
        """Submit the line, unless it is blank: the one way to do that, whatever key asks for it.

        It is in the history, and the line is empty, when that is handled.
        """
        is_answer = self.edit is not None and self.edit.is_answer
        if not self.text.strip() and not is_answer and not self._accepts_empty():
            return
        # Bytes that are not UTF-8 arrive as lone surrogates, which no request can carry.
        text, edit = self.text.encode("utf-8", "replace").decode("utf-8"), self.edit
        submitted = Submit(text, self._has_paste, edit if text or is_answer else None, self._pasted_paths)
        self._typing_reported_at = -_TYPING_INTERVAL_S
        self._before_submit()
        self.append_to_history()
        self.reset()
        if not text:  # it answers a question, and what is edited stays
            self._edit = edit
        self._on_submit(submitted)

    def _report_typing(self, _: object) -> None:
        now = asyncio.get_running_loop().time()
        if self.text and now - self._typing_reported_at >= _TYPING_INTERVAL_S:
            self._typing_reported_at = now
            self._on_typing()


def open_history(path: Path | None) -> History:
    """Return the history in this file, readable by its owner alone.

    It is in memory without a path, on an error, and if the path is something else: a device, a pipe, or a file that
    is no history, which a link may lead to.
    """
    if path is None or not _may_be_history(path):
        return InMemoryHistory()
    try:
        make_private_folder(path.parent)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    except OSError:
        return InMemoryHistory()  # the chat works without a history
    return ThreadedHistory(_HistoryFile(str(path)))


def _may_be_history(path: Path) -> bool:
    """Return whether a file is a history, empty or missing."""
    if not path_exists(path):
        return True
    try:
        return _HISTORY_START.match(read_file(path, _MAX_START_BYTES)) is not None
    except FileError:
        return False


class _HistoryFile(FileHistory):
    def load_history_strings(self) -> Iterable[str]:
        return super().load_history_strings() if _may_be_history(Path(os.fsdecode(self.filename))) else []

    def store_string(self, string: str) -> None:
        from grokchat.secret_scan import find_secrets

        if find_secrets(string):
            return  # only in memory: the user may yet refuse to send the secret, and the file is permanent
        if _may_be_history(Path(os.fsdecode(self.filename))):
            with contextlib.suppress(OSError, UnicodeEncodeError):
                super().store_string(string)
