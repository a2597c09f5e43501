"""prompt_toolkit's screen of characters, converted to rows of text with SGR codes."""

from __future__ import annotations

from collections.abc import Callable

from prompt_toolkit.layout.screen import Screen

from grokchat.terminal.stand_ins import written_text


def screen_rows(screen: Screen, height: int, code_of: Callable[[str], str]) -> list[str]:
    """Return the screen's first rows. `code_of` returns the SGR code of a style string, empty for none."""
    codes: dict[str, str] = {}
    rows = []
    for y in range(height):
        row = screen.data_buffer[y]
        parts: list[str] = []
        current = ""
        column, end = 0, max(row, default=-1)
        while column <= end:
            cell = row[column]
            code = codes.get(cell.style)
            if code is None:
                code = codes[cell.style] = code_of(cell.style)
            if code != current:
                parts.append(code or "\x1b[m")
                current = code
            parts.append(cell.char if cell.char.isascii() else written_text(cell.char, cell.style))
            column += max(1, cell.width)
        if current:
            parts.append("\x1b[m")
        rows.append("".join(parts).rstrip(" "))
    return rows
