"""Leaf blocks, rendered as lines: paragraphs, headings, code, formulas and rules. `table` renders tables."""

from __future__ import annotations

from typing import Protocol, Self

from grokchat.highlight.fence_names import fence_label
from grokchat.highlight.highlighter import Highlighter
from grokchat.markdown.block_parser import MAX_HELD_FORMULA_CHARS
from grokchat.markdown.leaf_content import display_formula_tex
from grokchat.markdown.nodes import Leaf
from grokchat.markdown.tex_to_unicode import tex_to_unicode
from grokchat.render.cells import filled, max_cell_width
from grokchat.render.inline import InlineRenderer
from grokchat.render.sanitize import with_soft_hyphens_marked
from grokchat.render.style import TerminalStyle
from grokchat.render.table import TableRenderer
from grokchat.render.wrap import LineWrapper, Span, StyledLine

_MAX_RULE_CELLS = 24


class LeafRenderer(Protocol):
    """Renders one leaf as it arrives: `feed` returns the lines that are full, `finish` the last ones."""

    def copy(self) -> Self:
        """Return an independent copy."""

    def feed(self, lines: list[str], columns: int, *, guess: bool) -> list[StyledLine]:
        """Add source lines and return the lines that are full; with `guess` as open markup will look once closed."""

    def finish(self, columns: int, *, guess: bool) -> list[StyledLine]:
        """Return the last lines."""


def new_leaf_renderer(
    leaf: Leaf, style: TerminalStyle, code_number: int | None, *, has_citations: bool = False
) -> LeafRenderer:
    """Return a renderer for a leaf. A code block has a label, with a number unless that is 0, unless it is None."""
    outer: tuple[str, ...] = ("quote",) if any(not container.is_item for container in leaf.containers) else ()
    if leaf.kind == "code":
        return _CodeRenderer(leaf.info_string, style, code_number)
    if leaf.kind == "table":
        return TableRenderer(style, has_citations=has_citations)
    if leaf.kind == "math":
        return _FormulaRenderer(style)
    if leaf.kind == "rule":
        return _RuleRenderer(style)
    if leaf.kind == "heading":
        lead = "#" * leaf.level + " " if style.is_plain else ""
        outer += (f"h{min(leaf.level, 3)}",)
        return _ParagraphRenderer(InlineRenderer(style, has_citations=has_citations), outer, lead)
    return _ParagraphRenderer(InlineRenderer(style, has_citations=has_citations), outer)


class _ParagraphRenderer:
    """A paragraph or a heading; `lead` is written before its text."""

    def __init__(self, inline: InlineRenderer, elements: tuple[str, ...], lead: str = "") -> None:
        self._inline = inline
        self._wrapper = LineWrapper()
        self._elements = elements
        self._lead = lead

    def copy(self) -> Self:
        copy = object.__new__(type(self))
        copy._inline, copy._wrapper = self._inline.copy(), self._wrapper.copy()
        copy._elements, copy._lead = self._elements, self._lead
        return copy

    def feed(self, lines: list[str], columns: int, *, guess: bool) -> list[StyledLine]:
        if guess:
            self._inline.hold("".join(lines))
            return []
        return self._wrap([span for text in lines for span in self._inline.feed(text)], columns)

    def finish(self, columns: int, *, guess: bool) -> list[StyledLine]:
        return [*self._wrap(self._inline.rest(guess=guess), columns), *self._wrapper.finish(columns)]

    def _wrap(self, spans: list[Span], columns: int) -> list[StyledLine]:
        if self._lead:
            spans = [(self._lead, ()), *spans]
            self._lead = ""
        if self._elements:
            spans = [(text, (*self._elements, *elements)) for text, elements in spans]
        return self._wrapper.feed(spans, columns)


class _CodeRenderer:
    """A code block: its lines unchanged, below an edge with its number, unless that is 0, and its language.

    Without colours, fences show where the block begins and ends. A block without highlighting has a colour of its own.
    With the number None there is no edge.
    """

    def __init__(self, info_string: str, style: TerminalStyle, number: int | None) -> None:
        self._style = style
        self._number = number
        self._language = with_soft_hyphens_marked(fence_label(info_string))
        self._highlighter = Highlighter(info_string if style.colors_code else "", style.code_theme)
        self._has_head = False

    def copy(self) -> Self:
        copy = object.__new__(type(self))
        copy._style, copy._number, copy._language = self._style, self._number, self._language
        copy._highlighter, copy._has_head = self._highlighter.copy(), self._has_head
        return copy

    def feed(self, lines: list[str], columns: int, *, guess: bool) -> list[StyledLine]:  # noqa: ARG002 - code is not guessed
        rendered: list[StyledLine] = []
        if not self._has_head and (self._number is not None or not self._style.has_colors):
            rendered.append([(self._edge(columns) if self._style.has_colors else self._fence(columns), ("muted",))])
        self._has_head = True
        return [*rendered, *map(self._highlighted, lines)]

    def _edge(self, columns: int) -> str:
        """Return the line above the code: `── 2 · rust ──────`, or as much of it as fits."""
        rule, separator = ("─", " · ") if self._style.is_unicode else ("-", " - ")
        number = str(self._number or "")
        label = separator.join(filter(None, [number, self._language])) or "code"
        short = number or label
        forms = [f"{2 * rule} {label} {6 * rule}", f"{2 * rule} {short} {6 * rule}", f"{2 * rule} {short}", number]
        return next((form for form in forms if max_cell_width(form) <= columns), number or rule)

    def _fence(self, columns: int) -> str:
        """Return the fence above the code: `` ```rust · code 2 ``."""
        fence = f"```{self._language}"
        if not self._number:
            return fence
        separator = (" · " if self._style.is_unicode else " - ") if self._language else " "
        whole = f"{fence}{separator}code {self._number}"
        return whole if max_cell_width(whole) <= columns else f"``` code {self._number}"

    def _highlighted(self, line: str) -> StyledLine:
        line = with_soft_hyphens_marked(line)
        if self._highlighter.is_plain:
            return [(line, ("plain_code",))]
        return [(text, (kind,) if kind else ()) for text, kind in self._highlighter.line(line)]

    def finish(self, columns: int, *, guess: bool) -> list[StyledLine]:  # noqa: ARG002
        return [] if self._style.has_colors else [[("```", ("muted",))]]


class _FormulaRenderer:
    """A formula on lines of its own: in Unicode where that is certain, otherwise as written."""

    def __init__(self, style: TerminalStyle) -> None:
        self._style = style
        self._lines: list[str] = []
        self._is_long = False

    def copy(self) -> Self:
        copy = object.__new__(type(self))
        copy._style, copy._lines, copy._is_long = self._style, self._lines.copy(), self._is_long
        return copy

    def feed(self, lines: list[str], columns: int, *, guess: bool) -> list[StyledLine]:  # noqa: ARG002
        self._lines += map(with_soft_hyphens_marked, lines)
        self._is_long = self._is_long or sum(map(len, self._lines)) > MAX_HELD_FORMULA_CHARS
        return self._as_written(columns) if self._is_long else []

    def finish(self, columns: int, *, guess: bool) -> list[StyledLine]:  # noqa: ARG002
        tex = display_formula_tex(self._lines)
        formula = tex_to_unicode(tex) if tex and self._style.is_unicode and not self._is_long else None
        return self._as_written(columns) if formula is None else _wrapped_formula(formula, columns)

    def _as_written(self, columns: int) -> list[StyledLine]:
        lines, self._lines = self._lines, []
        return [row for line in lines for row in _wrapped_formula(line, columns)]


def _wrapped_formula(text: str, columns: int) -> list[StyledLine]:
    wrapper = LineWrapper()
    return [*wrapper.feed([(text, ("math",))], columns), *wrapper.finish(columns)]


class _RuleRenderer:
    """A thematic break."""

    def __init__(self, style: TerminalStyle) -> None:
        self._rule = "─" if style.is_unicode else "-"

    def copy(self) -> Self:
        return self

    def feed(self, lines: list[str], columns: int, *, guess: bool) -> list[StyledLine]:  # noqa: ARG002
        return []

    def finish(self, columns: int, *, guess: bool) -> list[StyledLine]:  # noqa: ARG002
        return [[(filled(self._rule, min(columns, _MAX_RULE_CELLS)), ("rule",))]]
