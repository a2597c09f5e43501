"""The catalog of models in the chat: who waits for it, and for how long."""

from __future__ import annotations

import asyncio
import threading
import time
from types import SimpleNamespace

import pytest
from chat_process import Chat, chat_env
from fake_api import Answer, FakeApi

from grokchat.chat.model_catalog import ModelCatalog
from grokchat.commands.registry import COMMANDS
from grokchat.config.settings import Settings
from grokchat.errors import UnreachableError


class FakeConnection:
    """A connection whose list of models hangs, fails, or comes."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.requests = 0

    async def client(self, _: Settings):
        return self

    async def models(self, _: Settings):
        self.requests += 1
        if self.answer == "hangs":
            await asyncio.Event().wait()
        if self.answer == "fails":
            raise UnreachableError("no network")
        return {"grok-4.7": "prices"}


def make_session():
    session = SimpleNamespace(catalog={}, settings=Settings())
    session.estimate_request = lambda: SimpleNamespace(cached=100)
    return session


def run(answer: str, steps) -> FakeConnection:
    connection = FakeConnection(answer)

    async def use() -> None:
        catalog = ModelCatalog(connection, lambda: None)
        try:
            await steps(catalog)
        finally:
            await catalog.close()

    asyncio.run(use())
    return connection


def test_an_api_that_hangs_delays_one_answer_only(monkeypatch):
    monkeypatch.setattr("grokchat.chat.model_catalog.CATALOG_TIMEOUT_S", 0.3)
    session = make_session()
    waited = []

    async def steps(catalog) -> None:
        for _ in range(4):
            started = time.monotonic()
            await catalog.load_prices_for(session)
            waited.append(time.monotonic() - started)

    assert run("hangs", steps).requests == 1
    assert max(waited[1:]) < 0.1
    assert session.catalog == {}


def test_a_catalog_that_comes_in_time_is_given_to_the_session():
    session = make_session()
    assert run("comes", lambda catalog: catalog.load_prices_for(session)).requests == 1
    assert session.catalog == {"grok-4.7": "prices"}


def test_a_catalog_that_fails_is_requested_again_only_for_who_asks_for_it():
    session = make_session()

    async def steps(catalog) -> None:
        for _ in range(3):
            await catalog.load_prices_for(session)
        with pytest.raises(UnreachableError):
            await catalog.load(session.settings)

    assert run("fails", steps).requests == 2


def test_without_a_reply_there_is_no_cost_to_show_and_nothing_is_loaded():
    session = make_session()
    session.estimate_request = lambda: SimpleNamespace(cached=None)
    assert run("hangs", lambda catalog: catalog.load_prices_for(session)).requests == 0


def test_the_commands_that_show_a_cost_are_those_that_change_messages():
    """Others do not wait for prices."""
    assert {one.name for one in COMMANDS if one.shows_cost} == {
        "system", "insert", "edit", "delete", "move", "mute", "unmute", "undo", "redo", "use",
    }  # fmt: skip


def test_a_command_without_a_cost_does_not_wait_in_the_chat(home):
    """`GET /models` hangs: commands of the list are answered, those without prices at once."""
    with FakeApi(models=Answer([threading.Event()])) as api, Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("hi\r")
        chat.wait_for("Hello there.")
        started = time.monotonic()
        for number in range(6):
            chat.type(f"/name session{number}\r")
        chat.wait_for(lambda text: text.count("session5") >= 2)
        assert time.monotonic() - started < 6 * 1.5
        assert chat.leave() == 0
