"""What the command line, attached files and standard input bring: the first messages.

Text goes in as it is, to the byte. What is no text, or larger than the API takes, is refused before anything is sent.
Standard input is strict where an attached file is not: a pipe has a converter at hand, and no name to tell a guess of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO

from grokchat.arguments import Arguments
from grokchat.attachments.text_encoding import MAX_REQUEST_BYTES, decode_utf8, too_large_error
from grokchat.environment import Environment
from grokchat.errors import FileError, UsageError, os_reason
from grokchat.messages import body


def gather(environment: Environment, arguments: Arguments, *, tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """Return the messages in the order in which they are sent: system, files, standard input, PROMPT.

    What the user should know about a file is told.
    """
    for text in (*arguments.system, arguments.prompt or ""):
        _check_argument(text)
    room = MAX_REQUEST_BYTES
    found = [body("user", arguments.prompt)] if arguments.prompt else []
    if arguments.files:
        from grokchat.attachments.load import load_attachment, to_messages

        files = []
        for name in arguments.files:
            one = load_attachment(name, room)
            room -= one.weight
            files.append(one)
            if one.note:
                tell(f"{name}: {one.note}")
        found = to_messages(files, arguments.prompt)
    if environment.stdin is not None and not environment.stdin_is_tty:
        piped = _read_all(environment.stdin, max(room, 0))
        if piped:
            found.insert(len(found) - bool(arguments.prompt), body("user", piped))
    return [*(body("system", text) for text in arguments.system if text), *found]


def _read_all(stream: BinaryIO, room: int) -> str:
    try:
        data = stream.read(room + 1)
    except OSError as error:
        raise FileError("standard input", f"it cannot be read ({os_reason(error)})") from error
    except ValueError:  # closed
        return ""
    if len(data) > room:
        raise too_large_error("standard input", room)
    return decode_utf8(data, "standard input")


def _check_argument(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError("An argument is not valid UTF-8. Pipe the text in, converted with iconv.") from error
