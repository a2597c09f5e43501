"""Token counts, tool calls and cost as the API reports them: the `usage` of a completion, or of a response. Pure.

In a completion `completion_tokens` excludes reasoning, and `total_tokens` is prompt + completion + reasoning; where a
server includes reasoning in the completion, its total shows it. In a response (`POST /responses`) reasoning is part of
`output_tokens`, and all tokens are sums over the agent's steps, which is what is billed; `context_details` has those of
the last step. Costs are in the API's own ticks (10^10 per US dollar); 0 means "not reported".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grokchat.records import field, record

_MAX_COUNT = 1 << 53
"""Larger numbers are not exact as floats; real counts of tokens and ticks are far smaller."""

_TOOL_NAMES = {
    "web_search_calls": ("web search", "web searches"),
    "x_search_calls": ("X search", "X searches"),
    "x_posts_fetched": ("post", "posts"),
    "x_users_fetched": ("profile", "profiles"),
    "code_interpreter_calls": ("code run", "code runs"),
    "file_search_calls": ("file search", "file searches"),
    "document_search_calls": ("document search", "document searches"),
    "mcp_calls": ("MCP call", "MCP calls"),
}
"""What the API's names of its tool counts are called, of one and of several; others are shown by themselves."""
_MAX_TOOLS, _MAX_TOOL_CHARS = 8, 40
"""How many kinds of counts are shown, and how much of a name that is not known."""

TICKS_PER_DOLLAR = 10_000_000_000


@record
class Usage:
    """Tokens and ticks of one reply or of several; `cost_ticks` is None if no reply reported a cost.

    `last_step` is the prompt of an agent's last step, 0 if the API did not say, and None if there was one step only.
    `tool_counts` are how often the API's own tools were used and what they fetched, under its names
    (`web_search_calls`, `x_posts_fetched`), without what is zero.
    """

    prompt: int = 0
    cached: int = 0
    reasoning: int = 0
    completion: int = 0
    cost_ticks: int | None = None
    last_step: int | None = None
    tool_counts: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def from_api(cls, usage: Mapping[str, Any]) -> Usage:
        """Read an API usage object; a field that is missing or not a number counts as 0."""
        if "input_tokens" in usage:
            return cls._from_response(usage)
        prompt = _count(usage, "prompt_tokens")
        completion = _count(usage, "completion_tokens")
        reasoning = _count(usage.get("completion_tokens_details"), "reasoning_tokens")
        if reasoning and reasoning <= completion and _count(usage, "total_tokens") == prompt + completion:
            completion -= reasoning
        cached = min(_count(usage.get("prompt_tokens_details"), "cached_tokens"), prompt)
        return cls(prompt, cached, reasoning, completion, _count(usage, "cost_in_usd_ticks") or None)

    @classmethod
    def _from_response(cls, usage: Mapping[str, Any]) -> Usage:
        prompt, output = _count(usage, "input_tokens"), _count(usage, "output_tokens")
        reasoning = min(_count(usage.get("output_tokens_details"), "reasoning_tokens"), output)
        cached = min(_count(usage.get("input_tokens_details"), "cached_tokens"), prompt)
        details = usage.get("server_side_tool_usage_details")
        counts = {
            name: count for name in (details if isinstance(details, dict) else ()) if (count := _count(details, name))
        }
        last_step = _count(usage.get("context_details"), "input_tokens")
        is_single_step = not last_step and not counts and not _count(usage, "num_server_side_tools_used")
        ticks = _count(usage, "cost_in_usd_ticks") or None
        return cls(prompt, cached, reasoning, output - reasoning, ticks, None if is_single_step else last_step, counts)

    def __add__(self, other: Usage) -> Usage:
        ticks = [cost for cost in (self.cost_ticks, other.cost_ticks) if cost is not None]
        return Usage(
            self.prompt + other.prompt,
            self.cached + other.cached,
            self.reasoning + other.reasoning,
            self.completion + other.completion,
            sum(ticks) if ticks else None,
            None,
            {
                name: self.tool_counts.get(name, 0) + other.tool_counts.get(name, 0)
                for name in (*self.tool_counts, *(name for name in other.tool_counts if name not in self.tool_counts))
            },
        )

    @property
    def context(self) -> int:
        """The tokens of the prompt that the reply itself was written for; 0 if unknown."""
        return self.prompt if self.last_step is None else self.last_step

    @property
    def first_step(self) -> int:
        """At most how many tokens the prompt had as it was sent, before the pages that tools added; 0 if unknown.

        Each step's prompt holds that of the step before, so the first one's is not larger than the sum of all but the
        last one.
        """
        if not self.last_step:
            return self.context
        before = self.prompt - self.last_step
        return min(before, self.last_step) if before > 0 else self.last_step

    @property
    def is_first_step_exact(self) -> bool:
        """Whether `first_step` is exactly the prompt: there was one step, or one call of a tool, hence two steps."""
        calls = sum(count for name, count in self.tool_counts.items() if name.endswith("_calls"))
        return not self.has_tool_steps or (calls == 1 and bool(self.last_step))

    @property
    def has_tool_steps(self) -> bool:
        """Whether the API's tools were used, so that the tokens are sums over several steps."""
        return bool(self.tool_counts) or self.context != self.prompt

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
    def tools(self) -> str:
        """What the API's tools did, for display: `2 web searches, 12 posts`. Other names than ours are untrusted."""
        shown = [_describe_count(name, count) for name, count in self.tool_counts.items()]
        return ", ".join(shown[:_MAX_TOOLS] + ["…"] * (len(shown) > _MAX_TOOLS))

    @property
    def dollars(self) -> str:
        """The cost for display (`$0.0015`), or nothing if it is unknown."""
        return "" if self.cost_ticks is None else format_dollars(self.cost_ticks)


def counts_prompt(usage: Mapping[str, Any]) -> bool:
    """Return whether an API usage object counts the prompt as it was sent, not only with what tools found."""
    return "input_tokens" not in usage or Usage.from_api(usage).is_first_step_exact


def format_dollars(ticks: int) -> str:
    """Return a cost for display: `$0.0015`, `$12.30`, `< $0.0001`."""
    amount = ticks / TICKS_PER_DOLLAR
    if 0 < amount < 0.00005:
        return "< $0.0001"
    return f"${amount:.2f}" if amount >= 1 else f"${amount:.4f}"


def _describe_count(name: str, count: int) -> str:
    if name in _TOOL_NAMES:
        one, several = _TOOL_NAMES[name]
    else:
        several = name.replace("_", " ")[:_MAX_TOOL_CHARS]
        one = several.removesuffix("s") if several.endswith("calls") else several
    return f"{count:,} {one if count == 1 else several}"


def _count(usage: object, key: str) -> int:
    value = usage.get(key) if isinstance(usage, dict) else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 < value < _MAX_COUNT else 0
