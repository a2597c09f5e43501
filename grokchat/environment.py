"""The world as one argument: streams, environment, clocks, the network's door.

`main` and everything below it take what they need from here, so the whole program runs inside a test. Nothing else
reads `sys` or `os.environ`.
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


def _utc_now() -> datetime:
    from datetime import UTC, datetime

    return datetime.now(UTC)


async def _sleep(seconds: float) -> None:
    import asyncio

    await asyncio.sleep(seconds)


def _chance() -> float:
    import random

    return random.random()  # noqa: S311 - it spreads tries in time


@mutable
class Environment:
    """What the program sees of its surroundings. `clock` is in seconds and never goes back."""

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
    chance: Callable[[], float] = _chance
    transport: httpx.AsyncBaseTransport | None = None
    terminal: Callable[[], tuple[Input, Output]] | None = None
    secrets: list[Callable[[str], str]] = field(default_factory=list)
    """What strikes the keys that are known out of a text."""

    __repr__ = object.__repr__  # its fields hold the key

    @classmethod
    def of_process(cls) -> Environment:
        """Return the world of this process.

        The API key is taken out of the process's own environment, so that no program started from here (an editor, a
        clipboard tool) inherits it.
        """
        _open_closed_streams()
        env = dict(os.environ)
        os.environ.pop("XAI_API_KEY", None)
        return cls(
            argv=sys.argv[1:],
            variables=env,
            stdin=sys.stdin.buffer if sys.stdin is not None else None,
            stdout=_binary(sys.stdout),
            stderr=_binary(sys.stderr),
            stdin_is_tty=_is_tty(sys.stdin),
            stdout_is_tty=_is_tty(sys.stdout),
            stderr_is_tty=_is_tty(sys.stderr),
            encoding=_encoding(env, getattr(sys.stdout, "encoding", None) or "utf-8"),
        )

    def get(self, name: str) -> str:
        """Return an environment variable; one that is set to nothing is not set."""
        return self.variables.get(name, "")

    def columns(self) -> int:
        """Return the width of the terminal on standard output, or 80."""
        try:
            return os.get_terminal_size(self.stdout.fileno()).columns or 80
        except (OSError, ValueError):
            return 80

    def encoded(self, text: str) -> bytes:
        r"""Return text as the terminal takes it; characters that it has not as `\u2603`."""
        return text.encode(self.encoding, "replace" if self.encoding.lower().startswith("utf") else "backslashreplace")

    @property
    def debug(self) -> bool:
        """Whether tracebacks are wanted."""
        return bool(self.get("GROKCHAT_DEBUG"))


def _encoding(env: Mapping[str, str], encoding: str) -> str:
    """Return the terminal's encoding; Python takes the C locale for UTF-8, and a terminal in it need not."""
    locale = env.get("LC_ALL") or env.get("LC_CTYPE") or env.get("LANG")
    return "ascii" if locale in {"C", "POSIX"} and not env.get("PYTHONUTF8") else encoding


def _open_closed_streams() -> None:
    """Let nothing else become standard input, output or error: what a program writes there would be in that file."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest free number


def _binary(stream: TextIO | None) -> BinaryIO:
    """Return the stream's bytes; one that was closed before the program began takes what it is given, to nowhere."""
    return stream.buffer if stream is not None else open(os.devnull, "wb")  # noqa: PTH123


def _is_tty(stream: object) -> bool:
    try:
        return bool(stream is not None and stream.isatty())  # type: ignore[attr-defined]
    except ValueError:  # closed
        return False
