"""A reply assembled from what `POST /responses` sends: the events of a stream, or one complete `response` object.

Both take the same path: a complete object is the `response` of a last event. Its output items - reasoning, searches,
calls, messages - become one choice, as a completion has it, so that nothing else needs to know where it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from grokchat.api.choice import Choice
from grokchat.api.citations import find_sources
from grokchat.api.reply_builder import Delta, ReplyBuilder
from grokchat.api.response_output import ResponseOutput
from grokchat.redaction import redact_message, redact_values
from grokchat.reply_sources import ReplySource

_LAST_EVENTS = frozenset({"completed", "incomplete"})
"""The events that end a reply, also without the response that they should carry."""
_IN_PROGRESS = frozenset({"in_progress", "queued", "failed"})


class ResponseBuilder(ReplyBuilder):
    """Builds a response; returns the text that each event adds and, at any time, the response so far."""

    def __init__(self, redact: Callable[[str], str] = str) -> None:
        super().__init__(redact)
        self._response: dict[str, Any] = {}
        self._last_output: list[Any] | None = None
        """The output of the last event, if it has one."""
        self._output = ResponseOutput(self._pass_on)
        self._unread = Delta()
        """What was passed on and is not returned yet."""

    def feed(self, chunk: Mapping[str, Any]) -> Delta:
        """Add an event of a stream, or a complete response, and return what it adds."""
        kind, response = chunk.get("type"), chunk.get("response")
        activity = ""
        if self.finish_reason is not None:
            return Delta()
        if isinstance(kind, str) and kind.startswith("response."):
            self._output.note_number(chunk.get("sequence_number"))
            name = kind.removeprefix("response.")
            if isinstance(response, dict) or name in _LAST_EVENTS:
                self._add_response(response if isinstance(response, dict) else {}, name)
            else:
                activity = self._redact(self._output.add(name, chunk))
        elif chunk.get("object") == "response" or isinstance(chunk.get("output"), list):
            self._add_response(chunk, "")
        return self._take_unread(activity)

    def release(self) -> Delta:
        """Return the texts that wait for others to be complete, when nothing more arrives."""
        self._output.release()
        return self._take_unread()

    def end(self) -> None:
        """Do nothing: a response says itself that it is complete."""

    def _add_response(self, response: Mapping[str, Any], name: str) -> None:
        fields = {key: value for key, value in response.items() if key not in {"output", "usage"}}
        self._response.update(fields)
        self._output.keep(fields)
        self._set_usage(response.get("usage"))
        self._only_choice()
        output = response.get("output")
        if isinstance(output, list) and output:
            self._last_output = output
            self._output.finish(output)
        reason = self._end_reason(name, response.get("status"), response)
        if reason is not None:
            self._output.release()
            self._only_choice().feed({"finish_reason": reason})

    def _end_reason(self, name: str, status: object, response: Mapping[str, Any]) -> str | None:
        """Return the `finish_reason` of a response that ends the reply, None if it does not."""
        if name not in {"", *_LAST_EVENTS} or (not name and isinstance(status, str) and status in _IN_PROGRESS):
            return None
        if name == "incomplete" or status == "incomplete":
            details = response.get("incomplete_details")
            reason = details.get("reason") if isinstance(details, dict) else None
            return reason if isinstance(reason, str) and reason not in {"", "max_output_tokens"} else "length"
        if not name and isinstance(status, str) and status not in {"", "completed"}:
            return status
        return "tool_calls" if self._output.call_count else "stop"

    def _pass_on(self, delta: Mapping[str, Any]) -> None:
        text, reasoning = self._only_choice().feed({"delta": delta})
        self._unread = Delta(self._unread.text + text, self._unread.reasoning + reasoning)

    def _take_unread(self, activity: str = "") -> Delta:
        unread, self._unread = self._unread, Delta()
        return Delta(unread.text, unread.reasoning, activity) if activity else unread

    def _only_choice(self) -> Choice:
        return self._choices.get(0) or self._new_choice(0)

    # -- the reply ---------------------------------------------------------------------------------------------------

    @property
    def has_content(self) -> bool:
        """Whether anything of the reply has arrived, which may have been billed."""
        counts = [count for count in (self.usage or {}).values() if isinstance(count, int | float)]
        has_cost = any(count > 0 for count in counts)
        return has_cost or self._output.has_begun or bool(self._output.items) or super().has_content

    @property
    def size(self) -> int:
        """The approximate number of characters kept of the reply."""
        return super().size + self._output.kept_chars

    @property
    def sources(self) -> Sequence[ReplySource]:
        """What the reply cites or, if it cites nothing, what the model has read."""
        found = find_sources(self.text, self._output.annotations, self._output.pages())
        return [ReplySource(self._redact(source.url), self._redact(source.title), source.number) for source in found]

    @property
    def encrypted_reasoning(self) -> Sequence[Mapping[str, Any]]:
        """The reasoning items that only the model can read, as they came."""
        return [item.fields for item in self._output.items if item.is_done and item.fields.get("encrypted_content")]

    def api_object(self) -> dict[str, Any]:
        """Return the API's object for the reply: the `response` that it sent at the end, else one of what arrived."""
        output = self._last_output
        if output is None:
            output = [item.value() for item in self._output.items]
        listed = [
            redact_message(item, self._redact) if isinstance(item, dict) else redact_values(item, self._redact)
            for item in output
        ]
        fields: dict[str, Any] = redact_values(self._response, self._redact)
        usage = {} if self.usage is None else {"usage": self.usage}
        return {"object": "response", **fields, "output": listed, **usage}

    @property
    def system_fingerprint(self) -> str | None:
        """The API's name of the configuration that served it, which is among the metadata."""
        metadata = self._response.get("metadata")
        return self._text_of(metadata.get("system_fingerprint")) if isinstance(metadata, dict) else None

    def _top_text(self, key: str) -> str | None:
        return self._text_of(self._response.get(key))

    def _text_of(self, value: object) -> str | None:
        return self._redact(value) if isinstance(value, str) and value else None
