"""Replies in every form that a server or proxy sends them, and answers that are not replies."""

from __future__ import annotations

import gzip
import json
import threading

import pytest
from client_requests import request_replies
from fake_api import USAGE, Answer, chunk, completion, frames, reply_frames
from support import make_environment

from grokchat.api import reply_reader
from grokchat.errors import BrokenReplyError, UnreachableError

HELLO = reply_frames("Hello", " there.")
CHUNKS = [chunk({"content": "Hello"}), chunk({"content": " there."}), chunk(finish="stop"), chunk(usage=USAGE)]
LINES = b"".join(json.dumps(item).encode() + b"\n" for item in CHUNKS)
WHOLE = completion("Hello there.")
PRETTY = json.dumps(json.loads(WHOLE), indent=2).encode()
NOT_DONE = threading.Event()
"""Never set: the server says nothing more, and keeps the connection open."""


@pytest.fixture
def environment(home):
    async def sleep(_: float) -> None: ...

    return make_environment(home, sleep=sleep)


@pytest.fixture
def impatient(monkeypatch):
    """Wait a moment instead of two seconds."""
    monkeypatch.setattr(reply_reader, "_END_OF_REPLY_S", 0.05)
    monkeypatch.setattr(reply_reader, "_END_OF_BODY_S", 0.05)


def ask(api, environment, *parts, status=200, content_type="text/event-stream", complete=True, **settings):
    headers = {"content-type": content_type} if content_type else {}
    api.answers = [Answer(parts, status, headers, complete)]
    [heard] = request_replies(api, environment, **settings)
    return heard


def check_hello(api, heard):
    assert (heard.error, heard.text, heard.builder.finish_reason) == (None, "Hello there.", "stop")
    assert heard.builder.usage == USAGE
    assert len(api.requests) == 1


# -- statuses and labels -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 202, 203, 206, 226, 299])
@pytest.mark.parametrize("body", [HELLO, WHOLE], ids=["stream", "complete"])
def test_a_reply_is_read_from_any_2xx(api, environment, status, body):
    check_hello(api, ask(api, environment, body, status=status))


LABELS = [
    "", "text/event-stream", "application/json", "text/html", "text/plain", "application/x-ndjson", "application/jsonl",
    "text/event-stream; charset=utf-16", "application/json; charset=latin-1", "application/octet-stream",
    "multipart/form-data", "*/*", "nonsense", "TEXT/HTML; charset=UTF-8",
]  # fmt: skip
FORMS = {
    "stream": HELLO,
    "a stream with a byte order mark": b"\xef\xbb\xbf" + HELLO,
    "a stream behind blanks": b"\r\n \t\r\n" + HELLO,
    "a stream behind a comment": b": hello\n\n" + HELLO,
    "a stream behind pings": b"event: ping\ndata: {}\n\nretry: 5\nid: 7\n\n" + HELLO,
    "complete": WHOLE,
    "complete, with a line end": WHOLE + b"\r\n",
    "complete, over several lines": PRETTY,
    "complete, behind blanks": b"\r\n\t " + WHOLE,
    "complete, with a byte order mark": b"\xef\xbb\xbf" + WHOLE,
    "complete, in a list": b"[" + WHOLE + b"]",
    "complete, in an event": b"data: " + WHOLE + b"\n\ndata: [DONE]\n\n",
    "complete, in an event without its end": b"data: " + WHOLE,
    "lines": LINES,
    "lines, the last without its end": LINES.rstrip(),
    "lines of CRLF": LINES.replace(b"\n", b"\r\n"),
    "lines behind a ping": b'{"type":"ping"}\n' + LINES,
    "lines and [DONE]": LINES + b"[DONE]\n",
    "lines with empty ones": LINES.replace(b"\n", b"\n\n"),
    "lines behind a comment": b": hello\n\n" + LINES,
    "a list of chunks": json.dumps(CHUNKS).encode(),
    "events behind a line of JSON": b'{"status":"processing"}\n\n' + HELLO,
    "events without the last line end": frames(*CHUNKS, done=False).rstrip(),
    "events without a blank behind data:": HELLO.replace(b"data: ", b"data:"),
    "a [DONE] with blanks": frames(*CHUNKS, done=False) + b"data:  [DONE] \n\n",
}


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("form", ["stream", "complete", "complete, over several lines", "lines"])
def test_the_content_type_decides_nothing(api, environment, label, form):
    check_hello(api, ask(api, environment, FORMS[form], content_type=label))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("stream", [True, False])
def test_every_form_of_a_reply_is_read(api, environment, form, stream):
    check_hello(api, ask(api, environment, FORMS[form], content_type="application/json", stream=stream))


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_reply_is_read_byte_by_byte(api, environment, form):
    body = FORMS[form]
    check_hello(api, ask(api, environment, *(body[at : at + 1] for at in range(len(body)))))


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_reply_is_read_compressed(api, environment, form):
    api.answers = [Answer([gzip.compress(FORMS[form])], 200, {"content-encoding": "gzip"})]
    [heard] = request_replies(api, environment)
    check_hello(api, heard)


def test_lines_of_json_are_shown_as_they_come(api, environment):
    first, *rest = LINES.splitlines(keepends=True)
    heard = ask(api, environment, first, *rest)
    assert [delta.text for delta in heard.deltas] == ["Hello", " there."]


def test_a_complete_reply_needs_no_finish_reason(api, environment):
    body = json.dumps({"id": "r", "choices": [{"message": {"content": "Hello"}}]}).encode()
    heard = ask(api, environment, body)
    assert (heard.error, heard.text, heard.builder.finish_reason) == (None, "Hello", "unknown")
    heard = ask(api, environment, body + b"\n")
    assert (heard.error, heard.text, heard.builder.finish_reason) == (None, "Hello", "unknown")


# -- the end of a reply ------------------------------------------------------------------------------------------------

ENDED = frames(*CHUNKS[:3], done=False)
USED = frames(chunk(usage=USAGE), done=False)
OPEN_ENDS = {
    "a finish_reason": [ENDED, USED, NOT_DONE],
    "[DONE]": [HELLO, NOT_DONE],
    "usage in the last chunk": [frames(*CHUNKS[:2], chunk(finish="stop", usage=USAGE), done=False), NOT_DONE],
    "a complete reply": [WHOLE, NOT_DONE],
    "a complete reply and a line end": [WHOLE + b"\n", NOT_DONE],
    "a complete reply over several lines": [PRETTY, NOT_DONE],
    "lines": [LINES, NOT_DONE],
    "a chunk with a bare line end": [frames(*CHUNKS, done=False) + b"\n", NOT_DONE],
}


@pytest.mark.parametrize("name", OPEN_ENDS)
def test_the_end_of_a_response_is_not_waited_for_long(api, environment, impatient, name):
    check_hello(api, ask(api, environment, *OPEN_ENDS[name]))


@pytest.mark.parametrize("ping", [b": ping\n\n", frames(chunk({}), done=False), b"event: ping\ndata: {}\n\n"])
def test_pings_do_not_prolong_the_end(api, environment, impatient, ping):
    def parts():
        yield from [ENDED, USED]
        while True:
            NOT_DONE.wait(0.005)
            yield ping

    api.answers = [Answer(parts())]
    [heard] = request_replies(api, environment)
    check_hello(api, heard)


def test_usage_may_come_after_the_finish_reason(api, environment):
    pause = threading.Event()
    threading.Timer(0.1, pause.set).start()
    check_hello(api, ask(api, environment, ENDED, pause, USED))


def test_text_may_follow_an_empty_finish_reason(api, environment, impatient):
    """Some servers send one with every chunk."""
    pause = threading.Event()
    threading.Timer(0.3, pause.set).start()
    pieces = [frames(chunk({"content": text}, finish=""), done=False) for text in ("Hello", " there.")]
    heard = ask(api, environment, pieces[0], pause, pieces[1], USED, frames(chunk(finish="stop")))
    check_hello(api, heard)


def test_all_choices_are_waited_for(api, environment, impatient):
    """The first one may be complete before the second begins."""
    pause = threading.Event()
    threading.Timer(0.3, pause.set).start()
    second = {**chunk(), "choices": [{"index": 1, "delta": {"content": "Hi"}, "finish_reason": "stop"}]}
    heard = ask(api, environment, ENDED, USED, pause, frames(second, done=False), NOT_DONE, params={"n": 2})
    check_hello(api, heard)
    assert [choice.text for choice in heard.builder.choices] == ["Hello there.", "Hi"]


@pytest.mark.parametrize("body", [WHOLE, PRETTY, WHOLE + b"\n", frames(*CHUNKS, done=False), LINES])
def test_a_reply_that_arrived_whole_counts_although_its_connection_breaks(api, environment, body):
    check_hello(api, ask(api, environment, body, complete=False))


def test_a_pause_inside_of_a_complete_reply_is_waited_for(api, environment, impatient):
    """What is there may look complete: it ends with a bracket."""
    pause = threading.Event()
    threading.Timer(0.3, pause.set).start()
    at = WHOLE.index(b"}") + 1
    check_hello(api, ask(api, environment, WHOLE[:at], pause, WHOLE[at:]))


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("cut", [b"Hello", b"Hello \\u0", b"Hello\\", b"Hello \\"])
def test_the_part_of_a_complete_reply_that_is_cut_is_kept(api, environment, complete, cut):
    """It is not asked for again: it may have been billed."""
    beginning = b'{"id":"r-1","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"'
    heard = ask(api, environment, beginning + cut, complete=complete)
    assert isinstance(heard.error, BrokenReplyError)
    assert (heard.text.rstrip(), len(api.requests)) == ("Hello", 1)
    assert "broke off" in str(heard.error)


# -- answers without a reply -------------------------------------------------------------------------------------------

EMPTY = {
    "an object": b"{}",
    "a list": b"[]",
    "null": b"null",
    "a number": b"3",
    "true": b"true",
    "an empty text": b'""',
    "no choices": b'{"choices":[]}',
    "null choices": b'{"id":"r-1","object":"chat.completion","choices":null}',
    "a text of choices": b'{"choices":"x"}',
    "a number of choices": b'{"choices":3}',
    "choices of other types": b'{"choices":[null,3,"x",[]]}',
    "an empty object of choices": b'{"choices":{}}',
    "a status": b'{"status":"queued"}',
    "only usage": json.dumps({"usage": USAGE}).encode(),
    "a stream of usage": frames({**chunk(), "choices": [], "usage": USAGE}),
    "a stream of pings": b": ping\n\n" * 3 + b"data: [DONE]\n\n",
    "a stream of [DONE]": b"data: [DONE]\n\n",
    "a stream of empty objects": b"data: {}\n\ndata: [DONE]\n\n",
    "an error that is none": b'{"error":null,"choices":[]}',
    "another API's reply": b'{"model":"x","message":{"role":"assistant","content":"Hello"},"done":true}',
    "JSON nested too deeply": b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}",
    "damaged JSON": b'{"id":"r-1","output":[oops',
}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("name", EMPTY)
def test_an_answer_without_choices_is_not_asked_for_again(api, environment, name, stream):
    heard = ask(api, environment, EMPTY[name], content_type="application/json", stream=stream)
    assert isinstance(heard.error, BrokenReplyError)
    assert heard.error.exit_code == 3
    assert "without a reply" in str(heard.error)
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    "body",
    [
        b'{"request_id":"job-17"}',
        b'{"request_id":"job-17"}\n',
        b'{"request_id":"job-17","choices":null}',
        b'{"request_id":17}',
    ],
)
@pytest.mark.parametrize("ending", [[], [NOT_DONE]], ids=["closed", "open"])
def test_the_id_of_a_job_is_asked_for_its_reply_and_the_request_is_not_repeated(
    api, environment, impatient, body, ending
):
    """Also of a server that defers what it was not asked to defer."""
    api.deferred = [Answer.json(200, completion("Late."))]
    heard = ask(api, environment, body, *ending, content_type="application/json", stream=False)
    assert (heard.error, heard.text) == (None, "Late.")
    assert len(api.requests) == 1
    assert [poll.path.rpartition("/")[2].removeprefix("job-") for poll in api.polls] == ["17"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"choices":[{}]}',
        b'{"choices":[{"message":null}]}',
        b'{"choices":[{"message":{}}]}',
        b'{"choices":[{"message":{"content":null}}]}',
        b'{"choices":[{"message":{"content":""},"finish_reason":"stop"}]}',
        b'{"choices":[{"message":"x"}]}',
        b'{"choices":[{"message":{"content":[]}}]}',
    ],
)
def test_a_choice_without_text_is_a_reply_without_text(api, environment, body):
    """The exchange reports it."""
    heard = ask(api, environment, body)
    assert (heard.error, heard.text, len(api.requests)) == (None, "", 1)


@pytest.mark.parametrize(
    "body", [b'"All workers are busy."', b'"All workers are busy."\n', b'["All workers are busy."]']
)
def test_a_bare_text_is_an_error(api, environment, body):
    heard = ask(api, environment, body, content_type="application/json")
    assert isinstance(heard.error, UnreachableError)
    assert "All workers are busy" in str(heard.error)
    assert len(api.requests) == 4


@pytest.mark.parametrize(
    "delta", [{"function_call": {"name": "f"}}, {"audio": {"data": "AAAA"}}, {"images": [{"type": "image_url"}]}]
)
def test_any_other_delta_that_arrived_is_not_asked_for_again(api, environment, delta):
    heard = ask(api, environment, frames(chunk({"role": "assistant"}), chunk(delta), done=False), complete=False)
    assert isinstance(heard.error, BrokenReplyError | UnreachableError)
    assert len(api.requests) == 1


@pytest.mark.parametrize("delta", [{"role": "assistant", "content": ""}, {"audio": None, "annotations": []}])
def test_a_stream_that_dies_before_any_delta_is_asked_for_again(api, environment, delta):
    ask(api, environment, frames(chunk(delta), done=False), complete=False)
    assert len(api.requests) == 4


def test_tool_calls_that_arrived_are_not_asked_for_again(api, environment):
    call = {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": "{"}}
    heard = ask(api, environment, frames(chunk({"tool_calls": [call]}), done=False))
    assert isinstance(heard.error, BrokenReplyError)
    assert len(api.requests) == 1


# -- size --------------------------------------------------------------------------------------------------------------


def test_a_large_complete_reply_is_read(api, environment):
    text = "x" * 3_000_000
    heard = ask(api, environment, completion(text))
    assert (heard.error, heard.text) == (None, text)


def test_a_large_event_is_read(api, environment):
    text = "x" * 3_000_000
    heard = ask(api, environment, reply_frames(text))
    assert (heard.error, heard.text) == (None, text)


NOISE = {"blanks": b"\n" * 50, "pings": b": ping\n\n" * 9, "lines": b"oops\n" * 9, "other data": b"data: {}\n\n" * 5}


@pytest.mark.parametrize("name", NOISE)
def test_what_holds_no_reply_has_an_end(api, environment, monkeypatch, name):
    monkeypatch.setattr(reply_reader, "_MAX_NOISE_BYTES", 1000)
    heard = ask(api, environment, *[NOISE[name]] * 30, NOT_DONE)
    assert isinstance(heard.error, UnreachableError)
    assert "beside the reply" in str(heard.error)
    assert len(api.requests) == 1
    heard = ask(api, environment, *[frames(item, done=False) + NOISE[name] for item in CHUNKS])
    assert (heard.error, heard.text) == (None, "Hello there.")


@pytest.mark.parametrize("body", [b"[" + b"[]," * 5_000_000 + b"0]", b'{"a":[' + b"0," * 11_000_000 + b"0]}"])
def test_more_values_than_a_reply_has_are_not_parsed(api, environment, body):
    heard = ask(api, environment, body, content_type="application/json")
    assert isinstance(heard.error, UnreachableError)
    assert "more values than any reply has" in str(heard.error)
    assert len(api.requests) == 1
