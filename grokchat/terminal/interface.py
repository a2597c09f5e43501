"""The terminal's interface to the rest of the program: a `Screen` to draw on, and the `UserAction`s it reports.

`prompt.Terminal` and `plain.PlainTerminal` are the two implementations. Importing this module loads neither.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from grokchat.records import record

if TYPE_CHECKING:
    from grokchat.render.theme import Background
    from grokchat.terminal.rows import RowSource


@record
class LineEdit:
    """What a line that was filled is for, if it is neither a message nor a command: `target` is the message's id.

    `title` and `on_enter` are shown above the line: `editing #3`, `Enter asks again`. Clearing the line ends it, unless
    it `is_answer`: then the line answers a question of `ask_texts`.
    """

    target: str
    title: str
    on_enter: str
    is_answer: bool = False


@record
class Submit:
    """The user pressed Enter. `text` may span several lines.

    It is empty only as the answer to a question, and to release a held queue.

    `has_paste` is true if any of it was not typed letter by letter: pasted, recalled, completed, or from the editor.
    `edit` is what the line was filled for: the text is then literal, and no command. `pasted_paths` are those that a
    pasted part mentions (`@PATH`), without punctuation after them.
    """

    text: str
    has_paste: bool = False
    edit: LineEdit | None = None
    pasted_paths: frozenset[str] = frozenset()


@record
class Interrupt:
    """Ctrl-C; or Esc on an empty line (`is_escape`), which stops what is running and does nothing else."""

    is_escape: bool = False


@record
class TakeBack:
    """Up on an empty line, while there is a line in the queue that can be taken back."""


@record
class Leave:
    """Ctrl-D on an empty prompt, a terminal that is gone, or (`by_signal`) a signal that asks the program to end.

    `is_final`: the user cannot enter anything any more.
    """

    by_signal: bool = False
    is_final: bool = False


@record
class Resized:
    """The window has a new size, and the region has been redrawn for it."""


@record
class Typing:
    """The user is typing a message. Reported every few seconds, not for each key."""


UserAction = Submit | Interrupt | TakeBack | Leave | Resized | Typing


@record
class Candidate:
    """A completion: `text` would replace the last `replaces` characters before the cursor."""

    text: str
    replaces: int
    description: str = ""
    shown: str = ""
    """What the menu shows, if that is not the text."""
    suffix: str = ""
    """What Tab puts after it, unless it is there."""
    runs: bool = False
    """Whether the line is run at once when it is chosen with Enter."""
    is_fuzzy: bool = False
    """Whether it does not begin with the typed text, and only has its letters in order."""


@record
class QueueView:
    """What waits in the queue: the beginnings of its first lines, how many there are, and how many of them are held."""

    rows: Sequence[str] = ()
    count: int = 0
    held_count: int = 0
    can_take_back: bool = False
    """Whether Up on an empty line takes the last line back."""


class Screen(Protocol):
    """A terminal that prints finished lines, shows a live part below them, and reports the user's actions.

    All text passed to it has been made visible (`render.sanitize`).
    """

    is_busy: bool
    """Whether a request or command is running; lines submitted meanwhile are queued."""
    history_exclusions: Collection[str]
    """Answers to the open question, which are kept out of the history."""
    queue: QueueView
    """The queue to show."""

    @property
    def echoes_input(self) -> bool:
        """Whether a submitted line is in the scrollback already."""

    def listen(self, handle: Callable[[UserAction], None]) -> None:
        """Call `handle` for each action from now on, and first for those that came before.

        It is called while the key is handled: what it decides by the text in the line, and what is running, is so.
        """

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
        """Whether OSC sequences may be sent: the terminal does not print unknown ones."""

    def draw_frame(self, commit: Sequence[str], live: Sequence[str] | None = None, notes: Sequence[str] = ()) -> None:
        """Print finished lines, once, and show `live` below them until the next frame, `notes` above the prompt.

        `live` is None while nothing is live; otherwise one empty row stands below it, whatever it has to show.
        """

    def refresh(self) -> None:
        """Redraw the prompt, the queue and the bottom line."""

    def show_hint(self, text: str) -> None:
        """Show a line in place of the bottom line, until the next key or for some seconds.

        A terminal without a bottom line prints it.
        """

    def fill_line(self, text: str, *, has_paste: bool = True, edit: LineEdit | None = None) -> bool:
        """Put a text into the empty line at the prompt, with the cursor at its end.

        Returns False, and changes nothing, if the line is not empty, or if this terminal has none that can be filled.
        `has_paste` and `edit` are what `Submit` says of the line.
        """

    def clear_line(self) -> bool:
        """Move the text at the prompt into the history; return False if there is none.

        Always False where the line is the terminal's own.
        """

    def remember(self, lines: Sequence[str]) -> bool:
        """Have Up recall these lines, the last one first; return False if this terminal has no history."""

    def send_codes(self, codes: str) -> None:
        """Send codes that print nothing, such as a bell or OSC 52. A terminal without control codes ignores them."""

    async def edit_text(self, text: str) -> str | None:
        """Open a text in the user's editor; return None if it was not changed. Raises CommandError."""

    async def ask_hidden(self, question: str) -> str | None:
        """Ask for a text without showing it; return None if the user cancels. Raises CommandError.

        The error says that this terminal shows what is typed.
        """

    async def ask_texts(self, titles: Sequence[str], accept: Callable[[Submit], bool]) -> Sequence[Submit]:
        """Ask questions, at least one, each of which the next line answers; return the answers.

        `accept` gets each answer, which may be blank; if it returns False, the question is asked again. A line that the
        user had begun before is no answer, and the question waits for its end. Until all are answered, or this is
        cancelled, Ctrl-D is reported as Ctrl-C.
        """

    async def choose(self, rows: RowSource) -> Any:
        """Let the user choose a row; return its value, or None if none was chosen. Raises CommandError and FileError.

        A CommandError says that this terminal shows no lists.
        """
