"""Styled text, wrapped into lines of a width as it arrives.

A line is returned as soon as no later text can change it, so a paragraph of any length takes memory for one
line. Words stay whole where they fit. Between wide characters a line may break, but not before a closing mark. A soft
hyphen is a hyphen where a line breaks, and nothing elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from grokchat.render.cells import TAB_STOP, cell_width, grapheme_clusters
from grokchat.render.sanitize import SOFT_HYPHEN

Span = tuple[str, tuple[str, ...]]
"""A piece of text and the elements around it (`theme.STYLES`), outermost first; code may have a style of rich's."""
StyledLine = list[Span]
"""A line as styled spans, without a newline."""

_WIDE = (
    "\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\U00020000-\U0003fffd"
)
_CLOSING = (
    "\u3001\u3002\u3005\u3009\u300b\u300d\u300f\u3011\u3015\u301f\u30fb\u30fc\uff01\uff09\uff0c\uff0e\uff1a\uff1b\uff1f"
    "\uff3d\uff5d"
)
_OPENING = "\u3008\u300a\u300c\u300e\u3010\u3014\uff08\uff3b\uff5b"
_MARKS = "\u0300-\u036f\u1160-\u11ff\u200d\u302a-\u302f\u3099\u309a\ud7b0-\ud7fb\ufe00-\ufe0f\U000e0100-\U000e01ef"
"""What belongs to the wide character before it: accents, later parts of a Korean syllable, variation selectors."""
_ITEMS = re.compile(r"\n| +|\t|[^ \t\n]+")
_PIECES = re.compile(f"[{_OPENING}]*[{_WIDE}][{_MARKS}]*[{_CLOSING}]*|[^{_WIDE}]+")
"""The unbreakable parts of a word: a wide character with its marks and brackets, or a run of other characters."""
_HAS_WIDE = re.compile(f"[{_WIDE}]")
_BREAK_BEHIND = re.compile(f"(?![{_OPENING}])[{_WIDE}][{_MARKS}]*\\Z")
_NO_BREAK_BEFORE = re.compile(f"[{_CLOSING}{_MARKS}]")
"""Between these two a line may break although there is no space: behind a wide character, not before what closes."""
_MAX_MARKS = 64
_TEXT_PIECES = f" +|[{_OPENING}]*(?:[{_WIDE}][{_MARKS}]*|[^ {_WIDE}]+)[{_CLOSING}]*"
"""The unbreakable parts of plain text; compiled on first use."""


def wrap_text(text: str, columns: int) -> list[str]:
    """Break one line of text into rows of at most `columns` cells: at spaces, between wide characters, in long words.

    For ASCII the rows are those of `textwrap.wrap`, which counts characters instead of cells: unlike `LineWrapper`, it
    keeps the indentation and fills a row with the beginning of a long word. The rows of an empty text are one empty
    row.
    """
    columns = max(1, columns)
    rows: list[str] = []
    row, cells = "", 0
    for piece in unbreakable_parts(text.expandtabs(TAB_STOP)):
        is_long_word = piece[0] != " " and cell_width(piece) > columns
        for part in grapheme_clusters(piece) if is_long_word else [piece]:
            size = cell_width(part)
            if cells + size > columns:
                if row.strip(" "):
                    rows.append(row.rstrip(" "))
                row, cells = "", 0
            if part[0] != " " or row or not rows:
                row, cells = row + part, cells + size
    last = row.rstrip(" ")
    return [*rows, last] if last or not rows else rows


def unbreakable_parts(text: str) -> list[str]:
    """Return one line of text without tabs in parts between which it may be broken: runs of spaces, words, letters."""
    return re.findall(_TEXT_PIECES, text)


class LineWrapper:
    """Wraps spans as they arrive: `feed` returns the lines that are full, `finish` the last ones."""

    __slots__ = ("_cells", "_hyphen", "_line", "_spaces", "_word", "_word_cells")

    def __init__(self) -> None:
        self._line: StyledLine = []
        self._cells = 0
        self._spaces: list[Span] = []
        self._word: list[Span] = []
        self._word_cells = 0
        self._hyphen: Span | None = None
        """What ends the line if it breaks here: it ends at a soft hyphen."""

    def copy(self) -> LineWrapper:
        """Return an independent copy."""
        copy = LineWrapper()
        copy._line, copy._cells, copy._spaces = self._line.copy(), self._cells, self._spaces.copy()
        copy._word, copy._word_cells, copy._hyphen = self._word.copy(), self._word_cells, self._hyphen
        return copy

    def feed(self, spans: Iterable[Span], columns: int) -> list[StyledLine]:
        """Add spans and return the lines that are full, of at most `columns` cells."""
        lines: list[StyledLine] = []
        for text, elements in spans:
            if text.isascii() and "\t" not in text:
                self._feed_ascii(text, elements, columns, lines)
            else:
                self._feed_any(text, elements, columns, lines)
        return lines

    def _feed_ascii(self, text: str, elements: tuple[str, ...], columns: int, lines: list[StyledLine]) -> None:
        """Do what `_feed_any` does, for text with one cell a character: whole runs of words at once."""
        for number, line in enumerate(text.split("\n")):
            if number:
                self._end_word(columns, lines)
                lines.append(self._pop_line())
            at, end = 0, len(line)
            while at < end:
                if line[at] != " ":
                    stop = line.find(" ", at)
                    stop = end if stop < 0 else stop
                    self._end_word_if_breakable(line[at], columns, lines)
                    self._word.append((line[at:stop], elements))
                    self._word_cells += stop - at
                    if self._word_cells > columns:
                        self._break_word(columns, lines)
                    at = stop
                    continue
                self._end_word(columns, lines)
                start = at
                while at < end and line[at] == " ":
                    at += 1
                if not self._line:
                    continue
                # The words up to the last space that fits into the line are added in one step.
                gap = sum(len(space) for space, _ in self._spaces)
                last = line.rfind(" ", at, max(at, start + columns - self._cells - gap + 1))
                while last > at and line[last - 1] == " ":
                    last -= 1
                if last > at:
                    self._line += [*self._spaces, (line[start:last], elements)]
                    self._cells += gap + last - start
                    self._spaces = []
                    at = last
                else:
                    self._spaces.append((line[start:at], elements))

    def _feed_any(self, text: str, elements: tuple[str, ...], columns: int, lines: list[StyledLine]) -> None:
        for item in _ITEMS.findall(text):
            if item == "\n":
                self._end_word(columns, lines)
                lines.append(self._pop_line())
            elif item[0] in " \t":
                self._end_word(columns, lines)
                if self._line:
                    self._spaces.append((item.replace("\t", "    "), elements))
            elif item.isascii():
                self._add_to_word(item, elements, columns, lines)
            else:
                for number, part in enumerate(item.split(SOFT_HYPHEN)):
                    if number:
                        self._end_part(elements, columns, lines)
                    for piece in _PIECES.findall(part) if _HAS_WIDE.search(part) else [part] if part else []:
                        self._add_to_word(piece, elements, columns, lines)

    def finish(self, columns: int) -> list[StyledLine]:
        """End the text and return the last lines."""
        lines: list[StyledLine] = []
        self._end_word(columns, lines)
        return [*lines, self._pop_line()] if self._line else lines

    def _add_to_word(self, text: str, elements: tuple[str, ...], columns: int, lines: list[StyledLine]) -> None:
        self._end_word_if_breakable(text[0], columns, lines)
        self._word.append((text, elements))
        self._word_cells += cell_width(text)
        if self._word_cells > columns:
            self._break_word(columns, lines)

    def _end_word_if_breakable(self, next_char: str, columns: int, lines: list[StyledLine]) -> None:
        """End the word if a line may break before the next character, even if the two are in different spans."""
        if not self._word or (last := self._word[-1][0])[-1].isascii() or _NO_BREAK_BEFORE.match(next_char):
            return
        if _BREAK_BEHIND.search(last[-_MAX_MARKS:]):
            self._end_word(columns, lines)

    def _end_word(self, columns: int, lines: list[StyledLine]) -> None:
        """Move the word into the line, or into the next line."""
        if not self._word:
            return
        gap = sum(len(text) for text, _ in self._spaces)
        if self._line and self._cells + gap + self._word_cells > columns:
            lines.append(self._pop_line())
            gap = 0
        self._line += [*self._spaces, *self._word]
        self._cells += gap + self._word_cells
        self._spaces, self._word, self._word_cells, self._hyphen = [], [], 0, None

    def _end_part(self, elements: tuple[str, ...], columns: int, lines: list[StyledLine]) -> None:
        """End the part of a word before a soft hyphen, with room for the hyphen behind it."""
        self._end_word(columns - 1, lines)
        if 0 < self._cells < columns:
            self._hyphen = ("-", elements)

    def _break_word(self, columns: int, lines: list[StyledLine]) -> None:
        """Break a word that does not fit into any line."""
        if self._line:
            lines.append(self._pop_line())
        row: list[Span] = []
        cells = 0
        for text, elements in self._word:
            begin = end = 0
            for cluster in grapheme_clusters(text):
                size = cell_width(cluster)
                if cells + size > columns and cells:
                    lines.append([*row, (text[begin:end], elements)] if end > begin else row)
                    row, cells, begin = [], 0, end
                cells += size
                end += len(cluster)
            if end > begin:
                row.append((text[begin:], elements))
        self._word, self._word_cells = row, cells

    def _pop_line(self) -> list[Span]:
        line = [*self._line, self._hyphen] if self._hyphen else self._line
        self._line, self._cells, self._spaces, self._hyphen = [], 0, [], None
        return line
