"""Retries on the screen: one live line while they last, one line in the scrollback after them."""

from __future__ import annotations

import asyncio

import pytest
from test_held_output import play

from grokchat.api.client import Retrying
from grokchat.api.reply_builder import Delta

LOST = "The connection to api.x.ai was lost"


def test_a_retry_is_one_live_line_that_counts_down():
    """Nothing is printed into the scrollback while the program waits, and the last word is how often it asked."""

    async def act(screen, live) -> None:
        assert live.add_retry(Retrying("503 Service Unavailable", 2, 12.0), 4)
        assert live.state == "retrying"
        rows = []
        for _ in range(14):
            live.update_elapsed_time()
            rows += screen.frames[-1][2]
            await asyncio.sleep(1)
        assert rows[0] == "retrying in 12 s (2 of 4): 503 Service Unavailable"
        assert (
            rows[11:]
            == ["retrying in 1 s (2 of 4): 503 Service Unavailable"]
            + ["retrying (2 of 4): 503 Service Unavailable"] * 2
        )
        live.add_retry(Retrying(LOST, 3, 1.0), 4)
        assert screen.frames[-1][2] == [f"retrying in 1 s (3 of 4): {LOST}"]
        screen.width = 20
        live.redraw()
        assert screen.frames[-1][2] == ["retrying in 1 s (3 …"]
        screen.width = 80
        assert screen.final == []
        live.add_delta(Delta(text="Yes."))
        assert live.state == "replying"
        await live.finish()

    assert play(act).final == [f"answered after 2 retries (503, {LOST})", "", "Yes.", ""]


@pytest.mark.parametrize("is_interrupted", [False, True])
def test_retries_without_an_answer_are_counted_in_one_line(is_interrupted):
    """Ctrl-C while the program waits, and the last failure, leave one line that an error or a notice follows."""

    async def act(screen, live) -> None:
        live.add_retry(Retrying("503 Service Unavailable", 2, 1.0), 4)
        await asyncio.sleep(1)
        live.add_retry(Retrying("429 Too Many Requests", 3, 2.0), 4)
        await asyncio.sleep(1 if is_interrupted else 2)
        task = asyncio.ensure_future(live.finish())
        await (asyncio.sleep(0) if is_interrupted else asyncio.wait({task}))
        task.cancel()
        await asyncio.wait({task})
        assert screen.frames[-1][2] == []

    assert play(act).final == [f"asked {2 if is_interrupted else 3} times (503, 429)"]


def test_retries_before_reasoning_are_counted_before_it():
    async def act(_, live) -> None:
        live.add_retry(Retrying("503 Service Unavailable", 2, 0.0), 4)
        live.add_delta(Delta(reasoning="Hm."))
        await asyncio.sleep(3)
        live.add_delta(Delta(text="Yes."))
        await live.finish()

    assert play(act).final == ["answered after 1 retry (503)", "", "thought for 3 s", "", "Yes.", ""]


def test_without_room_for_a_live_line_each_retry_is_printed_by_the_caller():
    async def act(screen, live) -> None:
        screen.max_live_rows = 0
        assert not live.add_retry(Retrying("503 Service Unavailable", 2, 1.0), 4)
        await live.finish()

    assert play(act).final == []


def test_a_reason_that_is_no_status_stands_whole_and_once():
    """Also one that begins with digits, as an IPv4 address does."""

    async def act(_, live) -> None:
        for number in (2, 3):
            live.add_retry(Retrying("127.0.0.1:1 could not be reached: connection refused", number, 1.0), 4)
            await asyncio.sleep(2)
        await live.finish()

    assert " ".join(play(act).final) == "asked 3 times (127.0.0.1:1 could not be reached: connection refused)"
