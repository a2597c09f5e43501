"""Sessions of pi, OpenClaw, Factory Droid, Claude Code and Codex, and the exports of claude.ai and grok.com.

The user's and the model's texts and images are taken. Tool calls, their results and thoughts are left out: they belong
to tools that a chat does not have, and would be sent with each request.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from grokchat.session.imports.chat_messages import to_parts
from grokchat.session.imports.conversation import Conversation, ImportBuilder, Imported
from grokchat.session.imports.source import Item, Source, describe

_IDS = ("uuid", "id")
_PARENTS = ("parentUuid", "parentId")
"""Claude Code's names, and the others'."""
_TITLES = {"session_start": "title", "session_info": "name", "summary": "summary"}
"""Events with a title, and its field."""


def sessions(source: Source, items: list[Item]) -> list[Conversation]:
    """Return the conversation of an agent's session: the branch of its events that ends with the last one."""
    return [Conversation(partial(_build_session, source, items))]


def codex(source: Source, items: list[Item]) -> list[Conversation]:
    """Return the conversation of a Codex rollout: its `response_item`s, the items of the Responses API."""
    return [Conversation(partial(_build_codex, source, items))]


def claude_ai(source: Source, items: list[Item]) -> list[Conversation]:
    """Return the conversations of claude.ai's `conversations.json`."""
    found = []
    for item in items:
        value = item.value
        if not isinstance(value, dict) or not isinstance(value.get("chat_messages"), list):
            raise source.error(item, f"found {describe(value)}, not a conversation of claude.ai")
        found.append(Conversation(partial(_build_claude_ai, source, item), value.get("name")))
    return found


def grok_com(source: Source, items: list[Item]) -> list[Conversation]:
    """Return the conversations of grok.com's `prod-grok-backend.json`; all replies, in the file's order."""
    found = []
    for item in items:
        value = item.value
        if not isinstance(value, dict) or not isinstance(value.get("responses"), list):
            raise source.error(item, f"found {describe(value)}, not a conversation of grok.com")
        meta = value.get("conversation")
        title = meta.get("title") if isinstance(meta, dict) else None
        found.append(Conversation(partial(_build_grok_com, source, item, title), title))
    return found


# -- pi, OpenClaw, Factory Droid, Claude Code --------------------------------------------------------------------------


def _build_session(source: Source, items: list[Item]) -> Imported:
    builder = ImportBuilder()
    title: object = ""
    for item in items:
        if isinstance(item.value, dict) and str(item.value.get("type")) in _TITLES:
            title = item.value.get(_TITLES[item.value["type"]]) or title
    for item in _branch(items):
        event, message = item.value, item.value["message"]
        if event.get("isMeta") is True:
            builder.leave_out("hidden message")
        elif message.get("role") in ("user", "assistant"):
            _add(source, item.at("message"), builder)
        else:
            builder.leave_out("tool result" if message.get("role") == "toolResult" else "other event")
    return builder.build(title)


def _branch(items: list[Item]) -> list[Item]:
    """Return the events with a message that lead to the last one. One that names no parent follows the one before."""
    by_id: dict[str, Item] = {}
    parents: dict[str, str | None] = {}
    previous = last = None
    for item in items:
        event = item.value
        if not isinstance(event, dict) or event.get("isSidechain") is True:
            continue
        event_id = _text_of(event, _IDS) or f"#{len(by_id)}"
        named = any(key in event for key in _PARENTS)
        parents[event_id] = (
            (_text_of(event, _PARENTS) or _text_of(event, ("logicalParentUuid",))) if named else previous
        )
        by_id[event_id] = item
        previous = event_id
        if isinstance(event.get("message"), dict):
            last = event_id
    branch: dict[str, Item] = {}
    while last is not None and last in by_id and last not in branch:
        branch[last] = by_id[last]
        last = parents[last]
    return [item for item in reversed(branch.values()) if isinstance(item.value.get("message"), dict)]


def _text_of(event: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    return next((event[key] for key in keys if isinstance(event.get(key), str)), None)


# -- Codex, claude.ai, grok.com ----------------------------------------------------------------------------------------


def _build_codex(source: Source, items: list[Item]) -> Imported:
    builder = ImportBuilder()
    for item in items:
        payload = item.value.get("payload") if isinstance(item.value, dict) else None
        if not isinstance(payload, dict) or item.value.get("type") != "response_item":
            continue
        if payload.get("type") != "message":
            is_result = str(payload.get("type")).endswith("_output")
            is_thought = payload.get("type") == "reasoning"
            builder.leave_out("thought" if is_thought else "tool result" if is_result else "tool call")
        elif payload.get("role") in ("user", "assistant"):
            _add(source, item.at("payload"), builder)
        else:
            builder.leave_out("hidden message")
    return builder.build()


def _build_claude_ai(source: Source, item: Item) -> Imported:
    builder = ImportBuilder()
    for message in item.each("chat_messages"):
        value = message.value if isinstance(message.value, dict) else {}
        role = {"human": "user", "assistant": "assistant"}.get(str(value.get("sender")))
        if role is None:
            raise source.error(message, f"found {describe(message.value)}, not a message of claude.ai")
        content = value.get("content") or value.get("text")
        _add(source, Item({"role": role, "content": content}, message.path), builder)
        for key in ("attachments", "files"):
            for _ in value[key] if isinstance(value.get(key), list) else ():
                builder.leave_out("file")
    return builder.build(item.value.get("name"))


def _build_grok_com(source: Source, item: Item, title: object) -> Imported:
    builder = ImportBuilder()
    for entry in item.each("responses"):
        response = entry.value.get("response") if isinstance(entry.value, dict) else None
        sender = str(response.get("sender")).lower() if isinstance(response, dict) else ""
        role = {"human": "user", "assistant": "assistant"}.get(sender)
        if not isinstance(response, dict) or role is None:
            raise source.error(entry, f"found {describe(entry.value)}, not a message of grok.com")
        message = {"role": role, "content": response.get("message"), "model": response.get("model")}
        _add(source, Item(message, entry.path), builder)
        for _ in response["file_attachments"] if isinstance(response.get("file_attachments"), list) else ():
            builder.leave_out("file")
    return builder.build(title)


def _add(source: Source, item: Item, builder: ImportBuilder) -> None:
    """Append a message with its texts and images."""
    message = item.value
    content = message.get("content")
    if isinstance(content, list):
        parts = []
        for part in to_parts(source, item, builder):
            if part.get("type") == "text" and isinstance(part.get("text"), str):
                parts += [{"type": "text", "text": part["text"]}] if part["text"] else []
            elif part.get("type") == "image_url":
                parts.append(part)
            else:
                builder.leave_out("unknown part")
        content = parts[0]["text"] if len(parts) == 1 and "text" in parts[0] else parts
    elif not isinstance(content, str | None):
        raise source.error(item.at("content"), f"found {describe(content)}, not a text or a list of parts")
    if content:
        builder.add({"role": message["role"], "content": content}, model=message.get("model"))
