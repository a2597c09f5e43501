"""rxvt-unicode, whose text, font and selection an extension in Perl (`urxvt_dump.pl`) takes and sets."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from terminals.display import wait_for
from terminals.terminal import SCROLLBACK, THEMES, RealTerminal

EXTENSION = Path(__file__).with_name("urxvt_dump.pl")
SCROLLED = 'yes "" | head -n "$0"; exec "$@"'
"""A shell's script: scrolls so many rows away, and becomes the program. Until a first row has been scrolled away, urxvt
neither wraps anew nor keeps the rows at the bottom of a window that becomes lower, whatever program runs in it."""
FONT, FONT_SIZE = "xft:DejaVu Sans Mono", 9


class Urxvt(RealTerminal):
    name = "urxvt"
    program = "urxvt"
    package = "rxvt-unicode"

    def version(self) -> str:
        text = self.display.run("sh", "-c", f"{self.program} -help 2>&1", check=False)  # its exit code is 1
        found = re.search(r"rxvt-unicode \(urxvt\) v(\S+)", text)
        assert found is not None
        return found[1]

    def start(
        self, argv: Sequence[str], env: Mapping[str, str], *, columns: int, rows: int, theme: str = "default"
    ) -> None:
        shutil.copy(EXTENSION, self.directory / "dump")
        command = [
            *(self.program, "-geometry", f"{columns}x{rows}", "-fn", f"{FONT}:size={FONT_SIZE}"),
            *("-sl", str(SCROLLBACK), "+sb", "-b", "0", "-perl-lib", str(self.directory), "-pe", "dump"),
            *("--perl-ext-common", ""),  # without the extension that asks before it pastes several lines
            *("-keysym.F12", "dump:text", "-keysym.F11", "dump:larger", "-keysym.F10", "dump:smaller"),
        ]
        if (colors := THEMES.get(theme)) is not None:
            command += ["-fg", colors.foreground, "-bg", colors.background]
            for number, color in enumerate(colors.palette):
                command += [f"--color{number}", color]
        self.launch(
            [*command, "-e", *self.recorded(["/bin/sh", "-c", SCROLLED, str(rows), *argv])],
            {**env, "URXVT_DUMP": str(self._dumped), "URXVT_FONT": FONT, "URXVT_FONT_SIZE": str(FONT_SIZE)},
        )
        self.wait_for_window()

    def zoom(self, step: int) -> None:
        """Change the font, whereupon urxvt resizes its window, and give the window its size again."""
        size = self.window_size()
        self.key("F11" if step > 0 else "F10")
        with suppress(TimeoutError):  # a point more or less does not always change the cell
            wait_for(lambda: self.window_size() != size, "urxvt's window is as before", seconds=1.0)
        self.resize_pixels(*size)

    def paste(self, text: str) -> None:
        self.display.set_clipboard(text)
        self.key("shift+Insert")

    def dump(self) -> list[str]:
        self._dumped.unlink(missing_ok=True)
        self.key("F12")
        wait_for(self._dumped.exists, "urxvt has written nothing")
        return self._dumped.read_text(encoding="utf-8").strip("\n").split("\n")

    @property
    def _dumped(self) -> Path:
        return self.directory / "dumped"
