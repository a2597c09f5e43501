r"""What stands inside a paragraph, to styled spans, as it comes.

markdown-it parses it (CommonMark's inlines, strikethrough, `\(..\)`, `\[..\]`, `$$..$$` and `$..$` as mathematics). It
takes whole texts, so a growing one is cut at spaces where nothing is open: no emphasis, code, link or formula that a
later character could close. Cut there, the parts mean what the whole means. What has been open for `LONGEST` characters
is taken as written, so that one stray asterisk does not hold a long paragraph back; by the text alone, whatever the
chunking.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from grokchat.markdown.tex_to_unicode import tex_to_unicode
from grokchat.render.sanitize import visible
from grokchat.render.style import TerminalStyle
from grokchat.render.wrap import Span

LONGEST = 2000
"""Characters that markup may take from its beginning to its end."""
_NESTING = 60
_DOLLARS = 200
"""Characters of a formula between single dollars."""

_SPECIAL = re.compile(r"[\\`*_\[\]<>&!~$\n]")
_MARKS = re.compile(r"\\.?|`+|\*+|_+|~+|\[|\]|\$+|[ \n]", re.DOTALL)
_OPENERS = re.compile(r"\\.|`+|\*\*|\*|~~", re.DOTALL)
_ADDRESS = re.compile(r"\((?:[^()\\\n`<\[$]|\\.|\([^()\\\n`<\[$]*\))*\)")
_STYLES = {"em_open": "emphasis", "strong_open": "strong", "s_open": "strike", "link_open": "link"}


class InlineRenderer:
    """Feed it a paragraph's text; `feed` returns what is final of it, once, and `rest` what is not.

    The text is one that `Look.shown` returned: only what entities stand for is still to be shown here.
    """

    def __init__(self, style: TerminalStyle) -> None:
        self._style = style
        self._text = ""

    def fork(self) -> InlineRenderer:
        """Return a copy."""
        copy = InlineRenderer(self._style)
        copy._text = self._text
        return copy

    def feed(self, text: str) -> list[Span]:
        """Take more text and return the spans that have become final."""
        text = self._text + text
        spans: list[Span] = []
        begin = 0
        while True:
            window = text[begin : begin + LONGEST]
            cut = _settled(window)
            if not cut and len(window) == LONGEST and len(text) > begin + LONGEST:
                cut = _forced(window)
            if not cut:
                break
            spans += inline_spans(window[:cut], self._style)
            begin += cut
        self._text = text[begin:]
        return spans

    def hold(self, text: str) -> None:
        """Take more text, and leave it to `rest`."""
        self._text += text

    def rest(self, *, guess: bool = False) -> list[Span]:
        """Return the last spans; with `guess` as they will be when what is open is closed."""
        text = self._text.rstrip(" \t\n")
        return inline_spans(_closed(text) if guess else text, self._style)


def inline_spans(text: str, style: TerminalStyle) -> list[Span]:
    """Return a whole text's spans. Without styles the marks of code and of what is struck out stay."""
    if not _SPECIAL.search(text):
        return [(text, ())] if text else []
    tokens = _parsed(text).tokens
    if any(token.level >= _NESTING - 1 for token in tokens):
        return [(text, ())]
    return _styled(tokens, style)


def _styled(tokens: list[Token], style: TerminalStyle) -> list[Span]:
    spans: list[Span] = []
    styles: tuple[str, ...] = ()
    links: list[tuple[str, int, bool]] = []
    for token in tokens:
        kind = token.type
        if style.is_plain and token.tag == "s":
            spans.append(("~~", ()))  # what is struck out must not be taken for what is meant
        if token.nesting > 0:
            styles += (_STYLES[kind],)
            if kind == "link_open":
                is_bare = token.markup == "autolink"
                links.append((visible(str(token.attrs.get("href", ""))), len(spans), is_bare))
        elif token.nesting < 0:
            styles = styles[:-1]
            if kind == "link_close":
                address, begin, is_bare = links.pop()
                said = "".join(text for text, _ in spans[begin:])
                spans += [] if is_bare else _address(said, address, styles)
        elif kind in {"softbreak", "hardbreak"}:
            spans.append(("\n", ()))
        elif kind == "code_inline":
            spans.append((f"`{token.content}`" if style.is_plain else token.content, (*styles, "code")))
        elif kind == "math_inline":
            formula = tex_to_unicode(token.markup) if style.is_unicode else None
            spans.append(((formula or token.content).replace("\n", " "), (*styles, "math")))
        elif kind == "image":
            said = "".join(text for text, _ in _styled(token.children or [], style))
            spans.append((said, (*styles, "link")))
            spans += _address(said, visible(str(token.attrs.get("src", ""))), styles)
        elif links and links[-1][2]:
            # The parser makes an address readable; it is shown as it goes out.
            spans.append((links[-1][0].removeprefix("mailto:"), styles))
        elif token.content:
            # An entity such as &rlm; was harmless only as long as it was written out.
            spans.append((style.encodable(visible(token.content)).replace("\n", " "), styles))
    return spans


def _address(said: str, address: str, styles: tuple[str, ...]) -> list[Span]:
    """Show where a link goes beside what it says, so that it cannot lie."""
    if not address or address in {said, f"mailto:{said}"}:
        return []
    shown: list[Span] = [(address, (*styles, "url"))]
    return [(" (", styles), *shown, (")", styles)] if said else shown


# -- parsing -----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _parsed(text: str) -> StateInline:
    """Parse a text: once where it may be cut, and once more for what is in it, or for the next frame."""
    markdown = _markdown()
    state = StateInline(text, markdown, {}, [])
    markdown.inline.tokenize(state)
    for rule in markdown.inline.ruler2.getRules(""):
        rule(state)
    return state


@cache
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "maxNesting": _NESTING}).enable(["strikethrough"])
    markdown.inline.ruler.before("escape", "math", _math)
    return markdown


def _math(state: StateInline, silent: bool) -> bool:
    found = _formula(state.src, state.pos, state.posMax)
    if found is None:
        return False
    end, inner = found
    if not silent:
        token = state.push("math_inline", "math", 0)
        token.content, token.markup = state.src[state.pos : end], inner
    state.pos = end
    return True


def _formula(text: str, at: int, stop: int) -> tuple[int, str] | None:
    """Return where the formula that begins here ends, and what is in it."""
    mark = text[at : at + 2]
    closing = {"\\(": "\\)", "\\[": "\\]", "$$": "$$"}.get(mark)
    if closing is not None:
        end = text.find(closing, at + 2, stop)
        inner = text[at + 2 : end].strip()
        return (end + 2, inner) if end >= 0 and inner else None
    if mark[:1] != "$" or len(mark) < 2 or mark[1] in " \t\n$0123456789":
        return None
    end = text.find("$", at + 1, min(stop, at + _DOLLARS))
    inner = text[at + 1 : end]
    behind = text[end + 1 : end + 2]
    is_one = end >= 0 and inner[-1] not in " \t\\" and "\n" not in inner and not (behind.isalnum() or behind == "$")
    return (end + 1, inner) if is_one and re.search(r"[\\^_={}<>+]|^.$", inner) else None


# -- where a text may be cut -------------------------------------------------------------------------------------------


def _settled(text: str) -> int:
    """Return the last place, before white space, in front of which everything is decided; 0 if there is none."""
    special = _SPECIAL.search(text)
    is_plain = len(text) if special is None else special.start()
    last = 0
    if special is not None:
        for place in reversed(_places(text)):
            if _is_closed(text[:place]):
                return place
        return 0
    last = text.rstrip(" \n").rfind(" ", 0, is_plain) if text else 0
    while last > 0 and text[last - 1] in " \n":
        last -= 1
    return max(0, last)


def _is_closed(text: str) -> bool:
    if not _SPECIAL.search(text):
        return True
    return not any(one.open and one.end == -1 for one in _parsed(text).delimiters)


def _forced(text: str) -> int:
    """Return where a text is cut in which something has been open for too long."""
    cut = max(text.rfind(" "), text.rfind("\n"))
    if cut <= 0:
        cut = len(text) - 1 if text.endswith("\\") else len(text)
    return cut


def _places(text: str) -> list[int]:
    """Return the places before white space where no mark in front of it waits for one behind."""
    places: list[int] = []
    brackets = 0
    runs: list[tuple[str, int]] = []
    at, end = 0, len(text)
    while found := _MARKS.search(text, at):
        mark, begin, at = found[0], found.start(), found.end()
        if mark in " \n":
            if not runs and not brackets and begin and text[begin - 1] not in " \n" and text[begin:].strip(" \n"):
                places.append(begin)
            continue
        if at == end:
            break  # what comes next decides
        if mark[0] == "`":
            closing = re.compile(rf"(?<!`){mark}(?!`)").search(text, at)
            if closing is None or closing.end() == end:
                break
            at = closing.end()
        elif mark[0] in "\\$":
            ahead = _behind_formula(text, begin, mark)
            if ahead is None:
                break
            at = ahead
        elif mark == "[":
            brackets += 1
        elif mark == "]":
            brackets = max(0, brackets - 1)
            if text[at] == "(":
                address = _ADDRESS.match(text, at)
                if address is None:
                    break
                at = address.end()
        elif mark[0] != "~" or len(mark) > 1:
            _match(runs, text, begin, at)
    return places


def _behind_formula(text: str, begin: int, mark: str) -> int | None:
    """Return where to go on behind a backslash or dollars; None if that is not decided yet."""
    if mark[0] == "\\" and mark[1:] not in ("(", "["):
        return begin + len(mark)
    formula = _formula(text, begin, len(text))
    if formula is not None:
        return formula[0] if formula[0] < len(text) else None
    if mark[0] == "\\" or len(mark) > 1:
        return None
    line_end = text.find("\n", begin)
    is_over = text[begin + 1] in " \t\n0123456789" or 0 <= line_end < begin + _DOLLARS or len(text) > begin + _DOLLARS
    closing = text.find("$", begin + 1)
    return begin + 1 if is_over or 0 <= closing < len(text) - 1 else None


def _match(runs: list[tuple[str, int]], text: str, begin: int, end: int) -> None:
    """Bring the runs of `*`, `_` and `~` that are open up to behind this one (CommonMark 0.31, section 6.2)."""
    char, left = text[begin], end - begin
    before, behind = text[begin - 1] if begin else " ", text[end]
    before_white, behind_white = isWhiteSpace(ord(before)), isWhiteSpace(ord(behind))
    before_mark = isMdAsciiPunct(ord(before)) or isPunctChar(before)
    behind_mark = isMdAsciiPunct(ord(behind)) or isPunctChar(behind)
    is_left = not behind_white and (not behind_mark or before_white or before_mark)
    is_right = not before_white and (not before_mark or behind_white or behind_mark)
    opens, closes = is_left, is_right
    if char == "_":
        opens = is_left and (not is_right or before_mark)
        closes = is_right and (not is_left or behind_mark)
    while closes and left and any(one == char for one, _ in runs):
        while runs[-1][0] != char:
            runs.pop()
        _, count = runs.pop()
        if count > left:
            runs.append((char, count - left))
        left = max(0, left - count)
    if opens and left:
        runs.append((char, left))


def _closed(text: str) -> str:
    """Return a text with its open emphasis and code closed: how the end of a reply will look once its mark has come."""
    opened: list[str] = []
    at = 0
    while found := _OPENERS.search(text, at):
        mark, at = found[0], found.end()
        if mark[0] == "`":
            closing = re.compile(rf"(?<!`){mark}(?!`)").search(text, at)
            if closing is None:
                if at == len(text):
                    return text[: found.start()].rstrip()
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
