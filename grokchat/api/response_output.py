"""The output of a response - its items and their texts - from events that interleave.

A reply is one text, so texts of the same kind are passed on one after the other: a second message waits until the first
is complete, and a text with a gap waits until it comes whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from grokchat.api.citations import is_citation
from grokchat.api.response_items import Item, Part
from grokchat.api.search_activity import describe_activity

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


class ResponseOutput:
    """The items of one response. `feed` gets what is passed on, as a delta of chat completions has it."""

    def __init__(self, feed: Callable[[Mapping[str, Any]], None]) -> None:
        self._feed = feed
        self.items: list[Item] = []
        self.has_begun = False
        """Whether an event of an item has come, also of one whose beginning is missing."""
        self.call_count = 0
        """How many calls are the user's to answer."""
        self.kept_chars = 0
        """The approximate number of characters kept."""
        self._by_id: dict[str, Item] = {}
        self._by_index: dict[int, Item] = {}
        self._texts: dict[Part, Item] = {}
        """Texts of the answer that are not complete, in the order of their beginnings; the first is passed on."""
        self._last_message: Item | None = None
        self._last_reasoning: Part | None = None
        self._sequence_number: int | None = None
        self._gap_count = 0
        self._is_after_gap = False
        self._activity = ""

    def add(self, name: str, event: Mapping[str, Any]) -> str:
        """Add an event, by its type without `response.`; return what the model does, if that is new."""
        what, _, stage = name.rpartition(".")
        fields = event.get("item")
        self.has_begun = self.has_begun or not event.keys().isdisjoint({"item", "item_id", "output_index"})
        item: Item | None = None
        if what == "output_item" and isinstance(fields, dict):
            item = self._find(fields.get("id"), event.get("output_index"), fields)
            if stage == "done":
                self._finish_item(item, fields)
            else:
                self._begin_item(item, fields)
        elif what in _TEXTS and stage in {"delta", "done"}:
            item = self._item_of(event)
            self._add_text(item, what, stage, event)
        elif name == "output_text.annotation.added":
            self._item_of(event).part("text", event.get("content_index")).annotate(event.get("annotation"))
            self.keep(event.get("annotation"))
        elif what in {"content_part", "reasoning_summary_part"} and stage == "done":
            self._add_part(self._item_of(event), event)
        self.pass_on()
        return "" if item is None or stage == "delta" else self._new_activity(item)

    def finish(self, output: Sequence[Any]) -> None:
        """Take the items of a complete response, with what their events lacked."""
        for index, fields in enumerate(output[:_MAX_ITEMS]):
            if isinstance(fields, dict):
                self._finish_item(self._find(fields.get("id"), index, fields), fields)
        self.pass_on()

    def pass_on(self) -> None:
        """Pass on the answer as far as it is in order."""
        while self._texts:
            part, item = next(iter(self._texts.items()))
            self._add_answer(part, item)
            if not part.is_done:
                break
            del self._texts[part]

    def release(self) -> None:
        """Pass on everything that waits: nothing more arrives."""
        for item in self.items:
            for part in item.parts.values():
                if part.has_waiting:
                    part.has_gap = False
                    self._queue(item, part)
        for part, item in self._texts.items():
            self._add_answer(part, item)
        self._texts.clear()

    def note_number(self, number: object) -> None:
        """Note whether events are missing before this one."""
        if type(number) is int:
            last, self._sequence_number = self._sequence_number, number
            self._is_after_gap = last is not None and number > last + 1
            self._gap_count += self._is_after_gap

    def keep(self, value: object) -> None:
        """Count what is kept of a value."""
        self.kept_chars += len(str(value))

    @property
    def annotations(self) -> list[Mapping[str, Any]]:
        """All that name an address."""
        return [note for item in self.items for note in item.annotations if is_citation(note)]

    def pages(self) -> Iterator[str]:
        """Yield the addresses that the searches found and that were opened."""
        for item in self.items:
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

    # -- texts -------------------------------------------------------------------------------------------------------

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
                self.kept_chars += len(delta)
            else:
                part.has_gap = True
            logprobs = event.get("logprobs")
            if isinstance(logprobs, list) and logprobs:
                part.logprobs += logprobs
                self.keep(logprobs)
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
        self.kept_chars += len(text)
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
        if item is None and name is None and number is None and self.items:
            item = self.items[-1]
        if item is None:
            item = Item(fields)
            if len(self.items) < _MAX_ITEMS:
                self.items.append(item)
        if len(self.items) < _MAX_ITEMS:
            if name is not None:
                self._by_id.setdefault(name, item)
            if number is not None:
                self._by_index.setdefault(number, item)
        return item

    def _begin_item(self, item: Item, fields: Mapping[str, Any]) -> None:
        if not item.is_done:
            item.fields = {**item.fields, **fields}
            self.keep(fields)
            self._number_call(item)

    def _finish_item(self, item: Item, fields: Mapping[str, Any]) -> None:
        """Take an item that came whole, with what its increments lacked."""
        if not item.is_done or item.fields != fields:
            self.keep(fields)
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
        item.call_number = self.call_count
        self.call_count += 1
        function = {"name": item.fields.get("name"), "arguments": ""}
        call = {"index": item.call_number, "id": item.fields.get("call_id"), "type": "function", "function": function}
        self._feed({"tool_calls": [call]})

    # -- what is passed on -------------------------------------------------------------------------------------------

    def _queue(self, item: Item, part: Part) -> None:
        """Pass on what a part has of reasoning and of calls, and put a part of the answer in its place."""
        if part.kind in {"text", "refusal"}:
            if part.has_waiting or not part.is_done:
                self._texts.setdefault(part, item)
        elif part.kind == "arguments" and item.call_number is not None:
            if arguments := part.take():
                call = {"index": item.call_number, "function": {"arguments": arguments}}
                self._feed({"tool_calls": [call]})
        elif part.kind in {"summary", "reasoning"}:
            item.reasoning_kind = item.reasoning_kind or (part.kind if part.has_waiting else "")
            if item.reasoning_kind == part.kind:
                self._add_reasoning(part)

    def _add_reasoning(self, part: Part) -> None:
        if text := part.take():
            is_new = self._last_reasoning is not None and self._last_reasoning is not part
            self._last_reasoning = part
            self._feed({"reasoning_content": ("\n\n" if is_new else "") + text})

    def _add_answer(self, part: Part, item: Item) -> None:
        if text := part.take():
            is_next = self._last_message is not None and self._last_message is not item
            self._last_message = item
            if part.kind == "refusal":
                self._feed({"refusal": text})
            else:
                self._feed({"content": ("\n\n" if is_next else "") + text})

    def _new_activity(self, item: Item) -> str:
        """Return what an item does, if that is new."""
        activity = "" if item.type in _SILENT_TYPES else describe_activity(item.known())
        if activity == item.activity:
            return ""
        item.activity = activity
        if self._activity.startswith(activity):
            return ""  # another search has begun, and what for is not known yet
        self._activity = activity
        return activity
