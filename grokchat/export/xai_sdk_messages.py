"""The messages of a program for xAI's own client, as expressions in Python.

The client's helpers are used where they suffice; things that only the protobuf messages below them can express (a name,
tool calls, reasoning) are made from those.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grokchat.export.literals import PYTHON, Comment, Item, has_no_surrogates, without_surrogates
from grokchat.export.request_parts import parse_image_part, parse_tool_call, unsupported_fields

_ROLES = {
    "system": "ROLE_SYSTEM",
    "developer": "ROLE_DEVELOPER",
    "user": "ROLE_USER",
    "assistant": "ROLE_ASSISTANT",
    "tool": "ROLE_TOOL",
    "function": "ROLE_FUNCTION",
}
_HELPERS = frozenset({"system", "developer", "user", "assistant"})


def message_items(message: Mapping[str, Any], imported: set[str]) -> list[Item]:
    """Return a message as an item of the list, with comments before it; add what it needs to be imported."""
    role = message.get("role")
    if role not in _ROLES:
        return [Comment("A message whose role this client does not support:", message)]
    before: list[Item] = []
    if not has_no_surrogates(message):
        before = [Comment("Lone surrogates are not valid here, and are replaced by U+FFFD. The message was:", message)]
        message = without_surrogates(message)
    other_fields = {key: value for key, value in message.items() if key not in {"role", "content"}}
    result, call_id = message.get("content"), message.get("tool_call_id")
    if role == "tool" and isinstance(result, str) and isinstance(call_id, str) and len(other_fields) == 1:
        imported.add("tool_result")
        items: list[Item] = [PYTHON.literal(result, 12), f"tool_call_id={PYTHON.literal(call_id)}"]
        return [*before, PYTHON.bracketed("tool_result(", items, ")", 8)]
    fields: list[Item] = []
    for key, value in other_fields.items():
        fields += _field(key, value)
    if role in _HELPERS and not any(isinstance(field, str) for field in fields):
        imported.add(role)
        return [*before, PYTHON.bracketed(f"{role}(", [*_parts(message, imported, 12), *fields], ")", 8)]
    imported.add("chat_pb2")
    parts = _parts(message, imported, 16, raw=True)
    content: list[Item] = ["content=" + PYTHON.bracketed("[", parts, "]", 12)]
    return [
        *before,
        PYTHON.bracketed("chat_pb2.Message(", [f"role=chat_pb2.{_ROLES[role]}", *content, *fields], ")", 8),
    ]


def _field(key: str, value: Any) -> list[Item]:
    if key in {"name", "reasoning_content", "tool_call_id"} and isinstance(value, str):
        return [f"{key}={PYTHON.literal(value, 12)}"]
    if key == "tool_calls" and isinstance(value, list):
        return ["tool_calls=" + PYTHON.bracketed("[", [_call(call) for call in value], "]", 12)]
    return [Comment(f"{PYTHON.quoted(key)} is not supported here:", value)]


def _call(call: Any) -> Item:
    parsed = parse_tool_call(call)
    if parsed is None:
        return Comment("A call that is not supported here:", call)
    call_id, name, arguments = (PYTHON.literal(text, 24) for text in parsed)
    inner = PYTHON.bracketed("chat_pb2.FunctionCall(", [f"name={name}", f"arguments={arguments}"], ")", 20)
    kind = "type=chat_pb2.TOOL_CALL_TYPE_CLIENT_SIDE_TOOL"
    return PYTHON.bracketed("chat_pb2.ToolCall(", [f"id={call_id}", kind, f"function={inner}"], ")", 16)


def _parts(message: Mapping[str, Any], imported: set[str], indent: int, *, raw: bool = False) -> list[Item]:
    content = message.get("content")
    if content is None:
        return []
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return [item for part in parts for item in _part(part, imported, indent, raw=raw)]


def _part(part: Any, imported: set[str], indent: int, *, raw: bool) -> list[Item]:
    if isinstance(part, dict) and isinstance(part.get("text"), str):
        rest = unsupported_fields("A text part without its", part, "type", "text")
        if not raw:
            return [*rest, PYTHON.literal(part["text"], indent)]
        imported.add("text")
        return [*rest, PYTHON.bracketed("text(", [PYTHON.literal(part["text"], indent + 4)], ")", indent)]
    if image := parse_image_part(part):
        imported.add("image")
        more = [f'detail="{image[1]}"'] if image[1] else []
        return [PYTHON.bracketed("image(", [PYTHON.literal(image[0], indent + 4), *more], ")", indent)]
    inner = part.get("file") if isinstance(part, dict) and part.keys() == {"type", "file"} else None
    if isinstance(inner, dict) and inner.keys() in ({"file_id"}, {"url"}):
        [(name, value)] = inner.items()
        if isinstance(value, str):
            imported.add("file")
            return [f"file({name}={PYTHON.literal(value)})"]
    return [Comment("A part that is not supported here:", part)]
