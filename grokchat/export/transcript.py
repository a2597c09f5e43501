"""The content of the readable exports (`html`, `markdown`): title, facts about the conversation, message parts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from grokchat.export.source import Source
from grokchat.messages import Message
from grokchat.render.sanitize import visible_line

_MAX_TITLE_CHARS = 60
_ENDINGS: Mapping[str, str] = {
    "interrupted": "interrupted",
    "length": "cut at its length limit",
    "stop": "",
    "tool_calls": "",
    "function_call": "",
    "": "",
}
"""How a reply ended, by its `finish_reason`; another reason is shown unchanged."""

_CREATED = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(Z?)", re.ASCII)
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[^,;]{1,60}){0,4},?", re.ASCII | re.IGNORECASE)


class Part(NamedTuple):
    """A part of a message: its text, a picture's address, or the name of something else."""

    kind: Literal["text", "image", "other"]
    value: str


class ToolCall(NamedTuple):
    """A tool call: the tool's name, and the arguments as the model wrote them."""

    name: str
    arguments: str


def title(source: Source) -> str:
    """Return the session's name, or otherwise the user's first words."""
    user_texts = (message.text for message in source.messages if message.role == "user")
    words = source.name or next((text for text in user_texts if text.strip()), "")
    line = words.strip().partition("\n")[0]
    if len(line) > _MAX_TITLE_CHARS:
        line = (line[:_MAX_TITLE_CHARS].rpartition(" ")[0] or line[:_MAX_TITLE_CHARS]) + "…"
    return visible_line(line.strip()) or "Conversation"


def facts(source: Source) -> list[str]:
    """Return the known facts about the conversation as a whole: model, date, session."""
    when = _CREATED.fullmatch(source.created)
    date = f"{when[1]} {when[2]}{' UTC' if when[3] else ''}" if when else source.created
    known = [source.model, date, f"session {source.session}" if source.session else ""]
    return [visible_line(fact) for fact in known if fact]


def role_name(message: Message) -> str:
    """Return a message's role as written in a heading."""
    return message.role[:1].upper() + message.role[1:]


def message_facts(message: Message, *, is_muted: bool) -> list[str]:
    """Return the facts about a message that a heading has after the role."""
    name, call_id = message.body.get("name"), message.body.get("tool_call_id")
    about = [str(name) if name else "", f"for {call_id}" if call_id else ""]
    return [fact for fact in (*about, "muted" if is_muted else "", ending(message)) if fact]


def ending(message: Message) -> str:
    """Return how a reply ended; empty if it is complete."""
    finish = message.reply.finish_reason if message.reply else None
    return _ENDINGS.get(finish or "", f"ended by {finish}")


def reasoning(message: Message) -> str:
    """Return the model's reasoning before its reply, as far as the API sent it."""
    thoughts = message.body.get("reasoning_content")
    return thoughts if isinstance(thoughts, str) else ""


def message_parts(message: Message) -> Iterator[Part]:
    """Yield the parts of a message in order; an empty message has none."""
    content = message.body.get("content")
    for part in content if isinstance(content, list) else [{"text": content}]:
        if not isinstance(part, dict):
            yield Part("other", str(part))
            continue
        image = part.get("image_url")
        url = image.get("url") if isinstance(image, dict) else image
        if isinstance(text := part.get("text"), str):
            if text:
                yield Part("text", text)
        elif isinstance(url, str):
            yield Part("image", url)
        elif "type" in part:
            inner = part.get(str(part["type"]))
            values = inner.values() if isinstance(inner, dict) else ()
            yield Part("other", " ".join([str(part["type"]), *(value for value in values if isinstance(value, str))]))


def tool_calls(message: Message) -> Iterator[ToolCall]:
    """Yield the tool calls of a message."""
    calls = message.body.get("tool_calls")
    for call in calls if isinstance(calls, list) else []:
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            yield ToolCall(str(function.get("name", "")), str(function.get("arguments", "")))


def image_caption(url: str) -> str:
    """Return a picture's address, or for a data URL its media type and size."""
    data_url = _DATA_URL.match(url)
    if data_url is None:
        return visible_line(url)
    size = (len(url) - data_url.end()) * 3 // 4
    amount = f"{size} bytes" if size < 1000 else f"{size / 1000:.0f} kB" if size < 10**6 else f"{size / 10**6:.1f} MB"
    return f"{data_url[1] or 'a picture'}, {amount}"
