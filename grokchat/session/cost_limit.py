"""The cost limit: what a session has cost, what its next request will cost, and whether `max_cost` allows it. Pure.

The cost so far is as the API reports it; what it does not report is estimated at the API's prices. The next request's
cost is an estimate of its prompt; that of the reply cannot be known in advance. An unknown cost counts as 0, and
`unknown_costs` reports it.

A search is billed on top of its tokens, by calls and by posts, at prices that the API does not list: only the cost that
it reports includes them. So where it has not reported the cost of a search, or of any reply, another search may not be
sent without being asked about (`blindness`). Whether the API's price step looks at one of an agent's steps or at their
sum is not documented: the sum counts, which is the larger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from grokchat.api.catalog import ModelInfo, prompt_cost
from grokchat.api.usage import TICKS_PER_DOLLAR, Usage, format_dollars
from grokchat.config.settings import Settings
from grokchat.messages import Message
from grokchat.records import record
from grokchat.session.session import Session


@record
class CostCheck:
    """Costs in ticks: of the session so far, of the next request's prompt, and the limit. None means unknown.

    If several models are asked, `next_ticks` is the sum of their `request_count` requests, without those that have no
    price (`is_partly_unknown`). `model` names those, or all. `estimated_ticks` is the cost, at the API's prices, of
    replies that came without one; `has_unknown_replies` says whether there are others of which neither is known, and
    `has_unknown_searches` whether tools were used for some without a cost. `is_search`: the next request searches.
    """

    spent_ticks: int | None
    next_ticks: int | None
    limit_ticks: int
    model: str
    estimated_ticks: int = 0
    has_unknown_replies: bool = False
    request_count: int = 1
    is_partly_unknown: bool = False
    has_unknown_searches: bool = False
    is_search: bool = False

    @property
    def problem(self) -> str:
        """Why the next request must not be sent unasked, a sentence without its full stop, or nothing."""
        return self.summary if self.is_over_limit else self.blindness

    @property
    def blindness(self) -> str:
        """Why max_cost cannot count what the next request searches, or nothing."""
        if not self.is_search:
            return ""
        if self.has_unknown_searches:
            unknown = "what they cost"
        elif self.spent_ticks is None:
            unknown = "any cost"
        elif self.has_unknown_replies:
            unknown = "the cost of some replies"
        else:
            return ""
        reported = f"the API has not reported {unknown}"
        return f"searches are billed on top of tokens, and {reported}: max_cost cannot count them"

    @property
    def is_over_limit(self) -> bool:
        """Whether the next request would exceed the limit, or the session already has."""
        return (self.spent_ticks or 0) + self.estimated_ticks + (self.next_ticks or 0) > self.limit_ticks

    @property
    def summary(self) -> str:
        """The cost so far, that of the next request, and the limit: a sentence without its full stop."""
        about = "about " * bool(self.estimated_ticks)
        spent = f"this session has cost {about}{format_dollars((self.spent_ticks or 0) + self.estimated_ticks)}"
        following = ""
        if self.next_ticks:
            searches = " and searches" * self.is_search
            several = f"{self.request_count} requests cost about {{}} before their replies{searches}"
            one = f"request costs about {{}} before its reply{searches}"
            costs = (one if self.request_count == 1 else several).format(format_dollars(self.next_ticks))
            following = f", the next {costs}"
        return f"{spent}{following}; max_cost is {format_dollars(self.limit_ticks)}"

    @property
    def warning(self) -> str:
        """What is to be said of unknown costs before the request, or nothing: also if the `problem` says it."""
        return "" if self.blindness and not self.is_over_limit else self.unknown_costs

    @property
    def unknown_costs(self) -> str:
        """Which costs are unknown, as sentences, or nothing."""
        searches = [
            "The API did not report the cost of some searches; max_cost counts only their tokens."
            * self.has_unknown_searches,
            "Searches are billed on top of tokens; max_cost counts them once the API reports their cost."
            * (self.is_search and not self.is_over_limit),
        ]
        return " ".join(filter(None, [self._unknown_token_costs, *searches]))

    @property
    def _unknown_token_costs(self) -> str:
        if self.is_partly_unknown:
            return f"The API lists no price for {self.model}, so max_cost counts only the other requests."
        if self.next_ticks is not None and self.spent_ticks is not None:
            return (
                "The API did not report the cost of some replies; max_cost does not count them."
                * self.has_unknown_replies
            )
        if self.next_ticks is not None and self.has_unknown_replies:
            return "The API reports no costs, so max_cost checks the next request only."
        if self.next_ticks is not None:
            return "The API reports no costs, so max_cost uses its prices."
        if self.spent_ticks is not None:
            return f"The API lists no price for {self.model}, so max_cost counts the cost of replies only."
        return f"The API reports neither costs nor a price for {self.model}, so max_cost has no effect."


def check_cost(
    session: Session,
    settings: Settings,
    adding: Iterable[Mapping[str, Any]] = (),
    models: Sequence[str] = (),
    messages: Sequence[Message] | None = None,
) -> CostCheck:
    """Return the costs of the session's next request, with these messages added; or of one to each of `models`.

    With `messages`, the request carries these instead of the list's.
    """
    adding, models = list(adding), list(models) or [settings.model]
    costs = {model: _prompt_cost(session, adding, model, messages) for model in models}
    known = [costs[model] for model in models if costs[model] is not None]
    unknown = [model for model, cost in costs.items() if cost is None]
    totals = session.totals
    unreported = [
        _estimate_cost(session.catalog.get(model or settings.model), usage) for model, usage in totals.unreported
    ]
    # Before the first reply the cost is known: it is 0.
    has_usage = totals.last_reply is not None or totals.summaries is not None
    spent = totals.usage.cost_ticks if has_usage or unreported else 0
    return CostCheck(
        spent,
        sum(filter(None, known)) if known else None,
        round(settings.max_cost * TICKS_PER_DOLLAR),
        ", ".join(unknown or models),
        estimated_ticks=sum(filter(None, unreported)),
        has_unknown_replies=None in unreported,
        request_count=len(models),
        is_partly_unknown=bool(known and unknown),
        has_unknown_searches=any(usage.has_tool_steps for _, usage in totals.unreported),
        is_search=settings.search != "off",
    )


def _prompt_cost(
    session: Session, adding: Sequence[Mapping[str, Any]], model: str, messages: Sequence[Message] | None
) -> int | None:
    """Return the cost of the next request's prompt if it goes to this model, or None if that has no price."""
    estimate = session.requests.estimate(adding=adding, model=model, messages=messages)
    info = session.catalog.get(model)
    prices = info.prices_at(estimate.prompt_tokens) if info is not None else None
    if prices is None:
        return None
    cached = estimate.reusable_tokens or 0 if estimate.last_cached_tokens else 0
    return prompt_cost(prices, cached=cached, fresh=estimate.prompt_tokens - cached)


def _estimate_cost(model: ModelInfo | None, usage: Usage) -> int | None:
    """Return the cost of a reply's tokens at the API's prices, or None if it reported none, or has no price."""
    prices = model.prices_at(usage.prompt) if model is not None else None
    if prices is None or not usage.prompt:
        return None
    prompt = prompt_cost(prices, cached=usage.cached, fresh=usage.prompt - usage.cached)
    return prompt + (usage.reasoning + usage.completion) * prices.completion
