"""An estimate of the next request: its size, how much of it the server still has cached, and its cost. Pure.

Only the API counts tokens. Its count of the last request is the base, and only what has changed since is estimated, at
four bytes per token, corrected by the ratio of the API's count to the estimate of the same text. So the error is that
of the new text, not of the whole.

The count of a search is the sum over an agent's steps, with the pages that were read, which are not sent again. It is a
base if the model searched once, hence in two steps: the sum less the last one. After more searches that is only an
upper bound; the base is then the last exact count with the text since then estimated, or the estimate of the whole with
the definitions of the search tools, but no more than the bound.

The prompt cache works by exact prefix: it reaches to the first message that differs from what was sent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from operator import is_
from typing import TYPE_CHECKING, Any

from grokchat.api.usage import Usage
from grokchat.messages import Message
from grokchat.records import record

if TYPE_CHECKING:
    from grokchat.api.catalog import ModelInfo

BYTES_PER_TOKEN = 4
_TOKENS_PER_MESSAGE = 4
"""A message's tokens besides those of its text."""
_TOKENS_PER_IMAGE = 1000
_TOKENS_OF_SEARCH_TOOLS = 1000
"""What the API adds to a prompt for its search tools: a recorded search with a short question was sent 1,078 tokens."""
_MIN_TOKENS_FOR_RATIO = 1000
"""In shorter prompts, most of the API's count is what it adds around the text."""
_CACHED_SUMS = 6
"""Message lists: the next request's, the last one's, that of the last exact count, and their common parts."""
_LARGE_TOKENS, _LARGE_SHARE = 100_000, 0.25
"""The size from which on an attachment needs confirmation: tokens, or a share of the context window if known."""
_WARNING_SHARE = 0.9
"""The share of a limit that is reported as near."""


@record
class RequestEstimate:
    """The size and cost of the next request; None where nothing is known.

    `prompt_tokens` is its size. Its first `unchanged_messages` are the same as in the last request, which had
    `last_messages` (None: there was no request); about `reusable_tokens` of that request's prompt are a prefix of this
    one. `last_cached_tokens` is how many tokens of the last request were cached. `prompt_ticks` is the prompt's cost.
    """

    prompt_tokens: int
    unchanged_messages: int
    last_messages: int | None = None
    reusable_tokens: int | None = None
    last_cached_tokens: int | None = None
    prompt_ticks: int | None = None


Counted = tuple[Sequence[Message], Usage]
"""The messages of a request, and the API's count of it."""


@record
class _Base:
    """What an estimate starts from: the messages of a request, and about how many tokens it had.

    `ratio` is that of the API's count to the estimate of the same text.
    """

    messages: Sequence[Message]
    tokens: int
    ratio: float


class TokenEstimator:
    """Estimates tokens; caches the estimate of each message and of the last message lists."""

    def __init__(self) -> None:
        self._by_id: dict[str, tuple[Mapping[str, Any], int]] = {}
        self._sums: deque[tuple[tuple[Message, ...], int]] = deque(maxlen=_CACHED_SUMS)

    def tokens(self, messages: Sequence[Message]) -> int:
        """Return the estimate for these messages; in a list that has grown, only new messages are estimated."""
        whole = tuple(messages)
        prefix, total = max(
            (entry for entry in self._sums if starts_with(whole, entry[0])),
            key=lambda entry: len(entry[0]),
            default=((), 0),
        )
        total += sum(map(self.message_tokens, whole[len(prefix) :]))
        if len(prefix) < len(whole):
            self._sums.append((whole, total))
        return total

    def message_tokens(self, message: Message) -> int:
        """Return the estimate for one message, with its tool calls."""
        cached = self._by_id.get(message.id)
        if cached is not None and cached[0] is message.body:
            return cached[1]
        estimate = estimate_tokens(message.body.get("content")) + _call_tokens(message.body)
        self._by_id[message.id] = (message.body, estimate)
        return estimate


def estimate_request(
    estimator: TokenEstimator,
    messages: Sequence[Message],
    *,
    last: Sequence[Message] | None = None,
    last_counted: Counted | None = None,
    last_exact: Counted | None = None,
    model: ModelInfo | None = None,
) -> RequestEstimate:
    """Return the estimate of a request with these messages.

    `last` are the messages of the last request that had a reply, `last_counted` those of the last request whose tokens
    the API counted, with its count, and `last_exact` those of the last one whose count is exactly that of its messages.
    """
    unchanged = count_common(last, messages) if last is not None else 0
    last_messages = None if last is None else len(last)
    estimate = estimator.tokens(messages)
    base = _find_base(estimator, last_counted, last_exact)
    if last_counted is None or base is None:
        return RequestEstimate(estimate, unchanged, last_messages)
    tokens = max(0, base.tokens + round(base.ratio * (estimate - estimator.tokens(base.messages))))
    common = count_common(base.messages, messages)
    reusable = base.tokens - round(base.ratio * estimator.tokens(base.messages[common:])) if common else 0
    reusable = min(max(0, reusable), tokens)
    cached = min(last_counted[1].cached, base.tokens)
    prices = model.prices_at(tokens) if model is not None else None
    ticks = None
    if prices is not None and cached:
        from grokchat.api.catalog import prompt_cost

        ticks = prompt_cost(prices, cached=reusable, fresh=tokens - reusable)
    return RequestEstimate(
        tokens,
        unchanged,
        last_messages,
        reusable_tokens=reusable,
        last_cached_tokens=cached or None,
        prompt_ticks=ticks,
    )


def _find_base(estimator: TokenEstimator, last: Counted | None, last_exact: Counted | None) -> _Base | None:
    """Return the base of an estimate, or None if the API has counted nothing."""
    if last is None or last[1].is_first_step_exact:
        return None if last is None else _counted_base(estimator, last)
    exact = None if last_exact is None else _counted_base(estimator, last_exact)
    bound = last[1].first_step
    if exact is None and not bound:
        return None
    messages, ratio, tokens = last[0], 1.0, _TOKENS_OF_SEARCH_TOOLS + estimator.tokens(last[0])
    if exact is not None:
        ratio = exact.ratio
        tokens = max(0, exact.tokens + round(ratio * (estimator.tokens(messages) - estimator.tokens(exact.messages))))
    return _Base(messages, min(tokens, bound) if bound else tokens, ratio)


def _counted_base(estimator: TokenEstimator, counted: Counted) -> _Base | None:
    messages, usage = counted
    if not usage.first_step:
        return None
    estimate = estimator.tokens(messages)
    ratio = min(2.0, max(0.5, usage.first_step / estimate)) if estimate >= _MIN_TOKENS_FOR_RATIO else 1.0
    return _Base(messages, usage.first_step, ratio)


def count_common(old: Sequence[Message], new: Sequence[Message]) -> int:
    """Return how many messages both lists have in common at their beginning."""
    if starts_with(new, old):  # a chat mostly grows
        return len(old)
    count = 0
    for old_message, new_message in zip(old, new, strict=False):
        if old_message.body is not new_message.body and old_message.body != new_message.body:
            break
        count += 1
    return count


def starts_with(messages: Sequence[Message], beginning: Sequence[Message]) -> bool:
    """Return whether a list begins with these same objects (not only equal ones)."""
    return len(beginning) <= len(messages) and all(map(is_, messages, beginning))


def describe_limits(tokens: int, model: ModelInfo | None) -> str:
    """Return which limit of the model is near or exceeded, in a few words, or nothing."""
    if model is None:
        return ""
    if model.context is not None and tokens >= model.context * _WARNING_SHARE:
        return "context full" if tokens >= model.context else "context nearly full"
    threshold, prices, long_prices = model.long_from, model.prices, model.long_prices
    if threshold is None or prices is None or long_prices is None or tokens < threshold * _WARNING_SHARE:
        return ""
    from grokchat.units import short_count

    factor = f"{long_prices.prompt / prices.prompt:.2g}x price"
    return f"{factor} now" if tokens >= threshold else f"{factor} from {short_count(threshold)}"


def estimate_tokens(content: object) -> int:
    """Return the estimate for a message with this content."""
    return _TOKENS_PER_MESSAGE + _content_tokens(content)


def describe_large(tokens: int, context: int | None) -> str:
    """Return the size of an attachment if it is large, else nothing; `context` is the model's window, if known."""
    if tokens < (_LARGE_TOKENS if context is None else context * _LARGE_SHARE):
        return ""
    size = f"about {float(f'{tokens:.2g}'):,.0f} tokens"
    if context is None:
        return size
    from grokchat.units import short_count

    return f"{size}, {tokens / context:.0%} of the model's context of {short_count(context)}"


def _content_tokens(content: object) -> int:
    if isinstance(content, str):
        return _text_tokens(content)
    if not isinstance(content, list):
        return 0
    return sum(
        _text_tokens(part["text"])
        if isinstance(part, dict) and isinstance(part.get("text"), str)
        else _TOKENS_PER_IMAGE
        for part in content
    )


def _call_tokens(body: Mapping[str, Any]) -> int:
    """Return the estimate for the tool calls of a message."""
    if not body.get("tool_calls"):
        return 0
    from grokchat.message_parts import read_tool_calls

    return sum(_TOKENS_PER_MESSAGE + _text_tokens(call.name + call.arguments) for call in read_tool_calls(body))


def _text_tokens(text: str) -> int:
    size = len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
    return -(-size // BYTES_PER_TOKEN)
