"""alacritty, whose text is selected and copied in its vi mode."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from terminals.terminal import SCROLLBACK, THEMES, RealTerminal

COLORS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
COPY_ALL = {
    "F5": "ToggleViMode",
    "F6": "ScrollToTop",
    "F7": "ToggleLineSelection",
    "F8": "ScrollToBottom",
    "F9": "Copy",
    "F10": "ToggleViMode",
}
"""Keys of the tests, to be pressed in this order. Each acts in one mode only and never reaches the program, so that the
last one always leaves the vi mode, whatever the others did."""

TOML, GENERAL = 13, 14
"""The minor versions since which its configuration is TOML, and since which that has a table `general`."""


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
        version = int(self.version().split(".")[1])
        values = settings(columns, rows, theme, version=version)
        # What is not TOML is YAML, which contains JSON.
        name, text = ("alacritty.toml", toml(values)) if version >= TOML else ("alacritty.yml", json.dumps(values))
        (self.directory / name).write_text(text, encoding="utf-8")
        self.launch([self.program, "--config-file", name, "-e", *self.recorded(argv)], env)
        self.wait_for_window()

    def zoom(self, step: int) -> None:
        self.key("ctrl+equal" if step > 0 else "ctrl+minus")

    def paste(self, text: str) -> None:
        self.display.set_clipboard(text)
        self.key("ctrl+shift+v")

    def dump(self) -> list[str]:
        return self.copied(*COPY_ALL).removesuffix("\n").split("\n")


def settings(columns: int, rows: int, theme: str, *, version: int) -> dict[str, object]:
    """Return the configuration as https://alacritty.org/config-alacritty.html names it."""
    reload = {"live_config_reload": False}  # it reports an error across the grid where inotify's limit is reached
    enters = next(iter(COPY_ALL))
    bindings = []
    for key, action in COPY_ALL.items():
        modes = ("~Vi", "Vi") if key == enters else ("Vi", "~Vi")
        bindings += [{"key": key, "mode": modes[0], "action": action}, {"key": key, "mode": modes[1], "action": "None"}]
    values: dict[str, object] = {
        "font": {"normal": {"family": "DejaVu Sans Mono"}},
        "scrolling": {"history": SCROLLBACK},
        "window": {"dimensions": {"columns": columns, "lines": rows}},
        **({"keyboard": {"bindings": bindings}} if version >= TOML else {"key_bindings": bindings}),
        **({"general": reload} if version >= GENERAL else reload),
    }
    if (colors := THEMES.get(theme)) is not None:
        values["colors"] = {
            "primary": {"foreground": colors.foreground, "background": colors.background},
            "normal": dict(zip(COLORS, colors.palette[:8], strict=True)),
            "bright": dict(zip(COLORS, colors.palette[8:], strict=True)),
        }
    return values


def toml(values: Mapping[str, object]) -> str:
    """Return tables and lists of strings and numbers as TOML, each on a line."""
    return "".join(f"{name} = {_inline(value)}\n" for name, value in values.items())


def _inline(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name} = {_inline(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value)
