"""What each message takes of the next request: the whole's tokens, spread over the messages by weight. Pure.

Only the API counts tokens, and only of a whole request. So a message's tokens are its share of that count, by the
estimate of its text: approximate, but their sum is exactly the whole that is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from collections.abc import Set as AbstractSet
from heapq import nsmallest

from grokchat.records import record
from grokchat.session.conversation import Conversation
from grokchat.session.estimate import RequestEstimate


@record
class Share:
    """One message's part of the next request: none if it is muted. `is_cached`: the server probably has it cached."""

    number: int
    tokens: int
    is_sent: bool = True
    is_cached: bool = False


def spread_tokens(whole: int, weights: Sequence[int]) -> list[int]:
    """Return the whole in shares proportional to the weights; they sum up to it, and a greater weight has no less.

    What rounding leaves goes to the shares that lost most by it, the greater weight first, then the earlier one.
    """
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    shares = [whole * weight // total for weight in weights]
    left = whole - sum(shares)
    for place in nsmallest(left, range(len(weights)), key=lambda at: (-(whole * weights[at] % total), -weights[at])):
        shares[place] += 1
    return shares


def request_shares(conversation: Conversation, weights: Sequence[int], estimate: RequestEstimate) -> list[Share]:
    """Return the share of each message of the list; `weights` are those of the messages that are sent.

    What is cached is a prefix of the messages that are sent: those of the last request that are the same, if the API
    has reported cached tokens.
    """
    tokens = iter(spread_tokens(estimate.prompt_tokens, weights))
    cached = estimate.unchanged_messages if estimate.last_cached_tokens is not None else 0
    shares, sent = [], 0
    for number, message in enumerate(conversation, 1):
        if message.id in conversation.muted:
            shares.append(Share(number, 0, is_sent=False))
            continue
        shares.append(Share(number, next(tokens), is_cached=sent < cached))
        sent += 1
    return shares


def largest_shares(shares: Sequence[Share], count: int) -> list[Share]:
    """Return the largest shares, the largest first, and the earlier one of two that are equal."""
    return nsmallest(
        count, (share for share in shares if share.tokens), key=lambda share: (-share.tokens, share.number)
    )


def fold_shares(
    shares: Sequence[Share], *, max_rows: int, large: int, singled_out: Collection[int] = ()
) -> list[Sequence[Share]]:
    """Return the shares in order, each alone; if these are too many, the `large` largest alone, the others in runs.

    `singled_out` are numbers of messages that stand alone in any case.

    The shares of a run are all sent and cached, all sent and not cached, or all muted. If these are still too many
    runs, muted messages are in the others' runs.
    """
    if len(shares) <= max_rows:
        return [[share] for share in shares]
    alone = {share.number for share in largest_shares(shares, large)}.union(singled_out)
    runs = _runs(shares, alone, lambda one, other: (one.is_sent, one.is_cached) == (other.is_sent, other.is_cached))
    if len(runs) > max_rows:
        runs = _runs(shares, alone, lambda one, other: not other.is_sent or one.is_cached == other.is_cached)
    return runs


def _runs(
    shares: Sequence[Share], alone: AbstractSet[int], are_alike: Callable[[Share, Share], bool]
) -> list[Sequence[Share]]:
    """Return neighbours that are alike, in runs; a run is judged by its last share that is sent."""
    runs: list[list[Share]] = []
    judge: Share | None = None
    for share in shares:
        if judge is None or {judge.number, share.number} & alone or not are_alike(judge, share):
            runs.append([])
            judge = share
        runs[-1].append(share)
        if share.is_sent or not judge.is_sent:
            judge = share
    return list(runs)
