"""The pictures in the README: a terminal's contents with SGR codes, as a small SVG made by rich.

tmux capture-pane -e -N -p -S - | python benchmarks/picture.py TITLE [dark|light] > benchmarks/NAME.svg

`readme_pictures.py` makes all of them.
"""

from __future__ import annotations

import io
import re
import sys

from rich.ansi import AnsiDecoder
from rich.console import Console
from rich.terminal_theme import TerminalTheme

NORMAL = {
    "dark": ["15161e", "f7768e", "9ece6a", "e0af68", "7aa2f7", "bb9af7", "7dcfff", "a9b1d6"],
    "light": ["0f0f14", "b3203a", "35700a", "8f6a00", "1f55c4", "7b33b8", "00688a", "6b7080"],
}
GROUND = {"dark": ("1a1b26", "c0caf5", "565f89"), "light": ("ffffff", "282c3c", "9096a8")}
"""Background, foreground, and the eighth colour, which is what is said quietly."""


def color(digits: str) -> tuple[int, int, int]:
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def main() -> None:
    title, kind = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "dark"
    background, foreground, quiet = map(color, GROUND[kind])
    normal = [color(digits) for digits in NORMAL[kind]]
    theme = TerminalTheme(background, foreground, normal, [quiet, *normal[1:]])
    text = sys.stdin.read().rstrip("\n")
    decoder = AnsiDecoder()
    lines = [(line, decoder.style) for line in decoder.decode(text)]
    width = max(80, *(line.cell_len for line, _ in lines))
    console = Console(record=True, width=width, file=io.StringIO(), color_system="truecolor")
    for line, ending in lines:
        if line.plain and ending.bgcolor is not None and not ending.bgcolor.is_default:
            # tmux leaves out the cells that were erased in a background colour, as a band to the edge is.
            line.append(" " * (width - line.cell_len), ending)
        console.print(line, soft_wrap=True, highlight=False)
    svg = console.export_svg(title=title, theme=theme, unique_id=f"grokchat-{kind}")
    # rich's SVG would fetch fonts from the network; the reader's own are good enough for a README.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL).replace("Fira Code", "ui-monospace")
    sys.stdout.write("\n".join(line.rstrip() for line in svg.split("\n")) + "\n")


if __name__ == "__main__":
    main()
