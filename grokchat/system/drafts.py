"""Drafts: texts that are open in an editor, in files that survive a crash of grokchat.

Each is in a folder of its own, which only the user can enter, among the program's own files: not in /tmp, where it
would stay. While the editor runs, a file beside it is locked, by the operating system, so that the lock ends with the
process. A draft without a lock was left behind by a killed process; the next chat restores it.
"""

from __future__ import annotations

import os
import re
import sys
import zlib
from contextlib import suppress
from pathlib import Path

from grokchat.errors import FileError
from grokchat.system.files import make_private_folder, read_file

if sys.platform != "win32":
    import fcntl

_TEXT, _LOCK = "message.md", "lock"
_NAME = r"(kept|dropped)-([0-9a-f]{8})-\w+"
_MAX_DRAFT_BYTES = 50_000_000


class Draft:
    """A text that is open in an editor; `path` is its file."""

    def __init__(self, folder: Path, text: bytes, *, drafts: Path | None) -> None:
        self._folder = folder
        self._drafts = drafts
        self.path = folder / _TEXT
        self._lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        if sys.platform != "win32":
            with suppress(OSError):  # a file system without locks
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)

    def leave(self) -> None:
        """Leave the file to the next chat."""
        os.close(self._lock)

    def remove(self) -> None:
        """Remove the file, and what the editor left beside it."""
        import shutil

        self.leave()
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._drafts is not None:
            with suppress(OSError):  # there are others
                self._drafts.rmdir()


class Drafts:
    """The drafts in a folder. Without one they are in the system's folder for temporary files.

    With `is_kept` False, a draft that was left behind is deleted by the next chat.
    """

    def __init__(self, folder: Path | None, *, is_kept: bool = True) -> None:
        self._folder = folder
        self._prefix = "kept" if is_kept else "dropped"

    def create(self, text: str, *, is_saved: bool) -> Draft:
        """Write a text into a file for an editor; raises OSError.

        `is_saved`: it is kept elsewhere, so if it is left behind unchanged, nobody needs it.
        """
        import tempfile

        data = text.encode("utf-8", "replace")
        if self._folder is not None:
            make_private_folder(self._folder)
        # The checksum tells at the next start whether the text was changed.
        prefix = f"{self._prefix}-{zlib.crc32(data if is_saved else b''):08x}-"
        return Draft(Path(tempfile.mkdtemp(prefix=prefix, dir=self._folder)), data, drafts=self._folder)

    def take_abandoned(self) -> tuple[str, Path | None] | None:
        """Return a changed text that a killed process left behind, and remove it; None if there is none.

        The path, if any, is where the editor has left files of its own, such as Vim's swap file with what was not
        saved: they are not touched.
        """
        if self._folder is None:
            return None
        try:
            folders = sorted(self._folder.iterdir())
        except OSError:
            return None
        for folder in folders:
            match = re.fullmatch(_NAME, folder.name)
            if match is not None and _is_abandoned(folder):
                if match[1] == "dropped":
                    import shutil

                    shutil.rmtree(folder, ignore_errors=True)
                elif (text := _take(folder, int(match[2], 16))) is not None:
                    return text, folder if folder.exists() else None
        return None


def _is_abandoned(folder: Path) -> bool:
    """Return whether no process has the draft's lock; False also if that is unknown."""
    lock = folder / _LOCK
    if sys.platform == "win32":
        try:
            lock.unlink()  # an open file cannot be removed there
        except OSError:
            return False
        return True
    else:  # noqa: RET505 - the type checker skips an else, but not code after a return
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        finally:
            os.close(descriptor)
        return True


def _take(folder: Path, checksum: int) -> str | None:
    """Return the changed text of an abandoned draft, or None; its own files are removed, and the folder if empty."""
    try:
        data = read_file(folder / _TEXT, _MAX_DRAFT_BYTES)
    except FileError:
        return None
    with suppress(OSError):
        (folder / _TEXT).unlink()
        (folder / _LOCK).unlink(missing_ok=True)
        folder.rmdir()
    is_changed = checksum not in {zlib.crc32(data), zlib.crc32(data.removesuffix(b"\n").removesuffix(b"\r"))}
    text = data.decode("utf-8", "replace").strip("\n")
    return text if is_changed and text.strip() else None
