"""The line at the prompt: which of its text was typed letter by letter, and which came from elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from prompt_toolkit.clipboard import ClipboardData
from prompt_toolkit.document import Document
from prompt_toolkit.history import InMemoryHistory

from grokchat.terminal.interface import Submit
from grokchat.terminal.line_buffer import LineBuffer

Step = Callable[[LineBuffer], object]


def type_in(text: str) -> Step:
    return lambda line: [line.insert_text(letter) for letter in text]


def paste(text: str) -> Step:
    return lambda line: line.insert_paste(text)


def fill(text: str, *, has_paste: bool = True) -> Step:
    return lambda line: line.fill(text, has_paste=has_paste)


def erase(line: LineBuffer) -> None:
    line.delete_before_cursor(len(line.text))


def edit(line: LineBuffer) -> None:
    line.document = Document("from the editor")


def yank(line: LineBuffer) -> None:
    line.paste_clipboard_data(ClipboardData("killed before"))


def enter(line: LineBuffer) -> None:
    line.validate_and_handle()


CLEAR: Step = LineBuffer.reset
UP: Step = LineBuffer.history_backward


@pytest.mark.parametrize(
    ("steps", "text", "has_paste"),
    [
        ([type_in("abc")], "abc", False),
        ([type_in("abc"), lambda line: line.delete_before_cursor(), type_in("d")], "abd", False),
        ([type_in("a"), lambda line: line.newline(copy_margin=False), type_in("b")], "a\nb", False),
        ([paste("abc")], "abc", True),
        ([paste("a")], "a", True),
        ([paste("a\r\nb"), type_in("c")], "a\nbc", True),
        ([paste("abc"), CLEAR, type_in("abc")], "abc", False),
        ([paste("abc"), erase, type_in("abc")], "abc", False),
        ([paste("abc"), enter, UP], "abc", True),
        ([type_in("abc"), enter, UP, type_in("d")], "abcd", True),
        ([type_in("a"), yank], "akilled before", True),
        ([edit], "from the editor", True),
        ([lambda line: line.insert_text("last-word")], "last-word", True),
        ([paste("abc"), enter, type_in("d")], "d", False),
    ],
)
def test_a_line_is_marked_unless_all_of_it_was_typed(steps, text, has_paste):
    assert submitted_after(*steps) == Submit(text, has_paste)


@pytest.mark.parametrize(
    ("steps", "paths"),
    [
        ([type_in("see @a.txt")], set()),
        ([paste("see @a.txt, @b")], {"a.txt", "b"}),
        ([paste('@"a b"')], {"a b"}),
        ([paste("mail a@b.c")], set()),
        ([type_in("@"), paste("/dropped/file.png")], set()),
        ([paste("@a"), CLEAR, type_in("@a")], set()),
        ([paste("@a"), enter, type_in("@b")], set()),
        ([paste("@a"), enter, UP], {"a"}),
        ([paste("@a"), type_in(" and @b"), enter, UP, type_in(" too")], {"a"}),
        ([fill("> see @a.txt\n\n"), type_in("and @b")], {"a.txt"}),
        ([fill("see @a.txt", has_paste=False)], set()),
    ],
)
def test_what_a_paste_mentions_is_noted(steps, paths):
    """Also when the line comes back from the history, and of a quotation that the line was filled with.

    A path that is pasted behind a typed `@` is the user's own.
    """
    assert submitted_after(*steps).pasted_paths == paths


def submitted_after(*steps: Step) -> Submit:
    """Return what Enter submits after these steps."""

    async def run() -> Submit:
        submitted: list[Submit] = []
        line = LineBuffer(
            history=InMemoryHistory(),
            is_recorded=lambda _: True,
            on_submit=submitted.append,
            on_typing=lambda: None,
        )
        line.load_history_if_not_yet_loaded()
        await asyncio.sleep(0)
        for step in (*steps, enter):
            step(line)
        return submitted[-1]

    return asyncio.run(run())
