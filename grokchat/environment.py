"""The program's surroundings as one argument: streams, environment variables, clocks, the network, the terminal.

`main` and everything below it get them from here, so that the whole program runs inside a test. Nothing else reads
`sys.argv`, the standard streams or `os.environ`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, BinaryIO, TextIO

from grokchat.records import field, mutable

if TYPE_CHECKING:
    from datetime import datetime

    import httpx
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

_API_KEY_VARIABLE = "XAI_API_KEY"
_DEFAULT_COLUMNS = 80


def _utc_now() -> datetime:
    from datetime import UTC, datetime

    return datetime.now(UTC)


async def _sleep(seconds: float) -> None:
    import asyncio

    await asyncio.sleep(seconds)


def _nothing() -> None:
    """Do nothing: inside a test, Ctrl-C is the test's."""


def _ignore_ctrl_c() -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _jitter() -> float:
    import random

    return random.random()  # noqa: S311 - it spreads retries in time


@mutable
class Environment:
    """What the program sees of its surroundings.

    `argv` are the arguments as UTF-8, `variables` in Python's own decoding, in which started programs get them.
    `clock` returns seconds and never goes back; `jitter` a random number from 0 to 1. A `transport` replaces the
    network. `redactors` remove the known API keys from a text; `redact` applies them. `ignore_ctrl_c` is called once
    the chat is over: while Python takes its event loop apart, an interrupt would show as a warning or a traceback.
    """

    argv: Sequence[str]
    variables: MutableMapping[str, str]
    stdin: BinaryIO | None
    stdout: BinaryIO
    stderr: BinaryIO
    stdin_is_tty: bool = False
    stdout_is_tty: bool = False
    stderr_is_tty: bool = False
    encoding: str = "utf-8"
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = _utc_now
    sleep: Callable[[float], Awaitable[None]] = _sleep
    jitter: Callable[[], float] = _jitter
    transport: httpx.AsyncBaseTransport | None = None
    terminal: Callable[[], tuple[Input, Output]] | None = None
    redactors: list[Callable[[str], str]] = field(default_factory=list)
    ignore_ctrl_c: Callable[[], object] = _nothing

    __repr__ = object.__repr__  # its fields hold the key

    @classmethod
    def from_process(cls) -> Environment:
        """Return the environment of this process.

        The API key is removed from the process's own variables, so that no program started from here (an editor, a
        clipboard tool) inherits it.
        """
        _reserve_standard_descriptors()
        variables = dict(os.environ)
        os.environ.pop(_API_KEY_VARIABLE, None)
        if os.name == "posix" and not variables.get("HOME", "/").startswith("/"):
            del os.environ["HOME"]  # so that `os.path.expanduser` asks the system's list of users
        return cls(
            argv=[decode_native(argument) for argument in sys.argv[1:]],
            variables=variables,
            stdin=sys.stdin.buffer if sys.stdin is not None else None,
            stdout=_binary_stream(sys.stdout),
            stderr=_binary_stream(sys.stderr),
            stdin_is_tty=_is_tty(sys.stdin),
            stdout_is_tty=_is_tty(sys.stdout),
            stderr_is_tty=_is_tty(sys.stderr),
            encoding=_terminal_encoding(variables, getattr(sys.stdout, "encoding", None) or "utf-8"),
            ignore_ctrl_c=_ignore_ctrl_c,
        )

    def get(self, name: str) -> str:
        """Return an environment variable as UTF-8, or nothing if it is not set."""
        return decode_native(self.variables.get(name, ""))

    def redact(self, text: str) -> str:
        """Return a text without the API keys of this run, in whatever encoding, and without what looks like one.

        The one place that strikes them out. Everything passes it that goes to the screen, to standard error or into
        a record, except what the user wrote and the text of replies.
        """
        from grokchat.redaction import mask_keys, redact_key

        text = redact_key(self.get(_API_KEY_VARIABLE), text)
        for redact in self.redactors:
            text = redact(text)
        return mask_keys(text)

    def columns(self) -> int:
        """Return the width of the terminal on standard output, or 80."""
        try:
            return os.get_terminal_size(self.stdout.fileno()).columns or _DEFAULT_COLUMNS
        except (OSError, ValueError):
            return _DEFAULT_COLUMNS

    def encode(self, text: str) -> bytes:
        r"""Return text in the terminal's encoding; characters that it lacks become `\u2603`."""
        return text.encode(self.encoding, "replace" if self.encoding.lower().startswith("utf") else "backslashreplace")

    @property
    def is_debug(self) -> bool:
        """Whether tracebacks are wanted."""
        return bool(self.get("GROKCHAT_DEBUG"))


def decode_native(text: str) -> str:
    """Return a text of the system - an argument, a variable, a file's name - decoded as UTF-8.

    Python decodes by the locale: in the C locale without UTF-8 mode to lone surrogates, in ISO 8859-1 to mojibake.
    Bytes that are not UTF-8 keep Python's decoding.
    """
    if text.isascii():
        return text
    try:
        return os.fsencode(text).decode("utf-8")
    except UnicodeError:
        return text


def encode_native(text: str) -> str:
    """Return the file name or command that a UTF-8 text means, in the decoding that Python passes on to the system."""
    if text.isascii() or sys.platform == "win32":
        return text
    try:
        return os.fsdecode(text.encode("utf-8", "surrogateescape"))
    except UnicodeError:  # lone surrogates that stand for no byte
        return text


def env_without_key(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for a program that grokchat starts, such as an editor: it has no use for the API key."""
    return {name: value for name, value in variables.items() if name != _API_KEY_VARIABLE}


def _terminal_encoding(variables: Mapping[str, str], encoding: str) -> str:
    """Return the terminal's encoding: Python uses UTF-8 in the C locale, which the terminal need not."""
    locale = variables.get("LC_ALL") or variables.get("LC_CTYPE") or variables.get("LANG")
    return "ascii" if locale in {"C", "POSIX"} and not variables.get("PYTHONUTF8") else encoding


def _reserve_standard_descriptors() -> None:
    """Open descriptors 0 to 2 that are closed: the next file opened would take the number and get what is written."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest free number


def _binary_stream(stream: TextIO | None) -> BinaryIO:
    """Return the stream's bytes; a stream that was closed before the program began goes to the null device."""
    return stream.buffer if stream is not None else open(os.devnull, "wb")  # noqa: PTH123


def _is_tty(stream: object) -> bool:
    try:
        return bool(stream is not None and stream.isatty())  # type: ignore[attr-defined]
    except ValueError:  # closed
        return False
