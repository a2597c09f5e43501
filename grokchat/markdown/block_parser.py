"""The block structure of a Markdown document, line by line.

This is CommonMark's own parsing strategy (0.31, appendix, phase 1) with GFM's tables: the open blocks - a stack of
quotes and list items, and one leaf - determine the meaning of the next line. Each line is read once, and work and
memory do not grow with the block around it. A parser of whole texts cannot do that.

Some things that CommonMark decides late are decided early here, from the text alone:

- a paragraph of more than `MAX_HELD_PARAGRAPH_CHARS` does not become a heading when a line of `=` or `-` follows,
- blank lines between list items follow the source (instead of all items being loose or tight), and so do their
  numbers; `list_items` and `fences` say where else models mean what CommonMark does not,
- link reference definitions and HTML do not exist: both are shown as written.
"""

from __future__ import annotations

import re

from grokchat.markdown.cursor import Cursor
from grokchat.markdown.fences import FENCE, closes_block
from grokchat.markdown.formulas import FORMULA_ENDS, begins_display, is_certain_display
from grokchat.markdown.leaf_content import split_row
from grokchat.markdown.list_items import ITEM_MARKER, RULE, UNDERLINE, is_content_of_item, item_number
from grokchat.markdown.nodes import Container, Leaf, LeafKind, OpenList, Piece
from grokchat.records import replace

MAX_HELD_PARAGRAPH_CHARS = 200
"""A paragraph's beginning waits this long for the line that may make it a heading or the head of a table."""
MAX_TABLE_HEAD_CHARS = 1000
"""A longer line is not the head of a table."""
MAX_COLUMN_NAME_CHARS = 60
"""A line with a longer cell is shown before the next line decides whether it is the head of a table."""
MAX_HELD_FORMULA_CHARS = 2000
"""A longer formula is shown as it arrives."""
TABLE_SAMPLE_ROWS = 14
"""The first lines of a table, its head and the line below included, determine its columns' widths."""
TABLE_SAMPLE_CHARS = 4000
"""The most characters that these lines have together."""
MAX_NESTING = 60
"""Quotes and items inside each other; deeper ones are text."""

_HEADING = re.compile(r"(#{1,6})(?:[ \t]+|$)")
_HEADING_END = re.compile(r"(?:^|[ \t]+)#+[ \t]*$")
_DELIMITER_ROW = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_BLOCK_STARTS = frozenset("#`~*+_=<>0123456789-$\\")


class BlockParser:
    """Reads whole lines with `_read_line` and collects pieces of leaves. `StreamParser` feeds it a growing text."""

    def __init__(self) -> None:
        self._root = Container(0)
        self._stack: list[Container] = []
        self._leaf: Leaf | None = None
        self._last_serial = 0
        self._was_blank = False
        self._pieces: list[Piece] = []
        self._is_rereading = False

    def _pop_pieces(self) -> list[Piece]:
        pieces, self._pieces = self._pieces, []
        return pieces

    def _read_line(self, line: str) -> None:
        """Read the next line, without its newline."""
        self._read_inside(line, 0)

    def _read_inside(self, line: str, base: int) -> None:
        """Read a line without the markup of the `base` outermost containers."""
        cursor = Cursor(line)
        depth = base
        for container in self._stack[base:]:
            if not _continues(container, cursor):
                break
            depth += 1
        is_matched = depth == len(self._stack)
        if self._ends_formula(cursor, is_matched=is_matched) and self._reread_formula(is_end=False):
            self._read_inside(line, base)
            return
        was_blank, self._was_blank = self._was_blank, cursor.is_blank
        leaf = self._leaf
        if leaf is not None and is_matched and self._continue_leaf(leaf, cursor):
            return
        if cursor.is_blank:
            self._close_containers(depth)
            return
        leaf = self._leaf
        has_new_container = False
        while cursor.indent < 4 or leaf is None or leaf.kind != "text" or has_new_container:
            can_join = leaf is not None and is_matched and leaf.kind == "text" and not has_new_container
            if not self._begin_container(cursor, depth, can_join=can_join):
                if self._begin_leaf(cursor, depth, can_join=can_join, has_gap=was_blank):
                    return
                break
            depth += 1
            has_new_container = True
            if cursor.is_blank:
                return
        if leaf is not None and leaf.kind == "text" and not has_new_container:
            self._add_to_paragraph(leaf, cursor, is_lazy=not is_matched)
        elif leaf is not None and leaf.kind == "table" and is_matched and not has_new_container:
            self._add_lines(leaf, cursor.rest)
        else:
            self._close_containers(depth)
            leaf = self._open_leaf("text", has_gap=was_blank)
            self._leaf = leaf
            self._add_to_paragraph(leaf, cursor, is_lazy=True)

    def _continue_leaf(self, leaf: Leaf, cursor: Cursor) -> bool:
        """Add the line to a leaf that accepts any line, and return whether it did; close the leaf if it ends here."""
        if leaf.kind == "code" and leaf.fence:
            if cursor.indent < 4 and cursor.char == leaf.fence[0] and closes_block(leaf, cursor.rest):
                self._close_leaf()
            else:
                cursor.skip_columns(min(cursor.indent, leaf.indent))
                self._add_lines(leaf, cursor.content())
            self._was_blank = False
            return True
        if leaf.kind == "code":
            if cursor.is_blank:
                leaf.blank_lines += 1
                return True
            if cursor.indent >= 4:
                cursor.skip_columns(4)
                self._add_lines(leaf, *[""] * leaf.blank_lines, cursor.content())
                leaf.blank_lines = 0
                return True
        if leaf.kind == "math" and not cursor.is_blank:
            self._add_lines(leaf, cursor.content())
            if cursor.rest.rstrip(" \t").endswith(leaf.fence) and not self._reread_formula(is_end=False):
                self._close_leaf()
            return True
        if leaf.kind != "text" and (leaf.kind != "table" or cursor.is_blank or cursor.indent >= 4):
            self._close_leaf()
        return False

    def _begin_container(self, cursor: Cursor, depth: int, *, can_join: bool) -> bool:
        if cursor.indent >= 4 or depth >= MAX_NESTING:
            return False
        if cursor.char == ">":
            self._close_containers(depth)
            cursor.skip_characters(1)
            if cursor.is_at_space():
                cursor.skip_columns(1)
            self._push_container(Container(self._next_serial()))
            return True
        marker = ITEM_MARKER.match(cursor.rest)
        if not marker or RULE.match(cursor.rest) or (can_join and _is_underline(self._leaf, cursor)):
            return False
        after = cursor.rest[marker.end() :]
        if after and after[0] not in " \t":
            return False
        if can_join and (not after.strip(" \t") or (marker[1] and int(marker[1]) != 1)):
            return False
        self._begin_item(marker, cursor, depth)
        return True

    def _begin_item(self, marker: re.Match[str], cursor: Cursor, depth: int) -> None:
        self._close_containers(depth)
        marker_indent = cursor.indent
        content_indent = marker_indent + len(marker[0])
        cursor.skip_characters(len(marker[0]))
        if cursor.is_blank or cursor.indent > 4:
            content_indent += 1
            cursor.skip_columns(1)
        else:
            content_indent += cursor.indent
            cursor.skip_columns(cursor.indent)
        parent = self._stack[-1] if self._stack else self._root
        marker_type = marker[2] or marker[0]
        if parent.open_list is None or parent.open_list.marker_type != marker_type:
            parent.open_list = OpenList(self._next_serial(), marker_type)
        siblings = parent.open_list
        item = Container(self._next_serial(), marker_type, siblings.serial, marker_indent, content_indent)
        if marker[1]:
            number, item.skips_numbers = item_number(siblings, int(marker[1]))
            item.marker = marker[0] if number == int(marker[1]) else f"{number}{marker_type}"
        self._push_container(item, in_list=siblings)

    def _begin_leaf(self, cursor: Cursor, depth: int, *, can_join: bool, has_gap: bool) -> bool:
        if cursor.indent >= 4:
            self._close_containers(depth)
            self._leaf = self._open_leaf("code", has_gap=has_gap)
            cursor.skip_columns(4)
            self._add_lines(self._leaf, cursor.content())
            return True
        if cursor.char not in _BLOCK_STARTS:
            return False
        rest = cursor.rest
        if can_join and _is_underline(self._leaf, cursor) and self._leaf is not None:
            leaf, self._leaf = self._leaf, None
            leaf.kind, leaf.level = "heading", 1 if rest[0] == "=" else 2
            self._emit(leaf, ["\n".join(leaf.lines)], is_last=True)
            return True
        if match := _HEADING.match(rest):
            self._close_containers(depth)
            leaf = self._open_leaf("heading", has_gap=has_gap, level=len(match[1]))
            self._emit(leaf, [_HEADING_END.sub("", rest[match.end() :]).strip(" \t")], is_last=True)
        elif match := FENCE.match(rest):
            self._close_containers(depth)
            info_string = rest[match.end() :].strip(" \t")
            self._leaf = self._open_leaf(
                "code", has_gap=has_gap, info_string=info_string, fence=match[0], indent=cursor.indent
            )
            self._emit(self._leaf, [])
        elif RULE.match(rest):
            self._close_containers(depth)
            self._emit(self._open_leaf("rule", has_gap=has_gap), [], is_last=True)
        elif not self._is_rereading and begins_display(rest, is_alone=not can_join):
            self._close_containers(depth)
            self._leaf = self._open_leaf("math", has_gap=has_gap, fence=FORMULA_ENDS[rest[:2]])
            self._add_lines(self._leaf, rest)
        else:
            return False
        return True

    # -- open containers and leaves ------------------------------------------------------------------------------------

    def _next_serial(self) -> int:
        self._last_serial += 1
        return self._last_serial

    def _push_container(self, container: Container, in_list: OpenList | None = None) -> None:
        parent = self._stack[-1] if self._stack else self._root
        parent.is_empty = False
        parent.open_list = in_list
        self._stack.append(container)

    def _open_leaf(
        self,
        kind: LeafKind,
        *,
        has_gap: bool = False,
        level: int = 0,
        info_string: str = "",
        fence: str = "",
        indent: int = 0,
    ) -> Leaf:
        parent = self._stack[-1] if self._stack else self._root
        parent.is_empty = False
        parent.open_list = None
        return Leaf(self._next_serial(), kind, tuple(self._stack), has_gap, level, info_string, fence, indent)

    def _close_containers(self, depth: int) -> None:
        """Close the leaf, and all containers except the `depth` outermost ones."""
        self._close_leaf()
        while len(self._stack) > depth:
            if self._stack[-1].is_empty:
                self._emit(self._open_leaf("text"), [""], is_last=True)
            self._stack.pop()

    def _close_leaf(self) -> None:
        leaf, self._leaf = self._leaf, None
        if leaf is None:
            return
        if leaf.kind == "text":
            self._emit(leaf, [paragraph_text(leaf, leaf.lines)] if leaf.lines else [], is_last=True)
        else:
            self._emit(leaf, leaf.lines, is_last=True)

    def _add_lines(self, leaf: Leaf, *lines: str) -> None:
        """Add lines to a leaf that is not a paragraph."""
        leaf.lines += lines
        leaf.size += sum(map(len, lines))
        is_held = leaf.kind == "math" and leaf.size <= MAX_HELD_FORMULA_CHARS
        if leaf.kind == "table":
            has_room = len(leaf.lines) < TABLE_SAMPLE_ROWS and leaf.size < TABLE_SAMPLE_CHARS
            is_held = has_room and not leaf.has_pieces
        if not is_held:
            self._emit(leaf, leaf.lines)
            leaf.lines = []

    def _ends_formula(self, cursor: Cursor, *, is_matched: bool) -> bool:
        """Return whether the open leaf is a formula that the line does not continue, or makes too long to be held."""
        if self._leaf is None or self._leaf.kind != "math":
            return False
        return cursor.is_blank or not is_matched or self._leaf.size + len(cursor.content()) > MAX_HELD_FORMULA_CHARS

    def _reread_formula(self, *, is_end: bool) -> bool:
        """Read the open formula's lines as other Markdown if it is not certainly a formula; return whether it is not.

        `is_end`: more of it might have come, but the text ends.
        """
        leaf = self._leaf
        if leaf is None or leaf.kind != "math" or leaf.has_pieces or is_certain_display(leaf.lines, is_cut=is_end):
            return False
        self._leaf, self._was_blank, self._is_rereading = None, leaf.has_gap, True
        base = len(self._stack)
        for line in leaf.lines:
            self._read_inside(line, base)
        self._is_rereading = False
        return True

    def _add_to_paragraph(self, leaf: Leaf, cursor: Cursor, *, is_lazy: bool) -> None:
        """Add a line to a paragraph, and emit the lines that can no longer become anything else."""
        line = cursor.rest
        if not is_lazy and cursor.indent < 4 and leaf.lines and _is_table_head(leaf.lines[-1], line):
            head = leaf.lines.pop()
            is_first = not leaf.lines and not leaf.has_pieces
            containers, has_gap = leaf.containers, leaf.has_gap and is_first
            if not is_first:
                self._close_leaf()
            table = self._open_leaf("table", has_gap=has_gap)
            # What seemed to be a paragraph is the same block.
            serial = leaf.serial if is_first else table.serial
            self._leaf = replace(table, containers=containers, serial=serial)
            self._add_lines(self._leaf, head, line)
            return
        leaf.lines.append(line)
        leaf.size += len(line)
        if leaf.size <= MAX_HELD_PARAGRAPH_CHARS:
            return
        held = leaf.lines[-1:] if _may_be_table_head(line) else []
        ready = leaf.lines[: len(leaf.lines) - len(held)]
        if ready:
            self._emit(leaf, [paragraph_text(leaf, ready)])
            leaf.lines = held

    def _emit(self, leaf: Leaf, lines: list[str], *, is_last: bool = False) -> None:
        if leaf.kind == "math":
            lines = [line.lstrip(" \t") for line in lines]
        leaf.has_pieces = True
        self._pieces.append(Piece(leaf, lines, is_last))


def _continues(container: Container, cursor: Cursor) -> bool:
    """Return whether a line continues a container, and read past the container's own markup."""
    if not container.is_item:
        if cursor.indent >= 4 or cursor.char != ">":
            return False
        cursor.skip_characters(1)
        if cursor.is_at_space():
            cursor.skip_columns(1)
        return True
    if cursor.is_blank:
        cursor.skip_characters(0)
        return not container.is_empty
    if not is_content_of_item(container, cursor):
        return False
    cursor.skip_columns(container.content_indent)
    return True


def _is_underline(leaf: Leaf | None, cursor: Cursor) -> bool:
    return leaf is not None and leaf.size <= MAX_HELD_PARAGRAPH_CHARS and UNDERLINE.match(cursor.rest) is not None


def _may_be_table_head(line: str) -> bool:
    return "|" in line[:MAX_HELD_PARAGRAPH_CHARS] and len(line) <= MAX_TABLE_HEAD_CHARS


def is_likely_table_head(line: str) -> bool:
    """Return whether a line, complete or not, looks so much like the head of a table that it is not shown as text."""
    return (
        line.startswith("|")
        and len(line) <= MAX_TABLE_HEAD_CHARS
        and max(map(len, line.split("|"))) <= MAX_COLUMN_NAME_CHARS
    )


def _is_table_head(line: str, below: str) -> bool:
    """Return whether two lines begin a table (GFM, section 4.10)."""
    if not _may_be_table_head(line) or not _DELIMITER_ROW.match(below) or not ("|" in below or ":" in below):
        return False
    return len(split_row(line)) == len(split_row(below))


def paragraph_text(leaf: Leaf, lines: list[str]) -> str:
    """Return lines of a paragraph as one string, which continues its earlier pieces."""
    return ("\n" if leaf.has_pieces else "") + "\n".join(lines)
