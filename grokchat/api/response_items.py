"""The output items of a response - reasoning, calls, messages - assembled from events that interleave.

What an event belongs to is decided by its item's id and number, never by the order of arrival. A text comes in
increments and again whole, once or several times; only what is new of it counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from grokchat.api.increments import JoinedText

_MAX_PARTS = 1024
"""Of one item; further ones are not kept."""
_MAX_ANNOTATIONS = 20_000
_MAX_COMPARISONS = 16
"""How often a text may come whole: each time it is compared with what has arrived of it."""

PART_LISTS = {"text": "content", "refusal": "content", "reasoning": "content", "summary": "summary"}
"""The field of an item that holds a part, by the part's kind; all other kinds are fields of the item itself."""
_PART_TYPES = {
    "text": ("output_text", "text"),
    "refusal": ("refusal", "refusal"),
    "reasoning": ("reasoning_text", "text"),
    "summary": ("summary_text", "text"),
}


class Part:
    """A text of an item: what of it was passed on, and what waits.

    A part with a gap - an event before it is missing - waits until it comes whole.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.annotations: list[Any] = []
        self.logprobs: list[Any] = []
        self.fields: Mapping[str, Any] = {}
        self.is_done = False
        self.has_gap = False
        self.gap_count = 0
        """How many gaps the stream had when the part was last added to."""
        self.passed = JoinedText()
        self._comparisons = 0
        self._waiting: list[str] = []
        self._waiting_size = 0

    @property
    def text(self) -> str:
        """All of it so far."""
        self._waiting = ["".join(self._waiting)] if self._waiting else []  # joined once, however often it is asked for
        return str(self.passed) + "".join(self._waiting)

    @property
    def size(self) -> int:
        """The number of characters."""
        return self.passed.size + self._waiting_size

    @property
    def has_waiting(self) -> bool:
        """Whether there is something that was not passed on."""
        return bool(self._waiting)

    def add(self, text: str) -> None:
        """Add an increment, unless the part is whole already."""
        if text and not self.is_done:
            self._waiting.append(text)
            self._waiting_size += len(text)

    def set_whole(self, text: str) -> None:
        """Take the whole text: what was not passed on yet waits, and what waited is part of it."""
        self._comparisons += 1
        rest = self.passed.rest_of(text) if self._comparisons <= _MAX_COMPARISONS else None
        if rest is not None and len(text) >= self.size:
            self._waiting, self._waiting_size = ([rest] if rest else []), len(rest)
        self.is_done, self.has_gap = bool(text), False

    def take(self) -> str:
        """Return what waits, as it is passed on now."""
        if self.has_gap or not self._waiting:
            return ""
        text = "".join(self._waiting)
        self._waiting.clear()
        self._waiting_size = 0
        self.passed.add(text)
        return text

    def annotate(self, annotation: Any) -> None:
        """Add an annotation."""
        if len(self.annotations) < _MAX_ANNOTATIONS:
            self.annotations.append(annotation)

    def value(self) -> dict[str, Any]:
        """Return the API's object for it."""
        kind, key = _PART_TYPES[self.kind]
        more = {"logprobs": self.logprobs, "annotations": self.annotations} if self.kind == "text" else {}
        return {**self.fields, "type": kind, key: self.text, **more}


class Item:
    """One output item: its fields as last received, and its texts by kind and number."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.fields = fields
        self.is_done = False
        self.parts: dict[tuple[str, int], Part] = {}
        self.activity = ""
        self.call_number: int | None = None
        """Of a function call, which is the user's to answer: its place among these."""
        self.reasoning_kind = ""
        """Which of its two kinds of reasoning is passed on: the first that has text."""

    @property
    def type(self) -> str:
        """The item's type, or nothing."""
        kind = self.fields.get("type")
        return kind if isinstance(kind, str) else ""

    def part(self, kind: str, index: object = 0) -> Part:
        """Return one of its texts."""
        number = index if type(index) is int and 0 <= index < _MAX_PARTS else 0
        if (kind, number) not in self.parts:
            self.parts[kind, number] = Part(kind)
        return self.parts[kind, number]

    @property
    def annotations(self) -> list[Any]:
        """The annotations of all of its texts."""
        return [annotation for part in self.parts.values() for annotation in part.annotations]

    def known(self) -> dict[str, Any]:
        """Return the item with what the increments say of its own fields (`arguments`, `input`, `code`)."""
        own = {kind: part.text for (kind, _), part in self.parts.items() if kind not in PART_LISTS}
        return {**self.fields, **{kind: text for kind, text in own.items() if text}}

    def value(self) -> dict[str, Any]:
        """Return the API's object: as it came if it is complete, else from its parts."""
        if self.is_done:
            return dict(self.fields)
        value = self.known()
        if not self.type and self.parts:  # its beginning is missing
            is_message = any(kind in {"text", "refusal"} for kind, _ in self.parts)
            value |= {"type": "message", "role": "assistant"} if is_message else {"type": "reasoning"}
        for name in ("content", "summary"):
            numbered = [(at, part) for (kind, at), part in self.parts.items() if PART_LISTS.get(kind) == name]
            if parts := [part for _, part in sorted(numbered, key=itemgetter(0)) if part.size]:
                value[name] = [part.value() for part in parts]
        return value
