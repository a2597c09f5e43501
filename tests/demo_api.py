"""Requests to the demo through httpx, without a client of ours."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx

from grokchat.api.demo.transport import DemoTransport
from grokchat.environment import Environment

BASE_URL = "https://demo.invalid/v1"
URL = f"{BASE_URL}/chat/completions"


def ask_demo(
    environment: Environment, url: str, body: Any, method: str = "POST", transport: DemoTransport | None = None
) -> httpx.Response:
    """Send one request, and read the whole response."""

    async def go() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport or DemoTransport(environment)) as client:
            return await client.request(method, url, content=json.dumps(body))  # ASCII: with surrogates, too

    return asyncio.run(go())


def frames(response: httpx.Response) -> list[Any]:
    """Return the data of each server-sent event."""
    *events, rest = response.text.split("\n\n")
    assert rest == ""
    assert all(event.startswith("data: ") for event in events)
    values = [event.removeprefix("data: ") for event in events]
    return [value if value == "[DONE]" else json.loads(value) for value in values]
