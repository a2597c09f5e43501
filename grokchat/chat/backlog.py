"""Text of a reply that has arrived and has not been drawn: in small pieces, and not too much of it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator

_PIECE_CHARS = 1000
"""Text laid out between two looks at the clock."""
_MAX_CHARS = 16 * 1024
"""Text that may have arrived without being drawn yet; drawing it takes a moment."""


def pieces(text: str) -> Iterator[str]:
    """Cut a text, which may have any size, into pieces that are drawn one by one."""
    return (text[at : at + _PIECE_CHARS] for at in range(0, len(text), _PIECE_CHARS))


class Backlog:
    """The pieces, in order. True while there are any."""

    def __init__(self) -> None:
        self._pieces: deque[str] = deque()
        self._chars = 0
        self._has_drained = asyncio.Event()

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def add(self, text: str) -> None:
        """Append a text of any size."""
        self._pieces += pieces(text)
        self._chars += len(text)

    def pop_step(self) -> str:
        """Remove and return what is drawn at once: a piece, or several small ones."""
        step: list[str] = []
        size = 0
        while self._pieces and size < _PIECE_CHARS:
            step.append(self._pieces.popleft())
            size += len(step[-1])
        self._chars -= size
        if self._chars < _MAX_CHARS:
            self._has_drained.set()
        return "".join(step)

    def clear(self) -> None:
        """Drop all of it, which is not going to be drawn."""
        self._pieces.clear()
        self._chars = 0
        self._has_drained.set()

    async def drain(self) -> None:
        """Wait while it is too much, so that the server has to wait and Ctrl-C takes effect at once."""
        if self._chars >= _MAX_CHARS:
            self._has_drained.clear()
            await self._has_drained.wait()
