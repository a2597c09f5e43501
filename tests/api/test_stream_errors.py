"""Errors inside a stream, in every form, and events that only look like errors."""

from __future__ import annotations

import json

import pytest
from client_requests import ReceivedReply, request_replies
from fake_api import Answer, FakeApi, chunk, frames, reply_frames
from support import make_environment

from grokchat.api.error_body import is_error
from grokchat.environment import Environment
from grokchat.errors import BrokenReplyError, RefusedError, UnreachableError

WORDS = "Worker 7 is gone"
BEGUN = frames(chunk({"content": "begun"}), done=False)


@pytest.fixture
def environment(home) -> Environment:
    return make_environment(home)


def ask(api: FakeApi, environment: Environment, *parts: bytes, complete: bool = True, **more) -> ReceivedReply:
    api.answers = [Answer(parts, complete=complete, **more)]
    [heard] = request_replies(api, environment)
    return heard


def data(value: object) -> bytes:
    return f"data: {value if isinstance(value, str) else json.dumps(value)}\n\n".encode()


ERRORS: dict[str, bytes] = {
    "flat": data({"code": "internal", "error": WORDS}),
    "nested": data({"error": {"message": WORDS, "type": "server_error", "code": None}}),
    "nested twice": data({"error": {"error": {"message": WORDS}}}),
    "in a string": data({"error": json.dumps({"error": {"message": WORDS}})}),
    "a list": data({"error": [WORDS]}),
    "object error": data({"object": "error", "message": WORDS, "type": "BadRequestError", "param": None, "code": 400}),
    "type error": data({"sequence_number": 0, "type": "error", "code": None, "message": WORDS, "param": None}),
    "overloaded": data({"type": "error", "error": {"type": "overloaded_error", "message": WORDS}}),
    "detail": data({"detail": WORDS}),
    "details": data({"detail": [{"loc": ["body", "messages"], "msg": WORDS}]}),
    "code and message": data({"code": "InternalError", "message": WORDS}),
    "a numeric code and message": data({"code": 50001, "message": WORDS, "data": None}),
    "code and msg": data({"code": 500, "msg": WORDS}),
    "status and message": data({"status": 503, "message": WORDS}),
    "a failed status": data({"status": "FAILED", "message": WORDS}),
    "a status in digits": data({"statusCode": "500", "message": WORDS}),
    "status error": data({"status": "error", "message": WORDS}),
    "no success": data({"success": False, "message": WORDS}),
    "errors": data({"errors": [{"message": WORDS}]}),
    "error_msg": data({"error_code": 17, "error_msg": WORDS}),
    "a problem": data({"type": "about:blank", "title": "Failed", "status": 503, "detail": WORDS}),
    "array-wrapped": data([{"error": {"message": WORDS}}]),
    "with empty choices": data({**chunk(), "choices": [], "error": {"message": WORDS}}),
    "with a choice": data({**chunk(finish="error"), "error": {"code": 502, "message": WORDS}}),
    "in a choice": data({"choices": [{"index": 0, "delta": {}, "error": {"message": WORDS}}]}),
    "an error event": b"event: error\n" + data({"message": WORDS}),
    "an error event of text": f"event: error\ndata: {WORDS}\n\n".encode(),
    "an error event of a string": b"event: error\n" + data(json.dumps(WORDS)),
    "an error event of lines": f"event: error\ndata: {WORDS}\ndata: Sorry.\n\n".encode(),
    "a named error event": b"event: stream_error\n" + data({"info": WORDS}),
    "the data before the event": f"data: {WORDS}\nevent: error\n\n".encode(),
    "a bare line": json.dumps({"error": {"message": WORDS}}).encode() + b"\n",
    "a bare line with an empty one": json.dumps({"detail": WORDS}).encode() + b"\n\n",
    "a bare array": json.dumps([{"error": WORDS}]).encode() + b"\r\n",
    "bare lines": json.dumps({"error": {"message": WORDS}}, indent=2).encode() + b"\n\n",
    "raw control characters": b'data: {"error": "a\x1b[31m\ttab, ' + WORDS.encode() + b'"}\n\n',
    "a bare line with control characters": b'{"detail": "\x1b[31m' + WORDS.encode() + b'"}\n',
    "no UTF-8": b'data: {"error": "\xe9\xff ' + WORDS.encode() + b'"}\n\n',
    "done after it": data({"error": WORDS}) + b"data: [DONE]\n\n",
}  # fmt: skip
CUT_OFF: dict[str, bytes] = {
    "a text": data(WORDS),
    "a string": data(json.dumps(WORDS)),
    "a message": data({"message": WORDS}),
    "a bare string": json.dumps(WORDS).encode() + b"\n",
    "a bare text": WORDS.encode() + b"\n",
    "a bare text without its end": WORDS.encode(),
    "a bare object without its end": json.dumps({"error": WORDS}).encode(),
    "bare lines without their end": json.dumps({"error": {"message": WORDS}}, indent=2).encode(),
    "a bare object that is cut short": json.dumps({"error": {"message": WORDS, "type": "x"}})[:-4].encode(),
    "an event without its empty line": data({"error": WORDS}).strip(),
    "an error event without its empty line": f"event: error\ndata: {WORDS}\n".encode(),
}
"""Errors that only the end of the stream shows."""


@pytest.mark.parametrize("name", [*ERRORS, *CUT_OFF])
def test_an_error_before_the_first_delta_is_retried_and_quoted(api, environment, name):
    """It counts as a 503: four tries, exit code 3."""
    heard = ask(api, environment, b": ping\n\n", {**ERRORS, **CUT_OFF}[name])
    assert isinstance(heard.error, UnreachableError)
    assert WORDS in str(heard.error)
    assert (heard.error.exit_code, heard.error.status, len(api.requests)) == (3, 503, 4)


@pytest.mark.parametrize("name", [*ERRORS, *CUT_OFF])
@pytest.mark.parametrize("complete", [True, False], ids=["closed", "broken off"])
def test_an_error_after_the_first_delta_keeps_the_part(api, environment, name, complete):
    heard = ask(api, environment, BEGUN, {**ERRORS, **CUT_OFF}[name], complete=complete)
    assert isinstance(heard.error, BrokenReplyError)
    assert WORDS in str(heard.error)
    assert "/continue" in str(heard.error)
    assert (heard.text, heard.builder.finish_reason, len(api.requests)) == ("begun", None, 1)


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_ends_the_reply_though_the_server_sends_nothing_more(api, environment, name):
    """Only an error on bare lines needs an empty line after it."""
    heard = ask(api, environment, BEGUN, ERRORS[name], reply_frames("late"))
    assert isinstance(heard.error, BrokenReplyError)
    assert heard.text == "begun"


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "text/html", "text/event-stream"])
@pytest.mark.parametrize("value", [WORDS, {"error": WORDS}, [{"error": {"message": WORDS}}], {"detail": WORDS}])
def test_a_body_that_is_an_error_is_one_whatever_its_type(api, environment, content_type, value):
    heard = ask(api, environment, json.dumps(value).encode(), headers={"content-type": content_type})
    assert WORDS in str(heard.error)
    assert (heard.error.exit_code, len(api.requests)) == (3, 4)


def test_the_text_in_an_error_s_own_chunk_is_kept(api, environment):
    last = {**chunk({"content": " and more"}, finish="error"), "error": {"message": WORDS}}
    heard = ask(api, environment, BEGUN, data(last))
    assert (heard.text, heard.builder.finish_reason) == ("begun and more", None)
    assert WORDS in str(heard.error)


@pytest.mark.parametrize("words", ["The prompt is too long for this model.", "You have run out of credits."])
@pytest.mark.parametrize("frame", ["data: {}\n\n", "event: error\ndata: {}\n\n"])
def test_spent_credits_and_an_overflow_in_a_stream_are_not_retried(api, environment, words, frame):
    heard = ask(api, environment, frame.format(words).encode())
    assert isinstance(heard.error, RefusedError)
    assert len(api.requests) == 1


NO_ERRORS: dict[str, object] = {
    "error null": {**chunk({"content": "!"}), "error": None},
    "error empty": {**chunk({"content": "!"}), "error": {}},
    "error false": {**chunk({"content": "!"}), "error": False},
    "error without words": {**chunk({"content": "!"}), "error": {"code": 0, "message": ""}},
    "a code": {**chunk({"content": "!"}), "code": 0, "message": "success"},
    "a code of its own": {**chunk({"content": "!"}), "code": "x1", "message": "partial", "detail": "one of many"},
    "usage": {**chunk(), "choices": [], "usage": {"total_tokens": 5}, "error": None, "code": 200, "message": "OK"},
    "ping": {"type": "ping"},
    "a ping with words": {"type": "ping", "message": "still here", "code": 1},
    "keep-alive": {"event": "keep-alive", "detail": "still here"},
    "progress": {"object": "chat.completion.progress", "detail": "still thinking"},
    "a place in a queue": {"status": "queued", "message": "you are number 3"},
    "a status": {"status": "in_progress", "title": "the model is loading"},
    "a note": {"message": "cached by proxy 3"},
    "a good code": {"code": "0", "message": "ok then"},
    "a provider": {"id": "gen-1", "provider": "Some One", "status": 200, "message": "all is well"},
    "a number": 7,
    "null": None,
    "empty": {},
    "a list": [],
}


@pytest.mark.parametrize("name", NO_ERRORS)
def test_what_is_no_error_leaves_the_reply_alone(api, environment, name):
    note = data(NO_ERRORS[name]) if NO_ERRORS[name] is not None else b"data: null\n\n"
    heard = ask(api, environment, note, reply_frames("Hello"), note)
    assert (heard.error, heard.text.strip("!"), len(api.requests)) == (None, "Hello", 1)
    assert not is_error(NO_ERRORS[name])


NOISE = [
    b": keep-alive two words\n\n",
    b"event: ping\ndata: still here\n\n",
    b"data: still here\n\n",
    b"nonsense and more\n\n",
    b"{not json\n\n",
    b"retry: 5\nid: 7\n\n",
    json.dumps("still here").encode() + b"\n",
]


@pytest.mark.parametrize("noise", NOISE)
def test_noise_between_the_chunks_is_ignored(api, environment, noise):
    parts = reply_frames("Hello", " there.").replace(b"\n\n", b"\n\n" + noise)
    heard = ask(api, environment, b": ping\n\n", noise, parts)
    assert (heard.error, heard.text) == (None, "Hello there.")


def test_noise_is_not_the_reason_why_a_later_reply_broke_off(api, environment):
    heard = ask(api, environment, b"data: still here\n\n", BEGUN)
    assert "closed before its end" in str(heard.error)
    assert "still here" not in str(heard.error)


def test_lines_that_are_no_fields_cannot_fill_the_memory(api, environment):
    heard = ask(api, environment, *[b"a line that is no field\n" * 4000] * 40, reply_frames("Hello"))
    assert (heard.error, heard.text) == (None, "Hello")
