"""What a terminal is to the rest of the program: a `Screen` to draw on, and the `UserAction`s that come back.

`prompt.Terminal` and `plain.PlainTerminal` are the two implementations. Importing this module loads neither.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Sequence
from typing import TYPE_CHECKING, Protocol

from grokchat.records import record

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from grokchat.render.style import Background
    from grokchat.session.store import SessionStore


@record
class Submit:
    """The user pressed Enter. `text` may span several lines; `has_paste` is true if any of it was pasted."""

    text: str
    has_paste: bool = False


@record
class Interrupt:
    """Ctrl-C: to stop what is running. While nothing runs, Ctrl-C clears the text in the prompt if there is any."""


@record
class Leave:
    """Ctrl-D on an empty prompt, a terminal that is gone, or (`by_signal`) a signal that asks the program to end."""

    by_signal: bool = False


@record
class Resized:
    """The window has a new size, and the region has been redrawn for it."""


@record
class Typing:
    """The user is typing a message. Reported every few seconds, not for each key."""


UserAction = Submit | Interrupt | Leave | Resized | Typing


@record
class Candidate:
    """A completion that Tab offers: `text` would replace the last `replaces` characters before the cursor."""

    text: str
    replaces: int
    description: str = ""


class Screen(Protocol):
    """A terminal that prints finished lines, shows a live part below them, and reports what the user does.

    All text passed to it has been made visible (`render.sanitize`).
    """

    is_busy: bool
    """Whether a request or command is running; what is submitted meanwhile is queued."""
    is_searching: bool
    """Whether a search is running beside that, which Ctrl-C stops."""
    history_exclusions: Collection[str]
    """Answers to the open question, which are kept out of the history that Up goes through."""
    queue_rows: list[str]
    """The queue to show, a row for each item."""

    @property
    def echoes_input(self) -> bool:
        """Whether a submitted line already stands in the scrollback."""

    def user_actions(self) -> AsyncGenerator[UserAction, None]:
        """Yield what the user does, without end."""

    @property
    def width(self) -> int:
        """The window's columns."""

    @property
    def max_live_rows(self) -> int:
        """The number of rows that the live part of a reply may take."""

    @property
    def background(self) -> Background | None:
        """The terminal's background, if it or the environment reports it."""

    @property
    def is_unfocused(self) -> bool | None:
        """Whether another window has the focus; None if the terminal does not report it."""

    def watch_focus(self, enabled: bool) -> None:
        """Turn the terminal's focus reports on or off."""

    @property
    def accepts_osc(self) -> bool:
        """Whether OSC sequences may be sent: the terminal shows nothing of those that it does not know."""

    def draw_frame(self, commit: Sequence[str], live: Sequence[str] = ()) -> None:
        """Print finished lines, once, and show `live` below them until the next frame."""

    def refresh(self) -> None:
        """Redraw the prompt and what stands around it."""

    def send_codes(self, codes: str) -> None:
        """Send codes that show nothing, such as a bell or OSC 52. A terminal without control codes ignores them."""

    async def edit_text(self, text: str) -> str | None:
        """Open a text in the user's editor; return None if it was not changed. Raises CommandError."""

    async def choose_session(self, store: SessionStore, now: datetime) -> Path | None:
        """Let the user choose a session; return None if none was chosen. Raises CommandError and FileError."""
