"""The demo's deferred replies: the id of a job holds what its reply is made of, so they outlive the program.

A job is ready a few seconds after its request, and its reply is handed out once; the demo remembers that only as long
as it runs. The id has the roles of the messages, the beginning of the last question and the token counts, compressed.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from typing import Any

from grokchat import strict_json
from grokchat.api.demo.completions import completion, count_prompt, find_problem
from grokchat.api.demo.wire import json_response
from grokchat.compat.httpx import httpx
from grokchat.messages import content_text

NOT_BOTH = "A request may either be streaming or deferred, but not both."
_READY_AFTER_S, _SLOW_S = 5.0, 30.0
_EXPIRES_AFTER_S = 24 * 3600.0
_MAX_QUESTION_CHARS = 2000
"""An id is part of an address, which httpx allows 65,536 characters."""
_MAX_JOB_BYTES = 1 << 20


class DeferredJobs:
    """Hands out the reply of each job once."""

    def __init__(self) -> None:
        self._handed_out: set[str] = set()

    def response(self, request_id: str, now: float) -> httpx.Response:
        """Return the response to a request for a deferred reply; `now` is in seconds since 1970."""
        job = _read_id(request_id)
        age_s = 0.0 if job is None else now - job["time"]
        if job is None or request_id in self._handed_out or job["fault"] == "gone" or age_s > _EXPIRES_AFTER_S:
            return _gone()
        if job["fault"] == "pending" or 0 <= age_s < (_SLOW_S if job["fault"] == "slow" else _READY_AFTER_S):
            return httpx.Response(202)
        self._handed_out.add(request_id)
        reply = completion(job["body"], job["fault"])
        prompt, cached = job["prompt"]
        usage = reply["usage"]
        usage["total_tokens"] += prompt - usage["prompt_tokens"]
        usage["prompt_tokens"], usage["prompt_tokens_details"] = prompt, {"cached_tokens": cached}
        return json_response(200, reply)


def accept(body: Mapping[str, Any], fault: str, now: float) -> httpx.Response:
    """Return the response to a request with `deferred`."""
    if body.get("stream"):
        return json_response(400, NOT_BOTH)
    return json_response(200, {"request_id": _make_id(body, fault, now)})


def _make_id(body: Mapping[str, Any], fault: str, now: float) -> str:
    messages = [{"role": message["role"]} for message in body["messages"]]
    questions = [at for at, message in enumerate(messages) if message["role"] == "user"]
    if questions:
        text = content_text(body["messages"][questions[-1]].get("content"))
        messages[questions[-1]]["content"] = text.split("\n", 1)[0][:_MAX_QUESTION_CHARS]
    job = {
        "time": round(now, 3),
        "fault": fault,
        "prompt": count_prompt(body["messages"]),
        "body": {"model": body.get("model"), "messages": messages},
    }
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(job).encode(), 9)).decode().rstrip("=")


def _read_id(request_id: str) -> dict[str, Any] | None:
    """Return the job with this id, or None if there is none."""
    try:
        packed = base64.b64decode(request_id + "=" * (-len(request_id) % 4), b"-_", validate=True)
        job = strict_json.parse_lenient(zlib.decompressobj().decompress(packed, _MAX_JOB_BYTES))
    except (binascii.Error, zlib.error, ValueError):
        return None
    match job:
        case {"time": int() | float(), "fault": str(), "prompt": [int(), int()], "body": body} if not find_problem(
            body
        ):
            return dict(job)
    return None


def _gone() -> httpx.Response:
    return json_response(
        404, {"code": "Some requested entity was not found", "error": "The deferred completion was not found."}
    )
