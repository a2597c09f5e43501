"""A reply assembled from what the API sends: the chunks of a stream, or one complete object.

Both take the same path: a complete `chat.completion` is fed as one large chunk, and the result is always the API's
`chat.completion` object (the API's chat-completions page). Usage is sent once at the end, or cumulatively with every
chunk: the last one counts, and nothing is summed up. Unknown fields are kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from grokchat.records import record

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_MAX_PARTS = 4096
"""Increments before they are joined: a small string takes twenty times the memory of its text."""


@record
class Delta:
    """New text of a reply: of its answer, or of the reasoning before it."""

    text: str = ""
    reasoning: str = ""


class _Text:
    r"""Text from increments. If a surrogate pair (JSON's `\ud83d\ude00`) is cut in two, its first half is held back."""

    def __init__(self) -> None:
        self.size = 0
        self._whole: list[str] = []
        self._parts: list[str] = []
        self._held = ""

    def add(self, text: str) -> str:
        text = self._held + text
        self._held = ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            self._held, text = text[-1], text[:-1]
        if _LONE_SURROGATE.search(text):
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if text:
            self._append(text)
        return text

    def close(self) -> str:
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
        return "".join((*self._whole, *self._parts)) + ("\ufffd" if self._held else "")


class _Fields(dict[str, Any]):
    """Unknown fields and their size in characters. Most fields of a chunk repeat the last chunk's."""

    def __init__(self) -> None:
        super().__init__()
        self.size = 0

    def __setitem__(self, key: str, value: Any) -> None:
        current = self.get(key)
        if current is None or current != value:
            self.size += len(key) + _size(value) - (len(key) + _size(current) if key in self else 0)
            super().__setitem__(key, value)


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str) else len(str(value))


class ReplyBuilder:
    """Builds a completion from chunks; returns the text that each adds and, at any time, the completion so far."""

    def __init__(self) -> None:
        self.finish_reason: str | None = None
        self.usage: dict[str, Any] | None = None
        self._top = _Fields()
        self._message = _Fields()
        self._choice = _Fields()
        self._content = _Text()
        self._reasoning = _Text()
        self._tool_calls: dict[int, dict[str, Any]] = {}
        self._tool_call_size = 0

    def feed(self, chunk: Mapping[str, Any]) -> Delta:
        """Add a chunk of a stream, or a complete completion, and return the text that it adds."""
        for key, value in chunk.items():
            if key == "usage":
                self._set_usage(value)
            elif key not in {"choices", "object"} and value is not None:
                # `created` may advance from chunk to chunk; the first one is when the reply began.
                if key == "created":
                    self._top.setdefault(key, value)
                else:
                    self._top[key] = value
        text = reasoning = ""
        choices = chunk.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if not isinstance(choice, dict) or choice.get("index") not in (0, None):
                continue
            delta = self._add_choice(choice)
            text += delta.text
            reasoning += delta.reasoning
        return Delta(text, reasoning)

    def close(self) -> Delta:
        """End the reply, and return half a surrogate pair that was held back, as U+FFFD."""
        return Delta(self._content.close(), self._reasoning.close())

    @property
    def size(self) -> int:
        """The approximate number of characters kept of the reply."""
        fields = self._top.size + self._message.size + self._choice.size
        return self._content.size + self._reasoning.size + self._tool_call_size + fields

    @property
    def text(self) -> str:
        """The reply's text so far."""
        return str(self._content)

    @property
    def reasoning(self) -> str:
        """The reasoning so far, if the API sends it."""
        return str(self._reasoning)

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
    def tool_calls(self) -> list[dict[str, Any]]:
        """The tool calls of the reply."""
        return [self._tool_calls[index] for index in sorted(self._tool_calls)]

    def message(self) -> dict[str, Any]:
        """Return the reply as the next request sends it."""
        message: dict[str, Any] = {"role": "assistant", "content": self.text}
        # Leaving out earlier reasoning is the top cause of cache misses, by the API's documentation.
        if self.reasoning:
            message["reasoning_content"] = self.reasoning
        if self._tool_calls:
            message["tool_calls"] = self.tool_calls
        return message

    def completion(self) -> dict[str, Any]:
        """Return the API's `chat.completion` object."""
        message = {**self._message, **self.message()}
        choice = {"index": 0, **self._choice, "message": message, "finish_reason": self.finish_reason}
        completion = {"object": "chat.completion", **self._top, "choices": [choice]}
        if self.usage is not None:
            completion["usage"] = self.usage
        return completion

    def _top_text(self, key: str) -> str | None:
        value = self._top.get(key)
        return value if isinstance(value, str) and value else None

    def _set_usage(self, usage: object) -> None:
        if not isinstance(usage, dict):
            return
        # A later chunk that reports no cost must not erase an earlier one; 0 means "not reported".
        ticks = (self.usage or {}).get("cost_in_usd_ticks")
        self.usage = usage
        if ticks and not usage.get("cost_in_usd_ticks"):
            self.usage = {**usage, "cost_in_usd_ticks": ticks}

    def _add_choice(self, choice: Mapping[str, Any]) -> Delta:
        reason = choice.get("finish_reason")
        if isinstance(reason, str):
            # Some servers end tool calls with an empty reason; it still means that the reply is complete.
            self.finish_reason = reason or ("tool_calls" if self._tool_calls else "unknown")
        for key, value in choice.items():
            if key not in {"delta", "message", "finish_reason", "index"} and value is not None:
                self._choice[key] = value
        delta = choice.get("delta", choice.get("message"))
        if not isinstance(delta, dict):
            return Delta()
        for key, value in delta.items():
            if key not in {"role", "content", "reasoning_content", "tool_calls"}:
                self._message[key] = value
        calls = delta.get("tool_calls")
        for position, call in enumerate(calls if isinstance(calls, list) else ()):
            self._add_tool_call(call, position)
        content, reasoning = delta.get("content"), delta.get("reasoning_content")
        return Delta(
            self._content.add(content) if isinstance(content, str) else "",
            self._reasoning.add(reasoning) if isinstance(reasoning, str) else "",
        )

    def _add_tool_call(self, call: object, position: int) -> None:
        if not isinstance(call, dict):
            return
        self._tool_call_size += _size(call)
        index = call.get("index")
        call_so_far = self._tool_calls.setdefault(index if isinstance(index, int) else position, {})
        for key, value in call.items():
            if key == "function" and isinstance(value, dict):
                function = call_so_far.get("function")
                if not isinstance(function, dict):
                    function = call_so_far["function"] = {"name": "", "arguments": ""}
                for part in ("name", "arguments"):
                    if isinstance(value.get(part), str):
                        function[part] += value[part]
            elif key != "index" and value is not None:
                call_so_far[key] = value
