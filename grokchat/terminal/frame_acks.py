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

    any state ──── send, with more than MAX_UNANSWERED frames in flight,
                   or acknowledge, with MAX_CONTRADICTIONS ────▶ off

While `waiting`, nothing is drawn, so that one frame at a time is on its way. While `overdue`, frames are drawn without
waiting; a terminal that never answers is eventually no longer asked.

A frame in flight is `sent`, or its final lines are known to be on the screen (`are_lines_drawn`): the query before them
was answered with its own size. If the one before its rows was not, they were written into another window. A frame whose
first wrong answer arrives earlier than that makes everything after it uncertain (`is_stale`), until `restart` or
`forget` begins a new region.

The frame that erases a region after a resize may be on its way, too, when the window changes once more. So until a
frame of the new region is known to have been drawn, `drawings` has all that was written since the last one that is:
each text with the width at which the terminal drew it.

A terminal that is not asked (`off`) may have drawn the last frames in a window that had changed already. So they stay
in flight for a short time after they were sent, and a resize prints their lines again: the time until `settle`, when
the first news of the resize arrives.

Pure: no I/O and no clock. `RegionApplication` draws and keeps the time, `queries.SizeAnswers` reads the answers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Literal

from grokchat.records import mutable
from grokchat.terminal.live_region import Frame
from grokchat.terminal.row_shapes import Drawing
from grokchat.terminal.row_widths import wrapped_height
from grokchat.terminal.terminals import UNKNOWN

MAX_UNANSWERED = 100
"""With more frames in flight than this, the terminal is assumed not to answer at all."""
MAX_CONTRADICTIONS = 5
"""After so many regions that the terminal drew at one size while the system had another, unchanged, it is not asked.

`stty columns` and programs between the two, such as `expect`, make the system's size differ permanently.
"""
FIRST_ANSWER_TIMEOUT_S, ANSWER_TIMEOUT_S = 0.1, 0.25
"""How long the next frame waits for an answer: the first one, and later ones from a terminal that has answered before.

Keys that are typed meanwhile are not shown.
"""
RESIZE_ANSWER_TIMEOUT_S = 2.0
"""How long it waits while the size of the window changes: the answers show what has to be drawn again."""
_LATE_ANSWER_TIMEOUT_S, _NO_ANSWER_TIMEOUT_S = 2.0, 0.2
"""How long an answer may take before the screen is given to another program, which would read it.

The first for a terminal that has answered before, the second for one that has not.
"""
_MAX_PRINTED = 40
"""The final lines that are remembered in case they are erased."""
_BEFORE_LINES, _BEFORE_ROWS, _AT_END = 2, 1, 0
"""The queries of a frame that prints lines, each by the number of queries after it in the frame."""

AckState = Literal["off", "answered", "waiting", "overdue"]
"""Whether frames ask the terminal for its size, and whether its answers are waited for."""


@mutable
class _InFlight:
    """A frame that is not known to have been drawn; `first` to `last` are the numbers of its queries.

    `widths` are the columns of the answers so far, `sent_at_s` the time on a monotonic clock.
    """

    frame: Frame
    first: int
    last: int
    widths: list[int]
    are_lines_drawn: bool = False
    sent_at_s: float = 0.0

    @property
    def drawings(self) -> Sequence[Drawing]:
        """Its texts, each with the width that was answered before it, or, if nothing was asked before it, after it."""
        parts = self.frame.parts
        known = [*self.widths, *[self.frame.size[0]] * (len(parts) - len(self.widths))]
        first_row = len(parts) - 2 if self.are_lines_drawn else -1
        return [
            Drawing(text, known[max(0, number - 1)], begins_region=number == first_row)
            for number, text in enumerate(parts)
        ]


class FrameAcks:
    """Counts queries and answers. Until `enable`, each frame counts as drawn some time after it was sent."""

    def __init__(self) -> None:
        self.state: AckState = "off"
        self.late_s = UNKNOWN.late_s
        """How long a frame stays in flight if nothing is asked."""
        self.is_stale = False
        """Whether a frame was drawn at another size than its own, so that the screen's content is uncertain."""
        self.drawn: Frame | None = None
        """The last frame that was drawn at its own size."""
        self._are_rows_first = True
        """Whether an answer has the rows before the columns, as xterm's; those of tmux 3.3 have the columns first."""
        self._sent = 0
        self._answered = 0
        self._in_flight: deque[_InFlight] = deque()
        self._earlier: list[Drawing] = []
        """What was written between `drawn` and this region: frames of earlier ones, and those that erased these."""
        self.printed: deque[str] = deque(maxlen=_MAX_PRINTED)
        """The last lines that are known to be on the screen, above all that may still change."""
        self._contradictions: list[tuple[tuple[int, int], tuple[int, int]]] = []
        """Equal pairs: the size of a frame, and the other one that the terminal has answered, for each region."""
        self._erased = 0
        """The number of these that were erased and are printed again."""
        self._erasing: Frame | None = None
        """What erased the earlier region, written together with the first frame of this one."""

    def settle(self, now_s: float) -> None:
        """Count frames without queries as drawn: those sent some time ago, and the first of more than fit."""
        if self.state != "off":
            return
        old = sum(flying.sent_at_s < now_s - self.late_s for flying in self._in_flight)
        last = self._in_flight[-1].frame if self._in_flight else None
        room = max(0, last.size[1] - len(last.rows)) // 2 if last is not None else 0
        for number in range(len(self._in_flight) - 1, old - 1, -1):
            frame = self._in_flight[number].frame
            room -= sum(wrapped_height(line, frame.size[0]) for line in frame.commit)
            if room < 0:
                old = number + 1
                break
        self._mark_drawn(old)

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
    def late_timeout_s(self) -> float:
        """How long to wait for the last answers before another program gets the screen: 0 if there are none."""
        if not self.pending or self.state == "off":
            return 0.0
        return _LATE_ANSWER_TIMEOUT_S if self._answered else _NO_ANSWER_TIMEOUT_S

    @property
    def drawings(self) -> Sequence[Drawing]:
        """What was written since the frame that is known to have been drawn, oldest first."""
        own = [drawing for flying in self._in_flight for drawing in flying.drawings]
        erasing = self._erasing
        between = [Drawing(erasing.text, own[0].columns if own else erasing.size[0])] if erasing is not None else []
        return [*self._earlier, *between, *own]

    def send(self, frame: Frame, now_s: float = 0.0) -> None:
        """Record a frame that is written to the terminal now."""
        if self.state == "off":
            self._in_flight.append(_InFlight(frame, self._sent + 1, self._sent, [], sent_at_s=now_s))
            self.settle(now_s)
            return
        if not frame.queries and not self._in_flight:
            self._note_drawn(frame)  # nothing was asked, or nothing had to be written
            return
        first = self._sent + 1
        self._sent += frame.queries
        if frame.queries and self.state == "answered":
            self.state = "waiting"
        self._in_flight.append(_InFlight(frame, first, self._sent, []))
        if len(self._in_flight) > MAX_UNANSWERED:
            self.state = "off"
            self._mark_drawn(len(self._in_flight))

    def stop_waiting(self) -> None:
        """Continue drawing without the answers, which may still arrive."""
        if self.state == "waiting":
            self.state = "overdue"

    def expect_none(self) -> None:
        """Expect no answer any more: another program may read those that are still to come."""
        self._answered = self._sent
        if self.state != "off":
            self.state = "answered"
        self._mark_drawn(len(self._in_flight))

    def acknowledge(self, report: tuple[int, int]) -> bool:
        """Process the next answer: rows and columns, or columns and rows.

        Return whether it confirms the size that its frame was made for; false also while the region `is_stale`. An
        answer to a frame that was forgotten confirms.
        """
        self._answered += 1
        if not self.pending and self.state != "off":
            self.state = "answered"
        number = self._answered
        if not self.is_stale:
            self._mark_drawn(sum(flying.last < number for flying in self._in_flight))
        flying = next((flying for flying in self._in_flight if flying.first <= number <= flying.last), None)
        if flying is None:
            return not self.is_stale  # the frame was forgotten
        has_own_size = sorted(report) == sorted(flying.frame.size)
        if has_own_size:
            self._are_rows_first = report[1] == flying.frame.size[0]
            self._contradictions.clear()
        elif not self.is_stale:
            self._note_contradiction((flying.frame.size, report))
        flying.widths.append(report[1] if self._are_rows_first else report[0])
        return not self.is_stale and self._process_answer(flying, flying.last - number, has_own_size=has_own_size)

    def restart(self, erasing: Frame) -> list[str]:
        """Begin a new region after a resize, where this frame has erased the old one.

        Return the final lines to print again.
        """
        erased = len(erasing.commit)
        lines = [*erasing.commit[: max(0, erased - self._erased)]]
        lines += [line for flying in self._in_flight if not flying.are_lines_drawn for line in flying.frame.commit]
        self._erased = max(erased, self._erased)
        self._earlier = list(self.drawings)
        self._erasing = erasing
        self.is_stale = False
        self._in_flight.clear()
        return lines

    def forget(self) -> None:
        """Begin a new region at the cursor. Answers to earlier queries still count, but say nothing about it."""
        self.drawn, self.is_stale = None, False
        self._earlier, self._erasing = [], None
        self._in_flight.clear()
        self.printed.clear()
        self._erased = 0

    def _process_answer(self, flying: _InFlight, left: int, *, has_own_size: bool) -> bool:
        """Update a frame by its answer, which `left` of its queries follow; return whether it has the frame's size."""
        if has_own_size:
            if left == _BEFORE_LINES:
                flying.are_lines_drawn = True
                self._note_printed(flying.frame.commit)
        elif not flying.are_lines_drawn or left == _BEFORE_ROWS:
            self.is_stale = True
        if left == _AT_END and not self.is_stale:
            self._mark_drawn(1)
        return has_own_size

    def _note_contradiction(self, sizes: tuple[tuple[int, int], tuple[int, int]]) -> None:
        if sizes not in self._contradictions:
            self._contradictions.clear()
        self._contradictions.append(sizes)
        if len(self._contradictions) >= MAX_CONTRADICTIONS:
            self.state = "off"

    def _mark_drawn(self, count: int) -> None:
        """Record that the oldest frames in flight were drawn."""
        for _ in range(count):
            flying = self._in_flight.popleft()
            self._note_drawn(flying.frame, are_lines_drawn=flying.are_lines_drawn)

    def _note_drawn(self, frame: Frame, *, are_lines_drawn: bool = False) -> None:
        self.drawn = frame
        self._earlier, self._erasing = [], None
        if not are_lines_drawn:
            self._note_printed(frame.commit)

    def _note_printed(self, lines: Sequence[str]) -> None:
        for _ in range(self._erased):
            self.printed.pop()
        self._erased = 0
        self.printed.extend(lines)
