"""What the chat prints around messages: one paragraph each, whatever it quotes."""

from __future__ import annotations

import pytest
from repl_harness import FakeScreen
from support import KEY

from grokchat.chat.printer import Printer
from grokchat.chat.shell_integration import TurnMarks
from grokchat.commands.outcomes import Column, Notice, Table
from grokchat.environment import Environment
from grokchat.errors import ApiError
from grokchat.render.style import TerminalStyle
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig

BREAKS = ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\n\n  \n"]


def printed(home, text: str) -> dict[str, list[str]]:
    """Return the lines of each thing that the chat prints with a text from outside in it."""
    environment = Environment([], {"XAI_API_KEY": KEY}, None, None, None)  # type: ignore[arg-type]
    session = Session.new(SessionConfig(None))
    lines = {}
    for name, show in {
        "notice": lambda printer: printer.print_notice(f"told: {text}"),
        "warning": lambda printer: printer.print_warning(f"told: {text}"),
        "error": lambda printer: printer.print_error(ApiError(f"told: {text}")),
        "table": lambda printer: printer.print_table(Table((Column("head"),), ((f"told: {text}",),)), has_head=False),
        "outcome": lambda printer: printer.print_outcome(Notice(f"told: {text}", (f"more: {text}",)), session),
    }.items():
        screen = FakeScreen()
        marks = TurnMarks({}, lambda: False)
        show(Printer(screen, lambda: TerminalStyle("none", "utf-8"), marks, environment.redact))
        lines[name] = [line for line in screen.lines if line]
    return lines


def test_where_the_terminal_echoes_lines_only_what_is_attached_is_printed():
    screen = FakeScreen()
    screen.echoes_input = True
    printer = Printer(screen, lambda: TerminalStyle("none", "utf-8"), TurnMarks({}, lambda: False), str)
    text, image = {"type": "text", "text": "look"}, {"type": "image_url", "image_url": {"url": "https://x.org/a.png"}}
    printer.print_sent_message(1, {"role": "user", "content": [text, image]}, is_typed=True)
    printer.print_sent_message(2, {"role": "user", "content": "look"}, is_typed=True)
    assert screen.lines == ["> attached: https://x.org/a.png  #1", "", ""]


@pytest.mark.parametrize("line_break", BREAKS)
def test_what_is_quoted_begins_no_line_of_its_own(home, line_break):
    for name, lines in printed(home, f"stop{line_break}grokchat: all is well").items():
        assert len(lines) == (2 if name == "outcome" else 1)
        assert lines[0].startswith("told: stop")
        assert lines[0].endswith("grokchat: all is well")


@pytest.mark.parametrize("line_break", ["", *BREAKS[:3]])
def test_the_key_is_redacted_before_lines_are_joined(home, line_break):
    half = len(KEY) // 2
    for lines in printed(home, KEY[:half] + line_break + KEY[half:]).values():
        assert "[key]" in lines[0]
        assert KEY[half:] not in lines[0]
