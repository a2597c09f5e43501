"""Tool calls, assembled from the pieces that a stream cuts them into.

The API sends each call whole, with its number. Other servers cut the arguments into pieces, repeat the name, the
arguments or both in each piece, leave the number out, or give every call the number 0. What a piece belongs to is
decided by its number, its id and its name; whether the pieces are parts or repetitions is decided at the end.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from grokchat import strict_json
from grokchat.api.increments import JoinedFields, JoinedText
from grokchat.redaction import redact_values

_MAX_CALLS = 1024
"""Far more than a model makes at once; further ones are not kept."""


class ToolCalls:
    """The tool calls of one reply. `redact` strikes the API key out of them."""

    def __init__(self, redact: Callable[[str], str] = str) -> None:
        self._redact = redact
        self._calls: list[_ToolCall] = []
        self._last: _ToolCall | None = None

    @property
    def size(self) -> int:
        """The approximate number of characters kept."""
        return sum(call.size for call in self._calls)

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, pieces: object) -> None:
        """Add the `tool_calls` of a delta or of a complete message; anything but an object is ignored."""
        listed = [piece for piece in pieces if isinstance(piece, dict)] if isinstance(pieces, list) else []
        given: list[_ToolCall] = []
        for position, piece in enumerate(listed):
            call = self._find(piece, position, given, is_alone=len(listed) == 1)
            if call is None:
                if len(self._calls) == _MAX_CALLS:
                    return
                call = _ToolCall(as_integer(piece.get("index")), len(self._calls))
                self._calls.append(call)
            call.add(piece)
            given.append(call)
            self._last = call

    def all(self) -> list[dict[str, Any]]:
        """Return all calls, as the API's objects."""
        return [self._value(call) for call in self._sorted()]

    def valid(self, *, is_cut: bool) -> list[dict[str, Any]]:
        """Return the calls that a request can carry: with a name, and with arguments that are JSON.

        `is_cut` is True if the reply was cut: a call without arguments is then one whose arguments are missing.
        """
        return [self._value(call) for call in self._sorted() if call.is_valid(is_cut=is_cut)]

    def _value(self, call: _ToolCall) -> dict[str, Any]:
        value: dict[str, Any] = redact_values(call.value(), self._redact)
        return value

    def _sorted(self) -> list[_ToolCall]:
        def place(call: _ToolCall) -> tuple[int, int]:
            return (call.position if call.index is None else call.index, call.position)

        return sorted(self._calls, key=place)

    def _find(
        self, piece: Mapping[str, Any], position: int, given: Sequence[_ToolCall], *, is_alone: bool
    ) -> _ToolCall | None:
        """Return the call that a piece continues, or None if it begins one; not one that this list has `given`."""
        index, call_id = as_integer(piece.get("index")), _text(piece.get("id"))
        candidates = [call for call in self._calls if call.index == index] if index is not None else self._calls
        if not candidates and not _name_in(piece) and self._last is not None and self._has_double(self._last):
            # Some servers begin a call with the number of an earlier one, and number its other pieces rightly.
            candidates = [self._last]
        if call_id and (same_id := [call for call in candidates if call.id == call_id]):
            candidates = same_id
        elif index is None and (is_alone or call_id):
            candidates = [] if self._last is None else [self._last]
        elif index is None:
            candidates = self._calls[position : position + 1]
        for call in reversed(candidates):
            if call not in given and not call.is_followed_by(piece):
                return call
        return None

    def _has_double(self, call: _ToolCall) -> bool:
        return sum(other.index == call.index for other in self._calls) > 1


class _ToolCall:
    """One call. `index` is the number that the server gave it, if any, and `position` its place among the calls."""

    def __init__(self, index: int | None, position: int) -> None:
        self.index = index
        self.position = position
        self._fields = JoinedFields()
        self._function: JoinedFields | None = None
        self._odd_function: object = None
        self._name = _Pieces()
        self._arguments = _Pieces()

    @property
    def id(self) -> str:
        """The id, or "" until one arrives."""
        return _text(self._fields.get("id"))

    @property
    def size(self) -> int:
        """The approximate number of characters kept."""
        function_size = 0 if self._function is None else self._function.size
        return self._fields.size + function_size + self._name.size + self._arguments.size

    def is_followed_by(self, piece: Mapping[str, Any]) -> bool:
        """Return whether a piece that has this call's number, or none, is the beginning of another call."""
        call_id, function = _text(piece.get("id")), piece.get("function")
        name, arguments = _name_in(piece), function.get("arguments") if isinstance(function, dict) else None
        if call_id and call_id == self.id:
            return False
        if call_id and self.id:
            # Some servers invent an id for each piece, but name the function only once.
            return bool(name) or self._arguments.is_complete()
        if not name or not self._arguments.is_complete():
            return False
        return bool(name != self._name.text() or (arguments and not self._arguments.is_repeated_by(arguments)))

    def add(self, piece: Mapping[str, Any]) -> None:
        """Add a piece."""
        for key, value in piece.items():
            if key == "function":
                self._add_function(value)
            elif key == "id":
                if not self.id:
                    self._fields.put(key, value)
            elif key != "index" and value is not None:
                self._fields.put(key, value)

    def _add_function(self, value: object) -> None:
        if not isinstance(value, dict):
            self._odd_function = value if self._odd_function is None else self._odd_function
            return
        if self._function is None:
            self._function = JoinedFields()
        for key, inner in value.items():
            if key == "name":
                self._name.add(_text(inner))
            elif key != "arguments":
                self._function.put(key, inner)
            elif inner is not None:
                # Some servers send the arguments as the object that they are, not as its JSON.
                self._arguments.add(inner if isinstance(inner, str) else strict_json.dump_ascii(inner))

    def value(self) -> dict[str, Any]:
        """Return the API's object."""
        if self._function is not None:
            function = {**self._function, "name": self._name.text(), "arguments": self._arguments.text()}
            return {**self._fields, "function": function}
        return {**self._fields, "function": self._odd_function} if self._odd_function is not None else {**self._fields}

    def is_valid(self, *, is_cut: bool) -> bool:
        """Return whether a request can carry this call."""
        if not self._name.text():
            return False
        return _is_json(self._arguments.text()) if self._arguments.size else not is_cut


class _Pieces:
    """A text that arrives in pieces, each of which is a part of it, or all of it so far."""

    def __init__(self) -> None:
        self._joined = JoinedText()
        self._count = 0
        self._last = ""
        self._is_repeated = True
        """Whether each piece began with the one before."""
        self._open_brackets = 0
        self._open_brackets_of_last = 0
        self._next_check_size = 0

    @property
    def size(self) -> int:
        return self._joined.size

    def add(self, piece: str) -> None:
        """Add a piece."""
        if not piece:
            return
        self._joined.add(piece)
        self._is_repeated = self.is_repeated_by(piece)
        self._last = piece
        self._count += 1
        self._open_brackets_of_last = sum(map(piece.count, "{[")) - sum(map(piece.count, "}]"))
        self._open_brackets += self._open_brackets_of_last

    def is_repeated_by(self, piece: object) -> bool:
        """Return whether this piece and those before it may each be all of the text so far."""
        return isinstance(piece, str) and self._is_repeated and piece.startswith(self._last)

    def is_complete(self) -> bool:
        """Return whether the text is a JSON object or list.

        It is parsed only where the count of its brackets allows that and, after a wrong guess, at twice the size: so
        asking at each piece takes linear time in all.
        """
        open_brackets = self._open_brackets_of_last if self._is_repeated else self._open_brackets
        if open_brackets > 0 or self._last[-1:] not in {"}", "]"} or self.size < self._next_check_size:
            return False
        is_json = _is_json(self.text())
        self._next_check_size = 0 if is_json else 2 * self.size
        return is_json

    def text(self) -> str:
        """Return the text: the pieces joined if they are JSON, else the last one if each began with the one before."""
        joined = str(self._joined)
        return joined if self._count < 2 or not self._is_repeated or _is_json(joined) else self._last


def as_integer(value: object) -> int | None:
    """Return a number that may also come as a float or as digits, or None."""
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS:
        return int(value)
    return None


_MAX_DIGITS = 9


def _name_in(piece: Mapping[str, Any]) -> str:
    function = piece.get("function")
    return _text(function.get("name")) if isinstance(function, dict) else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
