"""What terminals show: their default colours, each with its source, and the colours of text after an SGR code."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from grokchat.render.theme import relative_luminance

Faint = Callable[[str, str], str]
"""The colour in which SGR 2 shows a text colour on a background."""


def unchanged(color: str, _background: str) -> str:
    return color


def scaled(factor: float) -> Faint:
    return lambda color, _: blended(color, "#000000", factor)


def opaque(factor: float) -> Faint:
    return lambda color, background: blended(color, background, factor)


def fixed(faint: str) -> Faint:
    return lambda _color, _background: faint


def channels(color: str) -> Sequence[int]:
    return bytes.fromhex(color[1:])


def blended(color: str, background: str, share: float) -> str:
    pairs = zip(channels(color), channels(background), strict=True)
    return "#" + "".join(f"{round(share * pair + (1 - share) * other):02x}" for pair, other in pairs)


@dataclass(frozen=True)
class TerminalColors:
    """A terminal's colours, as installed or in a theme. `bright_bold`: bold text has the bright colour."""

    name: str
    foreground: str
    background: str
    palette: Sequence[str]
    """The sixteen colours."""
    source: str
    faint: Faint = unchanged
    bright_bold: bool = False
    italic: str = ""
    """The colour in place of italics; `reverse` for reverse video."""
    underline: str = ""
    """The colour in place of an underline."""

    def shown(self, code: str) -> tuple[str, str]:
        """Return the colours of text and background after an SGR code; raise ValueError for a parameter not known."""
        parameters = [int(number or 0) for number in code.split(";")] if code else []
        color, ground, attributes = self.foreground, self.background, set()
        index: int | None = None
        while parameters:
            match parameters:
                case [38, 5, number, *rest]:
                    color, index, parameters = self.indexed(number), None, rest
                case [38, 2, red, green, blue, *rest]:
                    color, index, parameters = f"#{red:02x}{green:02x}{blue:02x}", None, rest
                case [48, 5, number, *rest]:
                    ground, parameters = self.indexed(number), rest
                case [48, 2, red, green, blue, *rest]:
                    ground, parameters = f"#{red:02x}{green:02x}{blue:02x}", rest
                case [number, *rest] if 30 <= number <= 37 or 90 <= number <= 97:
                    index = number - 30 if number < 40 else number - 82
                    color, parameters = self.palette[index], rest
                case [0, *rest]:
                    color, ground, index = self.foreground, self.background, None
                    attributes, parameters = set(), rest
                case [number, *rest] if number in {1, 2, 3, 4, 7, 9}:
                    attributes.add(number)
                    parameters = rest
                case _:
                    raise ValueError(code)
        if 1 in attributes and self.bright_bold and index is not None and index < 8:
            color = self.palette[index + 8]
        if 2 in attributes:
            color = self.faint(color, ground)
        if 4 in attributes:
            color = self.underline or color
        if 3 in attributes and self.italic != "reverse":
            color = self.italic or color
        is_reverse = (7 in attributes) != (3 in attributes and self.italic == "reverse")
        return (ground, color) if is_reverse else (color, ground)

    def indexed(self, number: int) -> str:
        """Return one of 256 colours: sixteen of the palette, a cube, and greys (xterm's 256colres.pl)."""
        if number < 16:
            return self.palette[number]
        if number >= 232:
            return "#" + f"{8 + 10 * (number - 232):02x}" * 3
        levels = (0, 95, 135, 175, 215, 255)
        return "#{:02x}{:02x}{:02x}".format(*(levels[(number - 16) // by % 6] for by in (36, 6, 1)))


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2.2): 1 to 21."""
    darker, lighter = sorted(map(luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color: str) -> float:
    red, green, blue = (value / 255 for value in channels(color))
    return relative_luminance(red, green, blue)


def colors(text: str) -> list[str]:
    return [f"#{digits}" for digits in re.findall("[0-9a-f]{6}", text)]


_XTERM = colors(
    "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff"
)
_GNOME = colors(
    "171421 c01c28 26a269 a2734c 12488b a347ba 2aa1b3 d0cfcc 5e5c64 f66151 33da7a e9ad0c 2a7bde c061cb 33c7de ffffff"
)
_SOLARIZED = colors(
    "073642 dc322f 859900 b58900 268bd2 d33682 2aa198 eee8d5 002b36 cb4b16 586e75 657b83 839496 6c71c4 93a1a1 fdf6e3"
)

_VTE_FAINT = scaled(2 / 3)
"""VTE, vte.cc: two thirds of each channel."""

TERMINALS: Sequence[TerminalColors] = (
    TerminalColors("xterm", "#000000", "#ffffff", _XTERM, "XTerm-col.ad; charproc.c", bright_bold=True),
    TerminalColors("xterm -rv", "#ffffff", "#000000", _XTERM, "XTerm-col.ad; charproc.c", bright_bold=True),
    TerminalColors(
        "VTE",
        "#c0c0c0",
        "#000000",
        colors(
            "000000 c00000 00c000 c0c000 0000c0 c000c0 00c0c0 c0c0c0 "
            "3f3f3f ff3f3f 3fff3f ffff3f 3f3fff ff3fff 3fffff ffffff"
        ),
        "vte.cc, set_colors_default",
        _VTE_FAINT,
    ),
    TerminalColors(
        "GNOME Terminal, dark",
        "#d0cfcc",
        "#171421",
        _GNOME,
        "terminal-profile-editor.cc, the palette GNOME",
        _VTE_FAINT,
    ),
    TerminalColors("GNOME Terminal, white", "#171421", "#ffffff", _GNOME, "org.gnome.Terminal.gschema.xml", _VTE_FAINT),
    TerminalColors(
        "kitty",
        "#dddddd",
        "#000000",
        colors(
            "000000 cc0403 19cb00 cecb00 0d73cc cb1ed1 0dcdcd dddddd "
            "767676 f2201f 23fd00 fffd00 1a8fff fd28ff 14ffff ffffff"
        ),
        "kitty/options/definition.py; dim_opacity",
        opaque(0.4),
    ),
    TerminalColors(
        "alacritty 0.11",
        "#c5c8c6",
        "#1d1f21",
        colors(
            "1d1f21 cc6666 b5bd68 f0c674 81a2be b294bb 8abeb7 c5c8c6 "
            "666666 d54e53 b9ca4a e7c547 7aa6da c397d8 70c0b1 eaeaea"
        ),
        "alacritty/src/config/color.rs; DIM_FACTOR",
        scaled(0.66),
    ),
    TerminalColors(
        "alacritty 0.13",
        "#d8d8d8",
        "#181818",
        colors(
            "181818 ac4242 90a959 f4bf75 6a9fb5 aa759f 75b5aa d8d8d8 "
            "6b6b6b c55555 aac474 feca88 82b8c8 c28cb8 93d3c3 f8f8f8"
        ),
        "alacritty/src/config/color.rs; DIM_FACTOR",
        scaled(0.66),
    ),
    TerminalColors(
        "urxvt",
        "#000000",
        "#ffffff",
        colors(
            "000000 cd0000 00cd00 cdcd00 0000cd cd00cd 00cdcd e5e5e5 "
            "4d4d4d ff0000 00ff00 ffff00 0000ff ff00ff 00ffff ffffff"
        ),
        "src/init.C, def_colorName",
        bright_bold=True,
    ),
    TerminalColors(
        "konsole, Breeze",
        "#fcfcfc",
        "#232627",
        colors(
            "232627 ed1515 11d116 f67400 1d99f3 9b59b6 1abc9c fcfcfc "
            "7f8c8d c0392b 1cdc9a fdbc4b 3daee9 8e44ad 16a085 ffffff"
        ),
        "data/color-schemes/Breeze.colorscheme",
        fixed("#eff0f1"),
    ),
    TerminalColors(
        "linux",
        "#aaaaaa",
        "#000000",
        colors(
            "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa "
            "555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff"
        ),
        "drivers/tty/vt/vt.c: default_red, default_grn, default_blu, build_attr",
        fixed("#555555"),
        bright_bold=True,
        italic="#00aa00",
        underline="#00aaaa",
    ),
    TerminalColors(
        "Windows Terminal, Campbell",
        "#cccccc",
        "#0c0c0c",
        colors(
            "0c0c0c c50f1f 13a10e c19c00 0037da 881798 3a96dd cccccc "
            "767676 e74856 16c60c f9f1a5 3b78ff b4009e 61d6d6 f2f2f2"
        ),
        "src/cascadia/TerminalSettingsModel/defaults.json; RenderSettings.cpp",
        scaled(0.5),
        bright_bold=True,
    ),
    TerminalColors(
        "macOS Terminal, Basic",
        "#000000",
        "#ffffff",
        colors(
            "000000 990000 00a600 999900 0000b2 b200b2 00a6b2 bfbfbf "
            "666666 e50000 00d900 e5e500 0000ff e500e5 00e5e5 e5e5e5"
        ),
        "the profile Basic of Terminal 2.x",
        opaque(0.5),
    ),
    TerminalColors(
        "iTerm2",
        "#ffffff",
        "#000000",
        colors(
            "000000 c91b00 00c200 c7c400 2225c4 ca30c7 00c5c7 ffffff "
            "686868 ff6e67 5ffa68 fffc67 6871ff ff77ff 60fdff ffffff"
        ),
        "plists/DefaultBookmark.plist",
        opaque(0.5),
        bright_bold=True,
    ),
    TerminalColors(
        "Solarized dark", "#839496", "#002b36", _SOLARIZED, "ethanschoonover.com/solarized, the values", _VTE_FAINT
    ),
    TerminalColors(
        "Solarized light", "#657b83", "#fdf6e3", _SOLARIZED, "ethanschoonover.com/solarized, the values", _VTE_FAINT
    ),
    TerminalColors("GNU screen in xterm", "#000000", "#ffffff", _XTERM, "ansi.c, rendlist", italic="reverse"),
)
"""The terminals, as installed or in the themes that are used most.

The colours of VTE, xterm, kitty, alacritty 0.11 and Konsole were compared with pictures of them too.
"""
