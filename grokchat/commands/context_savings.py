"""The commands that would make the next request smaller, and what each does to its cost: for /context."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from grokchat.api.usage import format_dollars
from grokchat.commands.spans import format_spans
from grokchat.session.context_shares import Share, largest_shares
from grokchat.session.estimate import RequestEstimate
from grokchat.session.session import Session

_MAX_SAVINGS = 3
_MIN_COMPACTED = 4
"""Messages: a summary of fewer saves little."""
_MAX_NUMBERS_COLUMNS = 30

Saving = tuple[str, int, str]
"""A command, the tokens that it saves, about, and what else it does."""


def find_savings(session: Session, shares: Sequence[Share], estimate: RequestEstimate) -> Iterator[Saving]:
    """Yield the commands that mute one of the messages that take most, and the one that sums up the older messages."""
    from grokchat.session.compaction import find_default_range

    for numbers in islice(_mutable_groups(session, shares), _MAX_SAVINGS):
        yield f"/mute {_as_range(numbers)}", _sum(shares, numbers), _effect(session, shares, estimate, numbers)
    old = find_default_range(session.conversation)
    if len(old) >= _MIN_COMPACTED:
        effect = f"sums up {format_spans(old, _MAX_NUMBERS_COLUMNS)}; the summary is sent instead"
        yield "/compact", _sum(shares, old), effect


def _mutable_groups(session: Session, shares: Sequence[Share]) -> Iterator[Sequence[int]]:
    """Yield the numbers of messages that may be muted, those that take most first.

    A tool call goes with its results, because the API accepts neither alone. A question at the end is to be answered, a
    reply that streams is not whole, and a request needs a message: these stay.
    """
    from grokchat.session.compaction import keep_calls_together

    messages = session.conversation.messages
    sent = [share for share in shares if share.is_sent]
    passed = {share.number for share in sent if messages[share.number - 1].id == session.incoming_reply_id}
    if sent and messages[sent[-1].number - 1].role == "user":
        passed.add(sent[-1].number)
    for share in largest_shares(sent, len(sent)):
        if share.number in passed:
            continue
        numbers = keep_calls_together(session.conversation, {share.number})
        if not passed.intersection(numbers) and len(numbers) < len(sent):
            yield numbers
        passed.update(numbers)


def _as_range(numbers: Sequence[int]) -> str:
    """Return the RANGE to type: `7`, `3..4`, `3,7`."""
    return format_spans(numbers).replace("#", "").replace("-", "..").replace(", ", ",")


def _sum(shares: Sequence[Share], numbers: Collection[int]) -> int:
    return sum(shares[number - 1].tokens for number in numbers)


def _effect(session: Session, shares: Sequence[Share], estimate: RequestEstimate, numbers: Sequence[int]) -> str:
    """Return what muting messages does to the cost of the next request, as far as it is known."""
    messages = session.conversation.messages
    without = session.requests.estimate(without={messages[number - 1].id for number in numbers})
    model = session.model_info
    prices = model.prices_at(without.prompt_tokens) if model is not None else None
    lost = f"loses the cache from #{numbers[0]} on" if shares[numbers[0] - 1].is_cached else ""
    if estimate.prompt_ticks is None or without.prompt_ticks is None or prices is None:
        return lost
    difference = without.prompt_ticks - estimate.prompt_ticks
    if difference <= 0:
        return f"next request {format_dollars(-difference)} less" if difference else ""
    later = format_dollars(_sum(shares, numbers) * prices.cached)
    return ": ".join(filter(None, (lost, f"next request {format_dollars(difference)} more, later ones {later} less")))
