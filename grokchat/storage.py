"""The session file on disk: opened once, locked, appended to a line at a time. Nothing in it is ever rewritten.

The lock is the operating system's, on the file itself, so a crash leaves none behind; a small file beside it says who
holds it, for the other process's error message only.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
import sys
from pathlib import Path

from grokchat.errors import FileError, SessionBusyError, os_reason

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_FLAGS = os.O_RDWR | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_NO_LOCKS_HERE = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


def path_of(name: str) -> Path:
    """Return the path that a person named; `~` is the home directory, `~nobody` stays as it is."""
    return Path(os.path.expanduser(name))  # noqa: PTH111 - Path's own raises for users that do not exist


def make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, each for its owner alone; raises OSError."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)


def read(path: Path, limit: int = -1) -> bytes:
    """Return the bytes of a regular file, at most `limit` of them, or raise FileError."""
    try:
        # O_NONBLOCK: opening a pipe that nobody writes to must not hang.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        try:
            mode = os.fstat(descriptor).st_mode
            if stat.S_ISDIR(mode):
                raise FileError(path, "it is a directory", "Name a file in it.")
            if not stat.S_ISREG(mode):
                raise FileError(path, "it is not a regular file")
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                return file.read(limit)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise FileError(path, f"it cannot be read ({os_reason(error)})") from error
    except ValueError as error:  # NUL, lone surrogates
        raise FileError(repr(str(path)), "no file can have this name") from error


class JournalFile:
    """An open, locked session file."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor: int | None = descriptor

    @classmethod
    def create(cls, path: Path) -> JournalFile:
        """Make a new file, mode 0600, and lock it; raises OSError."""
        make_folder(path.parent)
        descriptor = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            file = cls._locked(path, descriptor)
        except SessionBusyError as error:
            raise OSError(errno.EBUSY, f"{error.holder} took the new file") from error
        _sync_folder(path.parent)
        return file

    @classmethod
    def open(cls, path: Path) -> JournalFile:
        """Open an existing file for appending and lock it; raises OSError or SessionBusyError."""
        return cls._locked(path, os.open(path, _FLAGS))

    @classmethod
    def _locked(cls, path: Path, descriptor: int) -> JournalFile:
        try:
            _lock(descriptor)
        except OSError as error:
            if error.errno not in _NO_LOCKS_HERE:
                os.close(descriptor)
                raise SessionBusyError(path, _holder(path)) from error
        with contextlib.suppress(OSError):
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
            holder = os.open(_holder_path(path), flags, 0o600)
            os.write(holder, f"{os.getpid()} {socket.gethostname()}\n".encode())
            os.close(holder)
        return cls(path, descriptor)

    def size(self) -> int:
        """Return the file's size in bytes."""
        assert self._descriptor is not None
        return os.fstat(self._descriptor).st_size

    def append(self, lines: bytes, *, sync: bool) -> None:
        """Append whole lines in one write; with `sync` they are on the disk when it returns. Raises OSError.

        What the system cut short, or could not bring to the disk, is taken back: the file holds whole lines, each once.
        """
        assert self._descriptor is not None
        size = self.size()
        written = os.write(self._descriptor, lines)
        if written < len(lines):
            os.ftruncate(self._descriptor, size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if sync:
            try:
                os.fsync(self._descriptor)
            except OSError:
                os.ftruncate(self._descriptor, size)
                raise

    def close(self) -> None:
        """Release the lock and close the file."""
        if self._descriptor is None:
            return
        with contextlib.suppress(OSError):
            _holder_path(self.path).unlink(missing_ok=True)
        os.close(self._descriptor)
        self._descriptor = None


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        # Windows locks keep others from reading what they cover, so the locked byte lies far behind the end.
        os.lseek(descriptor, 1 << 40, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _holder_path(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def _holder(path: Path) -> str:
    try:
        pid, _, node = _holder_path(path).read_text(encoding="utf-8").strip().partition(" ")
    except (OSError, ValueError):
        return "another process"
    elsewhere = f" on {node}" if node and node != socket.gethostname() else ""
    return f"process {pid}{elsewhere}" if pid.isdecimal() else "another process"


def _sync_folder(folder: Path) -> None:
    """Make a new file's name last; only POSIX systems can open a folder."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):  # some file systems cannot, and the file itself is synced all the same
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
