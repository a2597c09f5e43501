"""The client that the chat makes when it first needs one, and what is made ready before that."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace

import pytest
from support import KEY, make_environment

from grokchat.api.catalog import Catalog
from grokchat.api.client import Client
from grokchat.api.transport import transport_to
from grokchat.chat.replies import Asker
from grokchat.config.api_key import Secret
from grokchat.config.settings import Settings
from grokchat.errors import KeyMissingError

NOBODY = SimpleNamespace()


class Connecting:
    """Makes clients, each with what `fails` says first, and notes which transport it was given."""

    def __init__(self, environment, *fails: bool) -> None:
        self._environment = environment
        self._fails = list(fails)
        self.given: list[object] = []
        self.let_go = threading.Event()
        self.let_go.set()

    def __call__(self, settings, transport=None, /) -> Client:
        self.given.append(transport)
        self.let_go.wait(60)
        if self._fails and self._fails.pop(0):
            raise KeyMissingError("there is no key")
        return Client(self._environment, settings, Secret(KEY), transport)


def use(environment, connect, settings, what) -> None:
    async def run() -> None:
        asker = Asker(environment, NOBODY, NOBODY, connect)
        try:
            await what(asker)
        finally:
            await asker.close()

    asyncio.run(run())


@pytest.fixture
def no_network(monkeypatch) -> list[str]:
    asked: list[str] = []

    async def models(self, settings) -> Catalog:
        asked.append(settings.base_url)
        return {}

    monkeypatch.setattr(Client, "models", models)
    return asked


def test_two_that_need_the_client_at_once_get_one(home, no_network):
    """The key may come from a password manager, which is not to be asked twice."""
    environment, settings = make_environment(home), Settings(base_url="http://127.0.0.1:9/v1")
    connect = Connecting(environment)
    connect.let_go.clear()

    async def what(asker) -> None:
        both = [asyncio.create_task(asker._connected(settings)) for _ in range(2)]
        await asyncio.sleep(0)
        connect.let_go.set()
        one, other = await asyncio.gather(*both)
        assert one is other

    use(environment, connect, settings, what)
    assert connect.given == [None]


def test_who_stops_waiting_for_the_key_takes_it_from_nobody(home, no_network):
    environment, settings = make_environment(home), Settings(base_url="http://127.0.0.1:9/v1")
    connect = Connecting(environment)
    connect.let_go.clear()

    async def what(asker) -> None:
        stopped = asyncio.create_task(asker._connected(settings))
        await asyncio.sleep(0)
        stopped.cancel()
        await asyncio.wait({stopped})
        connect.let_go.set()
        await asker.models(settings)

    use(environment, connect, settings, what)
    assert len(connect.given) == 1
    assert len(no_network) == 1


def test_a_key_that_was_missing_is_looked_for_again(home, no_network):
    environment, settings = make_environment(home), Settings(base_url="http://127.0.0.1:9/v1")
    connect = Connecting(environment, True)

    async def what(asker) -> None:
        with pytest.raises(KeyMissingError):
            await asker.models(settings)
        await asker.models(settings)

    use(environment, connect, settings, what)
    assert len(connect.given) == 2


@pytest.mark.parametrize("proxy", ["", "http://127.0.0.1:9"], ids=["direct", "through a proxy"])
def test_the_transport_that_was_made_ready_is_the_one_that_is_used(home, no_network, monkeypatch, proxy):
    """Its certificates take longer to read than a connection on this machine to make."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    if proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
    made: list[object] = []

    def make(base_url: str, trusted):
        made.append(transport_to(base_url, trusted))
        return made[-1]

    monkeypatch.setattr("grokchat.api.transport.transport_to", make)
    monkeypatch.setattr("grokchat.api.preconnect.EarlyTransport.open_early", lambda *_: None)
    environment, settings = make_environment(home), Settings(base_url="https://api.example.invalid/v1")
    connect = Connecting(environment)

    async def what(asker) -> None:
        asker._make_ready(settings)
        await asker.models(settings)

    use(environment, connect, settings, what)
    assert len(made) == 1
    assert connect.given == made
