"""The retries of one request on the screen: a live line that counts down, and one line in the scrollback at the end.

A retry may be billed again, so the scrollback says how many there were, and why.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from grokchat.render.cells import truncate
from grokchat.render.sanitize import visible_line
from grokchat.render.style import TerminalStyle
from grokchat.units import plural
from grokchat.views.notices import warning_lines

if TYPE_CHECKING:
    from grokchat.api.client import Retrying

_STATUS = re.compile(r"\d{3}(?= |$)")
"""A status before its words; an address begins with digits too."""


class RetryLine:
    """The failed attempts of one request, each followed by another attempt."""

    def __init__(self, style: TerminalStyle, clock: Callable[[], float]) -> None:
        self._style = style
        self._clock = clock
        self._reasons: list[str] = []
        self._numbers = ""
        self._next_at = 0.0

    @property
    def is_live(self) -> bool:
        """Whether there were retries that the scrollback does not tell yet."""
        return bool(self._reasons)

    def add(self, retrying: Retrying, max_attempts: int) -> None:
        """Note that an attempt failed, and when the next one starts."""
        self._reasons.append(visible_line(retrying.reason))
        self._numbers = f"{retrying.attempt_number} of {max_attempts}"
        self._next_at = self._clock() + retrying.delay_s

    def live_line(self, width: int) -> str:
        """Return the live line: `retrying in 12 s (2 of 4): 503 Service Unavailable`."""
        left = math.ceil(self._next_at - self._clock())
        wait = f" in {left:,} s" if left > 0 else ""
        text = f"retrying{wait} ({self._numbers}): {self._reasons[-1]}"
        return self._style.styled(truncate(self._style.encodable(text), width), "warning")

    def close(self, width: int, *, is_answered: bool) -> list[str]:
        """Return the line for the scrollback, wrapped: `answered after 2 retries (503, 503)`, `asked 3 times (503)`."""
        statuses = [status[0] for reason in self._reasons if (status := _STATUS.match(reason))]
        others = dict.fromkeys(reason for reason in self._reasons if not _STATUS.match(reason))
        reasons = ", ".join([*statuses, *others])
        count = len(self._reasons)
        if is_answered:
            text = "answered after 1 retry" if count == 1 else f"answered after {count} retries"
        else:
            text = f"asked {plural(count + (self._clock() >= self._next_at), 'time')}"
        self._reasons = []
        return warning_lines(f"{text} ({reasons})", width, self._style)
