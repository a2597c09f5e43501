"""ChatGPT's export: `conversations.json`, or one conversation of it.

A conversation is a tree of messages, because a message can be edited and a reply regenerated. The branch that ChatGPT
shows, up to `current_node`, is taken. OpenAI does not document the format; this follows what exports hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from grokchat.session.imports.conversation import Conversation, ImportBuilder, Imported
from grokchat.session.imports.source import Item, Source, describe

_FINISH_REASONS = {"max_tokens": "length", "interrupted": "interrupted"}
_CONTEXTS = ("user_editable_context", "model_editable_context")
"""Custom instructions and memories, which ChatGPT does not show."""
_ROLES = ("user", "assistant", "system")


def conversations(source: Source, items: list[Item]) -> list[Conversation]:
    """Return the conversations of an export, in its order."""
    found = []
    for item in items:
        value = item.value
        if value is None:
            continue
        if not isinstance(value, dict) or not isinstance(value.get("mapping"), dict):
            raise source.error(item, f"found {describe(value)}, not a conversation of ChatGPT")
        updated = value.get("update_time") or value.get("create_time")
        found.append(Conversation(partial(_build, value), value.get("title"), updated))
    return found


def _build(conversation: Mapping[str, Any]) -> Imported:
    builder = ImportBuilder()
    for message in _branch(conversation["mapping"], conversation.get("current_node"), builder):
        _add(message, builder)
    return builder.build(conversation.get("title"))


# -- the tree ----------------------------------------------------------------------------------------------------------


def _branch(mapping: Mapping[str, Any], current: object, builder: ImportBuilder) -> list[Mapping[str, Any]]:
    """Return the messages from the root to the current node, or without one to the newest message."""
    nodes = {key: node for key, node in mapping.items() if isinstance(node, dict)}
    parents = _parents(nodes)
    node_id = current if isinstance(current, str) and current in nodes else _newest_leaf(nodes, parents)
    branch: dict[str, None] = {}
    while node_id is not None and node_id in nodes and node_id not in branch:
        branch[node_id] = None
        node_id = parents.get(node_id)
    if node_id is not None:
        builder.note("its beginning is missing")
    messages = (nodes[node_id].get("message") for node_id in reversed(branch))
    return [message for message in messages if isinstance(message, dict)]


def _parents(nodes: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return each node's parent: as it says itself, or as the parent says."""
    parents: dict[str, str] = {}
    for key, node in nodes.items():
        children = node.get("children")
        parents |= {child: key for child in children if isinstance(child, str)} if isinstance(children, list) else {}
    return parents | {key: node["parent"] for key, node in nodes.items() if isinstance(node.get("parent"), str)}


def _newest_leaf(nodes: Mapping[str, Mapping[str, Any]], parents: Mapping[str, str]) -> str | None:
    """Return the end of the newest branch; of those without a time the last one."""
    times: dict[str, float] = {}
    for key in nodes:
        path: dict[str, None] = {}
        node_id: str | None = key
        while node_id is not None and node_id in nodes and node_id not in times and node_id not in path:
            path[node_id] = None
            node_id = parents.get(node_id)
        time = times.get(node_id or "", 0.0)
        for each in reversed(path):
            time = times[each] = _time(nodes[each], time)
    spoken = {key for key, node in nodes.items() if isinstance(node.get("message"), dict)}
    leaves = spoken - set(parents.values()) or spoken
    newest = None
    for key in nodes:
        if key in leaves and (newest is None or times[key] >= times[newest]):
            newest = key
    return newest


def _time(node: Mapping[str, Any], default: float) -> float:
    time = _object(node, "message").get("create_time")
    return float(time) if isinstance(time, int | float) else default


# -- messages ----------------------------------------------------------------------------------------------------------


def _add(message: Mapping[str, Any], builder: ImportBuilder) -> None:
    """Append a message of the branch, or count it as left out; one without any content is neither."""
    content, metadata = _object(message, "content"), _object(message, "metadata")
    role, kind = _object(message, "author").get("role"), content.get("content_type")
    pieces = _pieces(content)
    is_hidden = metadata.get("is_visually_hidden_from_conversation") is True or message.get("weight") == 0
    if pieces == [] or kind == "reasoning_recap":
        return
    if kind == "thoughts":
        builder.leave_out("thought")
    elif is_hidden or kind in _CONTEXTS:
        builder.leave_out("hidden message")
    elif role == "tool" or (role == "assistant" and message.get("recipient") not in (None, "all")):
        builder.leave_out("tool message")
    elif pieces is None or role not in _ROLES:
        builder.leave_out("unknown message")
    else:
        _add_visible(str(role), pieces, metadata, builder)


def _pieces(content: Mapping[str, Any]) -> list[Any] | None:
    """Return a content's texts and other parts that are not empty, or None for a kind of content without either."""
    if isinstance(content.get("parts"), list):
        return [part for part in content["parts"] if part]
    if "text" in content:
        return [content["text"]] if content["text"] else []
    return [] if not content or content.get("thoughts") == [] else None


def _add_visible(role: str, pieces: list[Any], metadata: Mapping[str, Any], builder: ImportBuilder) -> None:
    texts = []
    for piece in pieces:
        text = piece if isinstance(piece, str) else piece.get("text") if isinstance(piece, dict) else None
        if isinstance(text, str):  # also the words of a voice chat
            texts.append(text)
        else:
            builder.leave_out(_noun(piece))
    files = metadata.get("attachments")
    for file in files if isinstance(files, list) else []:
        kind = str(file.get("mime_type")) if isinstance(file, dict) else ""
        if not kind.startswith("image/"):  # those are parts
            builder.leave_out("file")
    if texts:
        content = texts[0] if len(texts) == 1 else [{"type": "text", "text": text} for text in texts]
        reason = _object(metadata, "finish_details").get("type")
        finish_reason = _FINISH_REASONS.get(reason) if isinstance(reason, str) else None
        builder.add({"role": role, "content": content}, model=metadata.get("model_slug"), finish_reason=finish_reason)


def _noun(piece: object) -> str:
    kind = str(piece.get("content_type")) if isinstance(piece, dict) else ""
    if "image" in kind:
        return "image"
    return "recording" if "audio" in kind or "video" in kind else "unknown part"


def _object(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return an inner object, or an empty one where there is none."""
    inner = value.get(key)
    return inner if isinstance(inner, dict) else {}
