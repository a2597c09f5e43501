"""The client against a server on loopback: replies of every shape, the requests, and where they are sent."""

from __future__ import annotations

import threading

import httpx
import pytest
from client_requests import BODY, request_at_once, request_replies
from fake_api import USAGE, Answer, FakeApi, chunk, completion, frames, reply_frames
from support import KEY, make_environment

from grokchat.environment import Environment
from grokchat.errors import RefusedError, UnreachableError


@pytest.fixture
def environment(home) -> Environment:
    return make_environment(home)


# -- replies -----------------------------------------------------------------------------------------------------------


def test_a_streamed_and_a_complete_reply_give_the_same_result(api, environment):
    reasoned = [chunk({"role": "assistant", "reasoning_content": "Let me "}), chunk({"reasoning_content": "see."})]
    texts = [chunk({"content": "Hello"}), chunk({}), chunk({"content": " there."})]
    ending = [chunk(finish="stop"), {**chunk(), "choices": [], "usage": USAGE}]
    message = {"role": "assistant", "reasoning_content": "Let me see.", "content": "Hello there."}
    whole = completion(
        "", choices=[{"index": 0, "message": message, "finish_reason": "stop"}], system_fingerprint="fp_1"
    )
    api.answers = [Answer([frames(*reasoned, *texts, *ending)]), Answer.json(200, whole)]
    [streamed] = request_replies(api, environment)
    [complete] = request_replies(api, environment, stream=False)
    for heard in (streamed, complete):
        assert heard.error is None
        assert (heard.reasoning, heard.text) == ("Let me see.", "Hello there.")
        assert heard.builder.message() == message
        assert heard.builder.usage == USAGE
        assert heard.builder.finish_reason == "stop"
    assert streamed.builder.api_object() == complete.builder.api_object()
    assert len(streamed.deltas) == 4


def test_a_complete_reply_to_a_stream_request_is_a_reply(api, environment):
    api.answers = [Answer.json(200, completion("Hello"))]
    [heard] = request_replies(api, environment)
    assert (heard.error, heard.text, heard.builder.finish_reason) == (None, "Hello", "stop")


@pytest.mark.parametrize(
    ("written", "text"),
    [(b"a\x1bb\tc\nd", "a\x1bb\tc\nd"), (b"caf\xe9 na\xefve", "caf\ufffd na\ufffdve"), (b"\xf0\x9f\x98", "\ufffd")],
)
def test_a_reply_that_is_not_quite_json_is_read(api, environment, written, text):
    """Raw control characters in a text, and bytes that are not UTF-8."""
    api.answers = [Answer.json(200, completion("TEXT").replace(b"TEXT", written))]
    [heard] = request_replies(api, environment)
    assert (heard.error, heard.text, len(api.requests)) == (None, text, 1)


def usage(completion_tokens: int, **more) -> dict[str, object]:
    return {"prompt_tokens": 9, "completion_tokens": completion_tokens, "total_tokens": 9 + completion_tokens, **more}


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([chunk({"content": "a"}), chunk(finish="stop"), {**chunk(), "choices": [], "usage": usage(2)}], usage(2)),
        ([chunk({"content": "a"}, usage=usage(1)), chunk({"content": "b"}, usage=usage(2)),
          chunk(finish="stop", usage=usage(3))], usage(3)),
        ([chunk({"content": "a"}, usage=usage(1, cost_in_usd_ticks=7)), chunk(finish="stop", usage=usage(2))],
         usage(2, cost_in_usd_ticks=7)),
        ([chunk({"content": "a"}), chunk(finish="stop")], None),
    ],
    ids=["at the end", "cumulative", "without a later cost", "none"],
)  # fmt: skip
def test_the_last_usage_counts(api, environment, chunks, expected):
    api.answers = [Answer([frames(*chunks)])]
    [heard] = request_replies(api, environment)
    assert (heard.error, heard.builder.usage) == (None, expected)


def test_everything_but_data_is_ignored(api, environment):
    """A byte order mark, comments, pings, CRLF, `data:` without a space, events that are not JSON."""
    stream = reply_frames("Héllo").replace(b"\n", b"\r\n").replace(b"data: ", b"data:", 1)
    noise = b"\xef\xbb\xbf: keep-alive\r\n\r\nevent: ping\r\ndata: ping\r\n\r\nretry: 5\r\nid: 3\r\n\r\n"
    api.answers = [Answer([noise + stream])]
    [heard] = request_replies(api, environment)
    assert (heard.error, heard.text, heard.retries) == (None, "Héllo", [])


def test_a_stream_may_be_cut_anywhere(api, environment):
    data = (
        frames(chunk({"content": "x"}), done=False) + 'data: {"choices":[{"delta":{"content":"é😀"}}]}\r\n\r\n'.encode()
    )
    data += reply_frames("!")
    api.answers = [Answer([data[at : at + 1] for at in range(len(data))])]
    [heard] = request_replies(api, environment)
    assert (heard.error, heard.text) == (None, "xé😀!")


@pytest.mark.parametrize("done", [True, False])
def test_a_finish_reason_ends_a_reply_even_without_done(api, environment, done):
    api.answers = [Answer([frames(chunk({"content": "a"}), chunk(finish="stop"), done=done)])]
    [heard] = request_replies(api, environment)
    assert (heard.error, heard.text, heard.builder.finish_reason) == (None, "a", "stop")


def test_a_reply_is_complete_if_the_connection_breaks_after_its_finish_reason(api, environment):
    api.answers = [Answer([frames(chunk({"content": "a"}), chunk(finish="stop"), done=False)], complete=False)]
    [heard] = request_replies(api, environment)
    assert (heard.error, heard.text, heard.builder.finish_reason) == (None, "a", "stop")
    assert len(api.requests) == 1


def test_done_ends_a_reply_even_without_a_finish_reason(api, environment):
    api.answers = [Answer([frames(chunk({"content": "a"}))])]
    [heard] = request_replies(api, environment)
    assert (heard.error, heard.text) == (None, "a")


def test_the_reply_ends_at_done_whatever_the_server_does_next(api, environment):
    """A server that keeps the connection open after [DONE] does not keep the user waiting."""
    api.answers = [Answer([reply_frames("a"), threading.Event()])]
    [heard] = request_replies(api, environment, timeout=30.0)
    assert (heard.error, heard.text) == (None, "a")


# -- what goes out -----------------------------------------------------------------------------------------------------


def test_the_request(api, environment):
    request_replies(api, environment)
    [request] = api.requests
    assert (request.method, request.path, request.body) == ("POST", "/v1/chat/completions", BODY)
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-grok-conv-id"] == "conv-1"
    assert request.headers["accept"] == "text/event-stream"


def test_the_key_is_in_the_authorization_header_alone(api, environment):
    request_replies(api, environment)
    [request] = api.requests
    headers = dict(request.headers)
    assert headers.pop("authorization") == f"Bearer {KEY}"
    assert KEY not in str(headers)
    assert KEY not in request.path
    assert KEY.encode() not in request.body


def test_connections_are_kept_between_turns(api, environment):
    api.answers = [
        Answer([reply_frames("streamed")]),
        Answer([frames(chunk({"content": "without done"}), chunk(finish="stop"), done=False)]),
        Answer.json(503, {"error": "busy"}),
        Answer.json(200, completion("complete")),
        Answer([reply_frames("streamed")]),
    ]
    heard = request_replies(api, environment, turns=4)
    assert [received.text for received in heard] == ["streamed", "without done", "complete", "streamed"]
    assert len(api.requests) == 5
    assert len({request.connection for request in api.requests}) == 1


def test_a_kept_connection_that_the_server_closed_is_not_a_failure(api, environment):
    api.answers = [Answer([frames(chunk({"content": "a"}), chunk(finish="stop")), b""]), Answer([reply_frames("b")])]
    api.answers[0].complete = False
    heard = request_replies(api, environment, turns=2)
    assert [(received.error, received.text, received.retries) for received in heard] == [
        (None, "a", []),
        (None, "b", []),
    ]


@pytest.mark.parametrize("size", [10, 2_000_000])
def test_requests_are_sent_at_once_over_the_kept_connection_and_new_ones(api, environment, size):
    """None is answered before all have arrived. Large ones have new connections, which none of them closes."""
    gate = threading.Event()
    api.answers = [Answer([reply_frames("first")]), Answer([gate, reply_frames("next")])]
    threading.Thread(target=lambda: (api.wait_for_requests(6), gate.set()), daemon=True).start()
    heard = request_at_once(api, environment, BODY.replace(b"hi", b"x" * size), count=5)
    assert [(received.error, received.text, received.retries) for received in heard[1:]] == [(None, "next", [])] * 5
    numbers = {request.connection for request in api.requests[1:]}
    assert len(numbers) == 5
    assert (1 in numbers) == (size == 10)


# -- where it goes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(api, environment, status):
    with FakeApi() as other:
        api.answers = [Answer([], status, {"location": f"{other.url}/chat/completions"})]
        [heard] = request_replies(api, environment)
        assert isinstance(heard.error, RefusedError)
        assert str(other.port) in str(heard.error)
        assert other.requests == []
    assert len(api.requests) == 1


def test_no_proxy_is_used_for_this_machine(api, environment, monkeypatch):
    with FakeApi() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        [heard] = request_replies(api, environment)
        assert (heard.error, heard.text) == (None, "Hello there.")
        assert proxy.requests == []


def test_a_refusing_proxy_is_reported_and_does_not_get_the_key(environment, monkeypatch):
    with FakeApi(Answer([], 403, {})) as proxy:
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, f"http://user:hidden@127.0.0.1:{proxy.port}")
        [heard] = request_replies(proxy, environment, base_url="https://api.example.invalid/v1")
        assert isinstance(heard.error, UnreachableError)
        assert "HTTPS_PROXY" in str(heard.error)
        assert "hidden" not in str(heard.error)
        assert [request.method for request in proxy.requests] == ["CONNECT"]
        assert KEY not in str(proxy.requests)


class Deaf(httpx.AsyncBaseTransport):
    """A network where connecting fails; it records the timeouts."""

    def __init__(self) -> None:
        self.timeouts: list[dict[str, float]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.timeouts.append(request.extensions["timeout"])
        raise httpx.ConnectTimeout("")


def test_the_connect_timeout_is_the_setting(api, home):
    deaf = Deaf()
    [heard] = request_replies(api, make_environment(home, transport=deaf), connect_timeout=3.5, timeout=77.0)
    assert isinstance(heard.error, UnreachableError)
    assert "3.5 s" in str(heard.error)
    assert [(timeout["connect"], timeout["read"]) for timeout in deaf.timeouts] == [(3.5, 77.0)] * 4


@pytest.mark.parametrize("begun", [b"", frames(chunk({"content": "a"}), done=False)], ids=["at first", "in mid-reply"])
def test_silence_longer_than_the_timeout_ends_the_reply(api, environment, begun):
    api.answers = [Answer([begun, threading.Event()])]
    [heard] = request_replies(api, environment, timeout=0.05)
    assert heard.error is not None
    assert heard.error.exit_code == 3
    assert "0.05 s" in str(heard.error)
    api.wait_for_requests(1)  # on a busy machine the client gives up before the server has read it
    assert len(api.requests) == 1
