"""The alternatives of replies: what was asked instead of what. Pure.

Replies that were asked instead of each other share a place: those of a /retry, of an /edit with a new question, of a
request for several choices or to several models. The index is read from the events alone, also from those that /undo
took back, because nothing that was paid for is lost. An event links a reply to others in these ways:

- `alternative_of` names a reply at the same place, which may also follow: other choices of a reply are written before
  it, last to first.
- `replaces`, `joins` and `copy_of` name an earlier version of the same alternative: an edit, a continuation, and the
  copy that /alt makes. Its version shown is the last one that was in the list.
- In a file from before `alternative_of`, a reply follows the removal of another one in the same change.

An id that no line has, because the line was damaged, links the others and is no alternative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from operator import attrgetter, contains
from typing import Any

from grokchat.messages import Message
from grokchat.records import field, mutable, record
from grokchat.session.journal import Event
from grokchat.session.reply_events import is_other_choice
from grokchat.session.reply_texts import ReplyTexts

_LINKING_FIELDS = ("more", "alternative_of")
"""A file in which no event has one of these has no alternatives."""


@record
class Alternative:
    """One of the replies at a place: the ids of the reply as it was asked for, and of the version that is shown.

    `params` are the request parameters of the session at that time, with those of this reply alone. `usages` are the
    API's usage objects of the reply and of its continuations.
    """

    asked_id: str
    shown_id: str
    params: Mapping[str, Any]
    usages: tuple[Mapping[str, Any], ...]


@mutable
class _Entry:
    """An alternative in the index.

    `request` is the number of the first event of its request, and `rank` its place in that: the reply first, then its
    other choices, which the file has in reverse; in the file of a fork it is what `rank` says.
    """

    asked_id: str
    shown_id: str
    request: int
    rank: float
    params: Mapping[str, Any]
    usages: list[Mapping[str, Any]] = field(default_factory=list)


class Alternatives:
    """The alternatives in a growing list of events, which is read on demand, each event once.

    Until an event has `alternative_of` or `more`, without which there are none, nothing is indexed.
    """

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = events
        self._scanned_count = 0
        self._read_count = 0
        self._texts = ReplyTexts()
        # Of each reply in any version: its alternative. Those of a place are with the first of its linked ids.
        self._entries: dict[str, _Entry] = {}
        self._linked_to: dict[str, str] = {}
        self._places: dict[str, list[_Entry]] = {}
        # Of each request by the id of its reply: the number of its first event, and what its choices replaced.
        self._requests: dict[str, int] = {}
        self._replaced_by_choices: dict[str, object] = {}
        # The name of the last change that removed a reply, with the first reply that it removed.
        self._removal: tuple[str, str] | None = None
        self._params: Mapping[str, Any] = {}
        self._edited_ids: set[str] = set()

    # -- reading -----------------------------------------------------------------------------------------------------

    def position(self, reply_id: str) -> tuple[int, int] | None:
        """Return which of how many alternatives a reply is, counted from 1; None if it is the only one."""
        entries = self._at_place_of(reply_id)
        if len(entries) < 2:
            return None
        own = self._entries[reply_id]
        return next(number for number, entry in enumerate(entries, 1) if entry is own), len(entries)

    def of(self, reply_id: str) -> list[Alternative]:
        """Return the alternatives at the place of a reply in the order in which they were asked for, itself included.

        The version of its own alternative that is shown is this reply. There are none if it is the only one.
        """
        entries = self._at_place_of(reply_id)
        if len(entries) < 2:
            return []
        own = self._entries[reply_id]
        return [
            Alternative(
                asked_id=entry.asked_id,
                shown_id=reply_id if entry is own else entry.shown_id,
                params=entry.params,
                usages=tuple(entry.usages),
            )
            for entry in entries
        ]

    def by_reply(
        self, messages: Iterable[Message], questions_of: Callable[[Iterable[str]], Mapping[str, Message]] | None = None
    ) -> dict[str, tuple[Message, ...]]:
        """Return all alternatives of each of these messages that has any, itself included, by its id.

        With `questions_of`, which has the questions that replies answered, they are only those that answered the one
        that the message answered. A file of another program may have several of these messages at one place: none is
        an alternative of another one, and what else there is belongs to the first.
        """
        found = {}
        listed = list(messages)
        places = [(message, self.of(message.id)) for message in listed if message.role == "assistant"]
        given = {message.id for message in listed}
        questions: Mapping[str, Message] = {}
        if questions_of is not None and self._edited_ids:
            questions = questions_of(other.asked_id for _, others in places for other in others)
        for message, others in places:
            asked = {other.shown_id: questions.get(other.asked_id) for other in others}
            same = [shown_id for shown_id, question in asked.items() if _are_same(question, asked[message.id])]
            ids = [shown_id for shown_id in same if shown_id == message.id or shown_id not in given]
            if len(ids) > 1:
                given.update(ids)
                found[message.id] = tuple(message if one == message.id else self.message(one) for one in ids)
        return found

    def message(self, reply_id: str) -> Message:
        """Return a reply that `of` names as a message: complete, or its parts with those that they continue."""
        self._catch_up()
        return self._texts.message(reply_id)

    def original_id(self, reply_id: str) -> str:
        """Return the id of the reply that this one is a copy of, or its own."""
        return self._texts.original_id(reply_id)

    def was_edited(self, message_id: str) -> bool:
        """Return whether a message other than a reply was edited, or is an edit."""
        self._catch_up()
        return message_id in self._edited_ids

    def are_versions(self, message_id: str, other_id: str) -> bool:
        """Return whether two messages other than replies are the same one, before and after edits."""
        self._catch_up()
        return self._place_of(message_id) == self._place_of(other_id)

    def _at_place_of(self, reply_id: str) -> list[_Entry]:
        self._catch_up()
        if reply_id not in self._entries:
            return []
        entries = self._places[self._place_of(reply_id)]
        entries.sort(key=attrgetter("request", "rank"))
        return entries

    # -- indexing ----------------------------------------------------------------------------------------------------

    def _catch_up(self) -> None:
        """Read the events that were added."""
        events, end = self._events, len(self._events)
        if not self._read_count:
            unscanned, self._scanned_count = events[self._scanned_count :], end
            # Without a loop of ours: most files have 50,000 partials, and no alternatives.
            if not any(any(map(contains, unscanned, repeat(key))) for key in _LINKING_FIELDS):
                return
        for number in range(self._read_count, end):
            self._read(events[number], number)
        self._read_count = end

    def _read(self, event: Event, number: int) -> None:
        kind = event["type"]
        if kind == "message" and event["message"].get("role") == "assistant":
            self._read_reply(event, number)
        elif kind == "partial":
            self._read_partial(event, number)
        elif kind == "remove":
            self._read_removal(event)
        elif kind == "settings" and isinstance(event.get("params"), dict):
            self._params = {**self._params, **event["params"]}
        elif kind == "message":
            self._note_listed(event.get("replaces"))
            if isinstance(event.get("replaces"), str):
                self._edited_ids |= {event["id"], event["replaces"]}
                self._link(event["id"], event["replaces"])

    def _read_reply(self, event: Event, number: int) -> None:
        reply_id, replaced = event["id"], event.get("replaces")
        self._note_listed(replaced)
        if is_other_choice(event):
            request = event["alternative_of"]
            self._replaced_by_choices.setdefault(request, replaced)
            self._requests.setdefault(request, number)
            self._add(reply_id, None, self._requests[request], _rank(event, -number), event)
        else:
            self._requests.setdefault(reply_id, number)
            earlier = self._earlier_version(event)
            self._link_to_removed(reply_id, event, earlier)
            self._add(reply_id, earlier, self._requests[reply_id], _rank(event, float("-inf")), event)
        self._link(reply_id, event.get("alternative_of"))
        self._texts.add(event)

    def _earlier_version(self, event: Event) -> object:
        """Return the id of the reply that this one is another version of, or None."""
        if "copy_of" in event:
            return event["copy_of"]
        replaced = event.get("replaces")
        if event["id"] in self._replaced_by_choices:
            replaced = self._replaced_by_choices[event["id"]]
        return None if "alternative_of" in event else replaced

    def _read_partial(self, event: Event, number: int) -> None:
        reply_id = event["reply"]
        if self._texts.is_whole(reply_id):
            return
        joins = event.get("joins")
        parts = self._texts.parts(reply_id, joins if isinstance(joins, str) and joins in self._entries else None)
        self._requests.setdefault(reply_id, number)
        self._link(reply_id, event.get("alternative_of"))
        if not parts.add(event):
            return
        self._note_listed(parts.joins)
        self._link_to_removed(reply_id, event, parts.joins)
        self._add(reply_id, parts.joins, self._requests[reply_id], float("-inf"), parts.events[0])

    def _read_removal(self, event: Event) -> None:
        removed = [message_id for message_id in event["ids"] if message_id in self._entries]
        for reply_id in removed:
            self._note_listed(reply_id)
        change = event.get("change")
        if removed and isinstance(change, str) and (self._removal is None or self._removal[0] != change):
            self._removal = change, removed[0]

    def _link_to_removed(self, reply_id: str, event: Event, earlier: object) -> None:
        """Link a reply of a file without `alternative_of` to the one that its change removed."""
        is_version = isinstance(earlier, str) and earlier in self._entries
        if self._removal is not None and event.get("change") == self._removal[0] and not is_version:
            self._link(reply_id, self._removal[1])

    def _add(self, reply_id: str, earlier: object, request: int, rank: float, event: Event) -> None:
        """Add a reply: as a version of an alternative, or as a new one."""
        entry = self._entries.get(reply_id)
        if entry is None and isinstance(earlier, str):
            entry = self._entries.get(earlier)
        if entry is None:
            entry = _Entry(reply_id, reply_id, request, rank, self._params)
            self._places.setdefault(self._place_of(reply_id), []).append(entry)
        if entry.asked_id == reply_id and isinstance(event.get("params"), dict):
            entry.params = {**entry.params, **event["params"]}
        if isinstance(event.get("usage"), dict) and "copy_of" not in event and not self._texts.is_whole(reply_id):
            entry.usages.append(event["usage"])
        self._entries[reply_id] = entry
        entry.shown_id = reply_id
        self._link(reply_id, entry.asked_id)

    def _note_listed(self, reply_id: object) -> None:
        """Note that this version of an alternative was in the list until now."""
        if isinstance(reply_id, str) and reply_id in self._entries:
            self._entries[reply_id].shown_id = reply_id

    def _link(self, reply_id: str, other: object) -> None:
        """Note that two ids are at the same place; one may be unknown (yet)."""
        if not isinstance(other, str):
            return
        place, other_place = self._place_of(reply_id), self._place_of(other)
        if place == other_place:
            return
        entries, others = self._places.pop(place, []), self._places.pop(other_place, [])
        larger, smaller = (entries, others) if len(entries) > len(others) else (others, entries)
        larger += smaller
        self._linked_to[place] = other_place
        if larger:
            self._places[other_place] = larger

    def _place_of(self, reply_id: str) -> str:
        """Return the id that stands for all linked ones; the path to it is halved on the way."""
        linked_to = self._linked_to
        while (following := linked_to.get(reply_id)) is not None:
            linked_to[reply_id] = reply_id = linked_to.get(following, following)
        return reply_id


def _are_same(question: Message | None, other: Message | None) -> bool:
    """Return whether two questions are the same, as far as they are known."""
    return question is None or other is None or question.body == other.body


def _rank(event: Event, usual: float) -> float:
    """Return the place of a reply in its request; a fork says it."""
    rank = event.get("rank")
    return rank if type(rank) is int else usual
