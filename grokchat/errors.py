"""Every error that a user can meet, in one tree, each with its exit code.

    GrokchatError                      a paragraph for the user; `exit_code` for the shell
    ├── UsageError            2        the command line, a slash command's arguments
    │   └── CommandError      2        a slash command that could not be done
    ├── ConfigError           2        a config file or environment value
    ├── KeyMissingError       2        no API key, or one that cannot be a key
    ├── FileError             4        a file that could not be read or written
    │   └── SessionBusyError  4        another process has the session open
    ├── ApiError                       what the API did
    │   ├── RefusedError      1        it answered, and the answer was no
    │   ├── UnreachableError  3        it could not be reached, or kept failing after the retries
    │   └── BrokenReplyError  3        the reply broke off, or held no text
    └── InterruptedByUser     130      Ctrl-C

The text of an error is one short paragraph: what happened, why, what to do. It may quote a server or a file; whoever
shows it makes it visible first (`render.text`). Nothing here imports anything.
"""

from __future__ import annotations


class GrokchatError(Exception):
    """An error that is shown to the user as one paragraph."""

    exit_code = 1


class UsageError(GrokchatError):
    """The command line, or a slash command's arguments, cannot be understood."""

    exit_code = 2


class CommandError(UsageError):
    """A slash command that was understood and cannot be done."""


class ConfigError(GrokchatError):
    """A setting from a file or the environment is wrong.

    `where` names the file or variable, `key` the setting, `found` what stands there, `allowed` what may.
    """

    exit_code = 2

    def __init__(self, where: str, key: str = "", *, found: str = "", allowed: str = "") -> None:
        self.where = where
        self.key = key
        self.found = found
        self.allowed = allowed
        named = f"{where}: {key}" if key else where
        said = f": {found}" if found else ""
        super().__init__(f"{named}{said}." + (f" Allowed: {allowed}." if allowed else ""))


class KeyMissingError(GrokchatError):
    """There is no API key, or what was given cannot be one."""

    exit_code = 2


class FileError(GrokchatError):
    """A file that could not be read or written; `path` is the file."""

    exit_code = 4

    def __init__(self, path: object, reason: str, advice: str = "") -> None:
        self.path = str(path)
        self.reason = reason
        super().__init__(f"{path}: {reason}." + (f" {advice}" if advice else ""))


class SessionBusyError(FileError):
    """Another process has the session open; `holder` says which, as far as it is known."""

    def __init__(self, path: object, holder: str) -> None:
        self.holder = holder
        super().__init__(
            path,
            f"this session is open in {holder}",
            "Leave it there first, or go on in a copy with /fork.",
        )


class ApiError(GrokchatError):
    """What the API did instead of replying.

    `status` is the HTTP status or None, `request_id` the server's name for the request, for its support.
    """

    def __init__(self, message: str, *, status: int | None = None, request_id: str | None = None) -> None:
        self.status = status
        self.request_id = request_id
        super().__init__(message)


class RefusedError(ApiError):
    """The API refused the request."""

    exit_code = 1


class UnreachableError(ApiError):
    """The API could not be reached, or kept failing after the retries."""

    exit_code = 3


class BrokenReplyError(ApiError):
    """A reply that broke off, or that held no text."""

    exit_code = 3


class InterruptedByUser(GrokchatError):  # noqa: N818 - it is no fault
    """The user stopped it."""

    exit_code = 130


def os_reason(error: OSError) -> str:
    """Say why the system refused, without the path and the number: `No such file or directory`."""
    return error.strerror or str(error) or type(error).__name__
