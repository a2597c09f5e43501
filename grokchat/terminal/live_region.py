r"""The live region: the rows at the end of the screen that can still change, the prompt among them.

`Region` remembers the rows it drew last and returns the text that turns them into the new ones. It writes nothing
itself, but each text that it returns must be written, because the region counts it as written from then on.

Everything above the region is final and never touched again. A frame makes some lines final and has the rows that
follow them; only the difference is written. A row that becomes final unchanged costs nothing, a row that grew costs the
text that was added, and rows that only moved are moved by the terminal (ECMA-48: IL, DL).

Rows are counted from the top of the region. Lines and rows are visible text with SGR codes, each of which sets the
whole style; final lines may also hold shell marks (OSC 133), which have no width. A row fits the width on every
terminal, however wide that draws emoji; a final line may be longer and is wrapped by the terminal.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from grokchat.records import record
from grokchat.render.cells import cell_width, fits_row, has_certain_width, max_cell_width
from grokchat.sequences import common_prefix_length

_SGR = re.compile(r"\x1b\[[0-9;]*m")
_CODES = re.compile(r"\x1b(?:\[[0-9;]*m|\]133;[A-Z][^\x07\x1b]*\x07)")
_WRAP, _NO_WRAP = "\x1b[?7h", "\x1b[?7l"
_BEGIN = f"\x1b[?25l{_NO_WRAP}"
"""Hide the cursor and turn wrapping off while drawing, so that no row wraps if the window gets narrower meanwhile."""
_END = f"{_WRAP}\x1b[?25h"


@record
class Frame:
    """One frame: the text to write, and all that is needed to erase it if the terminal draws it at another size.

    `commit` are all lines that the frame makes final, `printed` those of them that the text writes: the others are on
    the screen already, as rows that become final unchanged. `moved` is the number of rows that the cursor moves down
    by, without the rows of the printed lines.

    The text asks the terminal for its size `queries` times: not at all, once at its end, or, if it prints final lines,
    three times: before the lines, between them and the rows, and at its end.
    """

    text: str
    commit: Sequence[str]
    rows: Sequence[str]
    cursor: tuple[int, int]
    size: tuple[int, int]
    moved: int
    printed: Sequence[str]
    queries: int


class Region:
    """The rows that the last frame left. `reflows`: the terminal wraps its rows again when it becomes narrower."""

    def __init__(self, *, reflows: bool = True) -> None:
        self._reflows = reflows
        self._rows: Sequence[str] = []
        self._cursor = (0, 0)

    @property
    def height(self) -> int:
        """The number of rows that are drawn."""
        return len(self._rows)

    def forget(self) -> None:
        """Start a new, empty region where the cursor is, at the beginning of a row."""
        self._rows, self._cursor = [], (0, 0)

    def compose_frame(
        self,
        commit: Sequence[str],
        rows: Sequence[str],
        cursor: tuple[int, int],
        size: tuple[int, int],
        query: str = "",
    ) -> Frame:
        """Make these rows the region's, and return the frame that prints the final lines and draws the rows below them.

        `cursor` is a row of `rows` and a column, `size` the screen's columns and rows. `rows` fit on the screen. With a
        `query`, the frame asks the terminal for its size.
        """
        columns, screen_rows = size
        old, target, final = self._rows, [*commit, *rows], len(commit)
        target_cursor = (final + cursor[0], cursor[1])
        same_first = common_prefix_length(old, target)
        same_last = common_prefix_length(old[same_first:][::-1], target[same_first:][::-1])
        changed = target[same_first : len(target) - same_last]
        moved, printed = target_cursor[0] - self._cursor[0], target[:0]
        if same_first == len(old) == len(target):
            text = "" if target_cursor == self._cursor else self._move_cursor(target_cursor)
        elif old and max(len(target), len(old)) <= screen_rows and all(_fits(row, columns) for row in changed):
            text = _BEGIN + self._change(same_first, same_last, changed) + self._move_cursor(target_cursor) + _END
        else:
            printed = target[same_first:final]
            text = _BEGIN + self._print(same_first, printed, target[max(same_first, final) :], query)
            text += self._move_cursor(target_cursor) + _END
            moved -= len(printed)
        if text:
            text += query
        queries = 0 if not (query and text) else 3 if printed else 1
        self._rows, self._cursor = list(rows), cursor
        return Frame(text, commit, self._rows, cursor, size, moved, printed, queries)

    def erase(self, columns: int) -> str:
        """Empty the region, and return the text that erases it and moves the cursor to its beginning."""
        return self._erase(*self._extent(self._rows, self._cursor, columns))

    def erase_frames(self, drawn: Frame | None, later: Sequence[Frame], columns: int, *, is_cut: bool = False) -> str:
        """Empty the region, and return the text that erases it after the window's width has changed to `columns`.

        `drawn` is the last frame that is known to have been drawn at its own size. The frames after it, `later`, moved
        the cursor by a known distance, but left unknown rows on the screen. `is_cut`: the rows of `drawn` were written
        at the new size already, so they were cut off at the edge and not wrapped.
        """
        rows, at = (drawn.rows, drawn.cursor) if drawn is not None else ([], (0, 0))
        above, below = (at[0], max(0, len(rows) - at[0] - 1)) if is_cut else self._extent(rows, at, columns)
        for frame in later:
            above += frame.moved + sum(self._height_of(line, columns) for line in frame.printed)
            below = max(below, self._extent(frame.rows, frame.cursor, columns)[1])
        return self._erase(max(0, above), below)

    def _extent(self, rows: Sequence[str], at: tuple[int, int], columns: int) -> tuple[int, int]:
        """Return how many screen rows the region takes above the cursor's row, and how many below it."""
        above = sum(self._height_of(row, columns) for row in rows[: at[0]])
        if self._reflows:
            above += at[1] // max(1, columns)
        return above, max(0, sum(self._height_of(row, columns) for row in rows[at[0] :]) - 1)

    def _erase(self, above: int, below: int) -> str:
        # Row by row: for tmux, "erase below" at the top of the screen clears the screen, and its content goes into the
        # scrollback. The cursor is saved and restored, not counted back: a window that has become lower has fewer rows
        # below than were drawn.
        self.forget()
        return f"\r{_move(-above)}\x1b7\x1b[K" + "\x1b[B\x1b[K" * (above + below) + "\x1b8"

    # The next three return text. `_change` and `_print` set `_cursor` to the place where their text leaves the cursor;
    # `_move_cursor` then starts from there.

    def _change(self, same_first: int, same_last: int, changed: list[str]) -> str:
        """Replace the rows between the first and the last unchanged ones; end in the last row replaced."""
        before = self._rows[same_first : len(self._rows) - same_last]
        added = len(changed) - len(before)
        last = len(self._rows) - 1
        row = self._cursor[0]
        parts: list[str] = []
        if added > 0 and same_last:
            parts += ["\r", _move(last - row + added), _move(1 - same_last - added), f"\x1b[{added}L"]
            row = len(self._rows) - same_last
        elif added < 0 and same_last:
            parts += [_move(same_first + len(changed) - row), f"\x1b[{-added}M"]
            row = same_first + len(changed)
        for position, text in enumerate(changed, same_first):
            is_new = position - same_first >= len(before)
            old = "" if is_new else before[position - same_first]
            if text == old and not is_new:
                continue
            parts.append(_move(position - row) if position <= last or same_last else "\r\n" * (position - row))
            parts.append(_patch(old, text))
            row = position
        if added < 0 and not same_last:
            for position in range(same_first + len(changed), len(self._rows)):
                parts += [_move(position - row), "\r\x1b[K"]
                row = position
        self._cursor = (row, 0)
        return "".join(parts)

    def _print(self, same_first: int, lines: Sequence[str], rows: Sequence[str], query: str) -> str:
        """Erase all but the first unchanged rows, and print lines and rows below them; end in the last row."""
        gone = len(self._rows) - same_first
        if gone > 0:
            lead = _move(same_first - self._cursor[0]) + "\r\x1b[K" + "\n\x1b[K" * (gone - 1) + _move(1 - gone)
        else:
            lead = _move(len(self._rows) - 1 - self._cursor[0]) + "\r\n" if self._rows else "\r"
        self._cursor = (same_first + len(lines) + len(rows) - 1, 0)
        printed = "".join(f"{line}\r\n" for line in lines)
        if printed:
            printed = f"{query}{_WRAP}{printed}{_NO_WRAP}{query}"
        return lead + printed + "\r\n".join(rows)

    def _move_cursor(self, to: tuple[int, int]) -> str:
        return _move(to[0] - self._cursor[0]) + _to_column(to[1])

    def _height_of(self, row: str, columns: int) -> int:
        return wrapped_height(row, columns) if self._reflows else 1


def row_width(row: str) -> int:
    """Return the greatest number of cells that a row takes on any terminal."""
    return max_cell_width(_CODES.sub("", row) if "\x1b" in row else row)


def wrapped_height(row: str, columns: int) -> int:
    """Return how many rows of the screen a row takes at most, if the terminal wraps it."""
    return max(1, -(-row_width(row) // max(1, columns)))


def screen_height(lines: Sequence[str], columns: int) -> int:
    """Return how many rows of the screen final lines take on most terminals."""
    texts = (_CODES.sub("", line) if "\x1b" in line else line for line in lines)
    widths = (max_cell_width(text) if text.isascii() else cell_width(text) for text in texts)
    return sum(max(1, -(-width // max(1, columns))) for width in widths)


def _fits(row: str, columns: int) -> bool:
    return fits_row(_CODES.sub("", row) if "\x1b" in row else row, columns)


def clipped(row: str, columns: int) -> str:
    """Cut a row, with its styles, so that it fits the width on every terminal."""
    if _fits(row, columns):
        return row
    columns -= not has_certain_width(_SGR.sub("", row))
    kept, used, at = [], 0, 0
    while at < len(row):
        if code := _SGR.match(row, at):
            kept.append(code[0])
            at = code.end()
            continue
        used += max_cell_width(row[at], begin=used)
        if used <= columns:
            kept.append(row[at])
        at += 1
    return "".join(kept)


def _patch(old: str, new: str) -> str:
    """Return the text that turns the old row into the new one, with the cursor anywhere in the row."""
    if not old:
        return "\r" + new
    if row_width(new) < row_width(old):
        # tmux remembers how wide a row was until the whole row is cleared, and wraps it by that width.
        return "\r\x1b[K" + new
    kept = common_prefix_length(old, new)
    code = old.rfind("\x1b", 0, kept)
    if code >= 0 and "m" not in old[code:kept]:
        kept = code
    shown = _SGR.sub("", old[:kept])
    if not has_certain_width(shown) or not has_certain_width(_CODES.sub("", old[kept:] + new[kept:])):
        return "\r\x1b[K" + new
    codes = _SGR.findall(old[:kept])
    style = codes[-1] if codes and codes[-1] != "\x1b[m" and not new.startswith("\x1b", kept) else ""
    return _to_column(max_cell_width(shown)) + style + new[kept:]


def _move(rows: int) -> str:
    """Return the codes that move the cursor down, or up; its column is undefined afterwards.

    Down by line feeds: a terminal that has become lower may have dropped the rows below the cursor, and a "cursor down"
    would stop at the last row. Rows counted from there would be off by one, and a final line would be overwritten.
    """
    return "\n" * rows if rows >= 0 else f"\x1b[{-rows if rows < -1 else ''}A"


def _to_column(column: int) -> str:
    return f"\r\x1b[{column if column > 1 else ''}C" if column else "\r"
