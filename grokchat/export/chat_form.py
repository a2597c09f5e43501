"""The request in the names of chat completions, which the programs for `xai-sdk` and `ai-sdk` translate.

These libraries have names of their own for everything, whatever the endpoint. A request of /responses is therefore told
as one of chat completions, as far as that has names; hosted tools, and what only /responses has, stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from grokchat.api.json_encoding import encode_json
from grokchat.api.responses_request import nested, reasoning_items
from grokchat.export.source import Source
from grokchat.messages import Message
from grokchat.records import record


@record
class ChatForm:
    """A request: its messages, the encrypted reasoning that is sent before each, and its parameters."""

    messages: Sequence[Mapping[str, Any]]
    reasoning: Sequence[Sequence[Mapping[str, Any]]]
    parameters: Mapping[str, Any]
    searches: bool


def chat_form(source: Source) -> ChatForm:
    """Return the request in the names of chat completions."""
    request = source.request
    if "input" not in request:
        messages = request.pop("messages")
        parameters = {key: value for key, value in request.items() if key not in {"model", "stream"}}
        return ChatForm(messages, [()] * len(messages), parameters, searches=False)
    messages = json.loads(encode_json([_sent_fields(message) for message in source.sent]))
    reasoning = [reasoning_items(_encrypted(message), source.model) for message in source.sent]
    return ChatForm(messages, reasoning, dict(_parameters(request, source.conversation_id)), searches=True)


def _sent_fields(message: Message) -> dict[str, Any]:
    """Return a message without the fields that /responses has no place for."""
    left_out = {"reasoning_content"} if message.role == "user" else {"reasoning_content", "name"}
    return {key: value for key, value in message.body.items() if key not in left_out}


def _encrypted(message: Message) -> Mapping[str, Any] | None:
    return message.reply.encrypted_reasoning if message.reply else None


def _parameters(request: Mapping[str, Any], conversation_id: str) -> Iterator[tuple[str, Any]]:
    for key, value in request.items():
        if key == "max_output_tokens":
            yield "max_tokens", value
        elif key == "reasoning" and isinstance(value, Mapping) and value.keys() == {"effort"}:
            yield "reasoning_effort", value["effort"]
        elif key == "text" and isinstance(value, Mapping) and value.keys() == {"format"}:
            yield "response_format", nested(value["format"], "json_schema")
        elif key == "tool_choice":
            yield key, nested(value, "function")
        elif key == "tools" and isinstance(value, list):
            yield key, [_unfiltered(nested(tool, "function")) for tool in value]
        elif key not in {"model", "input", "stream"} and (key, value) != ("prompt_cache_key", conversation_id):
            yield key, value


def _unfiltered(tool: Any) -> Any:
    """Return a hosted tool with its filters beside its other options, where the API takes them as well."""
    if not isinstance(tool, Mapping) or not isinstance(tool.get("filters"), Mapping):
        return tool
    return {**tool["filters"], **{key: value for key, value in tool.items() if key != "filters"}}
