"""The command that shows what the next request holds, and what would make it smaller: /context."""

from __future__ import annotations

from collections.abc import Sequence

from grokchat.api.usage import format_dollars
from grokchat.commands.context_savings import find_savings
from grokchat.commands.declare import Command, command
from grokchat.commands.history import attached_name, first_words
from grokchat.commands.outcomes import ContextRow, ContextTable, Notice, Outcome
from grokchat.commands.params import flag_param
from grokchat.commands.spans import format_span
from grokchat.session.context_shares import Share, fold_shares
from grokchat.session.estimate import RequestEstimate
from grokchat.session.session import Session
from grokchat.units import short_count

_MAX_ROWS, _LARGE_ROWS = 16, 6
"""Messages that are listed singly if there are no more, and how many of a longer list: the largest."""
_MAX_SUMMARIES = 2
"""That have rows of their own however small they are."""


@command(
    "show what the next request holds: the tokens of each message, what is cached, and what would save most",
    flag_param("whole", "[all]", complete="context"),
    aliases=("ctx", "window"),
    is_immediate=True,
    shows_cost=True,
    examples=(
        ("/context", "the largest messages of a long list, the others in groups"),
        ("/context all", "each message"),
    ),
)
def context(session: Session, whole: bool | None) -> Outcome:
    """Show the messages with their shares of the next request's tokens."""
    shares = session.requests.shares()
    if not shares:
        return Notice("No messages yet." + _window(session))
    estimate = session.requests.estimate()
    model = session.model_info
    runs = [[share] for share in shares] if whole else _fold(session, shares)
    roles: dict[str, int] = {}
    for message, share in zip(session.conversation, shares, strict=True):
        roles[message.role] = roles.get(message.role, 0) + share.tokens
    return ContextTable(
        tuple(_row(session, run) for run in runs),
        estimate.prompt_tokens if any(share.is_sent for share in shares) else 0,
        tuple((role, tokens) for role, tokens in roles.items() if tokens),
        context=model.context if model is not None else None,
        step=model.long_from if model is not None and model.long_prices is not None else None,
        facts=tuple(_facts(session, shares, estimate)),
        hint="/context all shows each message" if len(runs) < len(shares) else "",
        savings=tuple(find_savings(session, shares, estimate)),
    )


def _window(session: Session) -> str:
    model = session.model_info
    return f" The model's context is {short_count(model.context)} tokens." if model and model.context else ""


# -- rows --------------------------------------------------------------------------------------------------------------


def _fold(session: Session, shares: Sequence[Share]) -> list[Sequence[Share]]:
    """Return the messages that have rows of their own, the last summaries among them, and the others in groups."""
    from grokchat.message_summaries import is_summary

    sent = (share.number for share in shares if share.is_sent)
    summaries = [number for number in sent if is_summary(session.conversation.messages[number - 1].body)]
    return fold_shares(shares, max_rows=_MAX_ROWS, large=_LARGE_ROWS, singled_out=summaries[-_MAX_SUMMARIES:])


def _row(session: Session, run: Sequence[Share]) -> ContextRow:
    """Return the row of a message, or of several."""
    first, last = run[0], run[-1]
    sent = [share for share in run if share.is_sent]
    state = "muted" if not sent else "cached" if sent[0].is_cached else ""
    tokens = sum(share.tokens for share in run)
    if first is not last:
        muted = f", {len(run) - len(sent):,} muted" if sent and len(sent) < len(run) else ""
        numbers = format_span(first.number, last.number).removeprefix("#")
        return ContextRow(numbers, "", f"{len(run):,} messages{muted}", tokens, state, is_sent=bool(sent))
    message = session.conversation.messages[first.number - 1]
    if message.id == session.incoming_reply_id and message.is_interrupted:
        state = "still coming"
    words = attached_name(session, first.number) or first_words(session, first.number)
    return ContextRow(str(first.number), message.role, words, tokens, state, is_sent=first.is_sent)


# -- facts -------------------------------------------------------------------------------------------------------------


def _facts(session: Session, shares: Sequence[Share], estimate: RequestEstimate) -> list[tuple[str, str]]:
    """Return what is known of the whole besides its size."""
    dollars = "" if estimate.prompt_ticks is None else format_dollars(estimate.prompt_ticks)
    about = "" if dollars.startswith("<") else "about "
    attached = sum(attachment.tokens for attachment in session.attachments)
    facts = (
        ("price", _price_step(session, estimate)),
        ("cached", _cached(shares, estimate)),
        ("cost", f"{about}{dollars} for the next prompt" if dollars else ""),
        ("attached", f"~{attached:,} tokens more with your next message" if attached else ""),
        ("counted", "estimated, until the API counts the first request" if session.totals.last_reply is None else ""),
    )
    return [(name, fact) for name, fact in facts if fact]


def _price_step(session: Session, estimate: RequestEstimate) -> str:
    """Return from which size on the model costs more, and how near that is."""
    model = session.model_info
    if model is None or model.long_from is None or model.long_prices is None or model.prices is None:
        return ""
    factor = f"{model.long_prices.prompt / model.prices.prompt:.2g}x"
    if estimate.prompt_tokens >= model.long_from:
        return f"{factor} now, from {short_count(model.long_from)} tokens on"
    left = short_count(model.long_from - estimate.prompt_tokens)
    return f"{factor} from {short_count(model.long_from)} tokens on, ~{left} to go"


def _cached(shares: Sequence[Share], estimate: RequestEstimate) -> str:
    """Return which messages the server probably has in its cache, and how many tokens they have."""
    if estimate.reusable_tokens is None:
        return ""
    if estimate.last_cached_tokens is None:
        return "the API has reported no cached tokens"
    cached = [share for share in shares if share.is_cached]
    if not cached:
        return "nothing: the list begins differently from the last request"
    span = format_span(1, cached[-1].number)
    return f"{span}, ~{sum(share.tokens for share in cached):,} tokens, unchanged since the last request"


COMMANDS: tuple[Command, ...] = (context,)
