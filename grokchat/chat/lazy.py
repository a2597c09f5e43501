"""A value that is made once, in the background or when first needed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from grokchat.config.settings import Settings

T = TypeVar("T")


class Lazy(Generic[T]):
    """Makes a value from the settings, at most one attempt at a time, and keeps it.

    After a failed attempt the next `get` makes another. An attempt started by `get` is cancelled once no caller waits
    for it any more; one started by `start` continues.
    """

    def __init__(self, make: Callable[[Settings], Coroutine[Any, Any, T]]) -> None:
        self._make = make
        self._attempt: asyncio.Task[T] | None = None
        self._cancelled: set[asyncio.Task[T]] = set()
        self._started_at = 0.0
        self._waiting = 0
        self._is_in_background = False

    @property
    def has_started(self) -> bool:
        """Whether an attempt has started, finished or not."""
        return self._attempt is not None

    @property
    def ready(self) -> T | None:
        """The value, or None until it is made."""
        return self._attempt.result() if self._attempt is not None and _succeeded(self._attempt) else None

    @property
    def failure(self) -> BaseException | None:
        """Why the last attempt failed, or None if it did not, or has not ended."""
        attempt = self._attempt
        has_failed = attempt is not None and attempt.done() and not attempt.cancelled()
        return attempt.exception() if attempt is not None and has_failed else None

    def start(self, settings: Settings, *, again: bool = False) -> None:
        """Make the value in the background. After a failure this does nothing, unless it is to be tried `again`."""
        self._is_in_background = True
        if self._attempt is None or (again and self.failure is not None):
            self._start_attempt(settings)

    async def get(self, settings: Settings) -> T:
        """Return the value, making it if necessary; raises what making it raises."""
        if self._attempt is None or (self._attempt.done() and not _succeeded(self._attempt)):
            self._start_attempt(settings)
        assert self._attempt is not None
        self._waiting += 1
        try:
            return await asyncio.shield(self._attempt)
        finally:
            self._waiting -= 1
            if not self._waiting and not self._is_in_background:
                self._cancel_attempt()

    async def settle(self, timeout_s: float | None = None) -> None:
        """Wait until the attempt has ended, or until `timeout_s` after it started."""
        if self._attempt is not None:
            now = asyncio.get_running_loop().time()
            left = None if timeout_s is None else max(0.0, self._started_at + timeout_s - now)
            await asyncio.wait({self._attempt}, timeout=left)

    async def take(self) -> T | None:
        """Do the same as `close`, and forget the value: the next `get` makes another."""
        value = await self.close()
        self._attempt = None
        return value

    async def close(self) -> T | None:
        """Cancel the attempt, wait for its end, and return the value if there is one to dispose of."""
        value = self.ready
        self._cancel_attempt()
        if self._cancelled:
            await asyncio.wait(self._cancelled)
        return value

    def _start_attempt(self, settings: Settings) -> None:
        self._started_at = asyncio.get_running_loop().time()
        self._attempt = asyncio.create_task(self._make(settings))
        self._attempt.add_done_callback(_succeeded)

    def _cancel_attempt(self) -> None:
        if self._attempt is not None and not self._attempt.done():
            self._attempt.cancel()
            self._cancelled.add(self._attempt)
            self._attempt.add_done_callback(self._cancelled.discard)
            self._attempt = None


def _succeeded(task: asyncio.Task[Any]) -> bool:
    """Return whether a task ended with a result; reading its exception keeps asyncio from logging it."""
    return task.done() and not task.cancelled() and task.exception() is None
