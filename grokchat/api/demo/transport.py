"""The demo's httpx transport, so that the whole client runs: no key, no network.

A field of a wrong type gets the error that the API would send. The request parameter `demo_fault` asks for failures,
which `faults` lists.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from grokchat import strict_json
from grokchat.api.demo import deferred
from grokchat.api.demo.completions import completion, completion_chunks, find_problem
from grokchat.api.demo.faults import BREAKING, capacity_event, error_response, not_found_response
from grokchat.api.demo.response_input import find_response_problem
from grokchat.api.demo.responses import response_events, whole_response
from grokchat.api.demo.wire import WORD_PAUSE_S, encode_event, json_response, stream_response
from grokchat.compat.httpx import httpx
from grokchat.environment import Environment

_MODELS = [
    {"id": "grok-4.7", "object": "model", "owned_by": "demo", "context_length": 500_000},
    {"id": "grok-4.3", "object": "model", "owned_by": "demo", "context_length": 1_000_000},
]
"""The default model, and another one to choose. They have no prices: the demo costs nothing."""

_SLOW_START_S, _SLOWER = 3.0, 10
_DEFERRED_PATH = "/chat/deferred-completion/"


class DemoTransport(httpx.AsyncBaseTransport):
    """Answers in the API's wire format, at a readable pace."""

    def __init__(self, environment: Environment) -> None:
        self._sleep = environment.sleep
        self._now = environment.now
        self._jobs = deferred.DeferredJobs()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer the routes of the API that grokchat uses; any other one is 404, as at the API."""
        path = request.url.path
        if request.method == "GET" and path.endswith("/models"):
            return json_response(200, {"object": "list", "data": _MODELS})
        if request.method == "GET" and _DEFERRED_PATH in path:
            return self._jobs.response(path.rpartition(_DEFERRED_PATH)[2], self._now().timestamp())
        if request.method == "POST" and path.endswith(("/chat/completions", "/responses")):
            try:
                body = strict_json.parse_lenient(await request.aread())
            except ValueError as error:
                return _refusal(400, f"Failed to parse the body: {error}")
            return await (self._respond(body) if path.endswith("/responses") else self._complete(body))
        return not_found_response()

    async def _complete(self, body: Any) -> httpx.Response:
        """Answer `POST /chat/completions`."""
        if problem := find_problem(body):
            return _wrong_type(problem)
        fault = str(body.get("demo_fault", ""))
        if failure := await self._fail(fault):
            return failure
        if fault == "capacity":
            return json_response(429, capacity_event())
        if body.get("deferred"):
            return deferred.accept(body, fault, self._now().timestamp())
        if body.get("stream"):
            return stream_response(self._paced(completion_chunks(body, fault), fault))
        return json_response(200, completion(body, fault))

    async def _respond(self, body: Any) -> httpx.Response:
        """Answer `POST /responses`."""
        if problem := find_response_problem(body):
            status, words = problem
            return _wrong_type(words) if status == 422 else _refusal(status, words)
        fault = str(body.get("demo_fault", ""))
        if fault == "unsupported":
            return not_found_response()
        if failure := await self._fail(fault):
            return failure
        if body.get("stream"):
            return stream_response(self._paced(response_events(body, fault), fault))
        if fault == "capacity":
            return json_response(429, capacity_event())
        return json_response(200, whole_response(body, fault))

    async def _fail(self, fault: str) -> httpx.Response | None:
        """Return the response to a request that fails as a whole, after the silence that was asked for."""
        if fault == "slow":
            await self._sleep(_SLOW_START_S)
        return error_response(fault)

    async def _paced(self, events: Iterator[tuple[int, Mapping[str, Any]]], fault: str) -> AsyncIterator[bytes]:
        """Yield the events of a stream as bytes, each after the time of its words; one that breaks has no `[DONE]`."""
        pause_s = WORD_PAUSE_S * (_SLOWER if fault == "slow" else 1)
        for words, event in events:
            if words:
                await self._sleep(pause_s * words)
            yield encode_event(event)
        if fault not in BREAKING:
            yield b"data: [DONE]\n\n"


def _wrong_type(problem: str) -> httpx.Response:
    return _refusal(422, f"Failed to deserialize the JSON body into the target type: {problem}")


def _refusal(status: int, error: str) -> httpx.Response:
    return json_response(status, {"code": "invalid-argument", "error": error})
