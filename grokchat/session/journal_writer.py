"""Writes a session's lines to its file: in order, each exactly once, as soon as possible.

The file is created with the first write. Lines that could not be written are kept and retried with the next line;
`error` is the reason. Lines count as saved when a sync has succeeded: after a failed one, it is unknown which of them
are on the disk, so they are cut off and written again.

A file that another program removed, replaced, truncated, changed or appended to while it was open here is left alone:
the whole session continues in a new file beside it, and `relocation` says why and where. So neither program's lines are
lost, and no line is appended to another program's lines, where it would have a different effect.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from grokchat.errors import FileError, os_reason
from grokchat.messages import new_id
from grokchat.session.journal_file import OVERWROTE, WROTE_INTO, JournalFile


class JournalWriter:
    """A session's file, and its lines that are not on the disk yet.

    `folder` is where the file is created (None: nothing is saved); `encode_all` returns all lines of the session.
    """

    def __init__(self, folder: Path | None, name: str, encode_all: Callable[[], bytes]) -> None:
        self.error: FileError | None = None
        self.relocation: FileError | None = None
        self._folder = folder
        self._name = name
        self._encode_all = encode_all
        self._file: JournalFile | None = None
        self._unwritten: list[bytes] = []
        self._unsynced: list[bytes] = []
        self._synced_size = 0
        self._needs_rewrite = False
        self._has_written = False
        self._is_created_here = False
        self._abandoned: tuple[Path, str] | None = None

    @property
    def path(self) -> Path | None:
        """The file, or None if there is no file (yet)."""
        return self._file.path if self._file else None

    def append_to(self, file: JournalFile) -> None:
        """Append to an existing file."""
        self._file, self._synced_size = file, file.size

    def enqueue(self, line: bytes) -> None:
        """Queue a line for the next write."""
        if self._unwritten[-1:] == [b"\n"]:
            # The newline that an earlier crash left out is written together with the next line.
            self._unwritten[-1] += line
        else:
            self._unwritten.append(line)

    def write(self, *, sync: bool) -> None:
        """Write the queued lines; with `sync` they are on the disk when this returns, unless `error` is set."""
        if self._folder is None:
            self._unwritten.clear()
            return
        try:
            self._write(self._folder, sync=sync)
            self.error = None
        except OSError as error:
            reason = f"the session could not be saved ({os_reason(error)})"
            if self._file is None and self._abandoned is not None:
                self.error = FileError(self._abandoned[0], f"{self._abandoned[1]}, and {reason}")
            else:
                self.error = FileError(self.path or self._folder, reason)

    def flush(self) -> None:
        """Write and sync the queued lines if there were writes before; the whole session if its file is gone."""
        if self._has_written or self.error is not None:
            self.write(sync=True)

    def close(self) -> None:
        """Close the file, and remove it if it was created here and nothing could be written."""
        if self._file is not None:
            if self._is_created_here and not self._file.size:
                self._file.remove()
            self._file.close()
            self._file = None

    def _write(self, folder: Path, *, sync: bool) -> None:
        self._has_written = True
        has_lines = bool(self._unwritten) or self._needs_rewrite
        if self._file is not None:
            foreign_change = self._file.foreign_change()
            # If all our lines are in the file, another program's lines after them do no harm.
            if foreign_change and (has_lines or foreign_change != WROTE_INTO):
                self._abandon_file(foreign_change)
        file = self._append(folder, sync=sync)
        if has_lines and (foreign_change := file.foreign_change()) in {WROTE_INTO, OVERWROTE}:
            self._abandon_file(foreign_change)  # it wrote at the same time, perhaps into the middle of a line
            self._append(folder, sync=sync)

    def _append(self, folder: Path, *, sync: bool) -> JournalFile:
        file = self._file or self._create_file(self._abandoned[0].parent if self._abandoned else folder)
        if self._needs_rewrite:
            file.truncate(self._synced_size)
            self._unwritten[:0] = self._unsynced
            self._unsynced.clear()
            self._needs_rewrite = False
        while self._unwritten:
            file.append(self._unwritten[0])
            self._unsynced.append(self._unwritten.pop(0))
        if sync and self._unsynced:
            self._needs_rewrite = True
            file.sync()
            self._needs_rewrite = False
            self._unsynced.clear()
            self._synced_size = file.size
        return file

    def _abandon_file(self, foreign_change: str) -> None:
        """Close the file and queue the whole session for a new one."""
        assert self._file is not None
        self._abandoned = self._file.path, foreign_change
        self.close()
        self._unwritten = [self._encode_all()]
        self._unsynced.clear()
        self._needs_rewrite = False

    def _create_file(self, folder: Path) -> JournalFile:
        name = self._abandoned[0].stem if self._abandoned else self._name
        try:
            self._file = JournalFile.create(folder / f"{name}.jsonl")
        except FileExistsError:
            # Another session has that name. The id is in the header; the name only helps to find the file.
            self._file = JournalFile.create(folder / f"{name}-{new_id()[:4]}.jsonl")
        self._is_created_here, self._synced_size = True, 0
        if self._abandoned is not None:
            path, foreign_change = self._abandoned
            self.relocation = FileError(path, foreign_change, f"The whole session continues in {self._file.path}.")
        return self._file
