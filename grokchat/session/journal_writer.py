"""Brings a session's lines to the disk: in order, each once, as soon as that works.

A file appears with the first line that is worth one. What could not be written is kept and tried again with the next
line; `trouble` says what is wrong. Lines count as saved once a sync has said so: after a sync that failed, nobody knows
what of them is on the disk, so they are taken back and written anew.

A file that another program removed, replaced, cut or wrote into while it was open here is left as it is, and the whole
session goes on in a new file beside it; `moved` says why and where. So nothing of either is lost, and no line stands
behind foreign ones, which would mean something else there.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from grokchat.errors import FileError, os_reason
from grokchat.messages import new_id
from grokchat.session.journal_file import WROTE_INTO, JournalFile


class JournalWriter:
    """What is written of a session, and what is not yet.

    `folder` is where its file goes (None: nothing is kept), `whole` returns all lines of the session.
    """

    def __init__(self, folder: Path | None, name: str, whole: Callable[[], bytes]) -> None:
        self.trouble: FileError | None = None
        self.moved: FileError | None = None
        self._folder = folder
        self._name = name
        self._whole = whole
        self._file: JournalFile | None = None
        self._unwritten: list[bytes] = []
        self._unsynced: list[bytes] = []
        self._synced = 0
        self._in_doubt = False
        self._has_written = False
        self._is_made = False
        self._left: tuple[Path, str] | None = None

    @property
    def path(self) -> Path | None:
        """The file, or None if there is none (yet)."""
        return self._file.path if self._file else None

    def go_on(self, file: JournalFile) -> None:
        """Write behind what stands in a file."""
        self._file, self._synced = file, file.size

    def take(self, line: bytes) -> None:
        """Take a line that is to be written with the next one."""
        if self._unwritten[-1:] == [b"\n"]:
            # A newline that an earlier crash left out goes with the line behind it.
            self._unwritten[-1] += line
        else:
            self._unwritten.append(line)

    def write(self, *, sync: bool) -> None:
        """Write what was taken; with `sync` it is on the disk when this returns, unless there is trouble."""
        if self._folder is None:
            self._unwritten.clear()
            return
        try:
            self._write(self._folder, sync=sync)
            self.trouble = None
        except OSError as error:
            reason = f"the session could not be saved ({os_reason(error)})"
            if self._file is None and self._left is not None:
                self.trouble = FileError(self._left[0], f"{self._left[1]}, and {reason}")
            else:
                self.trouble = FileError(self.path or self._folder, reason)

    def flush(self) -> None:
        """Write and sync what a session that was written to has left to write, its whole file if that is gone."""
        if self._has_written or self.trouble is not None:
            self.write(sync=True)

    def close(self) -> None:
        """Let the file go; one that was made here and could never be written to leaves no litter."""
        if self._file is not None:
            if self._is_made and not self._file.size:
                self._file.remove()
            self._file.close()
            self._file = None

    def _write(self, folder: Path, *, sync: bool) -> None:
        self._has_written = True
        writes = bool(self._unwritten) or self._in_doubt
        if self._file is not None:
            change = self._file.change()
            # If all of ours is in it, it does no harm that others wrote behind it.
            if change and (writes or change != WROTE_INTO):
                self._leave(change)
        file = self._append(folder, sync=sync)
        if writes and file.change() == WROTE_INTO:  # at the same moment, so it may stand in the middle of a line
            self._leave(WROTE_INTO)
            self._append(folder, sync=sync)

    def _append(self, folder: Path, *, sync: bool) -> JournalFile:
        file = self._file or self._begin(self._left[0].parent if self._left else folder)
        if self._in_doubt:
            file.cut(self._synced)
            self._unwritten[:0] = self._unsynced
            self._unsynced.clear()
            self._in_doubt = False
        while self._unwritten:
            file.append(self._unwritten[0])
            self._unsynced.append(self._unwritten.pop(0))
        if sync and self._unsynced:
            self._in_doubt = True
            file.sync()
            self._in_doubt = False
            self._unsynced.clear()
            self._synced = file.size
        return file

    def _leave(self, change: str) -> None:
        assert self._file is not None
        self._left = self._file.path, change
        self.close()
        self._unwritten = [self._whole()]
        self._unsynced.clear()
        self._in_doubt = False

    def _begin(self, folder: Path) -> JournalFile:
        name = self._left[0].stem if self._left else self._name
        try:
            self._file = JournalFile.create(folder / f"{name}.jsonl")
        except FileExistsError:
            # Whatever stands there is not ours to touch; the id is in the header, the name only helps to find it.
            self._file = JournalFile.create(folder / f"{name}-{new_id()[:4]}.jsonl")
        self._is_made, self._synced = True, 0
        if self._left is not None:
            path, change = self._left
            self.moved = FileError(path, change, f"The whole session goes on in {self._file.path}.")
        return self._file
