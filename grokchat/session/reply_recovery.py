"""Replies that ended while others to the same request were still arriving, kept from a crash.

The messages of such replies are written together, when the last one has ended. Until then an event `received` holds
each that has ended. It does not change the message list, and counts no usage. If no message followed, because the
program was killed, the events here make up for it when the file is opened: the replies become the reply to the
question or its alternatives, as far as that leaves the list as any other reader of the file has it. If
some messages were written, but not the last one, a copy of one of them does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from grokchat.messages import Message, ReplyInfo, find_message_problem
from grokchat.session.journal import Event
from grokchat.session.reply_events import is_other_choice, reply_events

RECEIVED = "received"
"""The type of the event. `reply` is the reply's id, `index` its place in the order asked."""
_SAME = ("message", "model", "response_id", "usage", "elapsed_s")
"""What an event and the message of the same reply have in common; their ids differ."""


def lost_replies(events: Sequence[Event]) -> tuple[list[Event], list[Event]]:
    """Return the replies of the last change that a crash kept from being saved, each list in the order asked.

    Those are the `received` events whose messages were not written, and the messages that were, but not the last one,
    without which they are nothing.
    """
    change = events[-1].get("change")
    found: dict[str, Event] = {}
    written: list[Event] = []
    for event in reversed(events):
        if event.get("change") != change:
            break
        if event["type"] == RECEIVED and _is_valid(event):
            found.setdefault(event["reply"], event)
        elif event["type"] == "message" and event["message"].get("role") == "assistant":
            if event.get("more") is not True:
                break
            written.append(event)
    unsaved = sorted(found.values(), key=lambda event: event["index"])
    for event in written:
        if (saved := next((one for one in unsaved if _is_message_of(event, one)), None)) is not None:
            unsaved.remove(saved)
    is_made_up_for = any("copy_of" in event for event in written)
    return unsaved, [] if is_made_up_for else [event for event in written if is_other_choice(event)]


def _is_message_of(event: Event, received: Event) -> bool:
    """Return whether a message is that of a `received` event: it names that, or has the same reply."""
    if "copy_of" in event:
        return False
    if RECEIVED in event:
        return bool(event[RECEIVED] == received["id"])
    return all(event.get(key) == received.get(key) for key in _SAME)


def recovery_events(
    unsaved: Sequence[Event], torn: Sequence[Event], last: Message | None, state_id: str
) -> Iterator[tuple[str, str | None, Mapping[str, Any]]]:
    """Yield the types, ids and fields of the events that record what `lost_replies` returned.

    `last` is the last message of the list, whose state is `state_id`. If that is another reply, they become its
    alternatives, and the list stays; otherwise the first of them is the reply.
    """
    is_among_them = last is not None and any(event["reply"] == last.id for event in unsaved)
    if last is not None and last.role == "assistant" and not is_among_them:
        found = [*_copies(torn, last.id), *(_as_alternative(event, last.id) for event in reversed(unsaved))]
        for fields in found:
            yield "message", None, {**fields, "more": True}
        if found:
            yield "rewind", None, {"to": state_id}
    elif unsaved:
        # The messages that were written name the reply that was to follow.
        reply_id = torn[0]["alternative_of"] if torn and not is_among_them else unsaved[0]["reply"]
        replies = [(event["message"], ReplyInfo.from_fields(event)) for event in unsaved]
        replaced = last.id if last is not None and is_among_them and len(unsaved) > 1 else None
        for event_id, fields in reply_events(reply_id, replies, replaced):
            yield "message", event_id, fields
    else:
        for fields in _copies(torn, None):
            yield "message", None, fields


def _copies(torn: Sequence[Event], reply_id: str | None) -> Iterator[Mapping[str, Any]]:
    """Yield the fields of a copy of the first of these messages, which counts no usage again.

    It is an alternative of a reply, and so are all of them then, unless they name that already.
    """
    if torn and torn[0]["alternative_of"] != reply_id:
        place = {"alternative_of": reply_id or torn[0]["alternative_of"], "copy_of": torn[0]["id"]}
        yield {"message": torn[0]["message"], **ReplyInfo.from_fields(torn[0]).fields(), **place}


def _as_alternative(event: Event, reply_id: str) -> Mapping[str, Any]:
    info = ReplyInfo.from_fields(event).fields()
    return {"message": event["message"], **info, "alternative_of": reply_id, RECEIVED: event["id"]}


def _is_valid(event: Event) -> bool:
    message, index = event.get("message"), event.get("index")
    has_ids = isinstance(event.get("reply"), str) and isinstance(event.get("id"), str)
    if not has_ids or not isinstance(index, int) or find_message_problem(message) is not None:
        return False
    return isinstance(message, dict) and message["role"] == "assistant"
