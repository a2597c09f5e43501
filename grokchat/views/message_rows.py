"""Rows of messages: a text is made visible, wrapped, cut to its beginning, and given its codes."""

from __future__ import annotations

from grokchat.render.sanitize import visible
from grokchat.render.style import TerminalStyle, sgr_parameters
from grokchat.terminal.row_widths import ERASURE
from grokchat.units import plural, text_size

Row = list[tuple[str, str]]
"""Pieces of text, each with its element."""
Limits = tuple[int, int]
"""The rows of a text that is shown whole, and those of its beginning that are shown if it has more."""


def text_rows(text: str, columns: int, style: TerminalStyle, limits: Limits | None) -> tuple[list[str], list[Row]]:
    """Return a text's rows, wrapped at words, and if `limits` leave some out, a row that says how much.

    Of a text of many megabytes only what is shown is wrapped.
    """
    if limits is None:
        return wrap_lines(style.encodable(visible(text).rstrip("\n")), columns), []
    most, shown = limits
    beginning = text[: most * (columns + 1) * 4]  # marks that take no room may make rows longer than this
    rows: list[str] = []
    ends: list[int] = []
    for line in style.encodable(visible(beginning).rstrip("\n")).split("\n"):
        rows += wrap_lines(line, columns)
        ends.append(len(rows))
        if len(rows) > most:
            break
    if len(rows) <= most and len(beginning) == len(text):
        return rows, []
    count = text.rstrip("\r\n").count("\n") + 1 - sum(end <= shown for end in ends)
    more = f"  … {plural(max(count, 1), 'more line')} · {text_size(text)} in all"
    return rows[:shown], [[(style.encodable(more), "muted")]]


def wrap_lines(text: str, columns: int) -> list[str]:
    """Return the rows of a text, wrapped at words."""
    from grokchat.render.wrap import wrap_text

    return [row for line in text.split("\n") for row in wrap_text(line, columns)]


def row_line(row: Row, columns: int, style: TerminalStyle, *, has_band: bool = False) -> str:
    """Return a row with its codes, on the band if it `has_band` and there are colours for it.

    The band is painted to the edge by an erasure, in terminals where the cells after the text stay blank; in others it
    ends with the text, because they would wrap and copy it like spaces.
    """
    text = "".join(piece for piece, _ in row)
    band = ("band",) if has_band and sgr_parameters(("band",), style) else ()
    is_painted = bool(band) and style.erases_to_blank and _fits(text, columns)
    parts, current = [], ""
    for piece, element in row:
        code = sgr_parameters((*band, element) if element else band, style) if piece or is_painted else current
        if code != current:
            parts.append(f"\x1b[{'0;' if current else ''}{code}m" if code else "\x1b[m")
            if is_painted and not current:
                parts.append(ERASURE)
            current = code
        parts.append(piece)
    return "".join([*parts, "\x1b[m" if current else ""])


def _fits(text: str, columns: int) -> bool:
    from grokchat.render.cells import fits_row

    return fits_row(text, columns)
