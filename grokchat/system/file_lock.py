"""Locks a session file, so that at most one process has it open, and names the process that does.

The lock is the operating system's, on the file itself, so a crash leaves no lock. A holder file next to it names the
holder: for the error message of other processes, and as the lock on file systems without locks. There it counts as long
as its process lives. Whether a process on another machine lives cannot be known, so its holder file counts until it is
deleted.

Anything else that has the holder file's name is left alone: a link, a file with several names, or one with any other
content. Where the system has locks, only the holder's name is lost; where it has none, the file cannot be locked.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_UNSUPPORTED = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}
_HELD = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK}
_OPEN_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""For the holder file: a link in its place must not be followed, and a pipe must not block."""
_HOLDER = re.compile(rb"([1-9][0-9]{0,8}) (\S{1,255})\n?")
"""The holder file's content: process and host."""
_LOCKED_BYTE = 1 << 40
"""The byte that Windows locks. Others cannot read a locked byte, so it is far past the end of the file."""
_MAX_HOLDER_BYTES = 300


def lock(path: Path, descriptor: int, *, is_new: bool = False) -> str:
    """Lock an open file; return the process that holds it, or nothing if it is locked now. Raises OSError.

    A file that `is_new` has no holder, even if there is a holder file.
    """
    has_system_lock = True
    try:
        _lock_descriptor(descriptor)
    except OSError as error:
        if error.errno in _HELD:
            return _describe_holder(*_read_holder(path))
        if error.errno not in _UNSUPPORTED:
            raise
        has_system_lock = False
        pid, host = _read_holder(path)
        if not is_new and pid and _may_live(pid, host):
            return f"{_describe_holder(pid, host)} (or if that is gone, delete {_holder_path(path).name})"
    try:
        _write_holder(path)
    except FileExistsError as error:
        if not has_system_lock and not is_new:
            reason = f"{_holder_path(path).name} is not grokchat's, and this file system has no other locks"
            raise OSError(errno.EEXIST, reason) from error
    except OSError:
        pass  # such as a folder that cannot be written to
    return ""


def unlock(path: Path) -> None:
    """Remove the holder file if it names this process; the lock itself ends when the locked file is closed."""
    with contextlib.suppress(OSError):
        if _read_holder(path) == (os.getpid(), _this_host()):
            _holder_path(path).unlink()


def _write_holder(path: Path) -> None:
    """Write the holder file, over one that a crash left; raises OSError, FileExistsError if it is not grokchat's."""
    if _read_holder(path)[0]:
        _holder_path(path).unlink()
    descriptor = os.open(_holder_path(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL | _OPEN_FLAGS, 0o600)
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        file.write(f"{os.getpid()} {_this_host()}\n".encode())


def _lock_descriptor(descriptor: int) -> None:
    if sys.platform == "win32":
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _holder_path(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def _read_holder(path: Path) -> tuple[int, str]:
    """Return the process and the host in the holder file, or 0 and nothing if there is no such file of grokchat's."""
    try:
        if not _has_holder_shape(os.lstat(_holder_path(path))):  # before opening, which can have effects on a device
            return 0, ""
        with os.fdopen(os.open(_holder_path(path), os.O_RDONLY | _OPEN_FLAGS), "rb") as file:
            content = file.read(_MAX_HOLDER_BYTES) if _has_holder_shape(os.fstat(file.fileno())) else b""
        match = _HOLDER.fullmatch(content)
        return (int(match[1]), match[2].decode("utf-8")) if match else (0, "")
    except (OSError, ValueError):
        return 0, ""


def _has_holder_shape(status: os.stat_result) -> bool:
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1


def _describe_holder(pid: int, host: str) -> str:
    if not pid:
        return "another process"
    return f"another grokchat (process {pid}{f' on {host}' if _is_remote(host) else ''})"


def _is_remote(host: str) -> bool:
    return host not in {"", _this_host()}


def _may_live(pid: int, host: str) -> bool:
    if _is_remote(host) or sys.platform == "win32":  # on Windows, os.kill(pid, 0) would end the process
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it lives, and belongs to another user
        return True
    return True


def _this_host() -> str:
    import socket

    return "-".join(socket.gethostname().split()) or "localhost"
