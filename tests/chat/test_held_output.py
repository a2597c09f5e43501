"""What is printed while a reply streams stands between the reply's blocks, never inside one."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_live_reply import PLAIN, Screen
from virtual_time import VirtualLoop, run_virtually

from grokchat.api.reply_builder import Delta
from grokchat.chat import held_output
from grokchat.chat.live_reply import LiveReply
from grokchat.config.settings import Settings
from grokchat.markdown.stream_parser import StreamParser
from grokchat.render.stream import render_reply
from grokchat.render.typeset import BlockRenderer

PARAGRAPH, LIST, CODE = "One.\nTwo.\n", "- a\n- b\n\n  more\n- c\n", "```\nx\n\ny\n```\n"
TABLE, QUOTE, FORMULA = "| a | b |\n|---|---|\n| 1 | 2 |\n", "> q\n>\n> r\n", "$$\nx^2\n$$\n"
HELP = ["> /help", "help", ""]


def play(act, **settings) -> Screen:
    async def run(loop: VirtualLoop) -> Screen:
        screen = Screen(loop)
        await act(screen, LiveReply(screen, PLAIN, Settings(**settings), loop.time))
        return screen

    return run_virtually(run)


def block_starts(text: str) -> set[int]:
    """Return the lines of the rendered text, by index, before which a block of the document begins."""
    parser, renderer = StreamParser(), BlockRenderer(PLAIN, numbered=True)
    count, last, starts = 0, None, {0}
    for piece in [*parser.feed(text), *parser.close()]:
        outer = piece.leaf.containers[0] if piece.leaf.containers else None
        block = piece.leaf.serial if outer is None else outer.block_serial
        lines = renderer.feed([piece], 80)
        if lines and block != last:
            starts.add(count)
            last = block
        count += len(lines)
    return {*starts, count}


@pytest.mark.parametrize("block", [PARAGRAPH, LIST, CODE, TABLE, QUOTE, FORMULA, "# Title\n", "    code\n\n    more\n"])
def test_output_waits_for_the_end_of_the_block_that_is_open(block):
    """Entered at any character of a block, a command's output stands after it, with an empty line around it."""
    text = f"Before.\n\n{block}\nAfter, a line of text.\n\nThe end."
    begin, end = text.index(block) + 1, text.index("After")
    before, after = render_reply("Before.", 80, PLAIN), render_reply("After, a line of text.\n\nThe end.", 80, PLAIN)
    expected = render_reply(text, 80, PLAIN, numbered=True)
    middle = expected[len(before) + 1 : len(expected) - len(after) - 1]
    for at in range(begin, end - 2):

        async def act(screen, live, at=at) -> None:
            for place, char in enumerate(text):
                if place == at:
                    live.print_lines(HELP, "/help")
                live.add_delta(Delta(text=char))
                await asyncio.sleep(0.02)
            await live.finish()

        screen = play(act)
        assert screen.final == [*before, "", *middle, "", *HELP[:2], "", *after, ""], text[:at]


CHUNKS = [
    PARAGRAPH,
    LIST,
    CODE,
    TABLE,
    QUOTE,
    FORMULA,
    "\n",
    "\n\n",
    "word ",
    "- item\n",
    "```\n",
    "---\n",
    "# H\n",
    "1. n\n",
]


@given(
    text=st.lists(st.sampled_from(CHUNKS), max_size=12).map("".join),
    cuts=st.lists(st.integers(0, 200), max_size=12),
    outputs=st.lists(st.integers(0, 12), max_size=4),
    reasoning=st.sampled_from(["", "Hm.\n\nSo", "Hm."]),
    settings=st.sampled_from([{}, {"show_reasoning": "full"}]),
)
def test_output_stands_between_blocks_however_the_reply_is_cut(text, cuts, outputs, reasoning, settings):
    """Nothing of it is lost, and without it the scrollback is what printing the complete reply gives."""
    bounds = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    deltas = [Delta(reasoning=reasoning)] * bool(reasoning)
    deltas += [Delta(text=text[start:stop]) for start, stop in pairwise(bounds)]
    printed: list[str] = []

    async def act(_, live) -> None:
        for number, delta in enumerate(deltas):
            for _ in range(outputs.count(number)):
                printed.append(f"@{len(printed)}")
                live.print_lines([printed[-1], "@ its output", ""], "/help")
            live.add_delta(delta)
            await asyncio.sleep(0.02)
        await live.finish()

    final = play(act, **settings).final
    head = final[: final.index("thought for 0 s") + 2] if "thought for 0 s" in final else []
    whole = [*render_reply(text, 80, PLAIN, numbered=True), *([""] if text else [])]
    assert [line for line in final if line.startswith("@") and "its" not in line] == printed
    starts, at = block_starts(text), 0
    body = final[len(head) :]
    for number, line in enumerate(body):
        if line.startswith("@"):
            assert at in starts or at - 1 in starts or at == len(whole)
        elif at < len(whole) and line == whole[at]:
            at += 1
        else:
            assert line == ""
            assert "@" in {other[:1] for other in body[max(0, number - 2) : number + 2]}
    assert at == len(whole)


def test_what_waits_is_shown_above_the_prompt_until_it_is_printed():
    """A command entered in a long code block does not seem dead: its answer is shown if it is short, or else named."""

    async def act(screen, live) -> None:
        live.add_delta(Delta(text="```\nx\n"))
        await asyncio.sleep(1)
        printed = list(screen.final)
        live.print_lines(["> /model"], "/model")
        live.print_lines(["grok-4.7", ""])
        assert screen.notes == ["> /model", "grok-4.7"]
        live.print_lines(["> /help"], "/help")
        live.print_lines(["help"] * 9)
        assert screen.notes == ["queued: /model + 1 more"]
        assert screen.final == printed
        live.add_delta(Delta(text="```\n"))
        await asyncio.sleep(1)
        assert screen.notes == []
        assert screen.final == [*printed, "```", "", "> /model", "grok-4.7", "", "> /help", *["help"] * 9]
        live.print_lines(["> /usage"], "/usage")
        live.print_lines(["usage", ""])
        assert screen.final[-3:] == ["help", "> /usage", "usage"]
        live.add_delta(Delta(text="Some words"))
        await asyncio.sleep(1)
        live.print_lines(["> /" + "long" * 20, *["row"] * 9], "/" + "long" * 20)
        assert screen.notes == ["queued: /longlonglonglonglo…"]
        live.print_lines(["row"])
        await live.finish()
        assert screen.notes == []

    play(act)


def test_of_a_longer_answer_the_beginning_is_shown():
    """In a narrow window, too, it can be read what is wrong with a command."""
    rows = [
        "> /hlep",
        "unknown command /hlep; did you mean",
        "/help? Begin the line with // to send it",
        "as a message.",
    ]

    async def act(screen, live) -> None:
        screen.width, screen.max_live_rows = 40, 6
        live.add_delta(Delta(text="Some words"))
        await asyncio.sleep(1)
        live.print_lines([*rows, ""], "/hlep")
        assert screen.notes == [*rows[:2], "/help? Begin the line with // to send …"]
        screen.max_live_rows = 4
        live.redraw()
        assert screen.notes == [rows[0], f"{rows[1]} …"]
        screen.max_live_rows = 3
        live.redraw()
        assert screen.notes == ["queued: /hlep"]
        await live.finish()
        assert screen.final == ["Some words", "", *rows, ""]

    play(act)


@pytest.mark.parametrize("more", [0, 9])
def test_a_question_is_shown_at_once_and_printed_after_the_block(more):
    """What the next line entered answers can be read before it is entered."""

    async def act(screen, live) -> None:
        live.add_delta(Delta(text="Some words"))
        await asyncio.sleep(1)
        rows = ["row"] * more
        live.print_lines(rows)
        live.print_lines(["Overwrite? [y/N]"], is_question=True)
        assert screen.notes == ["Overwrite? [y/N]"]
        assert screen.final == []
        live.end_question()
        assert screen.notes == (["queued: a notice"] if more else ["Overwrite? [y/N]"])
        screen.max_live_rows = 0
        live.print_lines(["Send? [y/N]"], is_question=True)
        assert screen.final == [*rows, "Overwrite? [y/N]", "Send? [y/N]"]
        await live.finish()

    play(act)


@pytest.mark.parametrize("is_cancelled", [False, True])
def test_what_waits_is_printed_when_the_reply_ends(is_cancelled):
    """Nothing is lost when a reply is interrupted inside a block, or when it ends there."""

    async def act(screen, live) -> None:
        live.add_delta(Delta(text="```\nx\n"))
        await asyncio.sleep(1)
        live.print_lines(HELP, "/help")
        live.add_delta(Delta(text="x\n" * 4999))
        task = asyncio.ensure_future(live.finish())
        await asyncio.sleep(0)
        if is_cancelled:
            task.cancel()
        await asyncio.wait({task})
        live.print_lines(["later"])
        assert screen.notes == []

    final = play(act).final
    assert final[-6:] == ["```", "", *HELP, "later"]
    assert final.count("x") == 5000


def test_no_more_is_held_than_a_limit():
    async def act(screen, live) -> None:
        live.add_delta(Delta(text="Some words"))
        await asyncio.sleep(1)
        live.print_lines(["row"] * held_output.MAX_HELD_LINES)
        assert screen.final == []
        live.print_lines(["row"])
        assert len(screen.final) == held_output.MAX_HELD_LINES + 1
        await live.finish()

    play(act)


def test_output_is_printed_at_once_where_no_block_is_open():
    async def act(screen, live) -> None:
        live.print_lines(HELP)
        assert screen.final == HELP
        live.add_delta(Delta(reasoning="Hm."))
        await asyncio.sleep(1)
        live.print_lines(HELP)
        assert screen.final == HELP * 2
        live.add_delta(Delta(text="Some words.\n\n"))
        await asyncio.sleep(1)
        live.print_lines(HELP[:1])
        live.print_lines(HELP[1:])
        assert screen.final[-4:] == ["Some words.", "", *HELP[:2]]
        await live.finish()

    assert play(act).final[-5:] == ["Some words.", "", *HELP]
