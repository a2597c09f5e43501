"""All errors that are shown to the user, in one tree, each with its exit code.

    GrokchatError                      a paragraph for the user; `exit_code` for the shell
    ├── UsageError            2        the command line, a slash command's arguments
    │   └── CommandError      2        a slash command that failed
    ├── ConfigError           2        a config file or environment value
    ├── KeyMissingError       2        no API key, or a text that cannot be one
    ├── FileError             4        a file that could not be read or written
    │   └── SessionBusyError  4        another process has the session open
    ├── ApiError                       the API did not reply
    │   ├── RefusedError      1        it refused the request
    │   ├── UnreachableError  3        it could not be reached, or kept failing after the retries
    │   └── BrokenReplyError  3        the reply broke off, or had no text
    ├── ReportedError                  several errors, each reported when it occurred
    └── InterruptedByUser     130      Ctrl-C

The text of an error is one short paragraph: what happened, why, what to do. It may quote a server or a file, so control
characters are made visible when it is shown (`render.sanitize`). `str(error)` is the text in the chat, whose advice
names slash commands; `shell_text` is that on the command line, whose advice names options.
"""

from __future__ import annotations

from grokchat.records import record


class GrokchatError(Exception):
    """An error that is shown to the user as one paragraph; `in_shell` is its text there, if it differs."""

    exit_code = 1

    def __init__(self, text: str = "", *, in_shell: str = "") -> None:
        super().__init__(text)
        self._in_shell = in_shell

    @property
    def shell_text(self) -> str:
        """The text on the command line, where slash commands do not work."""
        return self._in_shell or str(self)


class UsageError(GrokchatError):
    """The command line or a slash command's arguments are wrong."""

    exit_code = 2


class CommandError(UsageError):
    """A slash command that is well-formed and failed."""


class ConfigError(GrokchatError):
    """A setting from a file or the environment is wrong.

    `where` names the file, variable or option, `key` the setting. `problem` is the predicate of a sentence about them
    ("must be a string, not 3"); `advice` is a question in lower case, or sentences.
    """

    exit_code = 2

    def __init__(self, where: str, key: str = "", *, problem: str, advice: str = "") -> None:
        self.where = where
        self.key = key
        self.problem = problem
        self.advice = advice
        super().__init__(_with_advice(f"{where}: {key} {problem}" if key else f"{where}: {problem}", advice))


class UnknownKeyError(ConfigError):
    """A setting, key, profile or element of an unknown name; `what` says which."""

    def __init__(self, where: str, key: str, advice: str, *, what: str = "key") -> None:
        super().__init__(where, key, problem=f"unknown {what}", advice=advice)
        self.args = (_with_advice(f'{where}: unknown {what} "{key}"', advice),)


def _with_advice(text: str, advice: str) -> str:
    """Return a sentence, from a text without its period, and the advice after it."""
    return f"{text}; {advice}" if advice[:1].islower() else f"{text}. {advice}".rstrip()


class KeyMissingError(GrokchatError):
    """There is no API key, or a text that cannot be one."""

    exit_code = 2


class FileError(GrokchatError):
    """A file that could not be read or written; `path` is the file."""

    exit_code = 4

    def __init__(self, path: object, reason: str, advice: str = "", *, shell_advice: str = "") -> None:
        self.path = str(path)
        self.reason = reason
        text = f"{path}: {reason}."
        super().__init__(f"{text} {advice}".rstrip(), in_shell=f"{text} {shell_advice}" if shell_advice else "")


class SessionBusyError(FileError):
    """Another process has the session open; `holder` says which, as far as that is known."""

    def __init__(self, path: object, holder: str) -> None:
        self.holder = holder
        super().__init__(path, f"this session is open in {holder}")
        text = f"This session is open in {holder}. Close it there, or"
        self.args = (f"{text} /fork to continue in a copy.",)
        self._in_shell = f"{text} continue in a copy: grokchat -r SESSION, then /fork."


@record
class Advice:
    """What to do about an error of the API: sentences for the shell and for the chat ("": the same).

    `when` is when to try again (`in 10 min`); with "" only the chat names how, and None is for an error that another
    attempt does not help, or whose sentences say it.
    """

    in_shell: str = ""
    in_chat: str = ""
    when: str | None = None

    def text(self, retry_command: str = "", more: str = "") -> str:
        """Return the advice, with another sentence, if any; `retry_command` is that of the chat, "" in a shell."""
        sentences = [(self.in_chat if retry_command else "") or self.in_shell, more]
        if self.when:
            sentences.append(f"Try again {self.when}{f' with {retry_command}' if retry_command else ''}.")
        elif self.when is not None and retry_command:
            sentences.append(f"{retry_command} asks again.")
        return " ".join(filter(None, sentences))


class ApiError(GrokchatError):
    """The API did not reply.

    `message` says what happened, `advice` what to do; in the chat, `retry_command` asks again. `status` is the HTTP
    status or None, `request_id` the server's id of the request, for its support. `about` is what
    in the list of messages caused it, if it is known: `size`, `context`, `content`, `images`, `tool calls`, `names` or
    `empty messages`; `position` is the position of the message in the request, from 0, if the server names it.
    """

    def __init__(
        self,
        message: str,
        advice: Advice | None = None,
        *,
        status: int | None = None,
        request_id: str | None = None,
        about: str = "",
        position: int | None = None,
    ) -> None:
        self.message = message
        self.advice = advice or Advice()
        self.retry_command = "/retry"
        self.status = status
        self.request_id = request_id
        self.about = about
        self.position = position
        self._more_advice = ""
        super().__init__(message)

    def __str__(self) -> str:
        return self._text(self.retry_command)

    @property
    def shell_text(self) -> str:
        """The text on the command line, where slash commands do not work."""
        return self._text("")

    def add_advice(self, sentence: str) -> None:
        """Add a sentence, or nothing, such as on the message that is the cause."""
        self._more_advice = sentence

    def _text(self, retry_command: str) -> str:
        return f"{self.message} {self.advice.text(retry_command, self._more_advice)}".rstrip()


class RefusedError(ApiError):
    """The API refused the request."""

    exit_code = 1


class UnreachableError(ApiError):
    """The API could not be reached, or kept failing after the retries."""

    exit_code = 3


class BrokenReplyError(ApiError):
    """The reply broke off, or had no text."""

    exit_code = 3


class ReportedError(GrokchatError):
    """Errors that were reported when they occurred: only the exit code is left."""

    def __init__(self, exit_code: int) -> None:
        super().__init__()
        self.exit_code = exit_code


class InterruptedByUser(GrokchatError):  # noqa: N818 - nothing failed
    """The user stopped the program."""

    exit_code = 130


def os_reason(error: OSError) -> str:
    """Return the system's reason without path and number: `No such file or directory`."""
    return error.strerror or str(error) or type(error).__name__
