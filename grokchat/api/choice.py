"""One choice of a reply, assembled from the deltas of a stream or from a complete message.

Servers differ in where they put the text: in `delta` or in `message`, as a text or as a list of parts, as `content` or
as `refusal`. Some send both, `message` holding all of the reply so far. All of them come out as the same message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from grokchat.api.increments import JoinedFields, JoinedText, join_lists
from grokchat.api.tool_calls import ToolCalls
from grokchat.messages import LIMITS
from grokchat.redaction import redact_message, redact_values

_REASONING_KEYS = ("reasoning_content", "reasoning", "reasoning_text", "thinking")
"""The API's name, and other servers'. Some send the same text under two of them, so the first that has text counts."""
_REPLY_KEYS = frozenset({"content", "refusal", "tool_calls", "function_call", *_REASONING_KEYS})
_REASONING_PARTS = frozenset({"reasoning", "reasoning_text", "summary_text", "thinking"})
_CUT_REASONS = frozenset({None, *LIMITS})


class Choice:
    """One choice. `index` is its number, `finish_reason` is None until it is complete.

    `has_ended` is True once the server has said why it ended; an empty reason, which some send with every chunk, only
    counts if nothing follows. `redact` strikes the API key out of everything but the text.
    """

    def __init__(self, index: int, redact: Callable[[str], str] = str) -> None:
        self.index = index
        self._redact = redact
        self.finish_reason: str | None = None
        self.has_ended = False
        self.tool_calls = ToolCalls(redact)
        self._fields = JoinedFields()
        self._logprobs: JoinedFields | None = None
        self._message = JoinedFields(lists_are_increments=True)
        self._function_call: ToolCalls | None = None
        self._text = JoinedText()
        self._reasoning = JoinedText()
        self._reasoning_key = _REASONING_KEYS[0]
        # Without a refusal all text is content, so only a refusal needs the two apart.
        self._content = self._text
        self._refusal: JoinedText | None = None
        self._parts = JoinedFields()
        self._has_deltas = False

    @property
    def size(self) -> int:
        """The approximate number of characters kept."""
        size = self._text.size + self._reasoning.size + self._message.size + self._fields.size + self._parts.size
        others = (self.tool_calls, self._function_call, self._logprobs)
        return size + sum(other.size for other in others if other is not None)

    @property
    def has_content(self) -> bool:
        """Whether anything of the reply has arrived, which may have been billed."""
        is_text = self._text.size or self._reasoning.size
        return bool(is_text or self.tool_calls or self._function_call or self._parts or any(self._message.values()))

    @property
    def text(self) -> str:
        """The text so far: the content, and a refusal."""
        return str(self._text)

    @property
    def reasoning(self) -> str:
        """The reasoning so far."""
        return str(self._reasoning)

    @property
    def refusal(self) -> str:
        """The refusal so far, which is part of the text."""
        return "" if self._refusal is None else str(self._refusal)

    def feed(self, choice: Mapping[str, Any]) -> tuple[str, str]:
        """Add what a chunk or a complete reply holds of this choice; return the text and the reasoning that it adds."""
        delta = message = reason = None
        for key, value in choice.items():
            if key == "delta":
                delta = value if isinstance(value, dict) else None
            elif key == "message":
                message = value if isinstance(value, dict) else None
            elif key == "finish_reason":
                reason = value
            elif key == "logprobs":
                self._add_logprobs(value)
            elif key != "index":
                self._fields.put(key, value)
        if delta is message is None and isinstance(choice.get("text"), str):
            delta = {"content": choice["text"]}  # of the older completions, which some servers answer with
        text, reasoning = ("", "") if delta is None else self._add(delta)
        if message is not None:
            self._has_deltas = self._has_deltas or bool(text or reasoning)
            more_text, more_reasoning = self._add(self._rest_of(message, delta or {}))
            text, reasoning = text + more_text, reasoning + more_reasoning
        elif text or reasoning:
            self._has_deltas = True
        if text or reasoning:
            self.has_ended = False
        if reason is not None:
            self._end(reason)
        return text, reasoning

    def close(self) -> tuple[str, str]:
        """End the text and the reasoning; return what they held back."""
        return self._text.close(), self._reasoning.close()

    def message(self) -> dict[str, Any]:
        """Return the message as the next request sends it."""
        message: dict[str, Any] = {"role": "assistant", "content": self.text}
        # Leaving out earlier reasoning is the top cause of cache misses, by the API's documentation.
        if self._reasoning.size:
            message["reasoning_content"] = self.reasoning
        if self.tool_calls and (calls := self.tool_calls.valid(is_cut=self.finish_reason in _CUT_REASONS)):
            message["tool_calls"] = calls
        return redact_message(message, self._redact)

    @property
    def calls(self) -> list[dict[str, Any]]:
        """All tool calls; that of the older form, which no request can carry without an id, is the last."""
        older = [] if self._function_call is None else self._function_call.all()
        return [*self.tool_calls.all(), *({"type": "function", "function": call.get("function")} for call in older)]

    @property
    def unsent_tool_calls(self) -> list[dict[str, Any]]:
        """The tool calls that no request can carry, so that the message has not got them."""
        sent = self.message().get("tool_calls", [])
        return [call for call in self.calls if call not in sent]

    def value(self) -> dict[str, Any]:
        """Return the API's object: a choice of a `chat.completion`."""
        message: dict[str, Any] = {"role": "assistant", "content": self._content_value(), **self._message}
        if self._refusal is not None:
            message["refusal"] = self.refusal
        if self._reasoning.size:
            message[self._reasoning_key] = self.reasoning
        if self.tool_calls:
            message["tool_calls"] = self.tool_calls.all()
        if self._function_call:
            message["function_call"] = self._function_call.all()[0].get("function")
        logprobs = {} if self._logprobs is None else {"logprobs": dict(self._logprobs)}
        fields: dict[str, Any] = redact_values({**self._fields, **logprobs}, self._redact)
        message = redact_message(message, self._redact)
        return {"index": self.index, **fields, "message": message, "finish_reason": self.finish_reason}

    def _content_value(self) -> str | list[Any] | None:
        content = str(self._content)
        if self._parts:
            return [*([{"type": "text", "text": content}] if content else []), *self._parts["content"]]
        return content if content or self._refusal is None else None

    def _end(self, reason: object) -> None:
        if isinstance(reason, str) and reason:
            self.finish_reason, self.has_ended = self._redact(reason), True
        elif self.finish_reason is None and (reason or reason == ""):
            # Some servers end tool calls with an empty reason; it still means that the reply is complete.
            self.finish_reason = "tool_calls" if self.tool_calls else "unknown"

    # -- deltas ------------------------------------------------------------------------------------------------------

    def _add(self, delta: Mapping[str, Any]) -> tuple[str, str]:
        text = reasoning = ""
        for key, value in delta.items():
            if key == "content":
                if isinstance(value, str):
                    text += self._add_content(value)
                elif value:
                    more_text, more_reasoning = self._add_parts(value)
                    text, reasoning = text + more_text, reasoning + more_reasoning
            elif key in _REASONING_KEYS and isinstance(value, str | None):
                if value and not any(delta.get(earlier) for earlier in _keys_before(key)):
                    reasoning += self._add_reasoning(key, value)
            elif key == "refusal" and isinstance(value, str) and value:
                text += self._add_refusal(value)
            elif key == "tool_calls":
                self.tool_calls.add(value)
            elif key == "function_call" and isinstance(value, dict):
                self._add_function_call(value)
            elif key != "role":
                self._message.put(key, value)
        return text, reasoning

    def _add_content(self, text: str) -> str:
        added = self._text.add(text)
        if self._refusal is not None:
            self._content.add(text)
        return added

    def _add_refusal(self, text: str) -> str:
        separator = ""
        if self._refusal is None:
            self._refusal, self._content = JoinedText(), JoinedText()
            self._content.add(str(self._text))
            separator = self._text.add("\n\n") if self._text.size else ""
        self._refusal.add(text)
        return separator + self._text.add(text)

    def _add_reasoning(self, key: str, text: str) -> str:
        if not self._reasoning.size:
            self._reasoning_key = key
        return self._reasoning.add(text)

    def _add_parts(self, content: object) -> tuple[str, str]:
        """Add content that is not text: a list of parts, or one part. Parts without text are kept unchanged."""
        text = reasoning = ""
        for part in content if isinstance(content, list) else [content]:
            kind, words = _read_part(part)
            if kind == "text":
                text += self._add_content(words)
            elif kind == "refusal":
                text += self._add_refusal(words)
            elif kind == "reasoning":
                reasoning += self._add_reasoning(_REASONING_KEYS[0], words)
            elif part is not None:
                self._parts.extend("content", [part])
        return text, reasoning

    def _add_function_call(self, call: Mapping[str, Any]) -> None:
        """Add a piece of the one call that the older form of the API has."""
        if self._function_call is None:
            self._function_call = ToolCalls(self._redact)
        self._function_call.add([{"index": 0, "id": "", "function": call}])

    def _add_logprobs(self, value: object) -> None:
        if isinstance(value, dict):
            if self._logprobs is None:
                self._logprobs = JoinedFields()
            join_lists(self._logprobs, value)
        else:
            self._fields.put("logprobs", value)

    # -- whole messages ----------------------------------------------------------------------------------------------

    def _rest_of(self, message: Mapping[str, Any], delta: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a message adds, as a delta: all of a complete reply, or what no delta has brought yet.

        A stream may repeat the reply so far in each message. If its messages do not continue each other, and there are
        no deltas, they are the deltas.
        """
        rest = {key: value for key, value in message.items() if not (key in _REPLY_KEYS and delta.get(key))}
        texts = {"content": self._content, "refusal": self._refusal, **dict.fromkeys(_REASONING_KEYS, self._reasoning)}
        for key, text_so_far in texts.items():
            value = _plain_text(rest.get(key))
            if value and text_so_far is not None and text_so_far.size:
                behind = text_so_far.rest_of(value)
                rest[key] = behind if behind is not None else "" if self._has_deltas else value
        if self._has_deltas and self.tool_calls:
            rest.pop("tool_calls", None)
        return rest


def _keys_before(key: str) -> tuple[str, ...]:
    return _REASONING_KEYS[: _REASONING_KEYS.index(key)]


def _plain_text(content: object) -> str:
    """Return the text of a content that is only text, or "" of any other."""
    if isinstance(content, str):
        return content
    parts = [_read_part(part) for part in content] if isinstance(content, list) else []
    return "".join(text for _, text in parts) if all(kind == "text" for kind, _ in parts) else ""


def _read_part(part: object) -> tuple[str, str]:
    """Return what a part of a content is - `text`, `refusal`, `reasoning` or "" - and its text."""
    if isinstance(part, str):
        return "text", part
    if not isinstance(part, dict):
        return "", ""
    if isinstance(part.get("refusal"), str):
        return "refusal", part["refusal"]
    text = part.get("text", part.get("thinking"))
    if isinstance(text, dict):
        text = text.get("value")
    elif isinstance(text, list):
        text = "".join(_read_part(inner)[1] for inner in text)
    if not isinstance(text, str):
        return "", ""
    is_reasoning = part.get("type") in _REASONING_PARTS if isinstance(part.get("type"), str) else "thinking" in part
    return ("reasoning" if is_reasoning else "text"), text
