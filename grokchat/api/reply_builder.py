"""A reply assembled from what `POST /chat/completions` sends: the chunks of a stream, or one complete object.

Both take the same path: a complete `chat.completion` is fed as one large chunk, and the result is always the API's
`chat.completion` object (the API's chat-completions page). Usage is sent once at the end, or cumulatively with every
chunk: the last one counts, and nothing is summed up. Unknown fields are kept. With the parameter `n` there are several
choices; the first one is the reply, the others are kept beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from grokchat.api.choice import Choice
from grokchat.api.increments import JoinedFields
from grokchat.api.tool_calls import as_integer
from grokchat.records import record
from grokchat.redaction import redact_values

if TYPE_CHECKING:
    from grokchat.reply_sources import ReplySource

_MAX_CHOICES = 1024
"""More than any server makes; further ones are not kept."""
_FIRST_ODD_INDEX = 1 << 32
"""The number of the first choice without a valid number: after all others."""


@record
class Delta:
    """What arrived of a reply: text of its answer, or of the reasoning before it; or what the model does now.

    `activity` is a phrase for the live line, such as `searching X: "grok"`. It is untrusted, as all text is.
    """

    text: str = ""
    reasoning: str = ""
    activity: str = ""


class ReplyBuilder:
    """Builds a completion from chunks; returns the text that each adds and, at any time, the completion so far.

    `redact` strikes the API key out of all fields except the text of the choices.
    """

    def __init__(self, redact: Callable[[str], str] = str) -> None:
        self._redact = redact
        self.usage: dict[str, Any] | None = None
        self._top = JoinedFields()
        self._choices: dict[int, Choice] = {}

    def feed(self, chunk: Mapping[str, Any]) -> Delta:
        """Add a chunk of a stream, or a complete completion, and return the text that it adds to the first choice."""
        for key, value in chunk.items():
            if key == "usage":
                self._set_usage(value)
            elif key == "created":
                # It may advance from chunk to chunk; the first one is when the reply began.
                self._top.setdefault(key, value)
            elif key not in {"choices", "object"}:
                self._top.put(key, value)
        text = reasoning = ""
        for index, choice in _numbered(chunk.get("choices")):
            added = (self._choices.get(index) or self._new_choice(index)).feed(choice)
            if index == 0:
                text, reasoning = text + added[0], reasoning + added[1]
        return Delta(text, reasoning)

    def close(self) -> Delta:
        """End the reply, and return the text of the reply that was not returned yet.

        That is half a surrogate pair, as U+FFFD, or everything if no choice has the number 0.
        """
        ends = {index: choice.close() for index, choice in self._choices.items()}
        if not ends or 0 in ends:
            return Delta(*ends.get(0, ()))
        return Delta(self.text, self.reasoning)

    def release(self) -> Delta:
        """Return text that was held back, when nothing more arrives: also of a reply that broke off."""
        return Delta()

    def end(self) -> None:
        """Mark the reply as complete, although it has no `finish_reason`."""
        for choice in self._choices.values():
            choice.finish_reason = choice.finish_reason or "unknown"

    @property
    def finish_reason(self) -> str | None:
        """Why the reply ended; None until it is complete."""
        return self._first.finish_reason

    @finish_reason.setter
    def finish_reason(self, reason: str | None) -> None:
        self._first.finish_reason = reason

    def has_ended(self, choice_count: int = 1) -> bool:
        """Return whether the server has said why each choice ended; `choice_count` is how many there are to be."""
        for choice in self._choices.values():
            if not choice.has_ended:
                return False
        return len(self._choices) >= choice_count

    @property
    def has_content(self) -> bool:
        """Whether anything of the reply has arrived, which may have been billed."""
        return any(choice.has_content for choice in self._choices.values())

    @property
    def size(self) -> int:
        """The approximate number of characters kept of the reply."""
        return self._top.size + sum(choice.size for choice in self._choices.values())

    @property
    def choices(self) -> Sequence[Choice]:
        """All choices, in order; the first one is the reply."""
        return [self._choices[index] for index in sorted(self._choices)]

    @property
    def text(self) -> str:
        """The reply's text so far."""
        return self._first.text

    @property
    def reasoning(self) -> str:
        """The reasoning so far, if the API sends it."""
        return self._first.reasoning

    @property
    def refusal(self) -> str:
        """The refusal so far, which is part of the text."""
        return self._first.refusal

    @property
    def model(self) -> str | None:
        """The model that served the request, which may not be the one that was asked for."""
        return self._top_text("model")

    @property
    def response_id(self) -> str | None:
        """The API's id of the completion."""
        return self._top_text("id")

    @property
    def system_fingerprint(self) -> str | None:
        """The API's name of the configuration that served it."""
        return self._top_text("system_fingerprint")

    @property
    def sources(self) -> Sequence[ReplySource]:
        """What the reply cites or, if it cites nothing, what the model has read: only replies with search have any."""
        return ()

    @property
    def encrypted_reasoning(self) -> Sequence[Mapping[str, Any]]:
        """Reasoning that only the model can read, as the API wants it back: only replies with search have any."""
        return ()

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        """The tool calls of the reply."""
        return self._first.tool_calls.all()

    def message(self) -> dict[str, Any]:
        """Return the reply as the next request sends it."""
        return self._first.message()

    def api_object(self) -> dict[str, Any]:
        """Return the API's object for the reply: a `chat.completion`."""
        choices = [choice.value() for choice in self.choices]
        top = redact_values({**self._top}, self._redact)
        completion = {"object": "chat.completion", **top, "choices": choices}
        if self.usage is not None:
            completion["usage"] = self.usage
        return completion

    @property
    def _first(self) -> Choice:
        if not self._choices:
            return Choice(0, self._redact)
        return self._choices[0 if 0 in self._choices else min(self._choices)]

    def _new_choice(self, index: int) -> Choice:
        choice = Choice(index, self._redact)
        if len(self._choices) < _MAX_CHOICES:
            self._choices[index] = choice
        return choice

    def _top_text(self, key: str) -> str | None:
        value = self._top.get(key)
        return self._redact(value) if isinstance(value, str) and value else None

    def _set_usage(self, value: object) -> None:
        if not isinstance(value, dict):
            return
        usage: dict[str, Any] = redact_values(value, self._redact)
        # A later chunk that reports no cost must not erase an earlier one; 0 means "not reported".
        ticks = (self.usage or {}).get("cost_in_usd_ticks")
        self.usage = usage
        if ticks and not usage.get("cost_in_usd_ticks"):
            self.usage = {**usage, "cost_in_usd_ticks": ticks}


def _numbered(choices: object) -> Sequence[tuple[int, Mapping[str, Any]]]:
    """Return the choices of a chunk or a completion with their numbers.

    Without a number the place counts, and also if several complete choices have the same number. Some servers send one
    choice unchanged, or an object of several.
    """
    if isinstance(choices, list) and len(choices) == 1 and type(choices[0]) is dict and choices[0].get("index") == 0:
        return [(0, choices[0])]
    if isinstance(choices, dict):
        choices = [choices] if choices.keys() & {"message", "delta"} else list(choices.values())
    numbered: dict[int, Any] = {}
    again: list[tuple[int, Any]] = []
    for position, choice in enumerate(choices if isinstance(choices, list) else ()):
        if not isinstance(choice, dict):
            continue
        index = position if choice.get("index") is None else as_integer(choice["index"])
        if index is None:
            index = _FIRST_ODD_INDEX + position
        if index not in numbered:
            numbered[index] = choice
        elif "message" not in choice:
            again.append((index, choice))
        elif len(numbered) < _MAX_CHOICES:
            numbered[max(numbered) + 1] = choice
    return [*numbered.items(), *again]
