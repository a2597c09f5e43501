"""Token counts and cost as the API reports them (the `usage` object of a completion). Pure.

`completion_tokens` excludes reasoning, and `total_tokens` is prompt + completion + reasoning; where a server includes
reasoning in the completion, its total shows it. Costs are in the API's own ticks (10^10 per US dollar); 0 means "not
reported".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grokchat.records import record

_MAX_COUNT = 1 << 53
"""Larger numbers are not exact as floats; real counts of tokens and ticks are far smaller."""

TICKS_PER_DOLLAR = 10_000_000_000


@record
class Usage:
    """Tokens and ticks of one reply or of several; `cost_ticks` is None if no reply reported a cost."""

    prompt: int = 0
    cached: int = 0
    reasoning: int = 0
    completion: int = 0
    cost_ticks: int | None = None

    @classmethod
    def from_api(cls, usage: Mapping[str, Any]) -> Usage:
        """Read an API usage object; a field that is missing or not a number counts as 0."""
        prompt = _count(usage, "prompt_tokens")
        completion = _count(usage, "completion_tokens")
        reasoning = _count(usage.get("completion_tokens_details"), "reasoning_tokens")
        if reasoning and reasoning <= completion and _count(usage, "total_tokens") == prompt + completion:
            completion -= reasoning
        cached = min(_count(usage.get("prompt_tokens_details"), "cached_tokens"), prompt)
        return cls(prompt, cached, reasoning, completion, _count(usage, "cost_in_usd_ticks") or None)

    def __add__(self, other: Usage) -> Usage:
        ticks = [cost for cost in (self.cost_ticks, other.cost_ticks) if cost is not None]
        return Usage(
            self.prompt + other.prompt,
            self.cached + other.cached,
            self.reasoning + other.reasoning,
            self.completion + other.completion,
            sum(ticks) if ticks else None,
        )

    @property
    def total(self) -> int:
        """All tokens: prompt, reasoning and completion."""
        return self.prompt + self.reasoning + self.completion

    @property
    def tokens(self) -> str:
        """The tokens for display, without what is zero: `730 in (512 cached), 41 out`."""
        cached = f" ({self.cached:,} cached)" if self.cached else ""
        counts = ((self.prompt, f"in{cached}"), (self.completion, "out"), (self.reasoning, "reasoning"))
        return ", ".join(f"{count:,} {what}" for count, what in counts if count)

    @property
    def dollars(self) -> str:
        """The cost for display (`$0.0015`), or nothing if it is unknown."""
        return "" if self.cost_ticks is None else format_dollars(self.cost_ticks)


def format_dollars(ticks: int) -> str:
    """Return a cost for display: `$0.0015`, `$12.30`, `< $0.0001`."""
    amount = ticks / TICKS_PER_DOLLAR
    if 0 < amount < 0.00005:
        return "< $0.0001"
    return f"${amount:.2f}" if amount >= 1 else f"${amount:.4f}"


def _count(usage: object, key: str) -> int:
    value = usage.get(key) if isinstance(usage, dict) else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 < value < _MAX_COUNT else 0
