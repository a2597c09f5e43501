"""The file of a session that is opened: locked, so that no other process writes to it meanwhile, and read again."""

from __future__ import annotations

from pathlib import Path

from grokchat.errors import FileError, SessionBusyError, os_reason
from grokchat.session.file_format import FileFormat, identify
from grokchat.session.journal_file import JournalFile


def lock_session_file(path: Path, data: bytes) -> tuple[JournalFile | None, bytes, FileError | None]:
    """Return the locked file and its content, or if it cannot be written to None, `data`, and why.

    `data` is what was read before: another process may have written since. Raises FileError if the file is no longer a
    session.
    """
    try:
        file = JournalFile.open(path)
        return file, _read_locked(file), None
    except SessionBusyError as error:
        return None, data, error
    except OSError as error:
        return None, data, read_only_error(path, f"it cannot be written ({os_reason(error)})")


def read_only_error(path: Path, reason: str) -> FileError:
    """Return the error of a session that is only read."""
    advice = "/fork continues in a copy."
    return FileError(path, reason, advice, shell_advice="Continue in a copy: grokchat -r SESSION, then /fork.")


def _read_locked(file: JournalFile) -> bytes:
    """Return the file's content; closes the file if that fails, or raises FileError: it is no longer a session."""
    try:
        data = file.read()
    except OSError:
        file.close()
        raise
    if identify(data) in {FileFormat.OTHER, FileFormat.NEWER}:
        file.close()
        raise FileError(file.path, "another file was put in its place while it was opened", "Try again.")
    return data
