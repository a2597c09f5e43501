"""The message list, and how the journal's events change it.

A flat list, not a tree: an insertion into the middle of a tree copies every later node. `history` has the advantage of
trees: every past state can be restored.

Pure: no files, no clock. An event that names a missing message (its line was lost) is applied without it: an insertion
before it or a replacement of it appends.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from grokchat.messages import INTERRUPTED, Message, ReplyInfo, join_replies, split_refusal
from grokchat.records import field, mutable, record, replace
from grokchat.session.journal import Event


@record
class Conversation:
    """Messages in sending order, and the ids of the muted ones (kept, but not sent)."""

    messages: tuple[Message, ...] = ()
    muted: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.messages)

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)

    def sent(self) -> tuple[Message, ...]:
        """Return the messages that the next request carries."""
        if not self.muted:
            return self.messages
        return tuple(message for message in self.messages if message.id not in self.muted)


class _LinkedIds:
    """A doubly linked list of message ids: an event takes time in proportion to the ids that it names."""

    def __init__(self) -> None:
        self._next: dict[str | None, str | None] = {None: None}
        self._previous: dict[str | None, str | None] = {None: None}

    @property
    def last(self) -> str | None:
        """The last id."""
        return self._previous[None]

    def tail(self, count: int) -> list[str]:
        """Return the last `count` ids."""
        ids: list[str] = []
        last = self.last
        while last is not None and len(ids) < count:
            ids.append(last)
            last = self._previous[last]
        return ids[::-1]

    def insert(self, message_id: str, following: str | None) -> None:
        """Insert an id before another one, or at the end (None)."""
        previous = self._previous[following]
        self._next[previous], self._previous[message_id] = message_id, previous
        self._next[message_id], self._previous[following] = following, message_id

    def remove(self, message_id: str) -> None:
        """Remove an id of the list."""
        previous, following = self._previous.pop(message_id), self._next.pop(message_id)
        self._next[previous], self._previous[following] = following, previous

    def replace(self, old: str, new: str) -> None:
        """Put a new id in the place of an old one."""
        self.insert(new, old)
        self.remove(old)

    def move(self, moving: dict[str, None], following: str | None) -> None:
        """Move ids before another one; if that is one of them, before the first id after it that is not."""
        while following in moving:
            following = self._next[following]
        for message_id in moving:
            self.remove(message_id)
            self.insert(message_id, following)


class ConversationBuilder:
    """Builds a conversation by applying events, each in time proportional to the ids that it names.

    A chat mostly changes at its end. So a snapshot reuses the first `_valid_count` messages of the last one.
    """

    def __init__(self) -> None:
        self._order = _LinkedIds()
        self._messages: dict[str, Message] = {}
        self._muted: set[str] = set()
        self._partials: dict[str, PartialReply] = {}
        self._growing: dict[str, None] = {}  # ids in `_messages` of partial replies that have more text by now
        self._snapshot = Conversation()
        self._is_snapshot_current = True
        self._valid_count = 0

    def __len__(self) -> int:
        return len(self._messages)

    def conversation(self) -> Conversation:
        """Return a snapshot of the message list."""
        if not self._is_snapshot_current:
            for reply_id in self._growing:
                self._messages[reply_id] = self._partials[reply_id].message(reply_id)
            self._growing.clear()
            added = self._order.tail(len(self._messages) - self._valid_count)
            messages = self._snapshot.messages[: self._valid_count] + tuple(
                self._messages[message_id] for message_id in added
            )
            self._snapshot = Conversation(messages, frozenset(self._muted))
            self._is_snapshot_current, self._valid_count = True, len(messages)
        return self._snapshot

    def apply(self, event: Event) -> None:
        """Apply one event; events that do not concern messages have no effect."""
        kind = event["type"]
        if kind == "message":
            self._apply_message(event)
        elif kind == "partial":
            self._apply_partial(event)
        elif kind == "remove":
            self._valid_count = 0
            removed = set(event["ids"])
            for message_id in removed:
                if self._messages.pop(message_id, None) is not None:
                    self._order.remove(message_id)
                self._forget_partials(message_id)
            self._muted -= removed
        elif kind == "move":
            self._valid_count = 0
            moving = dict.fromkeys(message_id for message_id in event["ids"] if message_id in self._messages)
            self._order.move(moving, self._existing_id(event.get("before")))
        elif kind == "mute":
            self._muted.update(message_id for message_id in event["ids"] if message_id in self._messages)
        elif kind == "unmute":
            self._muted.difference_update(event["ids"])
        else:
            return
        self._is_snapshot_current = False

    def _apply_message(self, event: Event) -> None:
        message = read_message(event)
        replaced = self._existing_id(event.get("replaces"))
        is_listed, has_parts = message.id in self._messages, message.id in self._partials
        self._forget_partials(message.id)
        if replaced is not None and replaced != message.id and (has_parts or not is_listed):
            if is_listed:  # its parts, in another place
                self._invalidate(message.id)
                self._order.remove(message.id)
                del self._messages[message.id]
            self._replace(replaced, message.id)
        elif is_listed:
            self._invalidate(message.id)
        else:
            following = self._existing_id(event.get("before"))
            if following is not None:
                self._valid_count = 0
            self._order.insert(message.id, following)
        self._messages[message.id] = message

    def _apply_partial(self, event: Event) -> None:
        reply_id = event["reply"]
        is_listed, partial = reply_id in self._messages, self._partials.get(reply_id)
        if is_listed and partial is None:
            return  # the complete message replaces all its partials
        if partial is None:
            partial = self._partials[reply_id] = PartialReply(self._existing_id(event.get("joins")))
        partial.add(event)
        if is_listed:
            self._invalidate(reply_id)
        elif partial.has_text:  # a reply without text is not added: the API rejects empty messages
            self._place_partial(reply_id, partial)
        else:
            return
        self._growing[reply_id] = None

    def _place_partial(self, reply_id: str, partial: PartialReply) -> None:
        """Add a partial reply to the list: in the place of the reply that it is a continuation of, or at the end."""
        continued = self._existing_id(partial.joins)
        if continued is None:
            self._order.insert(reply_id, None)
        else:
            if continued in self._partials:
                partial.prepend(self._partials[continued])
            else:
                partial.continued = self._messages[continued]
            self._replace(continued, reply_id)
        self._messages[reply_id] = Message(reply_id, {})  # its text is joined when the list is looked at

    def _invalidate(self, message_id: str) -> None:
        """Mark the snapshot invalid from this message on, because it is about to be replaced."""
        self._valid_count = min(self._valid_count, len(self._messages) - 1) if message_id == self._order.last else 0

    def _replace(self, old: str, new: str) -> None:
        self._invalidate(old)
        self._order.replace(old, new)
        del self._messages[old]
        self._forget_partials(old)
        self._muted.discard(old)

    def _forget_partials(self, reply_id: str) -> None:
        self._partials.pop(reply_id, None)
        self._growing.pop(reply_id, None)

    def _existing_id(self, message_id: object) -> str | None:
        """Return the id if there is such a message, else None, which is the end of the list."""
        return message_id if isinstance(message_id, str) and message_id in self._messages else None


@mutable
class PartialReply:
    """A reply whose partials alone were saved so far.

    `joins` is the id of the reply that it is a continuation of, and `continued` that reply if it was complete.
    """

    joins: str | None = None
    continued: Message | None = None
    texts: list[str] = field(default_factory=list)
    reasonings: list[str] = field(default_factory=list)
    model: str | None = None
    has_text: bool = False

    def add(self, event: Event) -> None:
        """Add a `partial` event."""
        text, reasoning, model = event.get("text"), event.get("reasoning"), event.get("model")
        if isinstance(text, str) and text:
            self.texts.append(text)
            self.has_text = self.has_text or bool(text.strip())
        if isinstance(reasoning, str) and reasoning:
            self.reasonings.append(reasoning)
        if isinstance(model, str):
            self.model = model

    def prepend(self, first: PartialReply) -> None:
        """Put the parts of the reply that this one is a continuation of before its own, without copying them."""
        self.continued = first.continued
        first.texts += self.texts
        first.reasonings += self.reasonings
        self.texts, self.reasonings = first.texts, first.reasonings

    def message(self, reply_id: str) -> Message:
        """Return an interrupted reply of all parts, behind the reply that they continue."""
        body: dict[str, Any] = {"role": "assistant", "content": "".join(self.texts)}
        if self.reasonings:
            body["reasoning_content"] = "".join(self.reasonings)
        info = ReplyInfo(model=self.model, finish_reason=INTERRUPTED)
        if self.continued is not None:
            body = join_replies(self.continued.body, body)
            info = replace(info, sources=_joined_sources(self.continued, body["content"]))
        return Message(reply_id, body, info)


def _joined_sources(continued: Message, text: str) -> list[Any] | None:
    """Return the sources of a reply whose continuation is not complete, if the reply had any when it ended."""
    if continued.reply is None or not continued.reply.sources:
        return None
    from grokchat.reply_sources import sources_of_text

    return sources_of_text(text, continued.reply.sources)


def read_message(event: Event) -> Message:
    """Return the message of a `message` event; a refusal that another program left in it is its text."""
    body, refusal = split_refusal(event["message"])
    if body.get("role") != "assistant":
        return Message(event["id"], body)
    reply = ReplyInfo.from_fields(event)
    return Message(event["id"], body, reply if refusal is None else replace(reply, refusal=refusal))
