"""Compaction: which messages a summary takes the place of, in which parts they are sent, and the change of the list.

A tool call and its results stay together, because the API accepts neither without the other: a range that has only some
of them is widened. Pure but for `apply_compaction`, which changes a session.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from grokchat import messages
from grokchat.config.settings import Settings
from grokchat.errors import CommandError
from grokchat.message_summaries import is_summary, write_summary
from grokchat.messages import Message, find_last_turn
from grokchat.records import record, replace
from grokchat.session.conversation import Conversation
from grokchat.session.refusals import call_ids
from grokchat.session.session import Session

_REPLY_SHARE, _MAX_REPLY_TOKENS = 4, 8000
"""What a request leaves of the context to the summary: a quarter, and no more than the longest summary needs."""
_DROPPED_PARAMS = frozenset(
    {
        "deferred",
        "function_call",
        "functions",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "n",
        "parallel_tool_calls",
        "response_format",
        "search_parameters",
        "stop",
        "tool_choice",
        "tools",
        "top_logprobs",
        "web_search_options",
    }
)
"""Parameters that shape or limit an answer, or have it do something else: a summary is text, and whole."""


@record
class Compaction:
    """The messages that a summary is to replace, ascending, with their numbers; none of them is muted.

    `added` are the numbers that were added so that no tool call is separated from its results.
    """

    messages: tuple[Message, ...]
    numbers: tuple[int, ...]
    added: tuple[int, ...] = ()

    @property
    def numbers_after(self) -> tuple[int, ...]:
        """The messages' numbers once the summary stands before the first of them."""
        return tuple(number + 1 for number in self.numbers)


# -- which messages ----------------------------------------------------------------------------------------------------


def find_default_range(conversation: Conversation) -> tuple[int, ...]:
    """Return the numbers of the messages that are compacted if no range is given, which may be none.

    These are all that are sent, except the system messages at the beginning and the last exchange: the question with
    what was attached before it, and what follows. A summary is no such system message: what follows it joins it.
    """
    sent = [pair for pair in enumerate(conversation, 1) if pair[1].id not in conversation.muted]
    listed = [message for _, message in sent]
    first = 0
    while first < len(listed) and listed[first].role == "system" and not is_summary(listed[first].body):
        first += 1
    last = find_last_turn(listed).start - 1
    numbers = tuple(number for number, _ in sent[first:last])
    is_done = len(numbers) == 1 and is_summary(listed[first].body)
    return () if is_done else numbers


def plan_compaction(conversation: Conversation, numbers: Collection[int] | None = None) -> Compaction:
    """Return what to compact: the messages of the range, or of the default one; raises CommandError if it has none."""
    wanted = find_default_range(conversation) if numbers is None else numbers
    if numbers is None and not wanted:
        raise CommandError(_describe_nothing(conversation))
    unmuted = {number for number, message in enumerate(conversation, 1) if message.id not in conversation.muted}
    chosen = unmuted.intersection(wanted)
    if not chosen:
        raise CommandError("Nothing to compact: these messages are muted, so they are not sent anyway.")
    planned = keep_calls_together(conversation, chosen)
    added = set(planned) - chosen
    listed = tuple(conversation.messages[number - 1] for number in planned)
    if not any(has_content(message.body) for message in listed):
        raise CommandError("Nothing to compact: these messages are empty.")
    return Compaction(listed, planned, tuple(sorted(added)))


def keep_calls_together(conversation: Conversation, chosen: Collection[int]) -> tuple[int, ...]:
    """Return these numbers of messages that are sent, with those of the tool calls and results that go with them."""
    unmuted = {number for number, message in enumerate(conversation, 1) if message.id not in conversation.muted}
    return tuple(sorted({*chosen, *_find_separated(conversation.messages, unmuted, chosen)}))


def has_content(body: Mapping[str, Any]) -> bool:
    """Return whether there is anything in a message to be summed up."""
    content = body.get("content")
    return bool(content.strip() if isinstance(content, str) else content) or bool(call_ids(body))


def _describe_nothing(conversation: Conversation) -> str:
    if not conversation.messages:
        return "Nothing to compact: there are no messages yet."
    summaries = [
        number
        for number, message in enumerate(conversation, 1)
        if is_summary(message.body) and message.id not in conversation.muted
    ]
    summary = f" but the summary #{summaries[-1]}" if summaries else ""
    return f"Nothing to compact before the last exchange{summary}. /compact RANGE compacts other messages."


def _find_separated(listed: Sequence[Message], unmuted: Collection[int], chosen: Collection[int]) -> set[int]:
    """Return the numbers, not among the chosen, of tool calls and results whose other half is."""
    groups = [{first, *others} for first, others in _find_calls(listed, unmuted).items() if others]
    return {number for group in groups if group.intersection(chosen) for number in group}.difference(chosen)


def _find_calls(listed: Sequence[Message], numbers: Collection[int]) -> dict[int, list[int]]:
    """Return the messages with tool calls, each with the messages that answer them, all by their numbers."""
    calls: dict[int, list[int]] = {}
    asked: dict[str, int] = {}
    for number, message in enumerate(listed, 1):
        if number not in numbers:
            continue
        answered = message.body.get("tool_call_id")
        if message.role == "tool" and isinstance(answered, str) and answered in asked:
            calls[asked[answered]].append(number)
        elif ids := call_ids(message.body):
            calls[number] = []
            asked.update(dict.fromkeys(ids, number))
    return calls


# -- the requests ------------------------------------------------------------------------------------------------------


def summary_settings(settings: Settings) -> Settings:
    """Return the settings of the request for a summary: without search, and without what shapes an answer."""
    params = {name: value for name, value in settings.params.items() if name not in _DROPPED_PARAMS}
    return replace(settings, params=params, search="off")


def request_budget(context: int) -> int:
    """Return how many tokens the request for a summary may have, with a model of this context."""
    return context - min(context // _REPLY_SHARE, _MAX_REPLY_TOKENS)


def find_groups(listed: Sequence[Message]) -> list[range]:
    """Return the positions of messages that no request may separate: single ones, and tool calls with their results."""
    calls = _find_calls(listed, range(1, len(listed) + 1))
    groups: list[range] = []
    start = end = 0
    for at in range(len(listed)):
        end = max(end, at, *(number - 1 for number in calls.get(at + 1, ())))
        if end == at:
            groups.append(range(start, at + 1))
            start = at + 1
    return groups


# -- the change --------------------------------------------------------------------------------------------------------


def apply_compaction(session: Session, compaction: Compaction, text: str, numbers: str) -> str:
    """Put the summary before the messages and mute these, as one change; return the summary's id.

    `numbers` are those of the messages after the change, as its first line names them.
    """
    body = messages.body("system", write_summary(text, numbers, len(compaction.numbers)))
    ids = [message.id for message in compaction.messages]
    with session.as_one_change():
        summary_id = session.add_message(body, before=ids[0], more=True)
        session.mute(ids)
    return summary_id
