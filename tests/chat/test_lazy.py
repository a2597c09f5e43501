"""A value that is made once: waiting, cancelling, and failures."""

from __future__ import annotations

import asyncio

import pytest
from virtual_time import run_virtually

from grokchat.chat.lazy import Lazy
from grokchat.config.settings import Settings

SETTINGS = Settings()


class Making:
    """Makes 1, 2, 3, ... when `release` is set, and counts the attempts that were cancelled."""

    def __init__(self) -> None:
        self.attempts = 0
        self.cancelled = 0
        self.fails = False
        self.release = asyncio.Event()

    async def __call__(self, _: Settings) -> int:
        self.attempts += 1
        attempt = self.attempts
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.fails:
            raise LookupError
        return attempt


def test_an_attempt_without_waiting_callers_is_cancelled_and_repeated_by_the_next():
    """A slow password manager is stopped with the reply that needed it."""

    async def steps(_) -> None:
        making = Making()
        lazy = Lazy(making)
        stopped = asyncio.create_task(lazy.get(SETTINGS))
        await asyncio.sleep(0.01)
        stopped.cancel()
        again = asyncio.create_task(lazy.get(SETTINGS))
        await asyncio.sleep(0.01)
        assert (making.attempts, making.cancelled) == (2, 1)
        making.release.set()
        assert await again == 2
        assert lazy.ready == 2

    run_virtually(steps)


def test_a_background_attempt_outlives_its_callers():
    async def steps(_) -> None:
        making = Making()
        lazy = Lazy(making)
        lazy.start(SETTINGS)
        stopped = asyncio.create_task(lazy.get(SETTINGS))
        await asyncio.sleep(0.01)
        stopped.cancel()
        await asyncio.wait({stopped})
        making.release.set()
        assert await lazy.get(SETTINGS) == 1

    run_virtually(steps)


def test_only_get_repeats_a_failed_attempt():
    """Loading in the background fails once, not with every command."""

    async def steps(_) -> None:
        making = Making()
        making.fails = True
        making.release.set()
        lazy = Lazy(making)
        lazy.start(SETTINGS)
        await lazy.settle()
        lazy.start(SETTINGS)
        await lazy.settle(60)
        assert (making.attempts, lazy.ready) == (1, None)
        with pytest.raises(LookupError):
            await lazy.get(SETTINGS)
        making.fails = False
        assert await lazy.get(SETTINGS) == 3

    run_virtually(steps)


def test_the_timeout_counts_from_the_start_of_the_attempt():
    """Several callers in a row wait no longer in total than a single one."""

    async def steps(loop) -> None:
        lazy = Lazy(Making())
        lazy.start(SETTINGS)
        await asyncio.sleep(0.5)
        for _ in range(5):
            await lazy.settle(2.0)
        assert loop.time() == 2.0
        await lazy.close()

    run_virtually(steps)


def test_close_cancels_the_attempt_and_returns_the_value():
    async def steps(_) -> None:
        making = Making()
        pending, done = Lazy(making), Lazy(making)
        pending.start(SETTINGS)
        await asyncio.sleep(0.01)
        assert await pending.close() is None
        assert making.cancelled == 1
        making.release.set()
        assert await done.get(SETTINGS) == 2
        assert await done.close() == 2

    run_virtually(steps)
