"""The offline stand-in for the API: an httpx transport, so that the whole client runs. No key, no network.

A reply is a function of the request alone. A field of a wrong type gets the error that the API would send. The request
parameter `demo_fault` asks for failures:

    slow        three seconds of silence, then a slow reply     truncate   the connection closes in mid-reply
    STATUS      an HTTP error such as 429, 503 or 400           midstream  an error event in mid-reply
    empty       a reply without text                            length     a reply cut at its length limit
    thinking    only reasoning, no answer                       redirect   another model serves the request
    retry_later 429 with a Retry-After of ten minutes           html       a web page instead of a reply
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

from grokchat import strict_json
from grokchat.api.demo_tour import reply_text
from grokchat.compat.httpx import httpx
from grokchat.environment import Environment
from grokchat.messages import DEMO_FINGERPRINT, content_text, find_message_problem

_WORD_PAUSE_S = 0.02

_MODELS = [
    {"id": "grok-4.7", "object": "model", "owned_by": "demo", "context_length": 500_000},
    {"id": "grok-4.3", "object": "model", "owned_by": "demo", "context_length": 1_000_000},
]
"""The default model, and another one to choose. They have no prices: the demo costs nothing."""


class DemoTransport(httpx.AsyncBaseTransport):
    """Answers in the API's wire format, at a readable pace."""

    def __init__(self, environment: Environment) -> None:
        self._sleep = environment.sleep

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer `POST /chat/completions` and `GET /models`; any other route is 404, as at the API."""
        if request.method == "GET" and request.url.path.endswith("/models"):
            return _json_response(200, {"object": "list", "data": _MODELS})
        if request.method != "POST" or not request.url.path.endswith("/chat/completions"):
            return _json_response(404, {"code": "not-found", "error": "No handler found on route."})
        try:
            body = strict_json.parse_lenient(await request.aread())
        except ValueError as error:
            return _json_response(400, {"code": "invalid-argument", "error": f"Failed to parse the body: {error}"})
        problem = _find_problem(body)
        if problem:
            message = f"Failed to deserialize the JSON body into the target type: {problem}"
            return _json_response(422, {"code": "invalid-argument", "error": message})
        fault = str(body.get("demo_fault", ""))
        if fault == "slow":
            await self._sleep(3.0)
        failure = _error_response(fault)
        if failure is not None:
            return failure
        if body.get("stream"):
            return httpx.Response(
                200, headers={"content-type": "text/event-stream"}, stream=_Stream(self._events(body, fault))
            )
        return _json_response(200, _completion(body, fault))

    async def _events(self, body: Mapping[str, Any], fault: str) -> AsyncIterator[bytes]:
        text, reasoning, finish_reason = _reply(body, fault)
        common = _common_fields(body, fault, "chat.completion.chunk")

        def encode_event(**fields: Any) -> bytes:
            return b"data: " + json.dumps({**common, **fields}).encode() + b"\n\n"

        pause = _WORD_PAUSE_S * (10 if fault == "slow" else 1)
        for word in _split_words(reasoning):
            await self._sleep(pause)
            yield encode_event(choices=[{"index": 0, "delta": {"reasoning_content": word}}])
        words = _split_words(text)
        for number, word in enumerate(words):
            await self._sleep(pause)
            if number > len(words) // 2 and fault == "truncate":
                return
            if number > len(words) // 2 and fault == "midstream":
                error = {"code": "unavailable", "error": "The model stopped responding."}
                yield b"data: " + json.dumps(error).encode() + b"\n\n"
                return
            yield encode_event(choices=[{"index": 0, "delta": {"content": word}}])
        yield encode_event(choices=[{"index": 0, "delta": {}, "finish_reason": finish_reason}])
        if (body.get("stream_options") or {}).get("include_usage"):
            yield encode_event(choices=[], usage=_usage(body, text, reasoning))
        yield b"data: [DONE]\n\n"


class _Stream(httpx.AsyncByteStream):
    def __init__(self, events: AsyncIterator[bytes]) -> None:
        self._events = events

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for event in self._events:
            yield event


def _find_problem(body: object) -> str:
    """Return what is wrong with the fields of a request that the demo reads, or nothing."""
    if not isinstance(body, dict):
        return "the body must be an object"
    messages = body.get("messages")
    if not isinstance(messages, list):
        return "messages: must be an array"
    for number, message in enumerate(messages):
        if problem := find_message_problem(message):
            return f"messages[{number}]: {problem}"
    for key, kind, name in (
        ("model", str, "a string"),
        ("stream", bool, "a boolean"),
        ("stream_options", dict, "an object"),
    ):
        if not isinstance(body.get(key), kind | None):
            return f"{key}: must be {name}"
    return ""


def _reply(body: Mapping[str, Any], fault: str) -> tuple[str, str, str]:
    """Return the reply's text, its reasoning, and its `finish_reason`."""
    text = reply_text(body["messages"], body.get("model") or "grok-4.7")
    if fault == "length":
        return text[: len(text) // 3], "", "length"
    if fault == "empty":
        return "", "", "stop"
    if fault == "thinking":
        return "", "The user asks. I think about it, and say nothing.", "stop"
    return text, "", "stop"


def _completion(body: Mapping[str, Any], fault: str) -> dict[str, Any]:
    text, reasoning, finish_reason = _reply(body, fault)
    message = {"role": "assistant", "content": text, "refusal": None}
    if reasoning:
        message["reasoning_content"] = reasoning
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    return {
        **_common_fields(body, fault, "chat.completion"),
        "choices": [choice],
        "usage": _usage(body, text, reasoning),
    }


def _common_fields(body: Mapping[str, Any], fault: str, kind: str) -> dict[str, Any]:
    model = "grok-demo-successor" if fault == "redirect" else body.get("model") or "demo"
    return {"id": "demo", "object": kind, "created": 0, "model": model, "system_fingerprint": DEMO_FINGERPRINT}


def _usage(body: Mapping[str, Any], text: str, reasoning: str) -> dict[str, Any]:
    """Count four characters a token; all but the last message counts as cached. The demo costs nothing."""
    sizes = [len(content_text(message.get("content"))) // 4 + 4 for message in body["messages"]]
    prompt, completion, thought = sum(sizes), len(text) // 4, len(reasoning) // 4
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion + thought,
        "prompt_tokens_details": {"cached_tokens": sum(sizes[:-1])},
        "completion_tokens_details": {"reasoning_tokens": thought},
    }


def _error_response(fault: str) -> httpx.Response | None:
    if fault == "html":
        return httpx.Response(200, headers={"content-type": "text/html"}, text="<!DOCTYPE html><title>Log in</title>")
    if fault == "retry_later":
        return _json_response(
            429, {"code": "resource-exhausted", "error": "Too many requests."}, {"retry-after": "600"}
        )
    if re.fullmatch(r"[345][0-9][0-9]", fault):
        error = {"code": "demo", "error": f"The demo was asked to fail with {fault}."}
        return _json_response(int(fault), error)
    return None


def _json_response(status: int, value: object, headers: Mapping[str, str] | None = None) -> httpx.Response:
    # ASCII: a lone surrogate in a message has no UTF-8, which httpx's own `json=` would write.
    return httpx.Response(
        status, headers={"content-type": "application/json", **(headers or {})}, content=json.dumps(value).encode()
    )


def _split_words(text: str) -> list[str]:
    return re.findall(r"\s*\S+|\s+", text)
