"""What a session has cost, what its next request is about to cost, and whether `max_cost` allows it. Pure.

The cost so far is the API's own, the next request's an estimate of its prompt at the API's prices: what the reply will
cost nobody knows before. What is not known is counted as nothing, and `unwatched` says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from grokchat.api.catalog import prompt_cost
from grokchat.api.usage import TICKS_PER_DOLLAR, format_dollars
from grokchat.config.settings import Settings
from grokchat.records import record
from grokchat.session.session import Session


@record
class CostCheck:
    """Ticks: what was spent, what the next request's prompt costs, what the limit is; None is not known."""

    spent: int | None
    coming: int | None
    limit: int
    model: str

    @property
    def is_too_much(self) -> bool:
        """Whether the next request would go past the limit, or the session has already."""
        return (self.spent or 0) + (self.coming or 0) > self.limit

    @property
    def told(self) -> str:
        """What the session has cost and the next request is about to, in a sentence without its full stop."""
        spent = f"this session has cost {format_dollars(self.spent or 0)}"
        coming = f", the next request costs about {format_dollars(self.coming)} before its reply" if self.coming else ""
        return f"{spent}{coming}; max_cost is {format_dollars(self.limit)}"

    @property
    def unwatched(self) -> str:
        """What of the cost is not known, as a sentence; nothing if all of it is."""
        if self.coming is not None and self.spent is not None:
            return ""
        if self.coming is not None:
            return "The API reports no costs, so max_cost can only look at the next request."
        if self.spent is not None:
            return f"The API tells no price of {self.model}, so max_cost only sees what replies have cost."
        return f"The API tells neither costs nor a price of {self.model}, so max_cost cannot be watched."


def check_cost(session: Session, settings: Settings, adding: Iterable[Mapping[str, Any]] = ()) -> CostCheck:
    """Return the bill of the session's next request, for which these messages are added."""
    ahead = session.estimate_request(adding=adding, model=settings.model)
    known = session.catalog.get(settings.model)
    prices = known.prices_at(ahead.tokens) if known is not None else None
    coming = None
    if prices is not None:
        kept = ahead.kept_tokens or 0 if ahead.cached else 0
        coming = prompt_cost(prices, cached=kept, fresh=ahead.tokens - kept)
    # A session that has cost nothing yet is known to have cost nothing.
    spent = session.usage.cost_ticks if session.last_usage is not None else 0
    return CostCheck(spent, coming, round(settings.max_cost * TICKS_PER_DOLLAR), settings.model)
