"""Search in the chat: when it changes, which requests have it, and what the bottom line says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

from repl_harness import Chatting


def talk(home: Path, act: Callable[[Chatting], Awaitable[None]], **config: object) -> Chatting:
    """Run a chat and what a test does in it."""

    async def run() -> Chatting:
        chat = Chatting(home, **config)
        async with chat:
            await act(chat)
        return chat

    return asyncio.run(run())


def tools(request) -> list[str]:
    return [tool["type"] for tool in json.loads(request.content).get("tools", [])]


def shown(chat: Chatting, words: str) -> bool:
    return any(words in line for line in [*chat.screen.lines, *chat.screen.notes])


def test_showing_runs_at_once_and_a_change_waits_for_the_reply(home):
    """While a reply streams, commands that only show something run at once; those that change something wait."""

    async def act(chat: Chatting) -> None:
        await chat.begin_reply()
        chat.submit("/search web", "/search")
        await chat.until(lambda: shown(chat, "search: off (from default)"))
        assert chat.session.settings.search == "off"
        chat.finish_reply()
        await chat.idle()
        assert chat.session.settings.search == "web"
        assert "search: web" in chat.repl.status()
        chat.submit("second")
        await chat.until(lambda: len(chat.requests) == 2)
        await chat.idle()

    chat = talk(home, act)
    assert [tools(request) for request in chat.requests] == [[], ["web_search"]]


def test_retry_searches_once(home):
    """`/retry search=web` is for this one call."""

    async def act(chat: Chatting) -> None:
        chat.submit("first")
        await chat.until(lambda: len(chat.messages) == 2)
        await chat.idle()
        chat.submit("/retry search=x search_options.allowed_x_handles=@xai")
        await chat.until(lambda: len(chat.requests) == 2)
        await chat.idle()
        chat.submit("/retry")
        await chat.until(lambda: len(chat.requests) == 3)
        await chat.idle()

    chat = talk(home, act)
    assert [tools(request) for request in chat.requests] == [[], ["x_search"], []]
    assert json.loads(chat.requests[1].content)["tools"][0]["allowed_x_handles"] == ["xai"]


def test_a_saved_option_is_written_and_used_and_conflicts_are_told(home):
    async def act(chat: Chatting) -> None:
        chat.submit("/set --save search_options.allowed_domains a.org", "/set seed 5", "/set --save search on")
        await chat.idle()
        assert chat.session.settings.search == "all"
        assert chat.session.settings.search_options == {"allowed_domains": ["a.org"]}

    chat = talk(home, act)
    assert chat.saved == [("search_options", "allowed_domains", ["a.org"]), ("", "search", "all")]
    told = [line for line in chat.screen.lines if "cannot have the parameter seed" in line]
    assert len(told) == 1


def test_a_summary_is_made_without_search(home):
    """/compact's own request: never with search."""

    async def act(chat: Chatting) -> None:
        for text in ("1", "2"):
            chat.submit(text)
            await chat.until(lambda text=text: ("user", text) in chat.messages)
            await chat.idle()
        chat.submit("/search all", "/compact")
        await chat.until(lambda: len(chat.requests) == 3)
        await chat.idle()

    chat = talk(home, act)
    assert [request.url.path.rsplit("/", 1)[-1] for request in chat.requests] == ["completions"] * 3
    assert tools(chat.requests[2]) == []
