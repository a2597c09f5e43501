"""The request's body and headers: conversation and settings to the exact bytes that go out.

The whole buffer goes with every request, so a message is encoded once and its bytes are used again: the work of a
turn is the copying of bytes, and an unchanged prefix is identical to the byte, which the server's prompt cache needs.
Only parameters that the user set are sent: reasoning models reject some parameters even at their neutral value (the
API's chat-completions page).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from operator import is_
from typing import Any

from grokchat.messages import Message

USUAL_STREAM_OPTIONS = {"include_usage": True}
"""What a streamed request says of its stream unless the user says otherwise."""
_ORDINARY_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class RequestEncoder:
    """Builds bodies, and remembers the bytes of every message it has encoded (messages never change), and of all."""

    def __init__(self) -> None:
        self._encoded: dict[str, tuple[Mapping[str, Any], bytes]] = {}
        self._last: tuple[tuple[Message, ...], bytes] = ((), b"")

    def body(self, messages: Iterable[Message], *, model: str, stream: bool, params: Mapping[str, Any]) -> bytes:
        """Return the body of `POST /chat/completions`."""
        head = b'{"model":' + dump(model) + b',"messages":['
        tail: dict[str, Any] = {"stream": stream}
        if stream:
            tail["stream_options"] = USUAL_STREAM_OPTIONS
        tail.update(params)
        return b"".join((head, self._joined(tuple(messages)), b"],", dump(tail)[1:]))

    def _joined(self, messages: tuple[Message, ...]) -> bytes:
        """Return the messages' bytes with commas between them: the last request's, and what is new."""
        known, data = self._last
        if len(known) > len(messages) or not all(map(is_, messages, known)):
            known, data = (), b""
        more = [self._message(one) for one in messages[len(known) :]]
        if more:
            data = b",".join([data, *more] if known else more)
        self._last = messages, data
        return data

    def _message(self, message: Message) -> bytes:
        known = self._encoded.get(message.id)
        # An interrupted reply keeps its id while it grows, hence the look at the object itself.
        if known is not None and known[0] is message.body:
            return known[1]
        encoded = dump(message.body)
        self._encoded[message.id] = (message.body, encoded)
        return encoded


def dump(value: object) -> bytes:
    """Return compact JSON in UTF-8, or in ASCII where a lone surrogate leaves no UTF-8."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def to_conversation_id(session_id: str) -> str:
    """Return the value of `x-grok-conv-id` for a session: its id, or a digest if a header could not carry that."""
    if _ORDINARY_ID.fullmatch(session_id):
        return session_id
    import hashlib

    return hashlib.sha256(session_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]
