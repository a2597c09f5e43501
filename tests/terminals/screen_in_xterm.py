"""GNU screen in an xterm, whose windows, keys and fonts it has."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from terminals.display import wait_for
from terminals.terminal import SCROLLBACK
from terminals.xterm import Xterm

CONFIGURATION = f"startup_message off\nmsgwait 0\nmsgminwait 0\nautodetach off\ndefscrollback {SCROLLBACK}\n"
SESSION = "tested"
COPY_ALL = ("g", "space", "shift+g", "dollar", "space")
"""In screen's copy mode; the command `hardcopy` writes the low byte of each character only."""
MARK = "screen has not copied yet"


class ScreenInXterm(Xterm):
    name = "screen"
    reflows = True
    program = "screen"
    package = "screen"

    @classmethod
    def is_installed(cls) -> bool:
        return super().is_installed() and Xterm.is_installed()

    def version(self) -> str:
        found = re.search(r"version (\S+)", self.display.run(self.program, "--version", check=False))
        assert found is not None
        return found[1]

    def start(
        self, argv: Sequence[str], env: Mapping[str, str], *, columns: int, rows: int, theme: str = "default"
    ) -> None:
        super().start(argv, {**env, **self._sockets}, columns=columns, rows=rows, theme=theme)

    def inside(self, argv: Sequence[str]) -> list[str]:
        configuration = self.directory / "screenrc"
        configuration.write_text(CONFIGURATION, encoding="utf-8")
        return [self.program, "-U", "-c", str(configuration), "-S", SESSION, *self.recorded(argv)]

    def dump(self) -> list[str]:
        """Return all rows; those that end in their last column count as wrapped, since screen does not note it."""
        self._dumped.write_text(MARK, encoding="utf-8")
        self._send("-X", "readbuf", str(self._dumped))
        self._send("-X", "copy")
        self._send("-Q", "number")  # is answered when the copy mode has begun
        self.display.xdotool("key", "--clearmodifiers", *COPY_ALL)
        wait_for(lambda: self._buffer() != MARK, "screen has copied nothing", poll_s=0.1)
        text = self._buffer().lstrip("\n")  # screen fills a window that grows with empty rows above the first one
        return [row.rstrip(" ") for row in text.removesuffix("\n").split("\n")]

    def _buffer(self) -> str:
        """Return what screen's copy mode has copied."""
        self._send("-X", "writebuf", "-e", "UTF-8", str(self._dumped))
        self._send("-Q", "number")  # is answered when the file is complete
        return self._dumped.read_text(encoding="utf-8")

    def close(self) -> None:
        self._send("-X", "quit")
        super().close()

    def _send(self, *words: str) -> None:
        self.display.run(self.program, "-S", SESSION, *words, env=self._sockets, check=False)

    @property
    def _sockets(self) -> dict[str, str]:
        folder: Path = self.directory / "sockets"
        folder.mkdir(mode=0o700, exist_ok=True)
        return {"SCREENDIR": str(folder)}
