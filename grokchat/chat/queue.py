"""The queue of the chat: messages and commands that wait for their turn, in the order in which they were entered.

Leaving the chat must never apply an item to a session that it was not meant for. If a `/fork` was dropped, the
`/delete` after it would hit the original session. So the queue tracks the state of the current item, and
`drain_on_leave` stops at the first item that cannot be applied.

The queue is the user's. What was entered after an item relies on it. So when an item is stopped or fails, the queue is
held, until the user releases, edits or drops it. A command that is entered then is meant for what is on the screen: it
goes ahead of the held items.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from enum import Enum
from itertools import chain, islice
from typing import TYPE_CHECKING

from grokchat.chat.queue_items import EditedQuestion, Item, is_quit, line_of, submit_of
from grokchat.commands.declare import Call
from grokchat.render.sanitize import visible_line
from grokchat.terminal.interface import QueueView, Submit

if TYPE_CHECKING:
    from grokchat.terminal.interface import Screen

_MAX_QUEUE_ROWS = 3
"""A longer queue would push the reply off the screen."""
_MAX_ROW_CHARS = 200


class State(Enum):
    """The state of the current item, which decides what leaving does with it.

        IDLE ─ take_next ─> TAKEN ─ mark_started ─> STARTED ─ mark_applied ─> APPLIED
          ^                   └─────────────── mark_applied ───────────────────^  │
          └──────── take_next, if nothing waits or it is held (else TAKEN) ───────┘

    The item may end in any state, also by an error. `drain_on_leave` leads from every state to CLOSED.

    Besides, the items that wait are free or held, whatever the state of the current one:

        FREE ── hold, if any waits ──> HELD
          ^                             │
          └ release · put of a message ─┤
          └ take_back or drop_held of the last one, withdraw_held
    """

    IDLE = "nothing is running"
    TAKEN = "the item has had no effect: leaving treats it like those after it"
    STARTED = "the item waits for an answer, a file or the editor: leaving reports it as not done"
    APPLIED = "the item has taken effect: leaving has nothing to do for it"
    CLOSED = "the chat is being left"


class Queue:
    """The current item and those that wait. The only writer of the screen's `is_busy` and `queue`."""

    def __init__(self, screen: Screen) -> None:
        self.state = State.IDLE
        self.is_held = False
        self._screen = screen
        self._ahead: deque[Item] = deque()
        """What goes before the other items, and is never held."""
        self._waiting: deque[Item] = deque()
        self._current: Item | None = None
        self._has_next = asyncio.Event()

    @property
    def has_next(self) -> bool:
        """Whether an item waits for nothing but the end of the current one."""
        return bool(self._ahead) or (bool(self._waiting) and not self.is_held)

    def put(self, item: Item) -> None:
        """Append an item, after which the chat is busy.

        A message releases a held queue. A command or an edited message acts on the current list, so it goes ahead.
        """
        if self.is_held and isinstance(item, Call | EditedQuestion):
            self._ahead.append(item)
        else:
            self._waiting.append(item)
            self.is_held = False
        self._update()

    def put_first(self, item: Item) -> None:
        """Put an item before all that wait; the chat is busy."""
        self._ahead.appendleft(item)
        self._update()

    async def take_next(self) -> Item:
        """End the current item, wait for the next one, make it the current one and return it."""
        self.state, self._current = State.IDLE, None
        while not self.has_next:
            self._update()
            self._has_next.clear()
            await self._has_next.wait()
        self.state, self._current = State.TAKEN, (self._ahead or self._waiting).popleft()
        self._update()
        return self._current

    def mark_started(self) -> None:
        """Note that the current item waits for something it needs."""
        self.state = State.STARTED

    def mark_applied(self) -> None:
        """Note that the current item has taken effect."""
        self.state = State.APPLIED

    # -- the user's hand on what waits -------------------------------------------------------------------------------

    def hold(self) -> None:
        """Hold the waiting items until they are released."""
        self._waiting.extendleft(reversed(self._ahead))
        self._ahead.clear()
        self.is_held = bool(self._waiting)
        self._update()

    def release(self) -> None:
        """Release the held items, in order."""
        self.is_held = False
        self._update()

    def take_back(self) -> Submit | None:
        """Remove the last item that is shown, and return its line; None if there is none.

        Prepared messages are no line, and stay.
        """
        items = self._waiting or self._ahead
        if not self._can_take_back:
            return None
        item = items.pop()
        self.is_held = self.is_held and bool(self._waiting)
        self._update()
        return submit_of(item)

    def drop_held(self) -> list[Item]:
        """Remove the items that are held, and return them."""
        if not self.is_held:
            return []
        items = list(self._waiting)
        self._waiting.clear()
        self.is_held = False
        self._update()
        return items

    def withdraw_next(self) -> list[Item]:
        """Remove the items that would follow the current one, and return them; what is held was entered before it."""
        items = list(self._ahead) if self.is_held else [*self._ahead, *self._waiting]
        self._ahead.clear()
        if not self.is_held:
            self._waiting.clear()
        self._update()
        return items

    def drain_on_leave(self, apply: Callable[[Item], bool]) -> list[Item]:
        """Close the queue: apply what can still be applied, and return, in order, the items that are not done.

        `apply` returns False, without any change, for an item that it cannot apply. The items after that one are not
        done either, nor are those after a `/quit`, nor those that are held.
        """
        items = self.withdraw_next()
        held = [item for item in self.drop_held() if not is_quit(item)]
        is_ended = self.state is State.STARTED or (self._current is not None and is_quit(self._current))
        if self._current is not None and self.state in {State.TAKEN, State.STARTED} and not is_quit(self._current):
            items.insert(0, self._current)
        self.state, self._current = State.CLOSED, None
        for number, item in enumerate(items):
            if is_ended or not apply(item):
                return items[number:] + held
            is_ended = is_quit(item)
        return held

    # -- the screen --------------------------------------------------------------------------------------------------

    @property
    def _shown_count(self) -> int:
        """How many items wait for another one, or are held. One that is taken at once would only flash."""
        is_next_taken = self._current is None and self.has_next
        return len(self._ahead) + len(self._waiting) - is_next_taken

    @property
    def _can_take_back(self) -> bool:
        return self._shown_count > 0 and submit_of((self._waiting or self._ahead)[-1]) is not None

    def _update(self) -> None:
        """Tell the screen and `take_next` what has changed."""
        if self.has_next:
            self._has_next.set()
        self._screen.is_busy = self._current is not None or self.has_next
        count = self._shown_count
        skipped = len(self._ahead) + len(self._waiting) - count
        shown = islice(chain(self._ahead, self._waiting), skipped, skipped + _MAX_QUEUE_ROWS)
        self._screen.queue = QueueView(
            rows=[_row(line_of(item)) for item in shown],
            count=count,
            held_count=len(self._waiting) if self.is_held else 0,
            can_take_back=self._can_take_back,
        )
        self._screen.refresh()


def _row(line: str) -> str:
    """Return a line as the screen shows it, or the beginning of a long one."""
    return visible_line(line[:_MAX_ROW_CHARS]) + "…" * (len(line) > _MAX_ROW_CHARS)
