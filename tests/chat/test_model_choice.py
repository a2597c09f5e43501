"""/model without an ID: the API's models as a list to choose from."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from repl_harness import Chatting

from grokchat.errors import CommandError
from grokchat.terminal.interface import Interrupt

MODELS = [
    {
        "id": "grok-4.7",
        "aliases": ["grok-latest"],
        "context_length": 500_000,
        "prompt_text_token_price": 20_000,
        "cached_prompt_text_token_price": 5_000,
        "completion_text_token_price": 60_000,
        "capabilities": {"reasoning_effort": ["low", "high"]},
    },
    {"id": "grok-4.3", "context_length": 1_000_000},
    {"id": "grok-other"},
]


def talk(home: Path, act: Callable[[Chatting], Awaitable[None]], **config: object) -> Chatting:
    """Run a chat with an API that lists three models, and what a test does in it."""

    async def run() -> Chatting:
        chat = Chatting(home, **config)
        chat.models = MODELS
        async with chat:
            await act(chat)
        return chat

    return asyncio.run(run())


async def open_list(chat: Chatting) -> None:
    chat.submit("/model")
    await chat.until(lambda: chat.screen.chosen is not None)


def is_printed(chat: Chatting, words: str) -> bool:
    return words in " ".join(map(str.strip, chat.screen.lines))  # where it may be wrapped


def test_the_chosen_model_is_used_for_the_next_request(home):
    async def act(chat: Chatting) -> None:
        await open_list(chat)
        assert [row.value for row in chat.screen.rows] == ["grok-4.7", "grok-4.3", "grok-other"]
        assert chat.screen.chosen is not None
        chat.screen.chosen.set_result("grok-4.3")
        await chat.until(lambda: is_printed(chat, "model: grok-4.3"))
        await chat.idle()
        chat.submit("hi")
        await chat.until(lambda: chat.requests)
        await chat.idle()

    chat = talk(home, act)
    assert chat.session.settings.model == "grok-4.3"
    assert b'"model":"grok-4.3"' in chat.requests[0].content


@pytest.mark.parametrize("how", ["esc", "ctrl-c", "leave"])
def test_without_a_choice_the_model_stays(home, how):
    async def act(chat: Chatting) -> None:
        await open_list(chat)
        assert chat.screen.chosen is not None
        if how == "esc":
            chat.screen.chosen.set_result(None)
            await chat.until(lambda: is_printed(chat, "model: grok-4.7 (unchanged)"))
        elif how == "ctrl-c":
            chat.screen.act(Interrupt())
            await chat.until(lambda: chat.not_done == ["/model"])
        else:
            chat.submit("a text")
            await chat.leave()
            assert chat.not_done == ["/model", "a text"]

    chat = talk(home, act)
    assert chat.session.settings.model == "grok-4.7"
    assert chat.requests == []


@pytest.mark.parametrize("current", ["grok-4.7", "grok-latest", "grok-other", "unlisted"])
def test_the_current_model_is_marked_and_selected(home, current):
    async def act(chat: Chatting) -> None:
        await open_list(chat)

    rows = talk(home, act, model=current).screen.rows
    marked = [row.value for row in rows if row.line(80).startswith("* ")]
    assert marked == [row.value for row in rows if row.is_current]
    assert marked == {"grok-latest": ["grok-4.7"], "unlisted": []}.get(current, [current])


@pytest.mark.parametrize(
    ("models", "notice"),
    [
        (MODELS[:1], "The API offers one model, grok-4.7. /model ID selects one by its id."),
        ([], "The API lists no models. /model ID selects one by its id."),
        (None, "/model ID selects one by its id."),  # no such list: 404
    ],
)
def test_where_there_is_nothing_to_choose_the_other_form_is_named(home, models, notice):
    async def act(chat: Chatting) -> None:
        chat.models = models
        chat.submit("/model")
        await chat.until(lambda: is_printed(chat, notice))
        await chat.idle()

    assert talk(home, act).screen.chosen is None


def test_a_terminal_without_lists_gets_the_table(home, monkeypatch):
    async def refuse(*_: object) -> None:
        raise CommandError("This terminal cannot show a list to choose from.")

    async def act(chat: Chatting) -> None:
        monkeypatch.setattr(chat.screen, "choose", refuse)
        chat.submit("/model")
        await chat.until(lambda: is_printed(chat, "/model ID selects one by its id."))

    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in talk(home, act).screen.lines]
    at = next(number for number, line in enumerate(lines) if line.startswith("* grok-4.7"))
    assert lines[at].split() == ["*", "grok-4.7", "500k", "2.00", "0.50", "6.00"]
    assert lines[at + 1] == "    also grok-latest · effort low, high"


def test_while_a_reply_streams_the_list_does_not_take_the_keys(home):
    async def act(chat: Chatting) -> None:
        await chat.begin_reply()
        chat.submit("/model")
        chat.submit("/model grok-4.3")
        await chat.until(lambda: chat.screen.queue_rows == ["/model grok-4.3"])
        chat.finish_reply()
        await chat.until(lambda: chat.session.settings.model == "grok-4.3")
        assert is_printed(chat, "/model cannot show its list now; /model ID is queued, /models lists them at once.")

    assert talk(home, act).screen.chosen is None
