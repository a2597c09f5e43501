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
from grokchat.system.files import give_owner_rights, make_private_folder, sync_folder

if sys.platform != "win32":
    import fcntl

_FLAGS = os.O_RDWR | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_UNSUPPORTED = {errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOTTY, errno.EINVAL}
_TAIL_BYTES, _READ_BYTES = 1024, 1 << 20
WROTE_INTO = "another program wrote into it while it was open here"
"""The foreign change that `JournalFile.foreign_change` returns for lines of another process."""
OVERWROTE = "another program wrote into it, over earlier lines, while it was open here"
"""The same for lines that are not after those of this process."""


class JournalFile:
    """An open, locked session file. `size` is its size after this process's last write.

    Whether its content is still what this process read and wrote is seen from the file's times and its last bytes, and
    if the times have changed, from a checksum: `touch` is no change, and a file is read once at most for each.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.size = os.fstat(descriptor).st_size
        self._descriptor: int | None = descriptor
        self._torn_at: int | None = None
        self._checksum: int | None = None if self.size else 0  # unknown until the content is read
        self._tail = b""
        self._times = (0, 0)

    @classmethod
    def create(cls, path: Path) -> JournalFile:
        """Create a file with mode 0600 and lock it; raises OSError."""
        make_private_folder(path.parent)
        descriptor = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
        give_owner_rights(path, 0o600)
        file = cls._locked(path, descriptor, is_new=True)
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
        self.size, self._checksum, self._tail = 0, 0, b""
        self._note(data)
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
        if not self._has_our_content(status):
            return OVERWROTE
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
                self._remove_partial_write(lines[:written])
            raise
        self._note(lines)
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
        self.size, self._checksum, self._torn_at = size, None, None
        with contextlib.suppress(OSError):
            self.read()

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

    def _remove_partial_write(self, lines: bytes) -> None:
        """Remove the written part of a line, unless another program has written after it."""
        with contextlib.suppress(OSError):
            if os.fstat(self._handle).st_size == self.size + len(lines):
                self._torn_at = self.size
                self._note(lines)
                self.truncate(self._torn_at)

    def _note(self, data: bytes) -> None:
        """Note what was read from the file or written to it, at its end."""
        import zlib

        self.size += len(data)
        if self._checksum is not None:
            self._checksum = zlib.crc32(data, self._checksum)
        self._tail = (self._tail + data[-_TAIL_BYTES:])[-_TAIL_BYTES:]
        self._times = (0, 0)
        with contextlib.suppress(OSError):  # the lines are written; without their times the checksum decides
            status = os.fstat(self._handle)
            self._times = status.st_mtime_ns, status.st_ctime_ns

    def _has_our_content(self, status: os.stat_result) -> bool:
        """Return whether the file begins with the content that this process knows; raises OSError."""
        if self._checksum is None:
            return True
        os.lseek(self._handle, self.size - len(self._tail), os.SEEK_SET)
        if os.read(self._handle, len(self._tail)) != self._tail:
            return False
        times = status.st_mtime_ns, status.st_ctime_ns
        if times != self._times:
            if self._read_checksum() != self._checksum:
                return False
            self._times = times
        return True

    def _read_checksum(self) -> int:
        """Return the checksum of the file's first `size` bytes; raises OSError."""
        import zlib

        os.lseek(self._handle, 0, os.SEEK_SET)
        checksum, left = 0, self.size
        while left and (part := os.read(self._handle, min(left, _READ_BYTES))):
            checksum = zlib.crc32(part, checksum)
            left -= len(part)
        return checksum
