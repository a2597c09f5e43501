"""The request as a Python program for xAI's own client, which speaks gRPC.

Its helpers make what they can; what only the messages underneath can say (a name, calls of tools, reasoning) is made
from those. A value that has no place in them, or that they would not take (they are typed), stands as a comment where
it would be, and so does text with lone surrogates, which gRPC cannot carry.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from grokchat.export.literals import (
    NO_KEY,
    PYTHON,
    Item,
    Remark,
    as_text,
    call_of,
    function_chosen,
    image_of,
    is_number,
    is_text,
    left_out,
    schema_of,
    tool_of,
)
from grokchat.export.source import Source, are_functions

_HEAD = '''\
"""One request to the API, made with xAI's client; it prints the reply.

    pip install -U xai-sdk
    XAI_API_KEY=... python3 PROGRAM

XAI_API_HOST, if it is set, says where else to ask (host:port); a plain channel is used to this machine alone.
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
    used: set[str] = set()
    request = source.request
    messages = [one for message in request["messages"] for one in _message(message, used)]
    items: list[Item] = [f"model={PYTHON.literal(as_text(request['model']))}"]
    items.append("messages=" + PYTHON.bracketed("[", messages, "]", 4))
    for key, value in request.items():
        if key == "max_completion_tokens" and "max_tokens" in request:
            items.append(Remark("max_completion_tokens has no place beside max_tokens:", value))
        elif key not in {"model", "messages", "stream"}:
            items += _parameter(key, value, used)
    helpers = sorted(used - {"chat_pb2"})
    imports = [f"from xai_sdk.chat import {', '.join(helpers)}"] * bool(helpers)
    imports += ["from xai_sdk.proto import chat_pb2"] * ("chat_pb2" in used)
    where = Remark("Over HTTP this request goes to", source.base_url)
    name = source.conversation
    head = _HEAD.format(
        imports="".join(f"{line}\n" for line in imports),
        no_key=NO_KEY,
        where="" if urlsplit(source.base_url).hostname == "api.x.ai" else PYTHON.comment(where) + "\n",
        timeout=repr(source.timeout),
        metadata=f'\n    metadata=(("x-grok-conv-id", {PYTHON.quoted(name)}),),' if name else "",
    )
    call = PYTHON.bracketed("chat = client.chat.create(", items, ")")
    return f"{head}\n{call}\n{_STREAMED if source.stream else _WHOLE}"


# -- messages ----------------------------------------------------------------------------------------------------------


def _message(message: Mapping[str, Any], used: set[str]) -> list[Item]:
    role = message.get("role")
    if role not in _ROLES:
        return [Remark("A message of a role that this client does not know:", message)]
    before: list[Item] = []
    if not is_text(message):
        before = [Remark("Lone surrogates are no text here and stand as U+FFFD. The message was:", message)]
        message = as_text(message)
    given = {key: value for key, value in message.items() if key not in {"role", "content"}}
    result, call = message.get("content"), message.get("tool_call_id")
    if role == "tool" and isinstance(result, str) and isinstance(call, str) and len(given) == 1:
        used.add("tool_result")
        items: list[Item] = [PYTHON.literal(result, 12), f"tool_call_id={PYTHON.literal(call)}"]
        return [*before, PYTHON.bracketed("tool_result(", items, ")", 8)]
    said: list[Item] = []
    for key, value in given.items():
        said += _field(key, value)
    if role in _HELPERS and not any(isinstance(one, str) for one in said):
        used.add(role)
        return [*before, PYTHON.bracketed(f"{role}(", [*_parts(message, used, 12), *said], ")", 8)]
    used.add("chat_pb2")
    parts = _parts(message, used, 16, raw=True)
    content: list[Item] = ["content=" + PYTHON.bracketed("[", parts, "]", 12)]
    return [
        *before,
        PYTHON.bracketed("chat_pb2.Message(", [f"role=chat_pb2.{_ROLES[role]}", *content, *said], ")", 8),
    ]


def _field(key: str, value: Any) -> list[Item]:
    if key in {"name", "reasoning_content", "tool_call_id"} and isinstance(value, str):
        return [f"{key}={PYTHON.literal(value, 12)}"]
    if key == "tool_calls" and isinstance(value, list):
        return ["tool_calls=" + PYTHON.bracketed("[", [_call(one) for one in value], "]", 12)]
    return [Remark(f"{PYTHON.quoted(key)} has no place here:", value)]


def _call(call: Any) -> Item:
    made = call_of(call)
    if made is None:
        return Remark("A call that has no place here:", call)
    one, name, given = (PYTHON.literal(text, 24) for text in made)
    inner = PYTHON.bracketed("chat_pb2.FunctionCall(", [f"name={name}", f"arguments={given}"], ")", 20)
    kind = "type=chat_pb2.TOOL_CALL_TYPE_CLIENT_SIDE_TOOL"
    return PYTHON.bracketed("chat_pb2.ToolCall(", [f"id={one}", kind, f"function={inner}"], ")", 16)


def _parts(message: Mapping[str, Any], used: set[str], indent: int, *, raw: bool = False) -> list[Item]:
    content = message.get("content")
    if content is None:
        return []
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return [one for part in parts for one in _part(part, used, indent, raw=raw)]


def _part(part: Any, used: set[str], indent: int, *, raw: bool) -> list[Item]:
    if isinstance(part, dict) and isinstance(part.get("text"), str):
        rest = left_out("A text part without its", part, "type", "text")
        if not raw:
            return [*rest, PYTHON.literal(part["text"], indent)]
        used.add("text")
        return [*rest, PYTHON.bracketed("text(", [PYTHON.literal(part["text"], indent + 4)], ")", indent)]
    if image := image_of(part):
        used.add("image")
        more = [f'detail="{image[1]}"'] if image[1] else []
        return [PYTHON.bracketed("image(", [PYTHON.literal(image[0], indent + 4), *more], ")", indent)]
    inner = part.get("file") if isinstance(part, dict) and part.keys() == {"type", "file"} else None
    if isinstance(inner, dict) and inner.keys() in ({"file_id"}, {"url"}):
        [(name, value)] = inner.items()
        if isinstance(value, str):
            used.add("file")
            return [f"file({name}={PYTHON.literal(value)})"]
    return [Remark("A part that has no place here:", part)]


# -- parameters --------------------------------------------------------------------------------------------------------


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and is_number(value) and -(2**31) <= value < 2**31


_TAKES: Mapping[str, Callable[[Any], bool]] = {
    "temperature": is_number,
    "top_p": is_number,
    "frequency_penalty": is_number,
    "presence_penalty": is_number,
    "max_tokens": _is_integer,
    "seed": _is_integer,
    "top_logprobs": _is_integer,
    "logprobs": lambda value: isinstance(value, bool),
    "parallel_tool_calls": lambda value: isinstance(value, bool),
    "user": lambda value: isinstance(value, str) and is_text(value),
    "safety_identifier": lambda value: isinstance(value, str) and is_text(value),
    "stop": lambda value: isinstance(value, list) and is_text(value) and all(isinstance(one, str) for one in value),
    "reasoning_effort": lambda value: value in _EFFORTS,
    "service_tier": lambda value: value in ("default", "priority"),
    "tool_choice": lambda value: value in ("auto", "none", "required"),
    "response_format": lambda value: value in ({"type": "text"}, {"type": "json_object"}),
}
"""Which values the client takes as they are, of those it takes."""


def _parameter(key: str, value: Any, used: set[str]) -> list[Item]:
    if key == "stream_options":
        return [Remark("A stream carries its usage here; stream_options has no place:", value)]
    if key == "max_completion_tokens" and _is_integer(value):
        return [Remark("max_completion_tokens is called max_tokens here."), f"max_tokens={value}"]
    if key == "stop" and isinstance(value, str) and is_text(value):
        value = [value]
    if key in _TAKES and _TAKES[key](value):
        value = value["type"] if key == "response_format" else value
        return [f"{key}={PYTHON.literal(value, 4)}"]
    if is_text(value):
        if key == "response_format" and (schema := schema_of(value)) is not None:
            used.add("chat_pb2")
            return _schema(schema)
        if key == "tool_choice" and (function := function_chosen(value)) is not None:
            used.add("required_tool")
            return [f"tool_choice=required_tool({PYTHON.literal(function)})"]
        if key == "tools" and are_functions(value):
            return ["tools=" + PYTHON.bracketed("[", [_tool(one, used) for one in value], "]", 4)]
    return [Remark(f"{PYTHON.quoted(key)} has no place here:", value)]


def _schema(schema: Mapping[str, Any]) -> list[Item]:
    items = [
        "format_type=chat_pb2.FORMAT_TYPE_JSON_SCHEMA",
        f"schema={PYTHON.literal(json.dumps(schema['schema']), 8)}",
    ]
    made = "response_format=" + PYTHON.bracketed("chat_pb2.ResponseFormat(", items, ")", 4)
    return [*left_out("Of the schema, these have no place here:", schema, "schema"), made]


def _tool(value: Any, used: set[str]) -> Item:
    function = tool_of(value)
    if function is None:
        return Remark("A tool that has no place here:", value)
    used.add("tool")
    known = {"description": "", **function}
    items = [f"{key}={PYTHON.literal(known[key], 12)}" for key in ("name", "description", "parameters")]
    return PYTHON.bracketed(
        "tool(", [*items, *left_out("Without its", function, "name", "description", "parameters")], ")", 8
    )
