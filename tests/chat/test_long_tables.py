"""A long table does not keep the chat waiting."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from repl_harness import Chatting


def has_row(chat: Chatting, words: str) -> bool:
    return any(words in line for line in chat.screen.lines)


async def show(home: Path, line: str, count: int) -> tuple[bool, str]:
    """Return whether `line` has shown a list of `count` messages before anything else could be done, and the name then.

    The session is named right behind it.
    """
    async with Chatting(home) as chat:
        for number in range(1, count + 1):
            chat.session.add_message({"role": "user", "content": f"word {number}."})
        chat.submit(line, "/name talk")
        is_shown_at_once = has_row(chat, f"word {count}.")
        await chat.until(lambda: has_row(chat, f"word {count}.") and not chat.screen.is_busy)
        return is_shown_at_once, chat.session.name


@pytest.mark.parametrize("line", ["/history", "/history 2..", "/history word"])
def test_other_lines_are_carried_out_while_a_long_table_is_laid_out(home, line):
    assert asyncio.run(show(home, line, 200)) == (False, "talk")


def test_a_short_table_is_shown_at_once(home):
    assert asyncio.run(show(home, "/history", 3)) == (True, "talk")
