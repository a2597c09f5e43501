"""The events that record replies and the messages of a new session, and the change that they belong to."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any

from grokchat.messages import Message, ReplyInfo, new_id, split_refusal
from grokchat.records import mutable, replace
from grokchat.session.journal import Event

SavedReply = tuple[Mapping[str, Any], ReplyInfo]
"""A reply as it is saved: the API's message, and its metadata."""


@mutable
class OpenChange:
    """The change that events are recorded into.

    `id` is that of its first event, and None until there is one. `dropped_reply_id` is that of the first reply that the
    change has removed: a reply that follows was asked for instead of it. `removed` are all that it has removed.
    """

    id: str | None = None
    dropped_reply_id: str | None = None
    removed: tuple[str, ...] = ()

    def note_removed(self, ids: Sequence[str], messages: Iterable[Message]) -> None:
        """Note that these messages of the list are removed."""
        self.removed += tuple(ids)
        if self.dropped_reply_id is None:
            removed = set(ids)
            replies = (message.id for message in messages if message.role == "assistant" and message.id in removed)
            self.dropped_reply_id = next(replies, None)

    def mark_alternative(self, info: ReplyInfo) -> ReplyInfo:
        """Return a reply's metadata with the reply that it was asked for instead of, if there is one."""
        return replace(info, alternative_of=self.dropped_reply_id or info.alternative_of)


def reply_events(
    reply_id: str, replies: Sequence[SavedReply], replaces: str | None, before: str | None = None
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the ids and fields of the events that record the replies to a request, of which the first is the reply.

    They are in reverse order, each in the place of the one before, and the first in the place of the message `replaces`
    or before the message `before`: in a file that ends between them, the change has not begun.
    """
    first_place = {} if before is None else {"before": before}
    for index in range(len(replies) - 1, -1, -1):
        body, info = replies[index]
        place = first_place if replaces is None else {"replaces": replaces}
        if index:
            other_id = replaces = new_id()
            yield other_id, {**place, "more": True, "message": body, **info.fields(), "alternative_of": reply_id}
        else:
            yield reply_id, {**place, "message": body, **info.fields()}


def is_other_choice(event: Event) -> bool:
    """Return whether a reply was never current: it was written before the reply that `alternative_of` names."""
    return event.get("more") is True and isinstance(event.get("alternative_of"), str) and "copy_of" not in event


def initial_events(
    messages: Iterable[Message],
    muted: Container[str],
    alternatives: Mapping[str, Sequence[Message]],
    last_sent: Container[str] = (),
) -> Iterator[tuple[str, str | None, Mapping[str, Any]]]:
    """Yield the types, ids and fields of the events that a fork or an import begins with.

    `alternatives` are, by the id of a reply, all replies of its place, itself included. The others come before it, the
    last first; each has its `rank`, because the current one need not be the first. `last_sent` are the ids of the
    messages of the last request: those of them that were muted since are muted at the end, the others before the next
    reply. So these events also say what the last request held, to which its count of tokens belongs.
    """
    muted_before: list[str] = []
    muted_since: list[str] = []
    for message in messages:
        if muted_before and message.role == "assistant" and message.id not in muted:
            yield "mute", None, {"ids": muted_before}
            muted_before = []
        replaced: dict[str, Any] = {}
        ranks = {other.id: rank for rank, other in enumerate(alternatives.get(message.id, ()), 1)}
        for other in reversed(alternatives.get(message.id, ())):
            if other.id != message.id:
                fields = {"more": True, **_message_fields(other), "alternative_of": message.id, "rank": ranks[other.id]}
                yield "message", other.id, {**replaced, **fields}
                replaced = {"replaces": other.id}
        rank = {"rank": ranks[message.id]} if replaced else {}
        yield "message", message.id, {**replaced, **_message_fields(message), **rank}
        if message.id in muted:
            (muted_since if message.id in last_sent else muted_before).append(message.id)
    if ids := [*muted_before, *muted_since]:
        yield "mute", None, {"ids": ids}


def _message_fields(message: Message) -> dict[str, Any]:
    """Return a message's body, and a reply's metadata."""
    reply_fields = {} if message.reply is None else message.reply.fields()
    body, refusal = split_refusal(message.body)
    if refusal is not None:
        reply_fields["refusal"] = refusal
    return {"message": body, **reply_fields}
