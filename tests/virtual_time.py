"""An event loop with virtual time, which passes only while all tasks wait, so that no test waits.

It does not pass while one of the loop's threads is at work, which takes real time.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop without real time: when nothing is ready, `now` jumps to the next timer."""

    def __init__(self) -> None:
        self.now = 0.0
        self.jobs_in_threads = 0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        return self.now

    def date(self) -> datetime:
        return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=self.now)

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> asyncio.Future[Any]:
        """Run a function in a thread; until it returns, time stands still."""
        future = super().run_in_executor(executor, func, *args)
        self.jobs_in_threads += 1
        future.add_done_callback(self._note_job_done)
        return future

    def _note_job_done(self, _: asyncio.Future[Any]) -> None:
        self.jobs_in_threads -= 1

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncio's name
        """Wait for the threads however long it takes: the limit of Python 3.12 would pass at once."""
        await super().shutdown_default_executor()


class _Jumping(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            return super().select(None)
        ready = super().select(0)
        if not ready and timeout > 0 and self._loop.jobs_in_threads:
            return super().select(None)  # a thread that is done wakes the loop
        if not ready:
            self._loop.now += max(0.0, timeout)
        return ready


def run_virtually(make: Any) -> Any:
    """Run the coroutine that `make(loop)` returns in a virtual loop."""

    async def main() -> Any:
        coroutine: Coroutine[Any, Any, Any] = make(asyncio.get_running_loop())
        return await coroutine

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main())
