"""Asks before a request that would take a session past `max_cost`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from grokchat.chat.confirmation import Confirmation
from grokchat.chat.model_catalog import ModelCatalog
from grokchat.chat.printer import Printer
from grokchat.config.settings import Settings
from grokchat.session.cost_limit import bill
from grokchat.session.session import Session

_PATIENCE = 5.0
"""Seconds to wait for the prices before the first request: without them nothing can be watched."""


class Budget:
    """Knows what the user has said of the cost in this run."""

    def __init__(self, printer: Printer, confirmation: Confirmation, catalog: ModelCatalog) -> None:
        self._printer = printer
        self._confirmation = confirmation
        self._catalog = catalog
        self._told: set[str] = set()
        self._allowed: set[tuple[str, float]] = set()

    async def allows(self, session: Session, settings: Settings, adding: Sequence[Mapping[str, Any]] = ()) -> bool:
        """Say whether the session's next request may be sent, for which these messages are added."""
        agreed = (session.id, settings.max_cost)
        if not settings.max_cost or agreed in self._allowed:
            return True
        await self._catalog.load_for(session, _PATIENCE)
        found = bill(session, settings, adding)
        if found.unwatched and found.unwatched not in self._told:
            self._told.add(found.unwatched)
            self._printer.warning(found.unwatched, gap=True)
        if not found.is_too_much:
            return True
        answer = await self._confirmation.choose(
            f"{found.told[:1].upper()}{found.told[1:]}. Send it?",
            "y sends it, a sends it and asks no more for this limit, n does not send it; /set max_cost changes it",
        )
        if answer == "a":
            self._allowed.add(agreed)
        return answer != "n"
