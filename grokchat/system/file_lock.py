"""Locks a session file, so that at most one process has it open, and names the process that does.

The lock is the operating system's, on the file itself, so a crash leaves no lock. A holder file next to it names the
holder: for the error message of other processes, and as the lock on file systems without locks. There it counts as long
as its process lives. Whether a process on another machine lives cannot be known, so its holder file counts until it is
deleted.
"""

from __future__ import annotations

import contextlib
import errno
import os
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
_LOCKED_BYTE = 1 << 40
"""The byte that Windows locks. Others cannot read a locked byte, so it is far past the end of the file."""
_MAX_HOLDER_BYTES = 300


def lock(path: Path, descriptor: int, *, is_new: bool = False) -> str:
    """Lock an open file; return the process that holds it, or nothing if it is locked now. Raises OSError.

    A file that `is_new` has no holder, even if there is a holder file.
    """
    try:
        _lock_descriptor(descriptor)
    except OSError as error:
        if error.errno in _HELD:
            return _describe_holder(*_read_holder(path))
        if error.errno not in _UNSUPPORTED:
            raise
        pid, host = _read_holder(path)
        if not is_new and pid and _may_live(pid, host):
            return f"{_describe_holder(pid, host)} (or if that is gone, delete {_holder_path(path).name})"
    with contextlib.suppress(OSError):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _OPEN_FLAGS
        with os.fdopen(os.open(_holder_path(path), flags, 0o600), "wb", buffering=0) as file:
            file.write(f"{os.getpid()} {_this_host()}\n".encode())
    return ""


def unlock(path: Path) -> None:
    """Remove the holder file if it names this process; the lock itself ends when the locked file is closed."""
    with contextlib.suppress(OSError):
        if _read_holder(path) == (os.getpid(), _this_host()):
            _holder_path(path).unlink()


def _lock_descriptor(descriptor: int) -> None:
    if sys.platform == "win32":
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _holder_path(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def _read_holder(path: Path) -> tuple[int, str]:
    """Return the process and the host in the holder file, or 0 and nothing."""
    try:
        with os.fdopen(os.open(_holder_path(path), os.O_RDONLY | _OPEN_FLAGS), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return 0, ""
            pid, _, host = file.read(_MAX_HOLDER_BYTES).decode("utf-8").strip().partition(" ")
    except (OSError, ValueError):
        return 0, ""
    return (int(pid), host) if pid.isascii() and pid.isdecimal() and len(pid) < 10 else (0, "")


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

    return socket.gethostname()
