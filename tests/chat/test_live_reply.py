"""A reply while it streams: when it is drawn, and how much at once."""

from __future__ import annotations

import asyncio
import itertools
import textwrap
from collections.abc import Sequence

import pytest
from virtual_time import VirtualLoop, run_virtually

from grokchat.api.reply_builder import Delta
from grokchat.chat.live_reply import MAX_FRAMES_PER_S, LiveReply
from grokchat.config.settings import Settings
from grokchat.render.stream import render_reply
from grokchat.render.style import TerminalStyle

PLAIN = TerminalStyle("none")


class Screen:
    """Records what is drawn, frame by frame, and when."""

    width, max_live_rows, background, is_busy, echoes_input = 80, 6, None, True, False

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.frames: list[tuple[float, list[str], list[str]]] = []
        self.notes: list[str] = []
        self.refreshed = 0

    def draw_frame(self, commit: Sequence[str], live: Sequence[str] | None = None, notes: Sequence[str] = ()) -> None:
        self.frames.append((self.loop.time(), list(commit), list(live or ())))
        self.notes = list(notes)

    def refresh(self) -> None:
        self.refreshed += 1

    @property
    def final(self) -> list[str]:
        return [line for _, commit, _ in self.frames for line in commit]


def play(act, *, style=PLAIN, clock=None, part="", rows_below=None, **settings) -> Screen:
    async def run(loop: VirtualLoop) -> Screen:
        screen, clock_ = Screen(loop), clock or loop.time
        reply = LiveReply(screen, style, Settings(**settings), clock_, partial_text=part, rows_below=rows_below)
        await act(screen, reply)
        return screen

    return run_virtually(run)


def test_a_delta_is_drawn_at_once_and_the_next_one_within_a_frame():
    """A delta is on the screen within one frame of its arrival."""

    async def act(screen, live) -> None:
        arrived = []
        for number in range(100):
            live.add_delta(Delta(text=f"w{number} "))
            arrived.append(screen.loop.time())
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.1)
        for number, when in enumerate(arrived):
            shown = next(at for at, commit, tail in screen.frames if f"w{number}" in " ".join([*screen.final, *tail]))
            assert shown - when <= 1 / MAX_FRAMES_PER_S + 1e-9
        await live.finish()

    screen = play(act)
    assert len(screen.frames) <= 0.5 * MAX_FRAMES_PER_S + 3


def test_nothing_is_drawn_while_nothing_arrives():
    """No CPU while nothing changes."""

    async def act(screen, live) -> None:
        live.add_delta(Delta(text="some"))
        await asyncio.sleep(1)
        before = len(screen.frames)
        await asyncio.sleep(3600)
        assert len(screen.frames) == before
        await live.finish()

    play(act)


def test_a_burst_is_drawn_in_few_frames_and_does_not_block_keys():
    """A burst of 10,000 deltas is drawn in few frames, and a typed key is echoed between two of them."""
    text = "some words and **more** of them\n" * 2500
    ticking = itertools.count(0.0, 0.0005)

    async def act(screen, live) -> None:
        for at in range(0, len(text), 8):
            live.add_delta(Delta(text=text[at : at + 8]))
        turns = 0
        task = asyncio.ensure_future(live.finish())
        while not task.done():
            await asyncio.sleep(0)
            turns += 1
        assert turns > 3
        assert len(screen.frames) < 100

    screen = play(act, clock=lambda: next(ticking))
    assert screen.final == [*render_reply(text, 80, PLAIN), ""]


def test_a_cancelled_reply_is_drawn_to_its_end():
    """Ctrl-C while a reply streams keeps the part received."""
    text = "a line of the reply\n" * 5000
    ticking = itertools.count(0.0, 0.002)

    async def act(_, live) -> None:
        live.add_delta(Delta(text=text))
        task = asyncio.ensure_future(live.finish())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})

    assert play(act, clock=lambda: next(ticking)).final == [*render_reply(text, 80, PLAIN), ""]


def test_reasoning_is_one_live_line_with_seconds_that_folds():
    """Reasoning is one dim live line with the seconds, and folds to `thought for 12 s` when the answer starts."""

    async def act(screen, live) -> None:
        live.add_delta(Delta(reasoning="Let me think\nabout it."))
        await asyncio.sleep(12)
        live.update_elapsed_time()
        assert screen.frames[-1][2] == ["thinking 12 s: Let me think about it."]
        live.add_delta(Delta(text="Yes."))
        await live.finish()

    assert play(act).final == ["thought for 12 s", "", "Yes.", ""]


def test_one_empty_line_follows_reasoning_without_an_answer():
    async def act(screen, live) -> None:
        live.add_delta(Delta(reasoning="Hm."))
        await live.finish()

    assert play(act).final == ["thought for 0 s", ""]


def test_reasoning_can_be_printed_in_full_or_hidden():
    async def act(_, live) -> None:
        live.add_delta(Delta(reasoning="One.\nTwo."))
        live.add_delta(Delta(text="Yes."))
        await live.finish()

    assert play(act, show_reasoning="full").final == ["One.", "Two.", "thought for 0 s", "", "Yes.", ""]
    assert play(act, show_reasoning="off").final == ["Yes.", ""]


def test_reasoning_in_full_is_wrapped_at_words():
    """Indentation stays, and pieces give the lines of the whole."""
    text = "word " * 30 + "\n  - an item that is indented, " + "word " * 20 + "\n\nEnd"

    async def act(_, live) -> None:
        for at in range(0, len(text), 7):
            live.add_delta(Delta(reasoning=text[at : at + 7]))
        live.add_delta(Delta(text="Yes."))
        await live.finish()

    final = play(act, show_reasoning="full").final
    indented = ["  " + row for row in textwrap.wrap(text.split("\n")[1].strip(), 78)]
    rows = [*textwrap.wrap("word " * 30, 80), *indented, "", "End"]
    assert final == [*rows, "thought for 0 s", "", "Yes.", ""]


def test_long_reasoning_fits_one_row():
    async def act(screen, live) -> None:
        live.add_delta(Delta(reasoning="漢字 and words " * 100))
        await asyncio.sleep(1)
        [row] = screen.frames[-1][2]
        assert len(row) <= 80
        await live.finish()

    play(act)


def test_a_screen_reader_gets_an_end_mark_and_without_utf_8_nothing_is_live():
    """No live region, and an end mark after each reply; the same without UTF-8, but for the mark."""

    async def act(screen, live) -> None:
        live.add_delta(Delta(text="Some words ☃"))
        await asyncio.sleep(1)
        assert screen.frames[-1][2] == [] or screen.max_live_rows
        await live.finish()

    assert play(act, screen_reader=True).final == ["Some words ☃", "(end of the reply)", ""]
    screen = play(act, style=TerminalStyle("none", "ascii"))
    assert screen.final == ["Some words \\u2603", ""]
    assert all(live == [] for _, _, live in screen.frames)


def test_a_new_size_redraws_what_is_not_final():
    async def act(screen, live) -> None:
        live.add_delta(Delta(text="some words that are longer than a narrow window"))
        await asyncio.sleep(1)
        screen.width = 20
        live.redraw()
        assert max(map(len, screen.frames[-1][2])) <= 20
        await live.finish()

    play(act)


def test_a_continued_reply_continues_where_it_stopped():
    """The numbering of code blocks continues, a line is shown whole, and an open code block stays open."""
    part = "```py\none\n```\n\n```sh\nls\necho a"

    async def act(_, live) -> None:
        live.add_delta(Delta(text=" b\n```\n\n```\nlast\n```\n"))
        await live.finish()

    assert play(act, part=part).final == ["echo a b", "```", "", "``` code 3", "last", "```", ""]


def test_a_continuation_without_text_does_not_show_the_reply_again():
    async def act(_, live) -> None:
        await live.finish()

    assert play(act, part="begin").final == []


@pytest.mark.parametrize("setting", ["off", "live", "full"])
def test_reasoning_without_an_answer_is_printed_whole(setting):
    """Whatever the setting, and in frames, so that a key is echoed meanwhile."""
    words = [f"thought-{number}" for number in range(5000)]

    async def act(screen, live) -> None:
        for word in words:
            live.add_delta(Delta(reasoning=f"{word} "))
        live.show_reasoning()
        await live.finish()

    screen = play(act, show_reasoning=setting)
    assert " ".join("\n".join(screen.final).split()).startswith(" ".join(words))


@pytest.mark.parametrize("setting", ["off", "live"])
def test_reasoning_that_is_stopped_is_not_printed(setting):
    async def act(screen, live) -> None:
        live.add_delta(Delta(reasoning="secret thoughts"))
        await live.finish()

    assert "secret thoughts" not in "\n".join(play(act, show_reasoning=setting).final)


def test_rows_below_a_reply_stand_there_from_before_its_first_word_to_its_end():
    """Other replies that are received meanwhile have rows below the one that is shown, which leave it a row."""
    counts = itertools.count(1)

    async def act(screen, live) -> None:
        live.update_elapsed_time()
        assert screen.notes[0] == "other 0: 1 tokens"
        assert len(screen.notes) == Screen.max_live_rows - 1
        live.add_delta(Delta(text="some words"))
        await asyncio.sleep(0.1)
        assert "some words" in " ".join(screen.frames[-1][2])
        live.print_lines(["held"], "/history")
        await asyncio.sleep(0.1)
        assert screen.notes[-1] == "held"
        assert len(screen.notes) == Screen.max_live_rows - 1
        await live.finish()
        assert screen.notes == []

    def rows(_: int) -> list[str]:
        count = next(counts)
        return [f"other {number}: {count} tokens" for number in range(9)]

    assert play(act, rows_below=rows).final == ["some words", "", "held"]
