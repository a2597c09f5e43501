"""Brings a session's lines to the disk: in order, each once, as soon as that works.

A file appears with the first line that is worth one. What could not be written is kept and tried again with the next
line; `trouble` says what is wrong.
"""

from __future__ import annotations

from pathlib import Path

from grokchat.errors import FileError, os_reason
from grokchat.messages import new_id
from grokchat.storage import JournalFile


class Saver:
    """What is written of a session, and what is not yet. `folder` is where its file goes (None: nothing is kept)."""

    def __init__(self, folder: Path | None, name: str) -> None:
        self.trouble: FileError | None = None
        self.file: JournalFile | None = None
        self._folder = folder
        self._name = name
        self._unwritten: list[bytes] = []

    @property
    def path(self) -> Path | None:
        """The file, or None if there is none (yet)."""
        return self.file.path if self.file else None

    def take(self, line: bytes) -> None:
        """Take a line that is to be written with the next one."""
        self._unwritten.append(line)

    def write(self, *, sync: bool) -> None:
        """Write what was taken; with `sync` it is on the disk when this returns, unless there is trouble."""
        if self._folder is None or not self._unwritten:
            self._unwritten.clear()
            return
        try:
            if self.file is None:
                self.file = self._create(self._folder)
            while self._unwritten:
                # A newline that an earlier crash left out goes with the line behind it.
                line = self._unwritten[0]
                take = 2 if line == b"\n" and len(self._unwritten) > 1 else 1
                self.file.append(b"".join(self._unwritten[:take]), sync=sync and take == len(self._unwritten))
                del self._unwritten[:take]
            self.trouble = None
        except OSError as error:
            where = self.file.path if self.file else self._folder
            self.trouble = FileError(where, f"the session could not be saved ({os_reason(error)})")

    def close(self) -> None:
        """Let the file go."""
        if self.file is not None:
            self.file.close()
            self.file = None

    def _create(self, folder: Path) -> JournalFile:
        try:
            return JournalFile.create(folder / f"{self._name}.jsonl")
        except FileExistsError:
            # Whatever stands there is not ours to touch; the id is in the header, the name only helps to find it.
            return JournalFile.create(folder / f"{self._name}-{new_id()[:4]}.jsonl")
