"""Konsole, KDE's terminal, whose text is selected and copied by its menu's keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from terminal_palettes import TerminalColors
from terminals.terminal import SCROLLBACK, THEMES, RealTerminal

PROFILE = "tested"
INTERFACE = """<!DOCTYPE gui><gui name="{name}" version="1000">
<ActionProperties scheme="Default"><Action name="select-all" shortcut="F12"/></ActionProperties>
</gui>
"""
"""A description (of XMLGUI) of no menus and no tool bars, with a key for what otherwise only a menu has."""


class Konsole(RealTerminal):
    name = "konsole"
    program = "konsole"

    def version(self) -> str:
        return self.display.run(self.program, "--version", env=self._environment).split()[-1]

    def start(
        self, argv: Sequence[str], env: Mapping[str, str], *, columns: int, rows: int, theme: str = "default"
    ) -> None:
        folder = self.directory / "data" / "konsole"
        folder.mkdir(parents=True, exist_ok=True)
        appearance = {"Font": "DejaVu Sans Mono,10"}
        if (colors := THEMES.get(theme)) is not None:
            (folder / f"{PROFILE}.colorscheme").write_text(color_scheme(colors), encoding="utf-8")
            appearance["ColorScheme"] = PROFILE
        profile = {
            "Appearance": appearance,
            "General": {"Name": PROFILE, "TerminalColumns": columns, "TerminalRows": rows},
            "Scrolling": {"HistoryMode": 1, "HistorySize": SCROLLBACK, "ScrollBarPosition": 2},  # 2: none
        }
        (folder / f"{PROFILE}.profile").write_text(ini(profile), encoding="utf-8")
        interface = self.directory / "data" / "kxmlgui5" / "konsole"
        interface.mkdir(parents=True, exist_ok=True)
        for name in ("konsole", "session"):
            (interface / f"{name}ui.rc").write_text(INTERFACE.format(name=name), encoding="utf-8")
        options = ["--nofork", "--hide-menubar", "--hide-tabbar", "--profile", PROFILE]
        self.launch([self.program, *options, "-e", *self.recorded(argv)], {**self._environment, **env})
        self.wait_for_window()
        self._measure()

    def resize(self, columns: int, rows: int) -> None:
        width, height = self.cell_size()
        self.resize_pixels(columns * width + self._overhead[0], rows * height + self._overhead[1])

    def zoom(self, step: int) -> None:
        key = "ctrl+KP_Add" if step > 0 else "ctrl+KP_Subtract"
        self.display.xdotool("key", key, key)  # a point more or less does not always change the cell

    def paste(self, text: str) -> None:
        self.display.set_clipboard(text)
        self.key("ctrl+shift+v")

    def dump(self) -> list[str]:
        """Return all rows but the one below the screen, which Konsole also keeps and copies, and never shows.

        There is no line break after a row that ends in a wide character.
        """
        return self.copied("F12", "ctrl+shift+c").removesuffix("\n").split("\n")[:-1]

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "QT_QPA_PLATFORM": "xcb",
            "XDG_CONFIG_HOME": str(self.directory / "config"),
            "XDG_DATA_HOME": str(self.directory / "data"),
            "XDG_RUNTIME_DIR": str(self.directory),
        }

    def _measure(self) -> None:
        """Note what the window has around the grid, in pixels."""
        columns, rows = self.size()
        width, height = self.cell_size()
        window_width, window_height = self.window_size()
        self._overhead = window_width - columns * width, window_height - rows * height


def ini(groups: Mapping[str, Mapping[str, object]]) -> str:
    """Return the text of a configuration file of KDE."""
    return "".join(
        f"[{group}]\n" + "".join(f"{name}={value}\n" for name, value in values.items())
        for group, values in groups.items()
    )


def color_scheme(colors: TerminalColors) -> str:
    """Return the text of a colour scheme of Konsole."""
    groups = {"General": {"Description": PROFILE}}
    named = {"Foreground": colors.foreground, "Background": colors.background}
    for number, color in enumerate(colors.palette):
        named[f"Color{number % 8}{'Intense' if number >= 8 else ''}"] = color
    for name, color in named.items():
        groups[name] = {"Color": ",".join(str(int(color[start : start + 2], 16)) for start in (1, 3, 5))}
    return ini(groups)
