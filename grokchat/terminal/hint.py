"""The hint that the bottom line shows until the next key, or for some seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_HINT_S = 8.0
"""How long a hint is shown when no key is pressed: long enough to read it, and gone before it is stale."""


class Hint:
    """A text that goes away by itself; `on_change` is called when it appears and when it goes."""

    def __init__(self, on_change: Callable[[], object]) -> None:
        self.text = ""
        self._on_change = on_change
        self._timer: asyncio.TimerHandle | None = None

    def show(self, text: str) -> None:
        """Show a text, in place of an earlier one."""
        self.clear()
        self.text = text
        self._timer = asyncio.get_running_loop().call_later(_HINT_S, self.clear)
        self._on_change()

    def clear(self) -> None:
        """Remove the text, if there is one."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.text:
            self.text = ""
            self._on_change()
