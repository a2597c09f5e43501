"""ShareGPT's format, and that of training tools which follow it: `conversations`, a list of `from` and `value`.

Tool calls (`function_call`) and their results (`observation`) are texts there; they become `tool_calls` and tool
messages where they can be matched, as the API wants.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from grokchat import strict_json
from grokchat.session.imports.chat_messages import add_message, tool_call
from grokchat.session.imports.conversation import Conversation, ImportBuilder, Imported
from grokchat.session.imports.source import Item, Source, describe

KEYS = ("conversations", "conversation")
"""The names of the list of turns."""
_ROLES = {
    "system": "system",
    **dict.fromkeys(("human", "user"), "user"),
    **dict.fromkeys(("gpt", "assistant", "chatgpt", "model", "bot", "ai", "bard", "bing"), "assistant"),
    **dict.fromkeys(("function_call", "tool_call"), "call"),
    **dict.fromkeys(("observation", "tool", "function", "function_response", "tool_response"), "result"),
}


def conversations(source: Source, items: list[Item]) -> list[Conversation]:
    """Return the conversations of objects with a list of turns."""
    return [Conversation(partial(_build_object, source, item), _title(item.value)) for item in items]


def turns(source: Source, items: list[Item]) -> list[Conversation]:
    """Return the conversation whose turns are these items."""
    return [Conversation(partial(_build, source, items, ImportBuilder()))]


def _title(value: object) -> object:
    return value.get("title") if isinstance(value, dict) else None


def _build_object(source: Source, item: Item) -> Imported:
    value, builder = item.value, ImportBuilder()
    key = next((key for key in KEYS if isinstance(value, dict) and isinstance(value.get(key), list)), None)
    if key is None:
        raise source.error(item, f"found {describe(value)}, not a conversation like the first")
    if isinstance(value.get("system"), str) and value["system"]:
        builder.add({"role": "system", "content": value["system"]})
    if value.get("tools"):
        builder.leave_out_field("tools")
    return _build(source, list(item.each(key)), builder, _title(value))


def _build(source: Source, items: list[Item], builder: ImportBuilder, title: object = "") -> Imported:
    open_calls: list[str] = []
    number = 0
    for item in items:
        if isinstance(item.value, dict) and "from" not in item.value and "role" in item.value:
            add_message(source, item, builder)
            continue
        role, text = _turn(source, item)
        calls = _calls(text, number) if role == "call" else []
        number += len(calls)
        if not text and role != "result":
            builder.leave_out("empty message")
        elif calls:
            open_calls = [call["id"] for call in calls]
            builder.add({"role": "assistant", "content": None, "tool_calls": calls})
        elif role == "result" and open_calls:
            builder.add({"role": "tool", "tool_call_id": open_calls.pop(0), "content": text})
        elif role == "result":
            builder.add({"role": "user", "content": text})
            builder.count("as a user's message", "tool result")
        else:
            builder.add({"role": "assistant" if role == "call" else role, "content": text})
    return builder.build(title)


def _turn(source: Source, item: Item) -> tuple[str, str]:
    """Return what a turn is (an API's role, `call` or `result`) and its text; raises FileError."""
    turn = item.value
    if not isinstance(turn, dict) or not isinstance(turn.get("from"), str):
        raise source.error(item, f"found {describe(turn)}, not a turn with from and value")
    role = _ROLES.get(turn["from"].strip().lower())
    if role is None:
        raise source.error(
            item, f"a turn is from “{turn['from'][:40]}” (human, gpt, system, function_call, observation)"
        )
    text = turn.get("value")
    if text is not None and not isinstance(text, str):
        raise source.error(item, f"the value of a turn must be a text, not {describe(text)}")
    return role, text or ""


def _calls(text: str, count: int) -> list[dict[str, Any]]:
    """Return the calls that a text holds as JSON, or nothing; `count` calls came before them."""
    try:
        value = strict_json.parse(text)
    except ValueError:
        return []
    calls = value if isinstance(value, list) else [value]
    if not calls or not all(isinstance(call, dict) and isinstance(call.get("name"), str) for call in calls):
        return []
    return [
        tool_call(f"call_{number}", call["name"], call.get("arguments", {}))
        for number, call in enumerate(calls, count + 1)
    ]
