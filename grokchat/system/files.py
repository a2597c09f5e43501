"""Reading and writing files.

What is written is whole or not there, and new files are readable by their owner alone. What is read is a regular file:
opening a device may do something, and opening a pipe may hang.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from grokchat.errors import CommandError, FileError, os_reason

# O_NONBLOCK: opening a pipe that nobody writes to must not hang; O_NOCTTY: no terminal must become ours.
_READING = os.O_RDONLY
for _name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"):
    _READING |= getattr(os, _name, 0)


def expand_path(name: str) -> Path:
    """Return the path that a person named; `~` is the home directory, `~nobody` stays as it is."""
    return Path(os.path.expanduser(name))  # noqa: PTH111 - Path's own raises for users that do not exist


def make_private_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, each for its owner alone; raises OSError."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
        sync_folder(one.parent)


def replace_file(path: Path, data: bytes) -> None:
    """Put other bytes into a file, whole or not at all; a new one is its owner's alone. Raises OSError."""
    make_private_folder(path.parent)
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


def read_file(path: Path, limit: int = -1) -> bytes:
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


def sync_folder(folder: Path) -> None:
    """Make a new file's name last; only POSIX systems can open a folder."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):  # some file systems cannot, and the file itself is synced all the same
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def path_exists(path: Path) -> bool:
    """Say whether something is there; nothing has a name that no file can have."""
    return os.path.exists(path)  # noqa: PTH110 - Path's own raises for names that are too long


def write_new_file(name: str, data: bytes) -> Path:
    """Write a new file that only its owner can read, and return its path; one that is there is not touched."""
    target = expand_path(name.strip())
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise CommandError(f"{target}: it is there already and was not touched. Give another name.") from error
    except OSError as error:
        raise CommandError(f"{target}: it cannot be written ({os_reason(error)}).") from error
    except ValueError as error:  # NUL, lone surrogates
        raise CommandError(f"{str(target)!r}: no file can have this name.") from error
    return target


def overwrite_file(path: Path, data: bytes) -> None:
    """Put other bytes into a file that is there: whole, or not at all."""
    try:
        replace_file(path, data)
    except OSError as error:
        raise CommandError(f"{path}: it cannot be written ({os_reason(error)}).") from error
