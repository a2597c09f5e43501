"""An imported conversation, and the choice between several in one file. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from grokchat.errors import FileError, UsageError
from grokchat.messages import Message, ReplyInfo, new_id
from grokchat.records import field, record, replace
from grokchat.session.summary import Progress, Summary, first_words, shorten_title
from grokchat.units import plural

_MAX_LISTED_CHARS = 250
"""The titles that an error lists, together."""
_MAX_TIME_S = 1e11
"""The year 5138, in seconds since 1970."""
_LEFT_OUT = "left out"
_MAX_FIELDS, _MAX_FIELD_CHARS = 6, 40
_MAX_CHOICE_CHARS = 40


@record
class Imported:
    """A conversation that a session can begin with; `changes` says what was left out or changed, or is empty."""

    messages: Sequence[Message]
    settings: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    changes: str = ""


class ImportBuilder:
    """Collects the messages of a conversation, and counts what is left out or changed."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.settings: dict[str, Any] = {}
        self.params: dict[str, Any] = {}
        self._counts: dict[str, dict[str, int]] = {}
        self._fields: list[str] = []
        self._notes: list[str] = []

    def add(self, body: Mapping[str, Any], *, model: object = None, finish_reason: str | None = None) -> None:
        """Append a message; a reply may have a model and a finish_reason."""
        info = None
        if body["role"] == "assistant" and (model or finish_reason):
            info = ReplyInfo(model=model if isinstance(model, str) else None, finish_reason=finish_reason)
        self.messages.append(Message(new_id(), body, info))

    def add_encrypted_reasoning(self, reasoning: Mapping[str, Any]) -> None:
        """Give the last message, a reply, the encrypted reasoning that was sent before it."""
        last = self.messages[-1]
        self.messages[-1] = replace(last, reply=replace(last.reply or ReplyInfo(), encrypted_reasoning=reasoning))

    def leave_out(self, noun: str) -> None:
        """Count something that is not imported; the noun is in the singular."""
        self.count(_LEFT_OUT, noun)

    def leave_out_field(self, name: str) -> None:
        """Remember a field of the conversation that is not imported."""
        self._fields.append(name)

    def count(self, what: str, noun: str) -> None:
        """Count something that becomes something else, such as `as a user's message`."""
        counts = self._counts.setdefault(what, {})
        counts[noun] = counts.get(noun, 0) + 1

    def note(self, text: str) -> None:
        """Remember what else the user should know."""
        self._notes.append(text)

    def build(self, name: object = "") -> Imported:
        """Return the conversation."""
        lists = {what: [plural(count, noun) for noun, count in counts.items()] for what, counts in self._counts.items()}
        if self._fields:
            more = ", ..." if len(self._fields) > _MAX_FIELDS else ""
            names = ", ".join(field[:_MAX_FIELD_CHARS] for field in self._fields[:_MAX_FIELDS])
            lists.setdefault(_LEFT_OUT, []).append(f"the field{'s' * (len(self._fields) > 1)} {names}{more}")
        changes = "; ".join([*(f"{what}: {', '.join(listed)}" for what, listed in lists.items()), *self._notes])
        words = " ".join(name.split()) if isinstance(name, str) else ""
        return Imported(self.messages, self.settings, self.params, words, changes)


class Conversation:
    """One of a file's conversations, which is converted when it is needed.

    `title` may be empty; `updated` is in seconds since 1970, or 0. `build` raises FileError.
    """

    def __init__(self, build: Callable[[], Imported], title: object = "", updated: object = 0) -> None:
        self.build = build
        self.title = " ".join(title.split()) if isinstance(title, str) else ""
        self.updated = float(updated) if isinstance(updated, int | float) and 0 < updated < _MAX_TIME_S else 0.0

    @property
    def heading(self) -> str:
        """The title, or the user's first words."""
        if not self.title:
            with suppress(FileError):
                return shorten_title(first_words(self.build().messages))
        return shorten_title(self.title)


class ConversationChoiceError(UsageError):
    """A file holds several conversations, and it was not said which. It lists them, as a store lists sessions."""

    def __init__(self, path: Path, numbered: Sequence[tuple[int, Conversation]], reason: str) -> None:
        self.folder = path
        self._numbered = numbered
        example = f"{path}#{numbered[-1][0] if len(numbered) < 3 else numbered[1][0]}"
        advice = f"Name one by its number, as in '{example}', or by words of its title"
        super().__init__(f"{path}: {reason}. {advice}: {_listing(numbered)}.")

    def summaries(self, progress: Progress | None = None) -> Iterator[Summary]:
        """Yield a summary of each, newest first, with what -r takes as its path; what cannot be read is skipped."""
        progress = progress or Progress()
        progress.total = len(self._numbered)
        for done, (number, item) in enumerate(sorted(self._numbered, key=lambda pair: -pair[1].updated)):
            if progress.is_stopped:
                return
            progress.advance_to(done)
            with suppress(FileError):
                yield _summary(Path(f"{self.folder}#{number}"), item)
        progress.advance_to(progress.total)


def choose(path: Path, conversations: Sequence[Conversation], choice: str) -> Conversation:
    """Return the conversation with this number (from 1) or with these words in its title, or the only one.

    Raises ConversationChoiceError, and UsageError if there is no such conversation.
    """
    numbered = list(enumerate(conversations, 1))
    held = f"it holds {plural(len(numbered), 'conversation')}"
    if not choice:
        if len(numbered) == 1:
            return conversations[0]
        raise ConversationChoiceError(path, numbered, held)
    if choice.isdecimal():
        matching = [pair for pair in numbered if str(pair[0]) == choice.lstrip("0")]
    else:
        words = choice.casefold().split()
        matching = [pair for pair in numbered if all(word in pair[1].heading.casefold() for word in words)]
    if len(matching) == 1:
        return matching[0][1]
    shown = choice[:_MAX_CHOICE_CHARS]
    if not matching:
        raise UsageError(str(ConversationChoiceError(path, numbered, f"{held}, and none of them is “{shown}”")))
    raise ConversationChoiceError(path, matching, f"{held}, and {len(matching)} of them match “{shown}”")


def _listing(numbered: Iterable[tuple[int, Conversation]]) -> str:
    """Return `1 “Title”, 2 “Other”` and how many more there are."""
    numbered, length = list(numbered), 0
    shown: list[str] = []
    for number, item in numbered:
        entry = f"{number} “{item.heading}”"
        length += len(entry)
        if shown and length > _MAX_LISTED_CHARS:
            return f"{', '.join(shown)}, and {len(numbered) - len(shown):,} more"
        shown.append(entry)
    return ", ".join(shown)


def _summary(path: Path, conversation: Conversation) -> Summary:
    imported = conversation.build()
    return Summary(
        id=path.name,
        path=path,
        updated=conversation.updated,
        name=conversation.title,
        first=first_words(imported.messages),
        messages=len(imported.messages),
        model=next(
            (message.reply.model for message in reversed(imported.messages) if message.reply and message.reply.model),
            "",
        ),
        size=sum(len(message.text) for message in imported.messages),
    )
