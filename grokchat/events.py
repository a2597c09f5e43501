"""What a user does at the terminal, and what a terminal is to the rest of the program."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Line:
    """The user sent a line, which may have many lines."""

    text: str


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Ctrl-C, where there was no text to clear."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Ctrl-D on an empty line, or the terminal is gone, or the system asks to."""

    by_signal: bool = False


Event = Line | Interrupt | Leave


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something Tab can put in place of the last `replaces` characters."""

    text: str
    replaces: int
    explain: str = ""


class Screen(Protocol):
    """Where lines become final and where the user is heard. All text given to it is visible text (`render.text`)."""

    busy: bool
    queued: list[str]

    def events(self) -> AsyncIterator[Event]:
        """Yield what the user does, for ever."""

    @property
    def width(self) -> int:
        """Columns of the window."""

    @property
    def room(self) -> int:
        """Rows that the live tail may take."""

    def frame(self, commit: Sequence[str], live: Sequence[str] = ()) -> None:
        """Print finished lines, once; show `live` until the next frame."""

    def refresh(self) -> None:
        """Draw again what is live."""
