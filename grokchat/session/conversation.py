"""The list of messages that is sent, and how the journal's events change it.

A flat list, not a tree: to insert into the middle of a tree copies every later node. What trees buy, that every past
state can be reached again, `history` gives.

Pure: no files, no clock. Events that name what is not there (their line was lost) do what they still can.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from grokchat.messages import INTERRUPTED, Message, ReplyInfo, joined
from grokchat.records import field, mutable, record
from grokchat.session.journal import Event


@record
class Conversation:
    """The buffer: messages in sending order, and which of them are muted (kept, not sent)."""

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


class _Order:
    """Ids in an order, each of which knows its neighbours: whatever a file asks for takes time by the ids it names."""

    def __init__(self) -> None:
        self._next: dict[str | None, str | None] = {None: None}
        self._before: dict[str | None, str | None] = {None: None}

    @property
    def last(self) -> str | None:
        """The last id."""
        return self._before[None]

    def tail(self, count: int) -> list[str]:
        """Return the last ids."""
        found: list[str] = []
        one = self.last
        while one is not None and len(found) < count:
            found.append(one)
            one = self._before[one]
        return found[::-1]

    def insert(self, one: str, behind: str | None) -> None:
        """Put an id before another, or at the end (None)."""
        ahead = self._before[behind]
        self._next[ahead], self._before[one] = one, ahead
        self._next[one], self._before[behind] = behind, one

    def remove(self, one: str) -> None:
        ahead, behind = self._before.pop(one), self._next.pop(one)
        self._next[ahead], self._before[behind] = behind, ahead

    def replace(self, old: str, new: str) -> None:
        self.insert(new, old)
        self.remove(old)

    def move(self, moving: dict[str, None], behind: str | None) -> None:
        """Put ids before another. That may be one of them: then before the first behind it that is none."""
        while behind in moving:
            behind = self._next[behind]
        for one in moving:
            self.remove(one)
            self.insert(one, behind)


class ConversationBuilder:
    """A conversation under construction: applies events one after the other, each in time by the ids it names.

    What is at the end is what changes in a chat. So a snapshot is made of the last one, as far as that still holds.
    """

    def __init__(self) -> None:
        self._order = _Order()
        self._messages: dict[str, Message] = {}
        self._muted: set[str] = set()
        self._partials: dict[str, _Partial] = {}
        self._growing: dict[str, None] = {}
        self._snapshot = Conversation()
        self._is_current = True
        self._held = 0

    def __len__(self) -> int:
        return len(self._messages)

    def conversation(self) -> Conversation:
        """Return the buffer as it is now."""
        if not self._is_current:
            for reply_id in self._growing:
                if reply_id in self._messages and reply_id in self._partials:
                    self._messages[reply_id] = self._partials[reply_id].message(reply_id)
            self._growing.clear()
            more = self._order.tail(len(self._messages) - self._held)
            messages = self._snapshot.messages[: self._held] + tuple(self._messages[one] for one in more)
            self._snapshot = Conversation(messages, frozenset(self._muted))
            self._is_current, self._held = True, len(messages)
        return self._snapshot

    def apply(self, event: Event) -> None:
        """Apply one event; those that do not concern the buffer do nothing."""
        kind = event["type"]
        if kind == "message":
            self._put(event)
        elif kind == "partial":
            self._extend(event)
        elif kind == "remove":
            self._held = 0
            gone = set(event["ids"])
            for one in gone:
                if self._messages.pop(one, None) is not None:
                    self._order.remove(one)
                self._partials.pop(one, None)
            self._muted -= gone
        elif kind == "move":
            self._held = 0
            moving = dict.fromkeys(one for one in event["ids"] if one in self._messages)
            self._order.move(moving, self._place(event.get("before")))
        elif kind == "mute":
            self._muted.update(one for one in event["ids"] if one in self._messages)
        elif kind == "unmute":
            self._muted.difference_update(event["ids"])
        else:
            return
        self._is_current = False

    def _put(self, event: Event) -> None:
        message = Message(event["id"], event["message"], _reply_info(event))
        replaced = event.get("replaces")
        self._partials.pop(message.id, None)
        if message.id in self._messages:
            self._changes(message.id)
        elif isinstance(replaced, str) and replaced in self._messages:
            self._replace(replaced, message.id)
        else:
            behind = self._place(event.get("before"))
            if behind is not None:
                self._held = 0
            self._order.insert(message.id, behind)
        self._messages[message.id] = message

    def _extend(self, event: Event) -> None:
        reply_id = event["reply"]
        if reply_id in self._messages and reply_id not in self._partials:
            return  # the whole message is there already
        partial = self._partials.get(reply_id)
        if partial is None:
            joined = self._messages.get(str(event.get("joins")))
            partial = self._partials[reply_id] = _Partial(joined)
        partial.add(event)
        self._growing[reply_id] = None
        if reply_id in self._messages:
            self._changes(reply_id)
        if partial.has_text and reply_id not in self._messages:
            # A reply without text is none: the API rejects empty messages.
            if partial.joined is not None and partial.joined.id in self._messages:
                self._replace(partial.joined.id, reply_id)
            else:
                self._order.insert(reply_id, None)
            self._messages[reply_id] = partial.message(reply_id)

    def _changes(self, one: str) -> None:
        """Take note that a message will be another one, in its place."""
        self._held = min(self._held, len(self._messages) - 1) if one == self._order.last else 0

    def _replace(self, old: str, new: str) -> None:
        self._changes(old)
        self._order.replace(old, new)
        del self._messages[old]
        self._partials.pop(old, None)
        self._muted.discard(old)

    def _place(self, before: object) -> str | None:
        return before if isinstance(before, str) and before in self._messages else None


@mutable
class _Partial:
    joined: Message | None = None
    texts: list[str] = field(default_factory=list)
    reasonings: list[str] = field(default_factory=list)
    model: str | None = None
    has_text: bool = False

    def add(self, event: Event) -> None:
        text, reasoning, model = event.get("text"), event.get("reasoning"), event.get("model")
        if isinstance(text, str) and text:
            self.texts.append(text)
            self.has_text = self.has_text or bool(text.strip())
        if isinstance(reasoning, str) and reasoning:
            self.reasonings.append(reasoning)
        if isinstance(model, str):
            self.model = model

    def message(self, reply_id: str) -> Message:
        body: dict[str, Any] = {"role": "assistant", "content": "".join(self.texts)}
        if self.reasonings:
            body["reasoning_content"] = "".join(self.reasonings)
        if self.joined is not None:
            body = joined(self.joined.body, body)
        return Message(reply_id, body, ReplyInfo(model=self.model, finish_reason=INTERRUPTED))


def _reply_info(event: Event) -> ReplyInfo | None:
    if event["message"].get("role") != "assistant":
        return None

    def text(key: str) -> str | None:
        value = event.get(key)
        return value if isinstance(value, str) else None

    usage = event.get("usage")
    return ReplyInfo(
        model=text("model"),
        finish_reason=text("finish_reason"),
        usage=usage if isinstance(usage, dict) else None,
        response_id=text("response_id"),
        system_fingerprint=text("system_fingerprint"),
    )
