"""Bars: quantities as rows of blocks, in what the terminal has."""

from __future__ import annotations

from collections.abc import Sequence

from grokchat.render.cells import cell_width
from grokchat.render.style import TerminalStyle

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_FULL, _FREE, _MARK = "█", "░", "│"
_PLAIN_FULL, _PLAIN_FREE, _PLAIN_MARK = "#", ".", "|"


def bar(share: float, cells: int, style: TerminalStyle) -> str:
    """Return a bar of a share (0 to 1) of so many cells; what is more than nothing has at least the thinnest one."""
    if share <= 0 or cells < 1:
        return ""
    if not _has_blocks(style):
        return _PLAIN_FULL * max(1, round(share * cells))
    steps = 2 if style.colors == "16" else 8  # the console's font has halves alone
    count = max(1, round(share * cells * steps))
    full, part = divmod(count, steps)
    return _FULL * full + (_EIGHTHS[part * 8 // steps] if part else "")


def gauge(parts: Sequence[tuple[str, float]], cells: int, style: TerminalStyle, *, mark: float | None = None) -> str:
    """Return a line of so many cells: parts of a whole (each an element and a share of it), then what is free.

    Together the parts have at least one cell; a part that is too small has none. A `mark` stands at that share of the
    free part.
    """
    full, free, edge = (_FULL, _FREE, _MARK) if _has_blocks(style) else (_PLAIN_FULL, _PLAIN_FREE, _PLAIN_MARK)
    whole = sum(share for _, share in parts)
    used = min(cells, max(1, round(whole * cells))) if whole > 0 else 0
    line, end, drawn = "", 0.0, 0
    for element, share in parts if used else ():
        end += share
        count = round(end / whole * used) - drawn
        line += style.styled(full * count, element) if element else full * count
        drawn += count
    rest = free * (cells - used)
    if mark is not None and used <= (place := int(mark * cells)) < cells:
        rest = rest[: place - used] + edge + rest[place - used + 1 :]
    return line + style.styled(rest, "muted")


def swatch(style: TerminalStyle) -> str:
    """Return the sign of a part of a gauge in its legend."""
    return _FULL if _has_blocks(style) else _PLAIN_FULL


def _has_blocks(style: TerminalStyle) -> bool:
    """Whether blocks can be encoded and take one cell each; without escape codes they may not even be in the font."""
    blocks = _EIGHTHS[1:] + _FREE + _MARK
    return not style.is_plain and style.is_unicode and all(cell_width(block) == 1 for block in blocks)
