"""Reading and writing files.

Written files are whole or absent, and new ones are readable by their owner alone. `read_file` reads regular files only:
opening a device can have effects, and opening a pipe can block. What the user names as an input is read by
`system.streams`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path

from grokchat.environment import decode_native, encode_native
from grokchat.errors import CommandError, FileError, os_reason

_PRIVATE_FILE, _PRIVATE_FOLDER = 0o600, 0o700
READ_FLAGS = os.O_RDONLY
"""O_NONBLOCK: opening a pipe without a writer must not block; O_NOCTTY: no terminal may become the controlling one."""
for _name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"):
    READ_FLAGS |= getattr(os, _name, 0)


def expand_path(name: str) -> Path:
    """Return the path for a typed name; `~` is the home directory, `~nobody` stays unchanged.

    The name is UTF-8, as files are named almost everywhere, or else a file's name in the locale's encoding.
    """
    path = Path(os.path.expanduser(encode_native(name)))  # noqa: PTH111 - Path's own raises for unknown users
    if name.isascii() or path_exists(path):
        return path
    by_locale = Path(os.path.expanduser(name))  # noqa: PTH111
    return by_locale if path_exists(by_locale) else path


def path_exists(path: Path) -> bool:
    """Return whether a path exists; False for impossible names."""
    try:
        return os.path.exists(path)  # noqa: PTH110 - Path's own raises for names that are too long
    except UnicodeEncodeError:  # the locale's encoding lacks a character, and that is what Python would pass on
        return False


def make_private_folder(folder: Path) -> None:
    """Make a folder and its missing parents, for their owner alone; raises OSError."""
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for path in reversed(missing):
        path.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
        give_owner_rights(path, _PRIVATE_FOLDER)
        sync_folder(path.parent)


def give_owner_rights(path: Path, mode: int) -> None:
    """Give a new file or folder this mode if the umask took even its owner's rights; raises OSError."""
    if path.stat().st_mode & mode != mode:
        path.chmod(mode)


def sync_folder(folder: Path) -> None:
    """Make the name of a new file durable; only POSIX systems can open a folder."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):  # some file systems cannot, and the file itself is synced anyway
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# -- reading -----------------------------------------------------------------------------------------------------------


def read_file(path: Path, limit: int = -1) -> bytes:
    """Return the bytes of a regular file, at most `limit` of them, or raise FileError."""
    try:
        _require_regular_file(path, path.stat().st_mode)  # before opening, which can have effects on a device
        descriptor = os.open(path, READ_FLAGS)
        try:
            _require_regular_file(path, os.fstat(descriptor).st_mode)
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                data: bytes | None = file.read(limit)
            if data is None:  # /proc has files whose reader waits for what comes
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            return data
        finally:
            os.close(descriptor)
    except OSError as error:
        raise FileError(decode_native(str(path)), f"it cannot be read ({os_reason(error)})") from error
    except ValueError as error:  # NUL, lone surrogates
        raise FileError(repr(str(path)), "no file can have this name") from error


def _require_regular_file(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise FileError(path, "it is a directory", "Name a file inside it.")
    if not stat.S_ISREG(mode):
        raise FileError(path, "it is not a regular file")


# -- writing -----------------------------------------------------------------------------------------------------------


def replace_file(path: Path, data: bytes, *, keep_mode: bool = True) -> None:
    """Write a file in one step: after a failure or a crash it has its old content. Raises OSError.

    The data goes to a temporary file in the same folder, which then takes the file's name. A symbolic link stays, and
    the file it points to is replaced. The file keeps its mode; a new one, or any with `keep_mode=False`, is readable
    by its owner alone.
    """
    import tempfile

    target = Path(os.path.realpath(path))  # Path.resolve raises RuntimeError for a link to itself before Python 3.13
    make_private_folder(target.parent)
    mode = stat.S_IMODE(target.stat().st_mode) if keep_mode and target.exists() else _PRIVATE_FILE
    # The name does not contain the target's, which may already have the maximum length.
    descriptor, name = tempfile.mkstemp(prefix=".grokchat-", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(target)
    finally:  # also at Ctrl-C; after the replacement it no longer exists
        temporary.unlink(missing_ok=True)
    sync_folder(target.parent)


def write_new_file(name: str | Path, data: bytes) -> Path:
    """Write a new file for its owner alone and return its path; raises CommandError, also if the file exists."""
    target = name if isinstance(name, Path) else expand_path(name.strip())
    try:
        # Creating the empty file reserves its name: an existing file is never replaced.
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE))
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(target.unlink, missing_ok=True)
            replace_file(target, data, keep_mode=False)
            on_failure.pop_all()
    except FileExistsError as error:
        raise CommandError(f"{target}: the file exists and was not changed. Choose another name.") from error
    except OSError as error:
        raise CommandError(f"{target}: it cannot be written ({os_reason(error)}).") from error
    except ValueError as error:  # NUL, lone surrogates
        raise CommandError(f"{str(target)!r}: no file can have this name.") from error
    return target


def overwrite_file(path: Path, data: bytes) -> None:
    """Replace the content of an existing file; raises CommandError."""
    try:
        replace_file(path, data)
    except OSError as error:
        raise CommandError(f"{path}: it cannot be written ({os_reason(error)}).") from error
