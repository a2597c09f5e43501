r"""Marks in the scrollback by which a terminal knows where a turn begins and its reply ends (OSC 133).

What shells do for their commands: the message is the command, the reply its output. So the terminal's own keys jump
from turn to turn and select a reply, and it may say that a long one has ended. The marks stand in final lines alone, so
each is written once, in its row, and moves into the scrollback with it. They show nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

FINISHED, FAILED, INTERRUPTED = 0, 1, 130
"""How a turn ends, as a shell says it of a command."""


class TurnMarks:
    """Gives the codes of one turn after another. `wanted` says whether the terminal should get any."""

    def __init__(self, env: Mapping[str, str], wanted: Callable[[], bool]) -> None:
        # Where it begins a prompt, WezTerm begins a new row as well, also at the beginning of one; not with this.
        self._begin = "P;k=i" if env.get("TERM_PROGRAM") == "WezTerm" else "A"
        self._wanted = wanted
        self._is_open = False
        self._waiting = ""

    def start_turn(self, line: str, prompt: str) -> str:
        """Return the first line of what was sent, behind a prompt, with the marks of both; a turn begins."""
        if self._is_open or not self._wanted():
            return line
        self._is_open = True
        self._waiting += _code(self._begin)
        typed = line.removeprefix(prompt)
        line = f"{self.pop_codes()}{line[: len(line) - len(typed)]}{_code('B')}{typed}"
        self._waiting = _code("C")
        return line

    def end_turn(self, status: int) -> None:
        """End the turn, if one has begun: FINISHED, FAILED or INTERRUPTED."""
        if self._is_open:
            self._is_open = False
            self._waiting += _code(f"D;{status}")

    def pop_codes(self) -> str:
        """Return the codes that are to stand at the beginning of the next final line."""
        codes, self._waiting = self._waiting, ""
        return codes


def _code(mark: str) -> str:
    return f"\x1b]133;{mark}\x07"
