r"""The inline grammar: markdown-it's parser with mathematics, and the nodes that it yields.

CommonMark's inlines, strikethrough, and mathematics (`formulas`). HTML is text, except for line breaks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, emphasis, strikethrough
from markdown_it.token import Token

from grokchat.markdown.citations import Marker, find_markers
from grokchat.markdown.flanking import FlankingState
from grokchat.markdown.formulas import formula_at
from grokchat.markdown.tex_to_unicode import tex_to_unicode

_MAX_NESTING = 60
"""Elements inside each other; a text that nests more deeply is shown as written."""

SPECIAL_CHARS = re.compile(r"[\\`*_\[\]<>&!~$\n]")
"""A text without any of these is plain."""
BREAK = re.compile(r"</?br {0,3}/?>(?: *\n)?", re.IGNORECASE)
"""HTML's line break, which models write where Markdown has none, and the newline after it. `</br>` is one too."""
_OFFSETS = "delimiter offsets"
"""Where `_with_offsets` records, in the parser's environment."""
_MARKERS = "markers of citations"
"""Where the markers are, by their beginnings, in the parser's environment."""

Element = Literal["emphasis", "strong", "strike", "link"]
_ELEMENTS: dict[str, Element] = {"em": "emphasis", "strong": "strong", "s": "strike", "a": "link"}


class InlineNode(NamedTuple):
    """A run of text, or the start or the end of an element around the nodes that follow.

    kind        text
    `text`      literal text, character references resolved
    `code`      the code
    `math`      the formula as written; `target` is the TeX between its delimiters
    `newline`   a line break
    `image`     the description as plain text; `target` is the address
    `autolink`  the address as written; `target` is the address to open
    `citation`  the number in brackets; `target` is its source's address (`citations`)
    `start`     of `element`; `target` is a link's address
    `end`       of `element`
    """

    kind: Literal["text", "code", "math", "newline", "image", "autolink", "citation", "start", "end"]
    text: str = ""
    target: str = ""
    element: Element | None = None


def inline_nodes(text: str, *, has_citations: bool = False) -> list[InlineNode]:
    """Return the nodes of a text; `inline_parser` keeps texts short."""
    if not SPECIAL_CHARS.search(text):
        return [InlineNode("text", text)] if text else []
    tokens = _parsed(text, has_citations).tokens
    if any(token.level >= _MAX_NESTING - 1 for token in tokens):
        return [InlineNode("text", text)]
    return list(_nodes_of_tokens(tokens))


def encode_address(address: str) -> str:
    """Return an address percent-encoded where it is not ASCII, as the `target` of a link is."""
    return _markdown_it().normalizeLink(address)


def last_closed_place(text: str, places: Sequence[int], *, has_citations: bool = False) -> int:
    """Return the last of the places before which no delimiter could be closed by a later character; 0 if none is.

    The places are in order, the last one is the text's end, and no code, link or formula reaches across one. A
    delimiter's match depends only on what is before it, so that one parse answers for all beginnings of the text.
    """
    state = _parsed(text, has_citations)
    offsets = {id(delimiter): offset for delimiter, offset in state.env[_OFFSETS]}
    delimiters, at, last_end, found = state.delimiters, 0, -1, 0
    for place in places:
        while at < len(delimiters) and offsets[id(delimiters[at])] < place:
            delimiter = delimiters[at]
            if delimiter.open:
                last_end = max(last_end, len(delimiters) if delimiter.end == -1 else delimiter.end)
            at += 1
        if last_end < at:
            found = place
    return found


def _nodes_of_tokens(tokens: Iterable[Token]) -> Iterable[InlineNode]:
    autolink = ""
    for token in tokens:
        kind = token.type
        if autolink:
            # The parser makes an autolink's text readable. It is replaced by the address that would be opened.
            if kind == "link_close":
                yield InlineNode("autolink", autolink.removeprefix("mailto:"), autolink)
                autolink = ""
        elif kind == "text":
            if token.content:
                yield InlineNode("text", token.content.replace("\n", " "))  # a newline from a reference such as &#10;
        elif token.nesting < 0:
            yield InlineNode("end", "", "", _ELEMENTS[token.tag])
        elif kind == "link_open":
            address = str(token.attrs.get("href", ""))
            if token.markup == "autolink":
                autolink = address
            else:
                yield InlineNode("start", "", address, "link")
        elif token.nesting > 0:
            yield InlineNode("start", "", "", _ELEMENTS[token.tag])
        elif kind in {"softbreak", "hardbreak"}:
            yield InlineNode("newline", "\n")
        elif kind == "code_inline":
            yield InlineNode("code", token.content)
        elif kind == "citation":
            yield InlineNode("citation", token.content, token.markup)
        elif kind == "math_inline":
            yield InlineNode("math", token.content, token.markup)
        elif kind == "image":
            description = "".join(map(_plain_text, inline_nodes(token.content)))
            yield InlineNode("image", description, str(token.attrs.get("src", "")))
        elif token.content:
            yield InlineNode("text", token.content.replace("\n", " "))


def _plain_text(node: InlineNode) -> str:
    return (tex_to_unicode(node.target) if node.kind == "math" else None) or node.text


@lru_cache(maxsize=64)
def _parsed(text: str, has_citations: bool) -> StateInline:
    """Parse a text. Cached, because the result is used to find where to cut, for the nodes, and in the next frame."""
    markdown = _markdown_it()
    markers = {marker.begin: marker for marker in find_markers(text)} if has_citations else {}
    state = FlankingState(text, markdown, {_OFFSETS: [], _MARKERS: markers}, [])
    markdown.inline.tokenize(state)
    for rule in markdown.inline.ruler2.getRules(""):
        rule(state)
    return state


@cache
def _markdown_it() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "maxNesting": _MAX_NESTING}).enable(["strikethrough"])
    markdown.inline.ruler.before("escape", "math", _math_rule)
    markdown.inline.ruler.before("autolink", "break", _break_rule)
    markdown.inline.ruler.before("link", "citation", _citation_rule)
    for name, rule in (("emphasis", emphasis.tokenize), ("strikethrough", strikethrough.tokenize)):
        markdown.inline.ruler.at(name, _with_offsets(rule))
    return markdown


def _with_offsets(rule: Callable[[StateInline, bool], bool]) -> Callable[[StateInline, bool], bool]:
    """Return a rule that also records where in the text its delimiters are."""

    def recorded(state: StateInline, silent: bool) -> bool:
        offset, count = state.pos, len(state.delimiters)
        is_match = rule(state, silent)
        state.env[_OFFSETS] += ((delimiter, offset) for delimiter in state.delimiters[count:])
        return is_match

    return recorded


def _citation_rule(state: StateInline, silent: bool) -> bool:
    marker: Marker | None = state.env[_MARKERS].get(state.pos)
    if marker is None:
        if state.src[state.pos] != "!" or state.pos + 1 not in state.env[_MARKERS]:
            return False
        state.pos += 1  # a picture otherwise
        if not silent:
            state.pending += "!"
        return True
    if not silent:
        token = state.push("citation", "", 0)
        token.content, token.markup = f"[{marker.number}]", marker.url
    state.pos = marker.end
    return True


def _break_rule(state: StateInline, silent: bool) -> bool:
    match = BREAK.match(state.src, state.pos, state.posMax) if state.src[state.pos] == "<" else None
    if match is None:
        return False
    if not silent:
        state.pending = state.pending.rstrip(" ")
        state.push("hardbreak", "br", 0)
    state.pos = match.end()
    while state.pos < state.posMax and state.src[state.pos] == " ":
        state.pos += 1
    return True


def _math_rule(state: StateInline, silent: bool) -> bool:
    formula = formula_at(state.src, state.pos, state.posMax) if state.src[state.pos] in "\\$" else None
    if formula is None:
        return False
    end, tex = formula
    if not silent:
        token = state.push("math_inline", "math", 0)
        token.content, token.markup = state.src[state.pos : end], tex
    state.pos = end
    return True
