"""The user's actions, which wait until the chat listens.

From then on each is handled at once, inside the key's handler. With a queue between the two, Ctrl-C would find another
state than the one in which it was pressed: a reply that has ended, a line with other text.
"""

from __future__ import annotations

from collections.abc import Callable

from grokchat.terminal.interface import UserAction


class ActionQueue:
    """Keeps the actions that come before `listen` is called."""

    def __init__(self) -> None:
        self._early: list[UserAction] = []
        self._handle: Callable[[UserAction], None] | None = None

    @property
    def is_heard(self) -> bool:
        """Whether the chat listens."""
        return self._handle is not None

    def listen(self, handle: Callable[[UserAction], None]) -> None:
        """Have each action handled from now on, and first those that came before."""
        self._handle = handle
        early, self._early = self._early, []
        for action in early:
            handle(action)

    def report(self, action: UserAction) -> None:
        """Have an action handled, at once if somebody listens."""
        if self._handle is None:
            self._early.append(action)
        else:
            self._handle(action)
