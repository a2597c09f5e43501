"""Requests and replies of the Chat Completions API and the Responses API, and lines of fine-tuning files.

A request's model and parameters are taken over, those that are null excepted: null means the default.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from grokchat.api.completions_endpoint import DEFAULT_STREAM_OPTIONS
from grokchat.config.parameters import PARAMETER_TYPES
from grokchat.config.settings import RESERVED_FIELDS
from grokchat.config.validation import validate_setting
from grokchat.errors import ConfigError
from grokchat.session.imports.chat_messages import add_message, tool_call
from grokchat.session.imports.conversation import Conversation, ImportBuilder, Imported
from grokchat.session.imports.source import Item, Source, describe

_NO_PARAMETERS = frozenset(
    {"id", "object", "created", "created_at", "updated_at", "createdAt", "updatedAt", "timestamp", "title", "name"}
)
"""What other programs write beside a model and its messages."""
_TITLES = ("title", "name")
_CONVERTED = {*RESERVED_FIELDS, *_TITLES, "system", "input", "instructions"}
"""Fields that become something else than parameters."""
_ANTHROPIC_PARAMETERS = {"temperature", "top_p", "max_tokens"}
_SAME_PARAMETERS = {
    "temperature", "top_p", "user", "safety_identifier", "service_tier", "parallel_tool_calls", "logprobs",
    "top_logprobs", "prompt_cache_key",
}  # fmt: skip
"""Parameters that the Responses API spells like Chat Completions."""


def message_list(source: Source, items: list[Item]) -> list[Conversation]:
    """Return the one conversation whose messages are these items."""

    def build() -> Imported:
        builder = ImportBuilder()
        for item in items:
            add_message(source, item, builder)
        return builder.build()

    return [Conversation(build)]


def requests(source: Source, items: list[Item]) -> list[Conversation]:
    """Return the conversations of request bodies and fine-tuning lines: objects with a list of `messages`."""
    return [Conversation(partial(_build_request, source, item), _title(item.value)) for item in items]


def completions(source: Source, items: list[Item]) -> list[Conversation]:
    """Return the conversations of replies of Chat Completions: each has its first choice."""

    def build(item: Item) -> Imported:
        builder = ImportBuilder()
        for number, choice in enumerate(item.each("choices")):
            if not isinstance(choice.value, dict) or "message" not in choice.value:
                raise source.error(choice, "the choice has no message")
            if number:
                builder.leave_out("other choice")
                continue
            reason = choice.value.get("finish_reason")
            finish_reason = reason if isinstance(reason, str) else None
            add_message(
                source, choice.at("message"), builder, model=item.value.get("model"), finish_reason=finish_reason
            )
        return builder.build()

    return [Conversation(partial(build, item)) for item in items]


def responses(source: Source, items: list[Item]) -> list[Conversation]:
    """Return the conversations of requests (`input`) and replies (`output`) of the Responses API."""
    return [Conversation(partial(_build_response, source, item)) for item in items]


def response_items(source: Source, items: list[Item]) -> list[Conversation]:
    """Return the conversation of a list of items of the Responses API."""

    def build() -> Imported:
        builder = ImportBuilder()
        _add_items(source, items, builder)
        return builder.build()

    return [Conversation(build)]


def _title(value: Mapping[str, Any]) -> str:
    return next((value[key] for key in _TITLES if isinstance(value.get(key), str)), "")


# -- requests of Chat Completions --------------------------------------------------------------------------------------


def _build_request(source: Source, item: Item) -> Imported:
    request, builder = item.value, ImportBuilder()
    if not isinstance(request, dict) or not isinstance(request.get("messages"), list):
        raise source.error(item, f"found {describe(request)}, without a list of messages")
    builder.settings |= _settings(source, item)
    _add_leading_system(source, item, "system", builder)
    for message in item.each("messages"):
        add_message(source, message, builder)
    if not request["messages"]:
        raise source.error(item.at("messages"), "the list of messages is empty")
    _add_params(request, builder, _parameter_names(request))
    return builder.build(_title(request))


def _parameter_names(request: Mapping[str, Any]) -> Collection[str]:
    """Return the fields that are request parameters: without a model it is no request, and the others are not."""
    if "system" in request or "anthropic_version" in request:
        return _ANTHROPIC_PARAMETERS
    return PARAMETER_TYPES if request.get("model") is None else {*request} - _NO_PARAMETERS


def _add_params(request: Mapping[str, Any], builder: ImportBuilder, names: Collection[str]) -> None:
    for key, value in request.items():
        is_default = key == "stream_options" and value == DEFAULT_STREAM_OPTIONS  # sent in any case
        if value is None or is_default or key in _CONVERTED:
            continue
        if key in names:
            builder.params[key] = value
        else:
            builder.leave_out_field(key)


def _settings(source: Source, item: Item) -> dict[str, Any]:
    """Return the model and `stream`; raises FileError."""
    settings = {}
    for key in ("model", "stream"):
        value = item.value.get(key)
        if value is not None:
            try:
                settings[key] = validate_setting(key, value, str(source.path))
            except ConfigError as error:
                raise source.error(item.at(key), f"its {key} {error.problem}") from error
    return settings


def _add_leading_system(source: Source, item: Item, key: str, builder: ImportBuilder) -> None:
    """Add the text that other APIs have beside their messages."""
    content = _single_text(item.value.get(key))
    if content:
        add_message(source, Item({"role": "system", "content": content}, item.path), builder)


# -- the Responses API -------------------------------------------------------------------------------------------------


def _build_response(source: Source, item: Item) -> Imported:
    value, builder = item.value, ImportBuilder()
    _add_leading_system(source, item, "instructions", builder)
    if "input" not in value:
        _add_items(source, list(item.each("output")), builder, model=value.get("model"))
        return builder.build()
    if isinstance(value["input"], str):
        builder.add({"role": "user", "content": value["input"]})
    elif isinstance(value["input"], list):
        _add_items(source, list(item.each("input")), builder)
    else:
        raise source.error(item.at("input"), f"found {describe(value['input'])}, not a text or a list")
    builder.settings |= _settings(source, item)
    _add_params(value, builder, _SAME_PARAMETERS)
    return builder.build()


def _add_items(source: Source, items: list[Item], builder: ImportBuilder, *, model: object = None) -> None:
    calls: list[dict[str, Any]] = []
    for item in items:
        value = item.value
        if not isinstance(value, dict):
            raise source.error(item, f"found {describe(value)}, not a message")
        kind = value.get("type", "message")
        if kind == "function_call":
            if not calls:  # calls in a row are one message's
                builder.add({"role": "assistant", "content": None, "tool_calls": calls}, model=model)
            calls.append(tool_call(str(value.get("call_id")), str(value.get("name")), value.get("arguments", "")))
            continue
        calls = []
        if kind == "message":
            message = {"role": value.get("role"), "content": _single_text(value.get("content"))}
            add_message(source, Item(message, item.path), builder, model=model)
        elif kind == "function_call_output":
            output = value.get("output")
            text = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
            builder.add({"role": "tool", "tool_call_id": str(value.get("call_id")), "content": text})
        else:
            builder.leave_out("thought" if kind == "reasoning" else "tool call")


def _single_text(content: object) -> object:
    """Return the text of a content that is a list of one text."""
    if isinstance(content, list) and len(content) == 1 and isinstance(content[0], dict):
        text = content[0].get("text", content[0].get("refusal"))
        return text if isinstance(text, str) else content
    return content
