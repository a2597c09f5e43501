"""A Python program that makes the request with xAI's own client (package `xai-sdk`), over gRPC.

The client has a helper for each common message and takes its protocol's own `Message` for the rest. What neither can
say stands as a comment at its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from grokchat.export.literals import python, shown, told, without_surrogates
from grokchat.export.source import Source, are_functions
from grokchat.export.transcript import title

_HELPERS = {"system": "system", "user": "user", "assistant": "assistant", "developer": "developer"}
_ROLES = {
    "system": "ROLE_SYSTEM",
    "user": "ROLE_USER",
    "assistant": "ROLE_ASSISTANT",
    "developer": "ROLE_DEVELOPER",
    "tool": "ROLE_TOOL",
    "function": "ROLE_FUNCTION",
}
_NAMED = frozenset(
    {
        *("frequency_penalty", "logprobs", "max_tokens", "parallel_tool_calls", "presence_penalty", "reasoning_effort"),
        *("safety_identifier", "seed", "stop", "temperature", "top_logprobs", "top_p", "user"),
    }
)
"""Parameters of `chat.create` that take what the REST API takes under that name."""
_EFFORTS = ("none", "low", "medium", "high", "xhigh")
_HOST = "api.x.ai"
_INT32 = (1 << 31) - 1
"""The largest whole number that the protocol has."""


def export(source: Source) -> str:
    """Return the program."""
    request = without_surrogates(source.request)
    messages = request["messages"]
    body = "\n".join(line for message in messages for line in _message(message))
    lines = "\n".join(_parameters(request))
    notes = [] if messages == [one.body for one in source.sent] else [_LOST]
    host = urlsplit(source.base_url).netloc
    if host != _HOST:
        notes.append(
            f"# The session's requests go to {told(host)}; this client speaks gRPC, which is somewhere else.\n"
        )
    code = f"{body}\n{lines}"
    names = [
        name for name in ("assistant", "developer", "image", "system", "text", "tool", "user") if f"{name}(" in code
    ]
    imports = f"from xai_sdk.chat import {', '.join(names)}\n" if names else ""
    imports += "from xai_sdk.proto import chat_pb2\n" if "chat_pb2." in code else ""
    return f'''\
"""{told(title(source))}: one request to the API, as grokchat makes it.

    pip install xai-sdk
    XAI_API_KEY=... python THIS_FILE

XAI_API_HOST says where the API is, if it is not {_HOST}.
"""

import os
import re
import sys

from xai_sdk import Client
{imports}
if not os.environ.get("XAI_API_KEY"):
    sys.exit("Set XAI_API_KEY to your key from https://console.x.ai.")

{"".join(notes)}host = os.environ.get("XAI_API_HOST") or {python(_HOST)}
is_loopback = re.fullmatch(r"(localhost|127(\\.\\d+){{3}}|\\[::1\\])(:\\d+)?", host) is not None

client = Client(
    api_key=os.environ["XAI_API_KEY"],
    api_host=host,
    metadata=(("x-grok-conv-id", {python(source.conversation)}),),
    timeout={float(source.timeout)!r},
    use_insecure_channel=is_loopback,
)

chat = client.chat.create(
    model={python(request["model"])},
    messages=[
{body}
    ],
{lines}
)
{_STREAMED if source.stream else _WHOLE}'''


_LOST = "# Surrogates that are no characters stand as U+FFFD: this client cannot send them.\n"

_STREAMED = """\
for _, chunk in chat.stream():
    print(chunk.content, end="", flush=True)
print()
"""

_WHOLE = """\
print(chat.sample().content)
"""


# -- messages ----------------------------------------------------------------------------------------------------------


def _message(message: Mapping[str, Any]) -> Iterator[str]:
    role = message["role"]
    known = {"role", "content", "name", "reasoning_content", "tool_calls", "tool_call_id"}
    for key in message.keys() - known:
        yield f"        # This client cannot say {shown(key)}: {shown(message[key])}"
    if role not in _ROLES:
        yield f"        # This client has no role {shown(role)}; the message goes as a user's."
    parts = list(_parts(message.get("content")))
    fields = [key for key in ("name", "reasoning_content", "tool_calls", "tool_call_id") if message.get(key)]
    if role in _HELPERS and not fields:
        yield _call(_HELPERS[role], parts)
        return
    arguments = [f"role=chat_pb2.{_ROLES.get(role, 'ROLE_USER')}"]
    arguments += [f"{key}={python(str(message[key]), 12)}" for key in fields if key != "tool_calls"]
    texts = [f"text({part})" if is_text else part for is_text, part in parts]
    arguments.append(f"content=[{', '.join(texts)}]")
    if "tool_calls" in fields:
        calls = "".join(f"\n                {_tool_call(one)}," for one in message["tool_calls"])
        arguments.append(f"tool_calls=[{calls}\n            ]")
    inner = "".join(f"            {argument},\n" for argument in arguments)
    yield f"        chat_pb2.Message(\n{inner}        ),"


def _call(helper: str, parts: list[tuple[bool, str]]) -> str:
    if not parts:
        return f'        {helper}(""),  # the client refuses a message without content'
    line = ", ".join(part for _, part in parts)
    if len(parts) == 1 and line.startswith("(\n"):
        return f"        {helper}{_outdented(line)},"
    if "\n" not in line and len(line) < 70:
        return f"        {helper}({line}),"
    inner = "".join(f"            {part},\n" for _, part in parts)
    return f"        {helper}(\n{inner}        ),"


def _outdented(text: str) -> str:
    return text.replace("\n    ", "\n")


def _parts(content: object) -> Iterator[tuple[bool, str]]:
    """Yield the parts as expressions, and whether each is a text."""
    if isinstance(content, str):
        yield True, python(content, 12)
    for part in content if isinstance(content, list) else ():
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in {"text", "input_text"} and isinstance(part.get("text"), str):
            yield True, python(part["text"], 12)
        elif kind == "image_url" and isinstance(part.get("image_url"), dict) and "url" in part["image_url"]:
            url = python(str(part["image_url"]["url"]), 12)
            detail = part["image_url"].get("detail")
            # Without one the client sends "auto", which is the API's own default.
            yield False, f"image({url}, detail={python(detail)})" if detail else f"image({url})"
        else:
            yield True, python(f"[a part that this client cannot say: {shown(part)}]", 12)


def _tool_call(call: Mapping[str, Any]) -> str:
    function = call.get("function", {})
    made = f"name={python(str(function.get('name', '')))}, arguments={python(str(function.get('arguments', '')))}"
    kind = "chat_pb2.TOOL_CALL_TYPE_CLIENT_SIDE_TOOL"
    inner = f"id={python(str(call.get('id', '')))}, type={kind}, function=chat_pb2.FunctionCall({made})"
    return f"chat_pb2.ToolCall({inner})"


# -- parameters --------------------------------------------------------------------------------------------------------


def _parameters(request: Mapping[str, Any]) -> Iterator[str]:
    for key, value in request.items():
        if key in {"model", "messages", "stream"} or (key == "stream_options" and value == {"include_usage": True}):
            continue
        if key == "max_completion_tokens" and "max_tokens" not in request:
            yield f"    max_tokens={python(value, 4)},  # for max_completion_tokens, which this client has not"
        elif key == "tools" and are_functions(value):
            yield f"    tools=[{', '.join(map(_tool, value))}],"
        elif (key == "tool_choice" and isinstance(value, str)) or (key == "reasoning_effort" and value in _EFFORTS):
            yield f"    {key}={python(value)},"
        elif key == "response_format" and value in ({"type": "text"}, {"type": "json_object"}):
            yield f"    response_format={python(value['type'])},"
        elif key in _NAMED - {"reasoning_effort"} and not (isinstance(value, int) and abs(value) > _INT32):
            yield f"    {key}={python(value, 4)},"
        else:
            yield f"    # This client cannot say {shown(key)}: {shown(value)}"


def _tool(tool: Mapping[str, Any]) -> str:
    function = tool["function"]
    name, description = str(function.get("name", "")), str(function.get("description", ""))
    return f"tool({python(name)}, {python(description)}, {python(function.get('parameters', {}), 4)})"
