"""Responses that are not a reply: whatever their body is, the status is reported, and the part that could be read."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import zlib

import pytest
from client_requests import request_replies
from fake_api import Answer, FakeApi, completion
from raw_server import Raw, Talk, heard_request, reset, says, says_and
from support import KEY, make_environment, paragraph, run_cli

from grokchat.api import client, error_response
from grokchat.api.network_errors import LARGE_REQUEST_BYTES
from grokchat.environment import Environment
from grokchat.errors import ApiError, RefusedError, UnreachableError

WORDS = "Worker 7 is gone"
BODY = json.dumps({"error": WORDS}).encode()


@pytest.fixture
def environment(home) -> Environment:
    return make_environment(home)


def ask(api: FakeApi, environment: Environment, answer: Answer) -> ApiError:
    api.answers = [answer]
    [heard] = request_replies(api, environment)
    assert heard.error is not None
    return heard.error


def deflated(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


# -- the body ----------------------------------------------------------------------------------------------------------

COMPRESSED: dict[str, tuple[str, bytes, str]] = {
    "br": ("br", b"\x0b\x0a\x80{\xff\xfe", "compressed (br)"),
    "zstd": ("zstd", b"\x28\xb5\x2f\xfd\x04\x00", "compressed (zstd)"),
    "compress": ("compress", b"\x1f\x9d\x90\xff", "compressed (compress)"),
    "two": ("gzip, br", b"\x0b\x0a\x80\xff", "compressed (gzip, br)"),
    "gzip": ("gzip", gzip.compress(BODY), WORDS),
    "GZIP": (" GZip ", gzip.compress(BODY), WORDS),
    "x-gzip": ("x-gzip", gzip.compress(BODY), WORDS),
    "deflate with a header": ("deflate", zlib.compress(BODY), WORDS),
    "deflate without one": ("deflate", deflated(BODY), WORDS),
    "gzip twice": ("gzip, gzip", gzip.compress(gzip.compress(BODY)), WORDS),
    "gzip called br": ("br", BODY, WORDS),
    "not compressed": ("gzip", BODY, WORDS),
    "not compressed and not ASCII": ("gzip", json.dumps({"error": f"é{WORDS}"}, ensure_ascii=False).encode(), WORDS),
    "no encoding": ("utf-8", BODY, WORDS),
    "identity": ("identity", BODY, WORDS),
    "damaged at its start": ("gzip", b"\x1f\x8b\xff\xff\xff\x00", "compressed and damaged"),
    "damaged at its end": ("gzip", gzip.compress(BODY)[:-8], WORDS),
    "cut short": ("gzip", gzip.compress(BODY + b" " * 4000)[:-12], WORDS),
    "a bomb": ("gzip", gzip.compress(b'{"error":"' + WORDS.encode() + b" x" * (32 << 20)), WORDS),
    "empty": ("br", b"", "unavailable"),
}


@pytest.mark.parametrize("name", COMPRESSED)
@pytest.mark.parametrize(("status", "tries"), [(503, 4), (422, 1)])
def test_compression_hides_neither_the_status_nor_the_words(api, environment, name, status, tries):
    encoding, body, words = COMPRESSED[name]
    error = ask(api, environment, Answer.json(status, body, **{"content-encoding": encoding}))
    assert str(status) in str(error)
    assert words in str(error) or not body
    assert (error.status, len(api.requests)) == (status, tries)
    assert isinstance(error, UnreachableError if status == 503 else RefusedError)


@pytest.mark.parametrize("status", [400, 429, 500])
@pytest.mark.parametrize("cut", [0, 5, len(BODY) - 1, len(BODY)])
def test_a_body_that_breaks_off_does_not_hide_its_status(api, environment, status, cut):
    error = ask(api, environment, Answer([BODY[:cut]], status, {}, complete=False))
    assert (error.status, error.exit_code) == (status, 1 if status == 400 else 3)
    assert len(api.requests) == (1 if status == 400 else 4)


def test_a_body_that_drips_is_given_up_and_what_came_is_quoted(api, environment, monkeypatch):
    monkeypatch.setattr(error_response, "_ERROR_BODY_TIMEOUT_S", 0.05)
    error = ask(api, environment, Answer([BODY, threading.Event()], 400, {}))
    assert (error.status, len(api.requests)) == (400, 1)
    assert WORDS in str(error)


def test_a_body_without_end_is_read_in_part(api, environment):
    error = ask(api, environment, Answer([b'{"error":"' + WORDS.encode() + b' "', *[b" " * 65536] * 400], 400, {}))
    assert WORDS in str(error)


@pytest.mark.parametrize("value", [{"detail": [{"loc": ["body", "n"], "msg": "Field required"}]}, "Field required"])
def test_a_one_shot_quotes_the_words(home, api, value):
    api.answers = [Answer.json(422, value)]
    code, environment = run_cli(home, api, "hi", stdin=b"")
    assert code == 1
    assert "422" in paragraph(environment)
    assert "Field required" in paragraph(environment)


# -- spent credits -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        {"error": {"message": "You exceeded your current quota, check your plan.", "type": "insufficient_quota"}},
        {"error": {"message": "No.", "type": "requests", "code": "insufficient_quota"}},
        {"error": {"message": "No.", "code": "billing_hard_limit_reached"}},
        {"code": "insufficient_quota", "message": "No."},
        {"error": "insufficient_quota"},
        {"error": json.dumps({"error": {"code": "insufficient_quota"}})},
        [{"error": {"code": "insufficient_quota", "message": "No."}}],
        {"error": {"message": "Insufficient credits. Add more.", "code": 402}},
        {"error": {"message": "Your credit balance is too low to access the API."}},
        {"error": {"message": "Insufficient Balance", "type": "unknown_error"}},
        {"code": 429, "error": "No. [WKE=personal-team-blocked:spending-limit]"},
        {"code": "subscription:free-usage-exhausted", "error": "No."},
        "You have run out of credits.",
    ],
    ids=repr,
)  # fmt: skip
@pytest.mark.parametrize("status", [402, 403, 429, 200])
def test_spent_credits_are_not_tried_again(api, environment, value, status):
    error = ask(api, environment, Answer.json(status, value))
    assert "Out of credits" in str(error)
    assert (error.exit_code, len(api.requests)) == (1, 1)


@pytest.mark.parametrize(
    "value",
    [
        {"error": {"message": "Rate limit reached for requests", "type": "requests", "code": "rate_limit_exceeded"}},
        {"code": "Some resource has been exhausted", "error": "Too many requests: 2/2"},
        {"error": {"message": "Quota per minute used up", "type": "tokens"}},
    ],
)
def test_a_rate_limit_is_tried_again(api, environment, value):
    error = ask(api, environment, Answer.json(429, value))
    assert "Rate limited" in str(error)
    assert (error.exit_code, len(api.requests)) == (3, 4)


@pytest.mark.parametrize("value", [{}, {"error": "Pay first"}])
def test_a_402_is_about_credits_whatever_it_says(api, environment, value):
    error = ask(api, environment, Answer.json(402, value))
    assert "Out of credits" in str(error)


# -- the address -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["No handler found on route.", "The model grok-9 does not exist.", ""])
def test_a_404_names_the_address(home, api, words):
    api.answers = [Answer.json(404, {"error": words})]
    code, environment = run_cli(home, api, "hi", stdin=b"")
    assert code == 1
    assert f"{api.url}/chat/completions" in paragraph(environment)


def test_a_404_of_the_list_of_models_names_its_address(home, api):
    code, environment = run_cli(home, api, "--list-models")
    assert code == 1
    assert f"{api.url}/models" in paragraph(environment)


def test_a_key_in_the_address_is_not_shown(home, api):
    api.answers = [Answer.json(404, {})]
    code, environment = run_cli(home, api, "hi", stdin=b"", env={"GROKCHAT_BASE_URL": f"{api.url}/{KEY}"})
    assert code == 1
    assert f"{api.url}/[key]/chat/completions" in paragraph(environment)


# -- large requests ----------------------------------------------------------------------------------------------------


def refuses_early(connection: socket.socket) -> None:
    """Reset the connection after the headers and a little of the body."""
    connection.recv(65536)
    reset(connection)


LARGE = b'{"messages":[{"role":"user","content":"' + b"x" * (4 * LARGE_REQUEST_BYTES) + b'"}]}'
RESETS: dict[str, Talk] = {
    "in the headers": refuses_early,
    "at the end": says_and(reset),
    "closed": says(),
}


@pytest.mark.parametrize("name", RESETS)
def test_a_large_request_that_is_reset_is_not_sent_again(environment, monkeypatch, name):
    monkeypatch.setattr("client_requests.BODY", LARGE)
    with Raw([RESETS[name]]) as raw:
        [heard] = request_replies(raw, environment)
    assert isinstance(heard.error, UnreachableError)
    assert raw.connections == 1
    assert "4 MB" in str(heard.error)
    assert heard.error.about == "size"


def test_a_small_request_that_is_reset_is_sent_again(environment):
    with Raw([refuses_early]) as raw:
        request_replies(raw, environment)
    assert raw.connections == 4


def test_a_large_request_is_not_sent_again_after_a_small_one(environment, monkeypatch):
    """A connection that was kept open may have ended; a large request gets a new one, whose end is a refusal."""
    good = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
    whole = good % (len(completion("Hello")), completion("Hello"))
    bodies = [b"{}", LARGE]

    def talk(connection: socket.socket) -> None:
        heard_request(connection)
        connection.sendall(whole)
        refuses_early(connection)

    with Raw([talk, refuses_early]) as raw:
        monkeypatch.setattr("client_requests.BODY", bodies[0])
        original = client.Client.reply

        def reply(self, body, **more):
            return original(self, bodies.pop(0), **more)

        monkeypatch.setattr(client.Client, "reply", reply)
        first, second = request_replies(raw, environment, turns=2)
    assert first.text == "Hello"
    assert second.error is not None
    assert second.error.about == "size"
    assert raw.connections == 2


@pytest.mark.parametrize("body", [b"", b"<html><h1>413</h1></html>", BODY])
def test_a_413_names_the_size_and_is_not_tried_again(api, environment, monkeypatch, body):
    monkeypatch.setattr("client_requests.BODY", LARGE)
    error = ask(api, environment, Answer([body], 413, {}))
    assert "4 MB" in str(error)
    assert (error.about, error.exit_code, len(api.requests)) == ("size", 1, 1)


# -- the list of models ------------------------------------------------------------------------------------------------


def test_a_list_of_models_that_drips_is_given_up(home, api, monkeypatch):
    monkeypatch.setattr(client, "_GET_TIMEOUT_S", 0.05)
    api.models = Answer([b'{"data":', threading.Event()], 200, {})
    env = {"GROKCHAT_CONFIG": str(home / "config.toml")}
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text("connect_timeout = 0.1\n")
    code, environment = run_cli(home, api, "--list-models", env=env)
    assert code == 3
    assert f"{api.url}/models did not answer completely within 0.15 s" in paragraph(environment)
    code, environment = run_cli(home, api, "--max-cost", "1", "hi", stdin=b"", env=env)
    assert code == 3
    assert paragraph(environment).startswith("grokchat: Nothing was sent: max_cost needs the API's prices.")
    assert api.requests == []


def test_a_list_of_models_without_end_is_given_up(home, api):
    api.models = Answer([b'{"data":[', *[b'{"id":"x"},' * 6000] * 200], 200, {})
    code, environment = run_cli(home, api, "--list-models")
    assert code == 3
    assert "8 MiB" in paragraph(environment)


MANY = b'{"data":[' + b"1," * 600_000 + b"1]}"


@pytest.mark.parametrize("body", [MANY, b"", b"{", b"[]", b'{"data":{}}', b"7", b"null", b"<html>"])
def test_what_is_no_list_of_models_is_reported(home, api, body):
    api.models = Answer([body], 200, {})
    code, environment = run_cli(home, api, "--list-models")
    assert code == 3
    assert f"{api.url}/models" in paragraph(environment)
