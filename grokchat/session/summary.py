"""A session as a list shows it: read from its file alone, so there is no index that could go stale.

A list of thousands is read for a look at it, so what it does not need is not parsed (the pieces of replies) and not
folded (states that nobody goes back to).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from grokchat.records import mutable, record
from grokchat.session import journal
from grokchat.session.conversation import Conversation, ConversationBuilder
from grokchat.session.history import History

LATEST = 253_370_764_800.0
"""Seconds since 1970 to the year 9999: file systems know later years, calendars do not."""
_LOOKED_AT, _FIRST, _TITLE = 4000, 400, 60
"""Characters: of a message that are looked at for its first words, of those words, and of a title."""


@mutable
class Progress:
    """How far a walk through the sessions is; `watch` is called at each. Any thread may stop it: it ends then."""

    watch: Callable[[], object] | None = None
    done: int = 0
    total: int = 0
    stopped: bool = False

    def at(self, number: int) -> None:
        """Say that so many are done."""
        self.done = number
        if self.watch is not None:
            self.watch()


@record
class Summary:
    """A session as a list shows it.

    `updated` is the file's time, in seconds since 1970; `created` is what its header says: ISO 8601, or nothing.
    `size` is in bytes. `first` are the first words that the user said.
    """

    id: str
    path: Path
    updated: float
    name: str
    first: str
    messages: int
    model: str
    created: str = ""
    size: int = 0

    @property
    def title(self) -> str:
        """What the session is called: its name, or its first words."""
        return self.name or shorten_title(self.first)


def read_summary(path: Path, data: bytes) -> Summary:
    """Return what a list shows of a session file with these bytes in it; raises FileNotFoundError if it is gone."""
    stored = journal.decode(journal.settled(data))
    named = [event for event in stored.events if event["type"] == "name"]
    models = [event["model"] for event in stored.events if event["type"] == "message" and event.get("model")]
    header = stored.header or {}
    conversation = _folded(str(header.get("id", path.stem)), stored.events)
    return Summary(
        id=_id_of(header, path),
        path=path,
        updated=min(max(path.stat().st_mtime, 0.0), LATEST),
        name=str(named[-1].get("name", "")) if named else "",
        first=first_words(conversation),
        messages=len(conversation),
        model=str(models[-1]) if models else "",
        created=str(header.get("time", "")),
        size=len(data),
    )


def first_words(conversation: Conversation) -> str:
    """Return the first words that the user said, on one line; of a picture without words what it is."""
    for one in conversation:
        if one.role == "user":
            words = " ".join(one.text[:_LOOKED_AT].split())
            if words:
                return words[:_FIRST]
    return ""


def shorten_title(first: str) -> str:
    """Return first words as a title: at most sixty characters, whole words if they are no longer than that."""
    if len(first) <= _TITLE:
        return first
    cut = first[:_TITLE]
    whole = cut.rpartition(" ")[0] if first[_TITLE] != " " else cut
    return f"{whole or cut}…"


def _folded(root: str, events: Iterable[journal.Event]) -> Conversation:
    events = list(events)
    if any(event["type"] == "rewind" for event in events):
        return History(root, events).conversation
    buffer = ConversationBuilder()
    for event in events:
        buffer.apply(event)
    return buffer.conversation()


def _id_of(header: journal.Event, path: Path) -> str:
    """Return the id by which the session can be named: what its header says where the file is called by that.

    A header may say anything, and what is in a list is typed behind /resume, which takes paths.
    """
    named = str(header.get("id", ""))
    return named if named and path.stem.startswith(named) else path.stem
