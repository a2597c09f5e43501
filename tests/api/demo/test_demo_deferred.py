"""The demo's deferred replies: ready after a few seconds, handed out once, and known after a restart."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from demo_api import BASE_URL, URL, ask_demo
from support import make_environment

from grokchat.api.demo.tour import reply_text
from grokchat.api.demo.transport import DemoTransport
from grokchat.environment import Environment

LETTERS = [chr(code) for code in range(0x4E00, 0x9000)]
MESSAGES = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Tell me more.\nIn two lines."},
]


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 10, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def environment(tmp_path, clock):
    return make_environment(tmp_path, now=clock)


def post(environment: Environment, **more: Any) -> httpx.Response:
    return ask_demo(environment, URL, {"model": "grok-x", "messages": MESSAGES, "deferred": True, **more})


def get(environment: Environment, request_id: str, transport: DemoTransport | None = None) -> httpx.Response:
    return ask_demo(environment, f"{BASE_URL}/chat/deferred-completion/{request_id}", None, "GET", transport)


def test_a_reply_is_ready_after_a_few_seconds_and_handed_out_once(environment, clock):
    transport = DemoTransport(environment)
    request_id = post(environment).json()["request_id"]
    waiting = get(environment, request_id, transport)
    assert (waiting.status_code, waiting.content) == (202, b"")
    clock.wait(seconds=6)
    reply = get(environment, request_id, transport)
    assert reply.status_code == 200
    assert get(environment, request_id, transport).status_code == 404


def test_the_reply_is_that_of_the_request_also_after_a_restart(environment, clock):
    """The id holds what the reply is made of, so a program that starts later gets it."""
    request_id = post(environment).json()["request_id"]
    clock.wait(hours=23)
    reply = get(environment, request_id).json()
    direct = ask_demo(environment, URL, {"model": "grok-x", "messages": MESSAGES}).json()
    assert reply == direct
    assert reply["choices"][0]["message"]["content"] == reply_text(MESSAGES, "grok-x")
    clock.wait(hours=2)
    assert get(environment, request_id).status_code == 404


def test_an_id_can_stand_in_an_address(environment, clock):
    question = "".join(random.Random(1).choices(LETTERS, k=10_000))
    messages = [{"role": "user", "content": question}] * 500
    request_id = post(environment, messages=messages).json()["request_id"]
    assert len(request_id) < 8000
    assert set(request_id) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    clock.wait(minutes=1)
    assert get(environment, request_id).status_code == 200


@pytest.mark.parametrize("request_id", ["x", "d9f8a2b4-0000-4000-8000-000000000001", "é", "%00", "", "eJwrAQAAhwCB"])
def test_an_unknown_id_is_not_found(environment, request_id):
    assert get(environment, request_id).status_code == 404


def test_streaming_and_deferred_are_not_both_possible(environment):
    response = post(environment, stream=True)
    assert (response.status_code, response.json()) == (
        400,
        "A request may either be streaming or deferred, but not both.",
    )


@pytest.mark.parametrize("deferred", [False, None])
def test_a_request_that_is_not_deferred_is_answered_at_once(environment, deferred):
    assert post(environment, deferred=deferred).json()["object"] == "chat.completion"


def test_deferred_of_a_wrong_type_is_refused(environment):
    assert post(environment, deferred="yes").status_code == 422


@pytest.mark.parametrize(
    ("fault", "statuses"), [("gone", [404, 404, 404]), ("pending", [202, 202, 202]), ("slow", [202, 202, 200])]
)
def test_faults_of_a_job(environment, clock, fault, statuses):
    async def sleep(_: float) -> None:
        return None

    environment.sleep = sleep
    request_id = post(environment, demo_fault=fault).json()["request_id"]
    seen = []
    for _ in statuses:
        seen.append(get(environment, request_id).status_code)
        clock.wait(seconds=16)
    assert seen == statuses


def test_a_deferred_reply_can_be_cut_at_its_length_limit(environment, clock):
    request_id = post(environment, demo_fault="length").json()["request_id"]
    clock.wait(seconds=10)
    assert get(environment, request_id).json()["choices"][0]["finish_reason"] == "length"
