"""What is printed while a reply streams, held until the block of the reply that is open has ended.

A reply's paragraph, list, table or code block is in one piece in the scrollback: what a command prints meanwhile
comes after it, between empty lines. Until then it is shown above the prompt if it is short, or its first rows are: what
is wrong with a mistyped command is read at once. Otherwise a row there names the commands that wait, but a question is
shown whole, since the next line entered answers it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from grokchat.render.cells import truncate
from grokchat.render.sanitize import visible_line
from grokchat.render.style import TerminalStyle
from grokchat.terminal.row_widths import clipped, wrapped_height

if TYPE_CHECKING:
    from grokchat.chat.reasoning import Reasoning
    from grokchat.render.stream import ReplyRenderer

MAX_HELD_LINES = 10_000
"""More is not held: it is printed at once, wherever the reply is."""
_MAX_SHOWN_ROWS = 3
"""The most rows of output that are shown above the prompt: the reply needs the room."""
_MAX_NAMED_CHARS = 20


class HeldOutput:
    """Finished lines that wait, in order, and the commands that printed them."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._commands: list[str] = []
        self._question: list[str] = []
        self._gap: list[str] | None = None
        self.block = 0
        """The number of the block after which the lines are printed."""

    @property
    def is_full(self) -> bool:
        """Whether no more may be held."""
        return len(self._lines) > MAX_HELD_LINES

    def __bool__(self) -> bool:
        return bool(self._lines)

    @property
    def has_question(self) -> bool:
        """Whether a question is held that has not been answered."""
        return bool(self._question)

    def add(self, lines: Sequence[str], command: str = "", *, is_question: bool = False) -> None:
        """Add lines; `command` is the user's line that they show, if they are the beginning of its output."""
        self._lines += lines
        if command:
            self._commands.append(command)
        if is_question:
            self._question = list(lines)

    def end_question(self) -> None:
        """Show the question no more."""
        self._question = []

    def inserted_into(self, lines: list[str], body: ReplyRenderer | Reasoning) -> list[str]:
        """Return the lines that a body has completed, with the held lines where the open block has ended."""
        end = body.end_of_block(self.block) if self._lines else None
        before, after = (lines, []) if end is None else (lines[:end], lines[end:])
        self._note_lines(before)
        if end is not None:
            before += self.pop_between_blocks()
        self._note_lines(after)
        return before + after

    def _note_lines(self, lines: Sequence[str]) -> None:
        """Note that lines of a block are printed, which the held lines must not touch."""
        if lines:
            self._gap = [""]

    def pop(self) -> list[str]:
        """Remove and return all lines, as they were printed; nothing is above them that they must not touch."""
        lines, self._lines, self._commands, self._question, self._gap = self._lines, [], [], [], None
        return lines

    def pop_between_blocks(self) -> list[str]:
        """Remove and return all lines, with the empty lines around them.

        The next block brings an empty line of its own. So those at the end are kept for what is printed before it.
        """
        if self._gap is None:
            return self.pop()
        lines = [*self._gap, *self.pop()]
        size = len(lines)
        while size and not lines[size - 1]:
            size -= 1
        self._gap = lines[size:]
        return lines[:size]

    def notes(self, width: int, height: int, style: TerminalStyle) -> list[str]:
        """Return the rows above the prompt: what is held, or its beginning, or else what waits.

        An answer leaves half of the `height` of the live rows to the reply.
        """
        room = min(_MAX_SHOWN_ROWS, max(1, height // 2))
        if len(self._lines) <= 2 * _MAX_SHOWN_ROWS:
            rows = list(filter(None, self._lines))
            fits = all(wrapped_height(row, width) == 1 for row in rows)
            if fits and len(rows) <= room:
                return rows
            if fits and room > 1 and len(self._commands) == 1:
                return [*rows[: room - 1], f"{clipped(rows[room - 1], width - 2).rstrip()} …"]
        if self._question:
            return self._question
        if not self._commands:
            text = "queued: a notice"
        else:
            name = truncate(visible_line(self._commands[0][: 2 * _MAX_NAMED_CHARS]), _MAX_NAMED_CHARS)
            more = len(self._commands) - 1
            text = f"queued: {name} + {more:,} more" if more else f"queued: {name}"
        return [style.styled(truncate(style.encodable(text), width), "muted")]
