"""What a message has besides text - images, files, audio, refusals, calls of tools - in words. Pure.

Parts have the shapes of the API and of others (`image_url`, `file`, `input_audio`, `source`, `inline_data`), because
imported conversations keep theirs. Data is never quoted: it is named by kind, name, media type and size.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from grokchat.units import byte_size

_DATA_URL = re.compile(r"(?i)data:([a-z0-9.+-]{1,50}/[a-z0-9.+-]{1,50})?[^,]{0,200}?(;base64)?,")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{200}")
_NAME_KEYS = ("filename", "file_name", "title", "name", "url", "file_url", "uri", "file_uri", "file_id", "id")
_MEDIA_KEYS = ("media_type", "mime_type", "mimeType", "format")
_DATA_KEYS = frozenset({"data", "file_data", "b64_json", "base64"})
_MAX_NAME_CHARS = 200
"""The length to which a name or address is shortened for display."""
_MAX_DEPTH = 100
_MEDIA_KINDS = frozenset(
    f"{prefix}{kind}{suffix}"
    for kind in ("image", "file", "audio", "video", "document")
    for prefix in ("", "input_")
    for suffix in ("", "_url")
)
"""The types of parts that are files."""


class ToolCall(NamedTuple):
    """A tool call: the tool's name, and the arguments as the model wrote them.

    One that is not complete is kept, and not sent.
    """

    name: str
    arguments: str
    is_complete: bool = True

    @property
    def title(self) -> str:
        """The line above the arguments."""
        return (f"Call of {self.name}" if self.name else "Call") + ("" if self.is_complete else ", incomplete")

    @property
    def line(self) -> str:
        """The call on one line: `name(arguments)`."""
        return f"{self.name}({' '.join(self.arguments.split())})"


def read_part_text(part: object) -> str | None:
    """Return the text of a part of a message, or None if it is something else; a refusal is text."""
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        return None
    text = part.get("text", part.get("refusal"))
    if text is None and isinstance(kind := part.get("type"), str) and kind not in _MEDIA_KINDS:
        text = part.get(kind)  # as in `{"type": "thinking", "thinking": "..."}`
        return text if isinstance(text, str) and not is_data(text) else None
    return text if isinstance(text, str) else None


def read_image_url(part: object) -> str | None:
    """Return the address of an image, which may hold its data, or None for another part."""
    image = part.get("image_url") if isinstance(part, dict) else None
    url = image.get("url") if isinstance(image, dict) else image
    return url if isinstance(url, str) else None


def describe_part(part: object) -> str:
    """Return a part that is not text in words: `file report.pdf, application/pdf, 1.4 MB`."""
    if (url := read_image_url(part)) is not None and (name := describe_url(url)):
        return name
    if not isinstance(part, dict):
        return _describe_value(part)
    values = dict(reversed(list(_texts(part))))  # the outermost of a name counts
    kind = re.sub(r"^input_|_url$", "", values.get("type", "part"))
    if kind not in _MEDIA_KINDS and not any(map(is_data, values.values())):
        return _describe_value(part)
    data = next((value for name, value in values.items() if name in _DATA_KEYS or is_data(value)), "")
    name = next((values[key] for key in _NAME_KEYS if values.get(key) and not is_data(values[key])), "")
    media = next((values[key] for key in _MEDIA_KEYS if values.get(key)), "")
    described = describe_url(data) if _DATA_URL.match(data) else ", ".join(filter(None, (media, data_size(data))))
    if kind == "image" and not name and "/" in described:
        return described
    facts = [f"{kind} {_shorten(name)}".strip(), described]
    return ", ".join(filter(None, facts))


def describe_url(url: str) -> str:
    """Return an image's address or, for a data URL, its media type and size, without reading its data."""
    match = _DATA_URL.match(url)
    if match is None:
        return "" if url[:5].lower() == "data:" else _shorten(url)
    size = len(url) - match.end()
    if match[2]:
        size = size * 3 // 4 - url.count("=", max(match.end(), len(url) - 2))
    return f"{match[1] or 'picture'}, {byte_size(size)}"


def data_size(data: str) -> str:
    """Return the size of base64 data, or nothing if there is none."""
    return byte_size(len(data) * 3 // 4 - data.count("=", max(0, len(data) - 2))) if data else ""


def is_data(text: str) -> bool:
    """Return whether a text is data, as a data URL or in base64."""
    return text[:5].lower() == "data:" or _BASE64.match(text) is not None


def read_tool_calls(body: Mapping[str, Any]) -> Iterator[ToolCall]:
    """Yield the tool calls of a message, also of other forms: custom tools, and the older `function_call`."""
    calls = body.get("tool_calls")
    for call in calls if isinstance(calls, list) else []:
        if isinstance(call, dict):
            inner = next((call[key] for key in ("function", "custom") if call.get(key)), call)
            yield _read_call(inner)
        else:
            yield ToolCall("", _argument_text(call))
    if isinstance(call := body.get("function_call"), dict):
        yield _read_call(call)


def read_refusal(body: Mapping[str, Any]) -> str:
    """Return the refusal beside the content of an imported reply, or nothing."""
    refusal = body.get("refusal")
    return refusal if isinstance(refusal, str) else ""


def _read_call(call: object) -> ToolCall:
    if not isinstance(call, dict):
        return ToolCall(str(call), "")
    arguments = next((call[key] for key in ("arguments", "input", "parameters") if key in call), "")
    return ToolCall(str(call.get("name") or ""), _argument_text(arguments))


def _argument_text(arguments: object) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False, default=str)


def _texts(value: Mapping[str, Any], depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield the texts of an object and of those in it, those of the outer ones first."""
    for name, inner in value.items():
        if isinstance(inner, str):
            yield name, inner
    for inner in value.values():
        if isinstance(inner, dict) and depth < _MAX_DEPTH:
            yield from _texts(inner, depth + 1)


def _describe_value(value: object) -> str:
    """Return a part of unknown shape as JSON."""
    return json.dumps(value, ensure_ascii=False, default=str)


def _shorten(text: str) -> str:
    return text[:_MAX_NAME_CHARS] + "…" * (len(text) > _MAX_NAME_CHARS)
