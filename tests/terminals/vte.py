"""VTE, the terminal of GNOME Terminal, Console, Terminator, Tilix, xfce4-terminal: a window of `vte_window.py`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from terminals.terminal import SCROLLBACK, THEMES, RealTerminal

PYTHON = "/usr/bin/python3"
"""The system's own, for which Debian's python3-gi is built."""
WINDOW = Path(__file__).with_name("vte_window.py")


class Vte(RealTerminal):
    name = "VTE"
    program = PYTHON
    package = "gir1.2-vte-2.91 python3-gi"

    @classmethod
    def is_installed(cls) -> bool:
        try:
            return subprocess.run([cls.program, WINDOW, "--version"], capture_output=True, check=False).returncode == 0
        except OSError:
            return False

    def version(self) -> str:
        return subprocess.run(
            [self.program, WINDOW, "--version"], capture_output=True, check=True, text=True
        ).stdout.strip()

    def start(
        self, argv: Sequence[str], env: Mapping[str, str], *, columns: int, rows: int, theme: str = "default"
    ) -> None:
        colors = THEMES.get(theme)
        self.launch([self.program, str(WINDOW)], {"NO_AT_BRIDGE": "1", "GSETTINGS_BACKEND": "memory"})
        self.window = str(
            self._ask(
                "start",
                argv=self.recorded(argv),
                env={**self.display.env, "TERM": "xterm-256color", "COLORTERM": "truecolor", **env},
                columns=columns,
                rows=rows,
                scrollback=SCROLLBACK,
                colors=None if colors is None else [colors.foreground, colors.background, *colors.palette],
            )
        )
        self.wait_until_running()

    def resize(self, columns: int, rows: int) -> None:
        self._ask("resize", columns=columns, rows=rows)

    def resize_pixels(self, width: int, height: int) -> None:
        self._ask("resize_pixels", width=width, height=height)

    def window_size(self) -> tuple[int, int]:
        width, height = self._ask("window_size")
        return width, height

    def zoom(self, step: int) -> None:
        self._ask("zoom", step=step)

    def type(self, text: str) -> None:
        self._ask("type", text=text)

    def key(self, name: str) -> None:
        self.display.focus(self.window)
        super().key(name)

    def paste(self, text: str) -> None:
        self._ask("paste", text=text)

    def dump(self) -> list[str]:
        return self._ask("dump").split("\n")

    def _ask(self, command: str, **values: Any) -> Any:
        assert self.process is not None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"command": command, **values}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the window of VTE is gone: {(self.directory / 'log').read_text(encoding='utf-8')}")
        return json.loads(line)
