"""The first messages: from the command line, attached files and standard input.

Text is sent unchanged, to the byte. Input that is not text, or larger than the API accepts, is refused before anything
is sent. Standard input is stricter than an attached file: its encoding is not guessed, because a pipe can contain a
converter, and there is no file name with which to report a guess.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO

from grokchat.arguments import Arguments
from grokchat.environment import Environment
from grokchat.errors import FileError, UsageError, os_reason
from grokchat.messages import MAX_REQUEST_BYTES, body


def read_messages(
    environment: Environment, arguments: Arguments, *, report: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Return the messages in the order of the request: system, files, standard input, PROMPT.

    Raises FileError and UsageError; `report` gets notes on the files.
    """
    for text in (*arguments.system, arguments.prompt or ""):
        _check_encoding(text)
    room = MAX_REQUEST_BYTES
    messages = [body("user", arguments.prompt)] if arguments.prompt else []
    if arguments.files:
        from grokchat.attachments.load import load_attachment, to_messages

        attachments = []
        for name in arguments.files:
            attachment = load_attachment(name, room)
            room -= attachment.request_bytes
            attachments.append(attachment)
            if attachment.note:
                report(f"{name}: {attachment.note}")
        messages = to_messages(attachments, arguments.prompt)
    if environment.stdin is not None and not environment.stdin_is_tty:
        piped = _read_text(environment.stdin, max(room, 0))
        if piped:
            messages.insert(len(messages) - bool(arguments.prompt), body("user", piped))
    return [*(body("system", text) for text in arguments.system if text), *messages]


def _read_text(stream: BinaryIO, max_bytes: int) -> str:
    try:
        data = stream.read(max_bytes + 1)
    except OSError as error:
        raise FileError("standard input", f"it cannot be read ({os_reason(error)})") from error
    except ValueError:  # closed
        data = b""
    if not data:
        return ""
    from grokchat.attachments.text_encoding import decode_utf8, too_large_error

    if len(data) > max_bytes:
        raise too_large_error("standard input", max_bytes)
    return decode_utf8(data, "standard input")


def _check_encoding(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError("An argument is not valid UTF-8. Pipe the text in, converted with iconv.") from error
