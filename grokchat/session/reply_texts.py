"""The replies in a session's events, current or not: each complete, or the parts of it that were saved. Pure."""

from __future__ import annotations

from grokchat.messages import Message
from grokchat.records import field, mutable
from grokchat.session.conversation import PartialReply, read_message
from grokchat.session.journal import Event


@mutable
class Parts:
    """A reply whose partials alone were read so far; `joins` is the reply that it continues."""

    joins: str | None
    events: list[Event] = field(default_factory=list)
    has_text: bool = False

    def add(self, event: Event) -> bool:
        """Add a partial; return whether it has the first words of the reply."""
        self.events.append(event)
        text = event.get("text")
        is_first = not self.has_text and isinstance(text, str) and bool(text.strip())
        self.has_text = self.has_text or is_first
        return is_first


class ReplyTexts:
    """Replies by their ids, from the events that they are added by."""

    def __init__(self) -> None:
        self._whole: dict[str, Event] = {}
        self._parts: dict[str, Parts] = {}

    def is_whole(self, reply_id: str) -> bool:
        """Return whether a reply has been added complete."""
        return reply_id in self._whole

    def add(self, event: Event) -> None:
        """Add a complete reply, in the place of its parts."""
        self._whole[event["id"]] = event
        self._parts.pop(event["id"], None)

    def parts(self, reply_id: str, joins: str | None) -> Parts:
        """Return the parts of a reply, to which another is to be added; `joins` counts for the first one."""
        if reply_id not in self._parts:
            self._parts[reply_id] = Parts(joins)
        return self._parts[reply_id]

    def message(self, reply_id: str) -> Message:
        """Return a reply that was added: complete, or its parts with those that they continue."""
        if reply_id in self._whole:
            return read_message(self._whole[reply_id])
        chain: list[Parts] = []
        joined: str | None = reply_id
        while joined in self._parts:
            chain.append(self._parts[joined])
            joined = chain[-1].joins
        whole = None if joined is None else self._whole.get(joined)
        partial = PartialReply(continued=None if whole is None else read_message(whole))
        for parts in reversed(chain):
            for event in parts.events:
                partial.add(event)
        return partial.message(reply_id)

    def original_id(self, reply_id: str) -> str:
        """Return the id of the reply that this one is a copy of, or its own."""
        seen = {reply_id}
        while isinstance(source := self._whole.get(reply_id, {}).get("copy_of"), str):
            if source in seen or (source not in self._whole and source not in self._parts):
                break
            seen.add(source)
            reply_id = source
        return reply_id
