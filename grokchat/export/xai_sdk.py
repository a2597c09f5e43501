"""The request as a Python program for xAI's own client, which uses gRPC.

The client's helpers are used where they suffice; things that only the protobuf messages below them can express (a name,
tool calls, reasoning) are made from those. A value without a field there, or of a type that they refuse, becomes a
comment in its place; so does text with lone surrogates, which gRPC cannot carry.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from grokchat.export.literals import NO_KEY, PYTHON, Comment, Item, has_no_surrogates, is_number, without_surrogates
from grokchat.export.request_parts import (
    chosen_function,
    is_function_list,
    parse_function_tool,
    parse_image_part,
    parse_json_schema,
    parse_tool_call,
    unsupported_fields,
)
from grokchat.export.source import Source

_HEAD = '''\
"""One request to the API, made with xAI's client; it prints the reply.

    pip install -U xai-sdk
    XAI_API_KEY=... python3 PROGRAM

Set XAI_API_HOST (host:port) to use another server; only connections to this machine are unencrypted.
"""

import os
import sys
from urllib.parse import urlsplit

from xai_sdk import Client
{imports}
if not os.environ.get("XAI_API_KEY"):
    sys.exit("{no_key}")

{where}host = os.environ.get("XAI_API_HOST") or "api.x.ai"
client = Client(
    api_key=os.environ["XAI_API_KEY"],
    api_host=host,
    use_insecure_channel=urlsplit(f"//{{host}}").hostname in {{"localhost", "127.0.0.1", "::1"}},
    timeout={timeout},  # seconds{metadata}
)
'''

_STREAMED = """\

for _, chunk in chat.stream():
    print(chunk.content, end="", flush=True)
print()
"""

_WHOLE = """\

print(chat.sample().content)
"""

_ROLES = {
    "system": "ROLE_SYSTEM",
    "developer": "ROLE_DEVELOPER",
    "user": "ROLE_USER",
    "assistant": "ROLE_ASSISTANT",
    "tool": "ROLE_TOOL",
    "function": "ROLE_FUNCTION",
}
_HELPERS = frozenset({"system", "developer", "user", "assistant"})
_EFFORTS = ("none", "low", "medium", "high", "xhigh")


def export(source: Source) -> str:
    """Return the program."""
    imported: set[str] = set()
    request = source.request
    messages = [item for message in request["messages"] for item in _message(message, imported)]
    items: list[Item] = [f"model={PYTHON.literal(without_surrogates(request['model']))}"]
    items.append("messages=" + PYTHON.bracketed("[", messages, "]", 4))
    for key, value in request.items():
        if key == "max_completion_tokens" and "max_tokens" in request:
            items.append(Comment("max_completion_tokens cannot be sent with max_tokens:", value))
        elif key not in {"model", "messages", "stream"}:
            items += _parameter(key, value, imported)
    helpers = sorted(imported - {"chat_pb2"})
    imports = [f"from xai_sdk.chat import {', '.join(helpers)}"] * bool(helpers)
    imports += ["from xai_sdk.proto import chat_pb2"] * ("chat_pb2" in imported)
    address = Comment("Over HTTP this request goes to", source.base_url)
    head = _HEAD.format(
        imports="".join(f"{line}\n" for line in imports),
        no_key=NO_KEY,
        where="" if urlsplit(source.base_url).hostname == "api.x.ai" else PYTHON.comment(address) + "\n",
        timeout=repr(source.timeout),
        metadata=f'\n    metadata=(("x-grok-conv-id", {PYTHON.quoted(source.conversation_id)}),),'
        if source.conversation_id
        else "",
    )
    call = PYTHON.bracketed("chat = client.chat.create(", items, ")")
    return f"{head}\n{call}\n{_STREAMED if source.stream else _WHOLE}"


# -- messages ----------------------------------------------------------------------------------------------------------


def _message(message: Mapping[str, Any], imported: set[str]) -> list[Item]:
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


# -- parameters --------------------------------------------------------------------------------------------------------


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and has_no_surrogates(value)


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and is_number(value) and -(2**31) <= value < 2**31


_ACCEPTED_VALUES: Mapping[str, Callable[[Any], bool]] = {
    "temperature": is_number,
    "top_p": is_number,
    "frequency_penalty": is_number,
    "presence_penalty": is_number,
    "max_tokens": _is_integer,
    "seed": _is_integer,
    "top_logprobs": _is_integer,
    "logprobs": lambda value: isinstance(value, bool),
    "parallel_tool_calls": lambda value: isinstance(value, bool),
    "user": _is_text,
    "safety_identifier": _is_text,
    "stop": _is_list_of_texts,
    "reasoning_effort": lambda value: value in _EFFORTS,
    "service_tier": lambda value: value in ("default", "priority"),
    "tool_choice": lambda value: value in ("auto", "none", "required"),
    "response_format": lambda value: value in ({"type": "text"}, {"type": "json_object"}),
}
"""By parameter, which values the client accepts unchanged."""


def _parameter(key: str, value: Any, imported: set[str]) -> list[Item]:
    if key == "stream_options":
        return [Comment("A stream reports its usage here without stream_options:", value)]
    if key == "max_completion_tokens" and _is_integer(value):
        return [Comment("max_completion_tokens is called max_tokens here."), f"max_tokens={value}"]
    if key == "stop" and _is_text(value):
        value = [value]
    if key in _ACCEPTED_VALUES and _ACCEPTED_VALUES[key](value):
        value = value["type"] if key == "response_format" else value
        return [f"{key}={PYTHON.literal(value, 4)}"]
    if has_no_surrogates(value):
        if key == "response_format" and (schema := parse_json_schema(value)) is not None:
            imported.add("chat_pb2")
            return _schema(schema)
        if key == "tool_choice" and (function := chosen_function(value)) is not None:
            imported.add("required_tool")
            return [f"tool_choice=required_tool({PYTHON.literal(function)})"]
        if key == "tools" and is_function_list(value):
            return ["tools=" + PYTHON.bracketed("[", [_tool(tool, imported) for tool in value], "]", 4)]
    return [Comment(f"{PYTHON.quoted(key)} is not supported here:", value)]


def _schema(schema: Mapping[str, Any]) -> list[Item]:
    items = [
        "format_type=chat_pb2.FORMAT_TYPE_JSON_SCHEMA",
        f"schema={PYTHON.literal(json.dumps(schema['schema']), 8)}",
    ]
    response_format = "response_format=" + PYTHON.bracketed("chat_pb2.ResponseFormat(", items, ")", 4)
    return [*unsupported_fields("These parts of the schema are not supported here:", schema, "schema"), response_format]


def _tool(value: Any, imported: set[str]) -> Item:
    function = parse_function_tool(value)
    if function is None:
        return Comment("A tool that is not supported here:", value)
    imported.add("tool")
    known = {"description": "", **function}
    items = [f"{key}={PYTHON.literal(known[key], 12)}" for key in ("name", "description", "parameters")]
    return PYTHON.bracketed(
        "tool(", [*items, *unsupported_fields("Without its", function, "name", "description", "parameters")], ")", 8
    )
