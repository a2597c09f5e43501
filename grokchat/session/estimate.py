"""The next request before it is sent: how large it is, what of it the server still has cached, what that costs. Pure.

The API counts tokens; nobody here does. What it counted of the last request is the base, and only what has changed
since is estimated, at four bytes a token, corrected by what the API's own count says of the text so far. So the error
is that of the new text, not of the whole.

The cache is by exact prefix: it reaches to the first message that differs from what was sent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from operator import is_
from typing import Any

from grokchat.api.catalog import ModelInfo, prompt_cost
from grokchat.api.usage import Usage
from grokchat.messages import Message
from grokchat.records import record
from grokchat.units import short_count

_BYTES_A_TOKEN = 4
_A_MESSAGE = 4
"""Tokens around a message's text."""
_A_PICTURE = 1000
_FIGURES = 1000
"""Tokens from which on the API's count says what a text's tokens are, and not only what it puts around it."""
_REMEMBERED = 4
"""Conversations: the next request's, the last one's, and what is left of one."""
_LARGE, _LARGE_SHARE = 100_000, 0.25
"""Tokens of what comes in bulk from which on it is worth a question, and what share of a context that is known."""
_NEAR = 0.9
"""Share of a limit from which on it is told."""


@record
class RequestEstimate:
    """What the next request is about to be.

    `tokens` of prompt; `kept` messages at its beginning are as they were in the last request, which had `asked` (None:
    there was none). Of its prompt the server keeps about `kept_tokens`; `cached` is how many tokens it found in its
    cache then. `ticks` is what the prompt costs. None where nothing is known.
    """

    tokens: int
    kept: int
    asked: int | None = None
    kept_tokens: int | None = None
    cached: int | None = None
    ticks: int | None = None


class TokenEstimator:
    """Estimates tokens, and remembers what each message weighs and what the last conversations did."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Mapping[str, Any], int]] = {}
        self._sums: deque[tuple[tuple[Message, ...], int]] = deque(maxlen=_REMEMBERED)

    def tokens(self, messages: Sequence[Message]) -> int:
        """Return the estimate for these messages; of a conversation that has grown, only what is new is looked at."""
        whole = tuple(messages)
        known, total = max(
            (one for one in self._sums if begins(whole, one[0])),
            key=lambda found: len(found[0]),
            default=((), 0),
        )
        total += sum(map(self._weigh, whole[len(known) :]))
        if len(known) < len(whole):
            self._sums.append((whole, total))
        return total

    def _weigh(self, message: Message) -> int:
        known = self._known.get(message.id)
        if known is not None and known[0] is message.body:
            return known[1]
        estimate = weight(message.body.get("content"))
        self._known[message.id] = (message.body, estimate)
        return estimate


def estimate_request(
    scale: TokenEstimator,
    messages: Sequence[Message],
    *,
    asked: Sequence[Message] | None = None,
    counted: tuple[Sequence[Message], Usage] | None = None,
    model: ModelInfo | None = None,
) -> RequestEstimate:
    """Return what a request of these messages is about to be.

    `asked` are the messages of the last request that was replied to, `counted` those of the last whose tokens the API
    counted, with its count.
    """
    kept = common(asked, messages) if asked is not None else 0
    estimate = scale.tokens(messages)
    if counted is None or not counted[1].prompt:
        return RequestEstimate(estimate, kept, None if asked is None else len(asked))
    before, usage = counted
    old = scale.tokens(before)
    ratio = min(2.0, max(0.5, usage.prompt / old)) if old >= _FIGURES else 1.0
    tokens = max(0, usage.prompt + round(ratio * (estimate - old)))
    still = common(before, messages)
    stay = usage.prompt - round(ratio * scale.tokens(before[still:])) if still else 0
    stay = min(max(0, stay), tokens)
    prices = model.prices_at(tokens) if model is not None else None
    ticks = prompt_cost(prices, cached=stay, fresh=tokens - stay) if prices is not None and usage.cached else None
    return RequestEstimate(
        tokens,
        kept,
        None if asked is None else len(asked),
        kept_tokens=stay,
        cached=usage.cached or None,
        ticks=ticks,
    )


def common(one: Sequence[Message], other: Sequence[Message]) -> int:
    """Return how many messages at the beginning are the same in both."""
    if begins(other, one):  # what a chat does: it grows
        return len(one)
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine.body is not theirs.body and mine.body != theirs.body:
            break
        count += 1
    return count


def begins(messages: Sequence[Message], beginning: Sequence[Message]) -> bool:
    """Say whether messages begin with these very ones."""
    return len(beginning) <= len(messages) and all(map(is_, messages, beginning))


def limits(tokens: int, model: ModelInfo | None) -> str:
    """Say that a limit of the model is near or passed, or nothing."""
    if model is None:
        return ""
    if model.context is not None and tokens >= model.context * _NEAR:
        return "context full" if tokens >= model.context else "context nearly full"
    step, prices, more = model.long_from, model.prices, model.long_prices
    if step is None or prices is None or more is None or tokens < step * _NEAR:
        return ""
    times = f"{more.prompt / prices.prompt:.2g}x price"
    return f"{times} now" if tokens >= step else f"{times} from {short_count(step)}"


def weight(content: object) -> int:
    """Return the estimate for a message's content."""
    return _A_MESSAGE + _tokens(content)


def large(tokens: int, context: int | None) -> str:
    """Say how large something is that comes in bulk, if it is; `context` is the model's, as far as it is known."""
    if tokens < (_LARGE if context is None else context * _LARGE_SHARE):
        return ""
    about = f"about {float(f'{tokens:.2g}'):,.0f} tokens"
    return (
        about
        if context is None
        else f"{about}, {tokens / context:.0%} of the model's context of {short_count(context)}"
    )


def _tokens(content: object) -> int:
    if isinstance(content, str):
        return _text_tokens(content)
    if not isinstance(content, list):
        return 0
    return sum(
        _text_tokens(part["text"]) if isinstance(part, dict) and isinstance(part.get("text"), str) else _A_PICTURE
        for part in content
    )


def _text_tokens(text: str) -> int:
    size = len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
    return -(-size // _BYTES_A_TOKEN)
