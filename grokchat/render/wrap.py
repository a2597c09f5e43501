"""Styled text into lines of a width, as it comes.

A line is given away as soon as nothing that follows can change it, so a paragraph of any length takes memory for one
line. Words stay whole where they fit; between wide characters a line may break, but not before a closing mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from grokchat.render.cells import TAB_STOP, cell_width, grapheme_clusters

Span = tuple[str, tuple[str, ...]]
"""A piece of text and the names of its styles, outermost first."""

_WIDE = (
    "\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\U00020000-\U0003fffd"
)
_CLOSING = (
    "\u3001\u3002\u3005\u3009\u300b\u300d\u300f\u3011\u3015\u301f\u30fb\u30fc\uff01\uff09\uff0c\uff0e\uff1a\uff1b\uff1f"
    "\uff3d\uff5d"
)
_OPENING = "\u3008\u300a\u300c\u300e\u3010\u3014\uff08\uff3b\uff5b"
_ITEMS = re.compile(r"\n| +|\t|[^ \t\n]+")
_PIECES = re.compile(f"[{_OPENING}]*[{_WIDE}][\u0300-\u036f\u3099\u309a]*[{_CLOSING}]*|[^{_WIDE}]+")
"""What stays together of a word: a wide character with the marks that may not leave it, or a run of others."""
_HAS_WIDE = re.compile(f"[{_WIDE}]")
_BREAK = re.compile(f"(?![{_OPENING}])[{_WIDE}](?![{_CLOSING}\u0300-\u036f\u3099\u309a]).")
"""Two characters between which a line may break, though there is no space."""
_TEXT_PIECES = f" +|[{_OPENING}]*(?:[{_WIDE}][\u0300-\u036f\u3099\u309a]*|[^ {_WIDE}]+)[{_CLOSING}]*"
"""What stays together of plain text; compiled on first use."""


def wrap_text(text: str, columns: int) -> list[str]:
    """Break one line of text into rows of at most so many cells: at spaces, between wide characters, in long words.

    For ASCII the rows are those of `textwrap.wrap`, which counts characters instead of cells. The rows of an empty text
    are one empty row.
    """
    columns = max(1, columns)
    rows: list[str] = []
    row, cells = "", 0
    for piece in re.findall(_TEXT_PIECES, text.expandtabs(TAB_STOP)):
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


class LineWrapper:
    """Feed it spans; it returns the lines that are full. `rest` is the last one, `fork` a copy to look ahead with."""

    __slots__ = ("_cells", "_line", "_space", "_word", "_word_cells")

    def __init__(self) -> None:
        self._line: list[Span] = []
        self._cells = 0
        self._space: list[Span] = []
        self._word: list[Span] = []
        self._word_cells = 0

    def fork(self) -> LineWrapper:
        """Return a copy."""
        copy = LineWrapper()
        copy._line, copy._cells, copy._space = self._line.copy(), self._cells, self._space.copy()
        copy._word, copy._word_cells = self._word.copy(), self._word_cells
        return copy

    def feed(self, spans: Iterable[Span], columns: int) -> list[list[Span]]:
        """Take more text and return the lines of at most `columns` cells that it filled."""
        lines: list[list[Span]] = []
        for text, style in spans:
            if text.isascii() and "\t" not in text:
                self._feed_ascii(text, style, columns, lines)
            else:
                self._feed_any(text, style, columns, lines)
        return lines

    def _feed_ascii(self, text: str, style: tuple[str, ...], columns: int, lines: list[list[Span]]) -> None:
        """Do what `_feed_any` does, for text in which a character is a cell: whole runs of words at once."""
        for number, line in enumerate(text.split("\n")):
            if number:
                self._settle(columns, lines)
                lines.append(self._take())
            at, end = 0, len(line)
            while at < end:
                if line[at] != " ":
                    stop = line.find(" ", at)
                    stop = end if stop < 0 else stop
                    self._part(line[at], columns, lines)
                    self._word.append((line[at:stop], style))
                    self._word_cells += stop - at
                    if self._word_cells > columns:
                        self._fold(columns, lines)
                    at = stop
                    continue
                self._settle(columns, lines)
                start = at
                while at < end and line[at] == " ":
                    at += 1
                if not self._line:
                    continue
                # Up to the last space that the line has room for, its words need not be looked at one by one.
                gap = sum(len(space) for space, _ in self._space)
                last = line.rfind(" ", at, max(at, start + columns - self._cells - gap + 1))
                while last > at and line[last - 1] == " ":
                    last -= 1
                if last > at:
                    self._line += [*self._space, (line[start:last], style)]
                    self._cells += gap + last - start
                    self._space = []
                    at = last
                else:
                    self._space.append((line[start:at], style))

    def _feed_any(self, text: str, style: tuple[str, ...], columns: int, lines: list[list[Span]]) -> None:
        for item in _ITEMS.findall(text):
            if item == "\n":
                self._settle(columns, lines)
                lines.append(self._take())
            elif item[0] in " \t":
                self._settle(columns, lines)
                if self._line:
                    self._space.append((item.replace("\t", "    "), style))
            elif item.isascii() or not _HAS_WIDE.search(item):
                self._add(item, style, columns, lines)
            else:
                for piece in _PIECES.findall(item):
                    self._add(piece, style, columns, lines)

    def rest(self, columns: int) -> list[list[Span]]:
        """End the text and return what is left of it."""
        lines: list[list[Span]] = []
        self._settle(columns, lines)
        return [*lines, self._take()] if self._line else lines

    def _add(self, text: str, style: tuple[str, ...], columns: int, lines: list[list[Span]]) -> None:
        self._part(text[0], columns, lines)
        self._word.append((text, style))
        self._word_cells += cell_width(text)
        if self._word_cells > columns:
            self._fold(columns, lines)

    def _part(self, behind: str, columns: int, lines: list[list[Span]]) -> None:
        """End the word where a line may break in front of the next character, whatever span either stands in."""
        if self._word and _BREAK.match(self._word[-1][0][-1] + behind):
            self._settle(columns, lines)

    def _settle(self, columns: int, lines: list[list[Span]]) -> None:
        """Put the word into the line, or into the next one."""
        if not self._word:
            return
        gap = sum(len(text) for text, _ in self._space)
        if self._line and self._cells + gap + self._word_cells > columns:
            lines.append(self._take())
            gap = 0
        self._line += [*self._space, *self._word]
        self._cells += gap + self._word_cells
        self._space, self._word, self._word_cells = [], [], 0

    def _fold(self, columns: int, lines: list[list[Span]]) -> None:
        """Break a word that fits no line."""
        if self._line:
            lines.append(self._take())
        row: list[Span] = []
        cells = 0
        for text, style in self._word:
            begin = end = 0
            for cluster in grapheme_clusters(text):
                size = cell_width(cluster)
                if cells + size > columns and cells:
                    lines.append([*row, (text[begin:end], style)] if end > begin else row)
                    row, cells, begin = [], 0, end
                cells += size
                end += len(cluster)
            if end > begin:
                row.append((text[begin:], style))
        self._word, self._word_cells = row, cells

    def _take(self) -> list[Span]:
        line = self._line
        self._line, self._cells, self._space = [], 0, []
        return line
