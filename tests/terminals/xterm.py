"""xterm, which neither wraps anew nor knows synchronized updates: what a narrower window cuts off its rows is gone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from terminals.display import wait_for
from terminals.terminal import SCROLLBACK, THEMES, RealTerminal

TRANSLATIONS = (
    r"#override\n <Key>F12: print-everything()\n <Key>F11: larger-vt-font()\n <Key>F10: smaller-vt-font()\n"
    r" <Key>F9: insert-selection(CLIPBOARD)"
)
"""Keys of the tests, in the places of keys that the program never gets."""


class Xterm(RealTerminal):
    name = "xterm"
    program = "xterm"
    reflows = False

    def version(self) -> str:
        found = re.search(r"\((\w+)\)", self.display.run(self.program, "-version"))
        assert found is not None
        return found[1]

    def start(
        self, argv: Sequence[str], env: Mapping[str, str], *, columns: int, rows: int, theme: str = "default"
    ) -> None:
        command = self.command(columns, rows, theme)
        self.launch([*command, "-e", *self.inside(argv)], env)
        self.wait_for_window()

    def inside(self, argv: Sequence[str]) -> list[str]:
        """Return the command that xterm starts."""
        return self.recorded(argv)

    def command(self, columns: int, rows: int, theme: str) -> list[str]:
        """Return xterm's command line without the program in it."""
        colors = THEMES.get(theme)
        resources = {
            "faceName": "DejaVu Sans Mono",
            "faceSize": "9",
            "saveLines": str(SCROLLBACK),
            "translations": TRANSLATIONS,
            "printerCommand": f"cat >{self._dumped}.new; mv {self._dumped}.new {self._dumped}",
            "printerAutoClose": "true",
            "printAttributes": "0",
            "allowFontOps": "true",
        }
        if colors is not None:
            resources |= {"foreground": colors.foreground, "background": colors.background}
            resources |= {f"color{number}": color for number, color in enumerate(colors.palette)}
        given = [word for name, value in resources.items() for word in ("-xrm", f"XTerm*VT100.{name}: {value}")]
        return [Xterm.program, "-u8", "-geometry", f"{columns}x{rows}", *given]

    def resize(self, columns: int, rows: int) -> None:
        self.display.send("windowsize", "--usehints", self.window, str(columns), str(rows))

    def zoom(self, step: int) -> None:
        """Change the font, whereupon xterm resizes its window, and give the window its size again."""
        size = self.window_size()
        self.key("F11" if step > 0 else "F10")
        with suppress(TimeoutError):
            wait_for(lambda: self.window_size() != size, "xterm has no such font", seconds=1.0)
        self.resize_pixels(*size)

    def paste(self, text: str) -> None:
        self.display.set_clipboard(text)
        self.key("F9")

    def dump(self) -> list[str]:
        self._dumped.unlink(missing_ok=True)
        self.key("F12")
        wait_for(self._dumped.exists, "xterm has printed nothing")
        # The second cell of a wide character is printed as U+FFFF, xterm's HIDDEN_CHAR.
        text = self._dumped.read_text(encoding="utf-8", errors="replace").replace("\uffff", "")
        return [row.rstrip("\r") for row in text.removesuffix("\n").split("\n")]

    @property
    def _dumped(self) -> Path:
        return self.directory / "dumped"
