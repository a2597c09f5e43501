"""What the command line, attached files and standard input bring: the first messages.

Text goes in as it is, to the byte. What is no text, or larger than the API takes, is refused before anything is sent.
"""

from __future__ import annotations

from typing import Any, BinaryIO

from grokchat.arguments import Arguments
from grokchat.errors import FileError, UsageError, os_reason
from grokchat.messages import body
from grokchat.storage import path_of, read
from grokchat.world import World

LIMIT = 50_000_000
"""Bytes: what the API's proxy takes as a request's body."""


def gather(world: World, arguments: Arguments) -> list[dict[str, Any]]:
    """Return the messages in the order in which they are sent: system, files, standard input, PROMPT."""
    for text in (*arguments.system, arguments.prompt or ""):
        _check_argument(text)
    bodies = [body("system", text) for text in arguments.system if text]
    for name in arguments.files:
        path = path_of(name)
        bodies.append(body("user", f"File: {path.name}\n\n{_text(read(path, LIMIT + 1), name)}"))
    if world.stdin is not None and not world.stdin_is_tty:
        piped = _text(_read_all(world.stdin), "standard input")
        if piped:
            bodies.append(body("user", piped))
    if arguments.prompt:
        bodies.append(body("user", arguments.prompt))
    return bodies


def _read_all(stream: BinaryIO) -> bytes:
    try:
        data = stream.read(LIMIT + 1)
    except OSError as error:
        raise FileError("standard input", f"it cannot be read ({os_reason(error)})") from error
    except ValueError:  # closed
        return b""
    return data


def _text(data: bytes, name: str) -> str:
    if len(data) > LIMIT:
        raise FileError(
            name,
            f"it is larger than {LIMIT // 1_000_000} MB, which is more than the API takes",
            "Send the part that matters: head, grep or split make it.",
        )
    nul = data.find(b"\0")
    if nul >= 0:
        raise FileError(
            name,
            f"it is not text: there is a NUL byte at {nul:,}",
            "Convert it first; `iconv -f UTF-16 -t UTF-8` if it is text of another encoding.",
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileError(
            name,
            f"it is not UTF-8: byte {error.start:,} is 0x{data[error.start]:02x}",
            "Convert it first, as with `iconv -f LATIN1 -t UTF-8`.",
        ) from error


def _check_argument(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError("An argument is not valid UTF-8. Pipe the text in, converted with iconv.") from error
