"""What a terminal is to the rest of the program; `terminal.prompt` and `terminal.plain` have one each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from grokchat.render.style import Background
from grokchat.session.store import Library
from grokchat.terminal.events import Event


class Screen(Protocol):
    """Where lines become final and where the user is heard. All text given to it is visible text (`render.text`)."""

    busy: bool
    """Whether something is being done; what is sent meanwhile waits."""
    searching: bool
    """Whether something is being looked for beside that, which Ctrl-C stops."""
    answers: Collection[str]
    """Lines that answer an open question, which Up is not to bring back."""
    queued: list[str]
    """What waits, a line each."""

    @property
    def shows_typed(self) -> bool:
        """Whether a line that was typed stands in the scrollback already."""

    def events(self) -> AsyncIterator[Event]:
        """Yield what the user does, for ever."""

    @property
    def width(self) -> int:
        """Columns of the window."""

    @property
    def room(self) -> int:
        """Rows that the live tail may take."""

    @property
    def background(self) -> Background | None:
        """What the terminal said of its background, if it did."""

    @property
    def away(self) -> bool | None:
        """Whether the terminal says that another window is in front; None if it says nothing."""

    def watch(self, wanted: bool) -> None:
        """Ask the terminal to say when another window is in front, or not any more."""

    @property
    def takes_codes(self) -> bool:
        """Whether the terminal shows nothing of control strings, also of such that it does not know."""

    def frame(self, commit: Sequence[str], live: Sequence[str] = ()) -> None:
        """Print finished lines, once; show `live` until the next frame."""

    def refresh(self) -> None:
        """Draw again what is live."""

    def ask_terminal(self, codes: str) -> None:
        """Send codes that show nothing: a bell, or what the clipboard is to have. Only if it takes them."""

    async def edit(self, text: str) -> str | None:
        """Let the user edit a text; None if it was left as it was. Raises CommandError."""

    async def choose(self, library: Library, now: datetime) -> Path | None:
        """Let the user choose a session; None if none was. Raises CommandError and FileError."""
