"""Pieces of blocks, rendered as lines: markers, quote bars, indentation, and the one empty line between blocks.

Everything in the source appears: HTML and generics as written, link addresses beside their labels. Nothing is padded to
the width, and code has no gutter, so that copying it from the scrollback gives the code; where code blocks are
numbered, a line above each has its number. Line breaks inside a paragraph are kept: a model that breaks a line means
it. The space between list items is where the source has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, Self

from grokchat.highlight.highlighter import Highlighter
from grokchat.markdown.block_parser import MAX_HELD_FORMULA_CHARS
from grokchat.markdown.leaf_content import display_formula_tex, parse_task
from grokchat.markdown.nodes import Container, Leaf, Piece
from grokchat.markdown.tex_to_unicode import tex_to_unicode
from grokchat.render.cells import cell_width, max_cell_width
from grokchat.render.inline import InlineRenderer
from grokchat.render.style import TerminalStyle
from grokchat.render.table import TableRenderer
from grokchat.render.wrap import LineWrapper, Span
from grokchat.sequences import common_prefix_length

Line = list[Span]

_BULLETS = "•◦▪"
_MAX_RULE_CELLS = 24


class _LeafRenderer(Protocol):
    """Renders one leaf as it arrives: `feed` returns the lines that are full, `finish` the last ones."""

    def fork(self) -> Self: ...

    def feed(self, lines: list[str], columns: int, *, guess: bool) -> list[Line]: ...

    def finish(self, columns: int, *, guess: bool) -> list[Line]: ...


class BlockRenderer:
    """Renders pieces as they arrive. The lines have no newline and no escape codes yet.

    With `numbered`, code blocks have their number in the document, from 1, as `markdown.code_blocks` counts them.
    """

    def __init__(self, style: TerminalStyle, *, numbered: bool = False) -> None:
        self._style = style
        self._numbered = numbered
        self._code_count = 0
        self._leaf: Leaf | None = None
        self._leaf_renderer: _LeafRenderer | None = None
        self._last_rendered: Leaf | None = None
        self._task_item: tuple[int, str] = (0, "")
        """The serial of the last list item that is a task, and the box that replaces its bullet."""

    def fork(self) -> BlockRenderer:
        """Return an independent copy, to render what is not final yet."""
        copy = BlockRenderer(self._style, numbered=self._numbered)
        copy._code_count = self._code_count
        copy._leaf, copy._last_rendered, copy._task_item = self._leaf, self._last_rendered, self._task_item
        copy._leaf_renderer = None if self._leaf_renderer is None else self._leaf_renderer.fork()
        return copy

    def feed(self, pieces: Iterable[Piece], columns: int, *, guess: bool = False) -> list[Line]:
        """Add pieces and return their lines; with `guess` as they will look once the open markup is closed."""
        rendered: list[Line] = []
        for leaf, piece_lines, is_last in pieces:
            source = piece_lines
            if self._leaf_renderer is None or self._leaf is None or self._leaf.serial != leaf.serial:
                self._leaf = leaf
                self._code_count += self._numbered and leaf.kind == "code"
                self._leaf_renderer = _leaf_renderer(leaf, self._style, self._code_count)
                source = self._without_task_box(leaf, source)
            prefix = self._prefix(leaf, columns)
            inner_columns = max(1, columns - sum(cell_width(part) for part, _ in prefix))
            lines = self._leaf_renderer.feed(source, inner_columns, guess=guess)
            if is_last:
                lines += self._leaf_renderer.finish(inner_columns, guess=guess)
                if not lines and any(self._is_new(container) for container in leaf.containers):
                    lines = [[]]
                self._leaf_renderer = None
            if lines and (self._last_rendered is None or self._last_rendered.serial != leaf.serial):
                rendered += self._gap(leaf, columns)
                rendered.append([*prefix, *lines.pop(0)])
                self._last_rendered = leaf
                prefix = self._prefix(leaf, columns)
            rendered += [[*prefix, *line] for line in lines] if prefix else lines
        return rendered

    # -- prefixes and gaps -------------------------------------------------------------------------------------------

    def _is_new(self, container: Container) -> bool:
        """Return whether nothing of a container has been rendered yet."""
        return self._last_rendered is None or container.serial > self._last_rendered.serial

    def _prefix(self, leaf: Leaf, columns: int) -> Line:
        marks = [self._mark(container, depth) for depth, container in enumerate(leaf.containers)]
        return _without_outer_marks(marks, columns)

    def _mark(self, container: Container, depth: int) -> Span:
        if not container.is_item:
            return ("▌ " if self._style.is_unicode else "> ", ("marker",))
        mark = f"{container.marker} "
        if len(mark) == 2 and self._style.is_unicode:
            mark = f"{_BULLETS[depth % len(_BULLETS)]} "
        if not self._is_new(container):
            return (" " * len(mark), ())
        return (self._task_item[1] if self._task_item[0] == container.serial else mark, ("marker",))

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

    def _gap(self, leaf: Leaf, columns: int) -> list[Line]:
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
        if (is_in_item or is_next_item) and not leaf.has_gap:
            return []
        marks = [self._mark(container, at) for at, container in enumerate(leaf.containers[:depth])]
        return [_without_outer_marks(marks, columns)]


def _serials(leaf: Leaf) -> list[int]:
    return [container.serial for container in leaf.containers]


def _without_outer_marks(marks: list[Span], columns: int) -> Line:
    """Return the marks without the outermost ones that would leave too little room for the text."""
    begin = 0
    while begin < len(marks) - 1 and 3 * sum(cell_width(mark) for mark, _ in marks[begin:]) > 2 * columns:
        begin += 1
    return marks[begin:]


# -- leaves ------------------------------------------------------------------------------------------------------------


def _leaf_renderer(leaf: Leaf, style: TerminalStyle, code_number: int) -> _LeafRenderer:
    outer = ("quote",) if any(not container.is_item for container in leaf.containers) else ()
    if leaf.kind == "code":
        return _CodeRenderer(leaf.language, style, code_number)
    if leaf.kind == "table":
        return TableRenderer(style)
    if leaf.kind == "math":
        return _FormulaRenderer(style)
    if leaf.kind == "rule":
        return _RuleRenderer(style)
    if leaf.kind == "heading":
        lead = "#" * leaf.level + " " if style.is_plain else ""
        return _ParagraphRenderer(style, (*outer, f"h{min(leaf.level, 3)}"), lead)
    return _ParagraphRenderer(style, outer)


class _ParagraphRenderer:
    """A paragraph or a heading; `lead` stands before its text."""

    def __init__(self, style: TerminalStyle, elements: tuple[str, ...], lead: str = "") -> None:
        self._inline = InlineRenderer(style)
        self._wrapper = LineWrapper()
        self._elements = elements
        self._lead = lead

    def fork(self) -> Self:
        copy = object.__new__(type(self))
        copy._inline, copy._wrapper = self._inline.fork(), self._wrapper.fork()
        copy._elements, copy._lead = self._elements, self._lead
        return copy

    def feed(self, lines: list[str], columns: int, *, guess: bool) -> list[Line]:
        if guess:
            self._inline.hold("".join(lines))
            return []
        return self._wrap([span for text in lines for span in self._inline.feed(text)], columns)

    def finish(self, columns: int, *, guess: bool) -> list[Line]:
        return [*self._wrap(self._inline.rest(guess=guess), columns), *self._wrapper.finish(columns)]

    def _wrap(self, spans: list[Span], columns: int) -> list[Line]:
        if self._lead:
            spans = [(self._lead, ()), *spans]
            self._lead = ""
        if self._elements:
            spans = [(text, (*self._elements, *elements)) for text, elements in spans]
        return self._wrapper.feed(spans, columns)


class _CodeRenderer:
    """A code block: its lines unchanged, below its number unless that is 0.

    Without colours, fences show where the block begins and ends.
    """

    def __init__(self, language: str, style: TerminalStyle, number: int) -> None:
        self._has_fences = style.colors in {"none", "bold"}
        self._separator = " · " if style.is_unicode else " - "
        self._number = number
        self._language = language
        self._highlighter = Highlighter("" if self._has_fences else language)
        self._has_head = False

    def fork(self) -> Self:
        copy = object.__new__(type(self))
        copy._has_fences, copy._language, copy._has_head = self._has_fences, self._language, self._has_head
        copy._separator, copy._number = self._separator, self._number
        copy._highlighter = self._highlighter.fork()
        return copy

    def feed(self, lines: list[str], columns: int, *, guess: bool) -> list[Line]:  # noqa: ARG002 - code is not guessed
        rendered: list[Line] = []
        if not self._has_head and (head := self._head(columns)):
            rendered.append([(head, ("dim",))])
        self._has_head = True
        return [*rendered, *map(self._highlighted, lines)]

    def _head(self, columns: int) -> str:
        """Return the line above the code: `code 2 · python`, in a fence `` ```python · code 2 ``."""
        fence, number = f"```{self._language}", f"code {self._number}"
        if not self._number:
            return fence if self._has_fences else ""
        if self._has_fences:
            whole = f"{fence}{self._separator if self._language else ' '}{number}"
            return whole if max_cell_width(whole) <= columns else f"``` {number}"
        whole = f"{number}{self._separator}{self._language}" if self._language else number
        return whole if max_cell_width(whole) <= columns else number

    def _highlighted(self, line: str) -> Line:
        return [(text, (kind,) if kind else ()) for text, kind in self._highlighter.line(line)]

    def finish(self, columns: int, *, guess: bool) -> list[Line]:  # noqa: ARG002
        return [[("```", ("dim",))]] if self._has_fences else []


class _FormulaRenderer:
    """A formula on lines of its own: in Unicode where that is certain, otherwise as written."""

    def __init__(self, style: TerminalStyle) -> None:
        self._style = style
        self._lines: list[str] = []
        self._is_long = False

    def fork(self) -> Self:
        copy = object.__new__(type(self))
        copy._style, copy._lines, copy._is_long = self._style, self._lines.copy(), self._is_long
        return copy

    def feed(self, lines: list[str], columns: int, *, guess: bool) -> list[Line]:  # noqa: ARG002
        self._lines += lines
        self._is_long = self._is_long or sum(map(len, self._lines)) > MAX_HELD_FORMULA_CHARS
        return self._as_written(columns) if self._is_long else []

    def finish(self, columns: int, *, guess: bool) -> list[Line]:  # noqa: ARG002
        tex = display_formula_tex(self._lines)
        formula = tex_to_unicode(tex) if tex and self._style.is_unicode and not self._is_long else None
        return self._as_written(columns) if formula is None else _wrapped_formula(formula, columns)

    def _as_written(self, columns: int) -> list[Line]:
        lines, self._lines = self._lines, []
        return [row for line in lines for row in _wrapped_formula(line, columns)]


def _wrapped_formula(text: str, columns: int) -> list[Line]:
    wrapper = LineWrapper()
    return [*wrapper.feed([(text, ("math",))], columns), *wrapper.finish(columns)]


class _RuleRenderer:
    """A thematic break."""

    def __init__(self, style: TerminalStyle) -> None:
        self._rule = "─" if style.is_unicode else "-"

    def fork(self) -> Self:
        return self

    def feed(self, lines: list[str], columns: int, *, guess: bool) -> list[Line]:  # noqa: ARG002
        return []

    def finish(self, columns: int, *, guess: bool) -> list[Line]:  # noqa: ARG002
        return [[(self._rule * min(columns, _MAX_RULE_CELLS), ("rule",))]]
