"""Which frames the terminal has drawn, and at which size: counted from its answers to the size queries in the frames.

A frame may be on its way when the window changes. It was made for rows that no longer exist, so it leaves the screen
different from what it was meant to. tmux reports a new size to its programs up to 250 ms late, but it answers each size
query at the moment it reads it, so the answers show which frames it drew before the change and which after.

             enable                 send, with a query
    off ───────────────▶ answered ─────────────────────▶ waiting
                          ▲   ▲                           │   │
                          │   └────── the last answer ────┘   │ stop_waiting: it takes too long
                          │                                   ▼
                          └────────── the last answer ───── overdue

    any state ──── send, with more than MAX_UNANSWERED frames in flight ────▶ off

While `waiting`, nothing is drawn, so that one frame at a time is on its way. While `overdue`, frames are drawn without
waiting; a terminal that never answers is eventually no longer asked.

A frame in flight has a state of its own. It is `sent`; `lines drawn` once the query before its final lines was answered
with its own size, so that the lines are on the screen; `rows cut` if the query before its rows was then answered with
another size: the rows were written into that window, without wrapping. A frame whose first wrong answer arrives
earlier than that makes everything after it uncertain (`is_stale`), until `forget` starts a new region.

Pure: no I/O and no clock. `RegionApplication` draws and keeps the time, `queries.SizeAnswers` reads the answers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Literal

from grokchat.records import mutable
from grokchat.terminal.live_region import Frame

MAX_UNANSWERED = 100
"""With more frames in flight than this, the terminal is assumed not to answer at all."""
FIRST_ANSWER_TIMEOUT_S, ANSWER_TIMEOUT_S = 0.5, 2.0
"""How long to wait for an answer: the first one, and later ones from a terminal that has answered before."""
_BEFORE_LINES, _BEFORE_ROWS, _AT_END = 2, 1, 0
"""The queries of a frame that prints lines, each by the number of queries after it in the frame."""

AckState = Literal["off", "answered", "waiting", "overdue"]
"""Whether frames ask the terminal for its size, and whether its answers are waited for."""
FrameState = Literal["sent", "lines drawn", "rows cut"]
"""How much of a frame in flight is known to have been drawn."""


@mutable
class _InFlight:
    """A frame that is not known to have been drawn; `first` to `last` are the numbers of its queries."""

    frame: Frame
    first: int
    last: int
    state: FrameState = "sent"


class FrameAcks:
    """Counts queries and answers. Until `enable`, each frame counts as drawn as soon as it is sent."""

    def __init__(self) -> None:
        self.state: AckState = "off"
        self.is_stale = False
        """Whether a frame was drawn at another size than its own, so that the screen's content is uncertain."""
        self.drawn: Frame | None = None
        """The last frame that was drawn at its own size."""
        self.is_cut = False
        """Whether the rows of that frame were cut off at the window's edge."""
        self._sent = 0
        self._answered = 0
        self._in_flight: deque[_InFlight] = deque()

    def enable(self) -> None:
        """Have frames ask for the size from now on."""
        self.state = "answered"

    @property
    def pending(self) -> int:
        """The number of queries without an answer."""
        return self._sent - self._answered

    @property
    def timeout_s(self) -> float:
        """How long to wait for an answer."""
        return ANSWER_TIMEOUT_S if self._answered else FIRST_ANSWER_TIMEOUT_S

    @property
    def in_flight(self) -> Sequence[Frame]:
        """The frames that are not known to have been drawn, oldest first."""
        return [flying.frame for flying in self._in_flight]

    def send(self, frame: Frame) -> None:
        """Record a frame that is written to the terminal."""
        if not frame.queries and not self._in_flight:
            self.drawn = frame  # nothing was asked, or nothing had to be written
            return
        first = self._sent + 1
        self._sent += frame.queries
        if frame.queries and self.state == "answered":
            self.state = "waiting"
        self._in_flight.append(_InFlight(frame, first, self._sent))
        if len(self._in_flight) > MAX_UNANSWERED:
            self.state = "off"
            self._mark_drawn(len(self._in_flight))

    def stop_waiting(self) -> None:
        """Continue drawing without the answers, which may still arrive."""
        if self.state == "waiting":
            self.state = "overdue"

    def acknowledge(self, size: set[int]) -> bool:
        """Process the next answer: columns and rows, in any order.

        Return whether it confirms the size that its frame was made for; false also while the region `is_stale`. An
        answer to a frame that was forgotten confirms.
        """
        self._answered += 1
        if not self.pending and self.state != "off":
            self.state = "answered"
        return not self.is_stale and self._process_answer(self._answered, size)

    def forget(self) -> None:
        """Start over with an empty region. Answers to earlier queries still count, but say nothing about it."""
        self.drawn, self.is_cut, self.is_stale = None, False, False
        self._in_flight.clear()

    def _process_answer(self, number: int, size: set[int]) -> bool:
        """Update the frames in flight by the answer with this number; return whether it has its frame's size."""
        self._mark_drawn(sum(flying.last < number for flying in self._in_flight))
        if not self._in_flight or number < self._in_flight[0].first:
            return True  # the frame was forgotten
        flying = self._in_flight[0]
        has_own_size, left = set(flying.frame.size) == size, flying.last - number
        if has_own_size:
            if left == _BEFORE_LINES:
                flying.state = "lines drawn"
        elif flying.state == "sent":
            self.is_stale = True
        elif left == _BEFORE_ROWS:  # the lines were drawn, so only the rows were cut at the new window's edge
            flying.state = "rows cut"
        if left == _AT_END and not self.is_stale:
            self._mark_drawn(1)
        return has_own_size

    def _mark_drawn(self, count: int) -> None:
        """Record that the oldest frames in flight were drawn."""
        for _ in range(count):
            flying = self._in_flight.popleft()
            self.drawn, self.is_cut = flying.frame, flying.state == "rows cut"
