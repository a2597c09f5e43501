"""/compact: replace messages with a summary that the model writes. `chat/compacting` asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from grokchat.api.usage import format_dollars
from grokchat.commands.declare import Command, command
from grokchat.commands.feedback import Describe, fit_notice, next_cost_fact, still_cached_fact
from grokchat.commands.outcomes import CompactMessages, Notice, Outcome
from grokchat.commands.params import Param, leading_range_param, resolve_range, text_param
from grokchat.commands.spans import format_span, format_spans
from grokchat.errors import CommandError
from grokchat.records import replace
from grokchat.session.session import Session
from grokchat.units import short_count

if TYPE_CHECKING:
    from grokchat.session.compaction import Compaction
    from grokchat.session.estimate import RequestEstimate

_LIKE_RANGE = re.compile(r"\s*(?:#?\d+(?:\.\.|,|[-\u2013\u2014](?![A-Za-z]))\S*|#\d\S*|\.\.\d\S*)")
"""A first word that was meant as a RANGE: a mistyped one must not become a hint, because the request is paid for."""
_HOW_TO_HINT = "-- before a HINT says that it is no RANGE."


def _range_param() -> Param:
    leading = leading_range_param("numbers", "[RANGE]")

    def parse(rest: str) -> tuple[Any, str]:
        numbers, following = leading.parse(rest)
        if numbers is None and following == rest and (match := _LIKE_RANGE.match(rest)):
            word = match[0].strip()[:40]
            raise CommandError(f'RANGE must be N, N..M, N.. or a comma list of these, not "{word}". {_HOW_TO_HINT}')
        return numbers, following

    return replace(leading, parse=parse)


@command(
    "mute messages and put a summary in their place, which the model writes; HINT says what matters",
    _range_param(),
    text_param("hint", "[HINT]"),
    starts_turn=True,
    examples=(
        ("/compact", "all but leading system messages and the last exchange; /undo gives all back"),
        ("/compact 2..5 keep the table of prices", "these messages, and what matters in them"),
        ("/compact -- 3 sentences are enough", "a hint that begins with a number"),
    ),
)
def compact(session: Session, numbers: Any, hint: str | None) -> Outcome:
    """Check what is to be compacted; the chat asks for the summary."""
    from grokchat.session.compaction import plan_compaction

    session.check_writable()
    conversation = session.conversation
    try:
        chosen = None if numbers is None else resolve_range(numbers, len(conversation))
    except CommandError as error:
        raise CommandError(f"{error} {_HOW_TO_HINT}" if hint else str(error)) from error
    return CompactMessages(plan_compaction(conversation, chosen), (hint or "").strip())


def compaction_notice(
    session: Session, compaction: Compaction, before: RequestEstimate, cost_ticks: int | None
) -> Notice:
    """Return the notice after a compaction.

    `before` is the estimate from before it, `cost_ticks` what the summary has cost, if that is known.
    """
    now = session.requests.estimate()
    summary = format_span(compaction.numbers[0], compaction.numbers[0])
    cost = f" · summary {format_dollars(cost_ticks)}" if cost_ticks else ""
    return Notice(fit_notice(_describe(compaction, summary), list(_tails(session, before, now, cost))))


def _describe(compaction: Compaction, summary: str) -> Describe:
    def describe(max_columns: int) -> str:
        return f"compacted {format_spans(compaction.numbers_after, max_columns)} into {summary}"

    return describe


def _tails(session: Session, before: RequestEstimate, now: RequestEstimate, cost: str) -> Iterator[str]:
    """Yield the facts after the change: all of them, then fewer and shorter ones."""
    exact = f" · ~{before.prompt_tokens:,} tokens before, ~{now.prompt_tokens:,} after"
    short = f" · ~{short_count(before.prompt_tokens)} to ~{short_count(now.prompt_tokens)} tokens"
    saved, cached = next_cost_fact(before, now), still_cached_fact(session, now)
    yield exact + saved + cost + cached
    yield short + saved + cost + cached
    yield exact + saved + cost
    yield short + saved + cost
    yield short + saved
    yield short


COMMANDS: tuple[Command, ...] = (compact,)
