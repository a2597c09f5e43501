"""Conversations of other programs: which format a file has, by the shape of its values, and its messages.

The file itself is never changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from grokchat.errors import FileError
from grokchat.session import journal
from grokchat.session.imports import agents, chatgpt, llm_logs, requests, responses, sharegpt
from grokchat.session.imports.conversation import Conversation, Imported, choose
from grokchat.session.imports.source import SUPPORTED, Item, Source, describe, read_source

_First = dict[str, Any]
_Reader = Callable[[Source, list[Item]], list[Conversation]]

_EXAMINED_ITEMS = 100
_RESPONSE_ITEMS = ("function_call", "function_call_output", "reasoning")


def _is_agents(first: _First, values: Sequence[object]) -> bool:
    if first.get("type") in ("session", "session_start"):
        return True
    return any(
        isinstance(value, dict) and isinstance(value.get("message"), dict) and isinstance(value.get("type"), str)
        for value in values
    )


def _is_response(first: _First, _: Sequence[object]) -> bool:
    return first.get("object") == "response" or ("input" in first and ("model" in first or "instructions" in first))


def _is_response_items(first: _First, values: Sequence[object]) -> bool:
    return (first.get("type") == "message" and "role" in first) or any(
        isinstance(value, dict) and value.get("type") in _RESPONSE_ITEMS for value in values
    )


_FORMATS: Sequence[tuple[Callable[[_First, Sequence[object]], bool], _Reader]] = (
    (lambda first, _: isinstance(first.get("mapping"), dict), chatgpt.conversations),
    (lambda first, _: any(isinstance(first.get(key), list) for key in sharegpt.KEYS), sharegpt.conversations),
    (lambda first, _: "messages" in first, requests.requests),
    (lambda first, _: {"prompt", "response", "conversation_id"} <= {*first}, llm_logs.conversations),
    (lambda first, _: isinstance(first.get("choices"), list), requests.completions),
    (lambda first, _: isinstance(first.get("chat_messages"), list), agents.claude_ai),
    (lambda first, _: isinstance(first.get("responses"), list), agents.grok_com),
    (lambda first, _: isinstance(first.get("payload"), dict) and "type" in first, agents.codex),
    (_is_response, responses.responses),
    (_is_agents, agents.sessions),
    (_is_response_items, responses.response_items),
    (lambda first, _: "role" in first, requests.message_list),
    (lambda first, _: "from" in first and "value" in first, sharegpt.turns),
)
"""The formats by their shape: what the first value of a file has, and in some what the first hundred have."""
_CONVERSATION_KEYS = ("mapping", "messages", "chat_messages", "choices", "responses")
_WRAPPERS = ("conversations", "data")
"""Keys of an object around a list of conversations."""


def import_conversation(path: Path, data: bytes, choice: str = "") -> Imported:
    """Return the conversation of a file with this content; `choice` says which, by number or words of its title.

    Raises FileError, with line and column, and ConversationChoiceError.
    """
    source = read_source(path, data)
    imported = choose(path, _conversations(source), choice).build()
    if not imported.messages:
        raise FileError(path, f"there is no message in it{imported.changes and f' ({imported.changes})'}", SUPPORTED)
    return imported


def _conversations(source: Source) -> list[Conversation]:
    items = _items(source)
    first = next((item for item in items if item.value is not None), None)
    if first is None:
        problem = "the list is empty" if source.values == [[]] else "found null, not a message or a conversation"
        raise source.error(Item(None, (0,)), problem)
    if isinstance(first.value, list):
        return [value for item in items for value in _of_list(source, item)]
    if isinstance(first.value, dict):
        values = [item.value for item in items[:_EXAMINED_ITEMS]]
        if first.value.get("type") == "session" and str(first.value.get("format")).startswith(journal.FAMILY):
            problem = "it is a grokchat session whose lines were rewritten"
            raise FileError(source.path, problem, "Only the file as it was written can be resumed.")
        for is_format, read in _FORMATS:
            if is_format(first.value, values):
                return read(source, items)
    raise source.error(first, f"found {describe(first.value)}, not a message or a conversation")


def _items(source: Source) -> list[Item]:
    """Return the values that are messages or conversations, without what is around them."""
    items = source.items()
    if len(items) == 1 and isinstance(items[0].value, dict):
        for key in _WRAPPERS:
            inner = items[0].value.get(key)
            if (
                isinstance(inner, list)
                and inner
                and isinstance(inner[0], dict)
                and not inner[0].keys().isdisjoint(_CONVERSATION_KEYS)
            ):
                return list(items[0].each(key))
    is_batch = all(isinstance(item.value, dict) and isinstance(item.value.get("body"), dict) for item in items)
    return [item.at("body") for item in items] if is_batch else items


def _of_list(source: Source, item: Item) -> list[Conversation]:
    if not isinstance(item.value, list):
        raise source.error(item, f"found {describe(item.value)}, not a list of messages as before")
    return requests.message_list(source, list(item.each()))
