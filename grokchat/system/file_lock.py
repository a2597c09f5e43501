"""Who has a session file open: at most one process, and every other one is told which.

The lock is the operating system's, on the file itself, so a crash leaves none behind. A small file beside it names the
holder: for the other's error message, and on a file system that has no locks in their place. There it counts as long as
its process lives; of a process on another machine nobody here can know that, so it counts until somebody deletes it.
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

_NO_LOCKS_HERE = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}
_HELD = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK}
_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""A link or a pipe in the place of the small file must lead nowhere and hang nobody."""


def take(path: Path, descriptor: int, *, is_new: bool = False) -> str:
    """Lock an open file; return who has it, or nothing if it is this process's now. Raises OSError.

    A file that `is_new` has no holder yet, whatever lies beside it.
    """
    try:
        _lock(descriptor)
    except OSError as error:
        if error.errno in _HELD:
            return _named(*_holder(path))
        if error.errno not in _NO_LOCKS_HERE:
            raise
        pid, node = _holder(path)
        if not is_new and pid and _may_live(pid, node):
            return f"{_named(pid, node)} (or if that is gone, delete {_beside(path).name})"
    with contextlib.suppress(OSError):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _FLAGS
        with os.fdopen(os.open(_beside(path), flags, 0o600), "wb", buffering=0) as file:
            file.write(f"{os.getpid()} {_host()}\n".encode())
    return ""


def release(path: Path) -> None:
    """Take away the small file, if it names this process; the lock goes with the open file."""
    with contextlib.suppress(OSError):
        if _holder(path) == (os.getpid(), _host()):
            _beside(path).unlink()


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        # Windows locks keep others from reading what they cover, so the locked byte lies far behind the end.
        os.lseek(descriptor, 1 << 40, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def _holder(path: Path) -> tuple[int, str]:
    """Return the process and the machine that the small file names; 0 if it names none."""
    try:
        with os.fdopen(os.open(_beside(path), os.O_RDONLY | _FLAGS), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return 0, ""
            pid, _, node = file.read(300).decode("utf-8").strip().partition(" ")
    except (OSError, ValueError):
        return 0, ""
    return (int(pid), node) if pid.isascii() and pid.isdecimal() and len(pid) < 10 else (0, "")


def _named(pid: int, node: str) -> str:
    if not pid:
        return "another process"
    return f"process {pid} on {node}" if _is_elsewhere(node) else f"process {pid}"


def _is_elsewhere(node: str) -> bool:
    return node not in {"", _host()}


def _may_live(pid: int, node: str) -> bool:
    if _is_elsewhere(node) or sys.platform == "win32":  # where asking whether a process lives would end it
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is somebody else's
        return True
    return True


def _host() -> str:
    import socket

    return socket.gethostname()
