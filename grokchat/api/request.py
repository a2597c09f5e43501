"""The request body and the conversation header: from messages and settings to the exact bytes on the wire.

Every request carries the whole message list, so a message is encoded once and its bytes are reused: a turn only copies
bytes, and an unchanged prefix is identical to the byte, which the server's prompt cache needs. What
depends on the settings alone follows the list, for the same reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import is_
from typing import Any

from grokchat.api.endpoint import Endpoint, endpoint_for
from grokchat.api.json_encoding import encode_json
from grokchat.config.settings import Settings
from grokchat.messages import Message

_STEP_BYTES = 1 << 16
"""What is encoded ahead at a time: less than a millisecond's work, unless a single message is longer."""
_HEADER_SAFE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class RequestEncoder:
    """Builds request bodies; keeps the bytes of each message that it has encoded, and the last list of them."""

    def __init__(self) -> None:
        self._encoded: dict[tuple[str, str], tuple[Mapping[str, Any], bytes]] = {}
        self._last: _EncodedList = ("", (), [])
        self._without_reasoning: frozenset[str] = frozenset()

    def body(self, messages: Iterable[Message], settings: Settings, conversation_id: str = "") -> bytes:
        """Return the body of a request, as its endpoint wants it."""
        endpoint = endpoint_for(settings)
        beginning = b'{"model":%b,"%b":[' % (encode_json(settings.model), endpoint.list_key.encode())
        pieces = self._encode_all(tuple(messages), endpoint, settings) or [b""]
        # Joined at once: a long list is megabytes, and is copied only here.
        pieces[0] = beginning + pieces[0]
        pieces[-1] += b"]," + encode_json(endpoint.fields(settings, conversation_id))[1:]
        return b",".join(pieces)

    def leave_out_reasoning(self, messages: Iterable[Message]) -> None:
        """Encode these messages without their encrypted reasoning from now on: the API could not decrypt it."""
        self._without_reasoning |= {message.id for message in messages}
        self._last = ("", (), [])

    def encode_ahead(self, messages: Sequence[Message], settings: Settings) -> Iterator[None]:
        """Encode a list that is going to be sent, a part of it before each step of the iterator."""
        endpoint, size = endpoint_for(settings), 0
        for message in messages:
            size += len(self._encode(message, endpoint))
            if size >= _STEP_BYTES:
                size = 0
                yield
        if not self._last[1]:
            self._encode_all(tuple(messages), endpoint, settings)

    def reasoning_items(self, message: Message, settings: Settings) -> Sequence[Mapping[str, Any]]:
        """Return the encrypted reasoning that is sent before a message."""
        if message.id in self._without_reasoning:
            return ()
        return endpoint_for(settings).reasoning_items(message, settings.model)

    def _encode_all(self, messages: tuple[Message, ...], endpoint: Endpoint, settings: Settings) -> list[bytes]:
        """Return the bytes of each message: those of the last request, and the new ones."""
        variant = endpoint.path + endpoint.list_variant(settings)
        last_variant, previous, pieces = self._last
        if variant != last_variant or len(previous) > len(messages) or not all(map(is_, messages, previous)):
            previous, pieces = (), []
        for message in messages[len(previous) :]:
            piece = self._encode(message, endpoint)
            if reasoning := self.reasoning_items(message, settings):
                piece = b",".join([*map(encode_json, reasoning), piece])
            pieces.append(piece)
        self._last = variant, messages, pieces
        return [*pieces]

    def _encode(self, message: Message, endpoint: Endpoint) -> bytes:
        key = endpoint.path, message.id
        cached = self._encoded.get(key)
        # A partial reply keeps its id while it grows, so the object itself is compared.
        if cached is not None and cached[0] is message.body:
            return cached[1]
        encoded = b",".join(map(encode_json, endpoint.items(message)))
        self._encoded[key] = (message.body, encoded)
        return encoded


_EncodedList = tuple[str, tuple[Message, ...], list[bytes]]
"""What the bytes depend on, the messages, and the bytes of each."""


def to_conversation_id(session_id: str) -> str:
    """Return the value of `x-grok-conv-id`: the session's id, or a digest of an id that does not fit into a header."""
    if _HEADER_SAFE_ID.fullmatch(session_id):
        return session_id
    import hashlib

    return hashlib.sha256(session_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]
