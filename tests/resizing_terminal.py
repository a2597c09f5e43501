"""A model of what real terminals do when their window changes, for the few codes that the live region uses.

It draws what it reads at the size that it has then, and answers size queries at that moment. What differs between
terminals are its parameters; `tests/terminals/` looks at the terminals themselves.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\x1b\[([?>]?)([0-9;]*)([@-~])|\x1b\][^\x07\x1b]*\x07|\x1b([78])|([\r\n])|([^\x1b])")


class Row:
    def __init__(self, text: str = "", *, wraps: bool = False) -> None:
        self.text = text
        self.wraps = wraps
        """Whether it continues in the next row."""


class ResizingTerminal:
    """A terminal with a scrollback. Of its rows, the last `height` are the screen.

    `reflows`: rows are wrapped again for a new width, else cut off. `drops_below`: a window that becomes lower loses
    rows below the cursor's line, as in VTE, alacritty and Konsole, before any go into the scrollback.
    `pulls_history`: one that becomes higher shows rows of the scrollback again. `displaces_cursor`: the row of the
    cursor, and of the saved one, is noted before the rows below it push the screen up, as in kitty. `keeps_deleted`:
    deleted rows go into the scrollback, as in alacritty before 0.13.2.
    """

    def __init__(
        self,
        columns: int,
        height: int,
        *,
        reflows: bool = True,
        drops_below: bool = False,
        pulls_history: bool = False,
        displaces_cursor: bool = False,
        keeps_deleted: bool = False,
    ) -> None:
        self.columns, self.height = columns, height
        self.answers: list[tuple[int, int]] = []
        """Rows and columns, one pair for each size query."""
        self._reflows = reflows
        self._drops_below = drops_below
        self._pulls_history = pulls_history
        self._displaces_cursor = displaces_cursor
        self._keeps_deleted = keeps_deleted
        self._rows = [Row()]
        self._first = 0
        """The first row of the screen."""
        self._row, self._column = 0, 0
        """The cursor's row among all rows, and its column."""
        self._saved = (0, 0)
        self._wraps = True

    def lines(self) -> list[str]:
        """Return scrollback and screen from the top, with wrapped rows joined, without empty rows at the end."""
        lines, line = list[str](), ""
        for row in self._rows:
            line += row.text
            if not row.wraps:
                lines.append(line.rstrip())
                line = ""
        return "\n".join([*lines, line]).rstrip("\n").split("\n")

    def cursor(self) -> tuple[int, int]:
        """Return the cursor's row on the screen, and its column."""
        return self._row - self._first, self._column

    # -- output ------------------------------------------------------------------------------------------------------

    def feed(self, text: str) -> None:
        for token in _TOKEN.finditer(text):
            if token[6]:
                self._print(token[6])
            elif token[5] == "\r":
                self._column = 0
            elif token[5]:
                self._line_feed()
            elif token[4] == "7":
                self._saved = (self._row - self._first, self._column)
            elif token[4] == "8":
                self._row, self._column = self._saved[0] + self._first, self._saved[1]
            elif token[3] and token[1] == "?" and token[2] == "7":
                self._wraps = token[3] == "h"
            elif token[3] and not token[1]:
                self._control(token[3], int(token[2]) if token[2].isdecimal() else 1)

    def _print(self, char: str) -> None:
        if self._column == self.columns:
            if self._wraps:
                self._rows[self._row].wraps = True
                self._column = 0
                self._line_feed()
            else:
                self._column -= 1
        row = self._rows[self._row]
        row.text = row.text.ljust(self._column)
        row.text = row.text[: self._column] + char + row.text[self._column + 1 :]
        self._column += 1

    def _line_feed(self) -> None:
        self._row += 1
        self._extend()
        self._first = max(self._first, self._row - self.height + 1)

    def _control(self, final: str, count: int) -> None:
        if final == "t":
            self.answers.append((self.height, self.columns))
        elif final == "A":
            self._row = max(self._first, self._row - count)
        elif final == "B":
            self._row = min(self._first + self.height - 1, self._row + count)
        elif final == "C":
            self._column = min(self.columns - 1, self._column + count)
        elif final == "K":
            row = self._rows[self._row]
            row.text, row.wraps = row.text[: min(self._column, self.columns - 1)], False
        elif final == "L":
            self._rows[self._row : self._row] = [Row() for _ in range(count)]
            del self._rows[self._first + self.height :]
        elif final == "M":
            deleted = self._rows[self._row : self._row + count]
            del self._rows[self._row : self._row + count]
            if self._keeps_deleted:
                self._rows[self._first : self._first] = deleted
                self._first += len(deleted)
                self._row += len(deleted)
        self._extend()

    def _extend(self) -> None:
        self._rows += [Row() for _ in range(self._row + 1 - len(self._rows))]

    # -- resizes -----------------------------------------------------------------------------------------------------

    def resize(self, columns: int, height: int) -> None:
        saved = (self._saved[0] + self._first, self._saved[1])
        self._rows += [Row() for _ in range(saved[0] + 1 - len(self._rows))]
        row, column = self._row, self._column
        if not self._reflows:
            for each in self._rows[self._first :]:
                each.text, each.wraps = each.text[:columns], each.wraps and columns >= self.columns
            column, saved = min(column, columns - 1), (saved[0], min(saved[1], columns - 1))
        elif columns != self.columns:
            (row, column), saved, (self._first, _) = self._wrap_again(columns, (row, column), saved, (self._first, 0))
        while len(self._rows) > row + 1 and not self._rows[-1].text:
            self._rows.pop()
        if self._drops_below:
            while len(self._rows) - self._first > height and not any(each.wraps for each in self._rows[row:-1]):
                if len(self._rows) == row + 1:
                    break
                self._rows.pop()
        first = max(self._first, len(self._rows) - height)
        if self._pulls_history:
            first = max(0, len(self._rows) - height)
        if self._displaces_cursor:
            # Where it would be if the screen had only scrolled for the rows up to its own.
            self._row = min(row - self._first, height - 1) + first
            self._saved = (min(saved[0] - self._first, height - 1), saved[1])
        else:
            self._row, self._saved = row, (max(0, saved[0] - first), saved[1])
        self._first, self._column = first, column
        self.columns, self.height = columns, height
        self._extend()

    def _wrap_again(self, columns: int, *places: tuple[int, int]) -> list[tuple[int, int]]:
        """Wrap all rows for another width, and return where these cells are then."""
        rows: list[Row] = []
        moved = list(places)
        at = 0
        while at < len(self._rows):
            text, begin = "", at
            offsets: dict[int, int] = {}
            while True:
                for number, (row, column) in enumerate(places):
                    if row == at:
                        offsets[number] = len(text) + column
                text += self._rows[at].text
                at += 1
                if at == len(self._rows) or not self._rows[at - 1].wraps:
                    break
            assert at > begin
            pieces = [text[start : start + columns] for start in range(0, len(text), columns)] or [""]
            for number, offset in offsets.items():
                piece = min(offset // columns, len(pieces) - 1)
                moved[number] = (len(rows) + piece, min(offset - piece * columns, columns - 1))
            rows += [Row(piece, wraps=number < len(pieces) - 1) for number, piece in enumerate(pieces)]
        self._rows = rows
        return moved
