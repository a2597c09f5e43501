"""A paragraph's text, parsed as it streams in. The screen and the HTML export use it.

markdown-it (`inline_grammar`) takes whole texts, so a growing one is cut at spaces where nothing is open: no emphasis,
code, link or formula that a later character could close. Parts that are cut there mean the same as the whole.

Markup that has been open for `MAX_MARKUP_CHARS` is taken as written, so that one stray asterisk does not hold back a
long paragraph. Where that happens depends on the text alone, never on how it was split into chunks. The limit also
bounds the work: markdown-it searches the whole rest of a text for each bracket that is never closed.
"""

from __future__ import annotations

import re
from unicodedata import category

from grokchat.markdown.citations import without_open_marker
from grokchat.markdown.flanking import flanks_of
from grokchat.markdown.formulas import (
    FORMULA_ENDS,
    MAX_DOLLAR_FORMULA_CHARS,
    formula_after_opening,
    is_hopeless,
    may_begin_formula,
)
from grokchat.markdown.inline_grammar import SPECIAL_CHARS, InlineNode, inline_nodes, last_closed_place

MAX_MARKUP_CHARS = 2000
"""The longest element, from its beginning to its end."""

_MAX_CLUSTER_CHARS = 64
_BREAK_END = re.compile(r"</?br {0,3}/?>?\Z", re.IGNORECASE)
"""Before a place where a line break may continue, or have its newline."""
_MAX_BREAK_CHARS = 10
_OPEN_BREAK = re.compile(r"<(?:/|/?b|/?br {0,3}/?)\Z", re.IGNORECASE)
_MARKS = re.compile(r"\\.?|`+|\*+|_+|~+|\[|\]|\$+", re.DOTALL)
_OPENERS = re.compile(r"\\.?|`+|\*\*|\*|~~", re.DOTALL)
_OPEN_ADDRESS = re.compile(r"\[[^\[\]`]*\]\([^\s\[\]()<>`]*\Z")
_ADDRESS = re.compile(r"\((?:[^()\\\n`<\[$]|\\.|\([^()\\\n`<\[$]*\))*\)")


class InlineParser:
    """Parses a paragraph's text as it arrives: `feed` returns nodes that are final, once; `rest` returns the others.

    With `has_citations`, links that are markers of sources are citations.
    """

    def __init__(self, *, has_citations: bool = False) -> None:
        self._text = ""
        self._has_citations = has_citations

    def copy(self) -> InlineParser:
        """Return a copy that continues independently."""
        copy = InlineParser(has_citations=self._has_citations)
        copy._text = self._text
        return copy

    def feed(self, text: str) -> list[InlineNode]:
        """Add text and return the nodes that have become final."""
        text = self._text + text
        nodes: list[InlineNode] = []
        begin = 0
        while True:
            window = text[begin : begin + MAX_MARKUP_CHARS]
            cut = _last_settled_space(window, self._has_citations)
            if not cut and len(window) == MAX_MARKUP_CHARS and len(text) > begin + MAX_MARKUP_CHARS:
                cut = _forced_cut(window, text[begin + MAX_MARKUP_CHARS])
            if not cut:
                break
            nodes += inline_nodes(window[:cut], has_citations=self._has_citations)
            begin += cut
        self._text = text[begin:]
        return nodes

    def hold(self, text: str) -> None:
        """Add text without parsing it: all of it is left to `rest`."""
        self._text += text

    def rest(self, *, guess: bool = False) -> list[InlineNode]:
        """Return the nodes that are not final; with `guess` as they will look once the open markup is closed."""
        text = self._text.rstrip(" \t\n")
        if guess:
            text = without_open_marker(text) if self._has_citations else text
            text = _with_markup_closed(text).rstrip(" \t\n")
        return inline_nodes(text, has_citations=self._has_citations)


def parse_inline(text: str, *, guess: bool = False, has_citations: bool = False) -> list[InlineNode]:
    """Return the nodes of a whole text; with `guess` as its end will look once the open markup is closed."""
    parser = InlineParser(has_citations=has_citations)
    if len(text) <= MAX_MARKUP_CHARS:
        parser.hold(text)  # cut where nothing is open, it would mean the same
        return parser.rest(guess=guess)
    return [*parser.feed(text), *parser.rest(guess=guess)]


# -- where a text may be cut -------------------------------------------------------------------------------------------


def _last_settled_space(text: str, has_citations: bool) -> int:
    """Return the last place before white space where all text before it is decided; 0 if there is none."""
    if not text:
        return 0
    if SPECIAL_CHARS.search(text):
        places = _candidate_spaces(text)
        return last_closed_place(text[: places[-1]], places, has_citations=has_citations) if places else 0
    last = text.rstrip(" \n").rfind(" ")
    while last > 0 and text[last - 1] in " \n":
        last -= 1
    return max(0, last)


def _forced_cut(text: str, following: str) -> int:
    """Return where to cut a text in which markup has been open for too long; not before a mark, or after a joiner."""
    cut = max(text.rfind(" "), text.rfind("\n"))
    if cut > 0:
        return cut
    cut = len(text) - 1 if text.endswith("\\") else len(text)
    whole = text + following
    places = range(cut, max(1, cut - _MAX_CLUSTER_CHARS), -1)
    return next((place for place in places if not _is_joined(whole[place - 1], whole[place])), cut)


def _is_joined(before: str, after: str) -> bool:
    return before == "\u200d" or category(after) in {"Mn", "Me", "Mc", "Cf", "Sk"}


def _candidate_spaces(text: str) -> list[int]:
    """Return the places before white space where no mark before them needs a later one: between two marks the last."""
    places: list[int] = []
    open_brackets = 0
    open_runs: list[tuple[str, int]] = []
    at, end, inner_end = 0, len(text), len(text.rstrip(" \n"))
    while True:
        match = _MARKS.search(text, at)
        if not open_runs and not open_brackets:
            place = _last_inner_space(text, at, min(inner_end, match.start() if match else end))
            if place:
                places.append(place)
        if match is None:
            break
        mark, begin, at = match[0], match.start(), match.end()
        if at == end:
            break  # the next character decides the mark's meaning
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


def _last_inner_space(text: str, begin: int, end: int) -> int:
    """Return the last place in a part of the text where white space begins, not before or inside a `<br>`; 0 if none.

    What is after the text's last word is left out by the caller.
    """
    place = end
    while True:
        place = max(text.rfind(" ", begin, place), text.rfind("\n", begin, place))
        if place <= 0:
            return 0
        if text[place - 1] in " \n":
            continue
        may_be_break = text[place - 1] in "rR/>" and _BREAK_END.search(text, max(0, place - _MAX_BREAK_CHARS), place)
        if not may_be_break:
            return place


def _after_formula(text: str, begin: int, mark: str) -> int | None:
    """Return the place to continue from after a backslash or dollars; None if that is undecided."""
    size = len(text)
    if mark not in FORMULA_ENDS or not may_begin_formula(text, begin):
        return begin + len(mark)
    formula = formula_after_opening(text, begin, size)
    if formula is not None:
        return formula[0] if formula[0] < size else None
    inside = begin + len(mark)
    closing = text.find(FORMULA_ENDS[mark], inside)
    if closing >= 0:
        is_decided = closing + len(mark) < size
    else:
        limit = begin + MAX_DOLLAR_FORMULA_CHARS
        is_decided = is_hopeless(text, inside) or (mark == "$" and (size > limit or "\n" in text[inside:limit]))
    return inside if is_decided else None


def _match_delimiter_run(open_runs: list[tuple[str, int]], text: str, begin: int, end: int) -> None:
    """Update the open runs of `*`, `_` and `~` by the next run (CommonMark 0.31, section 6.2)."""
    char, left = text[begin], end - begin
    flanks = flanks_of(text[max(0, begin - 2) : begin], text[end])
    while flanks.can_close(char) and left and any(run_char == char for run_char, _ in open_runs):
        while open_runs[-1][0] != char:
            open_runs.pop()
        _, count = open_runs.pop()
        if count > left:
            open_runs.append((char, count - left))
        left = max(0, left - count)
    if flanks.can_open(char) and left:
        open_runs.append((char, left))


def _with_markup_closed(text: str) -> str:
    """Return a text with open emphasis, code and a link's address closed: how its end will look once it is complete.

    A backslash at its end is left out, and so is the beginning of a `<br>`: what follows decides whether it is shown.
    """
    opened: list[str] = []
    at = 0
    if "<" in text[-_MAX_BREAK_CHARS:]:
        text = _OPEN_BREAK.sub("", text)
    while match := _OPENERS.search(text, at):
        mark, at = match[0], match.end()
        if mark[0] == "`":
            closing = re.compile(rf"(?<!`){mark}(?!`)").search(text, at)
            if closing is None:
                if at == len(text):
                    return text[: match.start()].rstrip()
                return text + mark
            at = closing.end()
        elif mark == "\\":
            text = text[:-1]
        elif mark[0] != "\\":
            if opened and opened[-1] == mark:
                opened.pop()
            elif text[at : at + 1].strip() or at == len(text):
                opened.append(mark)
    stripped = f"{text})" if _OPEN_ADDRESS.search(text) else text
    while opened and stripped.endswith(opened[-1]):
        stripped = stripped[: -len(opened[-1])].rstrip()
        opened.pop()
    return stripped + "".join(reversed(opened))
