"""QTerminal, LXQt's terminal, which hands its text to a program ("Handle history") at a key of its configuration."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from terminals.display import wait_for
from terminals.konsole import ini
from terminals.terminal import RealTerminal

SCHEMES = {
    "default": "Linux",
    "solarized-dark": "Solarized",
    "solarized-light": "SolarizedLight",
    "white": "BlackOnWhite",
}
"""Its own colour schemes, by theme: it takes no others but from files of the system."""
SMALL, LARGE = (640, 480), (1920, 1440)
"""Sizes in pixels between which the cell is measured, since QTerminal does not tell it."""
GATE = 'until [ -e "$0" ]; do sleep 0.02; done; exec "$@"'
"""A shell's script: waits until the window has its size."""


class QTerminal(RealTerminal):
    name = "qterminal"
    reflows = False
    program = "qterminal"

    def version(self) -> str:
        return self.display.run(self.program, "--version", env=self._environment).split()[-1]

    def start(
        self, argv: Sequence[str], env: Mapping[str, str], *, columns: int, rows: int, theme: str = "default"
    ) -> None:
        folder = self.directory / "config" / "qterminal.org"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "qterminal.ini").write_text(ini(self._settings(SCHEMES[theme])), encoding="utf-8")
        self._script("take-text", f'cp "$1" {self._dumped}.new && mv {self._dumped}.new {self._dumped}')
        gate = self.directory / "has-its-size"
        gate.unlink(missing_ok=True)
        program = self._script(
            "program", "exec " + shlex.join(self.recorded(["/bin/sh", "-c", GATE, str(gate), *argv]))
        )
        self.launch([self.program, "-e", str(program)], {**self._environment, **env})
        self.wait_for_window()
        self._measure()
        self.resize(columns, rows)
        wait_for(lambda: self.size() == (columns, rows), "QTerminal does not get its size")
        gate.touch()

    def resize(self, columns: int, rows: int) -> None:
        self.resize_pixels(
            round(columns * self._cell[0] + self._overhead[0]), round(rows * self._cell[1] + self._overhead[1])
        )

    def zoom(self, step: int) -> None:
        before = self.size()
        self.display.xdotool("key", "ctrl+plus" if step > 0 else "ctrl+minus")
        with suppress(TimeoutError):  # a point more or less does not always change the cell
            wait_for(lambda: self.size() != before, "QTerminal's grid is as before", seconds=1.0)
        columns, rows = self.size()
        width, height = self.window_size()
        self._cell = (width - self._overhead[0]) / columns, (height - self._overhead[1]) / rows

    def paste(self, text: str) -> None:
        self.display.set_clipboard(text)
        self.key("ctrl+shift+v")

    def dump(self) -> list[str]:
        self._dumped.unlink(missing_ok=True)
        self.key("F9")
        wait_for(self._dumped.exists, "QTerminal has written nothing")
        rows = self._dumped.read_text(encoding="utf-8").removesuffix("\n").split("\n")
        return [row.rstrip(" ") for row in rows[:-1]]  # the last one is below the screen, and never shown

    @property
    def _dumped(self) -> Path:
        return self.directory / "dumped"

    @property
    def _environment(self) -> dict[str, str]:
        return {"QT_QPA_PLATFORM": "xcb", "XDG_CONFIG_HOME": str(self.directory / "config")}

    def _script(self, name: str, text: str) -> Path:
        path = self.directory / name
        path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    def _settings(self, scheme: str) -> dict[str, dict[str, object]]:
        return {
            "General": {
                "AskOnExit": "false",
                "ConfirmMultilinePaste": "false",
                "HandleHistory": self.directory / "take-text",
                "HideTabBarWithOneTab": "true",
                "HistoryLimited": "false",
                "MenuVisible": "false",
                "ScrollbarPosition": 0,
                "colorScheme": scheme,
                "fontFamily": "DejaVu Sans Mono",
                "fontSize": 10,
                "highlightCurrentTerminal": "false",
            },
            "MainWindow": {"fixedSize": "@Size(640 480)", "size": "@Size(640 480)"},
            "Shortcuts": {"Handle%20history": "F9", "Paste%20Clipboard": "Ctrl+Shift+V"},
        }

    def _measure(self) -> None:
        """Measure the cell and what the window has around the grid, by the grids of two sizes."""
        small, large = self._grid_at(*SMALL), self._grid_at(*LARGE)
        self._cell = tuple(round((LARGE[at] - SMALL[at]) / (large[at] - small[at])) for at in (0, 1))
        self._overhead = tuple(LARGE[at] - large[at] * self._cell[at] for at in (0, 1))

    def _grid_at(self, width: int, height: int) -> tuple[int, int]:
        before = self.size()
        self.resize_pixels(width, height)
        if self.window_size() != (width, height):
            wait_for(lambda: self.window_size() == (width, height), "QTerminal's window keeps its size")
        with suppress(TimeoutError):
            wait_for(lambda: self.size() != before, "the grid is as before", seconds=1.0)
        return self.size()
