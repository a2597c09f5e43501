"""The offline stand-in for the API: an httpx transport, so that all of the client runs. No key, no network.

A reply is a function of the request alone. The request parameter `demo_fault` asks for failures:

    slow        three seconds of silence, then a slow reply     truncate   the connection closes in mid-reply
    STATUS      an HTTP error such as 429, 503 or 400           midstream  an error frame in mid-reply
    empty       a reply without text                            length     a reply cut at its length limit
    thinking    only reasoning, no answer                       redirect   another model serves the request
    retry_later 429 with a Retry-After of ten minutes           html       a web page instead of a reply
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

from grokchat.compat.httpx import httpx
from grokchat.environment import Environment
from grokchat.messages import content_text

_PACE = 0.02
"""Seconds between words."""

_MODEL = {"id": "grok-4.7", "object": "model", "owned_by": "demo", "context_length": 500_000}
"""The model that is asked for by default. It has no prices: the demo costs nothing."""

_TOUR = """\
A short tour:

- **The list is yours.** `/system @1 Answer in one sentence.` puts a system message first; `/history` shows the buffer.
- **See what goes out.** `/request` shows the exact JSON of the next request.
- **Nothing is lost.** Ctrl-C stops a reply and keeps what came; `grokchat -c` goes on tomorrow.

```python
def replay(messages: list[dict[str, str]]) -> None:
    \"\"\"The API is stateless: the whole list goes out each time.\"\"\"
    for message in messages:
        print(message["role"], message["content"])
```

For real replies, make a key at <https://console.x.ai> and set `XAI_API_KEY`.
"""


def reply_text(messages: list[Mapping[str, Any]]) -> str:
    """Return the demo's reply to a message list: what was said, a table of what was received, a tour."""
    last: Mapping[str, Any] = next((one for one in reversed(messages) if one.get("role") == "user"), {})
    first_line = content_text(last.get("content")).split("\n", 1)[0].removesuffix("\r")
    rows = "".join(f"| {number} | {one.get('role')} |\n" for number, one in enumerate(messages, 1))
    return f"You said: {first_line}\n\n| # | role |\n|--:|------|\n{rows}\n{_TOUR}"


class DemoTransport(httpx.AsyncBaseTransport):
    """Speaks the API's wire format, at a readable pace."""

    def __init__(self, environment: Environment) -> None:
        self._sleep = environment.sleep

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer `POST /chat/completions` and `GET /models`; anything else is 404 as the API has it."""
        if request.method == "GET" and request.url.path.endswith("/models"):
            return _json(200, {"object": "list", "data": [_MODEL]})
        if request.method != "POST" or not request.url.path.endswith("/chat/completions"):
            return _json(404, {"code": "not-found", "error": "No handler found on route."})
        asked = json.loads(await request.aread())
        fault = str(asked.get("demo_fault", ""))
        if fault == "slow":
            await self._sleep(3.0)
        refused = _refusal(fault)
        if refused is not None:
            return refused
        if asked.get("stream"):
            return httpx.Response(
                200, headers={"content-type": "text/event-stream"}, stream=_Stream(self._frames(asked, fault))
            )
        return _json(200, _complete(asked, fault))

    async def _frames(self, asked: Mapping[str, Any], fault: str) -> AsyncIterator[bytes]:
        text, reasoning, finish = _parts(asked, fault)
        head = _head(asked, fault, "chat.completion.chunk")

        def frame(**more: Any) -> bytes:
            return b"data: " + json.dumps({**head, **more}).encode() + b"\n\n"

        pace = _PACE * (10 if fault == "slow" else 1)
        for word in _words(reasoning):
            await self._sleep(pace)
            yield frame(choices=[{"index": 0, "delta": {"reasoning_content": word}}])
        words = _words(text)
        for number, word in enumerate(words):
            await self._sleep(pace)
            if number > len(words) // 2 and fault == "truncate":
                return
            if number > len(words) // 2 and fault == "midstream":
                error = {"code": "unavailable", "error": "The model stopped responding."}
                yield b"data: " + json.dumps(error).encode() + b"\n\n"
                return
            yield frame(choices=[{"index": 0, "delta": {"content": word}}])
        yield frame(choices=[{"index": 0, "delta": {}, "finish_reason": finish}])
        if asked.get("stream_options", {}).get("include_usage"):
            yield frame(choices=[], usage=_usage(asked, text, reasoning))
        yield b"data: [DONE]\n\n"


class _Stream(httpx.AsyncByteStream):
    def __init__(self, frames: AsyncIterator[bytes]) -> None:
        self._frames = frames

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for frame in self._frames:
            yield frame


def _parts(asked: Mapping[str, Any], fault: str) -> tuple[str, str, str]:
    text = reply_text(asked.get("messages", []))
    if fault == "length":
        return text[: len(text) // 3], "", "length"
    if fault == "empty":
        return "", "", "stop"
    if fault == "thinking":
        return "", "The user asks. I think about it, and say nothing.", "stop"
    return text, "", "stop"


def _complete(asked: Mapping[str, Any], fault: str) -> dict[str, Any]:
    text, reasoning, finish = _parts(asked, fault)
    message = {"role": "assistant", "content": text, "refusal": None}
    if reasoning:
        message["reasoning_content"] = reasoning
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return {
        **_head(asked, fault, "chat.completion"),
        "choices": [choice],
        "usage": _usage(asked, text, reasoning),
    }


def _head(asked: Mapping[str, Any], fault: str, kind: str) -> dict[str, Any]:
    model = "grok-demo-successor" if fault == "redirect" else asked.get("model", "demo")
    return {"id": "demo", "object": kind, "created": 0, "model": model, "system_fingerprint": "fp_demo"}


def _usage(asked: Mapping[str, Any], text: str, reasoning: str) -> dict[str, Any]:
    """Count four characters a token; everything before the last message counts as cached. The demo costs nothing."""
    messages = asked.get("messages", [])
    sizes = [len(content_text(one.get("content"))) // 4 + 4 for one in messages]
    prompt, completion, thought = sum(sizes), len(text) // 4, len(reasoning) // 4
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion + thought,
        "prompt_tokens_details": {"cached_tokens": sum(sizes[:-1])},
        "completion_tokens_details": {"reasoning_tokens": thought},
    }


def _refusal(fault: str) -> httpx.Response | None:
    if fault == "html":
        return httpx.Response(200, headers={"content-type": "text/html"}, text="<!DOCTYPE html><title>Log in</title>")
    if fault == "retry_later":
        return _json(429, {"code": "resource-exhausted", "error": "Too many requests."}, {"retry-after": "600"})
    if re.fullmatch(r"[345]\d\d", fault):
        return _json(int(fault), {"code": "demo", "error": f"The demo was asked to fail with {fault}."})
    return None


def _json(status: int, value: object, headers: Mapping[str, str] | None = None) -> httpx.Response:
    return httpx.Response(status, headers=dict(headers or {}), json=value)


def _words(text: str) -> list[str]:
    return re.findall(r"\s*\S+|\s+", text)
