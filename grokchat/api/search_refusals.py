"""Failures of a request with search, in the user's terms: a server without search, a model that cannot search. Pure."""

from __future__ import annotations

import re

from grokchat.api.failures import Failure
from grokchat.errors import Advice, ApiError, RefusedError

_NO_ENDPOINT = frozenset({404, 405, 410, 501})
_BAD_REQUEST = frozenset({400, 403, 422})
_SEARCH_WORDS = re.compile(r"search|\btools?\b|server.?side|agentic", re.IGNORECASE)
_CAPACITY_WORDS = re.compile(r"at capacity|overloaded", re.IGNORECASE)
_WITHOUT_SEARCH = Advice(
    in_shell="To ask without search, leave out --search, or search in the config file.",
    in_chat="/search off asks without search.",
    when="",
)


def is_at_capacity(failure: Failure) -> bool:
    """Return whether the model had no capacity for the request, so that nothing was begun."""
    return _CAPACITY_WORDS.search(failure.error.message) is not None


def explain_refusal(failure: Failure) -> None:
    """Have a failure say that it is the search that the server or the model does not have, and how to do without."""
    error = failure.error
    if failure.is_in_reply:
        return
    if error.status in _NO_ENDPOINT and not error.message.startswith("Unknown or retired model"):
        reason = error.message.replace("There is no chat API", "There is no API")
        message = f"This server cannot search. {reason}"
        failure.error = RefusedError(message, _WITHOUT_SEARCH, status=error.status, request_id=error.request_id)
    elif _is_about_search(error) and not error.advice.in_shell:
        error.advice = _WITHOUT_SEARCH


def _is_about_search(error: ApiError) -> bool:
    """Return whether the words of a refusal are about the search, and not about tool calls in the list."""
    is_refused = error.status in _BAD_REQUEST and isinstance(error, RefusedError)
    return is_refused and error.about != "tool calls" and _SEARCH_WORDS.search(error.message) is not None
