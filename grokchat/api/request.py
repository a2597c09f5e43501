"""The request body and the conversation header: from messages and settings to the exact bytes on the wire.

Every request carries the whole message list, so a message is encoded once and its bytes are reused: a turn only copies
bytes, and an unchanged prefix is identical to the byte, which the server's prompt cache needs. Only parameters that the
user set are sent: reasoning models reject some parameters even at their neutral value (the API's page on chat
completions).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import is_
from typing import Any

from grokchat.messages import Message

DEFAULT_STREAM_OPTIONS = {"include_usage": True}
"""Sent with a streamed request unless the user sets `stream_options`."""
_STEP_BYTES = 1 << 16
"""What is encoded ahead at a time: less than a millisecond's work, unless a single message is longer."""
_HEADER_SAFE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class RequestEncoder:
    """Builds request bodies; keeps the bytes of each message that it has encoded, and the last list of them."""

    def __init__(self) -> None:
        self._encoded: dict[str, tuple[Mapping[str, Any], bytes]] = {}
        self._last: tuple[tuple[Message, ...], list[bytes]] = ((), [])

    def body(self, messages: Iterable[Message], *, model: str, stream: bool, params: Mapping[str, Any]) -> bytes:
        """Return the body of `POST /chat/completions`."""
        beginning = b'{"model":' + encode_json(model) + b',"messages":['
        ending: dict[str, Any] = {"stream": stream}
        if stream:
            ending["stream_options"] = DEFAULT_STREAM_OPTIONS
        ending.update(params)
        pieces = self._encode_all(tuple(messages)) or [b""]
        # Joined at once: a long list is megabytes, and is copied only here.
        pieces[0] = beginning + pieces[0]
        pieces[-1] += b"]," + encode_json(ending)[1:]
        return b",".join(pieces)

    def encode_ahead(self, messages: Sequence[Message]) -> Iterator[None]:
        """Encode a list that is going to be sent, a part of it before each step of the iterator."""
        size = 0
        for message in messages:
            size += len(self._encode(message))
            if size >= _STEP_BYTES:
                size = 0
                yield
        if not self._last[0]:
            self._encode_all(tuple(messages))

    def _encode_all(self, messages: tuple[Message, ...]) -> list[bytes]:
        """Return the bytes of each message: those of the last request, and the new ones."""
        previous, pieces = self._last
        if len(previous) > len(messages) or not all(map(is_, messages, previous)):
            previous, pieces = (), []
        pieces += [self._encode(message) for message in messages[len(previous) :]]
        self._last = messages, pieces
        return [*pieces]

    def _encode(self, message: Message) -> bytes:
        cached = self._encoded.get(message.id)
        # A partial reply keeps its id while it grows, so the object itself is compared.
        if cached is not None and cached[0] is message.body:
            return cached[1]
        encoded = encode_json(message.body)
        self._encoded[message.id] = (message.body, encoded)
        return encoded


def encode_json(value: object) -> bytes:
    """Return compact JSON in UTF-8, or in ASCII if a lone surrogate cannot be encoded."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def to_conversation_id(session_id: str) -> str:
    """Return the value of `x-grok-conv-id`: the session's id, or a digest of an id that does not fit into a header."""
    if _HEADER_SAFE_ID.fullmatch(session_id):
        return session_id
    import hashlib

    return hashlib.sha256(session_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]
