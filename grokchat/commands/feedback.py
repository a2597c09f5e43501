"""The one line that answers a change of the buffer: what changed, the numbers now, what stays cached, what it costs.

The figures are the API's own: the last usage, the prices of its models. Where they are not known, nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence

from grokchat.api.usage import dollars
from grokchat.commands.outcomes import Notice
from grokchat.messages import Message, content_text
from grokchat.session.estimate import Outlook
from grokchat.session.history import Change
from grokchat.session.session import Session

_WORDS = 40
"""Characters of a message's beginning that tell which one it is."""


def change_notice(session: Session, said: str, before: Outlook) -> Notice:
    """Return the answer to a change that is made; `before` is what the next request was about to be until then."""
    return Notice("; ".join([said, *_cached(session, before)]))


def _cached(session: Session, before: Outlook) -> list[str]:
    now = session.outlook()
    if now.asked is None:
        return ["nothing is cached yet"]
    costs = _costs(before, now)
    if now.kept == now.asked:
        return ["the cached prefix stays whole", *(costs if before.kept < now.asked else [])]
    if not now.kept:
        stays = "nothing of the cached prefix stays"
    else:
        conversation = session.conversation
        last = [number for number, one in enumerate(conversation, 1) if one.id not in conversation.muted][now.kept - 1]
        stays = f"of the cached prefix {'message 1 stays' if last == 1 else f'messages 1..{last} stay'}"
    if now.cached is not None and now.kept_tokens is not None:
        still = min(now.cached, now.kept_tokens)
        stays += f" (about {still:,} of {now.cached:,} cached tokens)"
    return [stays, *costs]


def _costs(before: Outlook, now: Outlook) -> list[str]:
    if before.ticks is None or now.ticks is None or before.ticks == now.ticks:
        return []
    more = now.ticks - before.ticks
    return [f"the next request costs about {dollars(abs(more))} {'more' if more > 0 else 'less'}"]


def describe_renumbering(first: int, last: int, by: int) -> str:
    """Return `; what was 3..5 is now 4..6`, or nothing if nothing moved."""
    if first > last:
        return ""
    return f"; what was {format_span(first, last)} is now {format_span(first + by, last + by)}"


def format_span(first: int, last: int) -> str:
    """Return `3` or `3..5`."""
    return str(first) if first == last else f"{first}..{last}"


def format_spans(numbers: Sequence[int]) -> str:
    """Return numbers as a RANGE: `1, 3..5`."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ", ".join(format_span(first, last) for first, last in parts)


def words(message: Message) -> str:
    """Return a message's first words in quotation marks."""
    return quoted(message.text)


def quoted(text: str) -> str:
    """Return the first words of a text in quotation marks."""
    line = " ".join(text[: 4 * _WORDS].split())
    return f"“{line if len(line) <= _WORDS else line[: _WORDS - 1] + '…'}”"


def describe_change(change: Change) -> str:
    """Say what a change was."""
    kinds = [event["type"] for event in change.events]
    texts = [event["message"] for event in change.events if event["type"] == "message"]
    joins = any("joins" in event for event in change.events) or any(
        "replaces" in event and event.get("finish_reason") for event in change.events
    )
    asked = [one for one in texts if one["role"] != "assistant"]
    is_answered = "partial" in kinds or len(asked) < len(texts)
    if "remove" in kinds:
        ids = next(event["ids"] for event in change.events if event["type"] == "remove")
        return "a /retry" if is_answered else f"the deletion of {len(ids)} message{'' if len(ids) == 1 else 's'}"
    if joins and not asked and "partial" in kinds:
        return "a /continue"
    if any("replaces" in event for event in change.events):
        return f"the edit {quoted(content_text(texts[0].get('content')))}"
    if not asked and texts and len(texts) == 1 and "partial" not in kinds:
        return f"{texts[0]['role']} message {quoted(content_text(texts[0].get('content')))}"
    if asked:
        shown = f"{asked[-1]['role']} message {quoted(content_text(asked[-1].get('content')))}"
        return f"{shown} and its reply" if is_answered else shown
    return {"move": "a move", "mute": "a /mute", "unmute": "an /unmute", "rewind": "a rewind"}.get(kinds[0], "a reply")
