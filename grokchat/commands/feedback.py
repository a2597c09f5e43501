"""The notice after a change of the message list: what changed, the new numbers, the cached prefix, and the cost.

It is one line of at most 100 columns, its facts joined by ` · ` in this order. The figures are the API's own: the last
usage and the prices of its models. Unknown figures are left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from grokchat.api.usage import format_dollars
from grokchat.commands.outcomes import Notice
from grokchat.commands.spans import format_span
from grokchat.config.search_options import full_name
from grokchat.config.settings import Layer
from grokchat.redaction import mask_keys
from grokchat.render.sanitize import visible_line
from grokchat.session.estimate import RequestEstimate
from grokchat.session.session import Session
from grokchat.units import plural, short_count

MAX_NOTICE_COLUMNS = 100
_SEPARATOR = " · "
_LIMITS_COLUMNS = (40, 24, 12)
"""How much of a quoted text, a name or a list of numbers is shown: the first limit with which the line fits."""

Describe = Callable[[int], str]
"""Describes a change in the present numbers, each variable part in at most so many columns."""


def change_notice(session: Session, change: str | Describe, before: RequestEstimate) -> Notice:
    """Return the notice after a change; `before` is the estimate from before it."""
    return Notice(fit_notice(change, _describe_cache(session, before)))


def fit_notice(change: str | Describe, tails: Sequence[str]) -> str:
    """Return the line with the first of the tails, which become shorter, that leaves enough room for the change."""
    from grokchat.render.cells import cell_width, truncate

    described = [change] if isinstance(change, str) else list(map(change, _LIMITS_COLUMNS))
    # Abbreviated token counts lose less than abbreviated numbers of messages, and these less than whole facts.
    lines = [text + tail for text in described for tail in tails[:2]] + [described[-1] + tail for tail in tails[2:]]
    fitting = (line for line in lines if cell_width(line) <= MAX_NOTICE_COLUMNS)
    return next(fitting, None) or truncate(lines[-1], MAX_NOTICE_COLUMNS)


def _describe_cache(session: Session, before: RequestEstimate) -> list[str]:
    """Return what to add on the cache and the cost: twice all facts, then fewer."""
    now = session.requests.estimate()
    is_uncached = now.reusable_tokens is not None and now.last_cached_tokens is None
    if now.last_messages is None or is_uncached:
        return [""]
    cost, is_small = _describe_cost(before, now)
    if now.unchanged_messages == now.last_messages:
        tail = f"{_SEPARATOR}cache kept"
        return [tail + cost, tail + cost, tail] if before.unchanged_messages < now.last_messages else [tail]
    cached = f"{_SEPARATOR}{_cached_part(session, now)}"
    if now.last_cached_tokens is None or now.reusable_tokens is None:
        return [cached + cost, cached + cost, cached]
    kept, last = min(now.last_cached_tokens, now.reusable_tokens), now.last_cached_tokens
    exact, short = f" ({kept:,} of {last:,} tokens)", f" ({short_count(kept)} of {short_count(last)} tokens)"
    fewer = [cached + short, cached] if is_small else [cached + cost, cached]
    return [cached + exact + cost, cached + short + cost, *fewer]


def still_cached_fact(session: Session, now: RequestEstimate) -> str:
    """Return ` · #1-3 still cached`, or nothing if that is unknown."""
    if not now.last_messages or now.last_cached_tokens is None:
        return ""
    return f"{_SEPARATOR}{_cached_part(session, now)}"


def next_cost_fact(before: RequestEstimate, now: RequestEstimate) -> str:
    """Return ` · next request $0.0021 less`, or nothing if that is unknown."""
    return _describe_cost(before, now)[0]


def _cached_part(session: Session, now: RequestEstimate) -> str:
    """Return `cache lost`, or `#1-3 still cached`."""
    if not now.unchanged_messages:
        return "cache lost"
    conversation = session.conversation
    sent = [number for number, message in enumerate(conversation, 1) if message.id not in conversation.muted]
    return f"{format_span(1, sent[now.unchanged_messages - 1])} still cached"


def _describe_cost(before: RequestEstimate, now: RequestEstimate) -> tuple[str, bool]:
    """Return what the next request costs more or less, or nothing, and whether that is too small for a figure."""
    if before.prompt_ticks is None or now.prompt_ticks is None or before.prompt_ticks == now.prompt_ticks:
        return "", True
    difference = now.prompt_ticks - before.prompt_ticks
    amount = format_dollars(abs(difference))
    return f"{_SEPARATOR}next request {amount} {'more' if difference > 0 else 'less'}", amount.startswith("<")


# -- numbers -----------------------------------------------------------------------------------------------------------


def describe_renumbering(first: int, last: int, shift: int) -> str:
    """Return ` · #3-5 are now #4-6`, or nothing for an empty span."""
    if first > last:
        return ""
    verb = "is" if first == last else "are"
    return f"{_SEPARATOR}{format_span(first, last)} {verb} now {format_span(first + shift, last + shift)}"


def describe_dropped(number: int, count: int) -> str:
    """Return ` · dropped #4-6 (/undo brings them back)` for the `count` messages that followed message `number`."""
    if not count:
        return ""
    span = format_span(number + 1, number + count)
    return f"{_SEPARATOR}dropped {span} (/undo brings {'it' if count == 1 else 'them'} back)"


def describe_size(count: int) -> str:
    """Return ` · 7 messages`, for a list of so many."""
    return f"{_SEPARATOR}{plural(count, 'message') if count else 'no messages'}"


def describe_settings(layer: Layer, max_columns: int) -> str:
    """Return ` · model = grok-4.3, temperature = 0.3 (/unset KEY undoes it)`, or nothing if a layer sets nothing."""
    from grokchat.render.cells import truncate

    keys = list(_named_values(layer))
    if not keys:
        return ""
    undo = f"/unset {keys[0] if len(keys) == 1 else 'KEY'}"
    return f"{_SEPARATOR}{truncate(list_settings(layer), max_columns)} ({undo} undoes it)"


def list_settings(layer: Layer) -> str:
    """Return `model = grok-4.3, temperature = 0.3`."""
    changed = _named_values(layer)
    return visible_line(mask_keys(", ".join(f"{key} = {_value_text(value)}" for key, value in changed.items())))


def _named_values(layer: Layer) -> dict[str, Any]:
    """Return what a layer sets, under the names that /set takes."""
    return {**layer.values, **layer.params, **{full_name(key): value for key, value in layer.search_options.items()}}


def _value_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
