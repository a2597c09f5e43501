"""Parameters that a request with search cannot have, in the chat."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from repl_harness import Chatting

from grokchat.records import replace


def chat_of(home: Path, act: Callable[[Chatting], Awaitable[None]]) -> Chatting:
    async def run() -> Chatting:
        chat = Chatting(home, search="web")
        async with chat:
            await act(chat)
        return chat

    return asyncio.run(run())


def lines(chat: Chatting, words: str) -> list[str]:
    return [line for line in [*chat.screen.lines, *chat.screen.notes] if words in line]


@pytest.mark.parametrize("name", ["stop", "seed", "deferred"])
def test_a_message_is_neither_sent_nor_added_and_the_error_says_what_to_do(home, name):
    async def act(chat: Chatting) -> None:
        chat.submit(f"/set {name} 1", "hello")
        await chat.until(lambda: lines(chat, f"/unset {name}"))
        await chat.idle()
        assert (chat.messages, chat.requests) == ([], [])
        assert "hello" in "\n".join(chat.screen.lines)
        chat.submit(f"/unset {name}", "hello")
        await chat.until(lambda: chat.messages == [("user", "hello"), ("assistant", "Hello there.")])

    chat = chat_of(home, act)
    assert lines(chat, f"/unset {name} removes it, /search off asks without search.")
    assert [request.url.path for request in chat.requests] == ["/v1/responses"]


def test_a_retry_with_such_a_parameter_changes_nothing(home):
    async def act(chat: Chatting) -> None:
        chat.submit("hello")
        await chat.until(lambda: len(chat.messages) == 2)
        await chat.idle()
        before = chat.messages
        chat.submit("/retry seed=3")
        await chat.until(lambda: lines(chat, "cannot have the parameter seed"))
        await chat.idle()
        assert chat.messages == before

    chat = chat_of(home, act)
    assert len(chat.requests) == 1
    assert not lines(chat, "restored")


def test_an_edited_question_with_such_a_parameter_changes_nothing(home):
    async def act(chat: Chatting) -> None:
        chat.submit("hello")
        await chat.until(lambda: len(chat.messages) == 2)
        chat.submit("/set seed 3", "/edit")
        await chat.until(lambda: chat.screen.line is not None and chat.screen.line.edit is not None)
        before = chat.messages
        chat.screen.act(replace(chat.screen.line, text="hello again"))
        await chat.until(lambda: lines(chat, "Not sent. A request with search cannot have the parameter seed"))
        await chat.idle()
        assert chat.messages == before

    assert len(chat_of(home, act).requests) == 1


def test_a_position_in_the_input_is_that_of_a_message(home):
    """The text and the calls of a message are items of their own."""
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}

    async def run() -> Chatting:
        chat = Chatting(home, search="web")
        chat.initial = [
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": "Wait.", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "found"},
            {"role": "assistant", "content": "It is there."},
        ]
        chat.refusal = (400, {"error": "input[4].content is not allowed"})
        async with chat:
            chat.submit("hello")
            await chat.until(lambda: lines(chat, "not allowed"))
            await chat.idle()
        return chat

    assert lines(asyncio.run(run()), "#4 is the message that the API names")


def test_the_next_request_with_search_begins_with_the_bytes_of_the_last(home):
    async def act(chat: Chatting) -> None:
        chat.submit("one", "two")
        await chat.until(lambda: len(chat.messages) == 4)

    first, second = [request.content for request in chat_of(home, act).requests]
    assert second.startswith(first[: first.index(b'],"tools"')] + b",")
    assert first[first.index(b'],"tools"') :] == second[second.index(b'],"tools"') :]


def test_request_shows_the_bytes_of_the_next_search(home):
    shown: list[bytes] = []

    async def act(chat: Chatting) -> None:
        chat.submit("one", "/insert user two")
        await chat.until(lambda: len(chat.messages) == 3)
        shown.append(chat.session.requests.body())
        chat.submit(f"/request {home / 'body.json'}", "/retry")
        await chat.until(lambda: len(chat.messages) == 4)

    _, sent = chat_of(home, act).requests
    assert sent.content == shown[0] == (home / "body.json").read_bytes()
    assert list(json.loads(sent.content)) == ["model", "input", "tools", "store", "stream", "prompt_cache_key"]
