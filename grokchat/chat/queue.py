"""The queue of the chat: messages and commands that wait for their turn, in the order in which they were entered.

Leaving the chat must never apply an item to a session that it was not meant for. If a `/fork` was dropped, the
`/delete` after it would hit the original session. So the queue tracks the state of the current item, and
`drain_on_leave` stops at the first item that cannot be applied.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Any

from grokchat import messages
from grokchat.commands.declare import Call, Text
from grokchat.records import record
from grokchat.render.sanitize import visible_line

if TYPE_CHECKING:
    from grokchat.terminal.interface import LineEdit, Screen

_MAX_QUEUE_ROWS = 3
"""A longer queue would push the reply off the screen."""
_MAX_ROW_CHARS = 200


@record
class PreparedMessages:
    """Complete messages, sent in one request: those of the command line, or those that a session held for its fork."""

    bodies: Sequence[Mapping[str, Any]]


@record
class EditedQuestion:
    """The text that a user message gets before it is asked again; `has_paste` is true if any of it was not typed."""

    edit: LineEdit
    text: str
    has_paste: bool


Item = PreparedMessages | Text | Call | EditedQuestion


class State(Enum):
    """The state of the current item, which decides what leaving does with it.

        IDLE ─ take_next ─> TAKEN ─ mark_started ─> STARTED ─ mark_applied ─> APPLIED
          ^                   └─────────────── mark_applied ───────────────────^  │
          └─────────────── take_next, if nothing waits (else TAKEN) ──────────────┘

    The item may end in any state, also by an error. `drain_on_leave` leads from every state to CLOSED.
    """

    IDLE = "nothing is running, and nothing waits"
    TAKEN = "the item has had no effect: leaving treats it like those after it"
    STARTED = "the item waits for an answer, a file or the editor: leaving reports it as not done"
    APPLIED = "the item has taken effect: leaving has nothing to do for it"
    CLOSED = "the chat is being left"


class Queue:
    """The current item and those that wait. The only writer of the screen's `is_busy` and `queue_rows`."""

    def __init__(self, screen: Screen) -> None:
        self.state = State.IDLE
        self._screen = screen
        self._waiting: deque[Item] = deque()
        self._has_items = asyncio.Event()
        self._current: Item | None = None

    def put(self, item: Item) -> None:
        """Append an item, after which the chat is busy."""
        self._waiting.append(item)
        if self._screen.is_busy:  # otherwise the item is taken at once, and its row would only flash
            self._show()
        self._screen.is_busy = True
        self._has_items.set()

    async def take_next(self) -> Item:
        """End the current item, wait for the next one, make it the current one and return it."""
        if not self._waiting:
            self.state, self._current = State.IDLE, None
            self._screen.is_busy = False
            self._screen.refresh()
            self._has_items.clear()
            await self._has_items.wait()
        self.state, self._current = State.TAKEN, self._waiting.popleft()
        self._screen.is_busy = True
        self._show()
        return self._current

    def mark_started(self) -> None:
        """Note that the current item waits for something it needs."""
        self.state = State.STARTED

    def mark_applied(self) -> None:
        """Note that the current item has taken effect."""
        self.state = State.APPLIED

    def withdraw(self) -> list[Item]:
        """Remove the items that wait, and return them."""
        items = list(self._waiting)
        self._waiting.clear()
        self._show()
        return items

    def put_first(self, item: Item) -> None:
        """Put an item before all that wait; the chat is busy."""
        self._waiting.appendleft(item)
        self._show()

    def drain_on_leave(self, apply: Callable[[Item], bool]) -> list[Item]:
        """Close the queue: apply what can still be applied, and return, in order, the items that are not done.

        `apply` returns False, without any change, for an item that it cannot apply. The items after that one are not
        done either, nor are those after a `/quit`.
        """
        items = self.withdraw()
        is_ended = self.state is State.STARTED or (self._current is not None and is_quit(self._current))
        if self._current is not None and self.state in {State.TAKEN, State.STARTED} and not is_quit(self._current):
            items.insert(0, self._current)
        self.state, self._current = State.CLOSED, None
        for number, item in enumerate(items):
            if is_ended or not apply(item):
                return items[number:]
            is_ended = is_quit(item)
        return []

    def _show(self) -> None:
        rows = [visible_line(line_of(item)[:_MAX_ROW_CHARS]) for item in islice(self._waiting, _MAX_QUEUE_ROWS)]
        more = len(self._waiting) - len(rows)
        self._screen.queue_rows = [*rows, *([f"… and {more:,} more"] if more > 0 else [])]
        self._screen.refresh()


def is_quit(item: Item) -> bool:
    """Return whether an item leaves the chat."""
    return isinstance(item, Call) and item.command.name == "quit"


def line_of(item: Item) -> str:
    """Return the line that the user entered, or the text of the last one of prepared messages."""
    return lines_of(item)[-1]


def lines_of(item: Item) -> list[str]:
    """Return the line that the user entered, or the texts of all prepared messages."""
    if isinstance(item, Call):
        return [item.line]
    if isinstance(item, Text | EditedQuestion):
        return [item.text]
    return [messages.content_text(body.get("content")) for body in item.bodies]
