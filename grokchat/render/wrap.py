"""Styled text, wrapped into lines of a width as it arrives.

A line is returned as soon as no later text can change it, so a paragraph of any length takes memory for one line. Words
stay whole where they fit; beside characters that are not ASCII a line breaks where `line_breaks` says. A soft hyphen is
a hyphen where a line breaks, and nothing elsewhere; a zero-width space is nothing, and a line may break there.

An address is never broken: with a newline in it, it could neither be copied nor clicked. If it does not fit into the
line, it gets one of its own, and if it is wider, the terminal wraps that.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from types import ModuleType

from grokchat.render.addresses import PREFIX_CHARS, is_address, outside_urls
from grokchat.render.cells import TAB_STOP, cell_width, grapheme_clusters, running_widths
from grokchat.render.sanitize import SOFT_HYPHEN, ZERO_WIDTH_SPACE

Span = tuple[str, tuple[str, ...]]
"""A piece of text and the elements around it (`theme.STYLES`), outermost first; code may have a style of rich's."""
StyledLine = list[Span]
"""A line as styled spans, without a newline."""

_ITEMS = re.compile(rf" +|[\n\t{SOFT_HYPHEN}{ZERO_WIDTH_SPACE}]|[^ \n\t{SOFT_HYPHEN}{ZERO_WIDTH_SPACE}]+")
_RUNS = re.compile(" +|[^ ]+")
_HAS_HINT = re.compile(f"[\n\t{SOFT_HYPHEN}{ZERO_WIDTH_SPACE}]")
_MIN_RUN_PARTS = 3
"""Fewer parts are added one by one."""
_CONTEXT_CHARS = 3
"""The most characters before a place that decide whether a line may break there."""


@cache
def _line_breaks() -> ModuleType:
    from grokchat.render import line_breaks

    return line_breaks


def wrap_text(text: str, columns: int) -> list[str]:
    """Break one line of text into rows of at most `columns` cells, where `LineWrapper` does.

    Its indentation is kept in the first row. The rows of an empty text are one empty row.
    """
    text = text.expandtabs(TAB_STOP)
    words = text.strip(" ")
    indent = len(text) - len(text.lstrip(" ")) if words else 0
    wrapper = LineWrapper(indent if indent < columns else 0)
    lines = [*wrapper.feed([(words, ())], max(1, columns)), *wrapper.finish(max(1, columns))]
    rows = ["".join(part for part, _ in line) for line in lines]
    return [row for row in rows if row.strip(" ")] or [""]


def unbreakable_parts(text: str) -> list[str]:
    """Return one line of text without tabs in parts between which it may be broken: runs of spaces, words, letters."""
    items = _RUNS.findall(text)
    if text.isascii():
        return items
    parts = []
    for item in items:
        places = [] if item.isascii() else outside_urls(_line_breaks().break_places(item), item)
        parts += [item[begin:end] for begin, end in pairwise([0, *places, len(item)])]
    return parts


class LineWrapper:
    """Wraps spans as they arrive: `feed` returns the lines that are full, `finish` the last ones.

    The first line is indented by `indent`. Without `keeps_addresses` they are broken as other long words are.
    """

    __slots__ = ("_cells", "_hyphen", "_is_plain", "_keeps_addresses", "_line", "_spaces", "_word", "_word_cells")

    def __init__(self, indent: int = 0, *, keeps_addresses: bool = True) -> None:
        self._line: StyledLine = [(" " * indent, ())] if indent else []
        self._cells = indent
        self._spaces: list[Span] = []
        self._word: list[Span] = []
        self._word_cells = 0
        self._is_plain = False
        """Whether the word is known to be no address."""
        self._hyphen: Span | None = None
        """What ends the line if it breaks here: it ends at a soft hyphen."""
        self._keeps_addresses = keeps_addresses

    def copy(self) -> LineWrapper:
        """Return an independent copy."""
        copy = LineWrapper(keeps_addresses=self._keeps_addresses)
        copy._line, copy._cells, copy._spaces = self._line.copy(), self._cells, self._spaces.copy()
        copy._word, copy._word_cells, copy._is_plain = self._word.copy(), self._word_cells, self._is_plain
        copy._hyphen = self._hyphen
        return copy

    def feed(self, spans: Iterable[Span], columns: int) -> list[StyledLine]:
        """Add spans and return the lines that are full, of at most `columns` cells unless they are an address."""
        lines: list[StyledLine] = []
        for text, elements in spans:
            is_ascii = text.isascii()
            places = [] if is_ascii and (not self._word or self._word[-1][0].isascii()) else self._break_places(text)
            if places and not places[0]:
                if text[0] != SOFT_HYPHEN:
                    self._end_word(columns, lines)
                del places[0]
            sums = None if is_ascii or _HAS_HINT.search(text) else running_widths(text)
            if sums is not None or (is_ascii and "\t" not in text):
                self._feed_measured(text, sums, places, elements, columns, lines)
            else:
                self._feed_any(text, places, elements, columns, lines)
        return lines

    def _feed_measured(
        self,
        text: str,
        sums: list[int] | None,
        places: list[int],
        elements: tuple[str, ...],
        columns: int,
        lines: list[StyledLine],
    ) -> None:
        """Do what `_feed_any` does, whole runs of words at once, by the cells up to each character.

        Without `sums`, each character takes one; only then there may be newlines, and there are no places to break at.
        """
        for number, line in enumerate(text.split("\n")):
            if number:
                self._end_word(columns, lines)
                lines.append(self._pop_line())
            at, end = 0, len(line)
            while at < end:
                start = at
                if line[at] != " ":
                    at = line.find(" ", at)
                    at = end if at < 0 else at
                    if places:
                        ends = [*places[bisect_right(places, start) : bisect_left(places, at)], at]
                        self._add_run(line, sums, start, ends, elements, columns, lines)
                        continue
                    self._word.append((line[start:at], elements))
                    self._word_cells += at - start if sums is None else sums[at - 1] - _sum(sums, start)
                    if self._word_cells > columns:
                        self._break_unless_address(columns, lines)
                    continue
                self._end_word(columns, lines)
                while at < end and line[at] == " ":
                    at += 1
                if not self._line:
                    continue
                # The words up to the last space that fits into the line are added in one step.
                gap = sum(len(space) for space, _ in self._spaces)
                room = columns - self._cells - gap
                fitting = start + room if sums is None else bisect_right(sums, _sum(sums, start) + room)
                last = line.rfind(" ", at, max(at, fitting + 1))
                while last > at and line[last - 1] == " ":
                    last -= 1
                if last > at:
                    self._line += [*self._spaces, (line[start:last], elements)]
                    self._cells += gap + (last - start if sums is None else sums[last - 1] - _sum(sums, start))
                    self._spaces, self._hyphen = [], None
                    at = last
                else:
                    self._spaces.append((line[start:at], elements))

    def _feed_any(
        self, text: str, places: list[int], elements: tuple[str, ...], columns: int, lines: list[StyledLine]
    ) -> None:
        """Add text that may be broken at these places, and at its white space."""
        at = 0
        for found in _ITEMS.finditer(text):
            item = found[0]
            if item == "\n":
                self._end_word(columns, lines)
                lines.append(self._pop_line())
            elif item[0] in " \t":
                self._end_word(columns, lines)
                if self._line:
                    self._spaces.append((item.replace("\t", "    "), elements))
            elif item == SOFT_HYPHEN:
                self._end_part(elements, columns, lines)
            elif item == ZERO_WIDTH_SPACE:
                self._end_word(columns, lines)
            else:
                begin, end = found.span()
                first, at = bisect_right(places, begin, at), bisect_left(places, end, at)
                self._add_run(text, None, begin, [*places[first:at], end], elements, columns, lines)

    def finish(self, columns: int) -> list[StyledLine]:
        """End the text and return the last lines."""
        lines: list[StyledLine] = []
        self._end_word(columns, lines)
        return [*lines, self._pop_line()] if self._line else lines

    def _add_run(
        self,
        text: str,
        sums: list[int] | None,
        begin: int,
        ends: list[int],
        elements: tuple[str, ...],
        columns: int,
        lines: list[StyledLine],
    ) -> None:
        """Add a part of the text without spaces, which may be broken at all of `ends` but the last one, its own end."""
        at = 0
        while at < len(ends):
            if sums is not None and len(ends) > _MIN_RUN_PARTS and not self._word:
                # The parts that fit into the line are added in one step, but for the last one, which may go on.
                gap = sum(len(space) for space, _ in self._spaces)
                fitting = bisect_right(sums, _sum(sums, begin) + columns - self._cells - gap)
                last = bisect_right(ends, fitting, at, len(ends) - 1) - 1
                if last > at:
                    self._line += [*self._spaces, (text[begin : ends[last]], elements)]
                    self._cells += gap + sums[ends[last] - 1] - _sum(sums, begin)
                    self._spaces, self._hyphen = [], None
                    begin, at = ends[last], last + 1
            part = text[begin : ends[at]]
            self._word.append((part, elements))
            self._word_cells += cell_width(part) if sums is None else sums[ends[at] - 1] - _sum(sums, begin)
            if self._word_cells > columns:
                self._break_unless_address(columns, lines)
            begin, at = ends[at], at + 1
            if at < len(ends):
                self._end_word(columns, lines)

    def _break_places(self, text: str) -> list[int]:
        """Return where a line may break in a text that follows the word; 0 is between the two. No URL is broken."""
        context = self._end_of_word()
        if text.isascii():
            if context.isascii():
                return []
            text = text[:1]  # what is ASCII breaks at spaces alone
        places = _line_breaks().break_places(context + text, max(1, len(context)))
        if not places:
            return []
        if self._keeps_addresses:
            word = self._text_of_word()
            places = outside_urls(places, word + text, offset=len(word) - len(context))
        return [place - len(context) for place in places]

    def _text_of_word(self) -> str:
        return "".join(part for part, _ in self._word)

    def _end_of_word(self) -> str:
        """Return the last characters of the word, as many as decide whether a line may break after it."""
        end = ""
        for part, _ in reversed(self._word):
            end = part[-_CONTEXT_CHARS:] + end
            if len(end) >= _CONTEXT_CHARS:
                break
        return end[-_CONTEXT_CHARS:]

    def _end_word(self, columns: int, lines: list[StyledLine], *, hyphen_cells: int = 0) -> None:
        """Move the word into the line, or into the next line. After it there is room for a hyphen."""
        if not self._word:
            return
        if self._word_cells > columns and not self._is_plain:
            if not (self._keeps_addresses and is_address(self._text_of_word())):
                self._break_word(columns, lines)
            elif self._line:
                lines.append(self._pop_line())
        gap = sum(len(text) for text, _ in self._spaces)
        if self._line and self._cells + gap + self._word_cells > columns - hyphen_cells:
            lines.append(self._pop_line())
            gap = 0
        self._line += [*self._spaces, *self._word]
        self._cells += gap + self._word_cells
        self._spaces, self._word, self._word_cells, self._is_plain, self._hyphen = [], [], 0, False, None

    def _end_part(self, elements: tuple[str, ...], columns: int, lines: list[StyledLine]) -> None:
        """End the part of a word before a soft hyphen, with room for the hyphen after it."""
        self._end_word(columns, lines, hyphen_cells=1)
        if 0 < self._cells < columns:
            self._hyphen = ("-", elements)

    def _break_unless_address(self, columns: int, lines: list[StyledLine]) -> None:
        """Break a word that does not fit into any line once it is known to be no address."""
        if self._keeps_addresses and not self._is_plain:
            word = self._text_of_word()
            if len(word) < PREFIX_CHARS or is_address(word):
                return
            self._is_plain = True
        self._break_word(columns, lines)

    def _break_word(self, columns: int, lines: list[StyledLine]) -> None:
        """Break a word that does not fit into any line."""
        if self._line:
            lines.append(self._pop_line())
        word = self._text_of_word()
        is_ascii = word.isascii()
        places: list[int] = []
        begin = end = cells = 0
        for cluster in grapheme_clusters(word):
            size = cell_width(cluster)
            if cells + size > columns and cells:
                place = end if is_ascii else begin + _line_breaks().last_place(word[begin : end + 1])
                cells = cell_width(word[place:end])
                begin, cells = (place, cells) if cells + size <= columns else (end, 0)
                places.append(begin)
            cells += size
            end += len(cluster)
        *rows, self._word = _split(self._word, places)
        self._word_cells = cells
        lines += rows

    def _pop_line(self) -> list[Span]:
        line = [*self._line, self._hyphen] if self._hyphen else self._line
        self._line, self._cells, self._spaces, self._hyphen = [], 0, [], None
        return line


def _split(spans: list[Span], places: list[int]) -> list[list[Span]]:
    """Return the spans of each part of a text that is cut at these places."""
    rows: list[list[Span]] = [[]]
    ends, at = iter(places), 0
    stop = next(ends, None)
    for text, elements in spans:
        begin = 0
        while stop is not None and stop < at + len(text):
            if stop > at + begin:
                rows[-1].append((text[begin : stop - at], elements))
            rows.append([])
            begin, stop = stop - at, next(ends, None)
        rows[-1].append((text[begin:], elements))
        at += len(text)
    return rows


def _sum(sums: list[int], place: int) -> int:
    """Return the cells before a place."""
    return sums[place - 1] if place else 0
