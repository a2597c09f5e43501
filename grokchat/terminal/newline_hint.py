"""The hint for Ctrl-J, shown in the bottom line while the first message of more than one row is typed.

Only where Shift-Enter cannot be told from Enter (`keyboard_protocol`), and once in a run: the user of a long message
may want a second line, and would send half of it.
"""

from __future__ import annotations

from collections.abc import Callable

HINT = "Ctrl-J begins a new line"


class NewlineHint:
    """`is_needed` returns whether the terminal is known not to tell the keys apart."""

    def __init__(self, is_needed: Callable[[], bool]) -> None:
        self._is_needed = is_needed
        self._was_shown = self._is_over = False

    def text_for(self, line: str, columns: int) -> str:
        """Return the hint to show for a line in a window of so many columns, or "". Called for each drawing."""
        if "\n" in line or (not line and self._was_shown):
            self._is_over = True
        if self._is_over or len(line) < columns or not self._is_needed():
            return ""
        self._was_shown = True
        return HINT
