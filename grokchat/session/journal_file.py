"""The session file on disk: opened once, locked, and appended to line by line. Saved lines are never rewritten.

It has complete lines only: a line that the system cut short is removed again. `foreign_change` detects what another
program did to the file, so that the next line is not written to it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from pathlib import Path

from grokchat.errors import SessionBusyError
from grokchat.system import file_lock
from grokchat.system.files import make_private_folder, sync_folder

if sys.platform != "win32":
    import fcntl

_FLAGS = os.O_RDWR | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_UNSUPPORTED = {errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOTTY, errno.EINVAL}
WROTE_INTO = "another program wrote into it while it was open here"
"""The foreign change that `JournalFile.foreign_change` returns for lines of another process."""


class JournalFile:
    """An open, locked session file. `size` is its size after this process's last write."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.size = os.fstat(descriptor).st_size
        self._descriptor: int | None = descriptor
        self._torn_at: int | None = None

    @classmethod
    def create(cls, path: Path) -> JournalFile:
        """Create a file with mode 0600 and lock it; raises OSError."""
        make_private_folder(path.parent)
        file = cls._locked(path, os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600), is_new=True)
        sync_folder(path.parent)
        return file

    @classmethod
    def open(cls, path: Path) -> JournalFile:
        """Open an existing file for appending and lock it; raises OSError or SessionBusyError."""
        return cls._locked(path, os.open(path, _FLAGS))

    @classmethod
    def _locked(cls, path: Path, descriptor: int, *, is_new: bool = False) -> JournalFile:
        try:
            holder = file_lock.lock(path, descriptor, is_new=is_new)
            if not holder:
                return cls(path, descriptor)
        except OSError:
            os.close(descriptor)
            if is_new:
                path.unlink(missing_ok=True)
            raise
        os.close(descriptor)
        if is_new:
            raise OSError(errno.EBUSY, f"{holder} took the new file")
        raise SessionBusyError(path, holder)

    def read(self) -> bytes:
        """Return the file's content; raises OSError."""
        os.lseek(self._handle, 0, os.SEEK_SET)
        with os.fdopen(self._handle, "rb", closefd=False) as file:
            data = file.read()
        self.size = len(data)
        return data

    def foreign_change(self) -> str:
        """Return what another program has done to the file, or nothing if it is unchanged; raises OSError."""
        status = os.fstat(self._handle)
        if status.st_size < self.size:
            return "another program cut it short while it was open here"
        if sys.platform != "win32":  # there an open file can be neither removed nor replaced
            try:
                on_path = self.path.stat()
            except (FileNotFoundError, NotADirectoryError):
                return "it was removed or moved away while it was open here"
            except OSError:  # unknown; the open file is still usable
                on_path = status
            if not os.path.samestat(on_path, status):
                return "another file was put in its place while it was open here"
        return WROTE_INTO if status.st_size > self.size else ""

    def append(self, lines: bytes) -> None:
        """Append complete lines in one write, or nothing; raises OSError."""
        if self._torn_at is not None:
            try:
                self.truncate(self._torn_at)
            except OSError:  # then the torn line must not damage these
                lines = b"\n" + lines
        written = 0
        try:
            written = os.write(self._handle, lines)
            if written < len(lines):
                # The system reports the reason only when the rest is written.
                written += os.write(self._handle, lines[written:])
            if written < len(lines):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            if written:
                self._remove_partial_write(written)
            raise
        self.size += written
        self._torn_at = None

    def sync(self) -> None:
        """Return when everything is on the disk, out of the device's own cache too; raises OSError."""
        if sys.platform != "win32":
            full = getattr(fcntl, "F_FULLFSYNC", None)
            if full is not None:  # macOS, where fsync stops at the device
                try:
                    fcntl.fcntl(self._handle, full)
                except OSError as error:
                    if error.errno not in _UNSUPPORTED:
                        raise
                else:
                    return
        os.fsync(self._handle)

    def truncate(self, size: int) -> None:
        """Remove what this process appended after that size; raises OSError."""
        os.ftruncate(self._handle, size)
        self.size = size
        self._torn_at = None

    def remove(self) -> None:
        """Delete the file, unless another program has changed it."""
        with contextlib.suppress(OSError):
            if not self.foreign_change():
                self.path.unlink()

    def close(self) -> None:
        """Release the lock and close the file."""
        if self._descriptor is None:
            return
        file_lock.unlock(self.path)
        with contextlib.suppress(OSError):  # a network file system repeats the error of the last sync
            os.close(self._descriptor)
        self._descriptor = None

    @property
    def _handle(self) -> int:
        assert self._descriptor is not None
        return self._descriptor

    def _remove_partial_write(self, written: int) -> None:
        """Remove the written part of a line, unless another program has written after it."""
        with contextlib.suppress(OSError):
            if os.fstat(self._handle).st_size == self.size + written:
                self._torn_at, self.size = self.size, self.size + written
                self.truncate(self._torn_at)
