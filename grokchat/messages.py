"""One message as the API has it, and what is known about a reply.

Pure values: an id, the API's own object, and the record of how a reply came about. Where a message stands and whether
it is sent is the conversation's business; how it is stored is the journal's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from grokchat.records import record
from grokchat.units import byte_size

INTERRUPTED = "interrupted"
"""Our own `finish_reason`: the reply was stopped, or broke off, before the API ended it."""

_DATA_URL = r"(?i)data:([a-z0-9.+-]{1,50}/[a-z0-9.+-]{1,50})?[^,]{0,200}?(;base64)?,"
_ADDRESS = 200
"""Characters: what is shown of a picture's address."""

_ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id() -> str:
    """Return a fresh id: 12 characters of Crockford's base 32, 60 bits of chance."""
    return "".join(_ID_ALPHABET[byte & 31] for byte in os.urandom(12))


@record
class ReplyInfo:
    """How a reply came about: the fields beside `message` in its journal line, as the API sent them."""

    model: str | None = None
    finish_reason: str | None = None
    usage: Mapping[str, Any] | None = None
    response_id: str | None = None
    system_fingerprint: str | None = None

    def fields(self) -> dict[str, Any]:
        """Return what is known, under the journal's names."""
        known = {
            "model": self.model,
            "finish_reason": self.finish_reason,
            "usage": self.usage,
            "response_id": self.response_id,
            "system_fingerprint": self.system_fingerprint,
        }
        return {key: value for key, value in known.items() if value is not None}


@record
class Message:
    """A message of the conversation: `body` is the API's object and is never changed."""

    id: str
    body: Mapping[str, Any]
    reply: ReplyInfo | None = None

    @property
    def role(self) -> str:
        """The role as the API spells it."""
        return str(self.body["role"])

    @property
    def text(self) -> str:
        """All text of the message: its string, or its text parts, one a line."""
        return content_text(self.body.get("content"))

    @property
    def words(self) -> str:
        """What of the text somebody wrote: the same, less what stands for pictures and the like."""
        content = self.body.get("content")
        if not isinstance(content, list):
            return self.text
        return "\n".join(
            part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str)
        )

    @property
    def interrupted(self) -> bool:
        """Whether this is a reply that did not come to its end."""
        return self.reply is not None and self.reply.finish_reason == INTERRUPTED


def content_text(content: object) -> str:
    """Return the text of an API `content`: a string, null, or a list of parts (pictures are named in brackets)."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "\n".join(_part_text(part) for part in content)


def _part_text(part: object) -> str:
    if isinstance(part, dict):
        if isinstance(part.get("text"), str):
            return str(part["text"])
        image = part.get("image_url")
        url = image.get("url") if isinstance(image, dict) else image
        named = _picture(url) if isinstance(url, str) else ""
        return f"[{named or part.get('type', 'part')}]"
    return str(part)


def _picture(url: str) -> str:
    """Name a picture: its address, or if it is inside its media type and size, without a look at its data."""
    head = re.match(_DATA_URL, url)
    if head is None:
        return "" if url[:5].lower() == "data:" else url[:_ADDRESS] + "…" * (len(url) > _ADDRESS)
    size = len(url) - head.end()
    if head[2]:
        size = size * 3 // 4 - url.count("=", max(head.end(), len(url) - 2))
    return f"{head[1] or 'picture'}, {byte_size(size)}"


def body(role: str, content: str) -> dict[str, Any]:
    """Return the API's message object for a text; content that is one text goes as a string."""
    return {"role": role, "content": content}


def joined(first: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Return a reply's object with what came later joined to it: one message, its text and its reasoning in order."""
    whole = {**first, **more, "content": content_text(first.get("content")) + content_text(more.get("content"))}
    reasoning = str(first.get("reasoning_content", "")) + str(more.get("reasoning_content", ""))
    if reasoning:
        whole["reasoning_content"] = reasoning
    return whole


def find_message_problem(message: object) -> str | None:
    """Say why something cannot be a message, or None if it can.

    The API takes more roles than grokchat makes (`tool`); a conversation that was imported keeps them.
    """
    if not isinstance(message, dict):
        return "a message must be an object"
    if not isinstance(message.get("role"), str) or not message["role"]:
        return "a message needs a role"
    if not isinstance(message.get("content"), str | list | None):
        return "a message's content must be a text or a list of parts"
    return None
