"""What a user does at the terminal."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """The user sent a line, which may have many lines; `pasted` if something was pasted into it."""

    text: str
    pasted: bool = False


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Ctrl-C, where there was no text to clear."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Ctrl-D on an empty line, or the terminal is gone, or the system asks to."""

    by_signal: bool = False


@dataclass(frozen=True, slots=True)
class Resized:
    """The window has another size, and the region is drawn for it."""


@dataclass(frozen=True, slots=True)
class Typing:
    """The user types: said now and then, not at every key."""


Event = Line | Interrupt | Leave | Resized | Typing


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something Tab can put in place of the last `replaces` characters."""

    text: str
    replaces: int
    explain: str = ""
