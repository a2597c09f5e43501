"""The help pages."""

from __future__ import annotations

import re

import pytest

from grokchat.commands.overview import GROUPS
from grokchat.commands.registry import COMMANDS, by_name
from grokchat.records import replace
from grokchat.render.style import TerminalStyle
from grokchat.views.help import help_lines
from grokchat.views.keymap import EDITING_KEYS, KEYS

PLAIN = TerminalStyle("none")
COLORED = TerminalStyle("256", background="dark")
MAX_LINES = 20
"""Of a window of 24 rows: besides the help the typed command, an empty row, the prompt and the bottom line."""


def bare(lines: list[str]) -> list[str]:
    return [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]


def page(topic: str, width: int = 80, style: TerminalStyle = PLAIN) -> list[str]:
    return bare(help_lines(topic, by_name(), width, style))


def test_each_command_is_in_one_row_of_the_overview():
    names = by_name()
    listed = [command.name for group in GROUPS for command in group.commands(names)]
    assert sorted(listed) == sorted(command.name for command in COMMANDS)


@pytest.mark.parametrize("style", [COLORED, TerminalStyle("bold"), TerminalStyle("16")])
def test_the_overview_fits_a_window_of_80_columns_and_24_rows(style):
    lines = page("", 80, style)
    assert len(lines) <= MAX_LINES
    assert max(map(len, lines)) < 80
    text = "\n".join(lines)
    assert [group.title for group in GROUPS if group.title not in text] == []
    assert [command.name for command in COMMANDS if not re.search(rf"/{command.name}\b", text)] == []
    assert lines[-1] == "/help COMMAND explains one with examples · /help keys · /help all"


def test_the_overview_in_a_narrow_window_has_one_column():
    lines = page("", 40, COLORED)
    assert lines[:3] == ["Ask", "  /retry [-m ID]  get another reply", "  /continue       finish a cut reply"]
    assert max(map(len, lines)) <= 40


def test_headings_and_names_have_colours_of_their_own():
    lines = help_lines("", by_name(), 80, COLORED)
    assert lines[0].startswith(COLORED.styled("Ask", "h2"))
    assert COLORED.styled("/continue", "marker") in lines[2]


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120, 200])
def test_help_on_all_has_every_command_with_form_and_meaning(width):
    text = " ".join(" ".join(page("all", width)).split())
    for command in COMMANDS:
        assert width < 60 or command.usage in text
        assert width < 120 or command.help in text
    assert "RANGE" in text
    assert "@N" in text
    assert "//text" in text


def test_in_a_wide_window_help_is_as_wide_as_prose():
    lines = help_lines("all", by_name(), 200, replace(PLAIN, prose_width=90))
    assert 80 < max(map(len, lines)) <= 90


def test_help_on_keys_has_every_key():
    text = " ".join(" ".join(page("keys")).split())
    assert [key.shown for key in (*KEYS, *EDITING_KEYS) if f"{key.shown} {key.effect}" not in text] == []


@pytest.mark.parametrize("name", ["retry", "ret", "regenerate", "regen", "resend"])
def test_help_on_a_command_has_form_meaning_aliases_and_examples(name):
    lines = page(name)
    assert lines[0] == "/retry [N] [-m ID[,ID...]] [KEY=VALUE ...]"
    assert "Also /regenerate" in lines
    assert "  /retry -m grok-4.7,grok-4.3  a reply from each model, at the same time" in lines


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("drop", "unknown command /drop; did you mean /delete, /mute or /file -?"),
        ("hepl", "unknown command /hepl; did you mean /help"),
        ("un", "/un is ambiguous: /unmute, /undo, /unset."),
        ("x", "unknown command /x. /help lists the commands."),
        ("n\x1bo", "unknown command /n␛o"),
    ],
)
def test_help_on_what_is_no_command_names_the_nearest(name, text):
    assert page(name, 100)[0].startswith(text)
