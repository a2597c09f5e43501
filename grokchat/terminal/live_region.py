r"""The live region: the rows at the end of the screen that can still change, the prompt among them.

`Region` remembers the rows it drew last and returns the text that turns them into the new ones. It writes nothing
itself, but each text that it returns must be written, because the region counts it as written from then on.

Everything above the region is final and never touched again. A frame makes some lines final and has the rows that
follow them; only the difference is written. A row that becomes final unchanged costs nothing, a row that grew costs the
text that was added, and rows that only move down are moved by the terminal (ECMA-48: IL).

Rows are counted from the top of the region. Lines and rows are visible text with SGR codes, each of which sets the
whole style; final lines may also hold shell marks (OSC 133), which have no width, and before their text one erasure of
the row (EL), in its background colour: then nothing is erased after it. A row of a reply fits the width on
every terminal, however wide that draws emoji, and one of the prompt by the widths that are known of the terminal in
use; a final line may be longer and is wrapped by the terminal.
"""

from __future__ import annotations

from collections.abc import Sequence

from grokchat.records import record
from grokchat.render.cells import has_certain_width, max_cell_width
from grokchat.sequences import common_prefix_length
from grokchat.terminal.row_shapes import Drawing, RowShapes, possible_shapes
from grokchat.terminal.row_widths import CODES, ERASURE, SGR, covers, fits, last_lines, row_width, wrapped_height
from grokchat.terminal.terminals import UNKNOWN, TerminalKind

_WRAP, _NO_WRAP = "\x1b[?7h", "\x1b[?7l"
_HIDE, _SHOW = "\x1b[?25l", "\x1b[?25h"
_SAVE, _RESTORE = "\x1b7", "\x1b8"


@record
class Frame:
    """One frame: the text to write, and all that is needed to erase it if the terminal draws it at another size.

    `commit` are all lines that the frame makes final. Some may be on the screen already, as rows that become final
    unchanged.

    The text asks the terminal for its size between two of its `parts`: not at all, once at its end, or, if it prints
    final lines, three times: before the lines, between them and the rows, and at its end.
    """

    text: str
    commit: Sequence[str]
    rows: Sequence[str]
    cursor: tuple[int, int]
    size: tuple[int, int]
    parts: Sequence[str]

    @property
    def queries(self) -> int:
        """How often the text asks for the size."""
        return len(self.parts) - 1


class Region:
    """The rows that the last frame left, drawn so that they can be erased after a resize of this terminal.

    In a terminal that displaces the cursor, the end of the last row is saved (DECSC), because only there nothing lies
    below that displaces it, and every text starts there. One that remembers how wide a row was has it cleared before it
    is written. In others rows are written over and then the rest is erased, so that no row is empty in between, also in
    a terminal without synchronized updates.

    Wrapping is off while rows are drawn, so that each stays one if the window gets narrower meanwhile: what is cut off
    is drawn again after the resize. Only in a terminal that wraps rows again and is not asked for its size it stays on
    down to the cursor's row: there these have to take as many rows of the screen whether the window changed before they
    were drawn or afterwards.
    """

    def __init__(self, terminal: TerminalKind = UNKNOWN) -> None:
        self._terminal = terminal
        self._rows: Sequence[str] = []
        self._cursor = (0, 0)
        self._is_wrapping = True
        self._wrapping_rows = 0
        """How many rows of the frame that is being composed are drawn with wrapping on."""

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
        self._wrapping_rows = target_cursor[0] + 1 if self._terminal.reflows and not query else 0
        self._is_wrapping = self._wrapping_rows > 0
        begin = _HIDE if self._is_wrapping else _HIDE + _NO_WRAP
        same_first = common_prefix_length(old, target)
        same_last = common_prefix_length(old[same_first:][::-1], target[same_first:][::-1])
        if len(target) < len(old):
            # Rows that move up are written again: alacritty before 0.13.2 puts deleted ones into its scrollback.
            same_last = 0
        changed = target[same_first : len(target) - same_last]
        printed = target[:0]
        if same_first == len(old) == len(target):
            is_moved = target_cursor != self._cursor
            text = self._to_anchor() + self._move_cursor(target_cursor) if is_moved else ""
        elif old and max(len(target), len(old)) <= screen_rows and all(fits(row, columns) for row in changed):
            text = self._to_anchor() + begin + self._change(same_first, same_last, changed, columns)
            text += self._end(rows, final, target_cursor, columns)
        else:
            printed = target[same_first:final]
            text = self._to_anchor() + begin
            text += self._print(same_first, printed, target[max(same_first, final) :], columns, query)
            text += self._end(rows, final, target_cursor, columns)
        if text:
            text += query
        self._rows, self._cursor = list(rows), cursor
        return Frame(text, commit, self._rows, cursor, size, text.split(query) if query else [text])

    def erase(self, columns: int) -> str:
        """Empty the region, and return the text that erases it and moves the cursor to its beginning."""
        shapes = self._shapes(self._rows, self._cursor)
        shapes.resize(columns)
        return self._erase([shapes], 0)

    def erase_frames(
        self,
        drawn: Frame | None,
        later: Sequence[Drawing],
        size: tuple[int, int],
        printed: Sequence[str] = (),
        *,
        is_certain: bool = True,
    ) -> Frame:
        """Empty the region, and return the frame that erases it after the window has got another size.

        `drawn` is the last frame that is known to have been drawn at its own size; `later` are the drawings since then,
        each with the width at which the terminal did it. The window may change again before this frame is drawn, so it
        is one of the later ones for the next erasing. If an erasing was drawn in a window that had become wider, it
        went too far up: then the last of the `printed` lines are erased with it, and are the frame's `commit`.

        Unless it `is_certain`, the last drawings may have been done in a window that had changed already. Then what is
        erased is the least that it can be, and the commit the most: a row may be left over, but no line is lost.
        """
        rows, cursor = (drawn.rows, drawn.cursor) if drawn is not None else ([], (0, 0))
        possible = possible_shapes(
            self._shapes(rows, cursor), later, size[0], is_certain=is_certain or not self._terminal.reflows
        )
        most = max(possible, key=lambda shapes: shapes.overwritten * shapes.overwritten_columns)
        again, more = last_lines(printed, most.overwritten, most.overwritten_columns)
        text = self._erase(possible, -(-more * most.overwritten_columns // size[0]) if len(possible) == 1 else 0)
        return Frame(text, again, (), (0, 0), size, [text])

    def _shapes(self, rows: Sequence[str], cursor: tuple[int, int]) -> RowShapes:
        anchor = _anchor(rows)
        return RowShapes(rows, cursor, (anchor, row_width(rows[anchor]) if rows else 0), reflows=self._terminal.reflows)

    def _erase(self, possible: Sequence[RowShapes], more: int) -> str:
        # Row by row: for tmux, "erase below" at the top of the screen clears the screen, and its content goes into the
        # scrollback. The cursor is saved and restored, not counted back: a window that has become lower has fewer rows
        # below than were drawn. A row more: Konsole keeps one below a screen that has become lower (Screen.cpp,
        # resizeImage: the list of rows has one more than the screen), and shows it again when it becomes higher.
        to_anchor = self._to_anchor()
        for shapes in possible:
            shapes.draw(to_anchor)
        above, below = min(shapes.above for shapes in possible) + more, max(shapes.below for shapes in possible)
        self.forget()
        return f"{to_anchor}\r{_move(-above)}{_SAVE}\x1b[K" + "\x1b[B\x1b[K" * (above + below + 1) + _RESTORE

    def _to_anchor(self) -> str:
        """Return the code that moves the cursor to the place that was saved, if there is one."""
        if not (self._terminal.displaces_cursor and self._rows):
            return ""
        self._cursor = (_anchor(self._rows), 0)
        return _RESTORE

    def _end(self, rows: Sequence[str], final: int, cursor: tuple[int, int], columns: int) -> str:
        """Return the end of a frame's text. `final` is the number of the final lines, which the rows follow."""
        wrap = "" if self._is_wrapping else _WRAP
        if self._terminal.displaces_cursor:
            saved = self._move_cursor((final + _anchor(rows), columns - 1)) + wrap + _SAVE
            self._cursor = (final + _anchor(rows), 0)
            return saved + self._move_cursor(cursor) + _SHOW
        return self._move_cursor(cursor) + wrap + _SHOW

    # The next three return text. `_change` and `_print` set `_cursor` to the place where their text leaves the cursor;
    # `_move_cursor` then starts from there.

    def _change(self, same_first: int, same_last: int, changed: list[str], columns: int) -> str:
        """Replace the rows between the first and the last unchanged ones; end in the last row replaced."""
        before = self._rows[same_first : len(self._rows) - same_last]
        added = len(changed) - len(before)
        last = len(self._rows) - 1
        row = self._cursor[0]
        parts: list[str] = []
        if added > 0 and same_last:
            parts += ["\r", _move(last - row + added), _move(1 - same_last - added), f"\x1b[{added}L"]
            row = len(self._rows) - same_last
        for position, text in enumerate(changed, same_first):
            is_new = position - same_first >= len(before)
            old = "" if is_new else before[position - same_first]
            if text == old and not is_new:
                continue
            parts.append(_move(position - row) if position <= last or same_last else "\r\n" * (position - row))
            parts.append(self._stop_wrapping(position) + self._patch(old, text, columns))
            row = position
        if added < 0:
            for position in range(same_first + len(changed), len(self._rows)):
                parts += [_move(position - row), "\r\x1b[K"]
                row = position
        self._cursor = (row, 0)
        return "".join(parts)

    def _print(self, same_first: int, lines: Sequence[str], rows: Sequence[str], columns: int, query: str) -> str:
        """Replace all but the first unchanged rows by lines and rows below them; end in the last row."""
        gone = len(self._rows) - same_first
        height = len(rows) + sum(wrapped_height(line, columns) for line in lines)
        written = [*lines, *rows]
        is_covered = gone <= height and all(covers(row, columns) for row in written)
        is_cleared = self._terminal.remembers_width or not is_covered
        lead = "\r"
        if gone > 0:
            lead = _move(same_first - self._cursor[0]) + "\r"
            if is_cleared:
                lead += "\x1b[K" + "\n\x1b[K" * (gone - 1) + _move(1 - gone)
        elif self._rows:
            lead = _move(len(self._rows) - 1 - self._cursor[0]) + "\r\n"
        self._cursor = (same_first + len(lines) + len(rows) - 1, 0)
        for number in range(0 if is_cleared else min(gone, len(written))):
            width = row_width(written[number])
            is_open = ERASURE not in written[number] and (width % columns or not width)
            written[number] += ERASURE if is_open else ""
        below = max(0, self._wrapping_rows - same_first)
        if below < len(written):
            written[below] = self._stop_wrapping(self._wrapping_rows) + written[below]
        printed = "".join(f"{line}\r\n" for line in written[: len(lines)])
        if printed and not self._is_wrapping:
            printed = f"{query}{_WRAP}{printed}{_NO_WRAP}{query}"
        return lead + printed + "\r\n".join(written[len(lines) :])

    def _stop_wrapping(self, row: int) -> str:
        """Return the code that turns wrapping off before this row, if it is the first one below the cursor's."""
        if not self._is_wrapping or row < self._wrapping_rows:
            return ""
        self._is_wrapping = False
        return _NO_WRAP

    def _patch(self, old: str, new: str, columns: int) -> str:
        """Return the text that turns the old row into the new one, with the cursor anywhere in the row."""
        if not old:
            return "\r" + new
        if ERASURE in new:
            return f"\r{ERASURE}{new}" if self._terminal.remembers_width else "\r" + new
        is_narrower = row_width(new) < row_width(old)
        kept = common_prefix_length(old, new)
        code = old.rfind("\x1b", 0, kept)
        if code >= 0 and "m" not in old[code:kept]:
            kept = code
        shown = SGR.sub("", old[:kept])
        is_certain = has_certain_width(shown) and has_certain_width(CODES.sub("", old[kept:] + new[kept:]))
        if "\t" in new or (self._terminal.remembers_width and (is_narrower or not is_certain)):
            return "\r\x1b[K" + new
        if not is_certain or ERASURE in old:
            # Behind a full row there is nothing to erase, and the cursor would be on its last character.
            return "\r" + new + ("\x1b[K" if row_width(new) < columns else "")
        codes = SGR.findall(old[:kept])
        style = codes[-1] if codes and codes[-1] != "\x1b[m" and not new.startswith("\x1b", kept) else ""
        return _to_column(max_cell_width(shown)) + style + new[kept:] + ("\x1b[K" if is_narrower else "")

    def _move_cursor(self, to: tuple[int, int]) -> str:
        return _move(to[0] - self._cursor[0]) + _to_column(to[1])


def _anchor(rows: Sequence[str]) -> int:
    """Return the last row with any content: kitty does not count empty rows at the end of the screen."""
    return max((number for number, row in enumerate(rows) if row), default=0)


def _move(rows: int) -> str:
    """Return the codes that move the cursor down, or up; its column is undefined afterwards.

    Down by line feeds: a terminal that has become lower may have dropped the rows below the cursor, and a "cursor down"
    would stop at the last row. Rows counted from there would be off by one, and a final line would be overwritten.
    """
    return "\n" * rows if rows >= 0 else f"\x1b[{-rows if rows < -1 else ''}A"


def _to_column(column: int) -> str:
    return f"\r\x1b[{column if column > 1 else ''}C" if column else "\r"
