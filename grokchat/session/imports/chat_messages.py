"""Messages of the Chat Completions API and of its relatives: from a JSON value to what the API accepts.

They are kept as they are, unknown fields and parts included, except for what the API is known to refuse (its page on
messages): with that in the list, each later request would fail.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from grokchat.errors import FileError
from grokchat.messages import find_message_problem, split_refusal
from grokchat.session.imports.conversation import ImportBuilder
from grokchat.session.imports.source import Item, Source, describe

ROLES = ("system", "user", "assistant", "tool")
_LEGACY_ROLE = "function"
_CALLS = ("tool_calls", "function_call")
_LEFT_OUT = {
    "tool_use": "tool call",
    "toolCall": "tool call",
    "tool_result": "tool result",
    "thinking": "thought",
    "redacted_thinking": "thought",
    "reasoning": "thought",
}
"""Types of parts in other APIs that are not content here, and their names."""


def add_message(source: Source, item: Item, builder: ImportBuilder, **reply: Any) -> None:
    """Append the message at this place, with `model` and `finish_reason`; raises FileError with the place.

    An empty message is left out, as is the `name` of another role than the user's. `developer`, a role of other APIs,
    becomes `system`.
    """
    message = item.value
    if isinstance(message, dict) and message.get("role") == "developer":
        message = {**message, "role": "system"}
        builder.count("as a system message", "developer message")
    if not isinstance(message, dict):
        raise _error(source, item, f"found {describe(message)}, not a message")
    if problem := find_message_problem(message):
        raise _error(source, item, problem)
    role = message["role"]
    if role not in (*ROLES, _LEGACY_ROLE):
        raise _error(source, item, f"unknown role “{role[:40]}” ({', '.join(ROLES)})")
    if role not in {"user", _LEGACY_ROLE} and isinstance(message.get("name"), str):
        message = {key: value for key, value in message.items() if key != "name"}
        builder.leave_out("name")
    content = message.get("content")
    if isinstance(content, list):
        message = {**message, "content": to_parts(source, item, builder)}
    is_result = role in {"tool", _LEGACY_ROLE}
    if is_result or split_refusal(message)[0].get("content") or any(message.get(key) for key in _CALLS):
        builder.add(message, **reply)
    elif content is None:
        raise _error(source, item, "it has no content")
    elif not content:
        builder.leave_out("empty message")


def to_parts(source: Source, item: Item, builder: ImportBuilder) -> list[Any]:
    """Return the content at this place, a list, without the parts that are not content; raises FileError."""
    parts: list[Any] = []
    for part in item.each("content"):
        value = part.value
        if isinstance(value, str):
            parts.append({"type": "text", "text": value})
        elif not isinstance(value, dict):
            raise source.error(part, f"found {describe(value)}, not a part of a message")
        elif str(value.get("type")) in _LEFT_OUT:
            builder.leave_out(_LEFT_OUT[str(value["type"])])
        else:
            parts.append(_to_part(value))
    return parts


def _to_part(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a part as this API spells it, if it is one of the Responses API, Anthropic's or Amazon's."""
    kind, text, image = part.get("type"), part.get("text"), part.get("source")
    if isinstance(text, str) and kind is None:
        return {"type": "text", **part}
    if isinstance(text, str) and kind in ("input_text", "output_text"):
        return {"type": "text", "text": text}
    if kind == "refusal" and isinstance(part.get("refusal"), str):
        return {"type": "text", "text": part["refusal"]}
    if kind == "input_image" and isinstance(part.get("image_url"), str):
        detail = {"detail": part["detail"]} if isinstance(part.get("detail"), str) else {}
        return {"type": "image_url", "image_url": {"url": part["image_url"], **detail}}
    if kind == "input_file":
        return {"type": "file", "file": {key: value for key, value in part.items() if key != "type"}}
    if kind == "image" and isinstance(part.get("data"), str):
        return {"type": "image_url", "image_url": {"url": f"data:{part.get('mimeType')};base64,{part['data']}"}}
    if kind == "image" and isinstance(image, dict):
        url = image.get("url") or f"data:{image.get('media_type')};base64,{image.get('data')}"
        return {"type": "image_url", "image_url": {"url": url}}
    return part


def tool_call(call_id: str, name: str, arguments: object) -> dict[str, Any]:
    """Return a call of a message's `tool_calls`; arguments that are not text are written as JSON."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": text}}


def single_text(content: object) -> object:
    """Return the text of a content that is a list of one text."""
    if isinstance(content, list) and len(content) == 1 and isinstance(content[0], dict):
        text = content[0].get("text", content[0].get("refusal"))
        return text if isinstance(text, str) else content
    return content


def _error(source: Source, item: Item, problem: str) -> FileError:
    number = item.path[-1]
    return source.error(item, problem, f"message {number + 1:,}" if isinstance(number, int) else "")
