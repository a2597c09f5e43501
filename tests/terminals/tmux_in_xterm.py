"""tmux in an xterm, whose windows, keys and fonts it has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from terminals.terminal import SCROLLBACK
from terminals.xterm import Xterm

CONFIGURATION = f"set -g history-limit {SCROLLBACK}\nset -g status off\n"


class TmuxInXterm(Xterm):
    name = "tmux"
    reflows = True
    program = "tmux"
    package = "tmux"

    @classmethod
    def is_installed(cls) -> bool:
        return super().is_installed() and Xterm.is_installed()

    def version(self) -> str:
        return self.display.run(self.program, "-V").split()[1]

    def inside(self, argv: Sequence[str]) -> list[str]:
        configuration = self.directory / "tmux.conf"
        configuration.write_text(CONFIGURATION, encoding="utf-8")
        return [*self._tmux, "-f", str(configuration), "new-session", *self.recorded(argv)]

    def dump(self) -> list[str]:
        rows = self.display.run(*self._tmux, "capture-pane", "-p", "-J", "-S", "-")
        return [row.rstrip(" ") for row in rows.removesuffix("\n").split("\n")]  # -J also keeps blanks at the ends

    def close(self) -> None:
        self.display.run(*self._tmux, "kill-server", check=False)
        super().close()

    @property
    def _tmux(self) -> tuple[str, ...]:
        return self.program, "-S", str(self._socket)

    @property
    def _socket(self) -> Path:
        return self.directory / "socket"
