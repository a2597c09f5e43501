"""Text for rich, which measures characters, in the cells of the terminal in use.

rich has one table of widths; terminals have many (`render/widths`), and a letter with its marks may have a width of its
own. So rich gets a character that it is sure about for each cluster that is not ASCII: one for private use has one
cell, one of the unused end of the ideographs' planes has two. They become the clusters again in the rendered lines.

Between two letters where a line may break without a space, rich gets a separator that has no width and that it takes
for a space (U+001F); text that was made visible has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from grokchat.render.cells import TAB_STOP, cell_width, grapheme_clusters
from grokchat.render.style import TerminalStyle
from grokchat.render.wrap import unbreakable_parts

_NARROW = (range(0xF0000, 0xFFFFE), range(0x100000, 0x10FFFC))
"""Private use (planes 15 and 16): one cell for rich."""
_WIDE = (range(0x33500, 0x3FFFE),)
"""Reserved for ideographs (plane 3): two cells for rich."""
_BREAK = "\x1f"
_MAX_CHARS_PER_CELL = 4
"""Of nearly every text."""
_ELLIPSIS = "…"
"""What rich puts where it has cut a text. There is no other in what it gets."""
_ONE_CELL_ELLIPSIS = "~"

NO_BREAK = "\U0010fffc"
"""A space at which no line is broken."""
GAP_CELLS = 2
GAP = "\U0010fffd"
"""The gap between two columns: one cell for rich, written as `gap` says."""


class CellText:
    """Text with stand-ins for its clusters, and back, for the lines of one output on one terminal."""

    def __init__(self, style: TerminalStyle, columns: int) -> None:
        self._style = style
        self._columns = columns
        self._free = {1: chain.from_iterable(_NARROW), 2: chain.from_iterable(_WIDE)}
        self._stand_ins: dict[tuple[str, int], str] = {}
        has_ellipsis = style.encodable(_ELLIPSIS) == _ELLIPSIS and cell_width(_ELLIPSIS) == 1
        self._shown: dict[int, str | None] = {
            ord(_BREAK): None,
            ord(NO_BREAK): " ",
            ord(_ELLIPSIS): _ELLIPSIS if has_ellipsis else _ONE_CELL_ELLIPSIS,
        }

    def encode(self, text: str, *, room: int | None = None) -> str:
        """Return visible text for rich. With `room` it is cut after so many cells and one more, which rich cuts."""
        text = self._style.encodable(text)
        if room is not None:
            return text[: room + 1] if text.isascii() else self._beginning(text, room)
        if "\t" in text:
            text = text.expandtabs(TAB_STOP)
        return "\n".join(map(self._encode_line, text.split("\n")))

    def decode(self, line: str, gap: str) -> str:
        """Return a rendered line with the clusters restored."""
        return line if line.isascii() and _BREAK not in line else line.replace(GAP, gap).translate(self._shown)

    def _beginning(self, text: str, room: int) -> str:
        shown = []
        beginning = text[: _MAX_CHARS_PER_CELL * (room + 1)]
        for cluster, cells in _measured(beginning if cell_width(beginning) > room else text):
            shown.append(self._stand_in(cluster, cells))
            room -= cells
            if room < 0:
                break
        return "".join(shown)

    def _encode_line(self, line: str) -> str:
        """Return a line that may be broken between its letters, where that is allowed or a word fills the window."""
        columns = max(1, self._columns)
        if line.isascii() and all(len(word) <= columns for word in line.split(" ")):
            return line
        shown: list[str] = []
        for part in unbreakable_parts(line):
            if part[0] == " ":
                shown.append(part)
                continue
            if shown:
                shown.append(_BREAK)
            cells = 0
            for cluster, size in _measured(part):
                cells += size
                if cells > columns:
                    shown.append(_BREAK)
                    cells = size
                shown.append(self._stand_in(cluster, size))
        return "".join(shown)

    def _stand_in(self, cluster: str, cells: int) -> str:
        """Return what rich gets for a cluster: itself if it is ASCII, or if there are too many different ones."""
        if cluster.isascii():
            return cluster
        known = self._stand_ins.get((cluster, cells))
        if known is not None:
            return known
        code = next(self._free[2 if cells > 1 and self._columns > 1 else 1], None)
        if code is None:
            return cluster
        self._shown[code] = cluster
        self._stand_ins[cluster, cells] = chr(code)
        return chr(code)


def _measured(text: str) -> Iterator[tuple[str, int]]:
    """Yield the clusters of a text, each of one or two cells; only a text that has no width at all is one of none."""
    before = ""
    last: tuple[str, int] | None = None
    for cluster in grapheme_clusters(text):
        for piece, cells in _pieces(cluster):
            if cells:
                if last is not None:
                    yield last
                last, before = (before + piece, cells), ""
            elif last is not None:
                last = (last[0] + piece, last[1])
            else:
                before += piece
    if last is not None or before:
        yield last or (before, 0)


def _pieces(cluster: str) -> Iterable[tuple[str, int]]:
    """Return a cluster with its cells, or if it has more than two, its characters with the cells that each adds."""
    cells = cell_width(cluster)
    if cells <= 2:
        return [(cluster, cells)]
    ends = [0, *(cell_width(cluster[:end]) for end in range(1, len(cluster) + 1))]
    return [(char, max(0, end - begin)) for char, begin, end in zip(cluster, ends, ends[1:], strict=False)]
