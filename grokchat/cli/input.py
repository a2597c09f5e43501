"""The first messages: from the command line, attached files and standard input.

Text is sent unchanged, to the byte. Input that is not text, or larger than the API accepts, is refused before anything
is sent. Standard input is stricter than an attached file: its encoding is not guessed, because a pipe can contain a
converter, and there is no file name with which to report a guess.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from grokchat.arguments import Arguments
from grokchat.environment import Environment, decode_native
from grokchat.errors import FileError, UsageError, os_reason
from grokchat.messages import MAX_REQUEST_BYTES, body
from grokchat.system.streams import input_path, is_stream, names_stdin, noticing_long_waits, read_stream

if TYPE_CHECKING:
    from grokchat.attachments.load import Attachment

_STDIN = "standard input"
_MAX_RESUMED_BYTES = 200_000_000
"""For a conversation from a stream, which is in memory while it is read; exports of whole accounts are smaller."""


def read_messages(
    environment: Environment,
    arguments: Arguments,
    *,
    report: Callable[[str], None],
    image_names: MutableMapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Return the messages in the order of the request: system, files, standard input, PROMPT.

    Raises FileError and UsageError; `report` gets notes on the files, and `image_names` the names of images by their
    address.
    """
    for text in (*arguments.system, arguments.prompt or ""):
        check_encoding(text)
    room = MAX_REQUEST_BYTES
    messages = [body("user", arguments.prompt)] if arguments.prompt else []
    if arguments.files:
        from grokchat.attachments.load import to_messages

        attachments = []
        for name in arguments.files:
            attachment = _attach(environment, name, room)
            room -= attachment.request_bytes
            attachments.append(attachment)
            if attachment.url and image_names is not None:
                image_names[attachment.url] = attachment.name
            if attachment.note:
                report(f"{name}: {attachment.note}")
        messages = to_messages(attachments, arguments.prompt)
    if not environment.stdin_is_tty and not find_stdin_option(arguments):
        piped = _read_text(environment, max(room, 0), report)
        if piped:
            messages.insert(len(messages) - bool(arguments.prompt), body("user", piped))
    return [*(body("system", text) for text in arguments.system if text), *messages]


def read_resumed(environment: Environment, arguments: Arguments) -> bytes | None:
    """Return what -r names if that is a stream, which can be read once; None for a file or a session's name.

    It is read before there is an event loop, in which Ctrl-C would not end the wait. Raises FileError and UsageError.
    """
    name = arguments.resume
    if not name or not is_stream(input_path(name)):
        return None
    find_stdin_option(arguments)
    data = read_named(environment, name, _MAX_RESUMED_BYTES + 1)
    if len(data) > _MAX_RESUMED_BYTES:
        raise FileError(
            name, f"it is larger than {_MAX_RESUMED_BYTES // 1_000_000} MB", "Save it to a file and name the file."
        )
    return data


def read_named(environment: Environment, name: str, limit: int) -> bytes:
    """Return at most `limit` bytes of what an option names: a file, a stream, or standard input. Raises FileError."""
    if names_stdin(name):
        if environment.stdin is None:
            raise FileError(_STDIN, "it is closed")
        return _read_stdin(environment, limit)
    from grokchat.system.streams import read_input

    path = input_path(name)
    with noticing_long_waits(environment, f"reading {name!r}; Ctrl-C stops", may_wait=is_stream(path)):
        return read_input(path, limit)


def value_path(text: str) -> str | None:
    """Return the PATH of -o KEY=@PATH from the text after KEY=, or None if the text is the value itself.

    `@@` begins a text that begins with `@`.
    """
    return text[1:] if text.startswith("@") and not text.startswith("@@") else None


def find_stdin_option(arguments: Arguments) -> str:
    """Return the option that reads standard input by its name, or nothing; raises UsageError if two do."""
    from grokchat.config.validation import split_parameter

    values = [value_path(split_parameter(option, "--option")[1]) for option in arguments.options]
    named = [("-r", arguments.resume), ("--config", arguments.config), ("--schema", arguments.schema)]
    named += [("-o", path) for path in values] + [("-f", name) for name in arguments.files]
    options = [option for option, name in named if name and names_stdin(name)]
    if len(options) > 1:
        raise UsageError(f"{' and '.join(options)} both read standard input, which can be read only once.")
    return options[0] if options else ""


def _attach(environment: Environment, name: str, room: int) -> Attachment:
    from grokchat.attachments.load import make_attachment

    data = read_named(environment, name, max(room, 0) + 1)
    if names_stdin(name):
        return make_attachment(_STDIN, data, _STDIN, room, is_pipe=True)
    path = input_path(name)
    return make_attachment(decode_native(path.name), data, name, room, is_pipe=is_stream(path))


def _read_text(environment: Environment, max_bytes: int, report: Callable[[str], None]) -> str:
    data = _read_stdin(environment, max_bytes + 1)
    if not data:
        return ""
    from grokchat.attachments.text_encoding import decode_piped, too_large_error

    if len(data) > max_bytes:
        raise too_large_error(_STDIN, max_bytes)
    text, note = decode_piped(data, _STDIN)
    if note:
        report(f"{_STDIN}: {note}")
    return text


def _read_stdin(environment: Environment, limit: int) -> bytes:
    """Return at most `limit` bytes of standard input, nothing if it is closed; raises FileError."""
    if environment.stdin is None:
        return b""
    end = "it ends with the program that writes to it, Ctrl-C stops"
    if environment.stdin_is_tty:
        end = "Ctrl-Z and Enter end it" if sys.platform == "win32" else "Ctrl-D ends it"
    try:
        with noticing_long_waits(environment, f"reading standard input; {end}"):
            return read_stream(environment.stdin, limit)
    except OSError as error:
        raise FileError(_STDIN, f"it cannot be read ({os_reason(error)})") from error
    except ValueError:  # closed
        return b""


def check_encoding(text: str) -> None:
    """Raise UsageError for an argument that is not UTF-8."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError("An argument is not valid UTF-8. Convert the text with iconv and pipe it in.") from error
