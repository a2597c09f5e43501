"""The session file on disk: opened once, locked, appended to a line at a time. Nothing in it is ever rewritten.

It holds whole lines, each once: what the system cut short is taken back. And it is this process's alone: what another
program does to it meanwhile is seen before the next line is written, and that line is not written behind it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from pathlib import Path

from grokchat import locks
from grokchat.errors import FileError, SessionBusyError, os_reason

if sys.platform != "win32":
    import fcntl

_FLAGS = os.O_RDWR | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
# O_NONBLOCK: opening a pipe that nobody writes to must not hang; O_NOCTTY: no terminal must become ours.
_READING = os.O_RDONLY
for _name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"):
    _READING |= getattr(os, _name, 0)
_CANNOT = {errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOTTY, errno.EINVAL}
WROTE_INTO = "another program wrote into it while it was open here"
"""What `JournalFile.change` says of lines that are not this process's."""


def path_of(name: str) -> Path:
    """Return the path that a person named; `~` is the home directory, `~nobody` stays as it is."""
    return Path(os.path.expanduser(name))  # noqa: PTH111 - Path's own raises for users that do not exist


def make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, each for its owner alone; raises OSError."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
        _sync_folder(one.parent)


def replace_file(path: Path, data: bytes) -> None:
    """Put other bytes into a file, whole or not at all; a new one is its owner's alone. Raises OSError."""
    make_folder(path.parent)
    target = path.resolve()
    beside = target.with_name(f".{target.name[:100]}.{os.getpid()}")
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o600
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(mode)
        beside.replace(target)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def read(path: Path, limit: int = -1) -> bytes:
    """Return the bytes of a regular file, at most `limit` of them, or raise FileError."""
    try:
        _must_be_a_file(path, path.stat().st_mode)  # merely to open a device may do something
        descriptor = os.open(path, _READING)
        try:
            _must_be_a_file(path, os.fstat(descriptor).st_mode)
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                return file.read(limit)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise FileError(path, f"it cannot be read ({os_reason(error)})") from error
    except ValueError as error:  # NUL, lone surrogates
        raise FileError(repr(str(path)), "no file can have this name") from error


def _must_be_a_file(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise FileError(path, "it is a directory", "Name a file in it.")
    if not stat.S_ISREG(mode):
        raise FileError(path, "it is not a regular file")


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
        make_folder(path.parent)
        file = cls._locked(path, os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600), is_new=True)
        _sync_folder(path.parent)
        return file

    @classmethod
    def open(cls, path: Path) -> JournalFile:
        """Open an existing file for appending and lock it; raises OSError or SessionBusyError."""
        return cls._locked(path, os.open(path, _FLAGS))

    @classmethod
    def _locked(cls, path: Path, descriptor: int, *, is_new: bool = False) -> JournalFile:
        try:
            holder = locks.take(path, descriptor, is_new=is_new)
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
        locks.release(self.path)
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
