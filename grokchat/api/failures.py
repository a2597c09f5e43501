"""API errors: a status and a body of any known shape become a sentence, and advice for the chat and for the shell.

Pure. The status and the text decide, not `code`: the vocabulary of codes changed during 2026. Server text is quoted
short, without the key, and never if it is HTML.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from grokchat.api.error_body import error_codes, error_text
from grokchat.errors import Advice, ApiError, BrokenReplyError, RefusedError, UnreachableError
from grokchat.records import record
from grokchat.sequences import shorten
from grokchat.units import byte_size, duration

_RETRIED_STATUSES = frozenset({408, 409, 429, 500, 502, 503, 504, *range(520, 525), 529})
_MAX_QUOTE_CHARS = 300
MAX_RETRY_AFTER_S = 60.0
"""If the server asks for a longer wait, there is no automatic retry, and the error names the wait."""
_OVERFLOW_PHRASES = (
    "too long for this model",
    "prompt is too long",
    "maximum prompt length",
    "maximum context length",
    "context length exceeded",
)
_SPENT_PHRASES = (
    "used all available credits",
    "run out of credits",
    "ran out of credits",
    "spending limit",
    "used all your free usage",
    "free usage exhausted",
    "insufficient quota",
    "insufficient credit",
    "insufficient balance",
    "insufficient funds",
    "exceeded your current quota",
    "credit balance is too low",
    "out of credits",
    "requires more credits",
    "not enough credits",
    "billing hard limit",
    "billing not active",
)
_SUBJECTS = {
    "content": r"usage guidelines|content.?policy|content.?filter|safety.?check|moderation|\bflagged\b",
    "tool calls": r"tool.?call|tool.?message|tool.?result|role.{0,4}tool\b|function.?call",
    "images": r"image|\bvision\b|multi-?modal|\bpictures?\b",
    "names": r"can have a name|'name'|messages?.{1,20}\.name\b",
    "empty messages": r"at least one content|non-?empty content|content.{0,20}\bempty\b|empty (?:message|content)",
}
"""What in the list of messages an error is about, and how its words say so."""
_POSITION = r"(?i)\b(?:messages?|input)(?:\[|\.| (?:at )?(?:index|position) |/)(\d{1,6})\b"


class Failure(Exception):  # noqa: N818 - a failed attempt, which is not yet an error
    """A failed attempt, and the error to raise if no other attempt succeeds.

    `summary` is the failure in a few words. `retry_after_s` is what the server asked for. `is_from_stale_connection` is
    True if a connection that was kept open had ended meanwhile, and `was_sent` is False if there was no connection.
    `is_in_reply` is True if a 2xx had it in the place of a reply, or of an event.
    """

    def __init__(
        self,
        error: ApiError,
        *,
        is_retryable: bool,
        summary: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.is_retryable = is_retryable
        self.summary = summary or error.message.partition(". ")[0].rstrip(".")
        self.retry_after_s = retry_after_s
        self.is_from_stale_connection = False
        self.was_sent = True
        self.is_in_reply = False


TRY_LATER = Advice("https://status.x.ai shows the API's status.", when="later")
CHECK_BASE_URL = Advice("Check base_url.", when="")
PART_IS_KEPT = Advice(
    in_shell="The partial reply is saved. Continue it with: grokchat -c, then /continue.",
    in_chat="The partial reply is kept: /continue resumes it, /retry asks again.",
)
"""The advice of a broken reply's error, true wherever there is a session."""
_NO_CREDITS = Advice("Add credits at https://console.x.ai.", when="")
_TOO_LONG = Advice(
    in_shell="Send less, or choose a model with a larger context (-m ID; --list-models shows the sizes).",
    in_chat="/compact puts a summary in the place of earlier messages, /mute and /delete leave messages out; "
    "or choose a model with a larger context (/models shows the sizes).",
    when="",
)
_WRONG_KEY = Advice(
    in_shell="Check XAI_API_KEY if it is set, or store another key with grokchat --login (https://console.x.ai).",
    in_chat="Check XAI_API_KEY if it is set, or store another key with /login (https://console.x.ai).",
    when="",
)
_FORBIDDEN = Advice(
    in_shell="If the key is the cause, store another with grokchat --login.",
    in_chat="If the key is the cause, store another with /login.",
    when="",
)
_NO_MODEL = Advice(
    in_shell="Choose another with -m ID; --list-models lists them.",
    in_chat="Choose another with /model; /models lists them.",
    when="",
)
_TOO_LARGE = Advice("Leave out messages or images.", when="")
_AT_CAPACITY = Advice(
    in_shell="-m ID asks another one.",
    in_chat="/model ID chooses another one.",
    when="in a moment",
)
_LOGIN_PAGE = Advice("Open any web page in a browser and log in.", when="")


def broken_reply_error(failure: Failure) -> BrokenReplyError:
    """Return the error for a failure after the first delta: the part is kept, and the user decides whether to retry."""
    description = failure.error.message.rstrip(".")
    if "broke off" not in description and not isinstance(failure.error, BrokenReplyError):
        description = f"The reply broke off: {description[:1].lower()}{description[1:]}"
    return BrokenReplyError(
        f"{description}.",
        PART_IS_KEPT,
        status=failure.error.status,
        request_id=failure.error.request_id,
    )


def failure_from_response(
    status: int,
    body: bytes,
    *,
    redact: Callable[[str], str],
    url: str = "",
    parameters: Iterable[str] = (),
    problem: str = "",
    request_bytes: int = 0,
    request_id: str | None = None,
    location: str = "",
    retry_after_s: float | None = None,
    forbids_retry: bool = False,
) -> Failure:
    """Return the failure for a response other than 200.

    `url` is the address that was asked, `parameters` the request parameters that the user set, and `request_bytes` the
    size of the request. `problem` is why the body could not be
    read, in a few words. `forbids_retry` is True if the server says so.
    """
    text = redact(error_text(body))
    answer = _Answer(
        status, _searchable(text, body), _quote(text) or redact(problem), redact(location), redact(url), request_bytes
    )
    is_hopeless = is_overflow(answer.low) or answer.is_about_credits
    is_retryable = status in _RETRIED_STATUSES and not forbids_retry and not is_hopeless
    message, advice = _describe(answer)
    if status in {400, 422}:
        advice = _parameter_advice(text, parameters) or advice
    if is_retryable and retry_after_s is not None and retry_after_s > MAX_RETRY_AFTER_S:
        advice = Advice(when=f"in {duration(retry_after_s)}")
    if request_id and status >= 500:
        message = f"{message.removesuffix('.')} (request {redact(request_id)[:80]})."
    is_failing = status < 300 or status >= 500 or status in _RETRIED_STATUSES
    kind = UnreachableError if is_failing and not is_hopeless else RefusedError
    summary = f"{status} {_status_name(status)}"
    about = _find_subject(answer) if kind is RefusedError else ""
    error = kind(message, advice, status=status, request_id=request_id, about=about, position=_find_position(text))
    return Failure(error, is_retryable=is_retryable, summary=summary, retry_after_s=retry_after_s)


@record
class _Answer:
    """An error response: `low` are its words and codes in lower case, `quoted` what is quoted of it."""

    status: int
    low: str
    quoted: str = ""
    location: str = ""
    url: str = ""
    request_bytes: int = 0

    @property
    def is_about_credits(self) -> bool:
        return is_spent(self.low) or self.status == 402 or (self.status == 429 and "free usage" in self.low)


def failure_from_body(body: bytes, *, redact: Callable[[str], str], request_id: str | None = None) -> Failure:
    """Return the failure for an error inside a 200: a body without choices, or an event of a stream."""
    failure = _failure_from_body(body, redact=redact, request_id=request_id)
    failure.is_in_reply = True
    return failure


def _failure_from_body(body: bytes, *, redact: Callable[[str], str], request_id: str | None) -> Failure:
    start = body[:512].lstrip().lower()
    if start.startswith(b"<"):
        error: ApiError = UnreachableError(
            "The answer is a web page instead of a reply, perhaps a network's login page.",
            Advice("Log in with a browser, or check base_url.", when=""),
        )
        return Failure(error, is_retryable=False)
    text = redact(error_text(body))
    low = _searchable(text, body)
    if is_overflow(low) or is_spent(low) or "incorrect api key" in low:
        message, advice = _describe(_Answer(400, low, _quote(text)))
        about = "context" if is_overflow(low) else ""
        error = RefusedError(message, advice, status=200, request_id=request_id, about=about)
        return Failure(error, is_retryable=False)
    detail = f": {_quote(text)}" if text else ""
    error = UnreachableError(
        f"The API answered with an error{detail}.", Advice(when=""), status=503, request_id=request_id
    )
    return Failure(error, is_retryable=True)


def is_overflow(low: str) -> bool:
    """Return whether an error's text, in lower case, means that the conversation is too long for the model."""
    low = low.replace("_", " ")
    return any(phrase in low for phrase in _OVERFLOW_PHRASES) or ("current message" in low and "exceeds budget" in low)


def is_spent(low: str) -> bool:
    """Return whether an error's text, in lower case, means that no credits are left."""
    low = low.replace("_", " ")
    return any(phrase in low for phrase in _SPENT_PHRASES)


def _searchable(text: str, body: bytes) -> str:
    """Return an error's words and codes in lower case."""
    return " | ".join([text.lower(), *sorted(error_codes(body))])


def _find_subject(answer: _Answer) -> str:
    """Return what in the list of messages an error is about: `size`, `context`, a key of `_SUBJECTS`, or nothing."""
    if answer.status == 413:
        return "size"
    if answer.is_about_credits:
        return ""
    if is_overflow(answer.low):
        return "context"
    return next((subject for subject, words in _SUBJECTS.items() if re.search(words, answer.low)), "")


def _parameter_advice(text: str, parameters: Iterable[str]) -> Advice | None:
    """Return what to do about the user's parameters that an error names, in snake or camel case."""
    words = {word.lower().replace("_", "") for word in re.findall(r"[A-Za-z_]{3,}", text)}
    named = [name for name in parameters if name.lower().replace("_", "") in words]
    if not named:
        return None
    options = ", ".join(f"-o {name}" for name in named)
    return Advice(in_shell=f"Leave out {options}.", in_chat=f"/unset {named[0]} removes the parameter.", when="")


def _find_position(text: str) -> int | None:
    """Return the position of the message that an error names, in the request's list."""
    match = re.search(_POSITION, text)
    return int(match[1]) if match else None


def _describe(answer: _Answer) -> tuple[str, Advice]:
    """Return what happened, as a sentence, and what to do."""
    status, low = answer.status, answer.low
    quote = f" ({answer.quoted})" if answer.quoted else ""
    detail = f": {answer.quoted}" if answer.quoted else ""  # inside the brackets of the status
    if answer.is_about_credits:
        return f"Out of credits, or the spending limit is reached{quote}.", _NO_CREDITS
    if is_overflow(low):
        return f"The conversation is too long for the model{quote}.", _TOO_LONG
    if status == 401 or "incorrect api key" in low:
        return f"The API rejected the key{quote}.", _WRONG_KEY
    if 300 <= status < 400:
        where = f" to {_quote(answer.location)}" if answer.location else ""
        return f"The API redirects{where} ({status}). To protect the key, redirects are not followed.", CHECK_BASE_URL
    if status < 300:
        message = f"The server answered {status} without a reply{quote}."
        return message, Advice("Check base_url, and whether a proxy is in between.", when="")
    if status == 511:
        return "The network wants you to log in first (511).", _LOGIN_PAGE
    asked = f" The address was {answer.url}." if answer.url else ""
    if status in {404, 410} and "model" in low:
        return f"Unknown or retired model, or your key may not use it{quote}.{asked}", _NO_MODEL
    if status == 404:
        return f"There is no chat API at {answer.url or 'this address'} (404{detail}).", CHECK_BASE_URL
    if status == 403:
        return f"The API refused access (403{detail}).", _FORBIDDEN
    if status == 413:
        size = f" It is {byte_size(answer.request_bytes)}." if answer.request_bytes else ""
        return f"The request is too large (413{detail}).{size}", _TOO_LARGE
    if "at capacity" in low or "overloaded" in low:
        return f"The model is at capacity ({status}{detail}).", _AT_CAPACITY
    if status == 429:
        return f"Rate limited (429{detail}).", Advice(when="in a moment")
    if status >= 500 or status in {408, 409}:
        return f"The API failed ({status} {_status_name(status)}{detail}).", TRY_LATER
    return f"The API rejected the request ({status}{detail}).{asked if status in {405, 410} else ''}", Advice()


def _status_name(status: int) -> str:
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
    return shorten(" ".join(text.split()), _MAX_QUOTE_CHARS).rstrip(".")
