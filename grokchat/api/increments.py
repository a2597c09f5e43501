"""Text and fields that arrive in increments.

Both know their size, so that a stream without end can be stopped. The work is linear in what arrives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_MAX_PARTS = 4096
"""Increments before they are joined: a small string takes twenty times the memory of its text."""


class JoinedText:
    r"""Text from increments. If a surrogate pair (JSON's `\ud83d\ude00`) is cut in two, its first half is held back."""

    __slots__ = ("_held", "_parts", "_whole", "size")

    def __init__(self) -> None:
        self.size = 0
        self._whole: list[str] = []
        self._parts: list[str] = []
        self._held = ""

    def add(self, text: str) -> str:
        """Add an increment and return what it adds."""
        text = self._held + text
        self._held = ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            self._held, text = text[-1], text[:-1]
        if not text.isascii() and _LONE_SURROGATE.search(text):
            text = _replace_surrogates(text)
        if text:
            self._append(text)
        return text

    def rest_of(self, whole: str) -> str | None:
        """Return what `whole` has after this text, or None if it does not begin with this text."""
        if len(whole) < self.size:
            return None
        text, whole = str(self), _replace_surrogates(whole)
        return whole[len(text) :] if whole.startswith(text) else None

    def close(self) -> str:
        """End the text, and return half a surrogate pair that was held back, as U+FFFD."""
        text = "\ufffd" if self._held else ""
        self._held = ""
        self._append(text)
        return text

    def _append(self, text: str) -> None:
        self.size += len(text)
        self._parts.append(text)
        if len(self._parts) >= _MAX_PARTS:
            self._whole.append("".join(self._parts))
            self._parts.clear()

    def __str__(self) -> str:
        if self._parts:
            self._whole = ["".join((*self._whole, *self._parts))]
            self._parts.clear()
        return "".join(self._whole) + ("\ufffd" if self._held else "")


class JoinedFields(dict[str, Any]):
    """Fields without a meaning here, kept as received: the last value that is not null counts, and lists are joined.

    Most fields of a chunk repeat the last chunk's, so a list that is sent again, or sent again with more at its end, is
    not doubled. Of other lists the items are added: all of them if the lists are increments, else the new ones.

    `size` is only counted when it is asked for: for a complete reply it is not, and the values may be large.
    """

    def __init__(self, *, lists_are_increments: bool = False) -> None:
        super().__init__()
        self._lists_are_increments = lists_are_increments
        self._counted_size = 0
        self._uncounted: list[Any] = []
        self._own_lists: set[str] = set()  # the keys of joined lists, which can be changed
        self._known_items: dict[str, set[str]] = {}

    @property
    def size(self) -> int:
        """The approximate number of characters kept."""
        if self._uncounted:
            self._counted_size += sum(map(_size, self._uncounted))
            self._uncounted.clear()
        return self._counted_size

    def put(self, key: str, value: Any) -> None:
        """Add a value that was received."""
        if key not in self:
            self._uncounted += (key, value)
            self[key] = value
            return
        current = self[key]
        if value is None or current == value:
            return
        if isinstance(current, list) and isinstance(value, list):
            self._join(key, current, value)
            return
        self._counted_size -= _size(current)
        self._uncounted.append(value)
        self._own_lists.discard(key)
        self._known_items.pop(key, None)
        self[key] = value

    def extend(self, key: str, items: Sequence[Any]) -> None:
        """Add items to a list, which may not exist yet."""
        if key not in self._own_lists:
            current = self.get(key)
            self._own_lists.add(key)
            self[key] = list(current) if isinstance(current, list) else []
        self[key].extend(items)
        self._uncounted.append(items)
        if key in self._known_items:
            self._known_items[key].update(map(_fingerprint, items))

    def _join(self, key: str, current: Sequence[Any], value: Sequence[Any]) -> None:
        if value[: len(current)] == current:
            value = value[len(current) :]
        elif not self._lists_are_increments:
            if key not in self._known_items:
                self._known_items[key] = set(map(_fingerprint, current))
            value = [item for item in value if _fingerprint(item) not in self._known_items[key]]
        self.extend(key, value)


def join_lists(joined: JoinedFields, value: Mapping[str, Any]) -> None:
    """Add an object whose lists are increments, such as log probabilities: one for each token, repeated or not."""
    for key, inner in value.items():
        if isinstance(inner, list):
            joined.extend(key, inner)
        else:
            joined.put(key, inner)


def _replace_surrogates(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _fingerprint(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str) else len(str(value))
