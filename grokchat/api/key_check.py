"""Whether the API accepts a key: `GET /api-key`, which costs nothing and is asked before a key is stored.

Only a clear rejection counts. No answer, or an answer from a server without this endpoint, says nothing about the key.
xAI's own client follows the same rule.
"""

from __future__ import annotations

import asyncio
from typing import Any

from grokchat.api.client import Client
from grokchat.config.settings import Settings
from grokchat.errors import ApiError
from grokchat.records import record

_TIMEOUT_S = 3.0
"""For the check as a whole; the API answers in a quarter of a second."""
_TRIES = 2
_REFUSING_STATUSES = frozenset({400, 401, 402, 403})
_BLOCKS = {
    "api_key_disabled": "this key is disabled",
    "api_key_blocked": "this key is blocked",
    "team_blocked": "the team of this key is blocked",
}


@record
class KeyCheck:
    """What the API says of a key, in a few words: `refusal` is why it is unusable, `unknown` why that is not known."""

    refusal: str = ""
    unknown: str = ""


async def check_key(client: Client, settings: Settings) -> KeyCheck:
    """Ask the API about the client's key. Takes three seconds at most, and raises nothing."""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            return await _ask(client, settings)
    except TimeoutError:
        return KeyCheck(unknown=f"the API did not answer within {_TIMEOUT_S:g} s")


async def _ask(client: Client, settings: Settings) -> KeyCheck:
    for left in reversed(range(_TRIES)):
        try:
            return _read_answer(await client.get("/api-key", settings))
        except ApiError as error:
            status = error.status
        if status in _REFUSING_STATUSES:
            return KeyCheck(refusal=f"the API does not accept this key ({status})")
        is_failing = status is not None and (status == 429 or status >= 500)
        if not is_failing or not left:
            break
    return KeyCheck(unknown="the API could not be reached" if status is None else f"the API answered with {status}")


def _read_answer(answer: Any) -> KeyCheck:
    if not isinstance(answer, dict):
        return KeyCheck(unknown="the API did not say")
    return KeyCheck(refusal=next((words for key, words in _BLOCKS.items() if answer.get(key) is True), ""))
