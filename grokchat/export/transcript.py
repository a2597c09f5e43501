"""What the documents tell of a conversation: its title and facts, each message's role, marks and parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from grokchat.export.source import Source
from grokchat.messages import Message
from grokchat.render.sanitize import visible_line

_TITLE = 60
"""Characters."""
_ENDS = {
    "interrupted": "interrupted",
    "length": "cut at its length limit",
    "stop": "",
    "tool_calls": "",
    "function_call": "",
    "": "",
}
"""What is told of the ways in which a reply ends; of any other one its name."""

_CREATED = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(Z?)", re.ASCII)
_DATA = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[^,;]{1,60}){0,4},?", re.ASCII | re.IGNORECASE)


class Part(NamedTuple):
    """A part of a message: its text, a picture's address, or the name of something else."""

    kind: Literal["text", "image", "other"]
    value: str


def title(source: Source) -> str:
    """Return the session's name, or else the first words of the user."""
    asked = (message.text for message in source.messages if message.role == "user")
    words = source.name or next((text for text in asked if text.strip()), "")
    line = words.strip().partition("\n")[0]
    if len(line) > _TITLE:
        line = (line[:_TITLE].rpartition(" ")[0] or line[:_TITLE]) + "…"
    return visible_line(line.strip()) or "Conversation"


def facts(source: Source) -> list[str]:
    """Return what is known of the conversation as a whole: model, date, session."""
    when = _CREATED.fullmatch(source.created)
    date = f"{when[1]} {when[2]}{' UTC' if when[3] else ''}" if when else source.created
    known = [source.model, date, f"session {source.session}" if source.session else ""]
    return [visible_line(one) for one in known if one]


def role(message: Message) -> str:
    """Return a message's role as it stands in a heading."""
    return message.role[:1].upper() + message.role[1:]


def marks(message: Message, *, is_muted: bool) -> list[str]:
    """Return what a reader must know of a message besides its role."""
    name, call = message.body.get("name"), message.body.get("tool_call_id")
    about = [str(name) if name else "", f"for {call}" if call else ""]
    return [one for one in (*about, "muted" if is_muted else "", ending(message)) if one]


def ending(message: Message) -> str:
    """Return how a reply ended, if it did not end as it should."""
    finish = message.reply.finish_reason if message.reply else None
    return _ENDS.get(finish or "", f"ended by {finish}")


def reasoning(message: Message) -> str:
    """Return what the model thought before its reply, as far as it is known."""
    thoughts = message.body.get("reasoning_content")
    return thoughts if isinstance(thoughts, str) else ""


def parts(message: Message) -> Iterator[Part]:
    """Yield the parts of a message in order; a message that says nothing has none."""
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
            yield Part("other", " ".join([str(part["type"]), *(one for one in values if isinstance(one, str))]))


def calls(message: Message) -> Iterator[tuple[str, str]]:
    """Yield the calls of tools that a message makes: the name, and what is given, as it was written."""
    made = message.body.get("tool_calls")
    for call in made if isinstance(made, list) else []:
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            yield str(function.get("name", "")), str(function.get("arguments", ""))


def picture(url: str) -> str:
    """Return what a picture is: where it lies, or if it is carried in its address what kind of and how large."""
    data = _DATA.match(url)
    if data is None:
        return visible_line(url)
    size = (len(url) - data.end()) * 3 // 4
    amount = f"{size} bytes" if size < 1000 else f"{size / 1000:.0f} kB" if size < 10**6 else f"{size / 10**6:.1f} MB"
    return f"{data[1] or 'a picture'}, {amount}"
