r"""The grammar inside a paragraph: emphasis, code, links, images and formulas. The screen and the HTML export use it.

markdown-it parses the text: CommonMark's inlines, strikethrough, and `\(..\)`, `\[..\]`, `$$..$$` and `$..$` as
mathematics. HTML is text. markdown-it takes whole texts, so a growing one is cut at spaces where nothing is open: no
emphasis, code, link or formula that a later character could close. Cut there, the parts mean what the whole means.

Markup that has been open for `MAX_MARKUP_CHARS` is taken as written, so that one stray asterisk does not hold back a
long paragraph. Where that happens depends on the text alone, never on how it was split into chunks. The limit also
bounds the work: markdown-it looks through all that follows for each bracket that nothing closes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from grokchat.markdown.tex_to_unicode import tex_to_unicode

MAX_MARKUP_CHARS = 2000
"""From the beginning of an element to its end."""
_MAX_NESTING = 60
"""Elements inside each other; a text that nests more deeply is shown as written."""
_MAX_DOLLAR_FORMULA_CHARS = 200
"""Of a formula between single dollars."""

_SPECIAL = re.compile(r"[\\`*_\[\]<>&!~$\n]")
_MARKS = re.compile(r"\\.?|`+|\*+|_+|~+|\[|\]|\$+|[ \n]", re.DOTALL)
_OPENERS = re.compile(r"\\.|`+|\*\*|\*|~~", re.DOTALL)
_ADDRESS = re.compile(r"\((?:[^()\\\n`<\[$]|\\.|\([^()\\\n`<\[$]*\))*\)")
_FORMULA_ENDS = {"\\(": "\\)", "\\[": "\\]", "$$": "$$"}

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
    `start`     of `element`; `target` is a link's address
    `end`       of `element`
    """

    kind: Literal["text", "code", "math", "newline", "image", "autolink", "start", "end"]
    text: str = ""
    target: str = ""
    element: Element | None = None


class InlineParser:
    """Parses a paragraph's text as it arrives: `feed` returns nodes that are final, once; `rest` returns the others."""

    def __init__(self) -> None:
        self._text = ""

    def fork(self) -> InlineParser:
        """Return a copy that continues independently."""
        copy = InlineParser()
        copy._text = self._text
        return copy

    def feed(self, text: str) -> list[InlineNode]:
        """Add text and return the nodes that have become final."""
        text = self._text + text
        nodes: list[InlineNode] = []
        begin = 0
        while True:
            window = text[begin : begin + MAX_MARKUP_CHARS]
            cut = _last_settled_space(window)
            if not cut and len(window) == MAX_MARKUP_CHARS and len(text) > begin + MAX_MARKUP_CHARS:
                cut = _forced_cut(window)
            if not cut:
                break
            nodes += _nodes(window[:cut])
            begin += cut
        self._text = text[begin:]
        return nodes

    def hold(self, text: str) -> None:
        """Add text without looking at it: all of it is left to `rest`."""
        self._text += text

    def rest(self, *, guess: bool = False) -> list[InlineNode]:
        """Return the nodes that are not final; with `guess` as they will look once the open markup is closed."""
        text = self._text.rstrip(" \t\n")
        return _nodes(_with_markup_closed(text) if guess else text)


def parse_inline(text: str) -> list[InlineNode]:
    """Return the nodes of a whole text."""
    if len(text) <= MAX_MARKUP_CHARS:
        return _nodes(text.rstrip(" \t\n"))  # cut where nothing is open, it would mean the same
    parser = InlineParser()
    return [*parser.feed(text), *parser.rest()]


# -- parsing -----------------------------------------------------------------------------------------------------------


def _nodes(text: str) -> list[InlineNode]:
    if not _SPECIAL.search(text):
        return [InlineNode("text", text)] if text else []
    tokens = _parsed(text).tokens
    if any(token.level >= _MAX_NESTING - 1 for token in tokens):
        return [InlineNode("text", text)]
    return list(_nodes_of_tokens(tokens))


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
        elif kind == "math_inline":
            yield InlineNode("math", token.content, token.markup)
        elif kind == "image":
            description = "".join(map(_plain_text, _nodes_of_tokens(token.children or [])))
            yield InlineNode("image", description, str(token.attrs.get("src", "")))
        elif token.content:
            yield InlineNode("text", token.content.replace("\n", " "))


def _plain_text(node: InlineNode) -> str:
    return (tex_to_unicode(node.target) if node.kind == "math" else None) or node.text


@lru_cache(maxsize=64)
def _parsed(text: str) -> StateInline:
    """Parse a text. It is needed again: to see where it may be cut, for its nodes, and for the next frame."""
    markdown = _markdown_it()
    state = StateInline(text, markdown, {}, [])
    markdown.inline.tokenize(state)
    for rule in markdown.inline.ruler2.getRules(""):
        rule(state)
    return state


@cache
def _markdown_it() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "maxNesting": _MAX_NESTING}).enable(["strikethrough"])
    markdown.inline.ruler.before("escape", "math", _math_rule)
    return markdown


def _math_rule(state: StateInline, silent: bool) -> bool:
    formula = _formula_at(state.src, state.pos, state.posMax)
    if formula is None:
        return False
    end, tex = formula
    if not silent:
        token = state.push("math_inline", "math", 0)
        token.content, token.markup = state.src[state.pos : end], tex
    state.pos = end
    return True


def _formula_at(text: str, at: int, stop: int) -> tuple[int, str] | None:
    """Return where the formula that begins here ends, and its TeX; None if none begins here."""
    mark = text[at : at + 2]
    closing = _FORMULA_ENDS.get(mark)
    if closing is not None:
        end = text.find(closing, at + 2, stop)
        tex = text[at + 2 : end].strip()
        return (end + 2, tex) if end >= 0 and tex else None
    if mark[:1] != "$" or len(mark) < 2 or mark[1] in " \t\n$0123456789":
        return None
    end = text.find("$", at + 1, min(stop, at + _MAX_DOLLAR_FORMULA_CHARS))
    tex = text[at + 1 : end]
    after = text[end + 1 : end + 2]
    is_formula = end >= 0 and tex[-1] not in " \t\\" and "\n" not in tex and not (after.isalnum() or after == "$")
    return (end + 1, tex) if is_formula and re.search(r"[\\^_={}<>+]|^.$", tex) else None


# -- where a text may be cut -------------------------------------------------------------------------------------------


def _last_settled_space(text: str) -> int:
    """Return the last place, before white space, in front of which everything is decided; 0 if there is none."""
    if not text:
        return 0
    if _SPECIAL.search(text):
        return next((place for place in reversed(_candidate_spaces(text)) if _is_closed(text[:place])), 0)
    last = text.rstrip(" \n").rfind(" ")
    while last > 0 and text[last - 1] in " \n":
        last -= 1
    return max(0, last)


def _is_closed(text: str) -> bool:
    if not _SPECIAL.search(text):
        return True
    return not any(delimiter.open and delimiter.end == -1 for delimiter in _parsed(text).delimiters)


def _forced_cut(text: str) -> int:
    """Return where to cut a text in which markup has been open for too long."""
    cut = max(text.rfind(" "), text.rfind("\n"))
    if cut <= 0:
        cut = len(text) - 1 if text.endswith("\\") else len(text)
    return cut


def _candidate_spaces(text: str) -> list[int]:
    """Return the places before white space in front of which no mark waits for another one."""
    places: list[int] = []
    open_brackets = 0
    open_runs: list[tuple[str, int]] = []
    at, end = 0, len(text)
    while match := _MARKS.search(text, at):
        mark, begin, at = match[0], match.start(), match.end()
        if mark in " \n":
            is_inner = begin and text[begin - 1] not in " \n" and text[begin:].strip(" \n")
            if is_inner and not open_runs and not open_brackets:
                places.append(begin)
            continue
        if at == end:
            break  # the next character decides what the mark is
        if mark[0] == "`":
            closing = re.compile(rf"(?<!`){mark}(?!`)").search(text, at)
            if closing is None or closing.end() == end:
                break
            at = closing.end()
        elif mark[0] in "\\$":
            next_at = _after_formula(text, begin, mark)
            if next_at is None:
                break
            at = next_at
        elif mark == "[":
            open_brackets += 1
        elif mark == "]":
            open_brackets = max(0, open_brackets - 1)
            if text[at] == "(":
                address = _ADDRESS.match(text, at)
                if address is None:
                    break
                at = address.end()
        elif mark[0] != "~" or len(mark) > 1:
            _match_delimiter_run(open_runs, text, begin, at)
    return places


def _after_formula(text: str, begin: int, mark: str) -> int | None:
    """Return where the text continues after a backslash or dollars; None if that is not decided yet."""
    if mark[0] == "\\" and mark[1:] not in ("(", "["):
        return begin + len(mark)
    formula = _formula_at(text, begin, len(text))
    if formula is not None:
        return formula[0] if formula[0] < len(text) else None
    if mark[0] == "\\" or len(mark) > 1:
        return None
    line_end = text.find("\n", begin)
    limit = begin + _MAX_DOLLAR_FORMULA_CHARS
    is_too_long = text[begin + 1] in " \t\n0123456789" or 0 <= line_end < limit or len(text) > limit
    closing = text.find("$", begin + 1)
    return begin + 1 if is_too_long or 0 <= closing < len(text) - 1 else None


def _match_delimiter_run(open_runs: list[tuple[str, int]], text: str, begin: int, end: int) -> None:
    """Update the open runs of `*`, `_` and `~` for one more run (CommonMark 0.31, section 6.2)."""
    char, left = text[begin], end - begin
    before, after = text[begin - 1] if begin else " ", text[end]
    is_space_before, is_space_after = isWhiteSpace(ord(before)), isWhiteSpace(ord(after))
    is_mark_before = isMdAsciiPunct(ord(before)) or isPunctChar(before)
    is_mark_after = isMdAsciiPunct(ord(after)) or isPunctChar(after)
    is_left = not is_space_after and (not is_mark_after or is_space_before or is_mark_before)
    is_right = not is_space_before and (not is_mark_before or is_space_after or is_mark_after)
    can_open, can_close = is_left, is_right
    if char == "_":
        can_open = is_left and (not is_right or is_mark_before)
        can_close = is_right and (not is_left or is_mark_after)
    while can_close and left and any(run_char == char for run_char, _ in open_runs):
        while open_runs[-1][0] != char:
            open_runs.pop()
        _, count = open_runs.pop()
        if count > left:
            open_runs.append((char, count - left))
        left = max(0, left - count)
    if can_open and left:
        open_runs.append((char, left))


def _with_markup_closed(text: str) -> str:
    """Return a text with its open emphasis and code closed: how its end will look once the closing mark has arrived."""
    opened: list[str] = []
    at = 0
    while match := _OPENERS.search(text, at):
        mark, at = match[0], match.end()
        if mark[0] == "`":
            closing = re.compile(rf"(?<!`){mark}(?!`)").search(text, at)
            if closing is None:
                if at == len(text):
                    return text[: match.start()].rstrip()
                return text + mark
            at = closing.end()
        elif mark[0] != "\\":
            if opened and opened[-1] == mark:
                opened.pop()
            elif text[at : at + 1].strip() or at == len(text):
                opened.append(mark)
    stripped = text
    while opened and stripped.endswith(opened[-1]):
        stripped = stripped[: -len(opened[-1])].rstrip()
        opened.pop()
    return stripped + "".join(reversed(opened))
