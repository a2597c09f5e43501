"""/context in the chat: it waits for the list of models, a limited time, and not for a reply."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from repl_harness import Chatting

MODELS = [{"id": "grok-4.7", "context_length": 256_000}]


def talk(home: Path, act: Callable[[Chatting], Awaitable[None]], models: list[dict[str, Any]] | None) -> list[str]:
    """Run a chat with an API that lists these models, or none, and return what it has printed."""

    async def run() -> list[str]:
        chat = Chatting(home)
        chat.models = models
        async with chat:
            await act(chat)
        return chat.screen.lines

    return asyncio.run(run())


def has_line(chat: Chatting, words: str) -> bool:
    return any(words in line for line in chat.screen.lines)


@pytest.mark.parametrize(("models", "whole"), [(MODELS, "of 256k tokens"), (None, "context window unknown")])
def test_it_knows_the_context_window_if_the_api_says_it(home, models, whole):
    async def act(chat: Chatting) -> None:
        chat.submit("hi")
        await chat.until(lambda: len(chat.messages) == 2)
        chat.submit("/context")
        await chat.until(lambda: has_line(chat, whole))

    assert any("1  user" in line for line in talk(home, act, models))


def test_while_a_reply_streams_it_shows_the_part_that_has_come(home):
    async def act(chat: Chatting) -> None:
        await chat.begin_reply()
        chat.submit("/context", "/ctx all")
        await chat.until(lambda: chat.session.catalog)  # the output comes after the reply's open block
        chat.finish_reply()
        await chat.idle()

    assert sum("still coming" in line for line in talk(home, act, MODELS)) == 2
