"""Replies of `POST /responses`: output items, the events of their stream, and the whole object, in the API's shapes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fake_api import frames

RESPONSE_USAGE = {
    "input_tokens": 5000,
    "input_tokens_details": {"cached_tokens": 640},
    "output_tokens": 300,
    "output_tokens_details": {"reasoning_tokens": 120},
    "total_tokens": 5300,
    "num_sources_used": 0,
    "num_server_side_tools_used": 2,
    "cost_in_usd_ticks": 120_000_000,
    "server_side_tool_usage_details": {"web_search_calls": 1, "x_search_calls": 1, "x_posts_fetched": 10},
    "context_details": {"input_tokens": 2100, "output_tokens": 180},
}


def web_search(query: str, *urls: str, number: int = 1) -> dict[str, Any]:
    """Return the item of a search of the web that found these pages."""
    sources = [{"type": "url", "url": url} for url in urls]
    action = {"type": "search", "query": query, "sources": sources}
    return {"id": f"ws_{number}", "type": "web_search_call", "status": "completed", "action": action}


def open_page(url: str, *, number: int = 2) -> dict[str, Any]:
    """Return the item of a page that was opened."""
    action = {"type": "open_page", "url": url}
    return {"id": f"ws_{number}", "type": "web_search_call", "status": "completed", "action": action}


def x_search(query: str, *, number: int = 3, name: str = "x_keyword_search") -> dict[str, Any]:
    """Return the item of a search of X, which looks like a call that waits for an answer, and is none."""
    return {
        "call_id": f"xs_{number}",
        "input": json.dumps({"query": query, "limit": "10"}),
        "name": name,
        "type": "custom_tool_call",
        "id": f"ctc_{number}",
        "status": "completed",
    }


def reasoning(summary: str, *, encrypted: str | None = None, number: int = 4) -> dict[str, Any]:
    """Return a reasoning item."""
    item = {"id": f"rs_{number}", "summary": [{"text": summary, "type": "summary_text"}], "type": "reasoning"}
    more = {} if encrypted is None else {"encrypted_content": encrypted}
    return {**item, "status": "completed", **more}


def function_call(name: str, arguments: str, *, number: int = 5) -> dict[str, Any]:
    """Return the item of a call of a function of the user's."""
    return {
        "arguments": arguments,
        "call_id": f"call_{number}",
        "name": name,
        "type": "function_call",
        "id": f"fc_{number}",
        "status": "completed",
    }


def message(text: str, *annotations: Mapping[str, Any], number: int = 6) -> dict[str, Any]:
    """Return the item of the answer."""
    part = {"type": "output_text", "text": text, "logprobs": [], "annotations": list(annotations)}
    return {"content": [part], "id": f"msg_{number}", "role": "assistant", "type": "message", "status": "completed"}


def citation(url: str, number: int, start: int, end: int) -> dict[str, Any]:
    """Return the annotation of a marker in the text."""
    return {"type": "url_citation", "url": url, "start_index": start, "end_index": end, "title": str(number)}


def cited(text: str, *urls: str) -> tuple[str, list[dict[str, Any]]]:
    """Return a text with a marker for each address at its end, numbered from 1, and the annotations."""
    annotations = []
    for number, url in enumerate(urls, 1):
        marker = f"[[{number}]]({url})"
        annotations.append(citation(url, number, len(text), len(text) + len(marker)))
        text += marker
    return text, annotations


def answer(text: str, *urls: str) -> dict[str, Any]:
    """Return the item of an answer with a marker for each address at its end."""
    text, annotations = cited(text, *urls)
    return message(text, *annotations)


def met(url: str) -> dict[str, Any]:
    """Return the annotation of a page that was met and is not cited."""
    return {"type": "url_citation", "url": url, "start_index": 0, "end_index": 0, "title": url}


def response(*output: Mapping[str, Any], usage: Mapping[str, Any] | None = RESPONSE_USAGE, **more: Any) -> dict:
    """Return a whole response with these items."""
    head = {"created_at": 1790000000, "completed_at": 1790000009, "id": "resp-1", "model": "grok-4.7"}
    tail = {"tools": [{"type": "web_search"}], "incomplete_details": None, "status": "completed", "error": None}
    return {**head, "object": "response", "output": list(output), "usage": usage, **tail, "store": False, **more}


def response_events(
    *output: Mapping[str, Any], deltas: Sequence[str] | None = None, ending: str = "completed", **more: Any
) -> list[dict[str, Any]]:
    """Return the events of a response with these items; `deltas` are the increments of the answer's text."""
    began = {**response(usage=None), "status": "in_progress", "completed_at": None}
    events = [{"type": f"response.{name}", "response": began} for name in ("created", "in_progress")]
    for index, item in enumerate(output):
        events += ({**event, "output_index": index} for event in _item_events(item, deltas))
    events.append({"type": f"response.{ending}", "response": response(*output, **more)})
    return numbered(events)


def numbered(events: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return events with their numbers in the stream."""
    return [{"sequence_number": number, **event} for number, event in enumerate(events)]


def response_frames(*output: Mapping[str, Any], done: bool = True, **more: Any) -> bytes:
    """Return the frames of a complete streamed response with these items."""
    return frames(*response_events(*output, **more), done=done)


def _item_events(item: Mapping[str, Any], deltas: Sequence[str] | None) -> Iterator[dict[str, Any]]:
    began = {**item, "status": "in_progress"}
    inner: list[dict[str, Any]] = []
    if item["type"] == "web_search_call":
        began["action"] = {"type": "search", "query": "", "sources": []}
        inner = [{"type": f"response.web_search_call.{stage}"} for stage in ("in_progress", "searching", "completed")]
    elif item["type"] == "custom_tool_call":
        began["input"] = ""
        inner = list(_text_events("custom_tool_call_input", [item["input"]], "input"))
    elif item["type"] == "function_call":
        began["arguments"] = ""
        inner = list(_text_events("function_call_arguments", [item["arguments"]], "arguments"))
    elif item["type"] == "reasoning":
        began = {key: value for key, value in began.items() if key != "encrypted_content"} | {"summary": []}
        for number, part in enumerate(item["summary"]):
            head, where = "response.reasoning_summary_part", {"summary_index": number}
            inner.append({"type": f"{head}.added", "part": {**part, "text": ""}, **where})
            inner += _text_events("reasoning_summary_text", _words(part["text"]), "text", **where)
            inner.append({"type": f"{head}.done", "part": part, **where})
    elif item["type"] == "message":
        began["content"] = []
        for number, part in enumerate(item["content"]):
            inner += _content_events(part, deltas, content_index=number)
    yield {"type": "response.output_item.added", "item": began}
    for event in inner:
        yield {**event, "item_id": item["id"]}
    yield {"type": "response.output_item.done", "item": dict(item)}


def _content_events(part: Mapping[str, Any], deltas: Sequence[str] | None, **where: int) -> Iterator[dict[str, Any]]:
    kind, key = ("refusal", "refusal") if part["type"] == "refusal" else ("output_text", "text")
    more = {"annotations": []} if key == "text" else {}
    yield {"type": "response.content_part.added", "part": {**part, key: "", **more}, **where}
    *increments, done = _text_events(kind, deltas or _words(part[key]), key, **where)
    yield from increments
    for number, annotation in enumerate(part.get("annotations", ())):
        kind = "response.output_text.annotation.added"
        yield {"type": kind, "annotation": annotation, "annotation_index": number, **where}
    yield done
    yield {"type": "response.content_part.done", "part": dict(part), **where}


def _text_events(name: str, deltas: Sequence[str], key: str, **where: int) -> Iterator[dict[str, Any]]:
    for delta in deltas:
        yield {"type": f"response.{name}.delta", "delta": delta, **where}
    yield {"type": f"response.{name}.done", key: "".join(deltas), **where}


def _words(text: str) -> list[str]:
    return re.findall(r" *[^ ]+| +", text)
