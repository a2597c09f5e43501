"""The content of the readable exports (`html`, `markdown`): title, facts about the conversation, message parts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from grokchat.export.source import Source
from grokchat.message_parts import describe_part, describe_url, read_image_url, read_part_text, read_refusal
from grokchat.messages import LIMITS, Message, find_first_question
from grokchat.render.sanitize import visible_line

_MAX_TITLE_CHARS = 60
_ENDINGS: Mapping[str, str] = {
    "interrupted": "interrupted",
    **{reason: f"cut at its {limit}" for reason, limit in LIMITS.items()},
    "stop": "",
    "tool_calls": "",
    "function_call": "",
    "": "",
}
"""How a reply ended, by its `finish_reason`; another reason is shown unchanged."""

_CREATED = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(Z?)", re.ASCII)


class Part(NamedTuple):
    """A part of a message: its text, a picture's address, or something else in words."""

    kind: Literal["text", "image", "other"]
    value: str


def title(source: Source) -> str:
    """Return the session's name, or otherwise the first line of the first question."""
    question = find_first_question(source.messages)
    words = source.name or ("" if question is None else question.text)
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
    return [fact for fact in (*message.facts, "muted" if is_muted else "", ending(message)) if fact]


def ending(message: Message) -> str:
    """Return how a reply ended; empty if it is complete."""
    finish = message.reply.finish_reason if message.reply else None
    return _ENDINGS.get(finish or "", f"ended by {finish}")


def other_alternatives(source: Source, message: Message) -> Iterator[tuple[str, Message]]:
    """Yield the other alternatives of a reply that an export is to hold, each with its name and facts: `1 of 3 · m`."""
    alternatives = source.alternatives.get(message.id, ())
    for number, other in enumerate(alternatives, 1):
        if other.id != message.id:
            model = other.reply.model if other.reply is not None and other.reply.model else ""
            facts = message_facts(other, is_muted=False)
            yield visible_line(" · ".join(filter(None, (f"{number} of {len(alternatives)}", model, *facts)))), other


def position(source: Source, message: Message) -> str:
    """Return which of its alternatives a reply is, `2 of 3`, or nothing if the export is to hold none."""
    alternatives = source.alternatives.get(message.id, ())
    numbers = [number for number, other in enumerate(alternatives, 1) if other.id == message.id]
    return f"{numbers[0]} of {len(alternatives)}" if numbers else ""


def reasoning(message: Message) -> str:
    """Return the model's reasoning before its reply, as far as the API sent it."""
    thoughts = message.body.get("reasoning_content")
    return thoughts if isinstance(thoughts, str) else ""


def message_parts(message: Message) -> Iterator[Part]:
    """Yield the parts of a message in order; an empty message has none."""
    content = message.body.get("content")
    for part in content if isinstance(content, list) else [{"text": content or ""}]:
        if (text := read_part_text(part)) is not None:
            if text:
                yield Part("text", text)
        elif (url := read_image_url(part)) and describe_url(url):
            yield Part("image", url)
        else:
            yield Part("other", describe_part(part))
    if refusal := read_refusal(message.body):
        yield Part("text", refusal)


def image_caption(url: str) -> str:
    """Return a picture's address, or for a data URL its media type and size."""
    return visible_line(url if url[:5].lower() != "data:" else describe_url(url) or "image")
