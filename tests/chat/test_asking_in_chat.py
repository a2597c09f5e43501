"""Asking a user message again in the chat: what is dropped, what comes back, and that it is one change."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from repl_harness import Chatting

HELLO = ("assistant", "Hello there.")


def chat_of(home: Path, act: Callable[[Chatting], Awaitable[None]], **config: object) -> Chatting:
    """Run a chat that has three answered messages, and what a test does in it."""

    async def run() -> Chatting:
        chat = Chatting(home, **config)
        async with chat:
            chat.submit("one", "two", "three")
            await chat.until(lambda: len(chat.messages) == 6)
            await chat.idle()
            await act(chat)
        return chat

    return asyncio.run(run())


def is_printed(chat: Chatting, words: str) -> bool:
    return any(words in line for line in chat.screen.lines)


def sent_texts(request) -> list[str]:
    return [message["content"] for message in json.loads(request.content)["messages"]]


def test_retry_of_an_earlier_message_is_one_change(home):
    """`/retry N` drops what follows user message N and asks again; one /undo brings everything back."""

    async def act(chat: Chatting) -> None:
        before = chat.messages
        chat.reply = "Another one."
        chat.submit("/retry 3 temperature=0.5")
        await chat.until(lambda: chat.messages == [("user", "one"), HELLO, ("user", "two"), ("assistant", chat.reply)])
        await chat.idle()
        assert is_printed(chat, "asking #3 again · dropped #4-6 (/undo brings them back)")
        chat.submit("/undo")
        await chat.until(lambda: chat.messages == before)

    chat = chat_of(home, act)
    body = json.loads(chat.requests[3].content)
    assert (sent_texts(chat.requests[3]), body["temperature"]) == (["one", "Hello there.", "two"], 0.5)


@pytest.mark.parametrize(
    ("line", "told"), [("/retry 1", "5 messages that followed are in their"), ("/retry", "earlier")]
)
def test_a_retry_without_a_reply_changes_nothing(home, line, told):
    async def act(chat: Chatting) -> None:
        before = chat.messages
        chat.refusal = (400, {"error": "no"})
        chat.submit(line)
        await chat.until(lambda: any(told in shown for shown in chat.screen.lines))
        await chat.idle()
        assert chat.messages == before

    chat_of(home, act)
