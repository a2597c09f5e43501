"""The structure of a Markdown document, line by line.

CommonMark's own parsing strategy (0.31, appendix, phase 1) with GFM's tables: what is open - a stack of quotes and list
items, and one leaf - decides with the next line what that line is. So a line is looked at once, and work and memory do
not grow with the block it stands in. A parser that takes a whole text cannot do that.

What CommonMark decides late is decided early here, by the text alone:

- a paragraph of more than `PATIENCE` characters is no heading any more when a line of `=` or `-` follows,
- the space between list items is where it is in the source (not everywhere or nowhere),
- there are no link reference definitions and no HTML: both stand as written.
"""

from __future__ import annotations

import re

from grokchat.markdown.cursor import Cursor
from grokchat.markdown.nodes import Container, Kind, Leaf, List, Piece, split_row
from grokchat.records import replace

PATIENCE = 200
"""Characters of a paragraph that wait for the line that may make it a heading, or the head of a table."""
LONGEST_HEAD = 1000
"""Characters: a longer line is no head of a table."""
LONGEST_FORMULA = 2000
"""Characters: what is longer is shown as it comes."""
HEAD_ROWS = 14
"""Lines of a table, its head and the line below included, that decide on the widths of its columns."""
HEAD_SIZE = 4000
"""Characters of a table that do so at the most."""
DEEPEST = 60
"""Quotes and items in each other: what stands deeper is text."""

_FENCE = re.compile(r"`{3,}(?!.*`)|~{3,}")
_HEADING = re.compile(r"(#{1,6})(?:[ \t]+|$)")
_HEADING_END = re.compile(r"(?:^|[ \t]+)#+[ \t]*$")
_UNDERLINE = re.compile(r"(?:=+|-+)[ \t]*$")
_RULE = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})$")
_MARKER = re.compile(r"[-+*]|(\d{1,9})([.)])")
_DELIMITERS = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_MAYBE = frozenset("#`~*+_=<>0123456789-$\\")
_FORMULAS = {"$$": "$$", "\\[": "\\]"}


class BlockParser:
    """Takes a line at a time with `_read` and gives pieces of leaves away. `blocks.Blocks` feeds it a growing text."""

    def __init__(self) -> None:
        self._root = Container(0)
        self._stack: list[Container] = []
        self._leaf: Leaf | None = None
        self._serial = 0
        self._was_blank = False
        self._out: list[Piece] = []

    def _given(self) -> list[Piece]:
        out, self._out = self._out, []
        return out

    def _read(self, line: str) -> None:
        """Take the next line, without its newline."""
        cursor = Cursor(line)
        depth = 0
        for container in self._stack:
            if not _goes_on(container, cursor):
                break
            depth += 1
        is_matched = depth == len(self._stack)
        was_blank, self._was_blank = self._was_blank, cursor.blank
        leaf = self._leaf
        if leaf is not None and is_matched and self._takes(leaf, cursor):
            return
        if cursor.blank:
            self._close_to(depth)
            return
        leaf = self._leaf
        has_begun = False
        while cursor.indent < 4 or leaf is None or leaf.kind != "text" or has_begun:
            can_join = leaf is not None and is_matched and leaf.kind == "text" and not has_begun
            begun = self._begin_container(cursor, depth, can_join=can_join)
            if not begun:
                if self._begin_leaf(cursor, depth, can_join=can_join, gap=was_blank):
                    return
                break
            depth += 1
            has_begun = True
            if cursor.blank:
                return
        if leaf is not None and leaf.kind == "text" and not has_begun:
            self._join(leaf, cursor, is_lazy=not is_matched)
        elif leaf is not None and leaf.kind == "table" and is_matched and not has_begun:
            self._add(leaf, cursor.rest)
        else:
            self._close_to(depth)
            leaf = self._open("text", gap=was_blank)
            self._leaf = leaf
            self._join(leaf, cursor, is_lazy=True)

    def _takes(self, leaf: Leaf, cursor: Cursor) -> bool:
        """Give the line to a leaf that takes any line; close one that ends here."""
        if leaf.kind == "code" and leaf.fence:
            closing = _FENCE.match(cursor.rest) if cursor.indent < 4 else None
            if closing and closing[0].startswith(leaf.fence) and not cursor.rest[closing.end() :].strip(" \t"):
                self._close_leaf()
            else:
                cursor.skip_columns(min(cursor.indent, leaf.indent))
                self._add(leaf, cursor.content())
            self._was_blank = False
            return True
        if leaf.kind == "code":
            if cursor.blank:
                leaf.blanks += 1
                return True
            if cursor.indent >= 4:
                cursor.skip_columns(4)
                self._add(leaf, *[""] * leaf.blanks, cursor.content())
                leaf.blanks = 0
                return True
        if leaf.kind == "math" and not cursor.blank:
            self._add(leaf, cursor.rest)
            if cursor.rest.rstrip(" \t").endswith(leaf.fence):
                self._close_leaf()
            return True
        if leaf.kind != "text" and (leaf.kind != "table" or cursor.blank or cursor.indent >= 4):
            self._close_leaf()
        return False

    def _begin_container(self, cursor: Cursor, depth: int, *, can_join: bool) -> bool:
        if cursor.indent >= 4 or depth >= DEEPEST:
            return False
        if cursor.char == ">":
            self._close_to(depth)
            cursor.skip_characters(1)
            if cursor.at_space():
                cursor.skip_columns(1)
            self._push(Container(self._next()))
            return True
        found = _MARKER.match(cursor.rest)
        if not found or _RULE.match(cursor.rest) or (can_join and _is_underline(self._leaf, cursor)):
            return False
        behind = cursor.rest[found.end() :]
        if behind and behind[0] not in " \t":
            return False
        if can_join and (not behind.strip(" \t") or (found[1] and int(found[1]) != 1)):
            return False
        self._begin_item(found, cursor, depth)
        return True

    def _begin_item(self, found: re.Match[str], cursor: Cursor, depth: int) -> None:
        self._close_to(depth)
        columns = cursor.indent + len(found[0])
        cursor.skip_characters(len(found[0]))
        if cursor.blank or cursor.indent > 4:
            columns += 1
            cursor.skip_columns(1)
        else:
            columns += cursor.indent
            cursor.skip_columns(cursor.indent)
        parent = self._stack[-1] if self._stack else self._root
        mark = found[2] or found[0]
        if parent.open_list is None or parent.open_list.mark != mark:
            parent.open_list = List(self._next(), mark, int(found[1] or 0))
        siblings = parent.open_list
        shown = f"{siblings.number}{mark}" if found[1] else mark
        siblings.number += 1
        self._push(Container(self._next(), shown, siblings.serial, columns), in_list=siblings)

    def _begin_leaf(self, cursor: Cursor, depth: int, *, can_join: bool, gap: bool) -> bool:
        if cursor.indent >= 4:
            self._close_to(depth)
            self._leaf = self._open("code", gap=gap)
            cursor.skip_columns(4)
            self._add(self._leaf, cursor.content())
            return True
        if cursor.char not in _MAYBE:
            return False
        rest = cursor.rest
        if can_join and _is_underline(self._leaf, cursor) and self._leaf is not None:
            leaf, self._leaf = self._leaf, None
            leaf.kind, leaf.level = "heading", 1 if rest[0] == "=" else 2
            self._give(leaf, ["\n".join(leaf.lines)], ends=True)
            return True
        if found := _HEADING.match(rest):
            self._close_to(depth)
            leaf = self._open("heading", gap=gap, level=len(found[1]))
            self._give(leaf, [_HEADING_END.sub("", rest[found.end() :]).strip(" \t")], ends=True)
        elif found := _FENCE.match(rest):
            self._close_to(depth)
            language = rest[found.end() :].strip(" \t")
            self._leaf = self._open("code", gap=gap, language=language, fence=found[0], indent=cursor.indent)
            self._give(self._leaf, [])
        elif _RULE.match(rest):
            self._close_to(depth)
            self._give(self._open("rule", gap=gap), [], ends=True)
        elif rest.rstrip(" \t") in _FORMULAS:
            self._close_to(depth)
            self._leaf = self._open("math", gap=gap, fence=_FORMULAS[rest.rstrip(" \t")])
            self._add(self._leaf, rest)
        else:
            return False
        return True

    # -- what is open ------------------------------------------------------------------------------------------------

    def _next(self) -> int:
        self._serial += 1
        return self._serial

    def _push(self, container: Container, in_list: List | None = None) -> None:
        parent = self._stack[-1] if self._stack else self._root
        parent.is_empty = False
        parent.open_list = in_list
        self._stack.append(container)

    def _open(
        self, kind: Kind, *, gap: bool = False, level: int = 0, language: str = "", fence: str = "", indent: int = 0
    ) -> Leaf:
        parent = self._stack[-1] if self._stack else self._root
        parent.is_empty = False
        parent.open_list = None
        return Leaf(self._next(), kind, tuple(self._stack), gap, level, language, fence, indent)

    def _close_to(self, depth: int) -> None:
        """Close what is open beyond so many containers, and the leaf."""
        self._close_leaf()
        while len(self._stack) > depth:
            if self._stack[-1].is_empty:
                self._give(self._open("text"), [""], ends=True)
            self._stack.pop()

    def _close_leaf(self) -> None:
        leaf, self._leaf = self._leaf, None
        if leaf is None:
            return
        if leaf.kind == "text":
            self._give(leaf, [joined(leaf, leaf.lines)] if leaf.lines else [], ends=True)
        else:
            self._give(leaf, leaf.lines, ends=True)

    def _add(self, leaf: Leaf, *lines: str) -> None:
        """Add lines to a leaf that is not a paragraph."""
        leaf.lines += lines
        leaf.size += sum(map(len, lines))
        is_held = leaf.kind == "math" and leaf.size <= LONGEST_FORMULA
        if leaf.kind == "table":
            is_held = not leaf.has_begun and len(leaf.lines) < HEAD_ROWS and leaf.size < HEAD_SIZE
        if not is_held:
            self._give(leaf, leaf.lines)
            leaf.lines = []

    def _join(self, leaf: Leaf, cursor: Cursor, *, is_lazy: bool) -> None:
        """Add a line to a paragraph, and give away what of it can be nothing else."""
        line = cursor.rest
        if not is_lazy and cursor.indent < 4 and leaf.lines and _is_head(leaf.lines[-1], line):
            head = leaf.lines.pop()
            path, gap = leaf.path, leaf.gap if not leaf.lines and not leaf.has_begun else False
            if leaf.lines or leaf.has_begun:
                self._close_leaf()
            self._leaf = replace(self._open("table", gap=gap), path=path)
            self._add(self._leaf, head, line)
            return
        leaf.lines.append(line)
        leaf.size += len(line)
        if leaf.size <= PATIENCE:
            return
        held = leaf.lines[-1:] if _may_be_head(line) else []
        ready = leaf.lines[: len(leaf.lines) - len(held)]
        if ready:
            self._give(leaf, [joined(leaf, ready)])
            leaf.lines = held

    def _give(self, leaf: Leaf, lines: list[str], *, ends: bool = False) -> None:
        leaf.has_begun = True
        self._out.append(Piece(leaf, lines, ends))


def _goes_on(container: Container, cursor: Cursor) -> bool:
    """Say whether a line goes on with a container, and read what belongs to it."""
    if not container.is_item:
        if cursor.indent >= 4 or cursor.char != ">":
            return False
        cursor.skip_characters(1)
        if cursor.at_space():
            cursor.skip_columns(1)
        return True
    if cursor.blank:
        cursor.skip_characters(0)
        return not container.is_empty
    if cursor.indent < container.columns:
        return False
    cursor.skip_columns(container.columns)
    return True


def _is_underline(leaf: Leaf | None, cursor: Cursor) -> bool:
    return leaf is not None and leaf.size <= PATIENCE and _UNDERLINE.match(cursor.rest) is not None


def _may_be_head(line: str) -> bool:
    return "|" in line[:PATIENCE] and len(line) <= LONGEST_HEAD


def _is_head(line: str, below: str) -> bool:
    """Say whether two lines begin a table (GFM, section 4.10)."""
    if not _may_be_head(line) or not _DELIMITERS.match(below) or not ("|" in below or ":" in below):
        return False
    return len(split_row(line)) == len(split_row(below))


def joined(leaf: Leaf, lines: list[str]) -> str:
    """Return lines of a paragraph as what goes on behind what has been given away of it."""
    return ("\n" if leaf.has_begun else "") + "\n".join(lines)
