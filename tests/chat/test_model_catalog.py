"""The catalog of models in the chat: what waits for it, and for how long."""

from __future__ import annotations

import asyncio
import threading
import time
from types import SimpleNamespace

import pytest
from chat_process import Chat, chat_env
from fake_api import Answer, FakeApi
from virtual_time import run_virtually

from grokchat.chat.model_catalog import CATALOG_TIMEOUT_S, ModelCatalog
from grokchat.commands.registry import COMMANDS
from grokchat.config.settings import Settings
from grokchat.errors import UnreachableError


class FakeConnection:
    """A connection whose list of models hangs, fails, or arrives."""

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
    session.requests = SimpleNamespace(estimate=lambda: SimpleNamespace(last_cached_tokens=100))
    return session


def run(answer: str, steps) -> FakeConnection:
    connection = FakeConnection(answer)

    async def use(_) -> None:
        catalog = ModelCatalog(connection, lambda: None)
        try:
            await steps(catalog)
        finally:
            await catalog.close()

    run_virtually(use)
    return connection


def test_an_api_that_hangs_delays_one_answer_only():
    """Later answers do not wait at all."""
    session = make_session()
    answered_at = []

    async def steps(catalog) -> None:
        for _ in range(4):
            await catalog.load_prices_for(session)
            answered_at.append(asyncio.get_running_loop().time())

    assert run("hangs", steps).requests == 1
    assert answered_at == [CATALOG_TIMEOUT_S] * 4
    assert session.catalog == {}


def test_an_api_that_hangs_delays_a_request_with_a_cost_limit_once():
    """Each caller has a time limit of its own, counted from when loading began."""
    session = make_session()
    answered_at = []

    async def steps(catalog) -> None:
        for timeout_s in (1.5, 5.0, 5.0):
            await catalog.load_for(session, timeout_s)
            answered_at.append(asyncio.get_running_loop().time())

    assert run("hangs", steps).requests == 1
    assert answered_at == [1.5, 5.0, 5.0]


def test_an_idle_chat_loads_the_catalog_and_a_request_postpones_that():
    session = make_session()

    async def steps(catalog) -> None:
        for _ in range(3):
            catalog.load_when_idle(session)
            await asyncio.sleep(0.9)
            catalog.cancel_idle_load()
        await asyncio.sleep(5)
        assert session.catalog == {}
        catalog.load_when_idle(session)
        await asyncio.sleep(1.1)
        assert session.catalog == {"grok-4.7": "prices"}

    assert run("arrives", steps).requests == 1


def test_a_catalog_that_arrives_in_time_is_applied_to_the_session():
    session = make_session()
    assert run("arrives", lambda catalog: catalog.load_prices_for(session)).requests == 1
    assert session.catalog == {"grok-4.7": "prices"}


def test_only_load_requests_a_failed_catalog_again():
    session = make_session()

    async def steps(catalog) -> None:
        for _ in range(3):
            await catalog.load_prices_for(session)
        with pytest.raises(UnreachableError):
            await catalog.load(session.settings)

    assert run("fails", steps).requests == 2


def test_before_the_first_reply_no_prices_are_loaded():
    session = make_session()
    session.requests = SimpleNamespace(estimate=lambda: SimpleNamespace(last_cached_tokens=None))
    assert run("hangs", lambda catalog: catalog.load_prices_for(session)).requests == 0


def test_commands_that_change_messages_show_a_cost():
    """Others do not wait for prices."""
    assert {command.name for command in COMMANDS if command.shows_cost} == {
        "system", "insert", "edit", "delete", "move", "mute", "unmute", "undo", "redo", "use", "alt", "context",
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
