"""Requests and replies of the Responses API: lists of items, of which messages, calls and results are messages here.

What `api.responses_request` makes of a session's messages, parameters and search is read back. Of a request without
search tools only the parameters are taken over that Chat Completions has too: it goes out there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from grokchat.api.response_builder import ResponseBuilder
from grokchat.api.responses_request import nested
from grokchat.config.search_options import SEARCH_OPTIONS, SEARCH_TOOLS
from grokchat.config.search_values import validate_search_option
from grokchat.errors import ConfigError
from grokchat.records import replace
from grokchat.session.imports.chat_messages import add_message, single_text, tool_call
from grokchat.session.imports.conversation import Conversation, ImportBuilder, Imported
from grokchat.session.imports.request_settings import add_leading_system, read_settings
from grokchat.session.imports.source import Item, Source, describe

_SAME_PARAMETERS = frozenset(
    {
        "temperature", "top_p", "user", "safety_identifier", "service_tier", "parallel_tool_calls", "logprobs",
        "top_logprobs", "prompt_cache_key",
    }
)  # fmt: skip
"""Parameters that the Responses API spells like Chat Completions."""
_RENAMED = {"max_output_tokens": "max_completion_tokens"}
_CONVERTED = {"model", "stream", "input", "instructions"}
"""Fields that become something else than parameters."""
_KEPT_BY_THE_API = "previous_response_id"
"""Names messages that the file does not have."""
_SEARCH_CALLS = {"web_search_call", "x_search_call", "custom_tool_call"}


def responses(source: Source, items: list[Item]) -> list[Conversation]:
    """Return the conversations of requests (`input`) and replies (`output`)."""
    return [Conversation(partial(_build, source, item)) for item in items]


def response_items(source: Source, items: list[Item]) -> list[Conversation]:
    """Return the conversation of a list of items."""

    def build() -> Imported:
        builder = ImportBuilder()
        _add_items(source, items, builder)
        return builder.build()

    return [Conversation(build)]


def _build(source: Source, item: Item) -> Imported:
    value, builder = item.value, ImportBuilder()
    add_leading_system(source, item, "instructions", builder)
    if "input" not in value:
        _add_items(source, list(item.each("output")), builder, model=value.get("model"))
        _add_metadata(value, builder)
        return builder.build()
    if isinstance(value["input"], str):
        builder.add({"role": "user", "content": value["input"]})
    elif isinstance(value["input"], list):
        _add_items(source, list(item.each("input")), builder, asked_model=value.get("model"))
    else:
        raise source.error(item.at("input"), f"found {describe(value['input'])}, not a text or a list")
    builder.settings |= read_settings(source, item)
    _add_params(value, builder)
    return builder.build()


def _add_metadata(response: Mapping[str, Any], builder: ImportBuilder) -> None:
    """Add to the message of a reply, if it has one only, how it ended and what it cites."""
    if len(builder.messages) != 1 or (info := builder.messages[0].reply) is None:
        return
    reply = ResponseBuilder()
    reply.feed(response)
    sources = [source.fields() for source in reply.sources]
    info = replace(info, finish_reason=reply.finish_reason, sources=sources or None)
    builder.messages[0] = replace(builder.messages[0], reply=info)


# -- items -------------------------------------------------------------------------------------------------------------


def _add_items(
    source: Source, items: list[Item], builder: ImportBuilder, *, model: object = None, asked_model: object = None
) -> None:
    """Append the messages that these items are, of a reply of `model` or of a request to `asked_model`."""
    reader = _ItemReader(source, builder, model, asked_model)
    for item in items:
        reader.add(item)


class _ItemReader:
    """Appends the messages that items are, one after the other.

    Calls in a row are one message's: that of the assistant's text before them, if there is one. Encrypted reasoning of
    a request stays with the reply behind it, to be sent again.
    """

    def __init__(self, source: Source, builder: ImportBuilder, model: object, asked_model: object) -> None:
        self._source = source
        self._builder = builder
        self._model = model
        self._asked_model = asked_model
        self._encrypted: list[Any] = []
        self._calls: list[dict[str, Any]] | None = None
        self._is_behind_reply = False

    def add(self, item: Item) -> None:
        """Add an item; raises FileError."""
        value = item.value
        if not isinstance(value, dict):
            raise self._source.error(item, f"found {describe(value)}, not a message")
        kind = str(value.get("type", "message"))
        if kind == "function_call":
            self._add_call(value)
            return
        self._calls = None
        if kind == "message":
            self._add_message(item)
            return
        self._is_behind_reply = False
        if kind == "function_call_output":
            output = value.get("output")
            text = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
            self._builder.add({"role": "tool", "tool_call_id": str(value.get("call_id")), "content": text})
        elif kind == "reasoning" and isinstance(self._asked_model, str) and value.get("encrypted_content"):
            self._encrypted.append(value)
        else:
            noun = "search call" if kind in _SEARCH_CALLS else "tool call"
            self._builder.leave_out("thought" if kind == "reasoning" else noun)

    def _add_call(self, value: Mapping[str, Any]) -> None:
        if self._calls is None:
            self._calls = []
            self._begin_calls(self._calls)
        call = tool_call(str(value.get("call_id")), str(value.get("name")), value.get("arguments", ""))
        self._calls.append(call)

    def _begin_calls(self, calls: list[dict[str, Any]]) -> None:
        messages = self._builder.messages
        if self._is_behind_reply:
            messages[-1] = replace(messages[-1], body={**messages[-1].body, "tool_calls": calls})
        else:
            self._builder.add({"role": "assistant", "content": None, "tool_calls": calls}, model=self._model)
            self._add_encrypted()
        self._is_behind_reply = False

    def _add_message(self, item: Item) -> None:
        value, count = item.value, len(self._builder.messages)
        message = {**_name(value), "role": value.get("role"), "content": single_text(value.get("content"))}
        add_message(self._source, Item(message, item.path), self._builder, model=self._model)
        self._is_behind_reply = len(self._builder.messages) > count and message["role"] == "assistant"
        if self._is_behind_reply:
            self._add_encrypted()
        self._encrypted = []

    def _add_encrypted(self) -> None:
        if self._encrypted:
            self._builder.add_encrypted_reasoning({"model": self._asked_model, "items": self._encrypted})
        self._encrypted = []


def _name(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": value["name"]} if isinstance(value.get("name"), str) else {}


# -- parameters --------------------------------------------------------------------------------------------------------


def _add_params(request: Mapping[str, Any], builder: ImportBuilder) -> None:
    """Add the search and the parameters of a request, under the names that they have here."""
    tools = request.get("tools")
    others = _add_search(tools, builder) if isinstance(tools, list) else []
    has_search = "search" in builder.settings
    for key, value in request.items():
        if value is None or key in _CONVERTED or _is_sent_anyway(key, value, has_search=has_search):
            continue
        if key == "tools" and isinstance(value, list):
            _add_tools(others, builder, has_search=has_search)
        elif key == "tool_choice":
            builder.params[key] = nested(value, "function")
        elif key in {"text", "reasoning"} and isinstance(value, dict):
            _add_parts(key, value, builder, has_search=has_search)
        elif key in _SAME_PARAMETERS or key in _RENAMED or (has_search and key != _KEPT_BY_THE_API):
            builder.params[_RENAMED.get(key, key)] = value
        else:
            builder.leave_out_field(key)


def _is_sent_anyway(key: str, value: object, *, has_search: bool) -> bool:
    """Return whether each request of the session has this field: not stored, and with search its own cache key."""
    return (key == "store" and value is False) or (key == "prompt_cache_key" and has_search)


def _add_search(tools: list[Any], builder: ImportBuilder) -> list[Any]:
    """Add the setting `search` and its options, and return the other tools."""
    found: dict[str, None] = {}
    others: list[Any] = []
    options: dict[str, Any] = {}
    for tool in tools:
        scope = SEARCH_TOOLS.get(str(tool.get("type"))) if isinstance(tool, dict) else None
        if scope is None:
            others.append(tool)
            continue
        found[scope] = None
        filters = tool.get("filters")
        for key, value in {**tool, **(filters if isinstance(filters, dict) else {})}.items():
            if key not in {"type", "filters"}:
                _add_search_option(key, value, options, builder)
    if options:
        builder.settings["search_options"] = options
    if found:
        builder.settings["search"] = "all" if len(found) > 1 else next(iter(found))
    return others


def _add_search_option(key: str, value: object, options: dict[str, Any], builder: ImportBuilder) -> None:
    try:
        if key not in SEARCH_OPTIONS:
            raise ConfigError("", key, problem="unknown")
        options[key] = validate_search_option(key, value, "")
    except ConfigError:
        builder.leave_out_field(key)


def _add_tools(tools: list[Any], builder: ImportBuilder, *, has_search: bool) -> None:
    """Add the functions; other hosted tools only beside search, because Chat Completions has none."""
    kept = [nested(tool, "function") for tool in tools if has_search or _is_function(tool)]
    if kept:
        builder.params["tools"] = kept
    for _ in range(len(tools) - len(kept)):
        builder.leave_out("tool")


def _is_function(tool: object) -> bool:
    return isinstance(tool, dict) and tool.get("type") == "function"


def _add_parts(key: str, value: Mapping[str, Any], builder: ImportBuilder, *, has_search: bool) -> None:
    """Add `text.format` and `reasoning.effort`, which are parameters here, and what else is beside them."""
    inner, name = {"text": ("format", "response_format"), "reasoning": ("effort", "reasoning_effort")}[key]
    rest = {other: part for other, part in value.items() if other != inner}
    if value.get(inner) is not None:
        builder.params[name] = nested(value[inner], "json_schema")
    if rest and has_search:
        builder.params[key] = rest
    for other in () if has_search else rest:
        builder.leave_out_field(f"{key}.{other}")
