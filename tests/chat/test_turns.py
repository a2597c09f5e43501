"""Turns in the scrollback: a message and its reply look as in /show, and commands look different."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

import pytest
from repl_harness import Chatting

from grokchat.chat.reasoning import Reasoning
from grokchat.render.style import TerminalStyle

PLAIN = TerminalStyle("none")
CODES = re.compile(r"\x1b\[[0-9;]*m|\x1b\].*?\x07")


def chatted(home, lines: Sequence[str], reply: str = "Hello *there*.") -> list[list[str]]:
    """Return the lines that each line of the user's prints, one after the other, without codes."""

    async def run() -> list[list[str]]:
        chat, printed = Chatting(home), []
        chat.reply = reply
        async with chat:
            for line in lines:
                before = len(chat.screen.lines)
                chat.submit(line)
                await chat.until(lambda before=before: not chat.screen.is_busy and len(chat.screen.lines) > before)
                printed.append([CODES.sub("", item) for item in chat.screen.lines[before:]])
            await chat.leave()
        return printed

    return asyncio.run(run())


@pytest.mark.parametrize("reply", ["Hello *there*.", "# Head\n\n```py\nx\n```\n\n| a |\n|---|\n| b |"])
def test_a_turn_is_shown_as_it_was_printed(home, reply):
    """The message with its number, the reply, and its footer, with the seconds too."""
    turn, shown = chatted(home, ["hi", "/show 1..2"], reply)
    assert turn[0] == "> hi  #1"
    assert re.fullmatch(r"#2 · grok-4.7 · \d\.\d s · 100 in \(64 cached\), 20 out, 30 reasoning · \$0\.0015", turn[-2])
    assert shown == ["> /show 1..2", *turn]


def test_the_footer_can_be_left_out(home):
    turn, shown = chatted(home, ["/set reply_footer off", "hi", "/show 1..2"])[1:]
    assert turn == ["> hi  #1", "", "Hello there.", ""]
    assert shown == ["> /show 1..2", *turn]


def test_a_turn_with_files_is_resumed_as_it_was_printed(home, tmp_path, monkeypatch):
    """The files and the question are one block, and only /show has the text of the files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    (tmp_path / "b.txt").write_text("three\n")
    _, turn, history, fork, shown = chatted(
        home, ["/file a.txt", "and @b.txt?", "/history 1..3", "/fork two", "/show 1"]
    )
    assert turn[:4] == ["> attached: a.txt · 8 B  #1", "> attached: b.txt · 6 B  #2", "> and @b.txt?  #3", ""]
    rows = ["1  user  attached: a.txt · 8 B", "2  user  attached: b.txt · 6 B", "3  user  and @b.txt?"]
    assert [" ".join(row.split()) for row in history[1:4]] == [" ".join(row.split()) for row in rows]
    assert fork[3:] == turn
    assert shown == ["> /show 1", "> File: a.txt", "", "  one", "  two  #1", ""]


def live_line(text: str, width: int) -> str:
    reasoning = Reasoning(PLAIN, "short", lambda: 0.0)
    reasoning.add(text)
    return reasoning.live_lines(width)[0].removeprefix("thinking 0 s: ")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**Checking** the `value`, *maybe*", "Checking the value, maybe"),
        ("## Plan\n\n> quoted\n- an item\n* another\n```python\nx = 2**3", "Plan quoted an item another x = 2**3"),
        ("f(*args) and 2 * 3, __init__ and a_b", "f(*args) and 2 * 3, __init__ and a_b"),
    ],
)
def test_the_live_line_of_the_reasoning_has_no_marks_of_markdown(text, shown):
    assert live_line(text, 80) == shown


def test_the_live_line_of_the_reasoning_begins_with_a_whole_word():
    text = "alpha beta gamma delta"
    lines = [live_line(text, width) for width in range(1, 60)]
    assert set(lines) <= {"", "delta", "gamma delta", "beta gamma delta", text}
    assert lines[-1] == text
    assert live_line("\u6f22\u5b57" * 40, 40)
    assert live_line("https://example.org/" + "x" * 80, 60)
