"""The value that every export is made from: the messages, and the request that they would be. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from grokchat.messages import Message
from grokchat.records import field, record


@record
class Source:
    """A conversation to export. It does not contain the key.

    `messages` are all messages in sending order, `muted` the ids of those that are not sent. `body` is the exact body
    of the next request, of which `model`, `stream` and `params` are parts. It goes to `path` behind `base_url`; with
    `search` and `search_options` it asks for the API's search tools. `conversation_id` is the value of its
    `x-grok-conv-id` header. `timeout` is in seconds. `created` is ISO 8601, or empty. `alternatives` are, by the id of
    a reply, all replies that its place has had, in order and itself included.
    """

    messages: tuple[Message, ...]
    body: bytes
    model: str
    stream: bool
    muted: frozenset[str] = frozenset()
    params: Mapping[str, Any] = field(default_factory=dict)
    base_url: str = "https://api.x.ai/v1"
    path: str = "/chat/completions"
    search: str = "off"
    search_options: Mapping[str, Any] = field(default_factory=dict)
    conversation_id: str = ""
    timeout: float = 3600.0
    session: str = ""
    name: str = ""
    created: str = ""
    alternatives: Mapping[str, tuple[Message, ...]] = field(default_factory=dict)

    @property
    def sent(self) -> tuple[Message, ...]:
        """The messages that the request carries."""
        return tuple(message for message in self.messages if message.id not in self.muted)

    @property
    def request(self) -> dict[str, Any]:
        """The request's body as an object."""
        request: dict[str, Any] = json.loads(self.body)
        return request
