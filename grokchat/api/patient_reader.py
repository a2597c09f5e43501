"""The pieces of a response's body, each of which can be waited for again after a first wait was too short.

Cancelling a read closes the response, so a read that takes too long continues in its own task.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress


class PatientReader:
    """Reads pieces. After `deadline`, a time of the event loop, the body counts as ended. Close it with `aclose`."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self.deadline: float | None = None
        self._pieces = pieces
        self._pending: asyncio.Task[bytes | None] | None = None

    async def read(self, limit_s: float | None = None) -> bytes | None:
        """Return the next piece, or None at the end.

        Raises TimeoutError if none arrives in `limit_s` seconds; the next call continues to wait for the same piece.
        """
        if limit_s is None and self.deadline is None and self._pending is None:
            return await anext(self._pieces, None)
        now = asyncio.get_running_loop().time()
        if self.deadline is not None:
            rest_s = max(0.0, self.deadline - now)
            if not rest_s:
                return None
            limit_s = rest_s if limit_s is None else min(limit_s, rest_s)
        if self._pending is None:
            self._pending = asyncio.create_task(self._next())
        await asyncio.wait({self._pending}, timeout=limit_s)
        if self._pending.done():
            task, self._pending = self._pending, None
            return task.result()
        if self.deadline is not None and limit_s == rest_s:
            return None
        raise TimeoutError

    async def drain(self, deadline: float) -> None:
        """Read to the end, at most until `deadline`: only then can the connection be used again."""
        self.deadline = deadline
        while await self.read() is not None:
            pass

    async def aclose(self) -> None:
        """Stop reading."""
        if self._pending is not None:
            self._pending.cancel()
            with suppress(Exception, asyncio.CancelledError):
                await asyncio.wait({self._pending})
            self._pending = None

    async def _next(self) -> bytes | None:
        return await anext(self._pieces, None)
