"""Pieces of blocks, rendered as lines: markers, quote bars, indentation, and the one empty line between blocks.

Everything in the source appears: HTML and generics as written, link addresses beside their labels. Nothing is padded to
the width, and code has no gutter, so that copying it from the scrollback gives the code; an edge above a block has its
number and language, and an empty line ends it. Line breaks inside a paragraph are kept: a model that breaks a line
means it. Blank lines between list items follow the source.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from grokchat.markdown.leaf_content import parse_task
from grokchat.markdown.nodes import Container, Leaf, Piece
from grokchat.render.cells import cell_width
from grokchat.render.leaves import LeafRenderer, new_leaf_renderer
from grokchat.render.style import TerminalStyle
from grokchat.render.table import TableRenderer
from grokchat.render.wrap import Span, StyledLine
from grokchat.sequences import common_prefix_length

_BULLETS = "•◦▪"
_FULL_WIDTH_KINDS = frozenset({"code", "table"})
"""Leaves that may be as wide as the window; all others are prose."""


class TableLines(NamedTuple):
    """Where a table lies among lines: the index of the first one, which may be a gap, and where its rows begin.

    From `head` to `body` are the names of the columns and the rule below them: no lines if each row is a record.
    `prefix` is what the containers around the table put before its lines.
    """

    begin: int
    head: int
    body: int
    rows: list[int]
    prefix: StyledLine


class BlockRenderer:
    """Renders pieces as they arrive. The lines have no newline and no escape codes yet.

    With `labelled`, code blocks have an edge with their language above them; with `numbered` also with their number in
    the document, from 1, as `markdown.code_blocks` counts them. With `has_citations`, markers of sources are numbers.
    """

    def __init__(
        self, style: TerminalStyle, *, labelled: bool = False, numbered: bool = False, has_citations: bool = False
    ) -> None:
        self._style = style
        self._labelled, self._numbered = labelled or numbered, numbered
        self._has_citations = has_citations
        self._code_count = 0
        self._leaf: Leaf | None = None
        self._leaf_renderer: LeafRenderer | None = None
        self._last_rendered: Leaf | None = None
        self.block_starts: list[tuple[int, int]] = []
        """The blocks of the document that begin in the lines returned last: the first line's index, and the serial."""
        self._task_item: tuple[int, str] = (0, "")
        """The serial of the last list item that is a task, and the box that replaces its bullet."""
        self.table: TableLines | None = None
        """The table that begins in the lines returned last; of several, the last one."""

    def copy(self) -> BlockRenderer:
        """Return an independent copy, to render text that is not final yet."""
        copy = BlockRenderer(
            self._style, labelled=self._labelled, numbered=self._numbered, has_citations=self._has_citations
        )
        copy._code_count = self._code_count
        copy._leaf, copy._last_rendered, copy._task_item = self._leaf, self._last_rendered, self._task_item
        copy._leaf_renderer = None if self._leaf_renderer is None else self._leaf_renderer.copy()
        return copy

    def feed(self, pieces: Iterable[Piece], columns: int, *, guess: bool = False) -> list[StyledLine]:
        """Add pieces and return their lines; with `guess` as they will look once the open markup is closed."""
        rendered: list[StyledLine] = []
        self.block_starts, self.table = [], None
        for leaf, piece_lines, is_last in pieces:
            source = piece_lines
            room = columns if leaf.kind in _FULL_WIDTH_KINDS else self._style.prose_columns(columns)
            if self._leaf_renderer is None or self._leaf is None or self._leaf.serial != leaf.serial:
                self._leaf = leaf
                self._code_count += self._numbered and leaf.kind == "code"
                number = self._code_count if self._labelled else None
                self._leaf_renderer = new_leaf_renderer(leaf, self._style, number, has_citations=self._has_citations)
                source = self._without_task_box(leaf, source)
            prefix = self._prefix(leaf, room)
            inner_columns = max(1, room - sum(cell_width(part) for part, _ in prefix))
            renderer = self._leaf_renderer
            lines = renderer.feed(source, inner_columns, guess=guess)
            if is_last:
                lines += renderer.finish(inner_columns, guess=guess)
                if not lines and any(self._is_new(container) for container in leaf.containers):
                    lines = [[]]
                self._leaf_renderer = None
            if lines and (self._last_rendered is None or self._last_rendered.serial != leaf.serial):
                if self._last_rendered is None or self._last_rendered.top_serial != leaf.top_serial:
                    self.block_starts.append((len(rendered), leaf.top_serial))
                begin = len(rendered)
                rendered += self._gap(leaf, room)
                head = len(rendered)
                rendered.append([*prefix, *lines.pop(0)])
                self._last_rendered = leaf
                prefix = self._prefix(leaf, room)
                if isinstance(renderer, TableRenderer):
                    rows = [head + start for start in renderer.row_starts]
                    self.table = TableLines(begin, head, head + renderer.head_height, rows, prefix)
            rendered += [[*prefix, *line] for line in lines] if prefix else lines
        return rendered

    # -- prefixes and gaps -------------------------------------------------------------------------------------------

    def _is_new(self, container: Container) -> bool:
        """Return whether no part of a container has been rendered yet."""
        return self._last_rendered is None or container.serial > self._last_rendered.serial

    def _prefix(self, leaf: Leaf, columns: int) -> StyledLine:
        markers = [self._marker(container, depth) for depth, container in enumerate(leaf.containers)]
        return _without_outer_markers(markers, columns)

    def _marker(self, container: Container, depth: int) -> Span:
        if not container.is_item:
            return ("▌ " if self._style.is_unicode else "> ", ("marker",))
        marker = f"{container.marker} "
        if len(marker) == 2 and self._style.is_unicode:
            marker = f"{_BULLETS[depth % len(_BULLETS)]} "
        if not self._is_new(container):
            return (" " * len(marker), ())
        return (self._task_item[1] if self._task_item[0] == container.serial else marker, ("marker",))

    def _without_task_box(self, leaf: Leaf, source: list[str]) -> list[str]:
        """Return the source of a leaf, with a task's box replaced; in a bullet list the box replaces the bullet."""
        if leaf.kind != "text" or not leaf.containers or not source or not self._style.is_unicode:
            return source
        item = leaf.containers[-1]
        task = parse_task(source[0])
        if task is None or not item.is_item or not self._is_new(item):
            return source
        box = "☑ " if task.is_done else "☐ "
        if len(item.marker) > 1:
            return [box + task.text, *source[1:]]
        self._task_item = (item.serial, box)
        return [task.text, *source[1:]]

    def _gap(self, leaf: Leaf, columns: int) -> list[StyledLine]:
        """Return the empty line between a block and the one before it, if there is one."""
        last = self._last_rendered
        if last is None:
            return []
        depth = 0
        if last.containers and leaf.containers:
            depth = common_prefix_length(_serials(last), _serials(leaf))
        is_in_item = depth > 0 and leaf.containers[depth - 1].is_item
        is_next_item = (
            depth < min(len(last.containers), len(leaf.containers))
            and last.containers[depth].list_serial == leaf.containers[depth].list_serial
            and leaf.containers[depth].is_item
        )
        # Text that would stand directly below code without a fence seems to be part of it.
        ends_code = last.kind == "code" and self._style.has_colors and is_in_item and depth == len(leaf.containers)
        if (is_in_item or is_next_item) and not leaf.has_gap and not ends_code:
            return []
        markers = [self._marker(container, at) for at, container in enumerate(leaf.containers[:depth])]
        return [_without_outer_markers(markers, columns)]


def _serials(leaf: Leaf) -> list[int]:
    return [container.serial for container in leaf.containers]


def _without_outer_markers(markers: list[Span], columns: int) -> StyledLine:
    """Return the markers without the outermost ones that would leave too little room for the text."""
    begin = 0
    while begin < len(markers) - 1 and 3 * sum(cell_width(marker) for marker, _ in markers[begin:]) > 2 * columns:
        begin += 1
    return markers[begin:]
