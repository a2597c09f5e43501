"""How the menu of completions looks: one row an entry, its name, and its description cut to the width."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prompt_toolkit.data_structures import Size
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout import Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.layout.dimension import Dimension

from grokchat.render.cells import cell_width, pad, truncate
from grokchat.render.sanitize import visible_line
from grokchat.terminal.completion_menu import CompletionMenu
from grokchat.terminal.interface import Candidate

_MAX_ROWS = 10
_MAX_WINDOW_SHARE = 3
"""The menu takes at most one in so many of the window's rows."""
_INDENT = "  "
"""As wide as the prompt, so that the names stand below what is typed."""
_GAP = "  "
_MARGIN_SHARE = 8
"""One in so many of the window's columns stays empty after the rows.

Alacritty wraps a full row when the window becomes narrower, keeps the last rows of the screen, even if they are empty,
and pushes the prompt up into its scrollback (grid/resize.rs, shrink_columns): at each step of a drag, by the menu.
"""
_MIN_DESCRIPTION_CELLS = 12
"""With less room beside the names there are no descriptions."""


def max_menu_rows(rows: int) -> int:
    """Return how many rows the menu may take in a window of so many rows: at most a third."""
    return min(_MAX_ROWS, rows // _MAX_WINDOW_SHARE)


def visible_range(top: int, selected: int | None, count: int, rows: int) -> range:
    """Return the entries that so many rows show, scrolled from `top` on no further than to the selected one."""
    if selected is not None:
        top = min(max(top, selected - rows + 1), selected)
    top = max(0, min(top, count - rows))
    return range(top, min(top + rows, count))


def name_cells(candidates: Sequence[Candidate]) -> int:
    """Return the cells of the widest name."""
    return max(cell_width(_name(candidate)) for candidate in candidates)


def menu_fragments(
    candidates: Sequence[Candidate], selected: int | None, shown: range, size: int, columns: int
) -> StyleAndTextTuples:
    """Return the rows of these entries, with `size` cells for each name.

    If there are more entries, the last row ends with the place among all: `12 of 40`.
    """
    room = columns - len(_INDENT)
    place = ""
    if len(shown) < len(candidates):
        place = f"{len(shown) if selected is None else selected + 1:,} of {len(candidates):,}"
    if room - size - len(_GAP) < _MIN_DESCRIPTION_CELLS:
        size = room
    fragments: StyleAndTextTuples = []
    for index in shown:
        style, quiet = ("class:selected", "class:selected") if index == selected else ("", "class:muted")
        is_last = index == shown[-1]
        end = f"{_GAP}{place}" if place and is_last and len(place) + len(_GAP) < room else ""
        left = room - len(end)
        name = truncate(_name(candidates[index]), min(size, left))
        rest = left - size - len(_GAP)
        description = visible_line(candidates[index].description) if rest >= _MIN_DESCRIPTION_CELLS else ""
        text = truncate(f"{pad(name, size)}{_GAP}{description}", left) if description else name
        text = pad(text, left) if end else text
        fragments += [("", _INDENT), (style, text[: len(name)]), (quiet, text[len(name) :]), ("class:muted", end)]
        if not is_last:
            fragments.append(("", "\n"))
    return fragments


def _name(candidate: Candidate) -> str:
    return visible_line(candidate.shown or candidate.text)


class MenuWindow:
    """The rows of the menu in the prompt's layout; no row while it is closed.

    While it is open it gets no lower, and its columns stay, so that nothing moves while the entries get fewer.
    """

    def __init__(self, menu: CompletionMenu, size: Callable[[], Size]) -> None:
        self._menu = menu
        self._size = size
        self._top = 0
        self._rows = 0
        self._name_cells = 0
        control = FormattedTextControl(self._fragments)
        self.window = Window(control, height=self._height, dont_extend_height=True, always_hide_cursor=True)

    def _height(self) -> Dimension:
        count = len(self._menu.candidates)
        self._rows = max(self._rows, count) if count else 0
        self._rows = min(self._rows, max_menu_rows(self._size().rows))
        return Dimension.exact(self._rows)

    def _fragments(self) -> StyleAndTextTuples:
        candidates, selected = self._menu.candidates, self._menu.selected
        if not candidates or not self._rows:
            self._top = self._name_cells = 0
            return []
        self._name_cells = max(self._name_cells, name_cells(candidates))
        shown = visible_range(self._top, selected, len(candidates), self._rows)
        self._top = shown.start
        columns = self._size().columns
        return menu_fragments(candidates, selected, shown, self._name_cells, columns - columns // _MARGIN_SHARE)
