"""What a document is made of: containers, leaves, and the pieces of leaves that are given away."""

from __future__ import annotations

from typing import Literal, NamedTuple

from markdown_it.rules_block.table import escapedSplit

from grokchat.records import field, mutable

Kind = Literal["text", "heading", "code", "table", "rule", "math"]


@mutable
class List:
    """A list that is open: what marks its items, and the number of the next one."""

    serial: int
    mark: str
    number: int


@mutable
class Container:
    """A quote or a list item. `marker` is what stands before an item: `-`, `+`, `*`, `3.` or `3)`."""

    serial: int
    marker: str = ""
    in_list: int = 0
    columns: int = 0
    is_empty: bool = True
    open_list: List | None = None

    def copy(self) -> Container:
        """Return a copy that can go another way."""
        one = self.open_list
        siblings = None if one is None else List(one.serial, one.mark, one.number)
        return Container(self.serial, self.marker, self.in_list, self.columns, self.is_empty, siblings)

    @property
    def is_item(self) -> bool:
        """Whether this is a list item; if not, it is a quote."""
        return bool(self.marker)


@mutable
class Leaf:
    """A block without blocks in it. `gap`: an empty line stands before it. Serial numbers grow down the document."""

    serial: int
    kind: Kind
    path: tuple[Container, ...]
    gap: bool
    level: int = 0
    language: str = ""
    fence: str = ""
    indent: int = 0
    lines: list[str] = field(default_factory=list)
    size: int = 0
    has_begun: bool = False
    blanks: int = 0

    def copy(self) -> Leaf:
        """Return a copy that can go another way."""
        return Leaf(
            self.serial, self.kind, self.path, self.gap, self.level, self.language, self.fence, self.indent,
            self.lines.copy(), self.size, self.has_begun, self.blanks,
        )  # fmt: skip


class Piece(NamedTuple):
    """More of a leaf: lines of code, rows of a table, a formula's lines, or one string of a paragraph's text."""

    leaf: Leaf
    lines: list[str]
    ends: bool


def split_row(row: str) -> list[str]:
    """Return the cells of a table's row as they are written."""
    row = row.strip(" \t")
    cells = escapedSplit(row.removeprefix("|"))
    if len(cells) > 1 and not cells[-1].strip(" \t"):
        cells.pop()
    return [cell.strip(" \t") for cell in cells]
