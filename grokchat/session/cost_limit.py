"""The cost limit: what a session has cost, what its next request will cost, and whether `max_cost` allows it. Pure.

The cost so far is as the API reports it. The next request's cost is an estimate of its prompt at the API's prices; that
of the reply cannot be known in advance. An unknown cost counts as 0, and `unknown_costs` reports it.
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
    """Costs in ticks: of the session so far, of the next request's prompt, and the limit. None means unknown."""

    spent_ticks: int | None
    next_ticks: int | None
    limit_ticks: int
    model: str

    @property
    def is_over_limit(self) -> bool:
        """Whether the next request would exceed the limit, or the session already has."""
        return (self.spent_ticks or 0) + (self.next_ticks or 0) > self.limit_ticks

    @property
    def summary(self) -> str:
        """The cost so far, that of the next request, and the limit: a sentence without its full stop."""
        spent = f"this session has cost {format_dollars(self.spent_ticks or 0)}"
        following = (
            f", the next request costs about {format_dollars(self.next_ticks)} before its reply"
            if self.next_ticks
            else ""
        )
        return f"{spent}{following}; max_cost is {format_dollars(self.limit_ticks)}"

    @property
    def unknown_costs(self) -> str:
        """Which costs are unknown, as a sentence, or nothing."""
        if self.next_ticks is not None and self.spent_ticks is not None:
            return ""
        if self.next_ticks is not None:
            return "The API reports no costs, so max_cost can only look at the next request."
        if self.spent_ticks is not None:
            return f"The API tells no price of {self.model}, so max_cost only sees what replies have cost."
        return f"The API tells neither costs nor a price of {self.model}, so max_cost cannot be watched."


def check_cost(session: Session, settings: Settings, adding: Iterable[Mapping[str, Any]] = ()) -> CostCheck:
    """Return the costs of the session's next request, with these messages added."""
    estimate = session.estimate_request(adding=adding, model=settings.model)
    model = session.catalog.get(settings.model)
    prices = model.prices_at(estimate.prompt_tokens) if model is not None else None
    next_ticks = None
    if prices is not None:
        cached = estimate.reusable_tokens or 0 if estimate.last_cached_tokens else 0
        next_ticks = prompt_cost(prices, cached=cached, fresh=estimate.prompt_tokens - cached)
    # Before the first reply the cost is known: it is 0.
    spent = session.usage.cost_ticks if session.last_usage is not None else 0
    return CostCheck(spent, next_ticks, round(settings.max_cost * TICKS_PER_DOLLAR), settings.model)
