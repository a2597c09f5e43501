"""A reply assembled from what `POST /responses` sends: the events of a stream, or one complete `response` object.

Both take the same path: a complete object is the `response` of a last event. Its output items - reasoning, searches,
calls, messages - become one choice, as a completion has it, so that nothing else needs to know where it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from grokchat.api.citations import find_sources, is_citation
from grokchat.api.reply_builder import Delta, ReplyBuilder
from grokchat.api.response_items import Item, Part
from grokchat.api.search_activity import SEARCH_TYPES, describe_activity
from grokchat.redaction import redact_message, redact_values
from grokchat.reply_sources import ReplySource

_MAX_ITEMS = 4096
"""Far more than an agent takes steps; further ones are not kept."""
_TEXTS = {
    "output_text": "text",
    "refusal": "refusal",
    "reasoning_summary_text": "summary",
    "reasoning_text": "reasoning",
    "function_call_arguments": "arguments",
    "mcp_call_arguments": "arguments",
    "custom_tool_call_input": "input",
    "code_interpreter_call_code": "code",
}
"""The events of texts, without `response.` and `.delta` or `.done`, and the kinds of parts that they are of."""
_WHOLE_FIELDS = ("text", "refusal", "arguments", "input", "code")
_PART_KINDS = {"output_text": "text", "text": "text", "refusal": "refusal", "reasoning_text": "reasoning"}
_ITEM_TEXTS = {"arguments", "input", "code"}
_SILENT_TYPES = frozenset({"", "message", "reasoning", "function_call"})
"""Items that are not something else that the model does."""
_IN_PROGRESS = frozenset({"in_progress", "queued", "failed"})


class ResponseBuilder(ReplyBuilder):
    """Builds a response; returns the text that each event adds and, at any time, the response so far.

    Texts of the same kind are passed on one after the other: a second message waits until the first is complete.
    """

    def __init__(self, redact: Callable[[str], str] = str) -> None:
        super().__init__(redact)
        self._response: dict[str, Any] = {}
        self._output: list[Any] | None = None
        """The output of the last event, if it has one."""
        self._items: list[Item] = []
        self._by_id: dict[str, Item] = {}
        self._by_index: dict[int, Item] = {}
        self._call_count = 0
        self._texts: dict[Part, Item] = {}
        """Texts of the answer that are not complete, in the order of their beginnings; the first is passed on."""
        self._last_message: Item | None = None
        self._last_reasoning: Part | None = None
        self._sequence_number: int | None = None
        self._gap_count = 0
        self._is_after_gap = False
        self._kept_chars = 0
        self._activity = ""
        self._rest = Delta()

    # -- events ------------------------------------------------------------------------------------------------------

    def feed(self, chunk: Mapping[str, Any]) -> Delta:
        """Add an event of a stream, or a complete response, and return what it adds."""
        kind = chunk.get("type")
        response = chunk.get("response")
        if isinstance(kind, str) and kind.startswith("response."):
            self._note_gap(chunk.get("sequence_number"))
            name = kind.removeprefix("response.")
            if isinstance(response, dict):
                return self._add_response(response, name)
            if self.finish_reason is None:
                return self._add_event(name, chunk)
        elif chunk.get("object") == "response" or isinstance(chunk.get("output"), list):
            return self._add_response(chunk, "")
        return Delta()

    def _note_gap(self, number: object) -> None:
        """Note whether events are missing before this one."""
        if type(number) is int:
            last, self._sequence_number = self._sequence_number, number
            self._is_after_gap = last is not None and number > last + 1
            self._gap_count += self._is_after_gap

    def _add_response(self, response: Mapping[str, Any], name: str) -> Delta:
        status = response.get("status")
        if self.finish_reason is not None:
            return Delta()
        fields = {key: value for key, value in response.items() if key not in {"output", "usage"}}
        self._response.update(fields)
        self._keep(fields)
        self._set_usage(response.get("usage"))
        self._choice()
        output = response.get("output")
        if isinstance(output, list) and output:
            self._output = output
            for index, fields in enumerate(output[:_MAX_ITEMS]):
                if isinstance(fields, dict):
                    self._finish_item(self._find(fields.get("id"), index, fields), fields)
        delta = self._pass_on()
        reason = self._end_reason(name, status, response)
        if reason is not None:
            delta = self._joined(delta, self.release())
            self._choice().feed({"finish_reason": reason})
        return delta

    def _end_reason(self, name: str, status: object, response: Mapping[str, Any]) -> str | None:
        """Return the `finish_reason` of a response that ends the reply, None if it does not."""
        if name not in {"", "completed", "incomplete"} or (
            not name and isinstance(status, str) and status in _IN_PROGRESS
        ):
            return None
        if name == "incomplete" or status == "incomplete":
            details = response.get("incomplete_details")
            reason = details.get("reason") if isinstance(details, dict) else None
            return reason if isinstance(reason, str) and reason not in {"", "max_output_tokens"} else "length"
        if not name and isinstance(status, str) and status not in {"", "completed"}:
            return status
        return "tool_calls" if self._call_count else "stop"

    def _add_event(self, name: str, event: Mapping[str, Any]) -> Delta:
        what, _, stage = name.rpartition(".")
        fields = event.get("item")
        if what == "output_item" and isinstance(fields, dict):
            item = self._find(fields.get("id"), event.get("output_index"), fields)
            if stage == "done":
                self._finish_item(item, fields)
            else:
                self._begin_item(item, fields)
        elif what in _TEXTS and stage in {"delta", "done"}:
            self._add_text(self._item_of(event), what, stage, event)
        elif name == "output_text.annotation.added":
            self._item_of(event).part("text", event.get("content_index")).annotate(event.get("annotation"))
            self._keep(event.get("annotation"))
        elif what in {"content_part", "reasoning_summary_part"} and stage == "done":
            self._add_part(self._item_of(event), event)
        return self._pass_on(self._activity_of(event, fields))

    def _item_of(self, event: Mapping[str, Any]) -> Item:
        return self._find(event.get("item_id"), event.get("output_index"), {})

    def _add_text(self, item: Item, what: str, stage: str, event: Mapping[str, Any]) -> None:
        kind = _TEXTS[what]
        index = event.get("summary_index") if kind == "summary" else event.get("content_index")
        part = item.part(kind, index if kind not in _ITEM_TEXTS else 0)
        is_new = not part.size
        part.has_gap = part.has_gap or self._is_after_gap or (not is_new and part.gap_count != self._gap_count)
        part.gap_count = self._gap_count
        if stage == "delta":
            delta = event.get("delta")
            if isinstance(delta, str):
                part.add(delta)
                self._kept_chars += len(delta)
            logprobs = event.get("logprobs")
            if isinstance(logprobs, list) and logprobs:
                part.logprobs += logprobs
                self._keep(logprobs)
        else:
            whole = next((event[key] for key in _WHOLE_FIELDS if isinstance(event.get(key), str)), "")
            part.set_whole(whole)
        self._queue(item, part)

    def _add_part(self, item: Item, event: Mapping[str, Any]) -> None:
        fields = event.get("part")
        if not isinstance(fields, dict):
            return
        is_summary = fields.get("type") == "summary_text"
        index = event.get("summary_index") if is_summary else event.get("content_index")
        self._set_part(item, fields, index, "summary" if is_summary else "")

    def _set_part(self, item: Item, fields: Mapping[str, Any], index: object, kind: str = "") -> None:
        """Take a part that came whole."""
        own = fields.get("type")
        kind = kind or (_PART_KINDS.get(own, "") if isinstance(own, str) else "")
        text = fields.get("refusal" if kind == "refusal" else "text")
        if not kind or not isinstance(text, str):
            return
        part = item.part(kind, index)
        part.set_whole(text)
        self._kept_chars += len(text)
        annotations = fields.get("annotations")
        if isinstance(annotations, list) and len(annotations) >= len(part.annotations):
            part.annotations = annotations
        part.fields = {key: value for key, value in fields.items() if key not in {"text", "refusal"}}
        self._queue(item, part)

    # -- items -------------------------------------------------------------------------------------------------------

    def _find(self, item_id: object, index: object, fields: Mapping[str, Any]) -> Item:
        """Return the item of an event, which may be new."""
        name = item_id if isinstance(item_id, str) and item_id else None
        number = index if type(index) is int and index >= 0 else None
        item = self._by_id.get(name) if name is not None else None
        if item is None and number is not None:
            item = self._by_index.get(number)
            if item is not None and fields and item.type and item.type != fields.get("type"):
                item = None
        if item is None and name is None and number is None and self._items:
            item = self._items[-1]
        if item is None:
            item = Item(fields)
            if len(self._items) < _MAX_ITEMS:
                self._items.append(item)
        if len(self._items) < _MAX_ITEMS:
            if name is not None:
                self._by_id.setdefault(name, item)
            if number is not None:
                self._by_index.setdefault(number, item)
        return item

    def _begin_item(self, item: Item, fields: Mapping[str, Any]) -> None:
        if not item.is_done:
            item.fields = {**item.fields, **fields}
            self._keep(fields)
            self._number_call(item)

    def _finish_item(self, item: Item, fields: Mapping[str, Any]) -> None:
        """Take an item that came whole, with what its increments lacked."""
        if not item.is_done or item.fields != fields:
            self._keep(fields)
        if not (item.is_done and item.type == "web_search_call"):
            # In the last event every search has the addresses of all of them.
            item.fields = fields
        item.is_done = True
        self._number_call(item)
        for name in ("content", "summary"):
            parts = fields.get(name)
            for index, part in enumerate(parts if isinstance(parts, list) else ()):
                if isinstance(part, dict):
                    self._set_part(item, part, index, "summary" if name == "summary" else "")
        for name in _ITEM_TEXTS:
            if isinstance(fields.get(name), str):
                part = item.part(name)
                part.set_whole(fields[name])
                self._queue(item, part)
        for part in item.parts.values():
            part.is_done, part.has_gap = True, False

    def _number_call(self, item: Item) -> None:
        """Give a call that is the user's to answer its place among the choice's calls."""
        if item.type != "function_call" or item.call_number is not None:
            return
        item.call_number = self._call_count
        self._call_count += 1
        function = {"name": item.fields.get("name"), "arguments": ""}
        call = {"index": item.call_number, "id": item.fields.get("call_id"), "type": "function", "function": function}
        self._choice().feed({"delta": {"tool_calls": [call]}})

    # -- what is passed on -------------------------------------------------------------------------------------------

    def _queue(self, item: Item, part: Part) -> None:
        """Pass on what a part has of reasoning and of calls, and put a part of the answer in its place."""
        if part.kind in {"text", "refusal"}:
            if part.has_waiting or not part.is_done:
                self._texts.setdefault(part, item)
        elif part.kind == "arguments" and item.call_number is not None:
            if arguments := part.take():
                call = {"index": item.call_number, "function": {"arguments": arguments}}
                self._choice().feed({"delta": {"tool_calls": [call]}})
        elif part.kind in {"summary", "reasoning"}:
            item.reasoning_kind = item.reasoning_kind or (part.kind if part.has_waiting else "")
            if item.reasoning_kind == part.kind:
                self._add_reasoning(part)

    def _add_reasoning(self, part: Part) -> None:
        if text := part.take():
            is_new = self._last_reasoning is not None and self._last_reasoning is not part
            self._last_reasoning = part
            self._feed({"reasoning_content": ("\n\n" if is_new else "") + text})

    def _pass_on(self, activity: str = "") -> Delta:
        """Pass on the answer as far as it is in order, and return everything that was passed on since the last time."""
        while self._texts:
            part, item = next(iter(self._texts.items()))
            self._add_answer(part, item)
            if not part.is_done:
                break
            del self._texts[part]
        rest, self._rest = self._rest, Delta()
        return Delta(rest.text, rest.reasoning, activity)

    def _add_answer(self, part: Part, item: Item) -> None:
        if text := part.take():
            is_next = self._last_message is not None and self._last_message is not item
            self._last_message = item
            if part.kind == "refusal":
                self._feed({"refusal": text})
            else:
                self._feed({"content": ("\n\n" if is_next else "") + text})

    def _feed(self, delta: Mapping[str, Any]) -> None:
        text, reasoning = self._choice().feed({"delta": delta})
        self._rest = self._joined(self._rest, Delta(text, reasoning))

    def _joined(self, first: Delta, second: Delta) -> Delta:
        return Delta(first.text + second.text, first.reasoning + second.reasoning, second.activity or first.activity)

    def _choice(self) -> Any:
        return self._choices.get(0) or self._new_choice(0)

    def _activity_of(self, event: Mapping[str, Any], fields: object) -> str:
        """Return what the item of an event does, if that is new."""
        item_id = fields.get("id") if isinstance(fields, dict) else event.get("item_id")
        item = self._find(item_id, event.get("output_index"), fields if isinstance(fields, dict) else {})
        activity = "" if item.type in _SILENT_TYPES else self._redact(describe_activity(item.known()))
        if activity == item.activity:
            return ""
        item.activity = activity
        if self._activity.startswith(activity):
            return ""  # another search has begun, and what for is not known yet
        self._activity = activity
        return activity

    def _keep(self, value: object) -> None:
        self._kept_chars += len(str(value))

    # -- the reply ---------------------------------------------------------------------------------------------------

    def release(self) -> Delta:
        """Pass on the texts that wait for others, and return them: nothing more arrives."""
        for item in self._items:
            for part in item.parts.values():
                if part.has_waiting:
                    part.has_gap = False
                    self._queue(item, part)
        for part, item in self._texts.items():
            self._add_answer(part, item)
        self._texts.clear()
        return self._pass_on()

    def end(self) -> None:
        """Do nothing: a response says itself that it is complete."""

    @property
    def has_content(self) -> bool:
        """Whether anything of the reply has arrived, which may have been billed."""
        return bool(self._items) or super().has_content

    @property
    def has_searched(self) -> bool:
        """Whether the model has begun a search."""
        return any(item.type in SEARCH_TYPES for item in self._items)

    @property
    def size(self) -> int:
        """The approximate number of characters kept of the reply."""
        return super().size + self._kept_chars

    @property
    def sources(self) -> Sequence[ReplySource]:
        """What the reply cites or, if it cites nothing, what the model has read."""
        annotations = [note for item in self._items for note in item.annotations if is_citation(note)]
        found = find_sources(self.text, annotations, self._pages())
        return [ReplySource(self._redact(source.url), self._redact(source.title), source.number) for source in found]

    def _pages(self) -> Iterator[str]:
        """Yield the addresses that the searches found and that were opened."""
        for item in self._items:
            action = item.fields.get("action")
            if not isinstance(action, dict):
                continue
            found = action.get("sources")
            urls = (
                [source.get("url") for source in found if isinstance(source, dict)] if isinstance(found, list) else []
            )
            for url in (*urls, action.get("url")):
                if isinstance(url, str) and url:
                    yield url

    @property
    def encrypted_reasoning(self) -> Sequence[Mapping[str, Any]]:
        """The reasoning items that only the model can read, as they came."""
        return [item.fields for item in self._items if item.is_done and item.fields.get("encrypted_content")]

    def api_object(self) -> dict[str, Any]:
        """Return the API's object for the reply: the `response` that it sent at the end, else one of what arrived."""
        output = self._output if self._output is not None else [item.value() for item in self._items]
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
