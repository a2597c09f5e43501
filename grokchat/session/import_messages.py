"""Messages from other programs: a JSON array of messages, a request body, or JSON Lines of messages.

The file itself is never changed. A value that other JSON readers refuse is refused here too, with its line number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grokchat import strict_json
from grokchat.api.request import DEFAULT_STREAM_OPTIONS
from grokchat.config.settings import RESERVED_FIELDS
from grokchat.config.validation import validate_setting
from grokchat.errors import ConfigError, FileError
from grokchat.messages import Message, find_message_problem, new_id
from grokchat.records import field, record

_SUPPORTED_FORMATS = (
    "--resume takes a session file, a JSON array of messages, a request body, or JSON Lines of messages. "
    "To send a file's text, use -f."
)


@record
class ImportedMessages:
    """The content of a file; only a request body has settings and request parameters."""

    messages: list[Message]
    settings: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)


def import_messages(path: Path, data: bytes) -> ImportedMessages:
    """Read the messages of a file with this content; raises FileError, which names the message or line."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(path, f"it is not UTF-8 text (byte {error.start})", _SUPPORTED_FORMATS) from error
    refusal = ""
    try:
        value = strict_json.parse(text)
    except json.JSONDecodeError:
        value = None
    except ValueError as error:
        value, refusal = None, str(error)
    if isinstance(value, list):
        return ImportedMessages(_make_messages(path, list(enumerate(value, 1)), "message"))
    if isinstance(value, dict) and isinstance(value.get("messages"), list):
        return _import_request(path, value)
    return ImportedMessages(_make_messages(path, _parse_lines(path, text, refusal), "line"))


def _import_request(path: Path, request: Mapping[str, Any]) -> ImportedMessages:
    messages = _make_messages(path, list(enumerate(request["messages"], 1)), "message")
    settings: dict[str, Any] = {key: request[key] for key in ("model", "stream") if key in request}
    try:
        settings = {key: validate_setting(key, value, str(path)) for key, value in settings.items()}
    except ConfigError as error:
        raise FileError(path, f"its {error.key} cannot be used: {error.problem}") from error
    params = {key: value for key, value in request.items() if key not in RESERVED_FIELDS}
    if params.get("stream_options") == DEFAULT_STREAM_OPTIONS:
        del params["stream_options"]  # it is sent in any case
    return ImportedMessages(messages, settings, params)


def _parse_lines(path: Path, text: str, refusal: str) -> list[tuple[int, Any]]:
    """Return the values of JSON Lines with their line numbers; `refusal` is why the whole text is not used as JSON."""
    values = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                values.append((number, strict_json.parse(line)))
            except json.JSONDecodeError as error:
                raise FileError(path, refusal or f"line {number} is not JSON", _SUPPORTED_FORMATS) from error
            except ValueError as error:
                raise FileError(path, f"line {number} cannot be used: {error}", _SUPPORTED_FORMATS) from error
    if not values:
        raise FileError(path, "it is empty", _SUPPORTED_FORMATS)
    return values


def _make_messages(path: Path, values: list[tuple[int, Any]], unit: str) -> list[Message]:
    messages = []
    for number, value in values:
        problem = find_message_problem(value)
        if problem:
            raise FileError(path, f"{unit} {number}: {problem}", _SUPPORTED_FORMATS)
        messages.append(Message(new_id(), value))
    return messages
