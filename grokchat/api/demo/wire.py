"""What the demo's responses are made of: JSON, server-sent events, words at a readable pace."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

from grokchat.compat.httpx import httpx

WORD_PAUSE_S = 0.02
DEFAULT_MODEL = "grok-4.7"
SUCCESSOR = "grok-demo-successor"
"""The model that serves a request instead of the one it asks for."""


class EventStream(httpx.AsyncByteStream):
    """The body of a streamed response."""

    def __init__(self, events: AsyncIterator[bytes]) -> None:
        self._events = events

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for event in self._events:
            yield event


def stream_response(events: AsyncIterator[bytes]) -> httpx.Response:
    """Return a response of server-sent events."""
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=EventStream(events))


def encode_event(value: object) -> bytes:
    """Return a value as a server-sent event."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def json_response(status: int, value: object, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """Return a response with this value as its body."""
    # ASCII: a lone surrogate in a message has no UTF-8, which httpx's own `json=` would write.
    return httpx.Response(
        status, headers={"content-type": "application/json", **(headers or {})}, content=json.dumps(value).encode()
    )


def split_words(text: str) -> list[str]:
    """Return a text in words, each with the space before it."""
    return re.findall(r"\s*\S+|\s+", text)


def served_model(body: Mapping[str, Any], fault: str) -> str:
    """Return the name of the model that serves a request."""
    return SUCCESSOR if fault == "redirect" else body.get("model") or "demo"


def find_field_problem(body: Mapping[str, Any], fields: tuple[tuple[str, type, str], ...]) -> str:
    """Return which of these fields has another type and is not null, or nothing."""
    wrong = (f"{key}: must be {name}" for key, kind, name in fields if not isinstance(body.get(key), kind | None))
    return next(wrong, "")
