"""Pieces of blocks to lines: markers, bars, indentation, and the one empty line between blocks.

Everything that stands in the source appears: HTML and generics as written, link addresses beside their text. Nothing
is padded to the width, and code has no gutter, so that copying it from the scrollback gives the code; where blocks of
code are numbered, a line above each says its number. Line breaks inside a paragraph are kept: a model that breaks a
line means it. The space between list items is where the source has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol, Self

from grokchat.highlight.highlighter import Highlighter
from grokchat.markdown.block_parser import LONGEST_FORMULA
from grokchat.markdown.nodes import Container, Leaf, Piece
from grokchat.markdown.tex_to_unicode import tex_to_unicode
from grokchat.render.cells import cell_width, max_cell_width
from grokchat.render.inline import InlineRenderer
from grokchat.render.style import TerminalStyle
from grokchat.render.table import TableRenderer
from grokchat.render.wrap import LineWrapper, Span

Line = list[Span]

_BULLETS = "•◦▪"
_TASK = re.compile(r"\[([ xX])\] +")
_RULE = 24
"""Cells."""


class _Flow(Protocol):
    """Lays one leaf out as it comes."""

    def fork(self) -> Self: ...

    def feed(self, lines: list[str], columns: int, *, guess: bool) -> list[Line]: ...

    def rest(self, columns: int, *, guess: bool) -> list[Line]: ...


class BlockRenderer:
    """Feed it pieces; it returns the lines that are full. Lines have no newline and are not yet painted.

    `numbered`: blocks of code say which of the document's they are, from 1, as `fences.code_blocks` counts them.
    """

    def __init__(self, style: TerminalStyle, *, numbered: bool = False) -> None:
        self._style = style
        self._numbered = numbered
        self._codes = 0
        self._leaf: Leaf | None = None
        self._flow: _Flow | None = None
        self._last: Leaf | None = None
        self._task: tuple[int, str] = (0, "")

    def fork(self) -> BlockRenderer:
        """Return a copy, for what is not final yet."""
        copy = BlockRenderer(self._style, numbered=self._numbered)
        copy._codes = self._codes
        copy._leaf, copy._last, copy._task = self._leaf, self._last, self._task
        copy._flow = None if self._flow is None else self._flow.fork()
        return copy

    def feed(self, pieces: Iterable[Piece], columns: int, *, guess: bool = False) -> list[Line]:
        """Take more pieces and return their lines; `guess`: what is open is shown as it will be when it is closed."""
        printed: list[Line] = []
        for leaf, given, ends in pieces:
            text = given
            if self._flow is None or self._leaf is None or self._leaf.serial != leaf.serial:
                self._leaf = leaf
                self._codes += self._numbered and leaf.kind == "code"
                self._flow = _flow_for(leaf, self._style, self._codes)
                text = self._without_task(leaf, text)
            prefix = self._prefix(leaf, columns)
            inner = max(1, columns - sum(cell_width(part) for part, _ in prefix))
            lines = self._flow.feed(text, inner, guess=guess)
            if ends:
                lines += self._flow.rest(inner, guess=guess)
                if not lines and any(self._is_due(container) for container in leaf.path):
                    lines = [[]]
                self._flow = None
            if lines and (self._last is None or self._last.serial != leaf.serial):
                printed += self._gap(leaf, columns)
                printed.append([*prefix, *lines.pop(0)])
                self._last = leaf
                prefix = self._prefix(leaf, columns)
            printed += [[*prefix, *line] for line in lines] if prefix else lines
        return printed

    # -- what stands before a line -----------------------------------------------------------------------------------

    def _is_due(self, container: Container) -> bool:
        """Say whether nothing of a container has been printed yet."""
        return self._last is None or container.serial > self._last.serial

    def _prefix(self, leaf: Leaf, columns: int) -> Line:
        parts = [self._mark(container, depth) for depth, container in enumerate(leaf.path)]
        return _fitting(parts, columns)

    def _mark(self, container: Container, depth: int) -> Span:
        if not container.is_item:
            return ("▌ " if self._style.is_unicode else "> ", ("marker",))
        mark = f"{container.marker} "
        if len(mark) == 2 and self._style.is_unicode:
            mark = f"{_BULLETS[depth % len(_BULLETS)]} "
        if not self._is_due(container):
            return (" " * len(mark), ())
        return (self._task[1] if self._task[0] == container.serial else mark, ("marker",))

    def _without_task(self, leaf: Leaf, text: list[str]) -> list[str]:
        """Take a task's box from an item's text and put it in the place of its bullet."""
        if leaf.kind != "text" or not leaf.path or not text or not self._style.is_unicode:
            return text
        item = leaf.path[-1]
        task = _TASK.match(text[0])
        if task is None or not item.is_item or not self._is_due(item):
            return text
        box = "☐ " if task[1] == " " else "☑ "
        rest = text[0][task.end() :]
        if len(item.marker) > 1:
            return [box + rest, *text[1:]]
        self._task = (item.serial, box)
        return [rest, *text[1:]]

    def _gap(self, leaf: Leaf, columns: int) -> list[Line]:
        """Return the empty line between a block and the one before it, if there is one."""
        last = self._last
        if last is None:
            return []
        depth = 0
        while depth < min(len(last.path), len(leaf.path)) and last.path[depth].serial == leaf.path[depth].serial:
            depth += 1
        is_in_item = depth > 0 and leaf.path[depth - 1].is_item
        is_next_item = (
            depth < min(len(last.path), len(leaf.path))
            and leaf.path[depth].in_list == last.path[depth].in_list
            and leaf.path[depth].is_item
        )
        if (is_in_item or is_next_item) and not leaf.gap:
            return []
        parts = [self._mark(container, at) for at, container in enumerate(leaf.path[:depth])]
        return [_fitting(parts, columns)]


def _fitting(parts: list[Span], columns: int) -> Line:
    """Drop what stands farthest out where it would leave too little room for the text."""
    begin = 0
    while begin < len(parts) - 1 and 3 * sum(cell_width(part) for part, _ in parts[begin:]) > 2 * columns:
        begin += 1
    return parts[begin:]


# -- leaves ------------------------------------------------------------------------------------------------------------


def _flow_for(leaf: Leaf, style: TerminalStyle, code: int) -> _Flow:
    base = ("quote",) if any(not container.is_item for container in leaf.path) else ()
    if leaf.kind == "code":
        return _Code(leaf.language, style, code)
    if leaf.kind == "table":
        return TableRenderer(style)
    if leaf.kind == "math":
        return _Formula(style)
    if leaf.kind == "rule":
        return _Rule(style)
    if leaf.kind == "heading":
        return _Paragraph(style, (*base, f"h{min(leaf.level, 3)}"), "#" * leaf.level + " " if style.is_plain else "")
    return _Paragraph(style, base)


class _Paragraph:
    def __init__(self, style: TerminalStyle, styles: tuple[str, ...], lead: str = "") -> None:
        self._text = InlineRenderer(style)
        self._wrapper = LineWrapper()
        self._styles = styles
        self._lead = lead

    def fork(self) -> Self:
        copy = object.__new__(type(self))
        copy._text, copy._wrapper = self._text.fork(), self._wrapper.fork()
        copy._styles, copy._lead = self._styles, self._lead
        return copy

    def feed(self, lines: list[str], columns: int, *, guess: bool) -> list[Line]:
        if guess:
            self._text.hold("".join(lines))
            return []
        return self._wrap([span for text in lines for span in self._text.feed(text)], columns)

    def rest(self, columns: int, *, guess: bool) -> list[Line]:
        return [*self._wrap(self._text.rest(guess=guess), columns), *self._wrapper.rest(columns)]

    def _wrap(self, spans: list[Span], columns: int) -> list[Line]:
        if self._lead:
            spans = [(self._lead, ()), *spans]
            self._lead = ""
        if self._styles:
            spans = [(text, (*self._styles, *styles)) for text, styles in spans]
        return self._wrapper.feed(spans, columns)


class _Code:
    """Code: its lines as they are, under its number unless that is 0.

    Without colours the fences themselves say where it is.
    """

    def __init__(self, language: str, style: TerminalStyle, number: int) -> None:
        self._fence = style.colors in {"none", "bold"}
        self._separator = " · " if style.is_unicode else " - "
        self._number = number
        self._language = (language.split(maxsplit=1) or [""])[0]
        self._lexer = Highlighter("" if self._fence else self._language)
        self._has_begun = False

    def fork(self) -> Self:
        copy = object.__new__(type(self))
        copy._fence, copy._language, copy._has_begun = self._fence, self._language, self._has_begun
        copy._separator, copy._number = self._separator, self._number
        copy._lexer = self._lexer.fork()
        return copy

    def feed(self, lines: list[str], columns: int, *, guess: bool) -> list[Line]:  # noqa: ARG002 - not broken
        printed: list[Line] = []
        if not self._has_begun and (head := self._head(columns)):
            printed.append([(head, ("dim",))])
        self._has_begun = True
        return [*printed, *map(self._coloured, lines)]

    def _head(self, columns: int) -> str:
        """Return what stands above the code: `code 2 · python`, in a fence `` ```python · code 2 ``."""
        fence, number = f"```{self._language}", f"code {self._number}"
        if not self._number:
            return fence if self._fence else ""
        if self._fence:
            whole = f"{fence}{self._separator if self._language else ' '}{number}"
            return whole if max_cell_width(whole) <= columns else f"``` {number}"
        whole = f"{number}{self._separator}{self._language}" if self._language else number
        return whole if max_cell_width(whole) <= columns else number

    def _coloured(self, line: str) -> Line:
        return [(text, (kind,) if kind else ()) for text, kind in self._lexer.line(line)]

    def rest(self, columns: int, *, guess: bool) -> list[Line]:  # noqa: ARG002
        return [[("```", ("dim",))]] if self._fence else []


class _Formula:
    """A formula on lines of its own: in Unicode where that is certain, else as it is written."""

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
        self._is_long = self._is_long or sum(map(len, self._lines)) > LONGEST_FORMULA
        return self._written(columns) if self._is_long else []

    def rest(self, columns: int, *, guess: bool) -> list[Line]:  # noqa: ARG002
        written = " ".join(line.strip() for line in self._lines).strip()
        inner = written[2:-2].strip() if written.endswith(("$$", "\\]")) else ""
        formula = tex_to_unicode(inner) if inner and self._style.is_unicode and not self._is_long else None
        if formula is None:
            return self._written(columns)
        return _wrapped_line(formula, columns)

    def _written(self, columns: int) -> list[Line]:
        lines, self._lines = self._lines, []
        return [row for line in lines for row in _wrapped_line(line, columns)]


def _wrapped_line(text: str, columns: int) -> list[Line]:
    wrapper = LineWrapper()
    return [*wrapper.feed([(text, ("math",))], columns), *wrapper.rest(columns)]


class _Rule:
    def __init__(self, style: TerminalStyle) -> None:
        self._rule = "─" if style.is_unicode else "-"

    def fork(self) -> Self:
        return self

    def feed(self, lines: list[str], columns: int, *, guess: bool) -> list[Line]:  # noqa: ARG002
        return []

    def rest(self, columns: int, *, guess: bool) -> list[Line]:  # noqa: ARG002
        return [[(self._rule * min(columns, _RULE), ("rule",))]]
