"""What all drivers of real terminals have in common."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import struct
import subprocess
import termios
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Self

from terminal_palettes import TERMINALS, TerminalColors
from terminals.display import Display, wait_for

SCROLLBACK = 100_000
"""Rows of scrollback in every terminal: more than any run prints."""
NO_COPY = "the terminal has not copied yet"
COPY_S = 2.0
"""Seconds that a terminal gets to copy its text, before the keys are pressed again."""
RECORD_TERMINAL = 'tty >"$0.new"; echo $$ >>"$0.new"; mv "$0.new" "$0"; exec "$@"'
"""A shell's script: writes down its terminal and its process, and becomes the program."""


_COLORS = {terminal.name: terminal for terminal in TERMINALS}
THEMES: Mapping[str, TerminalColors] = {
    "solarized-dark": _COLORS["Solarized dark"],
    "solarized-light": _COLORS["Solarized light"],
    "white": _COLORS["xterm"],
}
"""By name. "default" is none of them: the terminal's own colours."""


class RealTerminal(ABC):
    """A terminal in a window of a display, with one program in it. Use as a context manager.

    A driver starts the terminal in `start`, puts the id of its X window into `window` and its process into `process`;
    what xdotool does alike for every window is done here.
    """

    name: ClassVar[str]
    """As in the table: "xterm"."""
    program: ClassVar[str]
    """What has to be on PATH."""
    package: ClassVar[str] = ""
    """Debian's package, if it is not called like the program."""
    reflows: ClassVar[bool] = True
    """Whether rows are wrapped anew when the width changes; otherwise a narrower window cuts them."""

    def __init__(self, display: Display, directory: Path) -> None:
        """Take a display, and an empty directory for what this terminal writes."""
        self.display = display
        self.directory = directory
        self.window = ""
        self.process: subprocess.Popen[str] | None = None
        directory.mkdir(parents=True, exist_ok=True)

    @classmethod
    def is_installed(cls) -> bool:
        return shutil.which(cls.program) is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def version(self) -> str:
        """Return the version as the terminal's makers write it: "379"."""

    @abstractmethod
    def start(
        self, argv: Sequence[str], env: Mapping[str, str], *, columns: int, rows: int, theme: str = "default"
    ) -> None:
        """Start a program in a grid of this size, with `env` on top of the display's, and wait until it runs."""

    @abstractmethod
    def zoom(self, step: int) -> None:
        """Make the font larger (1) or smaller (-1), and leave the window's size unchanged where that is possible."""

    @abstractmethod
    def dump(self) -> list[str]:
        """Return scrollback and screen from the top; rows that the terminal itself wrapped are joined."""

    def resize(self, columns: int, rows: int) -> None:
        """Give the grid another size; return at once. A drag is many of these, 5 to 30 ms apart."""
        width, height = self.cell_size()
        self.resize_pixels(columns * width, rows * height)

    def resize_pixels(self, width: int, height: int) -> None:
        """Give the window another size, as a mouse does; return at once."""
        self.display.set_window_size(self.window, width, height)

    def window_size(self) -> tuple[int, int]:
        """Return the window's width and height in pixels."""
        return self.display.window_size(self.window)

    def type(self, text: str) -> None:
        """Type ASCII characters; others may be lost while the X server learns their keys, and can be pasted."""
        self.display.xdotool("type", "--clearmodifiers", "--delay", "2", "--", text)

    def key(self, name: str) -> None:
        """Press a key by its name for xdotool: "Return", "ctrl+c"."""
        self.display.xdotool("key", "--clearmodifiers", name)

    @abstractmethod
    def paste(self, text: str) -> None:
        """Paste a text, with the codes of a bracketed paste where the program has asked for them."""

    def screenshot(self, path: Path) -> None:
        self.display.screenshot(self.window, path)

    def close(self) -> None:
        """End the program and the terminal."""
        if self._record.exists():
            with suppress(ProcessLookupError):
                os.kill(self.pid(), signal.SIGKILL)
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def copied(self, *keys: str) -> str:
        """Press keys that copy the text, and return it. They are pressed again if there is no copy.

        A window that has just opened may miss keys, and no terminal copies an empty screen.
        """
        self.display.set_clipboard(NO_COPY)

        def is_copied() -> bool:
            self.display.xdotool("key", "--clearmodifiers", *keys)
            with suppress(TimeoutError):
                wait_for(lambda: self.display.clipboard() != NO_COPY, "no copy", seconds=COPY_S, poll_s=0.05)
            return self.display.clipboard() != NO_COPY

        wait_for(is_copied, f"{self.name} copies nothing")
        return self.display.clipboard()

    # -- for drivers --------------------------------------------------------------------------------------------------

    @property
    def _record(self) -> Path:
        return self.directory / "terminal-of-the-program"

    def recorded(self, argv: Sequence[str]) -> list[str]:
        """Return the command that runs `argv` and writes down where: what a driver has to start in the terminal."""
        return ["/bin/sh", "-c", RECORD_TERMINAL, str(self._record), *argv]

    def launch(self, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        """Start the terminal's own process, in a group of its own, with its messages in the file `log`."""
        self._record.unlink(missing_ok=True)
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                env={**self.display.env, **(env or {})},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                encoding="utf-8",
                start_new_session=True,
                cwd=self.directory,
            )

    def wait_until_running(self) -> None:
        """Wait until the program has been started in the terminal."""
        wait_for(self._record.exists, f"{self.name} has not started its program")

    def wait_for_window(self) -> None:
        """Wait until the program runs in a window of the terminal's process, and give that the focus."""
        self.wait_until_running()
        assert self.process is not None
        self.window = self.display.window("--pid", str(self.process.pid))
        self.display.focus(self.window)

    # -- the program --------------------------------------------------------------------------------------------------

    def terminal(self) -> str:
        """Return the path of the program's pseudo-terminal."""
        return self._record.read_text(encoding="utf-8").split("\n")[0]

    def pid(self) -> int:
        """Return the program's process id."""
        return int(self._record.read_text(encoding="utf-8").split("\n")[1])

    def alive(self) -> bool:
        """Return whether the program still runs."""
        try:
            os.kill(self.pid(), 0)
        except ProcessLookupError:
            return False
        return True

    def size(self) -> tuple[int, int]:
        """Return the grid's columns and rows as the program can know them now."""
        rows, columns, _, _ = self._sizes()
        return columns, rows

    def cell_size(self) -> tuple[int, int]:
        """Return the width and height of a cell in pixels, where the terminal tells the program; else zeros."""
        rows, columns, width, height = self._sizes()
        return width // columns, height // rows

    def _sizes(self) -> tuple[int, int, int, int]:
        """Return rows, columns, and the width and height of the grid in pixels."""
        terminal = os.open(self.terminal(), os.O_RDONLY | os.O_NOCTTY)
        try:
            rows, columns, width, height = struct.unpack("HHHH", fcntl.ioctl(terminal, termios.TIOCGWINSZ, bytes(8)))
        finally:
            os.close(terminal)
        return rows, columns, width, height
