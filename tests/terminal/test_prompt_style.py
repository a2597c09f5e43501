"""The prompt's style strings, as SGR codes of the theme's elements."""

from __future__ import annotations

import re

import pytest
from support import ROOT

from grokchat.render.style import TerminalStyle
from grokchat.render.theme import STYLES
from grokchat.terminal.prompt_style import sgr_code
from grokchat.terminal.stand_ins import STAND_IN_STYLE

DARK = TerminalStyle(background="dark")


@pytest.mark.parametrize(
    ("classes", "style", "code"),
    [
        ("", DARK, ""),
        ("class:muted", DARK, "\x1b[0;38;5;103m"),
        ("class:muted", TerminalStyle(), ""),
        ("class:prompt", TerminalStyle("bold", background="dark"), "\x1b[0;1m"),
        (" class:search class:search.current", DARK, "\x1b[0;4;7m"),
        (" class:incsearch.current ", DARK, "\x1b[0;7m"),
        ("class:last-line", DARK, ""),
    ],
)
def test_every_code_sets_the_whole_style(classes, style, code):
    assert sgr_code(classes, style) == code


def test_the_classes_of_the_prompt_are_elements():
    """One that is not would have no style."""
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "grokchat" / "terminal").glob("*.py"))
    used = {name for source in sources for name in re.findall(r'"class:([a-z.-]+)"', source)}
    assert used - {STAND_IN_STYLE.removeprefix("class:")} <= set(STYLES)
    assert {"prompt", "muted", "queued", "question", "suggested", "selected", "label"} <= used
