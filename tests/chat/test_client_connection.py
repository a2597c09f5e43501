"""The chat's client: made once, when first needed, over the prepared transport."""

from __future__ import annotations

import asyncio
import threading

import pytest
from support import KEY, make_environment

from grokchat.api.client import Client
from grokchat.api.transport import create_transport
from grokchat.chat.connection import Connection
from grokchat.config.secret import Secret
from grokchat.config.settings import Settings
from grokchat.errors import KeyMissingError

SETTINGS = Settings(base_url="http://127.0.0.1:9/v1")


class Connecting:
    """Makes clients, or fails in turn as `fails` lists, and records the transports passed to it."""

    def __init__(self, environment, *fails: bool) -> None:
        self._environment = environment
        self._fails = list(fails)
        self.transports: list[object] = []
        self.release = threading.Event()
        self.release.set()

    async def __call__(self, settings, transport=None, /) -> Client:
        self.transports.append(transport)
        await asyncio.to_thread(self.release.wait, 60)
        if self._fails and self._fails.pop(0):
            raise KeyMissingError("there is no key")
        return Client(self._environment, settings, Secret(KEY), transport)


def use(environment, connect, steps, *, has_network=False) -> None:
    async def run() -> None:
        connection = Connection(environment, connect, has_network=has_network)
        try:
            await steps(connection)
        finally:
            await connection.close()

    asyncio.run(run())


def test_concurrent_callers_share_one_client(home):
    """The key may come from a password manager, which must not be asked twice."""
    environment = make_environment(home)
    connect = Connecting(environment)
    connect.release.clear()

    async def steps(connection) -> None:
        both = [asyncio.create_task(connection.client(SETTINGS)) for _ in range(2)]
        await asyncio.sleep(0)
        connect.release.set()
        first, second = await asyncio.gather(*both)
        assert first is second

    use(environment, connect, steps)
    assert connect.transports == [None]


def test_a_cancelled_caller_does_not_cancel_the_client_of_another(home):
    """Ctrl-C on a reply leaves the request for the list of models alone."""
    environment = make_environment(home)
    connect = Connecting(environment)
    connect.release.clear()

    async def steps(connection) -> None:
        stopped, other = (asyncio.create_task(connection.client(SETTINGS)) for _ in range(2))
        await asyncio.sleep(0)
        stopped.cancel()
        await asyncio.wait({stopped})
        connect.release.set()
        assert isinstance(await other, Client)

    use(environment, connect, steps)
    assert len(connect.transports) == 1


def test_a_missing_key_is_looked_up_again(home):
    """A failed attempt is repeated by the next request."""
    environment = make_environment(home)
    connect = Connecting(environment, True)

    async def steps(connection) -> None:
        with pytest.raises(KeyMissingError):
            await connection.client(SETTINGS)
        assert isinstance(await connection.client(SETTINGS), Client)

    use(environment, connect, steps)
    assert len(connect.transports) == 2


@pytest.mark.parametrize("proxy", ["", "http://127.0.0.1:9"], ids=["direct", "through a proxy"])
def test_the_client_uses_the_prepared_transport(home, monkeypatch, proxy):
    """Even if its certificates take longer to read than the connection takes to open."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    if proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
    made: list[object] = []

    def make(base_url: str, env, trusted):
        made.append(create_transport(base_url, env, trusted))
        return made[-1]

    monkeypatch.setattr("grokchat.api.transport.create_transport", make)
    monkeypatch.setattr("grokchat.api.preconnect.PreconnectTransport.preconnect", lambda *_: None)
    environment, settings = make_environment(home), Settings(base_url="https://api.example.invalid/v1")
    connect = Connecting(environment)

    async def steps(connection) -> None:
        connection.prepare(settings)
        async with asyncio.timeout(20):
            while not connection._transport.has_started:  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0)
        await connection.client(settings)

    use(environment, connect, steps, has_network=True)
    assert len(made) == 1
    assert connect.transports == made
