"""What the model searches for, in the live line."""

from __future__ import annotations

import asyncio

import pytest
from chat.test_live_reply import PLAIN, play

from grokchat.api.reply_builder import Delta
from grokchat.chat.activity_line import format_activity
from grokchat.render.cells import cell_width
from grokchat.render.style import TerminalStyle
from grokchat.session.model_reply import _joined

X, WEB = 'searching X: "grok 4.7"', 'searching the web: "release notes"'


def live_rows(screen) -> list[str]:
    return [*screen.frames[-1][2], *screen.notes]


def test_a_search_is_one_live_row_with_its_seconds():
    """While the model searches, the live line says what for, with the seconds; nothing of it stays."""

    async def act(screen, live) -> None:
        live.add_delta(Delta(activity=X))
        assert live.state == "searching"
        assert screen.refreshed == 1
        await asyncio.sleep(4)
        live.update_elapsed_time()
        assert live_rows(screen) == [f"{X} · 4 s"]
        live.add_delta(Delta(activity=X))
        await asyncio.sleep(1)
        live.update_elapsed_time()
        assert live_rows(screen) == [f"{X} · 5 s"]
        live.add_delta(Delta(activity=WEB))
        await asyncio.sleep(0.1)
        assert live_rows(screen) == [f"{WEB} · 0 s"]
        live.add_delta(Delta(text="Yes."))
        assert live.state == "replying"
        await asyncio.sleep(0.1)
        assert live_rows(screen) == ["Yes."]
        await live.finish()

    assert play(act).final == ["Yes.", ""]


@pytest.mark.parametrize(
    ("setting", "first", "second", "before"),
    [
        ("live", "thinking 0 s: Hm.", "thinking 6 s: Hm.So.", ["thought and searched for 6 s", ""]),
        (
            "full",
            "thinking 0 s: Hm.",
            "thinking 6 s: Hm.So.",
            ["Hm.So.", "thought and searched for 6 s", ""],
        ),
        ("off", "", "", []),
    ],
)
def test_thinking_and_searching_take_turns(setting, first, second, before):
    """Think, search, think, search, answer: each is shown while it lasts, whatever is shown of the reasoning."""

    async def act(screen, live) -> None:
        live.add_delta(Delta(reasoning="Hm."))
        await asyncio.sleep(0.1)
        assert live_rows(screen) == [first] * bool(first)
        assert live.state == "thinking"
        live.add_delta(Delta(activity=X))
        await asyncio.sleep(5.9)
        live.update_elapsed_time()
        assert live_rows(screen) == [f"{X} · 6 s"]
        live.add_delta(Delta(reasoning="So."))
        assert live.state == "thinking"
        await asyncio.sleep(0.1)
        assert live_rows(screen) == [second] * bool(second)
        live.add_delta(Delta(activity=WEB))
        await asyncio.sleep(0.1)
        assert live_rows(screen) == [f"{WEB} · 0 s"]
        live.add_delta(Delta(text="Yes."))
        await live.finish()

    assert play(act, show_reasoning=setting).final == [*before, "Yes.", ""]


def test_the_seconds_of_a_thought_include_the_search_before_it():
    """The line says what the time went into: a search and the thoughts around it, or thoughts alone."""

    async def act(screen, live) -> None:
        live.add_delta(Delta(activity=X))
        await asyncio.sleep(5)
        live.add_delta(Delta(reasoning="Hm."))
        await asyncio.sleep(1)
        live.add_delta(Delta(text="Yes."))
        live.add_delta(Delta(activity=X))
        await live.finish()

    assert play(act).final == ["thought and searched for 6 s", "", "Yes.", ""]


def test_a_search_after_the_first_words_stands_below_the_open_block():
    """The model may write, search and write on: the block that is open stays as it is."""

    async def act(screen, live) -> None:
        live.add_delta(Delta(text="The answer is in\nthis paragraph", activity=X))
        await asyncio.sleep(2)
        live.update_elapsed_time()
        assert screen.frames[-1][2] == ["The answer is in", "this paragraph"]
        assert screen.notes == [f"{X} · 2 s"]
        assert live.state == "searching"
        live.print_lines(["held"], "/history")
        await asyncio.sleep(0.1)
        assert screen.notes == [f"{X} · 2 s", "held"]
        live.add_delta(Delta(text=", and here."))
        await asyncio.sleep(0.1)
        assert screen.notes == ["held"]
        await live.finish()

    assert play(act).final == ["The answer is in", "this paragraph, and here.", "", "held"]


def test_a_search_leaves_a_row_to_the_reply():
    async def act(screen, live) -> None:
        screen.max_live_rows = 1
        live.add_delta(Delta(text="Some words", activity=X))
        await asyncio.sleep(0.1)
        assert live_rows(screen) == ["Some words"]
        screen.max_live_rows = 0
        live.redraw()
        assert live_rows(screen) == []
        await live.finish()

    assert play(act).final == ["Some words", ""]


@pytest.mark.parametrize("style", [PLAIN, TerminalStyle("none", "ascii")])
@pytest.mark.parametrize("rows", [0, 1, 6])
def test_where_nothing_is_live_a_search_shows_nothing(style, rows):
    """In a dumb terminal, a window of one row and a locale without UTF-8: plainer, never broken."""

    async def act(screen, live) -> None:
        screen.max_live_rows = rows
        live.add_delta(Delta(activity=X))
        await asyncio.sleep(1)
        live.update_elapsed_time()
        has_row = rows > 0 and style is PLAIN
        assert live_rows(screen) == [f"{X} · 1 s"] * has_row
        live.add_delta(Delta(text="Yes.", activity=WEB))
        await live.finish()

    assert play(act, style=style).final == ["Yes.", ""]


@pytest.mark.parametrize("setting", ["off", "live", "full"])
def test_a_search_that_is_stopped_leaves_nothing(setting):
    """Ctrl-C during a search leaves nothing of it on the screen."""

    async def act(screen, live) -> None:
        live.add_delta(Delta(activity=X))
        await asyncio.sleep(1)
        await live.finish()
        assert live_rows(screen) == []

    assert play(act, show_reasoning=setting).final == []


@pytest.mark.parametrize("width", [1, 2, 11, 12, 40, 80])
@pytest.mark.parametrize(
    "activity",
    ["searching\nthe\tweb: \x1b]0;t\x07\x9b31m\u202e", "searching X: " + "漢字" * 5000, "x" * 10_000, "😀" * 300],
)
def test_a_hostile_activity_is_visible_and_one_row(width, activity):
    """Text from outside never reaches the terminal as control codes, and a long one is cut."""
    for style in (PLAIN, TerminalStyle("none", "ascii")):
        row = format_activity(activity, 61.2, width, style)
        assert cell_width(row) <= width
        assert row.isprintable()
        assert width < 12 or row.endswith("61 s")


def test_deltas_that_waited_have_the_activity_that_nothing_has_ended():
    """What several models do is kept while their replies wait for their turn."""
    assert _joined([Delta("a", "b", X), Delta("c", "", "")]) == Delta("ac", "b", "")
    assert _joined([Delta("a"), Delta(reasoning="b"), Delta(activity=X), Delta(activity=WEB)]) == Delta("a", "b", WEB)
    assert _joined([]) == Delta()
