"""The menu of completions: when it opens, what its keys do, and that disks are read beside it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import wraps

import pytest
from prompt_toolkit.data_structures import Size
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import fragment_list_to_text
from prompt_toolkit.history import InMemoryHistory

from grokchat.terminal.completion_menu import CompletionMenu
from grokchat.terminal.completion_trigger import find_trigger
from grokchat.terminal.interface import Candidate, Submit
from grokchat.terminal.line_buffer import LineBuffer
from grokchat.terminal.menu_view import MenuWindow, max_menu_rows, menu_fragments, name_cells, visible_range

NAMES = ("help", "history", "model", "models", "quit")


def commands(text: str, _: Callable[[], bool]) -> list[Candidate]:
    typed = text.removeprefix("/")
    return [
        Candidate(f"/{name}", len(text), name, suffix="" if name == "quit" else " ", runs=name == "quit")
        for name in NAMES
        if name.startswith(typed) and text.startswith("/")
    ]


class Line:
    """A line with its menu, outside of an application."""

    def __init__(self, complete=commands) -> None:
        self.submitted: list[Submit] = []
        self.changes = 0
        self.buffer = LineBuffer(
            history=InMemoryHistory(),
            is_recorded=lambda _: True,
            on_submit=self.submitted.append,
            on_typing=lambda: None,
        )
        self.menu = CompletionMenu(self.buffer, complete, start=asyncio.ensure_future, on_change=self._count)

    def _count(self) -> None:
        self.changes += 1

    def type(self, text: str) -> None:
        for char in text:
            if char == "\b":
                self.buffer.delete_before_cursor()
            else:
                self.buffer.insert_text(char)
            assert self.menu.candidates is not None  # as the drawing after each key asks

    @property
    def offered(self) -> list[str]:
        return [candidate.text for candidate in self.menu.candidates]

    async def settled(self) -> None:
        """Wait until the threads have read and their results are there."""
        async with asyncio.timeout(10):
            while self.menu._search is not None and not self.menu._search.done():  # noqa: ASYNC110
                await asyncio.sleep(0.001)


def in_a_loop(test):
    @wraps(test)
    def run(*args, **fixtures):
        asyncio.run(test(*args, **fixtures))

    return run


# -- when it opens -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "begin"),
    [
        ("/", 0),
        ("/he", 0),
        ("/?", 0),
        ("//", None),
        ("//he", None),
        (" /", None),
        ("a /", None),
        ("/he ", None),
        ("/etc/", None),
        ("one\n/", None),
        ("@", 0),
        ("@src/ma", 0),
        ("see @src", 4),
        ("see\n@src", 4),
        ('see @"my fi', 4),
        ('@"my file"', None),
        ("a@b.c", None),
        ("see @src ", None),
        ("/system @1", None),
        ("//x @1", 4),
        ("/etc/hosts @1", 11),
        (" /? @1", None),
        ("x" * 100_000 + " @1", 100_001),
    ],
)
def test_it_opens_at_the_beginning_of_a_command_and_of_a_mention(text, begin):
    """Behind `/` at the line's start alone, and behind `@` at a word's beginning in a message; `//` closes it."""
    assert find_trigger(Document(text)) == begin


def test_it_does_not_open_in_the_middle_of_a_word():
    assert find_trigger(Document("/hello", 1)) is None
    assert find_trigger(Document("/ hello", 1)) == 0


@in_a_loop
async def test_what_is_typed_filters_and_what_is_deleted_brings_back():
    line = Line()
    line.type("/")
    assert line.offered == [f"/{name}" for name in NAMES]
    line.type("h")
    assert line.offered == ["/help", "/history"]
    line.type("x")
    assert line.offered == []
    line.type("\b")
    assert line.offered == ["/help", "/history"]
    line.type("\b\b")
    assert line.offered == []


@in_a_loop
async def test_text_that_was_not_typed_opens_nothing():
    """A paste, a line of the history, a text from elsewhere; typing on in it does."""
    line = Line()
    line.buffer.insert_paste("/he")
    assert line.offered == []
    line.type("l")
    assert line.offered == ["/help"]
    line.buffer.document = Document("/mo")
    assert line.offered == []
    line.buffer.reset()
    line.type("/h")
    line.buffer.cursor_position = 1
    assert line.offered == []


@in_a_loop
async def test_esc_closes_it_until_another_word_is_begun():
    line = Line()
    line.type("/h")
    line.menu.dismiss()
    assert (line.offered, line.buffer.text) == ([], "/h")
    line.type("e")
    assert line.offered == []
    line.type("\b\b\b/")
    assert len(line.offered) == len(NAMES)
    line.menu.dismiss()
    line.menu.complete()  # Tab opens it again
    assert len(line.offered) == len(NAMES)


@in_a_loop
async def test_it_opens_for_early_keys_as_soon_as_there_is_something_to_offer():
    is_ready = False
    line = Line(lambda text, cancelled: commands(text, cancelled) if is_ready else [])
    line.type("/he")
    assert line.offered == []
    is_ready = True
    line.menu.refresh()
    assert line.offered == ["/help"]


# -- keys --------------------------------------------------------------------------------------------------------------


@in_a_loop
async def test_moving_selects_and_leaves_the_text():
    line = Line()
    line.type("/")
    assert line.menu.selected is None
    for rows, is_round, selected in [
        (1, True, 0), (1, True, 1), (-1, True, 0), (-1, True, 4), (1, True, 0), (3, False, 3), (3, False, 4),
        (-9, False, 0),
    ]:  # fmt: skip
        line.menu.move(rows, wraps=is_round)
        assert line.menu.selected == selected
    assert line.buffer.text == "/"
    line.type("m")
    assert line.menu.selected is None
    line.menu.move(-1)
    assert line.menu.selected == 1


@pytest.mark.parametrize(
    ("typed", "moves", "text", "offered"),
    [
        ("/hel", 0, "/help ", []),
        ("/q", 0, "/quit", []),
        ("/mo", 0, "/model", ["/model", "/models"]),
        ("/model", 0, "/model ", []),
        ("/model", 2, "/models ", []),
        ("/", 0, "/help ", []),
        ("/", 3, "/model ", []),
        ("/x", 0, "/x", []),
        ("hello", 0, "hello", []),
    ],
)
@in_a_loop
async def test_tab_takes_what_is_common_or_the_selected_or_the_first_entry(typed, moves, text, offered):
    """A command that takes arguments gets a blank behind it."""
    line = Line()
    line.type(typed)
    for _ in range(moves):
        line.menu.move(1)
    line.menu.complete()
    assert (line.buffer.text, line.offered) == (text, offered)
    assert line.buffer.cursor_position == len(text)


@in_a_loop
async def test_what_follows_the_cursor_stays_and_no_blank_is_doubled():
    line = Line()
    line.buffer.document = Document(" rest", 0)
    line.type("/hel")
    line.menu.complete()
    assert (line.buffer.text, line.buffer.cursor_position) == ("/help rest", 5)


@in_a_loop
async def test_enter_takes_the_selected_entry_and_says_whether_it_is_run():
    line = Line()
    line.type("/q")
    line.menu.move(1)
    assert line.menu.accept() is True
    assert (line.buffer.text, line.offered) == ("/quit", [])
    line.buffer.reset()
    line.type("/m")
    line.menu.move(1)
    assert line.menu.accept() is False
    assert line.buffer.text == "/model "


@in_a_loop
async def test_fuzzy_entries_are_no_common_beginning():
    found = [Candidate("/help", 3), Candidate("/the-lp", 3, is_fuzzy=True)]
    line = Line(lambda *_: found)
    line.type("/hp")
    line.menu.complete()
    assert line.buffer.text == "/help"
    line = Line(lambda text, _: [Candidate("/the-lp", len(text), is_fuzzy=True)])
    line.type("/hp")
    line.menu.complete()
    assert line.buffer.text == "/the-lp"


@in_a_loop
async def test_names_that_cannot_be_printed_are_not_offered():
    line = Line(lambda *_: [Candidate("/a\x1b[2J", 1), Candidate("/b", 1)])
    line.type("/")
    assert line.offered == ["/b"]


# -- disks -------------------------------------------------------------------------------------------------------------


class Disk:
    """A disk whose answers wait for the test."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.read: list[str] = []
        self.threads: set[str] = set()
        self.given_up: list[str] = []

    def complete(self, text: str, is_cancelled: Callable[[], bool]):
        def search():
            self.read.append(text)
            self.threads.add(threading.current_thread().name)
            assert self.may_answer.wait(10)
            if is_cancelled():
                self.given_up.append(text)
                return
            yield Candidate(f"{text}-file", len(text))

        return search() if text.startswith("@") or " " in text else []


@in_a_loop
async def test_a_disk_is_read_in_a_thread_and_only_the_last_line_is_answered():
    """Keys are answered meanwhile; results for an old line are dropped; never two threads read at once."""
    disk = Disk()
    line = Line(disk.complete)
    line.type("@a")
    await asyncio.sleep(0.01)
    line.type("b")
    await asyncio.sleep(0.01)
    assert len(disk.read) == 1
    assert line.offered == []
    disk.may_answer.set()
    await line.settled()
    assert line.offered == ["@ab-file"]
    assert disk.read[-1] == "@ab"
    assert threading.current_thread().name not in disk.threads
    assert line.changes > 0


@in_a_loop
async def test_old_entries_stay_while_new_ones_are_read_and_cannot_be_selected():
    """Otherwise the menu would flicker, and Enter would take an entry that the line has left behind."""
    disk = Disk()
    disk.may_answer.set()
    line = Line(disk.complete)
    line.type("@a")
    await line.settled()
    disk.may_answer.clear()
    line.type("b")
    assert line.offered == ["@a-file"]
    line.menu.move(1)
    assert line.menu.selected is None
    disk.may_answer.set()
    await line.settled()
    line.menu.move(1)
    assert (line.offered, line.menu.selected) == (["@ab-file"], 0)


@in_a_loop
async def test_a_late_answer_to_tab_inserts_nothing_into_a_line_that_has_gone_on():
    disk = Disk()
    line = Line(disk.complete)
    line.type("/resume no")
    line.menu.complete()
    await asyncio.sleep(0.01)
    line.type(" zz")
    disk.may_answer.set()
    await line.settled()
    assert (line.buffer.text, line.offered) == ("/resume no zz", [])
    line.menu.complete()
    await line.settled()
    assert line.buffer.text == "/resume no zz-file"


@in_a_loop
async def test_leaving_stops_a_search():
    disk = Disk()
    line = Line(disk.complete)
    line.type("@a")
    await asyncio.sleep(0.01)
    line.menu.close()
    await asyncio.sleep(0)
    disk.may_answer.set()
    async with asyncio.timeout(10):
        while not disk.given_up:  # noqa: ASYNC110 - it is a thread's
            await asyncio.sleep(0.001)
    assert line.offered == []


@in_a_loop
async def test_a_folder_stays_open_for_what_is_in_it():
    def complete(text: str, _: object) -> list[Candidate]:
        return [Candidate("@src/", len(text))] if text in {"@", "@s"} else [Candidate("@src/main.py", len(text))]

    line = Line(complete)
    line.type("@s")
    line.menu.complete()
    assert (line.buffer.text, line.offered) == ("@src/", ["@src/main.py"])


# -- how it looks ------------------------------------------------------------------------------------------------------


def rows_of(
    count: int, selected: int | None, columns: int, rows: int, *, description: str = "what it does"
) -> list[str]:
    candidates = [Candidate(f"/name-{number}", 1, description) for number in range(1, count + 1)]
    shown = visible_range(0, selected, count, rows)
    fragments = menu_fragments(candidates, selected, shown, name_cells(candidates), columns)
    return fragment_list_to_text(fragments).split("\n")


@pytest.mark.parametrize("rows", range(1, 60))
def test_it_is_never_higher_than_a_third_of_the_window(rows):
    assert max_menu_rows(rows) <= rows / 3
    assert max_menu_rows(rows) >= min(1, rows // 3)


@pytest.mark.parametrize("columns", [1, 2, 3, 5, 8, 13, 20, 40, 80])
@pytest.mark.parametrize("selected", [None, 0, 11, 39])
def test_no_row_is_wider_than_the_window(columns, selected):
    for description in ("", "a description that is much longer than any window is wide " * 4, "日本語" * 40):
        rows = rows_of(40, selected, columns, 8, description=description)
        assert len(rows) == 8
        assert all(name_cells([Candidate(row or "x", 0)]) <= max(columns, 2) for row in rows)


def test_a_description_is_cut_to_the_width_and_the_place_is_told_when_there_is_more():
    assert rows_of(2, None, 30, 8) == ["  /name-1  what it does", "  /name-2  what it does"]
    assert rows_of(2, None, 24, 8, description="one two three four") == [
        "  /name-1  one two thre…",
        "  /name-2  one two thre…",
    ]
    assert rows_of(2, None, 18, 8) == ["  /name-1", "  /name-2"]
    assert rows_of(40, None, 40, 8)[-1] == "  /name-8   what it does         8 of 40"
    assert rows_of(40, 11, 40, 8)[-1] == "  /name-12  what it does        12 of 40"
    assert rows_of(40, 0, 40, 8)[-1] == "  /name-8   what it does         1 of 40"
    assert rows_of(40, 39, 20, 8)[-1] == "  /name-40  40 of 40"


@pytest.mark.parametrize(
    ("top", "selected", "shown"),
    [
        (0, None, (0, 8)),
        (0, 7, (0, 8)),
        (0, 8, (1, 9)),
        (5, 5, (5, 13)),
        (5, 4, (4, 12)),
        (0, 39, (32, 40)),
        (99, 0, (0, 8)),
    ],
)
def test_it_scrolls_no_further_than_to_the_selected_entry(top, selected, shown):
    assert visible_range(top, selected, 40, 8) == range(*shown)


@in_a_loop
async def test_it_gets_no_lower_while_it_is_open():
    """The bottom line below it stays where it is while the entries get fewer."""
    line = Line()
    window = MenuWindow(line.menu, lambda: Size(rows=24, columns=80))
    heights = []
    for key in ("/", "h", "e", "\b", "l", "\b\b", "q", "u", " ", "\b"):
        line.type(key)
        heights.append(window.window.preferred_height(80, 24).preferred)
    assert heights == [5, 5, 5, 5, 0, 5, 5, 5, 0, 1]


@in_a_loop
@pytest.mark.parametrize("columns", [30, 40, 80])
async def test_no_row_is_full(columns):
    """Alacritty wraps one that is when its window becomes narrower, and pushes the prompt into the scrollback."""
    line = Line(lambda text, _: [Candidate(f"/{name}", len(text), "what it does " * 9) for name in NAMES])
    window = MenuWindow(line.menu, lambda: Size(rows=24, columns=columns))
    line.type("/")
    window.window.preferred_height(columns, 24)
    rows = fragment_list_to_text(window.window.content.text()).split("\n")
    assert any(row.endswith("…") for row in rows)
    assert max(map(len, rows)) == columns - columns // 8
