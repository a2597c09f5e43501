"""Summaries of sessions for lists, each read from the session's file alone: there is no index that could become stale.

A list may have thousands of sessions, so what it does not need is not parsed (partials of replies) and not replayed
(states that no rewind names).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from grokchat.messages import Message, find_first_question
from grokchat.records import mutable, record
from grokchat.session import journal
from grokchat.session.due_replies import DEFERRED, find_due
from grokchat.session.history import fold_events
from grokchat.session.recorded_events import timestamp

MAX_TIME_S = 253_370_764_800.0
"""The year 9999, in seconds since 1970: file systems have later years, Python's calendar does not."""
_MAX_EXAMINED_CHARS, _MAX_FIRST_CHARS, _MAX_TITLE_CHARS = 4000, 400, 60
"""How much of a message is split into words, and the lengths of its first words and of a title."""

DUE_MARK = "[reply due] "
"""Before the title of a session in which a deferred reply is due."""


@mutable
class Progress:
    """The progress of reading all sessions; `watch` is called at each. Any thread may stop it."""

    watch: Callable[[], object] | None = None
    done: int = 0
    total: int = 0
    is_stopped: bool = False

    def advance_to(self, number: int) -> None:
        """Set how many sessions are done."""
        self.done = number
        if self.watch is not None:
            self.watch()


@record
class Summary:
    """A session as a list shows it.

    `updated` is the file's time, in seconds since 1970; `created` is from its header, in ISO 8601, or empty. `size` is
    in bytes. `first` is the beginning of the first question; `match` is the line that a search found. `due` is the time
    of the request of a deferred reply that has not been fetched, in ISO 8601, or empty.
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
    match: str = ""
    due: str = ""

    @property
    def title(self) -> str:
        """The session's name, or the first words of its first question."""
        return self.name or shorten_title(self.first)

    @property
    def listed_title(self) -> str:
        """The title in a list: it says if a reply is due."""
        return f"{DUE_MARK}{self.title}" if self.due else self.title


class SummarySource(Protocol):
    """Sessions, or other conversations, to choose from; `folder` is where they are."""

    folder: Path

    def summaries(self, progress: Progress | None = None) -> Iterator[Summary]:
        """Yield a summary of each, newest first, until `progress` is stopped."""


def read_summary(path: Path, data: bytes) -> Summary:
    """Return the summary of a session file with this content; raises FileNotFoundError if the file is gone."""
    stored = journal.decode(journal.without_superseded_partials(data))
    names = [event for event in stored.events if event["type"] == "name"]
    models = [event["model"] for event in stored.events if event["type"] == "message" and event.get("model")]
    header = stored.header or {}
    conversation = fold_events(str(header.get("id", path.stem)), stored.events)
    return Summary(
        id=_id_of(header, path),
        path=path,
        updated=min(max(path.stat().st_mtime, 0.0), MAX_TIME_S),
        name=str(names[-1].get("name", "")) if names else "",
        first=first_words(conversation),
        messages=len(conversation),
        model=str(models[-1]) if models else "",
        created=str(header.get("time", "")),
        size=len(data),
        due=_due_since(stored.events),
    )


def _due_since(events: Sequence[journal.Event]) -> str:
    if all(event["type"] != DEFERRED for event in events):
        return ""
    due = find_due(events)
    return timestamp(due[0].since) if due else ""


def first_words(messages: Iterable[Message]) -> str:
    """Return the first question's words on one line; for an image without words, its name in brackets."""
    question = find_first_question(messages)
    return "" if question is None else " ".join(question.text[:_MAX_EXAMINED_CHARS].split())[:_MAX_FIRST_CHARS]


def shorten_title(first: str) -> str:
    """Return first words as a title of at most 60 characters, cut between words unless that would leave few of them.

    So a long address is cut, and so is a text of a script without spaces.
    """
    if len(first) <= _MAX_TITLE_CHARS:
        return first
    cut = first[:_MAX_TITLE_CHARS]
    whole = cut.rpartition(" ")[0] if first[_MAX_TITLE_CHARS] != " " else cut
    return f"{whole if 2 * len(whole) >= _MAX_TITLE_CHARS else cut}…"


def _id_of(header: journal.Event, path: Path) -> str:
    """Return the id that /resume takes: the header's, if the file's name begins with it, else the file's name.

    A header may hold anything, and /resume takes paths too.
    """
    header_id = str(header.get("id", ""))
    return header_id if header_id and path.stem.startswith(header_id) else path.stem
