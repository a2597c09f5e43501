"""alacritty, whose text is selected and copied in its vi mode."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from terminals.display import wait_for
from terminals.terminal import SCROLLBACK, THEMES, RealTerminal

COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
SELECT_ALL = ("ctrl+shift+space", "g", "shift+v", "shift+g", "y", "ctrl+shift+space")
"""Into the vi mode, to the top, select rows, to the bottom, copy, and out of it: keys that alacritty has by default."""
MARK = "alacritty has not copied yet"


class Alacritty(RealTerminal):
    name = "alacritty"
    program = "alacritty"

    def version(self) -> str:
        found = re.search(r"alacritty (\S+)", self.display.run(self.program, "--version"))
        assert found is not None
        return found[1]

    def start(
        self, argv: Sequence[str], env: Mapping[str, str], *, columns: int, rows: int, theme: str = "default"
    ) -> None:
        values = settings(columns, rows, theme)
        minor = int(self.version().split(".")[1])
        # Until 0.12 its configuration was YAML, which contains JSON.
        name, text = ("alacritty.toml", toml(values)) if minor >= 13 else ("alacritty.yml", json.dumps(values))
        (self.directory / name).write_text(text, encoding="utf-8")
        self.launch([self.program, "--config-file", name, "-e", *self.recorded(argv)], env)
        self.wait_until_running()
        assert self.process is not None
        self.window = self.display.window("--pid", str(self.process.pid))
        self.display.focus(self.window)

    def resize(self, columns: int, rows: int) -> None:
        width, height = self.cell_size()
        self.resize_pixels(columns * width, rows * height)

    def zoom(self, step: int) -> None:
        self.key("ctrl+equal" if step > 0 else "ctrl+minus")

    def paste(self, text: str) -> None:
        self.display.set_clipboard(text)
        self.key("ctrl+shift+v")

    def dump(self) -> list[str]:
        self.display.set_clipboard(MARK)
        self.display.xdotool("key", "--clearmodifiers", "--delay", "30", *SELECT_ALL)
        wait_for(lambda: self.display.clipboard() != MARK, "alacritty has copied nothing", poll_s=0.1)
        return self.display.clipboard().removesuffix("\n").split("\n")


def settings(columns: int, rows: int, theme: str) -> dict[str, object]:
    """Return the configuration as https://alacritty.org/config-alacritty.html names it."""
    values: dict[str, object] = {
        "font": {"normal": {"family": "DejaVu Sans Mono"}},
        "scrolling": {"history": SCROLLBACK},
        "window": {"dimensions": {"columns": columns, "lines": rows}},
    }
    if (colours := THEMES.get(theme)) is not None:
        values["colors"] = {
            "primary": {"foreground": colours.foreground, "background": colours.background},
            "normal": dict(zip(COLOURS, colours.palette[:8], strict=True)),
            "bright": dict(zip(COLOURS, colours.palette[8:], strict=True)),
        }
    return values


def toml(values: Mapping[str, object]) -> str:
    """Return nested tables of strings and numbers as TOML, each table on a line."""
    return "".join(f"{name} = {_inline(value)}\n" for name, value in values.items())


def _inline(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name} = {_inline(item)}" for name, item in value.items()) + "}"
    return json.dumps(value)
