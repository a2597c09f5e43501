"""Requests and replies of the Chat Completions API, and lines of fine-tuning files.

A request's model and parameters are taken over, those that are null excepted: null means the default.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from grokchat.api.completions_endpoint import DEFAULT_STREAM_OPTIONS
from grokchat.config.parameters import PARAMETER_TYPES
from grokchat.config.settings import RESERVED_FIELDS
from grokchat.session.imports.chat_messages import add_message
from grokchat.session.imports.conversation import Conversation, ImportBuilder, Imported
from grokchat.session.imports.request_settings import add_leading_system, read_settings
from grokchat.session.imports.source import Item, Source, describe

_NO_PARAMETERS = frozenset(
    {"id", "object", "created", "created_at", "updated_at", "createdAt", "updatedAt", "timestamp", "title", "name"}
)
"""What other programs write beside a model and its messages."""
_TITLES = ("title", "name")
_CONVERTED = {*RESERVED_FIELDS, *_TITLES, "system", "input", "instructions"}
"""Fields that become something else than parameters."""
_ANTHROPIC_PARAMETERS = {"temperature", "top_p", "max_tokens"}


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


def _title(value: Mapping[str, Any]) -> str:
    return next((value[key] for key in _TITLES if isinstance(value.get(key), str)), "")


# -- requests of Chat Completions --------------------------------------------------------------------------------------


def _build_request(source: Source, item: Item) -> Imported:
    request, builder = item.value, ImportBuilder()
    if not isinstance(request, dict) or not isinstance(request.get("messages"), list):
        raise source.error(item, f"found {describe(request)}, without a list of messages")
    builder.settings |= read_settings(source, item)
    add_leading_system(source, item, "system", builder)
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
