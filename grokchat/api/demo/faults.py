"""The demo's failures: the request parameter `demo_fault` asks for one.

Of both endpoints:

    slow        three seconds of silence, then a slow reply     truncate   the connection closes in mid-reply
    STATUS      an HTTP error such as 429, 503 or 400           midstream  an error event in mid-reply
    empty       a reply without text                            length     a reply cut at its length limit
    thinking    only reasoning, no answer                       redirect   another model serves the request
    retry_later 429 with a Retry-After of ten minutes           html       a web page instead of a reply
    capacity    no capacity: the first event, or a 429

Of `/responses` alone:

    failed      the response fails in mid-reply                 sources    500 sources, the first of them hostile
    unsupported 404, as from a server without the endpoint

Of deferred replies alone:

    gone        404 when it is asked for                        pending    it is never ready
    slow        it takes 30 seconds
"""

from __future__ import annotations

import re

from grokchat.api.demo.wire import json_response
from grokchat.compat.httpx import httpx

NO_CAPACITY = "The model is currently at capacity due to high demand. Please try again in a few minutes."
STOPPED = "The model stopped responding."
BREAKING = frozenset({"truncate", "midstream"})
"""Faults that break a stream; a reply in one piece does not have them."""


def error_response(fault: str) -> httpx.Response | None:
    """Return the response to a request that fails as a whole, or None if it does not."""
    if fault == "html":
        return httpx.Response(200, headers={"content-type": "text/html"}, text="<!DOCTYPE html><title>Log in</title>")
    if fault == "retry_later":
        return json_response(429, {"code": "resource-exhausted", "error": "Too many requests."}, {"retry-after": "600"})
    if re.fullmatch(r"[345][0-9][0-9]", fault):
        return json_response(int(fault), {"code": "demo", "error": f"The demo was asked to fail with {fault}."})
    return None


def not_found_response() -> httpx.Response:
    """Return what a server says of a route that it does not have."""
    return json_response(404, {"code": "not-found", "error": "No handler found on route."})


def capacity_event() -> dict[str, object]:
    """Return the error event of a model without capacity: the first event of a stream, or the body of a 429."""
    return {"sequence_number": 0, "type": "error", "code": None, "message": NO_CAPACITY, "param": None}
