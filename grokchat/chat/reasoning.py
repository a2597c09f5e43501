"""The model's reasoning on the screen: a live line while it arrives, and how long it took."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from grokchat.chat.backlog import pieces
from grokchat.render.sanitize import visible_line
from grokchat.render.style import TerminalStyle

if TYPE_CHECKING:
    from grokchat.render.stream import ReplyRenderer

_MAX_LIVE_CHARS = 2000
"""The end of the reasoning that is kept for its live line."""
_MAX_PART_CHARS = 24
"""The longest part of a word that is left out at the beginning of the live line. Without spaces it begins anywhere."""
_BLOCK_MARKS = re.compile(r"^[ \t]*(?:#{1,6}[ \t]|>|[-*+][ \t]|```.*|~~~.*|(?:[-*_][ \t]*){3,}$)[ \t]*", re.MULTILINE)
_INLINE_MARKS = re.compile(r"`+|~~|(?<![\w(*])\*+(?=[^\s*])|(?<=[^\s*])\*+(?![\w(*])")
"""Underscores stay: in reasoning, they are mostly parts of names."""


class Reasoning:
    """The model's reasoning: a live line while it streams, then how long it took.

    `show` is the setting: `off` shows neither, `full` also prints the text.
    """

    def __init__(self, style: TerminalStyle, show: str, clock: Callable[[], float]) -> None:
        self._style = style
        self._show = show
        self._clock = clock
        self._text = ""
        self._withheld: list[str] = []
        self._released: deque[str] = deque()
        self._started_at: float | None = None
        self._has_searched = False

    @cached_property
    def _renderer(self) -> ReplyRenderer:
        from grokchat.render.stream import ReplyRenderer

        return ReplyRenderer(self._style, markdown=False, wrapped=True)

    @property
    def has_begun(self) -> bool:
        """Whether any of it has arrived."""
        return bool(self._text)

    @property
    def has_released_text(self) -> bool:
        """Whether there is text that was withheld, and is to be printed now."""
        return bool(self._released)

    @property
    def open_block(self) -> int | None:
        """The number of the paragraph that is being printed; None if none is."""
        return self._renderer.open_block

    def end_of_block(self, number: int) -> int | None:
        """Return where the paragraph has ended in the lines of the last `commit`; None if it is open still."""
        return self._renderer.end_of_block(number)

    def note_search(self) -> None:
        """Note that the model searches before, between or after its thoughts: the seconds include that."""
        self._has_searched = True
        self._start_clock()

    def _start_clock(self) -> None:
        if self._started_at is None:
            self._started_at = self._clock()

    def add(self, text: str) -> None:
        """Add a part of the reasoning."""
        self._start_clock()
        self._text = (self._text + text)[-_MAX_LIVE_CHARS:]
        if self._show == "full":
            self._renderer.feed(text)
        else:
            self._withheld.append(text)

    def release(self) -> None:
        """Print the text whatever the setting."""
        text = "".join(self._withheld)
        self._withheld.clear()
        self._released += pieces(text)
        self._show = "full"

    def render_step(self) -> None:
        """Lay out some of the released text."""
        self._renderer.feed(self._released.popleft())

    def commit(self, width: int) -> list[str]:
        """Return the finished lines, to be printed."""
        return self._muted(self._renderer.commit(width)) if self._show == "full" else []

    def live_lines(self, width: int) -> list[str]:
        """Return the live line: the seconds, and the last words that fit."""
        if not self.has_begun or self._show == "off":
            return []
        head = f"thinking {self._seconds()}"
        words = visible_line(_plain_words(self._text))
        max_chars = max(0, width - len(head) - 4) // (1 if words.isascii() else 2)  # others may take two cells each
        return self._muted([f"{head}: {_last_words(words, max_chars)}"])

    def close(self, width: int) -> list[str]:
        """Return the lines to be printed after the reasoning."""
        if not self.has_begun or self._show == "off":
            return []
        text = self._renderer.close(width) if self._show == "full" else []
        done = "thought and searched" if self._has_searched else "thought"
        return [*self._muted([*text, f"{done} for {self._seconds()}"]), ""]

    def _seconds(self) -> str:
        return f"{self._clock() - (self._started_at or 0.0):.0f} s"

    def _muted(self, lines: list[str]) -> list[str]:
        return [self._style.styled(line, "muted") for line in lines]


def _plain_words(text: str) -> str:
    """Return the words of a text on one line, without the marks of Markdown."""
    return " ".join(_INLINE_MARKS.sub("", _BLOCK_MARKS.sub("", text)).split())


def _last_words(words: str, max_chars: int) -> str:
    """Return the end of a line, from the beginning of a word on."""
    if len(words) <= max_chars:
        return words
    start = len(words) - max_chars
    if words[start - 1] != " " and words[start - 1].isascii():
        space = words.find(" ", start, start + _MAX_PART_CHARS)
        if space < 0 and max_chars < _MAX_PART_CHARS:
            return ""  # not even the last word fits
        start = max(start, space)
    return words[start:].lstrip()
