"""The terminal's answers never become typed text, and they choose the theme."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time

import pytest
from prompt_toolkit import PromptSession
from prompt_toolkit.input.typeahead import get_typeahead
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import DummyOutput
from virtual_time import VirtualLoop, run_virtually

from grokchat.terminal.capabilities import Capabilities
from grokchat.terminal.input_parser import InputParser
from grokchat.terminal.input_tokens import Paste, Sequence, Token
from grokchat.terminal.queries import BACKGROUND_QUERY, BackgroundAnswers, may_query

if sys.platform != "win32":
    import pty

    from grokchat.terminal.input import TerminalInput, TerminalReports

posix = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX thing")

DARK, LIGHT = "\x1b]11;rgb:1e1e/1e1e/2e2e", "\x1b]11;rgb:ffff/ffff/ffff"
BEL, ST = "\x07", "\x1b\\"
ATTRIBUTES = "\x1b[?62;22c"


def read(answers: BackgroundAnswers, text: str) -> list[Token]:
    """Feed what the terminal sends; return the tokens that are not answers."""
    tokens = InputParser().feed(text)
    return [token for token in tokens if not (isinstance(token, Sequence) and answers.handle(token))]


def asked() -> BackgroundAnswers:
    answers = BackgroundAnswers()
    assert answers.ask() == BACKGROUND_QUERY
    return answers


@pytest.mark.parametrize("end", [BEL, ST])
@pytest.mark.parametrize(("color", "background"), [(DARK, "dark"), (LIGHT, "light")])
def test_the_answers_are_read_and_end_the_wait(color, background, end):
    answers = asked()
    assert read(answers, color + end) == []
    assert (answers.background, answers.is_pending) == (background, True)
    assert read(answers, ATTRIBUTES) == []
    assert not answers.is_pending


def test_without_a_colour_the_attributes_end_the_wait():
    """A late colour does not count, but it is an answer all the same."""
    answers = asked()
    assert read(answers, ATTRIBUTES + LIGHT + BEL) == []
    assert (answers.background, answers.is_pending) == (None, False)


def test_once_the_wait_is_over_the_background_is_final():
    answers = asked()
    read(answers, DARK + BEL)
    answers.stop_waiting()
    assert not answers.is_pending
    assert read(answers, LIGHT + BEL + ATTRIBUTES) == []
    assert answers.background == "dark"


def test_a_paste_is_never_an_answer():
    answers = asked()
    assert read(answers, f"\x1b[200~{LIGHT}{BEL}{ATTRIBUTES}\x1b[201~") == [Paste(LIGHT + BEL + ATTRIBUTES)]
    assert (answers.background, answers.is_pending) == (None, True)


def test_urxvt_ends_with_a_bare_escape():
    """An answer may end with an ESC without its backslash."""
    answers = asked()
    assert read(answers, LIGHT + "\x1b" + ATTRIBUTES + "x") == ["x"]
    assert (answers.background, answers.is_pending) == ("light", False)


@pytest.mark.parametrize("sequence", ["\x1b[?2026;2$y", "\x1b[>1;10;0c", "\x1b]10;rgb:0/0/0\x07", "\x1b[c", "\x1b[?1u"])
def test_other_sequences_are_no_answers(sequence):
    answers = asked()
    assert len(read(answers, sequence)) == 1
    assert answers.is_pending


@pytest.mark.parametrize(
    ("colour", "background"),
    [
        ("rgb:0000/0000/0000", "dark"),
        ("rgb:ffff/ffff/ffff", "light"),
        ("rgb:f/f/f", "light"),
        ("rgb:FF/fF/ff", "light"),
        ("rgb:0/00/8ff", "dark"),
        ("rgba:ff/ff/ff/00", "light"),
        ("rgba:0000/0000/0000/ffff", "dark"),
        ("#fff", "light"),
        ("#000000", "dark"),
        ("#ffffffffffff", "light"),
        ("rgb:3f/3f/3f", "dark"),
        ("rgb:d8/d8/d8", "light"),
        ("rgb:fdfd/f6f6/e3e3", "light"),  # Solarized
        ("rgb:0000/2b2b/3636", "dark"),
        ("rgb:0/ff/0", "light"),
        ("rgb:6f/0/0", "dark"),
        ("rgb:7f/7f/7f", None),
        ("rgb:41/41/41", None),
        ("rgb:d4/d4/d4", None),
        ("rgb:ff/0/0", None),
        ("rgb:0/0/ff", None),
        ("#ffff", None),
        ("rgb:ff/ff", None),
        ("rgb:fffff/0/0", None),
        ("rgbi:1.0/1.0/1.0", None),
        ("", None),
    ],
)
def test_dark_or_light(colour, background):
    """Every notation of a colour is read; an unknown one is ignored, and is not typed text either.

    A background in the middle is neither: no colours are readable on it.
    """
    answers = asked()
    is_answer = not read(answers, f"\x1b]11;{colour}{ST}")
    assert is_answer is True
    assert answers.background == background


@pytest.mark.parametrize(
    ("env", "asks"),
    [
        *[
            ({"TERM": term}, True)
            for term in (
                "xterm", "xterm-256color", "xterm-kitty", "xterm-ghostty", "tmux-256color", "alacritty", "foot-extra",
                "kitty", "wezterm", "rxvt-unicode-256color", "st-256color", "konsole-256color", "vte-256color",
            )
        ],
        *[
            ({"TERM": term}, False)
            for term in (
                "", "dumb", "unknown", "linux", "linux-16color", "cons25", "vt100", "vt220", "vt52", "ansi", "sun",
                "eterm-color", "screen", "screen-256color", "screen.xterm-256color",
            )
        ],
        ({}, False),
        ({"TERM": "xterm-256color", "INSIDE_EMACS": "29.1,term:0.96"}, False),
        ({"TERM": "screen-256color", "TMUX": "/tmp/tmux-0/default,1,0"}, True),
        ({"TERM": "xterm-256color", "STY": "1.pts-0.host"}, False),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/tmux-0/default,1,0", "STY": "1.pts-0.host"}, True),
        ({"TERM": "linux", "TMUX": "/tmp/tmux-0/default,1,0"}, False),
    ],
)  # fmt: skip
def test_which_terminals_are_queried(env, asks):
    """Only those that are known not to print unknown queries."""
    assert may_query(env) is asks


@posix
@pytest.mark.parametrize("end", ["answer", "timeout"])
def test_what_waits_for_the_answers_waits_no_longer_than_they_are_awaited(end):
    """Nothing waits where nothing was asked."""

    async def act() -> None:
        reports = TerminalReports()
        capabilities = Capabilities({"TERM": "xterm-256color"}, reports)
        await capabilities.answered()
        capabilities.send_queries(lambda _: None, 80, "utf-8")
        waiting = asyncio.create_task(capabilities.answered())
        await asyncio.sleep(0)
        read(reports.background, LIGHT + BEL)
        await asyncio.sleep(0)
        assert not waiting.done()
        if end == "answer":
            read(reports.background, ATTRIBUTES)
        else:
            reports.background.stop_waiting()
        await waiting
        assert capabilities.background == "light"

    asyncio.run(act())


@posix
@pytest.mark.parametrize("has_answer", [True, False])
def test_what_gives_the_terminal_away_waits_for_late_answers_too(has_answer):
    """Nobody waits for their content any more, but another program would read them."""

    async def act(loop: VirtualLoop) -> None:
        reports = TerminalReports()
        capabilities = Capabilities({"TERM": "xterm-256color"}, reports)
        await capabilities.all_answered()
        assert capabilities.last_answer_timeout_s == 0
        capabilities.send_queries(lambda _: None, 80, "utf-8")
        waiting = [asyncio.create_task(capabilities.all_answered()) for _ in range(2)]
        await capabilities.answered()
        assert loop.now == 1.0
        assert reports.are_pending
        assert not any(task.done() for task in waiting)
        assert capabilities.last_answer_timeout_s == 1.0
        if has_answer:
            read(reports.background, LIGHT + BEL + ATTRIBUTES)
        await asyncio.gather(*waiting)
        assert loop.now == (1.0 if has_answer else 2.0)
        assert capabilities.background == "any"
        assert capabilities.last_answer_timeout_s == 0
        assert not reports.are_pending

    run_virtually(act)


@pytest.fixture
def line():
    """Return the terminal's end of a pseudo-terminal, and an input at the other end that awaits answers."""
    terminal, end = pty.openpty()
    with open(end, encoding="utf-8") as stdin:  # noqa: PTH123 - it has no path
        source = TerminalInput(stdin)
        source.reports.background.ask()
        with source.raw_mode():
            yield terminal, source
        get_typeahead(source)
    os.close(terminal)


@posix
def test_keys_around_answers_are_parsed_as_ever(line):
    """Keys and pastes are read; another report is neither a key nor text."""
    terminal, source = line
    os.write(terminal, f"é\x1b[A{LIGHT}{ST}\x1b[24;80R\x1b[200~p{ATTRIBUTES}\x1b[201~{ATTRIBUTES}\x03".encode())
    presses = source.read_keys()
    assert [press.key for press in presses] == ["é", Keys.Up, Keys.BracketedPaste, Keys.ControlC]
    assert presses[2].data == "p"
    assert source.reports.background.background == "light"
    assert not source.closed


@posix
def test_the_escape_key_is_flushed(line):
    """A lone ESC is the Escape key after a pause."""
    terminal, source = line
    os.write(terminal, b"\x1b")
    assert source.read_keys() == []
    assert [press.key for press in source.flush_keys()] == [Keys.Escape]
    assert source.flush_keys() == []


@posix
def test_leaving_waits_for_the_answers(line):
    """The wait ends with the last answer, and typed text is kept."""
    terminal, source = line
    later = threading.Timer(0.05, os.write, (terminal, f"a{LIGHT}{ST}b{ATTRIBUTES}".encode()))
    later.start()
    started = time.monotonic()
    source.await_answers(20)
    assert time.monotonic() - started < 10
    later.join()
    assert source.reports.background.background == "light"
    assert [press.data for press in get_typeahead(source)] == ["a", "b"]


@posix
def test_leaving_waits_for_a_limited_time(line):
    """A terminal that does not answer is waited for once, and not for long."""
    _, source = line
    source.await_answers(0.01)
    assert not source.reports.background.is_pending
    source.await_answers(20)


@posix
@pytest.mark.parametrize("pause", [0, 0.002])
def test_a_prompt_is_open_while_the_terminal_answers(line, pause):
    """Letters typed before, between and after slow answers are in the line, and nothing else."""
    terminal, source = line

    def answer() -> None:
        for byte in f"one {DARK}{ST}two {ATTRIBUTES}three\r".encode():
            time.sleep(pause)
            os.write(terminal, bytes([byte]))

    async def ask() -> str:
        session: PromptSession[str] = PromptSession(input=source, output=DummyOutput())
        return await session.prompt_async()

    writer = threading.Thread(target=answer)
    writer.start()
    try:
        assert asyncio.run(ask()) == "one two three"
    finally:
        writer.join()
    assert source.reports.background.background == "dark"


@posix
def test_a_closed_terminal_ends_the_wait(line):
    """When the other end is gone, nothing is waited for."""
    terminal, source = line
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, terminal)
    os.close(nothing)
    started = time.monotonic()
    source.await_answers(20)
    assert time.monotonic() - started < 10
    assert not source.reports.background.is_pending
