"""The demo's `POST /chat/completions`: the reply as a stream of chunks, and in one piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from grokchat.api.demo.faults import STOPPED
from grokchat.api.demo.tour import reply_text
from grokchat.api.demo.wire import DEFAULT_MODEL, find_field_problem, served_model, split_words
from grokchat.messages import DEMO_FINGERPRINT, content_text, find_message_problem

_THOUGHT = "The user asks. I think about it, and say nothing."
_CHARS_PER_TOKEN = 4
_TOKENS_PER_MESSAGE = 4


def find_problem(body: object) -> str:
    """Return what is wrong with the fields of a request that the demo reads, or nothing."""
    if not isinstance(body, dict):
        return "the body must be an object"
    messages = body.get("messages")
    if not isinstance(messages, list):
        return "messages: must be an array"
    for number, message in enumerate(messages):
        if problem := find_message_problem(message):
            return f"messages[{number}]: {problem}"
    return find_field_problem(
        body,
        (
            ("model", str, "a string"),
            ("stream", bool, "a boolean"),
            ("stream_options", dict, "an object"),
            ("deferred", bool, "a boolean"),
        ),
    )


def completion_chunks(body: Mapping[str, Any], fault: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the chunks of a streamed reply, each with its time in words; a broken stream just ends."""
    text, reasoning, finish_reason = _reply(body, fault)
    common = _common_fields(body, fault, "chat.completion.chunk")
    for word in split_words(reasoning):
        yield 1, {**common, "choices": [{"index": 0, "delta": {"reasoning_content": word}}]}
    words = split_words(text)
    for number, word in enumerate(words):
        if number > len(words) // 2 and fault == "truncate":
            return
        if number > len(words) // 2 and fault == "midstream":
            yield 1, {"code": "unavailable", "error": STOPPED}
            return
        yield 1, {**common, "choices": [{"index": 0, "delta": {"content": word}}]}
    yield 0, {**common, "choices": [{"index": 0, "delta": {}, "finish_reason": finish_reason}]}
    if (body.get("stream_options") or {}).get("include_usage"):
        yield 0, {**common, "choices": [], "usage": _usage(body, text, reasoning)}


def completion(body: Mapping[str, Any], fault: str) -> dict[str, Any]:
    """Return the reply in one piece."""
    text, reasoning, finish_reason = _reply(body, fault)
    message = {"role": "assistant", "content": text, "refusal": None}
    if reasoning:
        message["reasoning_content"] = reasoning
    return {
        **_common_fields(body, fault, "chat.completion"),
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
        "usage": _usage(body, text, reasoning),
    }


def count_tokens(text: str) -> int:
    """Return the tokens of a text, as the demo counts them: one for four characters."""
    return len(text) // _CHARS_PER_TOKEN


def count_prompt(messages: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """Return the tokens of the messages, and how many are cached: all but the last message's."""
    sizes = [count_tokens(content_text(message.get("content"))) + _TOKENS_PER_MESSAGE for message in messages]
    return sum(sizes), sum(sizes[:-1])


def _reply(body: Mapping[str, Any], fault: str) -> tuple[str, str, str]:
    """Return the reply's text, its reasoning, and its `finish_reason`."""
    text = reply_text(body["messages"], body.get("model") or DEFAULT_MODEL)
    if fault == "length":
        return text[: len(text) // 3], "", "length"
    if fault == "empty":
        return "", "", "stop"
    if fault == "thinking":
        return "", _THOUGHT, "stop"
    return text, "", "stop"


def _common_fields(body: Mapping[str, Any], fault: str, kind: str) -> dict[str, Any]:
    return {
        "id": "demo",
        "object": kind,
        "created": 0,
        "model": served_model(body, fault),
        "system_fingerprint": DEMO_FINGERPRINT,
    }


def _usage(body: Mapping[str, Any], text: str, reasoning: str) -> dict[str, Any]:
    """Return the usage of a reply, which costs nothing."""
    prompt, cached = count_prompt(body["messages"])
    completion, thought = count_tokens(text), count_tokens(reasoning)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion + thought,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": thought},
    }
