"""An X server without a monitor, and the tools that act on its windows: xdotool, xwd and ImageMagick."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

SCREEN = "2400x1600x24"
"""Width, height and depth; a window never needs more, whatever its grid and its font."""
PATIENCE_S = 20.0
"""How long a window or the server may take on a machine under load."""


def wait_for(is_so: Callable[[], bool], what: str, seconds: float = PATIENCE_S, poll_s: float = 0.02) -> None:
    """Wait until something is so; raise TimeoutError if it never is."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not after {seconds:.0f} s")
        time.sleep(poll_s)


class Display:
    """An Xvfb with a display number that nobody uses. Use as a context manager.

    Windows have no window manager unless one is started with `run`: a window is as large as it is told to be, and the
    keyboard belongs to the window under the pointer until `focus` gives it away.
    """

    def __init__(self, screen: str = SCREEN) -> None:
        reader, writer = os.pipe()
        command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", screen, "-nolisten", "tcp", "-noreset", "-ac"]
        self._server = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            number = pipe.readline().strip()
        if not number:
            raise RuntimeError("Xvfb does not start")
        self.name = f":{number}"
        self.env = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "XDG_RUNTIME_DIR") if name in os.environ},
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "DISPLAY": self.name,
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "NO_AT_BRIDGE": "1",
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",  # or else each window leaves a bus of its own behind
        }
        self._shell: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._shell is not None:
            self._shell.kill()
            self._shell.wait()
        self._server.kill()
        self._server.wait()

    def run(self, *command: str, env: Mapping[str, str] | None = None, check: bool = True) -> str:
        """Run a program on this display and return its output."""
        done = subprocess.run(
            command,
            env={**self.env, **(env or {})},
            check=check,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            timeout=60,
        )
        return done.stdout

    def xdotool(self, *words: str, check: bool = True) -> str:
        return self.run("xdotool", *words, check=check)

    # -- windows ------------------------------------------------------------------------------------------------------

    def windows(self, *search: str) -> list[str]:
        """Return the visible windows that `xdotool search` finds: `--pid N`, `--class NAME`, `--classname NAME`."""
        return self.xdotool("search", "--onlyvisible", *search, check=False).split()

    def window(self, *search: str) -> str:
        """Wait for a visible window, and return its id: the largest, should there be several."""
        found: list[str] = []

        def is_there() -> bool:
            found[:] = self.windows(*search)
            return bool(found)

        wait_for(is_there, f"no window {' '.join(search)}")
        return max(found, key=self._area)

    def _area(self, window: str) -> int:
        width, height = self.window_size(window)
        return width * height

    def window_size(self, window: str) -> tuple[int, int]:
        """Return a window's width and height in pixels."""
        lines = self.xdotool("getwindowgeometry", "--shell", window).split()
        values = dict(line.split("=", 1) for line in lines)
        return int(values["WIDTH"]), int(values["HEIGHT"])

    def set_window_size(self, window: str, width: int, height: int) -> None:
        """Ask for a size in pixels, and return at once."""
        self.send("windowsize", window, str(width), str(height))

    def send(self, *words: str) -> None:
        """Have xdotool do something, and do not wait: one process serves all calls, so that a step takes no start."""
        if self._shell is None:
            self._shell = subprocess.Popen(
                ["xdotool", "-"],
                env=self.env,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
            )
        assert self._shell.stdin is not None
        self._shell.stdin.write(" ".join(words) + "\n")
        self._shell.stdin.flush()

    def focus(self, window: str) -> None:
        """Give a window the keyboard."""
        self.xdotool("windowfocus", "--sync", window)

    def set_clipboard(self, text: str) -> None:
        """Offer a text as the selection CLIPBOARD, which Ctrl-Shift-V pastes, and as PRIMARY, the middle button's."""
        for selection in ("clipboard", "primary"):
            # It forks, and the child keeps the text; its output is not captured, since nobody would close the pipe.
            subprocess.run(
                ["xclip", "-selection", selection, "-in"],
                env=self.env,
                check=True,
                input=text,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
            )

    def clipboard(self) -> str:
        """Return the selection CLIPBOARD; empty if its owner does not answer."""
        return self.run("xclip", "-selection", "clipboard", "-out", check=False)

    def screenshot(self, window: str, path: Path) -> None:
        """Write a picture of a window; the suffix of the path says in which format."""
        self.run("import", "-window", window, str(path))
