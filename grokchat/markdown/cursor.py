"""A line of Markdown and how far it has been read: columns, tabs, indentation (CommonMark 0.31, section 2.2)."""

from __future__ import annotations

_STOP = 4
"""Columns from one tab stop to the next, as far as the structure of a document goes."""


class Cursor:
    """Reads one line from left to right. A tab may be taken in part: what is left of it counts as spaces."""

    __slots__ = ("_left", "blank", "column", "indent", "nonspace", "offset", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.offset = 0
        self.column = 0
        self._left = 0
        self.scan()

    def scan(self) -> None:
        """Find the next character that is neither space nor tab, and how far it is indented."""
        text, column, at = self.text, self.column, self.offset
        end = len(text)
        if self._left:
            column += self._left
            at += 1
        while at < end:
            if text[at] == " ":
                column += 1
            elif text[at] == "\t":
                column += _STOP - column % _STOP
            else:
                break
            at += 1
        self.nonspace = at
        self.indent = column - self.column
        self.blank = at >= end

    @property
    def char(self) -> str:
        """The next character that is neither space nor tab, or nothing."""
        return "" if self.blank else self.text[self.nonspace]

    @property
    def rest(self) -> str:
        """What follows the indentation."""
        return self.text[self.nonspace :]

    def at_space(self) -> bool:
        """Say whether the very next column is white."""
        return bool(self._left) or (self.offset < len(self.text) and self.text[self.offset] in " \t")

    def skip_columns(self, columns: int) -> None:
        """Go on by columns of indentation, no further than it reaches."""
        while columns > 0 and self.at_space():
            if self.text[self.offset] == "\t":
                there = self._left or _STOP - self.column % _STOP
                taken = min(there, columns)
                self._left = there - taken
                self.column += taken
                self.offset += not self._left
                columns -= taken
            else:
                self.offset += 1
                self.column += 1
                columns -= 1
        self.scan()

    def skip_characters(self, characters: int) -> None:
        """Go on behind the indentation and so many characters that are no tabs."""
        self.column += self.indent + characters
        self.offset = self.nonspace + characters
        self._left = 0
        self.scan()

    def content(self) -> str:
        """Return the rest of the line as it is, with what is left of a tab as spaces."""
        if self._left:
            return " " * self._left + self.text[self.offset + 1 :]
        return self.text[self.offset :]
