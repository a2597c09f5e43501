r"""The rows at the end of the screen that may still change, and what to write so that they do.

Everything above them is final and never touched again. A frame says which lines become final and which rows there are
from then on; written is the difference alone: a row that became final as it stood costs nothing, a row that grew costs
what it grew by, and rows that only moved are moved by the terminal (ECMA-48: IL, DL). Pure: strings in, a string out.

Rows are counted from the top of the region. Lines and rows are visible text with SGR codes, every code of which sets
the whole style; final lines also with marks (OSC 133), which take no room. A row fits the width, whatever the terminal
thinks of emoji; a final line may be longer and is broken by the terminal.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence

from grokchat.records import mutable
from grokchat.render.cells import fits_row, has_certain_width, max_cell_width

_SGR = re.compile(r"\x1b\[[0-9;]*m")
_CODES = re.compile(r"\x1b(?:\[[0-9;]*m|\]133;[A-Z][^\x07\x1b]*\x07)")
_LOST = 100
"""Frames without an answer: the terminal does not answer any more."""
_BEFORE_LINES, _BEFORE_ROWS = 2, 1
"""How many questions of a frame that prints are behind one of them."""
_WRAP, _NO_WRAP = "\x1b[?7h", "\x1b[?7l"
_BEGIN = f"\x1b[?25l{_NO_WRAP}"
"""The cursor does not jump about; and a frame that is on its way while the window gets narrower breaks into no rows."""
_END = f"{_WRAP}\x1b[?25h"


@mutable
class _Frame:
    """A frame of which it is not known yet at which size the terminal took it; `first` to `last` are its questions.

    One that prints lines asks three times: before them, between them and the rows, and behind all.
    """

    first: int
    last: int
    size: tuple[int, int]
    commit: Sequence[str]
    rows: list[str]
    at: tuple[int, int]
    moved: int
    printed: Sequence[str]
    has_printed: bool = False
    is_cut: bool = False


class Region:
    """What is on the screen of it. `reflows`: the terminal breaks rows anew when it becomes narrower.

    A frame may be on its way when the window changes: then it was made for rows that are not there any more. Where the
    terminal says how large it was when it took a frame (`watch`), the frames that it took too late are known, and so is
    what they did to the screen.
    """

    def __init__(self, *, reflows: bool = True) -> None:
        self.asked = 0
        self._ask: Callable[[], str] | None = None
        self._reflows = reflows
        self._rows: list[str] = []
        self._at = (0, 0)
        self._known: tuple[list[str], tuple[int, int]] = ([], (0, 0))
        self._is_cut = False
        self._flying: deque[_Frame] = deque()
        self._is_late = False

    def watch(self, ask: Callable[[], str]) -> None:
        """Have frames ask the terminal for its size; `ask` returns the question, `took` is to be told the answers."""
        self._ask = ask

    @property
    def is_watched(self) -> bool:
        """Whether frames ask."""
        return self._ask is not None

    @property
    def height(self) -> int:
        """The rows that are drawn."""
        return len(self._rows)

    def forget(self) -> None:
        """Begin a new region where the cursor is, at the beginning of a row."""
        self._rows, self._at = [], (0, 0)
        self._known, self._is_cut, self._is_late = ([], (0, 0)), False, False
        self._flying.clear()

    def frame(self, commit: Sequence[str], rows: Sequence[str], cursor: tuple[int, int], size: tuple[int, int]) -> str:
        """Return what to write to print final lines and have these rows below them, with the cursor in one of them.

        `cursor` is a row of `rows` and a column, `size` the screen's columns and rows. `rows` fit on the screen.
        """
        columns, height = size
        old, target, final, first = self._rows, [*commit, *rows], len(commit), self.asked + 1
        begun, where = self._at[0], (final + cursor[0], cursor[1])
        same = _common(old, target)
        below = _common(old[same:][::-1], target[same:][::-1])
        changed = target[same : len(target) - below]
        moved, printed = where[0] - begun, target[:0]
        if same == len(old) == len(target):
            written = "" if where == self._at else _down(where[0] - self._at[0]) + _to_column(where[1])
        elif old and len(target) <= height and len(old) <= height and all(_fits(row, columns) for row in changed):
            written = _BEGIN + self._change(same, below, changed) + self._back(where) + _END
        else:
            written = _BEGIN + self._print(same, target, final) + self._back(where) + _END
            printed = target[same:final]
            moved -= len(printed)
        self._rows, self._at = list(rows), cursor
        if written:
            written += self._question()
        self._flying.append(_Frame(first, self.asked, size, commit, self._rows, cursor, moved, printed))
        if self._ask is None or len(self._flying) > _LOST:
            self._ask = None
            self._took(len(self._flying))
        return written

    def took(self, number: int, size: set[int]) -> bool:
        """Know which size, columns and rows in any order, the terminal had when it took a question.

        `number` counts the questions from 1. Returns whether it is the one that the frame was made for.
        """
        if self._is_late:
            return False
        self._took(sum(frame.last < number for frame in self._flying))
        if not self._flying or number < self._flying[0].first:
            return True  # of a frame that has been forgotten
        frame = self._flying[0]
        is_in_time, left = set(frame.size) == size, frame.last - number
        if is_in_time:
            frame.has_printed |= left == _BEFORE_LINES
        elif frame.has_printed:
            frame.is_cut |= left == _BEFORE_ROWS
        else:
            self._is_late = True
        if not left and not self._is_late:
            self._took(1)
        return is_in_time

    def _took(self, count: int) -> None:
        for _ in range(count):
            frame = self._flying.popleft()
            self._known, self._is_cut = (frame.rows, frame.at), frame.is_cut

    def _question(self) -> str:
        if self._ask is None:
            return ""
        self.asked += 1
        return self._ask()

    def erase(self, columns: int) -> str:
        """Return what to write so that nothing of the region is left and the cursor is where it began."""
        return self._erase(*self._extent(self._rows, self._at, columns))

    def erase_anew(self, columns: int) -> tuple[str, list[str]]:
        """Do so in a window that has become this wide; return also the final lines to print again.

        Those are the lines of frames that the terminal took too late: what they wrote may not be what is there.
        """
        rows, at = self._known
        # What was drawn in the window as it is has no broken rows.
        above, below = (at[0], max(0, len(rows) - at[0] - 1)) if self._is_cut else self._extent(rows, at, columns)
        lines: list[str] = []
        for frame in self._flying:
            above += frame.moved + sum(self._height_of(line, columns) for line in frame.printed)
            lines += frame.commit
        return self._erase(max(0, above), below), lines

    def _extent(self, rows: list[str], at: tuple[int, int], columns: int) -> tuple[int, int]:
        """Return how many rows of the screen rows take above the cursor's and below it."""
        above = sum(self._height_of(row, columns) for row in rows[: at[0]])
        if self._reflows:
            above += at[1] // max(1, columns)
        return above, max(0, sum(self._height_of(row, columns) for row in rows[at[0] :]) - 1)

    def _erase(self, above: int, below: int) -> str:
        # Row by row: an "erase below" at the top of the screen is a clearing of the screen to tmux, which keeps what
        # was there in the scrollback. Saved and restored, not counted back: a window that has become lower has fewer
        # rows below than were drawn.
        self.forget()
        return f"\r{_down(-above)}\x1b7\x1b[K" + "\x1b[B\x1b[K" * (above + below) + "\x1b8"

    def _change(self, same: int, below: int, changed: list[str]) -> str:
        """Put rows in the place of those between the first and the last that stay; end in the last of them."""
        before = self._rows[same : len(self._rows) - below]
        grown = len(changed) - len(before)
        at = self._at[0]
        parts: list[str] = []
        if grown > 0 and below:
            parts += [_down(len(self._rows) - 1 - at), "\r", "\n" * grown, _down(1 - below - grown), f"\x1b[{grown}L"]
            at = len(self._rows) - below
        elif grown < 0 and below:
            parts += [_down(same + len(changed) - at), f"\x1b[{-grown}M"]
            at = same + len(changed)
        for position, row in enumerate(changed, same):
            old = before[position - same] if position - same < len(before) else ""
            if row == old and position - same < len(before):
                continue
            parts += [_down(position - at) if position <= len(self._rows) - 1 or below else "\r\n" * (position - at)]
            parts.append(_patch(old, row))
            at = position
        if grown < 0 and not below:
            for position in range(same + len(changed), len(self._rows)):
                parts += [_down(position - at), "\r\x1b[K"]
                at = position
        self._at = (at, 0)
        return "".join(parts)

    def _print(self, same: int, target: list[str], final: int) -> str:
        """Erase what changes and write it anew; end in the last row."""
        gone = len(self._rows) - same
        if gone > 0:
            lead = _down(same - self._at[0]) + "\r\x1b[K" + "\x1b[B\x1b[K" * (gone - 1) + _down(1 - gone)
        else:
            lead = _down(len(self._rows) - 1 - self._at[0]) + "\r\n" if self._rows else "\r"
        self._at = (len(target) - 1, 0)
        lines = "".join(f"{line}\r\n" for line in target[same:final])
        if lines:
            lines = f"{self._question()}{_WRAP}{lines}{_NO_WRAP}{self._question()}"
        return lead + lines + "\r\n".join(target[max(same, final) :])

    def _back(self, where: tuple[int, int]) -> str:
        return _down(where[0] - self._at[0]) + _to_column(where[1])

    def _height_of(self, row: str, columns: int) -> int:
        return max(1, -(-cells(row) // max(1, columns))) if self._reflows else 1


def cells(row: str) -> int:
    """Return the cells that a row takes at the most."""
    return max_cell_width(_CODES.sub("", row) if "\x1b" in row else row)


def _fits(row: str, columns: int) -> bool:
    return fits_row(_CODES.sub("", row) if "\x1b" in row else row, columns)


def clipped(row: str, columns: int) -> str:
    """Return the beginning of a row, with its styles, that fits the width on any terminal."""
    if _fits(row, columns):
        return row
    columns -= not has_certain_width(_SGR.sub("", row))
    kept, used, at = [], 0, 0
    while at < len(row):
        if found := _SGR.match(row, at):
            kept.append(found[0])
            at = found.end()
            continue
        used += max_cell_width(row[at], begin=used)
        if used <= columns:
            kept.append(row[at])
        at += 1
    return "".join(kept)


def _patch(old: str, new: str) -> str:
    """Return what makes one row of the other, beginning anywhere in it."""
    if not old:
        return "\r" + new
    if cells(new) < cells(old):
        # tmux remembers how wide a row has been until all of it is cleared, and breaks it by that.
        return "\r\x1b[K" + new
    kept = _common(old, new)
    code = old.rfind("\x1b", 0, kept)
    if code >= 0 and "m" not in old[code:kept]:
        kept = code
    shown = _SGR.sub("", old[:kept])
    if not has_certain_width(shown) or not has_certain_width(_CODES.sub("", old[kept:] + new[kept:])):
        return "\r\x1b[K" + new
    codes = _SGR.findall(old[:kept])
    style = codes[-1] if codes and codes[-1] != "\x1b[m" and not new.startswith("\x1b", kept) else ""
    return _to_column(max_cell_width(shown)) + style + new[kept:]


def _common(one: Sequence[object], other: Sequence[object]) -> int:
    """Return how many items two sequences begin with in common."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _down(rows: int) -> str:
    if not rows:
        return ""
    number = abs(rows) if abs(rows) > 1 else ""
    return f"\x1b[{number}{'B' if rows > 0 else 'A'}"


def _to_column(column: int) -> str:
    return f"\r\x1b[{column if column > 1 else ''}C" if column else "\r"
