"""Whatever a server sends ends in a reply or in an error for the user, and leaves a list that can be sent again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

import httpx
from fake_api import USAGE, frames
from hypothesis import given
from hypothesis import strategies as st
from support import KEY, make_environment
from test_reply_builder_properties import ODD, completions, places, put, stream_choice

from grokchat.api.client import Client
from grokchat.config.secret import Secret
from grokchat.config.settings import Settings
from grokchat.errors import GrokchatError
from grokchat.session.exchange import Finished, exchange
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig

LABELS = st.sampled_from(["", "text/event-stream", "application/json", "text/html"])


class Pieces(httpx.AsyncByteStream):
    """A body in pieces."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = pieces

    async def __aiter__(self):
        for piece in self._pieces:
            yield piece


def talk(pieces: Sequence[bytes], *, label: str, status: int = 200) -> tuple[Session, Finished | None, str]:
    """Ask in a new session and get these pieces; return the session, the end of the reply, and its error's text."""

    async def sleep(_: float) -> None: ...

    async def ask() -> tuple[Session, Finished | None, str]:
        headers = {"content-type": label} if label else {}
        transport = httpx.MockTransport(lambda _: httpx.Response(status, headers=headers, stream=Pieces(pieces)))
        environment = make_environment(Path("home"), transport=transport, sleep=sleep)
        settings = Settings(base_url="http://127.0.0.1:1/v1")
        session, finished = Session.new(SessionConfig(None)), None
        session.add_message({"role": "user", "content": "hi"})
        try:
            async with aclosing(
                exchange(session, Client(environment, settings, Secret(KEY)), environment, settings)
            ) as events:
                async for event in events:
                    finished = event if isinstance(event, Finished) else finished
        except GrokchatError as error:
            return session, None, str(error)
        return session, finished, ""

    return asyncio.run(ask())


def check(pieces: Sequence[bytes], label: str, status: int = 200) -> None:
    session, finished, error = talk(pieces, label=label, status=status)
    assert (finished is None) == bool(error)
    if finished is not None:
        json.dumps(finished.builder.api_object())
        assert all(isinstance(note, str) for note in finished.notes)
    messages = json.loads(session.requests.body())["messages"]
    assert len(messages) <= 2
    for message in messages[1:]:
        assert message["content"].strip() or message["tool_calls"]
        for call in message.get("tool_calls", ()):
            assert isinstance(call["function"]["name"], str)
            json.loads(call["function"]["arguments"] or "{}")


def mutate(draw, value):
    for _ in range(draw(st.integers(0, 2))):
        value = put(value, draw(st.sampled_from(places(value)[1:])), draw(ODD))
    return value


def cut(draw, body):
    """Cut a body into pieces, and perhaps its end off."""
    body = body[: draw(st.integers(0, len(body)))] if draw(st.integers(0, 3)) == 0 else body
    at = sorted(draw(st.lists(st.integers(0, len(body)), max_size=4)))
    return [body[start:end] for start, end in zip([0, *at], [*at, len(body)], strict=True)]


@given(completions(), LABELS, st.data())
def test_any_complete_body(completion, label, data):
    body = json.dumps(mutate(data.draw, completion), indent=data.draw(st.sampled_from([None, 2]))).encode()
    check(cut(data.draw, body), label, data.draw(st.sampled_from([200, 200, 201, 299])))


@given(completions(), LABELS, st.data())
def test_any_stream(completion, label, data):
    chunks = [
        {"id": "r", "model": "m", "choices": [piece]}
        for choice in completion["choices"]
        for piece in stream_choice(data.draw, choice)
    ]
    chunks = [
        mutate(data.draw, chunk) if data.draw(st.integers(0, 4)) == 0 else chunk
        for chunk in [*chunks, {"usage": USAGE}]
    ]
    has_data = data.draw(st.booleans())
    body = frames(*chunks) if has_data else b"".join(json.dumps(chunk).encode() + b"\n" for chunk in chunks)
    check(cut(data.draw, body), label)


@given(st.binary(max_size=80) | st.text(st.sampled_from('{}[]":,\\\n \rdatevn1u\ufeffé<'), max_size=60), LABELS)
def test_any_bytes(body, label):
    check([body if isinstance(body, bytes) else body.encode()], label)
