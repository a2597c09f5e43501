"""The notice after a change of the message list: what changed, the new numbers, the cached prefix, and the cost.

The figures are the API's own: the last usage and the prices of its models. Unknown figures are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from grokchat.api.usage import format_dollars
from grokchat.commands.outcomes import Notice
from grokchat.messages import content_text
from grokchat.session.estimate import RequestEstimate
from grokchat.session.journal import Event
from grokchat.session.session import Session
from grokchat.session.undo import Change
from grokchat.units import plural

_MAX_QUOTE_CHARS = 40
_SCANNED_CHARS = 4 * _MAX_QUOTE_CHARS
"""Of a text's beginning, before its white space is joined."""


def change_notice(session: Session, change: str, before: RequestEstimate) -> Notice:
    """Return the notice after a change; `before` is the estimate from before it."""
    return Notice("; ".join([change, *_describe_cache(session, before)]))


def _describe_cache(session: Session, before: RequestEstimate) -> list[str]:
    now = session.estimate_request()
    if now.last_messages is None:
        return ["nothing is cached yet"]
    costs = _describe_costs(before, now)
    if now.unchanged_messages == now.last_messages:
        return ["the cached prefix stays whole", *(costs if before.unchanged_messages < now.last_messages else [])]
    if not now.unchanged_messages:
        cached = "nothing of the cached prefix stays"
    else:
        conversation = session.conversation
        sent = [number for number, message in enumerate(conversation, 1) if message.id not in conversation.muted]
        last = sent[now.unchanged_messages - 1]
        cached = f"of the cached prefix {'message 1 stays' if last == 1 else f'messages 1..{last} stay'}"
    if now.last_cached_tokens is not None and now.reusable_tokens is not None:
        tokens = min(now.last_cached_tokens, now.reusable_tokens)
        cached += f" (about {tokens:,} of {now.last_cached_tokens:,} cached tokens)"
    return [cached, *costs]


def _describe_costs(before: RequestEstimate, now: RequestEstimate) -> list[str]:
    if before.prompt_ticks is None or now.prompt_ticks is None or before.prompt_ticks == now.prompt_ticks:
        return []
    difference = now.prompt_ticks - before.prompt_ticks
    return [f"the next request costs about {format_dollars(abs(difference))} {'more' if difference > 0 else 'less'}"]


# -- numbers -----------------------------------------------------------------------------------------------------------


def describe_renumbering(first: int, last: int, shift: int) -> str:
    """Return `; what was 3..5 is now 4..6`, or nothing for an empty span."""
    if first > last:
        return ""
    return f"; what was {format_span(first, last)} is now {format_span(first + shift, last + shift)}"


def describe_dropped(number: int, count: int) -> str:
    """Return ` · dropped #4-6 (/undo brings them back)` for the `count` messages that followed message `number`."""
    if not count:
        return ""
    span = f"#{number + 1}" if count == 1 else f"#{number + 1}-{number + count}"
    return f" · dropped {span} (/undo brings {'it' if count == 1 else 'them'} back)"


def format_span(first: int, last: int) -> str:
    """Return `3` or `3..5`."""
    return str(first) if first == last else f"{first}..{last}"


def format_spans(numbers: Sequence[int]) -> str:
    """Return ascending numbers as a RANGE: `1, 3..5`."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(format_span(first, last) for first, last in spans)


# -- changes -----------------------------------------------------------------------------------------------------------


def describe_change(change: Change) -> str:
    """Describe a change that is undone or redone, by its events."""
    events = _effective_events(change)
    kinds = [event["type"] for event in events]
    bodies = [event["message"] for event in events if event["type"] == "message"]
    is_continued = any("joins" in event for event in events) or any(
        "replaces" in event and event.get("finish_reason") for event in events
    )
    asked = [body for body in bodies if body["role"] != "assistant"]
    is_answered = "partial" in kinds or len(asked) < len(bodies)
    edited = [event["message"] for event in events if event["type"] == "message" and "replaces" in event]
    if edited and edited[0]["role"] == "user":
        return f"the edit {_quote_content(edited[0])}{' and its reply' * is_answered}"
    if "remove" in kinds:
        ids = next(event["ids"] for event in events if event["type"] == "remove")
        return "a /retry" if is_answered else f"the deletion of {plural(len(ids), 'message')}"
    if is_continued and not asked and "partial" in kinds:
        return "a /continue"
    if any("replaces" in event for event in events):
        return f"the edit {_quote_content(bodies[0])}"
    if not asked and bodies and len(bodies) == 1 and "partial" not in kinds:
        return f"{bodies[0]['role']} message {_quote_content(bodies[0])}"
    if asked:
        message = f"{asked[-1]['role']} message {_quote_content(asked[-1])}"
        return f"{message} and its reply" if is_answered else message
    return {"move": "a move", "mute": "a /mute", "unmute": "an /unmute", "rewind": "a rewind"}.get(kinds[0], "a reply")


def _effective_events(change: Change) -> list[Event]:
    """Return a change's events without the replies that it added and then replaced or removed itself."""
    made: set[str] = set()
    events: list[Event] = []
    for event in change.events:
        if event["type"] == "remove" and made.issuperset(event["ids"]):
            continue
        made.add(event["reply"] if event["type"] == "partial" else event["id"])
        if event.get("more") is True and "alternative_of" in event:
            continue
        is_in_place = str(event.get("replaces")) in made
        events.append({key: value for key, value in event.items() if key != "replaces"} if is_in_place else event)
    return events


def _quote_content(body: Mapping[str, Any]) -> str:
    """Return the first words of a message in quotation marks."""
    line = " ".join(content_text(body.get("content"))[:_SCANNED_CHARS].split())
    return f"“{line if len(line) <= _MAX_QUOTE_CHARS else line[: _MAX_QUOTE_CHARS - 1] + '…'}”"
