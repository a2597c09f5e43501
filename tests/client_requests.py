"""Requests through the client, and the replies that they get."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field

from fake_api import FakeApi, Received
from support import KEY

from grokchat.api.client import Attempt, Client, Retrying
from grokchat.api.reply_builder import Delta, ReplyBuilder
from grokchat.config.secret import Secret
from grokchat.config.settings import Settings
from grokchat.environment import Environment
from grokchat.errors import ApiError

BODY = b'{"model":"grok-4.7","messages":[{"role":"user","content":"hi"}],"stream":true}'


@dataclass
class ReceivedReply:
    """What one request received: deltas, retries, and the error that ended it."""

    deltas: list[Delta] = field(default_factory=list)
    retries: list[Retrying] = field(default_factory=list)
    builder: ReplyBuilder = field(default_factory=ReplyBuilder)
    error: ApiError | None = None
    requests: list[Received] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(delta.text for delta in self.deltas)

    @property
    def reasoning(self) -> str:
        return "".join(delta.reasoning for delta in self.deltas)


async def receive_reply(client: Client, settings: Settings, body: bytes | None = None) -> ReceivedReply:
    """Send a request; without `body` that is BODY, as it is then: tests set it."""
    received = ReceivedReply()
    try:
        async with aclosing(client.reply(body or BODY, conversation_id="conv-1", settings=settings)) as events:
            async for event in events:
                if isinstance(event, Attempt):
                    received.builder = event.builder
                elif isinstance(event, Retrying):
                    received.retries.append(event)
                elif isinstance(event, Delta):
                    received.deltas.append(event)
    except ApiError as error:
        received.error = error
    return received


def request_at_once(
    api: FakeApi, environment: Environment, body: bytes, *, count: int, **chosen
) -> list[ReceivedReply]:
    """Send one request, and then so many at once with the same client."""

    async def send() -> list[ReceivedReply]:
        settings = Settings(base_url=api.url, **chosen)
        client = Client(environment, settings, Secret(KEY))
        try:
            first = await receive_reply(client, settings)
            others = (receive_reply(client, settings, body) for _ in range(count))
            return [first, *await asyncio.gather(*others)]
        finally:
            await client.close()

    return asyncio.run(send())


def request_replies(api: FakeApi, environment: Environment, *, turns: int = 1, **settings) -> list[ReceivedReply]:
    """Send so many requests with one client."""

    async def send() -> list[ReceivedReply]:
        chosen = Settings(**{"base_url": api.url, **settings})
        client = Client(environment, chosen, Secret(KEY))
        try:
            return [await receive_reply(client, chosen) for _ in range(turns)]
        finally:
            await client.close()

    return asyncio.run(send())
