"""What the environment tells of the terminal: its colours, whether it has italics, its background."""

from __future__ import annotations

import pytest

from grokchat.render.style import TerminalStyle
from grokchat.terminal.detection import background_from_env, detect_style

SCREEN = TerminalStyle("256", has_italics=False, has_strike=False, erases_to_blank=True)
CONSOLE = TerminalStyle("16", background="dark", has_italics=False, has_strike=False)
MOSH = {"NCURSES_NO_UTF8_ACS": "1"}


@pytest.mark.parametrize(
    ("env", "style"),
    [
        ({"TERM": "xterm-256color"}, TerminalStyle("256")),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, TerminalStyle("truecolor")),
        ({"TERM": "xterm-direct"}, TerminalStyle("truecolor")),
        ({"TERM": "xterm"}, TerminalStyle("256")),
        ({"TERM": "xterm", "XTERM_VERSION": "XTerm(379)"}, TerminalStyle("256", erases_to_blank=True)),
        (
            {"TERM": "xterm", "XTERM_VERSION": "XTerm(379)", "COLORTERM": "truecolor"},
            TerminalStyle("256", erases_to_blank=True),
        ),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7006"}, TerminalStyle("truecolor")),
        ({"TERM": "xterm-kitty"}, TerminalStyle("truecolor", erases_to_blank=True)),
        ({"TERM": "rxvt-unicode-256color"}, TerminalStyle("256", has_strike=False, erases_to_blank=True)),
        ({"TERM": "rxvt-unicode"}, TerminalStyle("palette", has_strike=False, erases_to_blank=True)),
        ({"TERM": "vt220"}, TerminalStyle("bold", has_italics=False, has_strike=False)),
        ({"TERM": "wsvt25"}, TerminalStyle("palette", has_italics=False, has_strike=False)),
        ({"TERM": "eterm-color"}, TerminalStyle("palette", has_italics=False, has_strike=False)),
        ({"TERM": "xterm-256color", **MOSH}, TerminalStyle("256", has_strike=False)),
        ({"TERM": "xterm-256color", **MOSH, "VTE_VERSION": "7006"}, TerminalStyle("256", has_strike=False)),
        ({"TERM": "screen", "STY": "1.pts", **MOSH}, SCREEN),
        ({"TERM": "tmux-256color", "TMUX": "x", **MOSH}, TerminalStyle("256", has_strike=False, erases_to_blank=True)),
        (
            {"TERM": "tmux-256color", "TMUX": "x", "STY": "1.pts"},
            TerminalStyle("256", has_strike=False, erases_to_blank=True),
        ),
        ({"TERM": "tmux-256color", "TMUX": "x", "VTE_VERSION": "7006"}, TerminalStyle("256", erases_to_blank=True)),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, TerminalStyle("256", has_strike=False)),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "vscode"}, TerminalStyle("256")),
        ({"TERM": "xterm-16color"}, TerminalStyle("palette")),
        ({}, TerminalStyle("bold")),
        ({"OS": "Windows_NT"}, TerminalStyle("truecolor")),
        ({"OS": "Windows_NT", "WT_SESSION": "1"}, TerminalStyle("truecolor")),
        ({"TERM": "xterm", "NO_COLOR": "1", "COLORTERM": "truecolor"}, TerminalStyle("bold")),
        ({"TERM": "xterm", "NO_COLOR": ""}, TerminalStyle("256")),
        ({"TERM": "dumb"}, TerminalStyle("none")),
        ({"TERM": "dumb", "NO_COLOR": "1", "COLORFGBG": "15;0"}, TerminalStyle("none")),
        ({"TERM": "linux"}, CONSOLE),
        ({"TERM": "linux", "COLORTERM": "truecolor"}, CONSOLE),
        (
            {"TERM": "linux", "NO_COLOR": "1"},
            TerminalStyle("bold", "utf-8", "dark", has_italics=False, has_strike=False),
        ),
        ({"TERM": "screen", "STY": "1.pts"}, SCREEN),
        ({"TERM": "screen.xterm-256color", "STY": "1.pts", "COLORTERM": "truecolor"}, SCREEN),
        ({"TERM": "xterm-256color", "STY": "1.pts", "COLORTERM": "truecolor"}, SCREEN),
        ({"TERM": "screen-256color", "TMUX": "x"}, TerminalStyle("256", has_italics=False, erases_to_blank=True)),
        ({"TERM": "tmux-256color", "TMUX": "x"}, TerminalStyle("256", erases_to_blank=True)),
        (
            {"TERM": "tmux-256color", "TMUX": "x", "COLORTERM": "truecolor"},
            TerminalStyle("truecolor", erases_to_blank=True),
        ),
    ],
)
def test_the_style_depends_on_the_environment(env, style):
    """`NO_COLOR`, `TERM=dumb` (then no escape codes at all): plainer, never broken."""
    assert detect_style(env, "utf-8") == style


@pytest.mark.parametrize(
    ("env", "theme", "background"),
    [
        ({"TERM": "xterm"}, "dark", "dark"),
        ({"TERM": "xterm", "COLORFGBG": "15;0"}, "light", "light"),
        ({"TERM": "xterm", "COLORFGBG": "0;15"}, "auto", "light"),
        ({"TERM": "linux"}, "light", "light"),
        ({"TERM": "dumb"}, "dark", None),
    ],
)
def test_the_theme_counts_more_than_the_environment(env, theme, background):
    assert detect_style(env, "iso8859-1", theme).background == background
    assert detect_style(env, "iso8859-1", theme).encoding == "iso8859-1"


@pytest.mark.parametrize(
    ("value", "background"),
    [
        *[(f"15;{number}", "dark") for number in (0, 8)],
        *[(f"0;{number}", "light") for number in (7, 15)],
        *[(f"0;{number}", None) for number in (1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14)],
        ("0;default;15", "light"),
        ("15;default;0", "dark"),
        ("0;default", None),
        ("default;default", None),
        ("", None),
        ("0;16", None),
        ("0;-1", None),
        ("0;²", None),
        ("0;", None),
    ],
)
def test_the_background_by_colorfgbg(value, background):
    """Its last field is the number of the background's colour, one of 16; black and white alone are certain."""
    assert background_from_env({"COLORFGBG": value}) == background


@pytest.mark.parametrize(
    ("env", "background"),
    [
        ({"TERM": "xterm-256color"}, "dark"),
        ({"TERM": "xterm-256color", "KONSOLE_VERSION": "221203"}, "dark"),
        ({"TERM": "rxvt-unicode-256color", "KONSOLE_VERSION": "221203"}, "dark"),
        ({"TERM": "xterm", "XTERM_VERSION": "XTerm(379)"}, None),
        ({"TERM": "xterm-256color", "KONSOLE_VERSION": "221203", "VTE_VERSION": "7006"}, None),
        ({"TERM": "tmux-256color", "TMUX": "x", "KONSOLE_VERSION": "221203"}, None),
        ({"TERM": "xterm-256color", "TMUX": "x"}, None),
        ({"TERM": "screen", "STY": "1.pts"}, None),
        ({"TERM": "xterm-kitty"}, None),
    ],
)
def test_an_inherited_colorfgbg_counts_for_nothing(env, background):
    """A white xterm that was started from a dark Konsole has it too."""
    assert background_from_env({**env, "COLORFGBG": "15;0"}) == background


def test_otherwise_a_linux_console_alone_is_known():
    assert background_from_env({}) is None
    assert background_from_env({"TERM": "xterm"}) is None
    assert background_from_env({"TERM": "linux"}) == "dark"
