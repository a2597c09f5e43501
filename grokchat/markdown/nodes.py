"""The parts of a Markdown document: containers, leaves, and the pieces in which a leaf arrives."""

from __future__ import annotations

from typing import Literal, NamedTuple

from grokchat.records import field, mutable

LeafKind = Literal["text", "heading", "code", "table", "rule", "math"]


@mutable
class OpenList:
    """A list that may get more items.

    `marker_type` is `-`, `+`, `*`, `.` or `)`. `source_number` is the last item's number as written, `last_number` as
    shown.
    """

    serial: int
    marker_type: str
    source_number: int | None = None
    last_number: int = 0

    def copy(self) -> OpenList:
        """Return an independent copy."""
        return OpenList(self.serial, self.marker_type, self.source_number, self.last_number)


@mutable
class Container:
    """A block quote or a list item.

    `marker` is the text before an item (`-`, `+`, `*`, `3.` or `3)`), empty for a quote. `marker_indent` and
    `content_indent` are the columns by which an item's marker and its content are indented. `skips_numbers`: its number
    is not the one after the last item's. `open_list` is the list among its children that may continue.
    """

    serial: int
    marker: str = ""
    list_serial: int = 0
    marker_indent: int = 0
    content_indent: int = 0
    skips_numbers: bool = False
    is_empty: bool = True
    open_list: OpenList | None = None

    def copy(self) -> Container:
        """Return an independent copy."""
        siblings = None if self.open_list is None else self.open_list.copy()
        return Container(
            self.serial, self.marker, self.list_serial, self.marker_indent, self.content_indent, self.skips_numbers,
            self.is_empty, siblings,
        )  # fmt: skip

    @property
    def is_item(self) -> bool:
        """Whether this is a list item; otherwise it is a block quote."""
        return bool(self.marker)

    @property
    def block_serial(self) -> int:
        """The serial of the whole block: an item's list, or the quote."""
        return self.list_serial or self.serial


@mutable
class Leaf:
    """A block that contains no blocks. Serial numbers grow down the document.

    `containers` are the quotes and items around it, outermost first. `has_gap`: an empty line precedes it. `lines`
    are those that no piece has carried yet, `size` the characters of all lines so far, `blank_lines` those at the end
    of indented code that belong to it only if more code follows. `inner_fences` are the open fences inside a block of
    Markdown, each with its language.
    """

    serial: int
    kind: LeafKind
    containers: tuple[Container, ...]
    has_gap: bool
    level: int = 0
    info_string: str = ""
    fence: str = ""
    indent: int = 0
    lines: list[str] = field(default_factory=list)
    size: int = 0
    has_pieces: bool = False
    blank_lines: int = 0
    inner_fences: list[tuple[str, str]] = field(default_factory=list)

    @property
    def language(self) -> str:
        """The language that a fence names: the first word of its info string, or nothing."""
        return (self.info_string.split(maxsplit=1) or [""])[0]

    @property
    def top_serial(self) -> int:
        """The serial of the block of the document that this is, or is part of."""
        return self.containers[0].block_serial if self.containers else self.serial

    def copy(self) -> Leaf:
        """Return an independent copy."""
        return Leaf(
            self.serial, self.kind, self.containers, self.has_gap, self.level, self.info_string, self.fence,
            self.indent, self.lines.copy(), self.size, self.has_pieces, self.blank_lines,
            self.inner_fences.copy(),
        )  # fmt: skip


class Piece(NamedTuple):
    """More of a leaf: lines of code, rows of a table, a formula's lines, or one string of a paragraph's text."""

    leaf: Leaf
    lines: list[str]
    is_last: bool
