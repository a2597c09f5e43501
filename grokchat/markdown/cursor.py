"""A line of Markdown and how far it has been read: columns, tabs, indentation (CommonMark 0.31, section 2.2)."""

from __future__ import annotations

_TAB_STOP = 4
"""Columns from one tab stop to the next, where the structure of a document depends on them."""


class Cursor:
    """Reads one line from left to right. A tab may be read in part; the rest of it counts as spaces.

    `next_text` is the offset of the next character that is neither space nor tab, `indent` the columns before it,
    `is_blank` whether there is none.
    """

    __slots__ = ("_tab_rest", "column", "indent", "is_blank", "next_text", "offset", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.offset = 0
        self.column = 0
        self._tab_rest = 0
        self._scan()

    def _scan(self) -> None:
        text, column, at = self.text, self.column, self.offset
        end = len(text)
        if self._tab_rest:
            column += self._tab_rest
            at += 1
        while at < end:
            if text[at] == " ":
                column += 1
            elif text[at] == "\t":
                column += _TAB_STOP - column % _TAB_STOP
            else:
                break
            at += 1
        self.next_text = at
        self.indent = column - self.column
        self.is_blank = at >= end

    @property
    def char(self) -> str:
        """The next character that is neither space nor tab, or nothing."""
        return "" if self.is_blank else self.text[self.next_text]

    @property
    def rest(self) -> str:
        """The text after the indentation."""
        return self.text[self.next_text :]

    def is_at_space(self) -> bool:
        """Return whether the next column is white space."""
        return bool(self._tab_rest) or (self.offset < len(self.text) and self.text[self.offset] in " \t")

    def skip_columns(self, columns: int) -> None:
        """Advance by columns of indentation, but not beyond it."""
        while columns > 0 and self.is_at_space():
            if self.text[self.offset] == "\t":
                tab_columns = self._tab_rest or _TAB_STOP - self.column % _TAB_STOP
                skipped = min(tab_columns, columns)
                self._tab_rest = tab_columns - skipped
                self.column += skipped
                self.offset += not self._tab_rest
                columns -= skipped
            else:
                self.offset += 1
                self.column += 1
                columns -= 1
        self._scan()

    def skip_characters(self, count: int) -> None:
        """Advance over the indentation and this many characters, none of which is a tab."""
        self.column += self.indent + count
        self.offset = self.next_text + count
        self._tab_rest = 0
        self._scan()

    def content(self) -> str:
        """Return the rest of the line, with the rest of a partly read tab as spaces."""
        if self._tab_rest:
            return " " * self._tab_rest + self.text[self.offset + 1 :]
        return self.text[self.offset :]
