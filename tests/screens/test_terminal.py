"""The live prompt, drawn in an emulator: finished lines go into the scrollback once, and nothing else does."""

from __future__ import annotations

import asyncio
import io
import sys
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from support import make_environment
from terminal_emulator import Emulator
from virtual_time import VirtualLoop, run_virtually

from grokchat.api.catalog import read_catalog
from grokchat.api.reply_builder import Delta
from grokchat.chat.live_reply import LiveReply
from grokchat.config.settings import Settings
from grokchat.render.stream import render_reply
from grokchat.render.style import TerminalStyle
from grokchat.render.theme import COLORS
from grokchat.system import programs
from grokchat.terminal import application
from grokchat.terminal.interface import (
    Candidate,
    Interrupt,
    Leave,
    LineEdit,
    QueueView,
    Submit,
    TakeBack,
    Typing,
    UserAction,
)
from grokchat.terminal.output import FrameOutput
from grokchat.terminal.prompt import Terminal
from grokchat.views.choices import ModelRows

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the emulator stands in for a POSIX terminal")

BEGIN, END = b"\x1b[?2026h", b"\x1b[?2026l"
SIZES = [(80, 24), (40, 10), (20, 5), (2, 2), (1, 1)]


class Screen(io.BytesIO):
    """A standard output that feeds an emulator and records each write, and in which row it leaves the cursor."""

    def __init__(self, columns: int, rows: int) -> None:
        super().__init__()
        self.emulator = Emulator(columns, rows)
        self.writes: list[bytes] = []
        self.cursor_rows: list[int] = []

    def write(self, data) -> int:
        self.writes.append(bytes(data))
        self.emulator.feed(bytes(data))
        self.cursor_rows.append(self.emulator.screen.cursor.y)
        return len(data)

    @property
    def text(self) -> str:
        return self.emulator.text()

    @property
    def scrollback(self) -> list[str]:
        return self.emulator.scrollback()


class Stage:
    """A running terminal with its screen and its keys."""

    def __init__(self, terminal: Terminal, screen: Screen, keys, loop: VirtualLoop) -> None:
        self.terminal = terminal
        self.screen = screen
        self.loop = loop
        self._actions: asyncio.Queue[UserAction] = asyncio.Queue()
        self._keys = keys

    async def settle(self, seconds: float = 1.0) -> None:
        """Wait until everything is drawn."""
        await asyncio.sleep(seconds)

    async def type(self, text: str, seconds: float = 1.0) -> None:
        self._keys.send_text(text)
        await self.settle(seconds)

    async def next_actions(self, count: int, *, with_typing: bool = False) -> list[UserAction]:
        """Return the next actions of the user, those that came before this call first."""
        self.terminal.listen(self._actions.put_nowait)
        actions: list[UserAction] = []
        while len(actions) < count:
            action = await self._actions.get()
            actions += [] if isinstance(action, Typing) and not with_typing else [action]
        return actions


def play(
    act: Callable[[Stage], Awaitable[None]],
    columns: int = 80,
    rows: int = 24,
    offered: Sequence[Candidate] = (),
    *,
    vi: bool = False,
    style: TerminalStyle = TerminalStyle(),  # noqa: B008 - it cannot be changed
) -> Screen:
    """Run a terminal, act on it, and end it; return its screen."""
    screen = Screen(columns, rows)

    async def run(loop: VirtualLoop) -> None:
        environment = make_environment(Path("nowhere"), env={"TERM": "xterm-256color"})
        environment.stdout = screen
        with create_pipe_input() as keys:
            terminal = Terminal(
                (keys, FrameOutput(environment, lambda: Size(rows=rows, columns=columns))),
                history=None,
                complete=lambda *_: list(offered),
                status=lambda: "status",
                style=lambda: style,
                vi=vi,
            )
            async with terminal:
                stage = Stage(terminal, screen, keys, loop)
                await stage.settle()
                await act(stage)

    run_virtually(run)
    return screen


def printed(lines: Sequence[str], columns: int, rows: int = 24) -> str:
    """Return the content of a screen of this size after these lines were simply printed."""
    emulator = Emulator(columns, rows)
    emulator.feed("".join(f"{line}\r\n" for line in lines).encode())
    return emulator.text()


# -- frames ------------------------------------------------------------------------------------------------------------


def test_finished_lines_stand_above_the_prompt_and_live_ones_vanish():
    async def act(stage: Stage) -> None:
        stage.terminal.draw_frame(["one"], ["live a", "live b"])
        await stage.settle()
        assert stage.screen.text.split("\n") == ["one", "live a", "live b", "", ">", "status"]
        stage.terminal.draw_frame([], ["live c"])
        await stage.settle()
        assert stage.screen.text.split("\n") == ["one", "live c", "", "", ">", "status"]
        stage.terminal.draw_frame(["two", "three"])
        await stage.settle()
        assert stage.screen.text.split("\n") == ["one", "two", "three", "", ">", "status"]
        stage.terminal.draw_frame(["four", "five"])
        await stage.settle()
        assert stage.screen.text.split("\n") == ["one", "two", "three", "four", "five", ">", "status"]

    assert play(act).text == "one\ntwo\nthree\nfour\nfive"


def test_an_empty_row_stands_above_the_prompt_as_long_as_a_reply_runs_and_notes_below_it():
    async def act(stage: Stage) -> None:
        stage.terminal.draw_frame([f"line {number}" for number in range(30)], [])
        await stage.settle()
        assert stage.screen.text.split("\n")[-4:] == ["line 29", "", ">", "status"]
        stage.terminal.draw_frame([], ["live"], ["a note"])
        await stage.settle()
        assert stage.screen.text.split("\n")[-6:] == ["line 29", "live", "", "a note", ">", "status"]
        stage.terminal.draw_frame(["live", "", "line 30"])
        await stage.settle()
        assert stage.screen.text.split("\n")[-5:] == ["live", "", "line 30", ">", "status"]

    play(act)


def test_a_queue_that_becomes_shorter_does_not_move_the_prompt_up():
    async def act(stage: Stage) -> None:
        stage.terminal.queue_rows = ["next question"]
        stage.terminal.draw_frame(["one"] * 30, ["live"])
        await stage.type("typing")
        stage.terminal.draw_frame(["live", ""])
        stage.terminal.queue_rows = []
        stage.terminal.refresh()
        await stage.settle()
        stage.terminal.draw_frame(["> next question", ""])
        await stage.settle()
        assert stage.screen.text.split("\n")[-4:] == ["> next question", "", "> typing", "status"]
        assert stage.screen.cursor_rows[-1] == 22
        assert stage.screen.cursor_rows == sorted(stage.screen.cursor_rows)

    play(act)


def test_typed_emoji_are_shown_without_what_joins_them():
    async def act(stage: Stage) -> None:
        await stage.type("a👨‍👩‍👧❤️b\u200d")
        assert "> a👨👩👧❤b<U+200D>" in stage.screen.text
        assert stage.screen.emulator.screen.cursor.x == len("> a") + 6 + len("❤b<U+200D>")

    play(act)


@pytest.mark.parametrize(
    "text",
    [
        "אבגדהוזחטיכלמנסעפצקרשת" * 2,
        "กขคงจฉชซฌญฎฏฐฑฒณดตถท" * 2,
        "العربية" * 6,
        "e\u0301o\u0302\u0323" * 20,
        "😀" * 25,
    ],
)
def test_no_letter_of_a_message_of_several_rows_is_cut_off(text):
    """However wide a terminal could draw it: the rows are as long as they are in the terminal in use."""

    async def act(stage: Stage) -> None:
        await stage.type(text)
        rows = stage.screen.text.split("\n")
        shown = "".join(row[2:] for row in rows[:-1])
        assert shown.replace(" ", "") == unicodedata.normalize("NFC", text).replace(" ", "")
        await stage.type("\x15")
        assert stage.screen.text.split("\n") == [">", "status"]

    play(act, columns=20)


@pytest.mark.parametrize("text", ["日本語" * 40, "日" * 95 + "a", "a日" * 60, "e\u0301" * 99, "a" * 108])
@pytest.mark.parametrize("columns", range(20, 24))
def test_a_message_of_more_rows_than_are_shown_scrolls_to_the_cursor(text, columns):
    async def act(stage: Stage) -> None:
        await stage.type(f"{text}end")
        cursor = stage.screen.emulator.screen.cursor
        rows = stage.screen.text.split("\n")
        assert "".join(row[2:] for row in rows[: cursor.y + 1]).rstrip().endswith("end")
        assert rows[cursor.y + 1].startswith("status")
        await stage.type("\x01")
        assert (stage.screen.text[:2], cursor.x, cursor.y) == ("> ", 2, 0)

    play(act, columns=columns, rows=10)


def test_ctrl_l_clears_the_screen_but_for_an_open_question():
    async def act(stage: Stage) -> None:
        stage.terminal.draw_frame(["Overwrite? [y/N]"])
        stage.terminal.history_exclusions = {"y"}
        await stage.type("\x0c")
        assert (stage.screen.text.split("\n")[0], stage.screen.scrollback) == ("Overwrite? [y/N]", [])
        stage.terminal.history_exclusions = ()
        await stage.type("\x0c")
        assert stage.screen.scrollback[0].strip() == "Overwrite? [y/N]"

    play(act)


def test_the_queue_and_the_typed_text_stand_below_the_reply():
    async def act(stage: Stage) -> None:
        stage.terminal.queue = QueueView(["next question"], 1)
        stage.terminal.draw_frame(["one"], ["live"])
        await stage.type("typing")
        assert stage.screen.text.split("\n") == ["one", "live", "", "queued: next question", "> typing", "status"]

    assert play(act).text == "one"


def test_a_hint_stands_in_the_bottom_line_until_the_next_key_or_some_seconds():
    """What a key has to say is shown where it is looked for, and leaves nothing in the scrollback."""

    async def act(stage: Stage) -> None:
        hint = "Ctrl-D or /quit leaves " + "x" * 80
        for passing in (stage.type("a"), stage.settle(60)):
            stage.terminal.show_hint(hint)
            await stage.settle(0.5)
            assert stage.screen.text.split("\n")[-1] == hint[:39] + "…"
            await passing
            assert stage.screen.text.split("\n")[-1] == "status"

    assert play(act, columns=40).text == ""


def test_a_text_is_put_into_an_empty_line_alone():
    async def act(stage: Stage) -> None:
        for has_paste in (True, False):
            assert stage.terminal.fill_line("first\nsecond", has_paste=has_paste)
            await stage.settle()
            assert stage.screen.text.split("\n")[-3:] == ["> first", "  second", "status"]
            assert not stage.terminal.fill_line("other")
            await stage.type("!\r")
            assert await stage.next_actions(1) == [Submit("first\nsecond!", has_paste)]

    play(act)


EDIT = LineEdit("m1", "editing #3", "Enter asks again")
ROW = "editing #3 · Enter asks again · Ctrl-C cancels"


def test_a_line_that_is_edited_says_so_until_it_is_submitted():
    async def act(stage: Stage) -> None:
        assert stage.terminal.fill_line("two\nlines", edit=EDIT)
        await stage.settle()
        assert stage.screen.text.split("\n")[-4:] == [ROW, "> two", "  lines", "status"]
        stage.terminal.is_busy = True
        stage.terminal.refresh()
        await stage.settle()
        assert stage.screen.text.split("\n")[-4] == "editing #3 · Enter asks again"  # Ctrl-C would stop the reply
        await stage.type("!\r")
        assert await stage.next_actions(1) == [Submit("two\nlines!", has_paste=True, edit=EDIT)]
        await stage.type("new\r")
        assert await stage.next_actions(1) == [Submit("new")]
        assert "editing" not in stage.screen.text

    play(act)


@pytest.mark.parametrize(("text", "recalled"), [("text", "text"), ("/help", "//help"), ("//x", "///x"), (" /a", "//a")])
def test_clearing_the_line_leaves_an_edit_and_up_recalls_its_text_as_a_message(text, recalled):
    async def act(stage: Stage) -> None:
        stage.terminal.fill_line(text, edit=EDIT)
        assert stage.terminal.clear_line()
        await stage.settle()
        assert stage.screen.text.split("\n")[-2:] == [">", "status"]
        assert "editing" not in stage.screen.text
        await stage.type("\x1b[A\r")
        assert await stage.next_actions(1) == [Submit(recalled, has_paste=True)]

    play(act)


def test_an_edit_outlives_an_emptied_line():
    """Nothing is sent; an open question gets its answer; what is typed next is the edit."""

    async def act(stage: Stage) -> None:
        stage.terminal.fill_line("a", edit=EDIT)
        await stage.type("\x7f\r")
        assert ROW in stage.screen.text
        assert not stage.terminal.fill_line("b")
        stage.terminal.history_exclusions = ["y"]
        await stage.type("\r")
        stage.terminal.history_exclusions = []
        await stage.type("c\r")
        assert await stage.next_actions(2) == [Submit(""), Submit("c", has_paste=False, edit=EDIT)]
        stage.terminal.fill_line("a", edit=EDIT)
        await stage.type("\x7f")
        assert stage.terminal.clear_line()
        assert not stage.terminal.clear_line()
        await stage.settle()
        assert "editing" not in stage.screen.text

    play(act)


UP, DOWN = "\x1b[A", "\x1b[B"


@pytest.mark.parametrize("to_earlier", [UP, "\x12earl\r"])
def test_an_earlier_line_never_becomes_the_edit(to_earlier):
    """Down returns to the edit; once another line is sent, Up brings the text back as a message."""

    async def act(stage: Stage) -> None:
        await stage.type("earlier\r")
        stage.terminal.fill_line("/a", edit=EDIT)
        await stage.type(to_earlier)
        await stage.settle()
        assert stage.screen.text.split("\n")[-2] == "> earlier"
        assert "editing" not in stage.screen.text
        await stage.type(DOWN)
        await stage.settle()
        assert stage.screen.text.split("\n")[-3:-1] == [ROW, "> /a"]
        await stage.type(f"{to_earlier}\r{UP}{UP}\r")
        assert await stage.next_actions(3) == [
            Submit("earlier"),
            Submit("earlier", has_paste=True),
            Submit("//a", has_paste=True),
        ]

    play(act)


def test_a_text_is_not_put_into_the_line_while_another_one_is_edited():
    """Even if that is emptied, or Up has led away from it; nor is a queued line taken back then."""

    async def act(stage: Stage) -> None:
        await stage.type("earlier\r")
        await stage.next_actions(1)
        stage.terminal.queue = QueueView(rows=["queued"], count=1, held_count=1, can_take_back=True)
        stage.terminal.fill_line("a", edit=EDIT)
        for keys in ("\x7f", UP, "\x15", UP):
            await stage.type(keys)
            await stage.settle()
            assert not stage.terminal.fill_line("b", edit=EDIT)
        assert stage.terminal.clear_line()
        await stage.type(UP)
        assert await stage.next_actions(1) == [TakeBack()]

    play(act)


@pytest.mark.parametrize(("columns", "row"), [(48, ROW), (40, "editing #3 · Ctrl-C cancels"), (12, "editing #3 …")])
def test_a_narrow_window_says_first_how_to_leave_an_edit(columns, row):
    async def act(stage: Stage) -> None:
        stage.terminal.fill_line("a", edit=EDIT)
        await stage.settle()
        assert stage.screen.text.split("\n")[-3] == row

    play(act, columns=columns)


def test_a_hidden_answer_is_never_on_the_screen():
    """Typed or pasted; Enter gives it, Esc, Ctrl-C and Ctrl-D do not; no history has it."""
    secret = "xai-Secret-0123456789"

    async def act(stage: Stage) -> None:
        await stage.type("half a line")
        for keys, answer in (
            (f"{secret}\r", secret),
            (f"\x1b[200~\n {secret}\r\n\x1b[201~\r", secret),
            ("\r", ""),
            (f"{secret}\x1b", None),
            (f"{secret}\x03", None),
            ("\x04", None),
        ):
            asking = asyncio.create_task(stage.terminal.ask_hidden("API key: "))
            await stage.settle()
            assert stage.screen.text.split("\n")[-2:] == ["API key:", "Enter submits, Esc goes back"]
            await stage.type(keys[:-1])
            assert stage.screen.text.split("\n")[-2].rstrip("*") in {"API key:", "API key: "}
            await stage.type(keys[-1])
            assert await asking == answer
            await stage.settle()
            assert stage.screen.text.split("\n")[-2:] == ["> half a line", "status"]
        await stage.type("\r\x1b[A\x1b[A\x1b[A")
        assert secret.encode() not in b"".join(stage.screen.writes)
        assert stage.screen.text.split("\n")[-2:] == ["> half a line", "status"]

    play(act)


def test_a_key_that_is_typed_behind_login_is_in_no_history():
    async def act(stage: Stage) -> None:
        for line in ("/login xai-1", " /LOGIN xai-1", "/logi xai-1", "/log xai-1 \x1b\ra"):
            await stage.type(f"{line}\r")
        await stage.type("/login\r\x1b[A")
        assert stage.screen.text.split("\n")[-2] == "> /login"
        await stage.type("\x1b[A\x1b[A")
        assert stage.screen.text.split("\n")[-2] == "> /login"

    play(act)


def test_a_list_in_the_prompts_place():
    """Typed words filter it, Enter takes a row, Esc and Ctrl-C none; the line at the prompt comes back unchanged."""
    catalog = read_catalog({"data": [{"id": name, "context_length": 1000} for name in ("one", "two", "three")]})

    async def act(stage: Stage) -> None:
        await stage.type("half a line")
        for keys, screen, chosen in (
            ("", ["model:", "  model  context", "  one         1k", "* two         1k", "  three       1k"], "two"),
            ("t", ["model: t", "  model  context", "* two         1k", "  three       1k"], "two"),
            ("\x1b[Bx\x7f", ["model:", "  model  context", "  one         1k", "* two         1k"], "one"),
            ("THR", ["model: THR", "  model  context", "  three       1k"], "three"),
            ("zzz", ["model: zzz", "  model  context", "no model matches"], None),
            ("\x1b", ["> half a line", "status"], None),
            ("\x03", ["> half a line", "status"], None),
        ):
            choosing = asyncio.create_task(stage.terminal.choose(ModelRows(catalog, "two")))
            await stage.settle()
            await stage.type(keys)
            assert stage.screen.text.split("\n")[: len(screen)] == screen
            if chosen:
                await stage.type("\r")
            elif not choosing.done():
                assert stage.screen.text.endswith("0 of 0 · Enter selects it, Esc goes back")
                await stage.type("\r\x1b")
            assert await choosing == chosen
        await stage.type("!\r")
        assert await stage.next_actions(1) == [Submit("half a line!")]

    play(act)


def test_lines_that_are_printed_before_the_terminal_runs_are_not_lost():
    async def act(stage: Stage) -> None:
        pass

    screen = Screen(80, 24)

    async def run(_: VirtualLoop) -> None:
        environment = make_environment(Path("nowhere"), env={"TERM": "xterm"})
        environment.stdout = screen
        with create_pipe_input() as keys:
            output = FrameOutput(environment, lambda: Size(rows=24, columns=80))
            terminal = Terminal((keys, output), history=None, complete=lambda *_: [], status=str, style=TerminalStyle)
            async with terminal:
                terminal.draw_frame(["early", "lines"])

    run_virtually(run)
    assert screen.text == "early\nlines"


def test_a_frame_is_one_write_inside_a_synchronized_update():
    async def act(stage: Stage) -> None:
        for number in range(30):
            before = len(stage.screen.writes)
            stage.terminal.draw_frame([f"line {number}"], [f"live {number}"])
            assert len(stage.screen.writes) == before + 1
            await stage.settle()
            assert len(stage.screen.writes) <= before + 2
            if number % 3 == 0:
                before = len(stage.screen.writes)
                stage.terminal.draw_frame([], ["more live"])
                await stage.settle()
                assert len(stage.screen.writes) == before + 1

    screen = play(act)
    for data in screen.writes:
        assert (data.count(BEGIN), data.count(END)) == (1, 1)
        assert data.startswith(BEGIN)
        assert data.endswith(END)
    assert screen.text == "\n".join(f"line {number}" for number in range(30))


@pytest.mark.parametrize(("columns", "rows"), SIZES[:3])
@pytest.mark.parametrize("typed", ["", "a\nb\nc\nd"])
def test_a_region_of_the_largest_size_stays_on_the_screen(columns, rows, typed):
    """The prompt, the bottom line and all live rows are visible."""

    async def act(stage: Stage) -> None:
        await stage.type(typed)
        stage.terminal.draw_frame(["one"] * rows)
        live = [f"live {number}" for number in range(stage.terminal.max_live_rows)]
        stage.terminal.draw_frame([], live)
        await stage.settle()
        display = [line.rstrip() for line in stage.screen.emulator.screen.display]
        assert [line for line in display if line.startswith("live")] == live
        assert display[-1].startswith("status")
        assert any(line.startswith(">") for line in display) or typed

    assert play(act, columns, rows).text == "\n".join(["one"] * rows)


def test_no_alternate_screen_and_no_mouse():
    async def act(stage: Stage) -> None:
        stage.terminal.draw_frame(["one"], ["live"])
        await stage.type("x\x03")

    data = b"".join(play(act).writes)
    for mode in (b"47", b"1000", b"1002", b"1003", b"1006", b"1047", b"1049"):
        assert b"\x1b[?" + mode + b"h" not in data


LINES = st.lists(st.text("ab c", max_size=50), max_size=4)
FRAMES = st.lists(st.tuples(LINES, LINES, st.booleans()), max_size=12)


@given(frames=FRAMES, size=st.sampled_from(SIZES), typed=st.text("xy z", max_size=90), queued=st.integers(0, 3))
def test_finished_lines_stand_in_the_scrollback_once_and_in_order(frames, size, typed, queued):
    """For any frames, at any size: nothing is lost or doubled, and no live row gets into the scrollback."""
    columns, rows = size
    finished: list[str] = []

    async def act(stage: Stage) -> None:
        await stage.type(typed)
        stage.terminal.queue = QueueView([f"queued {number}" for number in range(queued)], queued)
        for commit, live, settle in frames:
            finished.extend(commit)
            stage.terminal.draw_frame(commit, [line[:columns] for line in live][: stage.terminal.max_live_rows])
            if settle:
                await stage.settle()
                done = printed(finished, columns, 1000).split("\n")
                top = stage.screen.scrollback
                assert top == [*done, *[""] * len(top)][: len(top)]

    screen = play(act, columns, rows)
    assert screen.text == printed(finished, columns, rows)


# -- replies -----------------------------------------------------------------------------------------------------------

PIECES = [
    "# Title\n", "Some *words* and `code`.\n", "\n", "\n\n", "- item\n", "  - inner item\n", "1. first\n",
    "> quoted\n", "```python\n", "print(1)\n", "```\n", "| a | b |\n", "|---|---|\n", "| 1 | 2 |\n", "---\n",
    "日本語 é 😀 ", "    indented\n", "word ", "a-rather-long-word-that-fits-nowhere ", "**open", "\t", "\r\n",
    "\x1b[31m", "\\", "$x^2$", "===\n", "&amp;",
]  # fmt: skip
REPLIES = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


@given(
    text=REPLIES,
    cuts=st.lists(st.integers(0, 300), max_size=12),
    waits=st.lists(st.sampled_from([0.0, 0.01, 0.06, 1.0]), min_size=13, max_size=13),
    outputs=st.just([]) | st.lists(st.integers(0, 12), max_size=2),
    size=st.sampled_from(SIZES),
    markdown=st.booleans(),
)
def test_a_streamed_reply_looks_like_one_that_is_printed_whole(text, cuts, waits, outputs, size, markdown):
    """For any chunks and frames, at any size. The prompt never moves up, also if commands print meanwhile."""
    columns, rows = size
    bounds = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    deltas = [text[start:stop] for start, stop in pairwise(bounds)]
    style = TerminalStyle(background="dark")

    async def act(stage: Stage) -> None:
        live = LiveReply(stage.terminal, style, Settings(markdown=markdown), stage.loop.time)
        for number, (delta, wait) in enumerate(zip(deltas, waits, strict=False)):
            for _ in range(outputs.count(number)):
                live.print_lines(["> /help", "its output", ""], "/help")
            live.add_delta(Delta(text=delta))
            if wait:
                await asyncio.sleep(wait)
        await live.finish()
        await stage.settle()
        assert stage.screen.cursor_rows == sorted(stage.screen.cursor_rows)

    screen = play(act, columns, rows)
    whole = render_reply(text, columns, style, markdown=markdown, numbered=True)
    if outputs and deltas:
        assert (
            sum("its output" in row for row in screen.text.split("\n")) == sum(at < len(deltas) for at in outputs)
            or columns < 20
        )
    else:
        assert screen.text == printed([*whole, ""] if deltas else [], columns, rows)


def test_thinking_is_shown_live_and_folded_when_the_answer_begins():
    async def act(stage: Stage) -> None:
        live = LiveReply(stage.terminal, TerminalStyle(background="dark"), Settings(), stage.loop.time)
        assert live.state == "waiting"
        live.add_delta(Delta(reasoning="Let me think about it."))
        await stage.settle()
        assert live.state == "thinking"
        assert "thinking 0 s: Let me think about it." in stage.screen.text
        await asyncio.sleep(41.0)
        live.add_delta(Delta(text="Yes.\n"))
        await stage.settle()
        assert live.state == "replying"
        await live.finish()

    assert play(act).text == "thought for 42 s\n\nYes."


def test_a_key_that_arrives_before_the_signal_of_a_resize_is_drawn_after_the_resize(monkeypatch):
    """The screen was drawn for the old size: rows that have been wrapped again must be erased first."""
    done: list[str] = []

    async def act(stage: Stage) -> None:
        await stage.type("dra")
        drawing = stage.terminal._app.renderer
        for name in ("restart_region", "render"):
            once = getattr(drawing, name)

            def record(*arguments: object, name: str = name, once=once) -> None:
                done.append(name)
                once(*arguments)

            monkeypatch.setattr(drawing, name, record)
        monkeypatch.setattr(stage.terminal._output, "get_size", lambda: Size(rows=24, columns=40))
        await stage.type("ft")
        assert stage.screen.text.split("\n")[-2:] == ["> draft", "status"]

    play(act)
    assert done[:2] == ["restart_region", "render"]


LONG = [f"line {number} {'x' * 60}" for number in range(100)]


def queries_of(stage: Stage) -> int:
    """Return how many size queries were written."""
    return sum(write.count(b"\x1b[18t") for write in stage.screen.writes)


def answer(stage: Stage) -> None:
    """Answer one query, as the terminal does."""
    app = stage.terminal._app
    app.handle_answer(app.acks.acknowledge((24, 80)))


def test_much_output_is_written_in_parts_each_after_the_last_was_acknowledged():
    """Each part is so small that it could be erased and printed again in a window of half the width."""

    async def act(stage: Stage) -> None:
        stage.terminal._app.acks.enable()
        stage.terminal.draw_frame(LONG, ["live"])
        stage.terminal.draw_frame(["last"], ["live"])
        answered = pieces = 0
        while "last" not in stage.screen.text:
            waiting, pieces = queries_of(stage), pieces + 1
            await stage.type("k", 0.05)
            stage.terminal.draw_frame((), [f"live {pieces}"])
            for _ in range(answered, waiting):
                assert queries_of(stage) == waiting
                answer(stage)
            answered = waiting
        assert pieces == 10
        assert max(map(len, stage.screen.writes)) < 4096
        assert max(write.count(b"line") for write in stage.screen.writes) * 2 + len(["live", "", "> ", "status"]) <= 24
        for _ in range(answered, queries_of(stage)):
            answer(stage)
        await stage.settle()
        assert stage.screen.text.split("\n")[-5:] == ["last", "live 10", "", f"> {'k' * 10}", "status"]

    screen = play(act)
    assert screen.text.split("\n") == [*LONG, "last"]


def test_a_terminal_that_does_not_answer_delays_only_one_frame():
    async def act(stage: Stage) -> None:
        stage.terminal._app.acks.enable()
        stage.terminal.draw_frame(["one"])
        begun = stage.loop.time()
        stage.terminal.draw_frame(["two"])
        await stage.terminal._app.drawn()
        assert 0.05 < stage.loop.time() - begun < 0.15
        stage.terminal.draw_frame(LONG)
        await stage.terminal._app.drawn()
        assert stage.loop.time() - begun < 0.15

    screen = play(act)
    assert screen.text.split("\n") == ["one", "two", *LONG]


def test_keys_are_shown_soon_where_a_terminal_stops_answering():
    async def act(stage: Stage) -> None:
        stage.terminal._app.acks.enable()
        stage.terminal.draw_frame(["one"])
        for _ in range(queries_of(stage)):
            answer(stage)
        await stage.type("a", 0.01)
        for key in "bcd":
            await stage.type(key, 0.1)
        assert "> abcd" in stage.screen.text

    play(act)


def test_while_the_size_changes_an_answer_is_waited_for_longer():
    """It shows which lines have to be printed again."""

    async def act(stage: Stage) -> None:
        app = stage.terminal._app
        app.acks.enable()
        stage.terminal.draw_frame(["one"])
        app.handle_resize()
        await stage.settle(1.8)
        assert app.acks.state == "waiting"
        await stage.settle(0.3)
        assert app.acks.state == "overdue"

    play(act)


@pytest.mark.parametrize("rows", [1, 2, 3])
@pytest.mark.parametrize("dialog", ["", "search", "edit", "picker", "hidden"])
def test_a_very_low_window_shows_what_is_typed(rows, dialog):
    async def act(stage: Stage) -> None:
        terminal = stage.terminal
        terminal.queue = QueueView(["waiting"], 1, 1)
        if dialog == "edit":
            terminal.fill_line("xyz", edit=LineEdit("1", "editing #1", "Enter sends it"))
        asking = {
            "picker": lambda: terminal.choose(ModelRows(read_catalog({"data": [{"id": "xyz-1"}]}), "one")),
            "hidden": lambda: terminal.ask_hidden("Key: "),
        }
        task = asyncio.create_task(asking[dialog]()) if dialog in asking else None
        await stage.settle()
        if dialog == "search":
            await stage.type("\x12")
        await stage.type("" if dialog == "edit" else "xyz")
        assert "too small" not in stage.screen.text
        assert {"": "> xyz", "search": ">", "edit": "> xyz", "picker": "xyz", "hidden": "Key: ***"}[
            dialog
        ] in stage.screen.text
        if task is not None:
            task.cancel()

    play(act, rows=rows)


# -- other programs that get the screen --------------------------------------------------------------------------------


def test_an_editor_gets_the_screen_after_the_answers_and_the_text_as_it_is_then(monkeypatch):
    """What is typed until then is in the text, and not lost; a second Ctrl-G opens no second editor."""
    opened: list[str] = []

    async def act(stage: Stage) -> None:
        answered = asyncio.Event()
        monkeypatch.setattr(stage.terminal._app, "first_answers", answered.wait)
        monkeypatch.setattr(programs, "run_stoppable", edit)
        await stage.type("one")
        await stage.type("\x07")
        await stage.type(" two\x07")
        assert opened == []
        answered.set()
        await stage.settle()
        assert opened == ["one two"]
        assert "> edited" in stage.screen.text

    async def edit(_function: object, text: str, *_: object) -> str:
        opened.append(text)
        return "edited"

    play(act)


@pytest.mark.parametrize("has_answered", [True, False])
def test_a_terminal_that_does_not_answer_is_not_waited_for_long(monkeypatch, has_answered):
    """The shell gets the screen all the same, and its answers count for nothing from then on."""
    stopped: list[float] = []

    async def act(stage: Stage) -> None:
        app = stage.terminal._app
        monkeypatch.setattr(stage.terminal._job_control, "_stop_now", lambda **_: stopped.append(stage.loop.time()))
        app.acks.enable()
        stage.terminal.draw_frame(["one"])
        for _ in range(queries_of(stage) * has_answered):
            answer(stage)
        await stage.type("a", 0.1)
        begun = stage.loop.time()
        await stage.type("\x1a", 5)
        assert 0.1 < stopped[0] - begun < (2.5 if has_answered else 0.3)
        begun = stage.loop.time()
        await stage.type("b", 0.01)
        assert "> ab" in stage.screen.text

    play(act)


def test_the_shell_gets_the_screen_after_the_late_answers_and_once(monkeypatch):
    """No frame is drawn meanwhile, which would ask anew; what is typed is in the line."""
    stopped: list[int] = []

    async def act(stage: Stage) -> None:
        app = stage.terminal._app
        monkeypatch.setattr(stage.terminal._job_control, "_stop_now", lambda **_: stopped.append(app.acks.pending))
        app.acks.enable()
        stage.terminal.draw_frame(["one"])
        for _ in range(queries_of(stage)):
            answer(stage)
        await stage.type("a", 0.5)
        await stage.type("\x1a\x1a", 0.3)
        await stage.type("b", 0.2)
        stage.terminal.draw_frame(["two"])
        assert stopped == []
        for _ in range(app.acks.pending):
            answer(stage)
        await stage.settle()
        assert stopped == [0]
        assert stage.screen.text.split("\n") == ["one", "two", "> ab", "status"]

    play(act)


def test_text_that_cannot_be_encoded_is_written_in_parts_too():
    """With a question mark in its place, as the output writes it."""

    async def act(stage: Stage) -> None:
        stage.terminal._app.acks.enable()
        stage.terminal.draw_frame(["a \ud800 b"])

    assert play(act).text == "a ? b"


def test_leaving_waits_until_all_is_on_the_screen(monkeypatch):
    async def act(stage: Stage) -> None:
        acks = stage.terminal._app.acks
        send = acks.send

        def send_and_answer(frame, now_s) -> None:
            send(frame, now_s)
            for _ in range(frame.queries):
                asyncio.get_running_loop().call_later(0.1, answer, stage)

        monkeypatch.setattr(acks, "send", send_and_answer)
        acks.enable()
        stage.terminal.draw_frame(LONG)

    screen = play(act)
    assert screen.text.split("\n") == LONG


def test_what_enter_starts_runs_before_the_prompt_is_drawn(monkeypatch):
    """A request is sent some milliseconds earlier. Other keys are drawn at once."""
    monkeypatch.setattr(application, "_BUSY_DRAW_DELAY_S", 60.0)
    order: list[str] = []

    async def act(stage: Stage) -> None:
        async def work() -> None:
            await stage.next_actions(1)
            for _ in range(3):
                await asyncio.sleep(0)
            order.append("done")

        working = asyncio.create_task(work())
        await stage.type("hi")
        stage.terminal._app.after_render += lambda _: order.append("drawn")
        await stage.type("\r")
        await working

    play(act)
    assert order[:2] == ["done", "drawn"]


# -- keys --------------------------------------------------------------------------------------------------------------


def test_a_pasted_tab_is_shown_as_spaces_and_sent_as_a_tab():
    async def act(stage: Stage) -> None:
        await stage.type("\x1b[200~all:\n\tgo on\x1b[201~")
        assert "> all:\n          go on\n" in stage.screen.text
        await stage.type("\r")
        assert await stage.next_actions(1) == [Submit("all:\n\tgo on", has_paste=True)]

    play(act)


def test_the_bottom_line_shows_the_line_number_in_a_message_that_is_too_long_for_the_screen():
    async def act(stage: Stage) -> None:
        await stage.type("\x1b[200~" + "\n".join(f"row {number}" for number in range(1, 13)) + "\x1b[201~")
        assert "line 12" not in stage.screen.text
        await stage.type("\n")
        assert "line 13 of 13" in stage.screen.text
        await stage.type("\x1b[A")
        assert "line 12 of 13" in stage.screen.text

    play(act)


def test_completions_have_the_terminal_s_own_colours():
    """They can be read on every background, and the selected one is in reverse video."""

    async def act(stage: Stage) -> None:
        await stage.type("/s")
        screen = stage.screen.emulator.screen
        rows = {row.strip().split(" ")[0]: screen.buffer[at] for at, row in enumerate(screen.display)}
        for name in ("/set", "/show"):
            assert {(cell.fg, cell.bg, cell.reverse) for cell in map(rows[name].__getitem__, range(2, 6))} == {
                ("default", "default", False)
            }
        await stage.type("\x1b[B")
        assert {(rows["/set"][at].fg, rows["/set"][at].bg, rows["/set"][at].reverse) for at in range(2, 6)} == {
            ("default", "default", True)
        }

    play(act, offered=[Candidate("/set", 2, "settings"), Candidate("/show", 2, "messages")])


def test_the_interface_is_drawn_in_the_elements_of_the_theme():
    """On a known background: the prompt in the accent, what a command does and the bottom line muted."""

    async def act(stage: Stage) -> None:
        await stage.type("/s")
        screen = stage.screen.emulator.screen
        rows = {row.strip().split(" ")[0]: screen.buffer[at] for at, row in enumerate(screen.display)}
        accent, muted = (COLORS["dark"][element][0].removeprefix("#") for element in ("prompt", "muted"))
        assert (rows[">"][0].fg, rows[">"][0].bold, rows[">"][2].fg) == (accent, True, "default")
        assert (rows["/set"][2].fg, rows["/set"][9].data, rows["/set"][9].fg) == ("default", "s", muted)
        assert rows["status"][0].fg == muted
        await stage.type("\x1b[B")
        assert {(rows["/set"][at].fg, rows["/set"][at].reverse) for at in range(2, 17)} == {("default", True)}

    offered = [Candidate("/set", 2, "settings"), Candidate("/show", 2, "messages")]
    play(act, offered=offered, style=TerminalStyle("truecolor", background="dark"))


def test_keys_become_user_actions():
    """Enter submits, Ctrl-J and Alt-Enter do not, Ctrl-C clears the text if there is any, a paste is text."""

    async def act(stage: Stage) -> None:
        await stage.type("one\r")
        await stage.type("two\nlines\x1b\rand three\r")
        await stage.type("\r  \r")
        await stage.type("dropped\x03")
        await stage.type("\x1b[200~pasted\rlines\x1b[201~\r")
        await stage.type("\x03")
        await stage.type("\x04")
        assert await stage.next_actions(5) == [
            Submit("one"),
            Submit("two\nlines\nand three"),
            Submit("pasted\nlines", has_paste=True),
            Interrupt(),
            Leave(),
        ]

    play(act)


@pytest.mark.parametrize("vi", [False, True])
def test_on_an_empty_line_keys_act_on_the_queue(vi):
    """Up takes the last line back, Enter releases what is held, Esc stops: each only if there is something to do."""
    actions: list[UserAction] = []

    async def act(stage: Stage) -> None:
        await stage.type("older\r\x1b[A")
        assert "> older" in stage.screen.text  # nothing is queued: Up goes to the history
        await stage.type("\x03\r")
        stage.terminal.queue = QueueView(["why?"], 1, can_take_back=True)
        await stage.type("\r\x1b[Ax\x1b[A")
        await stage.type("\x1bdd" if vi else "\x15")
        await stage.type("k" if vi else "\x10")
        await stage.type("\x1b", 5)
        stage.terminal.queue = QueueView(["why?"], 1, 1, can_take_back=True)
        await stage.type("\r")
        stage.terminal.listen(actions.append)

    play(act, vi=vi)
    expected = [Submit("older"), TakeBack(), TakeBack(), Interrupt(is_escape=True), Submit(""), Leave(is_final=True)]
    assert [action for action in actions if action != Typing()] == expected


def test_typing_is_reported_for_each_line_and_every_few_seconds():
    async def act(stage: Stage) -> None:
        await stage.type("one")
        await stage.type(" two\r")
        await stage.type("three")
        await asyncio.sleep(6)
        await stage.type(" four")
        actions = await stage.next_actions(4, with_typing=True)
        assert actions == [Typing(), Submit("one two"), Typing(), Typing()]

    play(act)
