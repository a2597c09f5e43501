"""The help pages."""

from __future__ import annotations

import re

import pytest

from grokchat.commands.registry import COMMANDS, by_name
from grokchat.render.style import TerminalStyle
from grokchat.views.help import command_help_lines, help_lines

PLAIN = TerminalStyle("none")


def bare(lines: list[str]) -> list[str]:
    return [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120, 200])
def test_the_help_page_lists_every_command(width):
    lines = bare(help_lines(COMMANDS, width, TerminalStyle()))
    page = " ".join(" ".join(lines).split())
    for command in COMMANDS:
        assert any(line.startswith(f"/{command.name}") for line in lines)
        assert width < 80 or command.usage in page
    assert all(len(line) <= width for line in lines)


@pytest.mark.parametrize("word", ["Alt-Enter", "Ctrl-J", "Tab", "Ctrl-R", "Ctrl-C", "Ctrl-D", "//text", "RANGE", "@N"])
def test_the_help_page_names_the_keys(word):
    assert word in " ".join(help_lines(COMMANDS, 80, PLAIN))


def test_help_on_one_command():
    lines = command_help_lines("exit", by_name(), 80, PLAIN)
    assert lines[0] == "/quit"
    assert "/exit" in lines[1]
    assert "/bye" in lines[1]
    assert command_help_lines("n\x1bo", by_name(), 80, PLAIN) == ["There is no command /n␛o."]
