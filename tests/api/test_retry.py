"""Retries of the client: which failures, how long it waits, and the final error."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from client_requests import request_replies
from fake_api import Answer, chunk, frames, reply_frames
from support import KEY, make_environment

from grokchat.errors import BrokenReplyError, RefusedError, UnreachableError

BUSY = {"code": "resource-exhausted", "error": "Too many requests."}
NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
BEGUN = chunk({"content": "begun"})
ERRORS = {
    "flat": {"code": "unavailable", "error": "It stopped."},
    "nested": {"error": {"message": "It stopped.", "type": "server_error", "code": "unavailable"}},
    "chunk": {**chunk(finish="error"), "error": {"message": "It stopped.", "code": 503}},
}


@pytest.fixture
def delays() -> list[float]:
    return []


@pytest.fixture
def environment(home, delays):
    async def sleep(seconds: float) -> None:
        delays.append(seconds)

    return make_environment(home, sleep=sleep, now=lambda: NOW)


# -- what is tried again -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529])
def test_temporary_statuses_are_retried(api, environment, delays, status):
    api.answers = [Answer.json(status, BUSY), Answer([reply_frames("at last")])]
    [heard] = request_replies(api, environment)
    assert (heard.error, heard.text, len(api.requests)) == (None, "at last", 2)
    [retry] = heard.retries
    assert str(status) in retry.reason
    assert "\n" not in retry.reason
    assert (retry.attempt_number, [retry.delay_s]) == (2, delays)
    assert api.requests[0].body == api.requests[1].body


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 415, 422, 525, 526, 530])
def test_permanent_statuses_are_not_retried(api, environment, delays, status):
    api.answers = [Answer.json(status, {"error": "No."})]
    [heard] = request_replies(api, environment)
    assert heard.error is not None
    assert heard.error.exit_code == (1 if status < 500 else 3)
    assert (len(api.requests), delays) == (1, [])


def test_there_are_four_attempts(api, environment, delays):
    api.answers = [Answer.json(503, BUSY)]
    [heard] = request_replies(api, environment)
    assert isinstance(heard.error, UnreachableError)
    assert heard.error.status == 503
    assert (len(api.requests), len(delays)) == (4, 3)
    assert [retry.attempt_number for retry in heard.retries] == [2, 3, 4]


def test_a_refused_connection_is_retried_and_exits_3(api, environment, delays):
    with socket.socket() as deaf:  # bound but not listening, so that no other process gets this port
        deaf.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{deaf.getsockname()[1]}"
        [heard] = request_replies(api, environment, base_url=f"http://{address}/v1")
    assert isinstance(heard.error, UnreachableError)
    assert heard.error.exit_code == 3
    assert address in str(heard.error)
    assert len(delays) == 3


EMPTY_STREAM = Answer([b": nothing\n\n"])
DEAD = Answer([], complete=False)
NOTHING = Answer([], 200, {"content-type": "application/json"})


@pytest.mark.parametrize(
    "answer",
    [
        Answer.json(200, {"code": "unavailable", "error": "Timed out waiting for first token"}),
        Answer([frames(chunk({"role": "assistant"}), done=False)]),
        EMPTY_STREAM,
        DEAD,
        NOTHING,
        *(Answer([frames(error)]) for error in ERRORS.values()),
    ],
    ids=["200 with an error", "only a role", "empty stream", "dead", "empty", *ERRORS],
)
def test_a_stream_that_breaks_before_any_delta_is_retried(api, environment, delays, answer):
    api.answers = [answer, Answer([reply_frames("at last")])]
    [heard] = request_replies(api, environment)
    assert (heard.error, heard.text, len(delays)) == (None, "at last", 1)
    api.answers = [answer]
    [heard] = request_replies(api, environment)
    assert heard.error is not None
    assert heard.error.exit_code == 3
    assert len(heard.retries) == 3


def test_a_200_with_an_error_body_counts_as_a_503(api, environment):
    api.answers = [Answer.json(200, {"code": "unavailable", "error": "Timed out waiting for first token"})]
    [heard] = request_replies(api, environment)
    assert isinstance(heard.error, UnreachableError)
    assert heard.error.status == 503
    assert "Timed out waiting for first token" in str(heard.error)


def test_chunks_of_a_failed_attempt_are_not_part_of_the_next(api, environment):
    api.answers = [Answer([frames(chunk({"role": "assistant"}), done=False)]), Answer([reply_frames("whole")])]
    [heard] = request_replies(api, environment)
    assert heard.builder.text == "whole"


@pytest.mark.parametrize("kind", ["content", "reasoning_content"])
@pytest.mark.parametrize("complete", [True, False], ids=["ended", "cut"])
def test_after_the_first_delta_nothing_is_retried(api, environment, kind, complete):
    """A stream that ends with neither finish_reason nor [DONE] is a broken reply, and its error says what to do."""
    api.answers = [Answer([frames(chunk({kind: "begun"}), done=False)], complete=complete)]
    [heard] = request_replies(api, environment)
    assert isinstance(heard.error, BrokenReplyError)
    assert heard.error.exit_code == 3
    assert "/continue" in str(heard.error)
    assert "/retry" in str(heard.error)
    assert heard.text + heard.reasoning == "begun"
    assert len(api.requests) == 1


@pytest.mark.parametrize("shape", ERRORS)
def test_an_error_event_in_mid_reply_breaks_it(api, environment, shape):
    api.answers = [Answer([frames(BEGUN, ERRORS[shape])])]
    [heard] = request_replies(api, environment)
    assert isinstance(heard.error, BrokenReplyError)
    assert "It stopped" in str(heard.error)
    assert (heard.text, len(api.requests)) == ("begun", 1)


@pytest.mark.parametrize("data", [b'{"detail": "It stopped"}', b'"It stopped"', b"It stopped"])
def test_an_event_of_the_type_error_breaks_the_reply_whatever_its_data(api, environment, data):
    api.answers = [Answer([frames(BEGUN, done=False) + b"event: error\ndata: " + data + b"\n\ndata: [DONE]\n\n"])]
    [heard] = request_replies(api, environment)
    assert isinstance(heard.error, BrokenReplyError)
    assert "It stopped" in str(heard.error)
    assert (heard.text, len(api.requests)) == ("begun", 1)


@pytest.mark.parametrize("status", [402, 403, 429, 503])
@pytest.mark.parametrize(
    "text",
    [
        "Your team has used all available credits or reached its monthly spending limit.",
        "This model's maximum prompt length is 131072 but the request contains 200000 tokens.",
        "Current message of 300000 tokens exceeds budget",
    ],
    ids=["credits", "overflow", "budget"],
)
def test_permanent_errors_are_not_retried_whatever_the_status(api, environment, delays, status, text):
    api.answers = [Answer.json(status, {"code": "resource-exhausted", "error": text})]
    [heard] = request_replies(api, environment)
    assert heard.error is not None
    assert (len(api.requests), delays) == (1, [])
    assert "https://console.x.ai" in str(heard.error) or "/mute" in str(heard.error)


def test_a_server_can_forbid_retries(api, environment, delays):
    api.answers = [Answer.json(503, BUSY, **{"x-should-retry": "false"})]
    [heard] = request_replies(api, environment)
    assert isinstance(heard.error, UnreachableError)
    assert (len(api.requests), delays) == (1, [])


def test_a_web_page_is_an_error_and_is_not_shown(api, environment):
    api.answers = [Answer([b"<!DOCTYPE html><title>Log in</title>"], 200, {"content-type": "text/html"})]
    [heard] = request_replies(api, environment)
    assert isinstance(heard.error, UnreachableError)
    assert "<" not in str(heard.error)
    assert len(api.requests) == 1


def test_a_web_page_of_a_failing_proxy_is_retried_and_not_shown(api, environment):
    api.answers = [Answer([b"<html><h1>502 Bad Gateway</h1></html>"], 502, {"content-type": "text/html"})]
    [heard] = request_replies(api, environment)
    assert isinstance(heard.error, UnreachableError)
    assert "<" not in str(heard.error)
    assert len(api.requests) == 4


# -- how long it waits -------------------------------------------------------------------------------------------------


def test_the_wait_doubles_with_full_jitter(api, environment, delays):
    """Exponential with full jitter."""
    api.answers = [Answer.json(503, BUSY)]
    environment.jitter = lambda: 1.0
    request_replies(api, environment)
    first, second, third = delays
    assert 0 < first <= 5
    assert (second, third) == (2 * first, 4 * first)
    delays.clear()
    environment.jitter = lambda: 0.0
    request_replies(api, environment)
    assert delays == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("status", [429, 503, 529])
@pytest.mark.parametrize("form", ["seconds", "date"])
@pytest.mark.parametrize("seconds", [0, 7, 60])
def test_retry_after_is_obeyed_in_both_its_forms(api, environment, delays, status, form, seconds):
    value = str(seconds) if form == "seconds" else format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    api.answers = [Answer.json(status, BUSY, **{"retry-after": value}), Answer([reply_frames("at last")])]
    [heard] = request_replies(api, environment)
    assert (heard.text, delays) == ("at last", [float(seconds)])


@pytest.mark.parametrize("form", ["seconds", "date"])
@pytest.mark.parametrize(("seconds", "said"), [(61, "61 s"), (600, "10 min"), (7200, "2 h")])
def test_a_long_retry_after_ends_the_attempts_and_is_named_in_the_error(api, environment, delays, form, seconds, said):
    value = str(seconds) if form == "seconds" else format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    api.answers = [Answer.json(429, BUSY, **{"retry-after": value})]
    [heard] = request_replies(api, environment)
    assert isinstance(heard.error, UnreachableError)
    assert said in str(heard.error)
    assert (len(api.requests), delays) == (1, [])


@pytest.mark.parametrize(
    "value", ["soon", "-5", "nan", "inf", "", format_datetime(NOW - timedelta(days=1), usegmt=True)]
)
def test_an_invalid_retry_after_is_ignored(api, environment, delays, value):
    api.answers = [Answer.json(429, BUSY, **{"retry-after": value}), Answer([reply_frames("at last")])]
    [heard] = request_replies(api, environment)
    assert (heard.text, len(delays)) == ("at last", 1)
    assert 0 <= delays[0] <= 60


# -- what it says ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {"code": "x", "error": f"The words {KEY}."},
        {"error": {"message": f"The words {KEY}.", "type": "t", "code": 1}},
        {"error": '{"error":"The words ' + KEY + '."}'},
        {"message": f"The words {KEY}."},
        {"detail": f"The words {KEY}."},
        [{"error": f"The words {KEY}."}],
        f"The words {KEY}.",
        f"The words {KEY}.".encode(),
    ],
)
def test_an_error_of_any_shape_is_quoted_without_the_key(api, environment, body):
    api.answers = [Answer.json(400, body)]
    [heard] = request_replies(api, environment)
    assert isinstance(heard.error, RefusedError)
    assert "The words" in str(heard.error)
    assert KEY not in str(heard.error)
    assert "{" not in str(heard.error)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"\xff\xfe", b"x" * 1_000_000, b"[" * 50_000])
def test_an_error_body_of_unknown_shape_is_still_an_error(api, environment, body):
    api.answers = [Answer.json(400, body)]
    [heard] = request_replies(api, environment)
    assert isinstance(heard.error, RefusedError)
    assert len(str(heard.error)) < 600
