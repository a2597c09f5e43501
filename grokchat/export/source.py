"""What every export is made from: the buffer, and the request that it would be. A value; nothing is read or asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from grokchat.messages import Message
from grokchat.records import field, record


@record
class Source:
    """A conversation to carry away.

    `messages` is the whole buffer in sending order, `muted` the ids of those that are kept and not sent. `body` is the
    exact body of the next request, of which `model`, `stream` and `params` are parts. `base_url` is where it goes, and
    `conversation` the value of its `x-grok-conv-id` header. `timeout` is in seconds. `created` is ISO 8601, or empty.
    There is no key in it.
    """

    messages: tuple[Message, ...]
    body: bytes
    model: str
    stream: bool
    muted: frozenset[str] = frozenset()
    params: Mapping[str, Any] = field(default_factory=dict)
    base_url: str = "https://api.x.ai/v1"
    conversation: str = ""
    timeout: float = 3600.0
    session: str = ""
    name: str = ""
    created: str = ""

    @property
    def sent(self) -> tuple[Message, ...]:
        """The messages that the request carries."""
        return tuple(one for one in self.messages if one.id not in self.muted)

    @property
    def request(self) -> dict[str, Any]:
        """The request's body as an object."""
        found: dict[str, Any] = json.loads(self.body)
        return found


def are_functions(tools: object) -> bool:
    """Say whether the value of `tools` is a list of functions, as the API describes them."""
    return isinstance(tools, list) and all(
        isinstance(one, dict) and one.get("type") == "function" and isinstance(one.get("function"), dict)
        for one in tools
    )
