"""What the environment tells of the terminal's abilities and background, before the terminal has answered anything."""

from __future__ import annotations

from collections.abc import Mapping

from grokchat.render.style import TerminalStyle, is_dumb
from grokchat.render.theme import Background
from grokchat.render.theme_styles import Colors
from grokchat.terminal.terminals import has_strike, identify, traces


def detect_style(
    env: Mapping[str, str], encoding: str, theme: str = "auto", styles: Mapping[str, str] | None = None
) -> TerminalStyle:
    """Return the style for a terminal with these variables and encoding; `theme` and `styles` are settings."""
    if is_dumb(env):
        return TerminalStyle("none", encoding)
    # In tmux too, if its TERM is screen: it shows italics as standout then (tty.c, tty_set_italics).
    kind = identify(env)
    has_italics = kind.has_italics and not env.get("TERM", "").startswith("screen")
    colors = "bold" if env.get("NO_COLOR") else _colors(env)
    style = TerminalStyle(
        colors,
        encoding,
        has_italics=has_italics,
        has_strike=has_strike(env),
        erases_to_blank=kind.erases_to_blank,
        user_styles=tuple(sorted((styles or {}).items())),
    )
    return style.on_background(theme, background_from_env(env))


def _colors(env: Mapping[str, str]) -> Colors:
    """Return the number of colours.

    The table of terminals knows it of some. Of others, by convention COLORTERM announces true colour and TERM's name
    256 colours. A plain `xterm` has 256 as well: what calls itself so today (mintty, PuTTY, FreeBSD's console) maps
    them to what it has. Sixteen colours that may be any are for the user's own styles.
    """
    term = env.get("TERM", "")
    if term.endswith("-direct"):
        return "truecolor"
    if colors := identify(env).colors:
        return colors
    # Consoles of Windows have true colour from version 10, 1703 on, and no TERM.
    if env.get("COLORTERM", "").lower() in {"truecolor", "24bit"} or (not term and env.get("OS") == "Windows_NT"):
        return "truecolor"
    if term == "xterm" or "256color" in term:
        return "256"
    return "palette" if term and not term.startswith("vt") else "bold"


def background_from_env(env: Mapping[str, str]) -> Background | None:
    """Return the background if the environment tells it.

    COLORFGBG (`15;0`), which rxvt, Konsole and iTerm2 set, ends with the number of one of sixteen colours: black,
    bright black, white or bright white, or another that may be anything. A terminal that was started from one of these
    inherits it, and a multiplexer keeps it for every terminal that it is shown in: then it counts for nothing. A Linux
    console is black.
    """
    is_own = all(kind.tells_background for kind in traces(env))
    last = env.get("COLORFGBG", "").split(";")[-1] if is_own else ""
    if last in {"0", "8"} or (not last and identify(env).name == "linux"):
        return "dark"
    return "light" if last in {"7", "15"} else None
