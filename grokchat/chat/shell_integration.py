r"""Semantic prompt marks (OSC 133), which tell the terminal where a turn begins and where its reply ends.

Shells mark their commands in this way: here the message is the command and the reply its output. The terminal's own
keys then jump between turns and select a reply, and it may notify at the end of a long reply. Marks are part of
finished lines only, so each is written once, in its row, and moves into the scrollback with it. They are invisible.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

FINISHED, FAILED, INTERRUPTED = 0, 1, 130
"""The status with which a turn ends, as a shell reports that of a command."""


class TurnMarks:
    """The marks of successive turns. `is_wanted` returns whether the terminal should get them."""

    def __init__(self, env: Mapping[str, str], is_wanted: Callable[[], bool]) -> None:
        # At the mark of a prompt WezTerm starts a new row, even at the beginning of a row; with k=i it does not.
        self._prompt_code = "P;k=i" if env.get("TERM_PROGRAM") == "WezTerm" else "A"
        self._is_wanted = is_wanted
        self._is_open = False
        self._pending = ""

    def start_turn(self, line: str, prompt: str) -> str:
        """Start a turn; return the first line that was sent, with the marks of its prompt and of the text after it."""
        if self._is_open or not self._is_wanted():
            return line
        self._is_open = True
        self._pending += _code(self._prompt_code)
        before, prompt, typed = line.partition(prompt)
        line = f"{self.pop_codes()}{before}{prompt}{_code('B')}{typed}"
        self._pending = _code("C")
        return line

    def end_turn(self, status: int) -> None:
        """End the turn, if one has begun: FINISHED, FAILED or INTERRUPTED."""
        if self._is_open:
            self._is_open = False
            self._pending += _code(f"D;{status}")

    def pop_codes(self) -> str:
        """Return the codes for the beginning of the next finished line, and clear them."""
        codes, self._pending = self._pending, ""
        return codes


def _code(mark: str) -> str:
    return f"\x1b]133;{mark}\x07"
