"""The catalog of the API's models - prices, context windows, aliases - loaded in the background.

It improves what the chat shows, and nothing depends on it: every caller waits for a limited time, then continues
without it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from grokchat.api.catalog import Catalog
from grokchat.chat.connection import Connection
from grokchat.chat.lazy import Lazy
from grokchat.config.settings import Settings
from grokchat.errors import UnreachableError
from grokchat.session.session import Session

_LOAD_AFTER_IDLE_S = 1.0
"""Time without a request until the catalog is loaded, so that it never delays a request."""
CATALOG_TIMEOUT_S = 1.5
"""How long an answer waits for the catalog, counted from the start of loading: a hanging API delays one answer only."""


class ModelCatalog:
    """Loads the catalog once and applies it to sessions. `refresh` redraws the status line."""

    def __init__(self, connection: Connection, refresh: Callable[[], None]) -> None:
        self._connection = connection
        self._refresh = refresh
        self._catalog = Lazy(self._request)
        self._idle: asyncio.Task[None] | None = None
        self._callers = 0

    async def load(self, settings: Settings) -> Catalog:
        """Return the catalog, asking again if an earlier attempt failed; raises GrokchatError."""
        self._callers += 1
        self._refresh()
        try:
            return await self._catalog.get(settings)
        finally:
            self._callers -= 1

    @property
    def activity(self) -> str:
        """What a command waits for, for the bottom line; "" if none does."""
        return "loading the list of models" if self._callers else ""

    async def load_for(self, session: Session, timeout_s: float) -> None:
        """Apply the catalog to the session if it is loaded within `timeout_s` after loading started."""
        if not session.catalog:
            self._catalog.start(session.settings)
            await self._catalog.settle(timeout_s)
        self.apply_to(session)

    async def require_for(self, session: Session, timeout_s: float) -> bool:
        """Do the same where prices are needed; return False if the list could not be loaded.

        An API that refuses the request has no list, and a session with such an API has all that there is.
        """
        if not session.catalog:
            self._catalog.start(session.settings, again=True)
            await self._catalog.settle(timeout_s)
        self.apply_to(session)
        failure = self._catalog.failure
        has_answered = failure is not None and not isinstance(failure, UnreachableError)
        return bool(session.catalog) or self._catalog.ready is not None or has_answered

    async def load_prices_for(self, session: Session) -> None:
        """Do the same for an answer that shows the next request's cost, which is known after the first reply."""
        if not session.catalog and session.requests.estimate().last_cached_tokens is not None:
            await self.load_for(session, CATALOG_TIMEOUT_S)

    def load_when_idle(self, session: Session) -> None:
        """Load the catalog for the session after a second without a request."""
        self.cancel_idle_load()
        self._idle = asyncio.create_task(self._load_after_pause(session))

    def cancel_idle_load(self) -> None:
        """Cancel loading when idle, because a request starts."""
        if self._idle is not None:
            self._idle.cancel()

    def apply_to(self, session: Session) -> None:
        """Apply the catalog to the session if it is loaded."""
        if (catalog := self._catalog.ready) is not None:
            session.catalog = catalog

    async def close(self) -> None:
        """Stop loading."""
        self.cancel_idle_load()
        await self._catalog.close()

    async def _load_after_pause(self, session: Session) -> None:
        await asyncio.sleep(_LOAD_AFTER_IDLE_S)
        self._catalog.start(session.settings)
        await self._catalog.settle()
        self.apply_to(session)
        self._refresh()

    async def _request(self, settings: Settings) -> Catalog:
        client = await self._connection.client(settings)
        return await client.models(settings)
