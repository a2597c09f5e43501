"""The session file on disk: opened once, locked, appended to a line at a time. Nothing in it is ever rewritten.

It holds whole lines, each once: what the system cut short is taken back. And it is this process's alone: what another
program does to it meanwhile is seen before the next line is written, and that line is not written behind it.
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
_CANNOT = {errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOTTY, errno.EINVAL}
WROTE_INTO = "another program wrote into it while it was open here"
"""What `JournalFile.change` says of lines that are not this process's."""


class JournalFile:
    """An open, locked session file. `size` is its size as this process left it."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.size = os.fstat(descriptor).st_size
        self._descriptor: int | None = descriptor
        self._torn_at: int | None = None

    @classmethod
    def create(cls, path: Path) -> JournalFile:
        """Make a new file, mode 0600, and lock it; raises OSError."""
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
        """Return what stands in the file; raises OSError."""
        os.lseek(self._handle, 0, os.SEEK_SET)
        with os.fdopen(self._handle, "rb", closefd=False) as file:
            data = file.read()
        self.size = len(data)
        return data

    def change(self) -> str:
        """Say what another program has done to the file, or nothing if it is as it was left; raises OSError."""
        status = os.fstat(self._handle)
        if status.st_size < self.size:
            return "another program cut it short while it was open here"
        if sys.platform != "win32":  # where an open file can be neither removed nor replaced
            try:
                there = self.path.stat()
            except (FileNotFoundError, NotADirectoryError):
                return "it was removed or moved away while it was open here"
            except OSError:  # nothing is known, and the open file is as good as before
                there = status
            if not os.path.samestat(there, status):
                return "another file was put in its place while it was open here"
        return WROTE_INTO if status.st_size > self.size else ""

    def append(self, lines: bytes) -> None:
        """Append whole lines in one write, or nothing; raises OSError."""
        if self._torn_at is not None:
            try:
                self.cut(self._torn_at)
            except OSError:  # then what is torn must at least not tear these
                lines = b"\n" + lines
        written = 0
        try:
            written = os.write(self._handle, lines)
            if written < len(lines):
                # Only when asked for the rest does the system say why.
                written += os.write(self._handle, lines[written:])
            if written < len(lines):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            if written:
                self._take_back(written)
            raise
        self.size += written
        self._torn_at = None

    def sync(self) -> None:
        """Return when all that was appended is on the disk, the device's own cache included; raises OSError."""
        if sys.platform != "win32":
            full = getattr(fcntl, "F_FULLFSYNC", None)
            if full is not None:  # macOS, whose fsync stops at the device
                try:
                    fcntl.fcntl(self._handle, full)
                except OSError as error:
                    if error.errno not in _CANNOT:
                        raise
                else:
                    return
        os.fsync(self._handle)

    def cut(self, size: int) -> None:
        """Take back what this process appended behind that size; raises OSError."""
        os.ftruncate(self._handle, size)
        self.size = size
        self._torn_at = None

    def remove(self) -> None:
        """Take the file away, unless another program has changed it."""
        with contextlib.suppress(OSError):
            if not self.change():
                self.path.unlink()

    def close(self) -> None:
        """Release the lock and close the file."""
        if self._descriptor is None:
            return
        file_lock.unlock(self.path)
        with contextlib.suppress(OSError):  # a network file system says now what the last sync has said
            os.close(self._descriptor)
        self._descriptor = None

    @property
    def _handle(self) -> int:
        assert self._descriptor is not None
        return self._descriptor

    def _take_back(self, written: int) -> None:
        """Take back a line of which so many bytes were written, unless another program has written behind them."""
        with contextlib.suppress(OSError):
            if os.fstat(self._handle).st_size == self.size + written:
                self._torn_at, self.size = self.size, self.size + written
                self.cut(self._torn_at)
