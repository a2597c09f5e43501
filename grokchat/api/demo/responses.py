"""The demo's `POST /responses`: the events of a stream, in the API's order and with its fields.

A reply in one piece is the response that the stream ends with.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any

from grokchat.api.demo.completions import count_prompt, count_tokens
from grokchat.api.demo.faults import BREAKING, STOPPED, capacity_event
from grokchat.api.demo.response_input import encrypted_content, read_messages
from grokchat.api.demo.searches import Citation, Search, cite, count_tools, plan_searches, without_markers
from grokchat.api.demo.tour import last_question, reply_parts
from grokchat.api.demo.wire import DEFAULT_MODEL, served_model, split_words
from grokchat.messages import DEMO_FINGERPRINT

_ID = "demo-response"
_SEARCH_WORDS, _READING_WORDS = 30, 45
"""The times that a search takes and that its query is shown for when it is over, in words: 1.5 seconds together."""
_PAGE_TOKENS = 900
"""What a search adds to the prompt of the agent's next step."""
_CALL_TOKENS = 30
_THOUGHT = "The user asks. "
_THOUGHT_OF_SEARCH = "The user asks, and I look it up. "
_NO_ANSWER = "I think about it, and say nothing."

Event = tuple[int, dict[str, Any]]
"""How many words an event takes the time of, and its data."""


def response_events(body: Mapping[str, Any], fault: str) -> Iterator[Event]:
    """Yield the events of a streamed reply; a broken stream just ends."""
    if fault == "capacity":
        yield 0, capacity_event()
        return
    yield from _Events(body, fault).all()


def whole_response(body: Mapping[str, Any], fault: str) -> dict[str, Any]:
    """Return the reply in one piece."""
    *_, (_, last) = response_events(body, "" if fault in BREAKING else fault)
    response: dict[str, Any] = last["response"]
    return response


class _Events:
    """The events of one response; numbers them, and keeps the items that are done."""

    def __init__(self, body: Mapping[str, Any], fault: str) -> None:
        self._body, self._fault = body, fault
        self._messages = read_messages(body)
        tools = body.get("tools") or []
        self._searches = plan_searches(tools, last_question(self._messages))
        is_hostile = fault == "sources" and bool(self._searches)
        beginning, tour = reply_parts(self._messages, body.get("model") or DEFAULT_MODEL)
        beginning, self._citations = cite(tools if self._searches else [], beginning, is_hostile=is_hostile)
        self._text = beginning + tour
        self._annotations = [_annotation(citation) for citation in self._citations]
        if "no_inline_citations" in (body.get("include") or ()):
            self._text = without_markers(self._text, self._citations)
            self._annotations = [_annotation(Citation(url, 0, 0, url)) for url in self._met()]
        self._sequence_number = 0
        self._pause_words = 0
        """What the next event takes the time of, besides its own words."""
        self._output: list[dict[str, Any]] = []

    def all(self) -> Iterator[Event]:
        """Yield all events."""
        fault = self._fault
        yield self._event("response.created", response=self._response("in_progress"))
        yield self._event("response.in_progress", response=self._response("in_progress"))
        thought = _THOUGHT_OF_SEARCH if self._searches else _THOUGHT
        thought += _NO_ANSWER * (fault == "thinking")
        if fault != "empty":
            yield from self._reasoning(thought)
        for search in self._searches:
            yield from self._search(search)
        if fault in {"empty", "thinking"}:
            yield self._end("completed", "", thought)
            return
        text = self._text[: len(self._text) // 3] if fault == "length" else self._text
        broken = yield from self._message(text)
        if broken and fault == "midstream":
            yield self._event("error", code=None, message=STOPPED, param=None)
        elif broken and fault == "failed":
            error = {"code": "server_error", "message": STOPPED}
            yield self._event("response.failed", response={**self._response("failed"), "error": error})
        elif not broken:
            yield self._end("incomplete" if fault == "length" else "completed", text, thought)

    # -- items -------------------------------------------------------------------------------------------------------

    def _reasoning(self, text: str) -> Iterator[Event]:
        part = {"type": "summary_text", "text": text}
        item = {"id": f"rs_{_ID}", "type": "reasoning", "summary": [part], "status": "completed"}
        if self._has_encrypted_reasoning():
            item["encrypted_content"] = encrypted_content(text)
        place = {**self._place(item), "summary_index": 0}
        yield self._added({**item, "summary": [], "status": "in_progress"})
        yield self._event("response.reasoning_summary_part.added", **place, part={**part, "text": ""})
        for word in split_words(text):
            yield self._event("response.reasoning_summary_text.delta", 1, **place, delta=word)
        yield self._event("response.reasoning_summary_text.done", **place, text=text)
        yield self._event("response.reasoning_summary_part.done", **place, part=part)
        yield self._done(item)

    def _search(self, search: Search) -> Iterator[Event]:
        number = len(self._output)
        if search.item["type"] == "web_search_call":
            item = {"id": f"ws_{_ID}_call-{number}", **search.item, "status": "completed"}
            place = self._place(item)
            begun = {**item, "action": {"type": "search", "query": "", "sources": []}, "status": "in_progress"}
            if search.item["action"]["type"] != "search":
                del begun["action"]  # as the API: it comes with the end
            yield self._added(begun)
            yield self._event("response.web_search_call.in_progress", **place)
            yield self._event("response.web_search_call.searching", **place)
            yield self._event("response.web_search_call.completed", _SEARCH_WORDS, **place)
        else:
            item = {"id": f"ctc_{_ID}_call-{number}", "call_id": f"call-{number}", **search.item, "status": "completed"}
            place = self._place(item)
            yield self._added({**item, "input": "", "status": "in_progress"})
            yield self._event("response.custom_tool_call_input.delta", **place, delta=item["input"])
            yield self._event("response.custom_tool_call_input.done", _SEARCH_WORDS, **place, input=item["input"])
        yield self._done(item)
        self._pause_words = _READING_WORDS

    def _message(self, text: str) -> Generator[Event, None, bool]:
        """Yield the events of the message; returns whether the fault broke it off."""
        item = {"id": f"msg_{_ID}", "type": "message", "role": "assistant", "content": [], "status": "in_progress"}
        place = {**self._place(item), "content_index": 0}
        part: dict[str, Any] = {"type": "output_text", "text": "", "logprobs": [], "annotations": []}
        yield self._added(item)
        yield self._event("response.content_part.added", **place, part=part)
        words = split_words(text)
        for number, word in enumerate(words):
            if number > len(words) // 2 and self._fault in {*BREAKING, "failed"}:
                return True
            yield self._event("response.output_text.delta", 1, **place, delta=word, logprobs=[])
        annotations = [annotation for annotation in self._annotations if annotation["end_index"] <= len(text)]
        for number, annotation in enumerate(annotations):
            yield self._event(
                "response.output_text.annotation.added", **place, annotation=annotation, annotation_index=number
            )
        part = {**part, "text": text, "annotations": annotations}
        yield self._event("response.output_text.done", **place, text=text, logprobs=[])
        yield self._event("response.content_part.done", **place, part=part)
        status = "incomplete" if self._fault == "length" else "completed"
        yield self._done({**item, "content": [part], "status": status})
        return False

    # -- events ------------------------------------------------------------------------------------------------------

    def _event(self, kind: str, words: int = 0, **fields: Any) -> Event:
        self._sequence_number += 1
        words, self._pause_words = words + self._pause_words, 0
        return words, {"sequence_number": self._sequence_number - 1, "type": kind, **fields}

    def _place(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return {"item_id": item["id"], "output_index": len(self._output)}

    def _added(self, item: Mapping[str, Any]) -> Event:
        return self._event("response.output_item.added", item=item, output_index=len(self._output))

    def _done(self, item: dict[str, Any]) -> Event:
        self._output.append(item)
        return self._event("response.output_item.done", item=item, output_index=len(self._output) - 1)

    def _end(self, status: str, text: str, thought: str) -> Event:
        details = {"reason": "max_output_tokens"} if status == "incomplete" else None
        response = self._response(status, output=self._output, incomplete_details=details)
        return self._event(f"response.{status}", response={**response, "usage": self._usage(text, thought)})

    def _response(
        self, status: str, output: Sequence[object] = (), incomplete_details: object = None
    ) -> dict[str, Any]:
        """Return the response's object, with the request's settings in it."""
        echo = (
            "tools",
            "temperature",
            "top_p",
            "max_output_tokens",
            "reasoning",
            "text",
            "tool_choice",
            "instructions",
        )
        return {
            "id": _ID,
            "object": "response",
            "created_at": 0,
            "model": served_model(self._body, self._fault),
            "status": status,
            "output": list(output),
            "error": None,
            "incomplete_details": incomplete_details,
            **{key: self._body.get(key) for key in echo},
            "store": self._body.get("store", True),
            "metadata": {"system_fingerprint": DEMO_FINGERPRINT},
            "usage": None,
        }

    def _usage(self, text: str, thought: str) -> dict[str, Any]:
        """Return the usage: sums over the agent's steps, one for each search and one for the text."""
        prompt, cached = count_prompt(self._messages)
        steps = [prompt + number * _PAGE_TOKENS for number in range(len(self._searches) + 1)]
        reasoning, written = count_tokens(thought), count_tokens(text)
        output = reasoning + written + _CALL_TOKENS * len(self._searches)
        return {
            "input_tokens": sum(steps),
            "input_tokens_details": {"cached_tokens": cached + sum(steps[:-1])},
            "output_tokens": output,
            "output_tokens_details": {"reasoning_tokens": reasoning},
            "total_tokens": sum(steps) + output,
            "num_sources_used": 0,
            "num_server_side_tools_used": len(self._searches),
            "server_side_tool_usage_details": count_tools(self._searches),
            "context_details": {"input_tokens": steps[-1], "output_tokens": written},
        }

    def _met(self) -> list[str]:
        """Return the addresses of all pages and posts that were found, and cited."""
        found = [url for search in self._searches for url in search.pages]
        return list(dict.fromkeys([*found, *(citation.url for citation in self._citations)]))

    def _has_encrypted_reasoning(self) -> bool:
        model = self._body.get("model") or DEFAULT_MODEL
        return model == DEFAULT_MODEL or "reasoning.encrypted_content" in (self._body.get("include") or ())


def _annotation(citation: Citation) -> dict[str, Any]:
    place = {"start_index": citation.start, "end_index": citation.end}
    return {"type": "url_citation", "url": citation.url, **place, "title": citation.title}
