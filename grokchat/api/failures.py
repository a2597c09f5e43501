"""What the API's errors mean: bodies of every shape it has been seen to send, to sentences a user can act on.

Pure. Decides by status and text, not by `code`: the vocabulary of codes changed during 2026. Server text is quoted
short, without the key, and never HTML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from grokchat.errors import ApiError, BrokenReplyError, RefusedError, UnreachableError
from grokchat.units import duration

_RETRIED = frozenset({408, 409, 429, 500, 502, 503, 504, *range(520, 525), 529})
_MARKER = re.compile(r"\s*\[WKE=([^\]]*)\]")
_LONGEST_QUOTE = 300
_OVERFLOW = (
    "too long for this model",
    "prompt is too long",
    "maximum prompt length",
    "maximum context length",
    "context_length_exceeded",
)
_SPENT = (
    "used all available credits",
    "run out of credits",
    "ran out of credits",
    "spending limit",
    "used all your free usage",
)


class Failure(Exception):  # noqa: N818 - a try that failed, not yet an error
    """A try that failed: the error it ends in unless another try helps.

    `short` says it in a few words; `said` is the error without its advice, for when there is a better one;
    `retry_after` is what the server asked for, in seconds; `is_stale`: it was the fault of a connection that had been
    kept too long.
    """

    def __init__(
        self, error: ApiError, *, retryable: bool, short: str = "", said: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.retryable = retryable
        self.said = said or str(error)
        self.short = short or self.said.partition(". ")[0].rstrip(".")
        self.retry_after = retry_after
        self.is_stale = False


LATER = "Try again later; https://status.x.ai tells more."
KEPT = "What came is kept; /continue goes on with it, /retry asks again."
"""What a broken reply's error ends with: true wherever there is a session."""


def broken(failure: Failure) -> BrokenReplyError:
    """Return the error for a failure after the first delta: the part is kept, and the user says what next."""
    said = failure.said.rstrip(".")
    if "broke off" not in said and not isinstance(failure.error, BrokenReplyError):
        said = f"The reply broke off: {said[:1].lower()}{said[1:]}"
    return BrokenReplyError(
        f"{said}. {KEPT}",
        status=failure.error.status,
        request_id=failure.error.request_id,
    )


def from_response(
    status: int,
    body: bytes,
    *,
    redact: Callable[[str], str],
    request_id: str | None = None,
    location: str = "",
    retry_after: float | None = None,
    never: bool = False,
) -> Failure:
    """Return the failure that a response other than 200 is."""
    text = redact(error_text(body))
    low = text.lower()
    quoted = _quote(text)
    retryable = status in _RETRIED and not never
    message = _sentence(status, low, quoted, redact(location))
    if is_overflow(low) or is_spent(low) or (status == 429 and "free usage" in low):
        retryable = False
    if status == 429 and retryable and retry_after is not None and retry_after > 60:
        message += f" It asks to come back in {duration(retry_after)}."
    elif retryable and retry_after is not None and retry_after > 60:
        message += f" It asks to be left alone for {duration(retry_after)}."
    if request_id and status >= 500:
        message += f" (request {redact(request_id)[:80]})"
    is_hopeless = is_overflow(low) or is_spent(low)
    is_failing = retryable or status < 300 or status >= 500 or (status in _RETRIED and never)
    kind = UnreachableError if is_failing and not is_hopeless else RefusedError
    short = f"{status} {_short(status)}"
    error = kind(message, status=status, request_id=request_id)
    return Failure(error, retryable=retryable, short=short, retry_after=retry_after)


def from_body(body: bytes, *, redact: Callable[[str], str], request_id: str | None = None) -> Failure:
    """Return the failure that an error inside a 200 is: an answer without choices, or a frame of a stream."""
    start = body[:512].lstrip().lower()
    if start.startswith(b"<"):
        said = "A web page came instead of a reply: a network's login page, perhaps."
        message = f"{said} Log in with a browser, or check base_url."
        return Failure(UnreachableError(message), said=said, retryable=False)
    text = redact(error_text(body))
    low = text.lower()
    if is_overflow(low) or is_spent(low):
        error: ApiError = RefusedError(_sentence(400, low, _quote(text), ""), status=200, request_id=request_id)
        return Failure(error, retryable=False)
    said = f": {_quote(text)}" if text else ""
    error = UnreachableError(f"The API answered with an error{said}.", status=503, request_id=request_id)
    return Failure(error, retryable=True)


def is_overflow(low: str) -> bool:
    """Say whether an error's text, in lower case, means that the conversation is too long for the model."""
    return any(one in low for one in _OVERFLOW) or ("current message" in low and "exceeds budget" in low)


def is_spent(low: str) -> bool:
    """Say whether an error's text, in lower case, means that there is no money left."""
    return any(one in low for one in _SPENT)


def error_text(body: bytes) -> str:
    """Return the words of an error body of any known shape; nothing for HTML and for none."""
    text = body.decode("utf-8", "replace").strip().lstrip("\ufeff")
    if not text or text.startswith("<"):
        return ""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return _MARKER.sub("", _words(value)).strip()


def _words(value: Any, depth: int = 0) -> str:
    if depth > 4:
        return ""
    if isinstance(value, str):
        if value.lstrip().startswith(("{", "[")):  # another error's JSON, escaped into this one
            try:
                return _words(json.loads(value), depth + 1) or value
            except (ValueError, RecursionError):
                return value
        return "" if value.lstrip().startswith("<") else value
    if isinstance(value, list):
        return _words(value[0], depth + 1) if value else ""
    if isinstance(value, dict):
        for key in ("error", "message", "detail", "code"):
            words = _words(value.get(key), depth + 1)
            if words:
                return words
    return ""


def _sentence(status: int, low: str, quoted: str, location: str) -> str:
    said = f" ({quoted})" if quoted else ""
    told = f": {quoted}" if quoted else ""  # within the brackets of the status
    if is_spent(low):
        return f"The account has no credits left or reached its limit{said}. Add credits at https://console.x.ai."
    if is_overflow(low):
        return (
            f"The conversation is too long for the model{said}. Take messages out of it with /mute or /delete, "
            "or choose a model with a larger context."
        )
    if status == 401 or "incorrect api key" in low:
        return (
            f"The API does not accept the key{said}. Check XAI_API_KEY, or store another with --login; "
            "keys are made at https://console.x.ai."
        )
    if 300 <= status < 400:
        where = f" to {_quote(location)}" if location else ""
        return f"The API sent a redirect ({status}){where}. It is not followed: the key stays here. Check base_url."
    if status < 300:
        return f"The server answered with {status} and no reply{said}. Check base_url, and whether a proxy is between."
    if status == 511:
        return "The network wants you to log in first (511). Open any web page in a browser, and try again."
    if status in {404, 410} and "model" in low:
        return (
            f"The API does not know the model (any more), or this key may not use it{said}. "
            "Choose another with -m or /model; --list-models and /models list them."
        )
    if status == 404:
        return f"There is no chat API at this address (404{told}). Check base_url."
    if status == 403:
        return f"The API forbids this request (403{told})."
    if status == 413:
        return f"The request is too large for the API (413{told}). Take messages or pictures out of it."
    if status == 429:
        return f"The API limits how often you may ask (429{told}). Wait a little and try again."
    if status >= 500 or status in {408, 409}:
        return f"The API is failing ({status} {_short(status)}{told}). {LATER}"
    return f"The API rejects the request ({status}{told})."


def _short(status: int) -> str:
    names = {
        408: "request timed out",
        409: "conflict",
        429: "rate limited",
        500: "server error",
        502: "bad gateway",
        503: "unavailable",
        504: "gateway timed out",
        529: "overloaded",
    }
    return names.get(status, "server error" if status >= 500 else "refused")


def _quote(text: str) -> str:
    text = " ".join(text.split())
    if len(text) > _LONGEST_QUOTE:
        text = text[: _LONGEST_QUOTE - 1] + "…"
    return text.rstrip(".")
