"""A growing Markdown text, parsed into pieces of blocks.

A piece is returned as soon as no later text can change it. `block_parser` reads whole lines. Here text arrives
in chunks of any size: an unfinished line waits unless it can only be text of a paragraph. What is not final yet is
shown by parsing ahead in a copy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from grokchat.markdown.block_parser import (
    MAX_HELD_PARAGRAPH_CHARS,
    MAX_TABLE_HEAD_CHARS,
    BlockParser,
    is_likely_table_head,
    paragraph_text,
)
from grokchat.markdown.cursor import Cursor
from grokchat.markdown.nodes import Leaf, Piece

MAX_TAIL_LINE_CHARS = 4000
"""The length of an unfinished line's end that is parsed to show it."""
_NEVER = 1 << 60
_DELIMITER_ROW_BEGIN = re.compile(r"[-|: \t>]*")
"""What the beginning of the line below a table's head consists of; `>` is a quote around it."""
_HAS_CONTENT = re.compile(r"[^-+*=_#>~`|:.)\d\s]")


class StreamParser(BlockParser):
    """Parses text with LF newlines: `feed` returns the pieces that are final, `tail` the rest as it looks so far."""

    def __init__(self) -> None:
        super().__init__()
        self._line_chunks: list[str] = []
        self._line_end = ""
        self._line_size = 0
        self._line_has_content = False
        self._next_test_size = MAX_HELD_PARAGRAPH_CHARS + 1
        self._is_midline = False

    def feed(self, text: str) -> list[Piece]:
        """Parse more text and return the pieces that have become final."""
        *lines, rest = text.split("\n")
        for line in lines:
            self._finish_line(line)
        if rest:
            self._extend_line(rest)
        return self._pop_pieces()

    def close(self) -> list[Piece]:
        """End the text and return the last pieces."""
        if self._line_chunks:
            self._finish_line("")
        self._reread_formula(is_end=True)
        self._close_containers(0)
        return self._pop_pieces()

    def tail(self) -> list[Piece]:
        """Return the other pieces as if the text ended here.

        An unfinished line without content is left out, and so is a line that begins with a bar until the next one
        decides whether it is the head of a table: it would be seen as text first.
        """
        simple = self._simple_tail()
        if simple is not None:
            return simple
        ahead = self._copy()
        if self._line_size > MAX_TAIL_LINE_CHARS:
            ahead._add_unparsed(self._line_end)  # noqa: SLF001 - a copy of this object
        elif self._is_worth_showing(self._line_end):
            ahead._read_line(self._line_end)  # noqa: SLF001
            ahead._drop_likely_table_head()  # noqa: SLF001
        elif _DELIMITER_ROW_BEGIN.fullmatch(self._line_end):
            ahead._drop_likely_table_head()  # noqa: SLF001
        return ahead.close()

    def _drop_likely_table_head(self) -> None:
        leaf = self._leaf
        if leaf is not None and leaf.kind == "text" and leaf.lines and is_likely_table_head(leaf.lines[-1]):
            leaf.lines.pop()

    def _simple_tail(self) -> list[Piece] | None:
        """Return the tail where no copy is needed for it: in text or code outside of containers."""
        leaf, line = self._leaf, self._line_end
        is_other_leaf = leaf is not None and leaf.kind not in {"text", "code"}
        may_be_head = leaf is not None and not line and leaf.lines and is_likely_table_head(leaf.lines[-1])
        if self._stack or self._line_size > MAX_TAIL_LINE_CHARS or is_other_leaf or may_be_head:
            return None
        if leaf is not None and leaf.kind == "code":
            if not leaf.fence or leaf.lines or line.lstrip(" \t")[:1] == leaf.fence[0]:
                return None
            cursor = Cursor(line)
            cursor.skip_columns(min(cursor.indent, leaf.indent))
            return [Piece(leaf, [cursor.content()] if line else [], is_last=True)]
        if line and not line[0].isalpha():
            return None
        if leaf is None:
            new_leaf = Leaf(self._last_serial + 1, "text", (), self._was_blank)
            return [Piece(new_leaf, [line], is_last=True)] if line else []
        lines = [*leaf.lines, line] if line else leaf.lines
        return [Piece(leaf, [paragraph_text(leaf, lines)] if lines else [], is_last=True)]

    @property
    def is_open(self) -> bool:
        """Whether there is anything that is not final."""
        return self._leaf is not None or bool(self._line_chunks)

    @property
    def open_block(self) -> int | None:
        """The serial of the block of the document that is open, if only with an unfinished line; None if none is."""
        if self._stack:
            return self._stack[0].block_serial
        if self._leaf is not None:
            return self._leaf.serial
        return self._last_serial + 1 if self._line_chunks else None

    # -- lines as they arrive ------------------------------------------------------------------------------------------

    def _finish_line(self, end: str) -> None:
        if self._is_midline:
            self._emit_midline(end)
        else:
            self._line_chunks.append(end)
            self._read_line("".join(self._line_chunks))
        self._reset_line()

    def _reset_line(self) -> None:
        self._line_chunks.clear()
        self._line_end, self._line_size = "", 0
        self._line_has_content = self._is_midline = False
        self._next_test_size = MAX_HELD_PARAGRAPH_CHARS + 1

    def _extend_line(self, text: str) -> None:
        if self._is_midline:
            self._emit_midline(text)
            return
        self._line_chunks.append(text)
        self._line_end = (self._line_end + text)[-MAX_TAIL_LINE_CHARS:]
        self._line_size += len(text)
        self._line_has_content = self._line_has_content or _HAS_CONTENT.search(text) is not None
        if self._line_size >= self._next_test_size and self._line_has_content:
            self._read_midline("".join(self._line_chunks))

    def _read_midline(self, line: str) -> None:
        """Read an unfinished line if it can only be text of a paragraph, not even the head of a table."""
        ahead = self._copy()
        ahead._read_line(line)  # noqa: SLF001 - a copy of this object
        leaf = ahead._leaf  # noqa: SLF001
        self._next_test_size = _NEVER
        if leaf is None or leaf.kind != "text":
            return
        is_same_leaf = self._leaf is not None and self._leaf.serial == leaf.serial
        size = leaf.size - (self._leaf.size if self._leaf is not None and is_same_leaf else 0)
        if size <= MAX_HELD_PARAGRAPH_CHARS or leaf.lines:
            enough = MAX_HELD_PARAGRAPH_CHARS if size <= MAX_HELD_PARAGRAPH_CHARS else MAX_TABLE_HEAD_CHARS
            self._next_test_size = len(line) + enough - size + 1
        else:
            self._read_line(line)
            self._reset_line()
            self._is_midline = True

    def _emit_midline(self, text: str) -> None:
        leaf = self._leaf
        if text and leaf is not None:
            leaf.size += len(text)
            self._emit(leaf, [text])

    def _add_unparsed(self, line: str) -> None:
        """Add the end of an unfinished line to the open leaf without parsing it."""
        leaf = self._leaf
        if leaf is None or leaf.kind not in {"text", "code"}:
            self._close_leaf()
            leaf = self._leaf = self._open_leaf("text", has_gap=self._was_blank)
        leaf.lines.append(line)

    def _is_worth_showing(self, line: str) -> bool:
        """Return whether an unfinished line has content: `-` may become an item, a rule or a heading's underline."""
        leaf = self._leaf
        if leaf is not None and leaf.kind == "code":
            return bool(line.strip(" \t" + leaf.fence[:1]))
        return _HAS_CONTENT.search(line) is not None

    def _copy(self) -> StreamParser:
        copy = StreamParser()
        copy._root = self._root.copy()
        copy._stack = [container.copy() for container in self._stack]
        copy._leaf = None if self._leaf is None else self._leaf.copy()
        copy._last_serial, copy._was_blank = self._last_serial, self._was_blank
        return copy


def parse_leaves(text: str) -> Iterator[tuple[Leaf, list[str]]]:
    """Yield the leaves of a whole text, each with all of its lines; for a paragraph these are strings to be joined."""
    parser = StreamParser()
    pieces = [*parser.feed(text), *parser.close()]
    for _, group in groupby(pieces, lambda piece: piece.leaf.serial):
        leaf_pieces = list(group)
        yield leaf_pieces[0].leaf, [line for piece in leaf_pieces for line in piece.lines]
