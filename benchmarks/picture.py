"""The picture in the README: a terminal's contents, with their SGR codes, to a small SVG made by rich.

tmux capture-pane -e -p -S - | python benchmarks/picture.py TITLE > benchmarks/session.svg
"""

from __future__ import annotations

import io
import re
import sys

from rich.ansi import AnsiDecoder
from rich.console import Console


def main() -> None:
    console = Console(record=True, width=80, file=io.StringIO(), color_system="standard")
    for line in AnsiDecoder().decode(sys.stdin.read().rstrip("\n")):
        console.print(line, soft_wrap=True, highlight=False)
    svg = console.export_svg(title=sys.argv[1], unique_id="grokchat")
    # The fonts are fetched from elsewhere otherwise; a README needs none but the reader's own.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL).replace("Fira Code", "ui-monospace")
    sys.stdout.write("\n".join(line.rstrip() for line in svg.split("\n")))


if __name__ == "__main__":
    main()
