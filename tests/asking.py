"""One request through the client, and what came of it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field

from fake_api import FakeApi
from support import KEY

from grokchat.api.client import Attempt, Client, Retrying
from grokchat.api.reply_builder import Delta, ReplyBuilder
from grokchat.config.secret import Secret
from grokchat.config.settings import Settings
from grokchat.environment import Environment
from grokchat.errors import ApiError

BODY = b'{"model":"grok-4.7","messages":[{"role":"user","content":"hi"}],"stream":true}'


@dataclass
class Heard:
    """What came of one request."""

    deltas: list[Delta] = field(default_factory=list)
    retries: list[Retrying] = field(default_factory=list)
    builder: ReplyBuilder = field(default_factory=ReplyBuilder)
    error: ApiError | None = None

    @property
    def text(self) -> str:
        return "".join(delta.text for delta in self.deltas)

    @property
    def reasoning(self) -> str:
        return "".join(delta.reasoning for delta in self.deltas)


async def listen(client: Client, settings: Settings) -> Heard:
    heard = Heard()
    try:
        async with aclosing(client.reply(BODY, conversation="conv-1", settings=settings)) as events:
            async for event in events:
                if isinstance(event, Attempt):
                    heard.builder = event.builder
                elif isinstance(event, Retrying):
                    heard.retries.append(event)
                else:
                    heard.deltas.append(event)
    except ApiError as error:
        heard.error = error
    return heard


def ask(api: FakeApi, environment: Environment, *, turns: int = 1, **settings) -> list[Heard]:
    """Ask so many times with one client."""

    async def talk() -> list[Heard]:
        use = Settings(**{"base_url": api.url, **settings})
        client = Client(environment, use, Secret(KEY))
        try:
            return [await listen(client, use) for _ in range(turns)]
        finally:
            await client.close()

    return asyncio.run(talk())
