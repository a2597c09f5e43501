"""What a user does at the terminal."""

from __future__ import annotations

from grokchat.records import record


@record
class Line:
    """The user sent a line, which may have many lines; `pasted` if something was pasted into it."""

    text: str
    pasted: bool = False


@record
class Interrupt:
    """Ctrl-C, where there was no text to clear."""


@record
class Leave:
    """Ctrl-D on an empty line, or the terminal is gone, or the system asks to."""

    by_signal: bool = False


@record
class Resized:
    """The window has another size, and the region is drawn for it."""


@record
class Typing:
    """The user types: said now and then, not at every key."""


Event = Line | Interrupt | Leave | Resized | Typing


@record
class Candidate:
    """Something Tab can put in place of the last `replaces` characters."""

    text: str
    replaces: int
    explain: str = ""
