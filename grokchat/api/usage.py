"""Token counts and cost as the API reports them (the `usage` object of a completion). Pure.

`completion_tokens` leaves reasoning out, and `total_tokens` is prompt + completion + reasoning; where a server counts
the reasoning into the completion, its total says so. Costs are the API's own ticks (10^10 a US dollar); 0 means "not
reported".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grokchat.records import record

_NO_COUNT = 1 << 53
"""No count of tokens or ticks; and from here on numbers stop being what a float can hold."""

TICKS_PER_DOLLAR = 10_000_000_000


@record
class Usage:
    """Tokens and ticks of one reply, or of several; `cost_ticks` is None where no reply reported a cost."""

    prompt: int = 0
    cached: int = 0
    reasoning: int = 0
    completion: int = 0
    cost_ticks: int | None = None

    @classmethod
    def of(cls, usage: Mapping[str, Any]) -> Usage:
        """Read an API usage object; what is missing or no number counts as nothing."""
        prompt = _count(usage, "prompt_tokens")
        completion = _count(usage, "completion_tokens")
        reasoning = _count(usage.get("completion_tokens_details"), "reasoning_tokens")
        if reasoning and reasoning <= completion and _count(usage, "total_tokens") == prompt + completion:
            completion -= reasoning
        cached = min(_count(usage.get("prompt_tokens_details"), "cached_tokens"), prompt)
        return cls(prompt, cached, reasoning, completion, _count(usage, "cost_in_usd_ticks") or None)

    def __add__(self, other: Usage) -> Usage:
        ticks = [one for one in (self.cost_ticks, other.cost_ticks) if one is not None]
        return Usage(
            self.prompt + other.prompt,
            self.cached + other.cached,
            self.reasoning + other.reasoning,
            self.completion + other.completion,
            sum(ticks) if ticks else None,
        )

    @property
    def total(self) -> int:
        """All tokens that were read or written."""
        return self.prompt + self.reasoning + self.completion

    @property
    def dollars(self) -> str:
        """The cost for a person: `$0.0015`, or nothing where it is not known."""
        if self.cost_ticks is None:
            return ""
        return dollars(self.cost_ticks)


def dollars(ticks: int) -> str:
    """Return ticks for a person: `$0.0015`, `$12.30`."""
    amount = ticks / TICKS_PER_DOLLAR
    if 0 < amount < 0.00005:
        return "less than $0.0001"
    return f"${amount:.2f}" if amount >= 1 else f"${amount:.4f}"


def _count(usage: object, key: str) -> int:
    value = usage.get(key) if isinstance(usage, dict) else None
    return value if type(value) is int and 0 < value < _NO_COUNT else 0
