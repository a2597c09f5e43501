"""API errors: their class, exit code, whether they are retried, and their message."""

from __future__ import annotations

import json
import re

import pytest
from support import KEY

from grokchat.api.error_body import error_text
from grokchat.api.failures import (
    Failure,
    broken_reply_error,
    failure_from_body,
    failure_from_response,
    is_overflow,
    is_spent,
)
from grokchat.config.secret import Secret
from grokchat.errors import BrokenReplyError, RefusedError, UnreachableError

REDACT = Secret(KEY).redact
SPENT = "This team has used all available credits or hit its cap."
OVERFLOW = "The prompt is too long: 900 tokens."


def body(text: str) -> bytes:
    return json.dumps({"code": "some-code", "error": text}).encode()


def respond(status: int, data: bytes = b"", **more) -> Failure:
    return failure_from_response(status, data, redact=REDACT, **more)


@pytest.mark.parametrize(
    "value",
    [
        {"code": "invalid", "error": "The words."},
        {"code": 429, "error": "The words. [WKE=team-blocked:some-limit]"},
        {"error": {"message": "The words.", "type": "t", "param": None, "code": "c"}},
        {"error": "The words."},
        {"error": json.dumps({"code": "inner", "error": "The words."})},
        {"error": json.dumps({"error": {"message": "The words."}})},
        "The words.",
        {"message": "The words."},
        {"detail": "The words."},
        [{"error": "The words."}],
        [{"error": {"message": "The words."}}],
        {"error": "", "message": "The words."},
        {"code": "The words."},
    ],
    ids=repr,
)
def test_the_text_of_every_shape_of_error_body_is_found(value):
    assert error_text(json.dumps(value).encode()) == "The words."
    assert "The words" in str(respond(400, json.dumps(value).encode()).error)


def test_a_body_that_is_not_json_is_quoted():
    assert error_text(b"  upstream is gone \n") == "upstream is gone"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"  ",
        b"null",
        b"[]",
        b"{}",
        b"5",
        b'{"error": null}',
        b'{"error": {}}',
        b'{"error": [[[[[["x"]]]]]]}',
        b"\xff",
    ],
)
def test_a_body_without_text_is_still_an_error(data):
    failure = respond(400, data)
    assert isinstance(failure.error, RefusedError)
    assert str(failure.error).startswith("The API rejected the request (400")


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE html><html><title>Bad gateway</title></html>",
        b"  <html><body>nginx</body></html>",
        b"\xef\xbb\xbf<html>nginx</html>",
        b"<?xml version='1.0'?><html/>",
        json.dumps({"error": "<html><h1>nginx</h1></html>"}).encode(),
        json.dumps({"error": {"message": " <!DOCTYPE html><p>nginx</p>"}}).encode(),
    ],
)
def test_html_is_never_quoted(data):
    for failure in (respond(502, data), respond(403, data), failure_from_body(data, redact=REDACT)):
        said = str(failure.error)
        assert "<" not in said
        assert "nginx" not in said


@pytest.mark.parametrize(
    ("status", "words", "kind", "retryable", "said"),
    [
        (400, "The argument is bad.", RefusedError, False, "rejected the request (400: The argument is bad)"),
        (400, "Incorrect API key provided: ab***cd.", RefusedError, False, "rejected the key"),
        (400, OVERFLOW, RefusedError, False, "/compact puts a summary"),
        (401, "Bad credentials.", RefusedError, False, "rejected the key"),
        (402, SPENT, RefusedError, False, "Out of credits"),
        (403, SPENT, RefusedError, False, "Out of credits"),
        (
            403,
            "Content breaks the rules.",
            RefusedError,
            False,
            "refused access (403: Content breaks the rules)",
        ),
        (404, "The model grok-x does not exist.", RefusedError, False, "Unknown or retired model"),
        (410, "The model grok-3 was retired.", RefusedError, False, "Choose another with /model"),
        (404, "No handler on this route.", RefusedError, False, "Check base_url"),
        (405, "Wrong method.", RefusedError, False, "rejected the request (405: Wrong method)"),
        (410, "Live search is gone.", RefusedError, False, "Live search is gone"),
        (413, "Too big.", RefusedError, False, "request is too large"),
        (415, "No content type.", RefusedError, False, "(415: No content type)"),
        (422, "messages[3].content: wrong type", RefusedError, False, "messages[3].content: wrong type"),
        (429, "Requests per second: 2/2", UnreachableError, True, "Rate limited"),
        (429, SPENT, RefusedError, False, "Out of credits"),
        (429, "You have used all your free usage.", RefusedError, False, "Out of credits"),
        (408, "", UnreachableError, True, "request timed out"),
        (409, "", UnreachableError, True, "conflict"),
        (500, "Oops.", UnreachableError, True, "server error"),
        (502, "", UnreachableError, True, "bad gateway"),
        (503, "", UnreachableError, True, "unavailable"),
        (504, "", UnreachableError, True, "gateway timed out"),
        (520, "", UnreachableError, True, "520"),
        (524, "", UnreachableError, True, "524"),
        (525, "", UnreachableError, False, "525"),
        (526, "", UnreachableError, False, "526"),
        (529, "", UnreachableError, True, "overloaded"),
        (501, "", UnreachableError, False, "501"),
    ],
)
def test_every_status(status, words, kind, retryable, said):
    """408, 409, 429, 500, 502, 503, 504, 520-524, 529 are retried; spent credits and an overflow are not."""
    failure = respond(status, body(words))
    assert type(failure.error) is kind
    assert failure.error.exit_code == (1 if kind is RefusedError else 3)
    assert failure.is_retryable is retryable
    assert failure.error.status == status
    assert said in str(failure.error)
    assert str(failure.error).endswith(".")
    assert failure.summary.startswith(str(status))


@pytest.mark.parametrize("words", ["", "Bad credentials.", SPENT, OVERFLOW, "model is at capacity", "no such model"])
@pytest.mark.parametrize("status", [401, 402, 403, 404, 408, 413, 429, 500, 503, 511])
@pytest.mark.parametrize("wait_s", [None, 600.0])
def test_advice_names_what_can_be_typed_where_the_error_is_shown(status, words, wait_s):
    """The chat advises slash commands, /retry with all of them, and a shell options."""
    error = respond(status, body(words), retry_after_s=wait_s).error
    assert "/retry" in str(error)
    assert not re.search(r"(^|[\s(])-|grokchat", str(error))
    assert not re.search(r"(^|\s)\(?/[a-z]", error.shell_text)
    error.retry_command = "/models"
    assert "/retry asks again" not in str(error)
    assert "/models" in str(error)


def test_the_texts_of_common_errors():
    error = respond(429, body("Too many requests."), retry_after_s=600).error
    assert str(error) == "Rate limited (429: Too many requests). Try again in 10 min with /retry."
    assert error.shell_text == "Rate limited (429: Too many requests). Try again in 10 min."
    error = respond(401, b"").error
    assert str(error).startswith(
        "The API rejected the key. Check XAI_API_KEY if it is set, or store another key with /lo"
    )
    assert "grokchat --login" in error.shell_text
    error = respond(503, b"").error
    status = "https://status.x.ai shows the API's status."
    assert str(error) == f"The API failed (503 unavailable). {status} Try again later with /retry."
    assert error.shell_text == f"The API failed (503 unavailable). {status} Try again later."


@pytest.mark.parametrize("status", [429, 500, 503])
def test_spent_credits_and_an_overflow_are_not_retried_whatever_the_status(status):
    assert not respond(status, body(SPENT)).is_retryable
    assert not respond(status, body(OVERFLOW)).is_retryable


@pytest.mark.parametrize(
    "text",
    [
        "this is too long for this model",
        "the maximum prompt length is 5",
        "over the maximum context length",
        "context_length_exceeded",
        "the current message of 9 tokens exceeds budget 5",
    ],
)
def test_an_overflow_is_recognised_by_its_text(text):
    assert is_overflow(text)
    assert not is_spent(text)
    assert "/mute" in str(failure_from_body(body(text.title()), redact=REDACT).error)


def test_x_should_retry_false_forbids_retries():
    """The error then says that the server failed, not that it refused."""
    failure = respond(503, b"", forbids_retry=True)
    assert not failure.is_retryable
    assert failure.error.exit_code == 3


def test_a_redirect_is_reported_with_its_target_and_not_followed():
    """Redirects are not followed: no redirect carries the key elsewhere."""
    failure = respond(307, b"", location=f"https://b.example/?k={KEY}")
    assert isinstance(failure.error, RefusedError)
    assert "https://b.example/?k=[key]" in str(failure.error)
    assert "base_url" in str(failure.error)


@pytest.mark.parametrize(
    ("seconds", "said"), [(61.0, "61 s"), (90.0, "90 s"), (600.0, "10 min"), (3600.0, "60 min"), (36000.0, "10 h")]
)
def test_a_long_retry_after_is_named_in_the_error(seconds, said):
    """Longer than 60 s: given up at once, saying when to come back."""
    assert said in str(respond(429, b"", retry_after_s=seconds).error)
    assert said in str(respond(503, b"", retry_after_s=seconds).error)


def test_a_short_retry_after_is_kept_for_the_retry():
    failure = respond(429, b"", retry_after_s=7.0)
    assert failure.retry_after_s == 7.0
    assert "7 s" not in str(failure.error)


def test_the_key_is_never_quoted():
    """Never the key, anywhere."""
    failures = [
        respond(400, body(f"bad header: Bearer {KEY}")),
        respond(400, body("x" * 290 + KEY)),
        respond(500, body("oops"), request_id=KEY),
        respond(302, b"", location=f"/{KEY}"),
        failure_from_body(body(KEY), redact=REDACT),
        failure_from_body(KEY.encode(), redact=REDACT),
    ]
    for failure in failures:
        assert KEY[:12] not in str(failure.error)
        assert KEY[:12] not in failure.summary


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("Model grok-4.6 does not support parameter presencePenalty.", "presence_penalty"),
        ("This model does not support `reasoning_effort` value `none`.", "reasoning_effort"),
        ("Invalid value: temperature must be between 0 and 2", "temperature"),
        ("Unsupported parameter: 'max_tokens'", "max_tokens"),
    ],
)
def test_a_parameter_that_is_refused_is_named_with_what_removes_it(words, named):
    parameters = ["presence_penalty", "reasoning_effort", "temperature", "max_tokens", "n"]
    error = respond(400, body(words), parameters=parameters).error
    assert str(error).endswith(f". /unset {named} removes the parameter. /retry asks again.")
    assert error.shell_text.endswith(f". Leave out -o {named}.")
    assert "/unset" not in str(respond(400, body(words), parameters=["seed", "stop"]).error)
    assert "/unset" not in str(respond(503, body(words), parameters=parameters).error)


@pytest.mark.parametrize("status", [429, 503, 529])
def test_a_model_at_capacity_is_no_rate_limit(status):
    failure = respond(status, body("The model is currently at capacity due to high demand."))
    assert "The model is at capacity" in str(failure.error)
    assert failure.is_retryable


def test_a_long_error_text_is_shortened_to_one_line():
    said = str(respond(400, body("long\n\nwords " * 500)).error)
    assert len(said) < 400
    assert "\n" not in said
    assert "…" in said


def test_the_request_id_of_a_server_error_is_shown():
    failure = respond(500, b"", request_id="r" * 500)
    assert "r" * 80 in str(failure.error)
    assert "r" * 81 not in str(failure.error)
    assert failure.error.request_id == "r" * 500


def test_an_error_inside_a_200_counts_as_a_503():
    """A 200 with an error body counts as a 503."""
    failure = failure_from_body(body("Timed out before the first token."), redact=REDACT)
    assert (failure.is_retryable, failure.error.status, failure.error.exit_code) == (True, 503, 3)
    assert "Timed out before the first token" in str(failure.error)


@pytest.mark.parametrize("words", [SPENT, OVERFLOW, "Incorrect API key provided: ab***cd."])
def test_a_refusal_inside_a_200_is_a_refusal(words):
    failure = failure_from_body(body(words), redact=REDACT)
    assert isinstance(failure.error, RefusedError)
    assert not failure.is_retryable


def test_a_web_page_instead_of_a_reply_is_not_retried():
    failure = failure_from_body(b"<!DOCTYPE html><title>Log in</title>", redact=REDACT)
    assert not failure.is_retryable
    assert failure.error.exit_code == 3
    assert "web page" in str(failure.error)


def test_after_the_first_delta_the_error_says_that_the_part_is_kept():
    """After the first delta the part is kept, and `/continue` and `/retry` are named."""
    error = broken_reply_error(respond(500, body("Oops."), request_id="r-9"))
    assert isinstance(error, BrokenReplyError)
    assert (error.exit_code, error.status, error.request_id) == (3, 500, "r-9")
    for part in ("broke off", "Oops", "kept", "/continue", "/retry"):
        assert part in str(error)
    again = broken_reply_error(Failure(BrokenReplyError("The stream ended."), is_retryable=False))
    assert str(again).startswith("The stream ended. The partial reply is kept")
