"""The messages of a program for the AI SDK, as expressions in JavaScript.

Anything that the SDK would drop with a warning or refuse (a tool call without its result, another role) becomes a
comment in its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from grokchat.export.literals import JAVASCRIPT, Comment, Item
from grokchat.export.request_parts import parse_image_part, parse_tool_call, unsupported_fields

_IMAGE = re.compile(r"https?://[^\s\\]+|data:(image/[\w.+-]+)(?:;[^,;\s]*)*;base64,[\w+/=-]*", re.ASCII)


def message_items(
    messages: Sequence[Mapping[str, Any]], reasoning: Sequence[Sequence[Mapping[str, Any]]]
) -> Iterator[Item]:
    """Yield the items of the list of messages; `reasoning` is the encrypted reasoning before each."""
    names: dict[str, str] = {}
    for at, message in enumerate(messages):
        role, rest = message.get("role"), {**message}
        content = rest.pop("content", None)
        del rest["role"]
        if role in {"system", "developer"}:
            fields = _text(content)
        elif role == "user":
            content = _unwrapped(content)
            fields = _content(content, [_part(part) for part in content] if isinstance(content, list) else [])
        elif role == "assistant":
            answered = list(_answered_calls(messages[at + 1 :]))
            tool_calls = rest.pop("tool_calls", None) or []
            listed = tool_calls if isinstance(tool_calls, list) else [tool_calls]
            thoughts, calls = [*map(_reasoning, reasoning[at])], [_call(call, answered, names) for call in listed]
            is_text = not thoughts and not calls and not isinstance(content, list)
            fields = _content(content, [] if is_text else [*thoughts, *_texts(content), *calls])
        elif role == "tool" and isinstance(rest.get("tool_call_id"), str):
            fields = _result(content, rest.pop("tool_call_id"), names)
        else:
            yield Comment("A message that the AI SDK does not support:", message)
            continue
        if role == "developer":
            fields.insert(0, Comment("The AI SDK has no role developer."))
        fields += [Comment(f"{JAVASCRIPT.key(key)} is not supported here:", value) for key, value in rest.items()]
        shown = "system" if role == "developer" else role
        yield JAVASCRIPT.bracketed("{", [f'role: "{shown}"', *fields], "}", 4)


def _unwrapped(content: object) -> object:
    """Return content of a single text part as text: of an empty part the SDK would drop the whole message."""
    part = content[0] if isinstance(content, list) and len(content) == 1 else None
    has_no_surrogates = isinstance(part, dict) and part.keys() == {"type", "text"} and isinstance(part["text"], str)
    return part["text"] if isinstance(part, dict) and has_no_surrogates else content


def _content(content: object, parts: list[Item]) -> list[Item]:
    """Return the `content` field of a message: its parts, if there are any, or a text."""
    if parts:
        return ["content: " + JAVASCRIPT.bracketed("[", parts, "]", 6)]
    text: list[Item] = [f"content: {JAVASCRIPT.literal(content if isinstance(content, str) else '', 6)}"]
    return text if isinstance(content, str) else [Comment("The content was", content), *text]


def _text(content: object) -> list[Item]:
    """Return the `content` field of a message that can only have one text."""
    if not isinstance(content, list):
        return _content(content, [])
    texts = [part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str)]
    plain = [{"type": "text", "text": texts[0]}] if len(texts) == 1 else None
    text: list[Item] = [f"content: {JAVASCRIPT.literal(chr(10).join(texts), 6)}"]
    return text if content == plain else [Comment("This must be one text; it was", content), *text]


def _texts(content: object) -> list[Item]:
    if isinstance(content, list):
        return [_part(part, images=False) for part in content]
    return [_part({"type": "text", "text": content})] if isinstance(content, str) and content else []


def _part(part: Any, *, images: bool = True) -> Item:
    if isinstance(part, dict) and isinstance(part.get("text"), str):
        if not part["text"]:
            return Comment("The AI SDK drops an empty text.")
        text = f"text: {JAVASCRIPT.literal(part['text'], 10)}"
        return JAVASCRIPT.bracketed(
            "{", ['type: "text"', text, *unsupported_fields("Without its", part, "type", "text")], "}", 8
        )
    image = parse_image_part(part) if images else None
    address_match = _IMAGE.fullmatch(image[0]) if image else None
    if image is None or address_match is None:
        return Comment("A part that is not supported here:", part)
    address = JAVASCRIPT.bracketed("new URL(", [JAVASCRIPT.literal(image[0], 12)], ")", 10)
    items: list[Item] = [f"mediaType: {JAVASCRIPT.quoted(address_match[1] or 'image/*')}", f"data: {address}"]
    items += [f'providerOptions: {{ xai: {{ imageDetail: "{image[1]}" }} }}'] if image[1] else []
    return JAVASCRIPT.bracketed("{", ['type: "file"', *items], "}", 8)


def _reasoning(item: Mapping[str, Any]) -> Item:
    match item:
        case {"type": _, "id": str(item_id), "summary": [], "encrypted_content": str(encrypted), **rest} if not rest:
            text = ""
        case {
            "type": _,
            "id": str(item_id),
            "summary": [{"type": "summary_text", "text": str(text), **more}],
            "encrypted_content": str(encrypted),
            **rest,
        } if text and not more and not rest:
            pass
        case _:
            return Comment("Encrypted reasoning that is not supported here:", item)
    options = {"xai": {"itemId": item_id, "reasoningEncryptedContent": encrypted}}
    fields = [f"text: {JAVASCRIPT.literal(text, 10)}", f"providerOptions: {JAVASCRIPT.literal(options, 10)}"]
    return JAVASCRIPT.bracketed("{", ['type: "reasoning"', *fields], "}", 8)


def _answered_calls(following: Sequence[Mapping[str, Any]]) -> Iterator[object]:
    """Yield the ids of the calls whose results precede the next message that is neither a reply nor a result."""
    for message in following:
        if message.get("role") in {"system", "developer", "user"}:
            return
        if message.get("role") == "tool":
            yield message.get("tool_call_id")


def _call(call: Any, answered: Sequence[object], names: dict[str, str]) -> Item:
    parsed = parse_tool_call(call)
    if parsed is None:
        return Comment("A call that is not supported here:", call)
    call_id, name, arguments = parsed
    names[call_id] = name
    try:
        tool_input = JAVASCRIPT.literal(json.loads(arguments), 10)
    except ValueError:
        return Comment("A call whose arguments are not JSON is not supported here:", call)
    if call_id not in answered:
        return Comment("The AI SDK refuses a call without a result:", call)
    identity = [f"toolCallId: {JAVASCRIPT.literal(call_id)}", f"toolName: {JAVASCRIPT.literal(name)}"]
    return JAVASCRIPT.bracketed("{", ['type: "tool-call"', *identity, f"input: {tool_input}"], "}", 8)


def _result(content: object, call_id: str, names: Mapping[str, str]) -> list[Item]:
    *remarks, text = _text(content)
    name = names.get(call_id, "unknown")
    identity = [f"toolCallId: {JAVASCRIPT.literal(call_id)}", f"toolName: {JAVASCRIPT.literal(name)}"]
    output = f'output: {{ type: "text", value: {str(text).removeprefix("content: ")} }}'
    result = JAVASCRIPT.bracketed("{", ['type: "tool-result"', *identity, output], "}", 6)
    return [*remarks, f"content: [{result}]"]
