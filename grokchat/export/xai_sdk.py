"""The request as a Python program for xAI's own client, which uses gRPC.

A value without a field there, or of a type that the client refuses, becomes a comment in its place; so does text with
lone surrogates, which gRPC cannot carry. A search is asked for with the client's own tools.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from grokchat.config.search_options import SEARCH_TOOLS
from grokchat.export.chat_form import chat_form
from grokchat.export.literals import NO_KEY, PYTHON, Comment, Item, has_no_surrogates, is_number, without_surrogates
from grokchat.export.request_parts import (
    chosen_function,
    is_deferred,
    is_function_list,
    is_streamed,
    parse_json_schema,
    unsupported_fields,
)
from grokchat.export.source import Source
from grokchat.export.xai_sdk_messages import message_items
from grokchat.export.xai_sdk_tools import tool_items

_HEAD = '''\
"""One request to the API, made with xAI's client; it prints the reply.

    pip install -U xai-sdk
    XAI_API_KEY=... python3 PROGRAM

Set XAI_API_HOST (host:port) to use another server; only connections to this machine are unencrypted.
"""

import os
import sys
{dates}from urllib.parse import urlsplit

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

_DEFERRED = """\

print(chat.defer(timeout=timedelta(hours=24), interval=timedelta(seconds=10)).content)
"""

_STREAMED_SEARCH = """\

for response, chunk in chat.stream():
    print(chunk.content, end="", flush=True)
print()
"""

_WHOLE_SEARCH = """\

response = chat.sample()
print(response.content)
"""

_SOURCES = """\

cited = {at.web_citation.url or at.x_citation.url: f"[{at.id}] " for at in response.inline_citations}
for url in cited or response.citations:
    print(cited.get(url, "") + url, file=sys.stderr)
if response.finish_reason == "REASON_INVALID":
    sys.exit("The reply broke off.")
if response.finish_reason not in {"REASON_STOP", "REASON_TOOL_CALLS"}:
    print(f"The reply is incomplete: {response.finish_reason}", file=sys.stderr)
"""

_DATES = frozenset({"datetime", "timedelta"})
_EFFORTS = ("none", "low", "medium", "high", "xhigh")


def export(source: Source) -> str:
    """Return the program."""
    imported: set[str] = set()
    form = chat_form(source)
    messages: list[Item] = []
    for message, reasoning in zip(form.messages, form.reasoning, strict=True):
        messages += [Comment("Encrypted reasoning, which is sent here over HTTP only:", item) for item in reasoning]
        messages += message_items(message, imported)
    items: list[Item] = [f"model={PYTHON.literal(without_surrogates(source.request['model']))}"]
    items.append("messages=" + PYTHON.bracketed("[", messages, "]", 4))
    parameters = (
        {**form.parameters, "include": form.parameters.get("include", [])} if form.searches else form.parameters
    )
    for key, value in parameters.items():
        if key == "max_completion_tokens" and "max_tokens" in parameters:
            items.append(Comment("max_completion_tokens cannot be sent with max_tokens:", value))
        elif key == "deferred" and is_deferred(source):
            imported.add("timedelta")
        elif key == "include" and form.searches:
            items += _include(value)
        elif key == "tools" and (form.searches or is_function_list(value)):
            items.append("tools=" + PYTHON.bracketed("[", tool_items(value, imported), "]", 4))
        else:
            items += _parameter(key, value, imported)
    call = PYTHON.bracketed("chat = client.chat.create(", items, ")")
    return f"{_head(source, imported)}\n{call}\n{_printing(source, searches=form.searches)}"


def _head(source: Source, imported: set[str]) -> str:
    address = Comment("Over HTTP this request goes to", source.base_url)
    return _HEAD.format(
        dates="".join(f"from datetime import {', '.join(names)}\n" for names in [sorted(imported & _DATES)] if names),
        imports="".join(
            f"from {module} import {', '.join(names)}\n"
            for module, names in (
                ("xai_sdk.chat", sorted(imported - _DATES - SEARCH_TOOLS.keys() - {"chat_pb2"})),
                ("xai_sdk.proto", sorted(imported & {"chat_pb2"})),
                ("xai_sdk.tools", sorted(imported & SEARCH_TOOLS.keys())),
            )
            if names
        ),
        no_key=NO_KEY,
        where="" if urlsplit(source.base_url).hostname == "api.x.ai" else PYTHON.comment(address) + "\n",
        timeout=repr(source.timeout),
        metadata=f'\n    metadata=(("x-grok-conv-id", {PYTHON.quoted(source.conversation_id)}),),'
        if source.conversation_id
        else "",
    )


def _printing(source: Source, *, searches: bool) -> str:
    """Return the code that prints the reply."""
    if is_deferred(source):
        return _DEFERRED
    if searches:
        return (_STREAMED_SEARCH if is_streamed(source) else _WHOLE_SEARCH) + _SOURCES
    return _STREAMED if is_streamed(source) else _WHOLE


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
    "max_turns": _is_integer,
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
    if key == "store" and isinstance(value, bool):
        return [f"store_messages={value}"]
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
    return [Comment(f"{PYTHON.quoted(key)} is not supported here:", value)]


def _schema(schema: Mapping[str, Any]) -> list[Item]:
    items = [
        "format_type=chat_pb2.FORMAT_TYPE_JSON_SCHEMA",
        f"schema={PYTHON.literal(json.dumps(schema['schema']), 8)}",
    ]
    response_format = "response_format=" + PYTHON.bracketed("chat_pb2.ResponseFormat(", items, ")", 4)
    return [*unsupported_fields("These parts of the schema are not supported here:", schema, "schema"), response_format]


def _include(value: Any) -> list[Item]:
    """Return the arguments for the `include` of /responses, which has citations in the text by itself."""
    given = value if isinstance(value, list) else [value]
    items: list[Item] = []
    if "no_inline_citations" not in given:
        items += [Comment("Citations in the text have to be asked for here."), 'include=["inline_citations"]']
    if "reasoning.encrypted_content" in given:
        items.append("use_encrypted_content=True")
    rest = [name for name in given if name not in ("no_inline_citations", "reasoning.encrypted_content")]
    return [*items, Comment('"include" has no such values here:', rest)] if rest else items
