"""A paragraph's inline nodes, as styled spans for the screen."""

from __future__ import annotations

import re
from collections.abc import Sequence

from grokchat.markdown.inline_grammar import InlineNode
from grokchat.markdown.inline_parser import InlineParser, parse_inline
from grokchat.markdown.tex_to_unicode import tex_to_unicode
from grokchat.render.sanitize import visible, with_soft_hyphens_marked
from grokchat.render.style import TerminalStyle
from grokchat.render.wrap import Span


class InlineRenderer:
    """Renders a paragraph's text as it arrives: `feed` returns spans that are final, once; `rest` the others.

    The text must be visible and encodable already, except for soft hyphens between letters, which the spans of prose
    have too. The characters of references are made so here. With `has_citations`, markers of sources are their numbers.
    """

    def __init__(self, style: TerminalStyle, *, has_citations: bool = False) -> None:
        self._style = style
        self._parser = InlineParser(has_citations=has_citations)

    def copy(self) -> InlineRenderer:
        """Return a copy that continues independently."""
        copy = InlineRenderer(self._style)
        copy._parser = self._parser.copy()
        return copy

    def feed(self, text: str) -> list[Span]:
        """Add text and return the spans that have become final."""
        nodes = self._parser.feed(text)
        return _spans(nodes, self._style) if nodes else []

    def hold(self, text: str) -> None:
        """Add text without parsing it: all of it is left to `rest`."""
        self._parser.hold(text)

    def rest(self, *, guess: bool = False) -> list[Span]:
        """Return the spans that are not final; with `guess` as they will look once the open markup is closed."""
        return _spans(self._parser.rest(guess=guess), self._style)


def inline_spans(text: str, style: TerminalStyle, *, guess: bool = False, has_citations: bool = False) -> list[Span]:
    """Return a whole text's spans; with `guess` as its end will look once the open markup is closed.

    Without escape codes, code and deleted text keep their marks.
    """
    return _spans(parse_inline(text, guess=guess, has_citations=has_citations), style)


def _spans(nodes: Sequence[InlineNode], style: TerminalStyle) -> list[Span]:
    if len(nodes) == 1 and nodes[0].kind == "text" and nodes[0].text.isascii() and nodes[0].text.isprintable():
        return [(nodes[0].text, ())]  # by far the most frequent case
    spans: list[Span] = []
    elements: tuple[str, ...] = ()
    open_links: list[tuple[str, int]] = []
    for kind, text, target, element in nodes:
        if kind == "text":
            # A character reference such as &rlm; is harmless only until it is resolved.
            is_harmless = text.isascii() and text.isprintable()
            spans.append((text if is_harmless else style.encodable(visible(text, keep_soft_hyphens=True)), elements))
        elif kind == "newline":
            spans.append((text, ()))
        elif kind == "code":
            code = with_soft_hyphens_marked(text)
            spans.append((code if style.has_colors else _in_backticks(code), (*elements, "code")))
        elif element is not None:
            if element == "strike" and (style.is_plain or not style.has_strike):
                spans.append(("~~", ()))  # deleted text must not pass for valid text
            if kind == "start":
                elements += (element,)
                if element == "link":
                    open_links.append((target, len(spans)))
            else:
                elements = elements[:-1]
                if element == "link":
                    address, begin = open_links.pop()
                    spans += _address("".join(part for part, _ in spans[begin:]), visible(address), elements)
        elif kind == "math":
            formula = tex_to_unicode(target) if style.is_unicode else None
            formula = with_soft_hyphens_marked(formula or text).replace("\n", " ")
            spans.append((formula, (*elements, "math")))
        elif kind == "citation":
            spans.append((text, (*elements, "citation")))
        elif kind == "autolink":
            spans.append((visible(text), (*elements, "link")))
        else:
            description = style.encodable(visible(text))
            spans.append((description, (*elements, "link")))
            spans += _address(description, visible(target), elements)
    return spans


def _in_backticks(code: str) -> str:
    """Return inline code as its source may be: in more backticks than it has in a row."""
    longest = max(map(len, re.findall("`+", code)), default=0)
    mark, space = "`" * (longest + 1), " " if code[:1] == "`" or code[-1:] == "`" else ""
    return f"{mark}{space}{code}{space}{mark}"


def _address(label: str, address: str, elements: tuple[str, ...]) -> list[Span]:
    """Return the address to show beside a link's label, so that the label cannot lie."""
    if not address or address in {label, f"mailto:{label}"}:
        return []
    shown: list[Span] = [(address, (*elements, "url"))]
    return [(" (", elements), *shown, (")", elements)] if label else shown
