"""A growing Markdown text into pieces of blocks, each given away as soon as nothing that follows can change it.

`document` reads whole lines. Here text comes in any pieces: an unfinished line waits, unless it can be nothing but text
of a paragraph; and what is not final is shown by reading on in a copy.
"""

from __future__ import annotations

import re

from grokchat.markdown.block_parser import LONGEST_HEAD, PATIENCE, BlockParser, joined
from grokchat.markdown.cursor import Cursor
from grokchat.markdown.nodes import Leaf, Piece

CLIPPED = 4000
"""Characters of an unfinished line that are looked at for showing it."""
_NEVER = 1 << 60
_SAYS_SOMETHING = re.compile(r"[^-+*=_#>~`|:.)\d\s]")


class StreamParser(BlockParser):
    """Feed it text with LF newlines; it returns the pieces that are final. `tail` is the rest as it looks so far."""

    def __init__(self) -> None:
        super().__init__()
        self._line: list[str] = []
        self._line_end = ""
        self._line_size = 0
        self._says_something = False
        self._next_test = PATIENCE + 1
        self._is_midline = False

    def feed(self, text: str) -> list[Piece]:
        """Take more text and return the pieces that have become final."""
        *lines, rest = text.split("\n")
        for line in lines:
            self._complete(line)
        if rest:
            self._begin_line(rest)
        return self._given()

    def close(self) -> list[Piece]:
        """End the text and return the last pieces."""
        if self._line:
            self._complete("")
        self._close_to(0)
        return self._given()

    def tail(self) -> list[Piece]:
        """Return what is not final yet as if the text ended here, but for an unfinished line that says nothing yet."""
        simple = self._simple_tail()
        if simple is not None:
            return simple
        ahead = self._fork()
        if self._line_size > CLIPPED:
            ahead._show(self._line_end)  # noqa: SLF001 - a copy of this very object
        elif self._is_shown(self._line_end):
            ahead._read(self._line_end)  # noqa: SLF001
        return ahead.close()

    def _simple_tail(self) -> list[Piece] | None:
        """Return the tail where that needs no look ahead: outside of containers, in text or in code."""
        leaf, line = self._leaf, self._line_end
        if self._stack or self._line_size > CLIPPED or (leaf is not None and leaf.kind not in {"text", "code"}):
            return None
        if leaf is not None and leaf.kind == "code":
            if not leaf.fence or leaf.lines or line.lstrip(" \t")[:1] == leaf.fence[0]:
                return None
            cursor = Cursor(line)
            cursor.skip_columns(min(cursor.indent, leaf.indent))
            return [Piece(leaf, [cursor.content()] if line else [], ends=True)]
        if line and not line[0].isalpha():
            return None
        if leaf is None:
            gap = self._was_blank
            return [Piece(Leaf(self._serial + 1, "text", (), gap), [line], ends=True)] if line else []
        lines = [*leaf.lines, line] if line else leaf.lines
        return [Piece(leaf, [joined(leaf, lines)] if lines else [], ends=True)]

    @property
    def is_open(self) -> bool:
        """Whether there is anything that is not final."""
        return self._leaf is not None or bool(self._line)

    # -- lines as they come ------------------------------------------------------------------------------------------

    def _complete(self, end: str) -> None:
        if self._is_midline:
            self._go_on(end)
        else:
            self._line.append(end)
            self._read("".join(self._line))
        self._new_line()

    def _new_line(self) -> None:
        self._line.clear()
        self._line_end, self._line_size = "", 0
        self._says_something = self._is_midline = False
        self._next_test = PATIENCE + 1

    def _begin_line(self, text: str) -> None:
        if self._is_midline:
            self._go_on(text)
            return
        self._line.append(text)
        self._line_end = (self._line_end + text)[-CLIPPED:]
        self._line_size += len(text)
        self._says_something = self._says_something or _SAYS_SOMETHING.search(text) is not None
        if self._line_size >= self._next_test and self._says_something:
            self._give_midline("".join(self._line))

    def _give_midline(self, line: str) -> None:
        """Take an unfinished line for a line of text, if it can be nothing else, not even the head of a table."""
        ahead = self._fork()
        ahead._read(line)  # noqa: SLF001 - a copy of this very object
        leaf = ahead._leaf  # noqa: SLF001
        self._next_test = _NEVER
        if leaf is None or leaf.kind != "text":
            return
        known = self._leaf.size if self._leaf is not None and self._leaf.serial == leaf.serial else 0
        size = leaf.size - known
        if size <= PATIENCE or leaf.lines:
            enough = PATIENCE if size <= PATIENCE else LONGEST_HEAD
            self._next_test = len(line) + enough - size + 1
        else:
            self._read(line)
            self._new_line()
            self._is_midline = True

    def _go_on(self, text: str) -> None:
        leaf = self._leaf
        if text and leaf is not None:
            leaf.size += len(text)
            self._give(leaf, [text])

    def _show(self, line: str) -> None:
        """Take the end of an unfinished line for more of what is open, without looking what it is."""
        leaf = self._leaf
        if leaf is None or leaf.kind not in {"text", "code"}:
            self._close_leaf()
            leaf = self._leaf = self._open("text", gap=self._was_blank)
        leaf.lines.append(line)

    def _is_shown(self, line: str) -> bool:
        """Say whether an unfinished line says anything: `-` may become an item, a rule, a heading's underline."""
        leaf = self._leaf
        if leaf is not None and leaf.kind == "code":
            return bool(line.strip(" \t" + leaf.fence[:1]))
        return _SAYS_SOMETHING.search(line) is not None

    def _fork(self) -> StreamParser:
        copy = StreamParser()
        copy._root = self._root.copy()
        copy._stack = [container.copy() for container in self._stack]
        copy._leaf = None if self._leaf is None else self._leaf.copy()
        copy._serial, copy._was_blank = self._serial, self._was_blank
        return copy
