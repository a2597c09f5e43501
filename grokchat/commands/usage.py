"""The command /usage: the tokens, what the API's tools did, and the cost, as the API reports them."""

from __future__ import annotations

from grokchat.api.usage import Usage
from grokchat.commands.declare import Command, command
from grokchat.commands.outcomes import Column, Notice, Outcome, Table
from grokchat.session.session import Session

_COLUMNS = (
    Column(),
    *(Column(name, is_right=True) for name in ("in", "cached", "reasoning", "out", "cost")),
)
_MAX_REPLY_ROWS = 10
"""Replies that it shows before the last one: as many as fit the smallest window, half with notes below them."""


@command(
    "show tokens, how many were cached, and cost, by reply and for the whole session",
    aliases=("cost", "tokens"),
    is_immediate=True,
    examples=(
        ("/usage", "show them"),
        ("/set max_cost 0.50", "ask before the session costs more than $0.50"),
    ),
)
def usage(session: Session) -> Outcome:
    """Show the usage that the API reported. The session's row includes summaries, and replies that were deleted.

    Below a row stands what the API's tools did; the tokens of a search are the sums over its steps, as they are billed.
    """
    last, summaries = session.totals.last_reply, session.totals.summaries
    if last is None and summaries is None:
        return Notice("The API has reported no usage yet.")
    replies = [
        (number, Usage.from_api(message.reply.usage))
        for number, message in enumerate(session.conversation, 1)
        if message.reply is not None and message.reply.usage is not None
    ]
    if last is not None and Usage() + last == session.totals.usage:
        facts = (f"one reply: {last.tokens}", last.tools, last.dollars)
        return Notice(" · ".join(filter(None, facts)))
    if replies and replies[-1][1] == last:
        del replies[-1]
    max_rows = _MAX_REPLY_ROWS // 2 if session.totals.usage.tool_counts else _MAX_REPLY_ROWS
    rows = [(f"#{number}", usage) for number, usage in replies[-max_rows:]]
    others = (("last reply", last), ("summaries", summaries), ("session", session.totals.usage))
    rows += [(name, usage) for name, usage in others if usage is not None]
    cells = tuple(_row(name, usage) for name, usage in rows)
    return Table(_COLUMNS, cells, notes=tuple(usage.tools for _, usage in rows))


def _row(name: str, usage: Usage) -> tuple[str, ...]:
    """Return a row without what is zero: the API has not reported it."""
    share = f"{usage.cached:,} ({usage.cached / usage.prompt:.0%})" if usage.cached else ""
    counts = (f"{count:,}" if count else "" for count in (usage.prompt, usage.reasoning, usage.completion))
    prompt, reasoning, completion = counts
    return (name, prompt, share, reasoning, completion, usage.dollars)


COMMANDS: tuple[Command, ...] = (usage,)
