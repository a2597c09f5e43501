"""A network that does what networks do: it hangs, resets, lies, floods, and has something in between.

Every server here is a raw socket on loopback. `benchmarks/network.py` runs `cuts` for every byte.
"""

from __future__ import annotations

import asyncio
import gzip
import itertools
import os
import random
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, MutableMapping
from contextlib import aclosing, suppress
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from chat_process import Chat, chat_env
from client_requests import BODY, ReceivedReply, receive_reply, request_replies
from fake_api import FakeApi, chunk, completion, frames, reply_frames
from fake_responses import message, response_frames
from raw_server import Raw, Talk, hang, heard_request, reset, says, says_and
from support import KEY, err, make_environment, out, run_cli
from virtual_time import VirtualLoop, run_virtually

from grokchat.api import preconnect, transport
from grokchat.api.client import Client
from grokchat.api.reply_builder import ReplyBuilder
from grokchat.config.secret import Secret
from grokchat.config.settings import Settings
from grokchat.environment import Environment
from grokchat.errors import ApiError, BrokenReplyError, UnreachableError

MIB = 1 << 20
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"
TO_THE_END = HEAD + b"connection: close\r\n\r\n"
REPLY = reply_frames("Hello", " there.")
BEGUN = frames(chunk({"content": "begun"}), done=False)


# -- raw servers -------------------------------------------------------------------------------------------------------


def chunked(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)


WHOLE = CHUNKED + chunked(REPLY) + chunked(b"")
FOUND = CHUNKED + chunked(response_frames(message("Found."))) + chunked(b"")


def says_compressed(head: bytes, begin: bytes, size: int) -> Talk:
    """Return a talk of headers and a number of bytes, which are made and compressed only on request."""

    def talk(connection: socket.socket) -> None:
        says(head + gzip.compress(begin + b"x" * size, 1))(connection)

    return talk


def ask_raw(environment: Environment, *talks: Talk, turns: int = 1, **settings) -> tuple[list[ReceivedReply], Raw]:
    with Raw(talks) as raw:
        return request_replies(raw, environment, turns=turns, **settings), raw


@pytest.fixture
def environment(home) -> Environment:
    return make_environment(home)


def understandable(error: ApiError | None) -> str:
    """Check that an error is one short paragraph with advice, and exits 3; return it."""
    assert error is not None
    said = str(error)
    assert error.exit_code == 3, said
    assert 20 < len(said) < 450, said
    assert said.endswith((".", ")"))
    assert said.count(". ") >= 1, f"no advice: {said}"
    for word in ("Error", "Exception", "Traceback", "_ssl.c", "[Errno", "\n", KEY, ".."):
        assert word not in said, said
    return said


# -- answers that are not replies --------------------------------------------------------------------------------------

DAMAGED = gzip.compress(REPLY)[:12] + b"\xff" * 40

BROKEN: dict[str, tuple[Talk, int, str]] = {
    "reset at once": (says_and(reset), 4, "connection reset by peer"),
    "closed at once": (says(), 4, "closed without an answer"),
    "reset after the headers": (says_and(reset, CHUNKED), 4, "broke off"),
    "closed after the headers": (says(CHUNKED), 4, "broke off"),
    "other than HTTP": (says(b"\x00\xff" * 500), 4, "other than HTTP"),
    "another protocol": (says(b"SSH-2.0-OpenSSH_9\r\n\r\n"), 4, "other than HTTP"),
    "headers without end": (says(HEAD + b"x-long: " + b"a" * 200_000), 4, "other than HTTP"),
    "many headers": (says(HEAD + b"x-many: a\r\n" * 20_000 + b"\r\n"), 4, "other than HTTP"),
    "chunks that are none": (says(CHUNKED + b"zz\r\nwhat\r\n"), 4, "other than HTTP"),
    "a chunk shorter than it says": (says(CHUNKED + b"ffff\r\n" + b": x\n"), 4, "middle of the answer"),
    "two lengths": (says(HEAD + b"content-length: 5\r\ncontent-length: 6\r\n\r\n" + REPLY), 4, "other than HTTP"),
    "less than its length": (says(HEAD + b"content-length: 9999\r\n\r\n: ping\n"), 4, "middle of the answer"),
    "more than its length": (says(HEAD + b"connection: close\r\ncontent-length: 9\r\n\r\n" + REPLY), 4, "broke off"),
    "a stream of nothing": (says(TO_THE_END), 4, "before its end"),
    "damaged compression": (says(HEAD + b"content-encoding: gzip\r\n\r\n" + DAMAGED), 4, "compressed"),
    "unknown compression": (says(HEAD + b"content-encoding: br\r\n\r\n\x01\x02\x03"), 1, "compressed (br)"),
    "a picture": (says(b"HTTP/1.1 200 OK\r\ncontent-type: image/png\r\n\r\n\x89PNG\r\n\x1a\n"), 4, "image/png"),
    "a page": (says(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<html>Log in"), 1, "login page"),
    "a page without a type": (says(b"HTTP/1.1 200 OK\r\n\r\n\r\n  <html>Log in"), 1, "login page"),
    "a page as a stream": (says(TO_THE_END + b"<!DOCTYPE html><html>Log in"), 1, "login page"),
    "a captive portal": (says(b"HTTP/1.1 511 X\r\ncontent-type: text/html\r\n\r\n<html>"), 1, "log in"),
    "101": (says(b"HTTP/1.1 101 X\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"), 4, "other than HTTP"),
    "202": (says(b"HTTP/1.1 202 X\r\ncontent-length: 0\r\n\r\n"), 1, "202"),
    "204": (says(b"HTTP/1.1 204 X\r\n\r\n"), 1, "204"),
    "a line without end": (says(TO_THE_END + b"data: " + b"x" * 9 * MIB), 1, "8 MiB"),
    "an event without end": (says(TO_THE_END + (b"data: " + b"x" * 8000 + b"\n") * 1200), 1, "8 MiB"),
    "a bomb in a line": (
        says_compressed(HEAD + b"content-encoding: gzip\r\n\r\n", b"data: ", 64 * MIB), 1, "8 MiB",
    ),
    "a bomb of a page": (
        says_compressed(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\n\r\n", b'{"a": "', 80 * MIB
        ), 1, "64 MiB",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_failed_connection_is_explained(environment, name):
    """The error says what happened, why, and what to do; exit code 3; retried only where that may help."""
    talk, tries, words = BROKEN[name]
    [heard], raw = ask_raw(environment, talk)
    assert words in understandable(heard.error)
    assert (heard.text, raw.connections) == ("", tries)


ODD: dict[str, bytes] = {
    "informational answers first": b"HTTP/1.1 100 Continue\r\n\r\n" * 50 + b"HTTP/1.1 103 E\r\nlink: x\r\n\r\n" + WHOLE,
    "no length and no chunks": TO_THE_END + REPLY,
    "no content type": b"HTTP/1.1 200 OK\r\n\r\n" + REPLY,
    "text/plain": b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n" + REPLY,
    "a type with parameters": b"HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\n\r\n" + REPLY,
    "a complete reply as a stream": TO_THE_END + completion("Hello there."),
    "a complete reply after empty lines": b"HTTP/1.1 200 OK\r\n\r\n" + b"\r\n" * 90_000 + completion("Hello there."),
    "compressed though not asked": HEAD + b"content-encoding: gzip\r\n\r\n" + gzip.compress(REPLY),
    "compressed in parts": HEAD
    + b"content-encoding: gzip\r\n\r\n"
    + b"".join(gzip.compress(line + b"\n") for line in REPLY.split(b"\n")),
    "compressed twice": HEAD + b"content-encoding: gzip, deflate\r\n\r\n" + zlib.compress(gzip.compress(REPLY)),
    "deflate without a header": HEAD + b"content-encoding: deflate\r\n\r\n" + zlib.compress(REPLY)[2:-4],
    "deflate with a header": HEAD + b"content-encoding: deflate\r\n\r\n" + zlib.compress(REPLY),
    "padding behind compression": HEAD + b"content-encoding: x-gzip\r\n\r\n" + gzip.compress(REPLY) + bytes(40),
    "not compressed as it says": HEAD + b"content-encoding: gzip\r\n\r\n" + REPLY,
    "no compression but a charset": HEAD + b"content-encoding: utf-8\r\n\r\n" + REPLY,
    "not br as it says": HEAD + b"content-encoding: br\r\n\r\n" + REPLY,
    "headers in no encoding": HEAD + b"x-request-id: \xff\xfe\r\n\r\n" + REPLY,
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" + REPLY,
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_but_valid_response_is_a_reply(environment, name):
    [heard], raw = ask_raw(environment, says(ODD[name]))
    assert (heard.error, heard.text, raw.connections) == (None, "Hello there.", 1)


def test_a_response_in_single_bytes_is_a_reply(environment):
    """However slowly they arrive."""

    def talk(connection: socket.socket) -> None:
        heard_request(connection)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(len(WHOLE)):
            connection.sendall(WHOLE[at : at + 1])

    [heard], _ = ask_raw(environment, talk)
    assert (heard.error, heard.text) == (None, "Hello there.")


@pytest.mark.parametrize("name", ["reset", "closed", "other than HTTP", "hang", "page"])
def test_after_the_first_delta_the_part_is_kept_whatever_fails(environment, name):
    talks = {
        "reset": says_and(reset, CHUNKED + chunked(BEGUN)),
        "closed": says(CHUNKED + chunked(BEGUN)),
        "other than HTTP": says(CHUNKED + chunked(BEGUN) + b"zz\r\n"),
        "hang": says_and(hang, CHUNKED + chunked(BEGUN)),
        "page": says(TO_THE_END + BEGUN + b"<html>Session expired</html>"),
    }
    [heard], raw = ask_raw(environment, talks[name], timeout=0.2)
    said = understandable(heard.error)
    assert isinstance(heard.error, BrokenReplyError)
    assert "/continue" in said
    assert said.count("broke off") <= 1
    assert (heard.builder.text, raw.connections) == (heard.text, 1)
    # A reset may overtake what was sent before it.
    assert heard.text == "begun" or (name == "reset" and not heard.text)


# -- cut at any byte ---------------------------------------------------------------------------------------------------

RECORDED = (
    CHUNKED
    + chunked(
        *(frames(chunk({"role": "assistant", "content": text}), done=False) for text in ("Hällo", " ", "there.")),
        frames(chunk(finish="stop"), done=False),
        frames({**chunk(), "choices": [], "usage": {"total_tokens": 5}}),
    )
    + chunked(b"")
)
TEXT = "Hällo there."
_WHOLE_FROM = RECORDED.index(b"\n\n", RECORDED.index(b'"finish_reason"')) + 2
WAYS: dict[str, Talk] = {"close": lambda _: None, "reset": reset, "hang": hang}


def cuts(positions: Iterable[int], way: str, home: Path) -> list[str]:
    """Break the response off at each of these bytes, each in its own turn; return the problems."""
    asked: Counter[int] = Counter()

    def talk(connection: socket.socket) -> None:
        at = int(heard_request(connection).split(b"/", 2)[1])
        asked[at] += 1
        connection.sendall(RECORDED[:at])
        WAYS[way](connection)

    async def cut(raw: Raw, at: int) -> list[str]:
        # Only hanging requests are abandoned: everything else has all the time that a busy machine needs.
        settings = Settings(base_url=f"http://127.0.0.1:{raw.port}/{at}", timeout=2.0 if way == "hang" else 60.0)
        environment = make_environment(home, transport=httpx.AsyncHTTPTransport(verify=False))
        client = Client(environment, settings, Secret(KEY))
        heard = await receive_reply(client, settings)
        await client.close()
        return [f"{way} at {at}: {fault}" for fault in wrong(heard, at, way, asked[at])]

    async def cut_everywhere() -> list[str]:
        with Raw([talk]) as raw:
            faults = await asyncio.gather(*(cut(raw, at) for at in positions))
        return list(itertools.chain.from_iterable(faults))

    return asyncio.run(cut_everywhere())


def wrong(heard: ReceivedReply, at: int, way: str, requests: int) -> list[str]:
    found = []
    is_whole = at >= _WHOLE_FROM
    if not TEXT.startswith(heard.text) or heard.builder.text != heard.text:
        found.append(f"the text is {heard.text!r}")
    # A reset overtakes what was sent before it, so that less may have arrived than was sent.
    if is_whole and way != "reset" and (heard.error is not None or heard.text != TEXT):
        found.append(f"the whole reply was there: {heard.text!r}, {heard.error!r}")
    if not is_whole and heard.error is None:
        found.append("no error")
    if heard.error is not None:
        try:
            understandable(heard.error)
        except AssertionError as error:
            found.append(str(error))
        if requests != (1 if heard.text or way == "hang" else 4):
            found.append(f"{requests} requests after {heard.text!r}")
    return found


@pytest.mark.parametrize("way", WAYS)
def test_a_response_may_break_off_at_any_byte(home, way):
    """Only what was received is kept, the failure is reported, and nothing is retried after the first delta."""
    every = range(len(RECORDED) + 1)
    assert cuts({*random.sample(every, 25), 0, _WHOLE_FROM - 1, _WHOLE_FROM}, way, home) == []


# -- too much ----------------------------------------------------------------------------------------------------------


def test_an_endless_reply_is_stopped_and_its_part_is_kept(environment):
    """The limit is 32 MiB of text, however it is sent."""
    piece = frames(chunk({"content": "x" * MIB}), done=False)

    def talk(connection: socket.socket) -> None:
        heard_request(connection)
        connection.sendall(TO_THE_END)
        while True:
            connection.sendall(piece)

    [heard], _ = ask_raw(environment, talk)
    assert "32 MiB" in understandable(heard.error)
    assert "/continue" in str(heard.error)
    assert 32 * MIB <= len(heard.builder.text) <= 33 * MIB


@pytest.mark.parametrize(
    "make",
    [
        lambda number: {f"key{number}": "x" * 60_000},
        lambda number: chunk({f"key{number}": "x" * 60_000}),
        lambda number: chunk({"tool_calls": [{"index": number, "function": {"arguments": "x" * 60_000}}]}),
    ],
    ids=["fields", "fields of the message", "tool calls"],
)
def test_all_kept_fields_count_against_the_limit(make):
    """Every kept field of a reply counts."""
    builder = ReplyBuilder()
    for number in range(10):
        builder.feed(make(number))
    assert 600_000 <= builder.size <= 700_000


def test_a_field_repeated_in_every_chunk_counts_once():
    builder = ReplyBuilder()
    for number in range(1000):
        builder.feed(chunk({"content": "x"}, logprobs={"content": [number] * 100}))
    assert builder.size < 3000


def test_many_small_deltas_take_little_more_memory_than_their_text():
    import tracemalloc

    builder, delta = ReplyBuilder(), {"choices": [{"index": 0, "delta": {"content": "abcd"}}]}
    tracemalloc.start()
    try:
        for number in range(40_000):
            delta["choices"][0]["delta"]["content"] = str(10000 + number)
            builder.feed(delta)
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(builder.text) == 200_000
    assert used < 1_000_000


def test_endless_pings_take_no_memory_and_hide_no_reply(environment):
    [heard], _ = ask_raw(environment, says(TO_THE_END + b": ping\n\n" * 300_000 + REPLY))
    assert (heard.error, heard.text) == (None, "Hello there.")


# -- time --------------------------------------------------------------------------------------------------------------


def test_a_model_may_think_for_an_hour(home):
    """No reply is cut off for thinking long: 3,599 seconds without a byte, before the headers and in the middle."""
    now, gone = threading.Event(), threading.Event()

    def talk(connection: socket.socket) -> None:
        heard_request(connection)
        for part in (CHUNKED + chunked(BEGUN), chunked(reply_frames(" and ended")) + chunked(b"")):
            now.wait()
            now.clear()
            connection.sendall(part)
            gone.set()

    def let_it_speak() -> None:
        now.set()
        gone.wait()
        gone.clear()

    async def think(loop: VirtualLoop) -> ReceivedReply:
        loop.call_at(3599.0, let_it_speak)
        loop.call_at(2 * 3599.0, let_it_speak)
        with Raw([talk]) as raw:
            settings = Settings(base_url=raw.url)
            client = Client(
                make_environment(home, clock=loop.time, now=loop.date, sleep=asyncio.sleep), settings, Secret(KEY)
            )
            heard = await receive_reply(client, settings)
            await client.close()
        return heard

    heard = run_virtually(think)
    assert (heard.error, heard.text) == (None, "begun and ended")


def test_a_proxy_has_the_connect_timeout_to_connect(environment, monkeypatch):
    with Raw([hang]) as proxy:
        use_proxy(monkeypatch, f"http://127.0.0.1:{proxy.port}")
        begun = time.monotonic()
        [heard] = request_replies(proxy, environment, base_url="https://api.example.invalid/v1", connect_timeout=0.1)
        assert "The proxy did not connect" in understandable(heard.error)
        assert proxy.connections == 4
        assert time.monotonic() - begun < 10


# -- kept connections --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [lambda _: None, reset], ids=["closed", "reset"])
def test_a_kept_connection_that_ends_with_the_next_request_is_replaced_silently(environment, ending):
    """It is replaced once, before any delta, and without a report: nothing was wrong with the request."""

    def talk(connection: socket.socket) -> None:
        says(WHOLE)(connection)
        heard_request(connection)
        ending(connection)

    heard, raw = ask_raw(environment, talk, says(WHOLE), turns=2)
    assert [(received.error, received.text, received.retries) for received in heard] == [(None, "Hello there.", [])] * 2
    assert raw.connections == 2


def test_a_new_connection_that_ends_at_once_is_reported(environment):
    """Only a kept connection may be replaced silently."""
    [heard], _ = ask_raw(environment, says(), says(WHOLE))
    assert (heard.error, len(heard.retries)) == (None, 1)


@pytest.mark.parametrize(
    ("search", "idle", "answer"), [("off", timedelta(hours=8), WHOLE), ("web", timedelta(minutes=2), FOUND)]
)
def test_a_connection_kept_through_sleep_is_not_used(home, search, idle, answer):
    """The monotonic clock stops during sleep; the wall clock does not. A search, which is not repeated, is careful."""
    environment = make_environment(home)
    today = environment.now()
    environment.now = lambda: today

    def talk(connection: socket.socket) -> None:
        says(answer)(connection)
        hang(connection)

    async def sleep_between() -> list[ReceivedReply]:
        nonlocal today
        with Raw([talk]) as raw:
            settings = Settings(base_url=raw.url, timeout=5.0, search=search)
            client = Client(environment, settings, Secret(KEY))
            first = await receive_reply(client, settings)
            today += idle
            second = await receive_reply(client, settings)
            await client.close()
        assert raw.connections == 2
        return [first, second]

    assert [received.error for received in asyncio.run(sleep_between())] == [None, None]


@pytest.mark.parametrize("ending", [lambda _: None, reset], ids=["closed", "reset"])
def test_a_search_uses_a_kept_connection_and_is_not_repeated_if_that_breaks(environment, ending):
    """The server may have begun to search, which is billed again if it is asked again."""

    def talk(connection: socket.socket) -> None:
        says(FOUND)(connection)
        heard_request(connection)
        ending(connection)

    heard, raw = ask_raw(environment, talk, says(FOUND), turns=2, search="web")
    assert [(received.text, received.retries) for received in heard] == [("Found.", []), ("", [])]
    assert "It was not repeated, because searches are billed." in str(heard[1].error)
    assert raw.connections == 1


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="Linux has it")
def test_an_unacknowledged_request_fails_within_minutes(environment):
    """Keep-alive probes are not sent while a request is unacknowledged."""
    options = {name: value for _, name, value in transport._keepalive_options()}
    assert options[socket.TCP_USER_TIMEOUT] == 120_000
    assert options[socket.SO_KEEPALIVE] == 1


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70 + ".invalid"])
def test_an_unknown_host_name_is_reported(environment, host, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with Raw([hang]) as raw:
        [heard] = request_replies(raw, environment, base_url=f"https://{host}/v1")
    assert "address is not known" in understandable(heard.error)


def test_a_hanging_resolver_is_not_waited_for(environment, monkeypatch):
    """Neither the connect timeout nor the program's exit is delayed."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answered.wait(60))
    begun = time.monotonic()
    with Raw([hang]) as raw:
        [heard] = request_replies(raw, environment, base_url="https://api.example.invalid/v1", connect_timeout=0.1)
    assert "did not answer within 0.1 s" in understandable(heard.error)
    assert time.monotonic() - begun < 20
    answered.set()


# -- TLS and proxies ---------------------------------------------------------------------------------------------------

needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="certificates are made by the openssl program"
)


def openssl(*arguments: str | Path) -> None:
    made = subprocess.run(["openssl", *arguments], capture_output=True, check=False)
    assert made.returncode == 0, made.stderr


class Authority:
    """Makes a certificate for a name, trusted in `env` by default, and a server's context with it."""

    def __init__(self, folder: Path, env: MutableMapping[str, str]) -> None:
        self._folder = folder
        self.env = env

    def __call__(self, name: str, *, is_trusted: bool = True, is_expired: bool = False) -> ssl.SSLContext:
        key, path = self._folder / "key.pem", self._folder / "certificate.pem"
        openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-keyout", key, "-out", path, "-subj", "/CN=test", "-addext", f"subjectAltName={name}",
        )  # fmt: skip
        if is_expired:  # yesterday: a certificate that ends before it begins is valid at no time
            openssl("x509", "-in", path, "-signkey", key, "-days", "-1", "-out", path)
        if is_trusted:
            self.env["SSL_CERT_FILE"] = str(path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path, key)
        return context


@pytest.fixture
def certificate(tmp_path, environment) -> Authority:
    return Authority(tmp_path, environment.variables)


def use_proxy(monkeypatch, url: str) -> None:
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, url)
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@needs_openssl
def test_a_server_with_a_valid_certificate_gets_the_request(environment, certificate):
    with Raw([says(WHOLE)], certificate("IP:127.0.0.1")) as raw:
        [heard] = request_replies(raw, environment)
    assert (heard.error, heard.text) == (None, "Hello there.")


@needs_openssl
@pytest.mark.parametrize(
    ("name", "more", "reason", "advice"),
    [
        ("IP:127.0.0.1", {"is_trusted": False}, "self-signed certificate", "SSL_CERT_FILE"),
        ("DNS:other.example", {}, "IP address mismatch", "login page"),
        ("IP:127.0.0.1", {"is_expired": True}, "certificate has expired", "clock"),
    ],
    ids=["self-signed", "another host's", "expired"],
)
def test_a_server_without_a_valid_certificate_gets_nothing(environment, certificate, name, more, reason, advice):
    """The error says why and what to do, nothing is retried, and the key was not sent."""
    heard_by_it: list[bytes] = []
    talk: Talk = lambda connection: heard_by_it.append(connection.recv(65536))  # noqa: E731
    with Raw([talk], certificate(name, **more)) as raw:
        [heard] = request_replies(raw, environment)
    said = understandable(heard.error).replace("self signed", "self-signed")
    assert reason in said
    assert advice in said
    assert raw.connections == 1
    assert b"".join(heard_by_it) == b""


@needs_openssl
def test_a_damaged_tls_record_is_a_broken_reply(environment, certificate):
    """The TLS library raises another kind of error for it."""
    server = certificate("IP:127.0.0.1")

    def talk(connection: socket.socket) -> None:
        tls = server.wrap_socket(connection, server_side=True)
        heard_request(tls)
        tls.sendall(CHUNKED + chunked(BEGUN))
        number = tls.detach()
        os.write(number, b"\x17\x03\x03\x00\x20" + b"\x00" * 32)
        os.close(number)

    with Raw([talk]) as raw:
        [heard] = request_replies(raw, environment, base_url=raw.url.replace("http:", "https:"))
    assert "TLS failed" in understandable(heard.error)
    assert heard.text == "begun"


def test_a_server_without_tls_is_reported_and_not_retried(environment):
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with Raw([talk]) as raw:
        [heard] = request_replies(raw, environment, base_url=raw.url.replace("http:", "https:"))
    assert "TLS failed" in understandable(heard.error)
    assert raw.connections == 1


@needs_openssl
@pytest.mark.parametrize("credentials", ["", "user:hidden%20word@"], ids=["without a name", "with a password"])
def test_a_proxy_gets_its_credentials_and_nothing_else(environment, certificate, monkeypatch, credentials):
    """It sees the destination, but neither the key nor any text."""
    through: list[bytes] = []
    with Raw([says(WHOLE)], certificate("DNS:api.example.invalid")) as server:

        def talk(connection: socket.socket) -> None:
            through.append(heard_request(connection))
            with socket.create_connection(("127.0.0.1", server.port)) as onward:
                connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")

                def back() -> None:
                    with suppress(OSError):
                        while data := onward.recv(65536):
                            connection.sendall(data)

                thread = threading.Thread(target=back, daemon=True)
                thread.start()
                while data := connection.recv(65536):
                    through.append(data)
                    onward.sendall(data)

        with Raw([talk]) as proxy:
            use_proxy(monkeypatch, f"http://{credentials}127.0.0.1:{proxy.port}")
            [heard] = request_replies(proxy, environment, base_url="https://api.example.invalid/v1")
    assert (heard.error, heard.text) == (None, "Hello there.")
    assert through[0].startswith(b"CONNECT api.example.invalid:443 ")
    assert (b"proxy-authorization: basic" in through[0].lower()) == bool(credentials)
    assert KEY.encode() not in b"".join(through)
    assert BODY not in b"".join(through)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n", "NAME:PASSWORD"),
        (b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", "NO_PROXY"),
        (b"", "broke off"),
    ],
    ids=["407", "403", "closed"],
)
def test_a_failing_proxy_is_reported_without_its_password(environment, monkeypatch, answer, words):
    with Raw([says(answer)]) as proxy:
        use_proxy(monkeypatch, f"http://user:hidden@127.0.0.1:{proxy.port}")
        [heard] = request_replies(proxy, environment, base_url="https://api.example.invalid/v1")
    said = understandable(heard.error)
    assert words in said
    assert "hidden" not in said
    assert f"127.0.0.1:{proxy.port}" in said


def test_no_proxy_lists_hosts_that_are_reached_directly(environment, monkeypatch):
    with Raw([hang]) as proxy:
        use_proxy(monkeypatch, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "example.invalid")
        [heard] = request_replies(proxy, environment, base_url="https://api.example.invalid/v1")
        assert proxy.connections == 0
    assert "address is not known" in understandable(heard.error)


# -- a connection before the request -----------------------------------------------------------------------------------


class Watched:
    """A talk that answers requests until `ends`, and signals when it is connected and when it receives data."""

    def __init__(self, ends: Callable[[int], bool] = lambda count: False) -> None:
        self.connected = threading.Semaphore(0)
        self.heard: list[bytes] = []
        self.closed = threading.Semaphore(0)
        self._ends = ends

    def __call__(self, connection: socket.socket) -> None:
        self.connected.release()
        try:
            for count in itertools.count():
                if self._ends(count):
                    break
                self.heard.append(heard_request(connection))
                connection.sendall(WHOLE)
        except ConnectionError:
            pass
        finally:
            connection.close()
            self.closed.release()


async def wait_for_signal(sign: threading.Semaphore) -> None:
    """Wait for a signal of a server's thread."""
    assert await asyncio.to_thread(sign.acquire, timeout=60)


def opened_early(talk, certificate, use, *more: Talk, is_trusted: bool = True, **changes) -> Raw:
    """Run `use` with a client of a TLS server and its settings."""

    async def run(raw: Raw) -> None:
        settings = Settings(base_url=raw.url, **changes)
        with tempfile.TemporaryDirectory() as home:
            client = Client(make_environment(Path(home), env=certificate.env), settings, Secret(KEY))
            try:
                await use(client, settings)
            finally:
                await client.close()

    with Raw([talk, *more], certificate("IP:127.0.0.1", is_trusted=is_trusted)) as raw:
        asyncio.run(run(raw))
        return raw


async def answered(client: Client, settings: Settings) -> None:
    heard = await receive_reply(client, settings)
    assert (heard.error, heard.text, heard.retries) == (None, "Hello there.", [])


@needs_openssl
def test_a_connection_is_opened_before_the_request_and_carries_nothing(certificate):
    talk = Watched()

    async def use(client, settings):
        client.preconnect(settings)
        await wait_for_signal(talk.connected)
        client.preconnect(settings)
        assert not talk.heard
        await answered(client, settings)
        client.preconnect(settings)
        await answered(client, settings)

    assert opened_early(talk, certificate, use).connections == 1


@needs_openssl
def test_a_request_waits_for_the_connection_that_is_being_opened(certificate):
    async def use(client, settings):
        client.preconnect(settings)
        await answered(client, settings)

    assert opened_early(Watched(), certificate, use).connections == 1


@needs_openssl
def test_a_request_cancelled_during_preconnect_leaves_the_connection_for_the_next(certificate):
    async def use(client, settings):
        client.preconnect(settings)
        request = asyncio.create_task(receive_reply(client, settings))
        await asyncio.sleep(0)
        request.cancel()
        await asyncio.wait({request})
        assert request.cancelled()
        await answered(client, settings)

    assert opened_early(Watched(), certificate, use).connections == 1


@needs_openssl
@pytest.mark.parametrize("when", ["before the request", "at the request"])
def test_a_preconnected_stream_that_the_server_closed_is_replaced_silently(certificate, when):
    closing, later = Watched(lambda _: True), Watched()

    def at_the_request(connection: socket.socket) -> None:
        closing.connected.release()
        heard_request(connection)

    async def use(client, settings):
        client.preconnect(settings)
        await wait_for_signal(closing.connected)
        if when == "before the request":
            await wait_for_signal(closing.closed)
        await answered(client, settings)

    first = closing if when == "before the request" else at_the_request
    assert opened_early(first, certificate, use, later).connections == 2


@needs_openssl
def test_an_unused_connection_that_the_server_closed_is_opened_again(certificate):
    closing, later = Watched(lambda _: True), Watched()

    async def use(client, settings):
        client.preconnect(settings)
        await wait_for_signal(closing.closed)
        while not later.connected.acquire(blocking=False):  # the close is noticed soon, but there is no signal for it
            client.preconnect(settings)
            await asyncio.sleep(0)
        await answered(client, settings)

    assert opened_early(closing, certificate, use, later).connections == 2


@needs_openssl
def test_a_connection_kept_too_long_is_not_used(certificate, monkeypatch):
    talk = Watched()

    async def use(client, settings):
        client.preconnect(settings)
        await wait_for_signal(talk.connected)
        monkeypatch.setattr(preconnect, "KEEPALIVE_S", -1.0)
        await answered(client, settings)

    assert opened_early(talk, certificate, use).connections == 2


@needs_openssl
def test_a_connection_that_was_never_used_is_closed(certificate):
    talk = Watched()

    async def use(client, settings):
        client.preconnect(settings)
        await wait_for_signal(talk.connected)

    opened_early(talk, certificate, use)
    assert talk.closed.acquire(timeout=60)


@needs_openssl
def test_a_failed_preconnect_is_reported_when_the_connection_is_needed(certificate, monkeypatch):
    async def use(client, settings):
        client.preconnect(settings)
        heard = await receive_reply(client, settings)
        assert "self" in understandable(heard.error)
        client.preconnect(settings)
        heard = await receive_reply(client, settings)
        assert "self" in understandable(heard.error)

    assert opened_early(Watched(), certificate, use, is_trusted=False).connections == 2


def test_no_connection_is_opened_where_it_would_gain_nothing(home):
    async def use(raw: Raw) -> None:
        settings = Settings(base_url=raw.url)
        client = Client(make_environment(home), settings, Secret(KEY))
        client.preconnect(settings)
        await answered(client, settings)
        await client.close()

    with Raw([Watched()]) as raw:
        asyncio.run(use(raw))
    assert raw.connections == 1


@needs_openssl
def test_the_chat_opens_the_connection_while_the_user_types(home, certificate):
    """Before the first Enter, and again when the server has closed it between two turns."""
    first, second = Watched(lambda count: count == 1), Watched()
    context = certificate("IP:127.0.0.1")
    with Raw([first, second], context) as raw:
        env = chat_env(home, raw) | {"SSL_CERT_FILE": certificate.env["SSL_CERT_FILE"]}
        with Chat(env=env) as chat:
            chat.wait_for("0 messages")
            assert first.connected.acquire(timeout=60)
            assert not first.heard
            chat.type("hi\r")
            chat.wait_for("Hello there.")
            assert first.closed.acquire(timeout=60)
            chat.type("m")
            assert second.connected.acquire(timeout=60)
            assert not any(head.startswith(b"POST") for head in second.heard)
            chat.type("ore\r")
            chat.wait_for(lambda text: text.count("Hello there.") == 2)
            assert chat.leave() == 0


# -- the program -------------------------------------------------------------------------------------------------------


@needs_openssl
def test_one_shot_over_tls(home, certificate):
    context = certificate("IP:127.0.0.1")
    with Raw([says(WHOLE)], context) as raw:
        code, environment = run_cli(home, raw, "hi", stdin=b"", env={"SSL_CERT_FILE": certificate.env["SSL_CERT_FILE"]})
    assert (code, out(environment), err(environment)) == (0, "Hello there.\n", "")


def test_one_shot_with_certificates_that_cannot_be_read(home, tmp_path):
    """The error names the variable, and no connection is opened."""
    (tmp_path / "empty.pem").write_bytes(b"")
    for name in ("none.pem", "empty.pem"):
        env = {"SSL_CERT_FILE": str(tmp_path / name), "GROKCHAT_BASE_URL": "https://127.0.0.1:9/v1"}
        code, environment = run_cli(home, None, "hi", stdin=b"", env=env)
        assert code == 2
        assert "SSL_CERT_FILE" in err(environment)
        assert "cannot be read" in err(environment)


def test_one_shot_keeps_the_part_and_exits_3(home):
    with Raw([says(CHUNKED + chunked(BEGUN))]) as raw:
        code, environment = run_cli(home, raw, "hi", stdin=b"")
    assert code == 3
    assert environment.stdout.getvalue() == b"begun\n"
    assert err(environment).count("\n") == 1
    with FakeApi() as api:
        assert run_cli(home, api, "-c", "more", stdin=b"")[0] == 0
        assert [message["content"] for message in api.requests[0].messages] == ["hi", "begun", "more"]


async def _first_delta(client: Client, settings: Settings) -> str:
    async with aclosing(client.reply(BODY, conversation_id="c", settings=settings)) as events:
        async for event in events:
            if getattr(event, "text", ""):
                return event.text
    raise UnreachableError("nothing came")


def test_closing_a_flooding_reply_ends_at_once(home):
    """The rest of the reply is not read."""

    def talk(connection: socket.socket) -> None:
        heard_request(connection)
        connection.sendall(TO_THE_END)
        while True:
            connection.sendall(BEGUN * 100)

    async def stop() -> float:
        with Raw([talk]) as raw:
            settings = Settings(base_url=raw.url)
            client = Client(make_environment(home), settings, Secret(KEY))
            assert await _first_delta(client, settings) == "begun"
            begun = time.monotonic()
            await client.close()
            return time.monotonic() - begun

    assert asyncio.run(stop()) < 5
