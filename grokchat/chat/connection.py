"""The chat's connection to the API: a client made on demand, and the preparations for the first request.

Preparing sends no request and needs no key: it reads the trust store, connects over TCP and TLS, and imports the
modules that a request needs.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from grokchat.chat.lazy import Lazy
from grokchat.config.settings import Settings
from grokchat.environment import Environment
from grokchat.errors import GrokchatError
from grokchat.invocation import Connect
from grokchat.system.threads import run_in_thread

if TYPE_CHECKING:
    import httpx

    from grokchat.api.client import Client

_MODULES = (
    "grokchat.api.transport",
    "grokchat.api.client",
    "grokchat.session.exchange",
    "grokchat.chat.live_reply",
    "grokchat.markdown.stream_parser",
    "grokchat.render.stream",
)
"""The modules that the first request imports, and then the first reply, in steps between which the loop can run."""


class Connection:
    """A single client for the whole chat, made when first needed. A demo or a test has no network to prepare."""

    def __init__(self, environment: Environment, connect: Connect, *, has_network: bool) -> None:
        self._environment = environment
        self._connect = connect
        self._has_network = has_network
        self._transport = Lazy(self._make_transport)
        self._client = Lazy(self._make_client)
        self._preparations = Lazy(self._prepare)

    def prepare(self, settings: Settings) -> None:
        """Prepare in the background for the first request."""
        self._preparations.start(settings)

    def preconnect(self, settings: Settings) -> None:
        """Open a connection for the next request if none is open, as before the first request and after idling."""
        if (client := self._client.ready) is not None:
            client.preconnect(settings)
        elif (transport := self._transport.ready) is not None:
            from grokchat.api.preconnect import PreconnectTransport
            from grokchat.api.transport import abandon_dns_on_exit

            if isinstance(transport, PreconnectTransport):
                abandon_dns_on_exit()
                transport.preconnect(settings.connect_timeout)

    async def client(self, settings: Settings) -> Client:
        """Return the client; raises KeyMissingError. A failed or cancelled attempt is repeated by the next call."""
        return await self._client.get(settings)

    async def reset(self) -> None:
        """Close the client, so that the next request makes one, with the key that there is then."""
        if (client := await self._client.take()) is not None:
            await client.close()
            await self._transport.take()  # the client has closed it

    async def close(self) -> None:
        """Close the client and all connections."""
        await self._preparations.close()
        if (client := await self._client.close()) is not None:
            await client.close()
        if (transport := await self._transport.close()) is not None:
            await transport.aclose()

    async def _make_client(self, settings: Settings) -> Client:
        transport = await self._transport.get(settings) if self._has_network else None
        await asyncio.to_thread(importlib.import_module, "grokchat.api.client")
        return await self._connect(settings, transport)

    async def _make_transport(self, settings: Settings) -> httpx.AsyncBaseTransport | None:
        return await run_in_thread(_transport, settings.base_url, self._environment.variables)

    async def _prepare(self, settings: Settings) -> None:
        if self._has_network and not self._client.has_started:
            self._transport.start(settings)
            await self._transport.get(settings)
            self.preconnect(settings)
        for name in _MODULES:
            await asyncio.to_thread(importlib.import_module, name)
        await asyncio.to_thread(_load_languages)


def _transport(base_url: str, env: Mapping[str, str]) -> httpx.AsyncBaseTransport | None:
    from grokchat.api.tls import load_tls_context
    from grokchat.api.transport import create_transport

    with suppress(GrokchatError):  # the first request reports it
        return create_transport(base_url, env, lambda: load_tls_context(env))
    return None


def _load_languages() -> None:
    from grokchat.render.stream import preload

    preload()
