"""The terminal's answers never become typed text, and they choose the theme."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import threading
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit import PromptSession
from prompt_toolkit.input.typeahead import get_typeahead
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import DummyOutput

from grokchat.terminal.queries import BACKGROUND_QUERY, BackgroundAnswers, background_from_env, may_query

if sys.platform != "win32":
    import pty

    from grokchat.terminal.input import TerminalInput

posix = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX thing")

DARK, LIGHT = "\x1b]11;rgb:1e1e/1e1e/2e2e", "\x1b]11;rgb:ffff/ffff/ffff"
BEL, ST = "\x07", "\x1b\\"
ATTRIBUTES = "\x1b[?62;22c"

COLOURS = st.tuples(
    st.sampled_from([(DARK, "dark"), (LIGHT, "light"), ("\x1b]11;#fff", "light"), ("\x1b]11;rgba:0/0/0/f", "dark")]),
    st.sampled_from([BEL, ST]),
).map(lambda drawn: (drawn[0][0] + drawn[1], drawn[0][1]))
KEYS = st.sampled_from([
    "a", "c", "11;", "]", "[", "?", "rgb:", "é", "漢", "\r", "\x03", "\x07", "\x1b", "\x1b\x1b", "\x1b[A", "\x1bOP",
    "\x1b[3~", "\x1b]", "\x1b[", "\x1bx", "\x1b\\", "\x1b[24;80R", "\x1b[?0u", "\x1b[?2026;2$y",
    "\x1b]10;rgb:0/0/0\x07",
])  # fmt: skip
PASTES = st.sampled_from(["x", f"a{DARK}{BEL}b", ATTRIBUTES, "\x1b", "\x1b[201", "\x1b]11;"]).map(
    "\x1b[200~{}\x1b[201~".format
)


def looks_answered(text: str) -> bool:
    """Return whether keys happen to spell an answer, or the beginning of one that the next key could continue."""
    return (
        re.search(r"\x1b\]11;|\x1b\[\?[0-9;]*(c|\Z)|\x1b\]1*\Z", re.sub(r"\x1b\[200~.*?\x1b\[201~", "", text))
        is not None
    )


TYPED = st.lists(KEYS | PASTES, max_size=6).map("".join).filter(lambda text: not looks_answered(text))
CUTS = st.lists(st.integers(0, 400), max_size=12)


def pieces_of(text: str, cuts: list[int]) -> list[str]:
    bounds = [0, *sorted({at % (len(text) + 1) for at in cuts}), len(text)]
    return [text[start:stop] for start, stop in pairwise(bounds)]


def asked() -> BackgroundAnswers:
    answers = BackgroundAnswers()
    assert answers.ask() == BACKGROUND_QUERY
    return answers


@given(TYPED, TYPED, TYPED, COLOURS, CUTS)
def test_typed_text_is_unchanged(before, between, after, colour, cuts):
    """For any text around the answers, in any pieces; and the answers count."""
    answers = asked()
    text = before + colour[0] + between + ATTRIBUTES + after
    assert "".join(map(answers.feed, pieces_of(text, cuts))) == before + between + after
    assert answers.background == colour[1]
    assert not answers.is_pending


@given(TYPED, TYPED, COLOURS, CUTS)
def test_without_a_colour_the_attributes_end_the_wait(before, after, colour, cuts):
    """After the second answer the wait is over. A late first one does not count, but is not typed text either."""
    answers = asked()
    text = before + ATTRIBUTES + after + colour[0]
    assert "".join(map(answers.feed, pieces_of(text, cuts))) == before + after
    assert answers.background is None
    assert not answers.is_pending


@given(TYPED, TYPED, COLOURS, CUTS, st.integers(0, 12))
def test_a_late_answer_does_not_count(before, between, colour, cuts, given_up):
    """Once the wait is over, answers are still filtered out, but the background no longer changes."""
    answers = asked()
    typed = ""
    for number, piece in enumerate(pieces_of(before + colour[0] + between + ATTRIBUTES, cuts)):
        if number == given_up:
            answers.stop_waiting()
            assert not answers.is_pending
            background = answers.background
        typed += answers.feed(piece)
        if number >= given_up:
            assert answers.background == background
    assert typed == before + between


@given(st.lists(KEYS, max_size=6).map("".join).filter(lambda text: not looks_answered(text)), COLOURS, CUTS)
def test_a_pause_anywhere_leaks_nothing(before, colour, cuts):
    """With a flush after every piece, only an ESC and a bracket of an answer can be taken for keys, not its text."""
    answers = asked()
    text = before + "." + colour[0] + ATTRIBUTES
    typed = "".join(answers.feed(piece) + answers.flush() for piece in pieces_of(text, cuts))
    assert re.fullmatch(re.escape(before + ".") + r"(?:\x1b\]?)?(?:\x1b\[?)?", typed)
    assert answers.background == colour[1]


@given(COLOURS)
def test_a_pause_at_every_character(colour):
    """If the connection stalls after every character, no more than two keys leak."""
    answers = asked()
    assert "".join(answers.feed(char) + answers.flush() for char in colour[0] + ATTRIBUTES + "x") == "\x1b]\x1b[x"
    assert answers.background == colour[1]


@given(st.text("\x1b]1;[?0c~2rgb:/\x07\\x", max_size=300), CUTS)
def test_at_most_64_characters_are_held_back(text, cuts):
    """For any text; and the result does not depend on the pieces."""
    answers, whole = asked(), asked()
    typed = ""
    for piece in pieces_of(text, cuts):
        typed += answers.feed(piece)
        assert len(answers._held) <= 64
    assert typed == whole.feed(text)
    assert (answers._held, answers.background, answers.is_pending) == (whole._held, whole.background, whole.is_pending)


@pytest.mark.parametrize("begun", ["\x1b]11;" + "f" * 500, "\x1b[?" + "1;" * 250])
def test_text_that_is_too_long_for_an_answer_was_typed(begun):
    """A beginning that never ends is typed text, and later answers are still recognised."""
    answers = asked()
    assert "".join(map(answers.feed, begun)) == begun
    assert answers.feed(LIGHT + BEL + ATTRIBUTES) == ""
    assert answers.background == "light"


def test_without_a_query_nothing_is_filtered_out():
    """Before the query and after both answers everything is typed text, and nothing is held back."""
    answers = BackgroundAnswers()
    same = [DARK + BEL, "\x1b", "]", "\x1b[?", ATTRIBUTES]
    assert [answers.feed(text) for text in same] == same
    assert (answers.is_pending, answers.background, answers.flush()) == (False, None, "")
    answers.ask()
    assert answers.feed(DARK + BEL) == ""
    assert answers.is_pending
    assert answers.feed(ATTRIBUTES) == ""
    assert [answers.feed(text) for text in same] == same
    assert (answers.is_pending, answers.background) == (False, "dark")


def test_escape_alone_is_the_escape_key():
    """After a pause a lone ESC is returned, once, and later text is keys."""
    answers = asked()
    assert answers.feed("\x1b") == ""
    assert answers.flush() == "\x1b"
    assert answers.flush() == ""
    assert answers.feed("a") == "a"
    assert answers.feed("\x1b") + answers.flush() == "\x1b"
    assert answers.feed("]") + answers.flush() == "]"
    assert answers.feed("1") + answers.feed("x") == "1x"


def test_an_escape_that_was_the_beginning_of_an_answer():
    """If the connection stalled right after the ESC of an answer, the rest of the answer is not text either."""
    answers = asked()
    assert answers.feed("a\x1b") + answers.flush() == "a\x1b"
    assert "".join(map(answers.feed, DARK[1:] + BEL)) == ""
    assert answers.background == "dark"
    assert answers.feed("\x1b") + answers.flush() == "\x1b"
    assert answers.feed(ATTRIBUTES[1:] + "b") == "b"
    assert not answers.is_pending


def test_alt_with_a_bracket_is_returned_with_the_next_key():
    """It may also be the beginning of an answer, so a pause does not release it; but it is not lost."""
    answers = asked()
    assert answers.feed("\x1b]") + answers.flush() == ""
    assert answers.feed("\r") == "\x1b]\r"


def test_a_key_that_was_cut_is_returned_after_a_pause():
    """Once the attributes were answered, a bracket no longer begins an answer."""
    answers = asked()
    answers.feed(ATTRIBUTES)
    for begun in ("\x1b", "\x1b[", "\x1b[2", "\x1b[200"):
        assert answers.feed(begun) == ""
        assert answers.flush() == begun
        assert answers.feed("x") == "x"


def test_a_paste_is_never_an_answer():
    """Also if it stalls in its end mark; after it, answers are answers again."""
    answers = asked()
    pasted = f"\x1b[200~{DARK}{BEL}{ATTRIBUTES}\x1b[20"
    assert answers.feed(pasted) + answers.flush() == pasted.removesuffix("\x1b[20")
    assert answers.feed("1~" + LIGHT + BEL) == "\x1b[201~"
    assert answers.background == "light"


def test_urxvt_ends_with_a_bare_escape():
    """An answer may end with an ESC without its backslash."""
    answers = asked()
    assert answers.feed(LIGHT + "\x1b" + ATTRIBUTES + "x") == "x"
    assert (answers.background, answers.is_pending) == ("light", False)


@pytest.mark.parametrize(
    ("colour", "background"),
    [
        ("rgb:0000/0000/0000", "dark"),
        ("rgb:ffff/ffff/ffff", "light"),
        ("rgb:f/f/f", "light"),
        ("rgb:FF/fF/ff", "light"),
        ("rgb:0/00/fff", "dark"),
        ("rgba:ff/ff/ff/00", "light"),
        ("rgba:0000/0000/0000/ffff", "dark"),
        ("#fff", "light"),
        ("#000000", "dark"),
        ("#ffffffffffff", "light"),
        ("rgb:7f/7f/7f", "dark"),
        ("rgb:81/81/81", "light"),
        ("rgb:fdfd/f6f6/e3e3", "light"),  # Solarized
        ("rgb:0000/2b2b/3636", "dark"),
        ("rgb:0/ff/0", "light"),
        ("rgb:ff/0/0", "dark"),
        ("rgb:0/0/ff", "dark"),
        ("#ffff", None),
        ("rgb:ff/ff", None),
        ("rgb:fffff/0/0", None),
        ("rgbi:1.0/1.0/1.0", None),
        ("", None),
    ],
)
def test_dark_or_light(colour, background):
    """Every notation of a colour is read; an unknown one is ignored, and is not typed text either."""
    answers = asked()
    assert answers.feed(f"\x1b]11;{colour}{ST}") == ""
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


@pytest.mark.parametrize(
    ("value", "background"),
    [
        *[(f"15;{number}", "dark") for number in (0, 1, 2, 3, 4, 5, 6, 8)],
        *[(f"0;{number}", "light") for number in (7, 9, 10, 11, 12, 13, 14, 15)],
        ("0;default;15", "light"),
        ("15;default;0", "dark"),
        ("0;default", None),
        ("default;default", None),
        ("", None),
        ("0;16", None),
        ("0;-1", None),
        ("0;²", None),
        ("0;", None),
    ],
)
def test_the_background_by_the_environment(value, background):
    """The last field of COLORFGBG is the number of the background's colour, one of 16."""
    assert background_from_env({"COLORFGBG": value}) == background


def test_without_colorfgbg_the_background_is_unknown():
    """Most terminals do not set it."""
    assert background_from_env({}) is None


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
    """Keys, pastes and cursor reports are read as prompt_toolkit parses them."""
    terminal, source = line
    os.write(terminal, f"é\x1b[A{LIGHT}{ST}\x1b[24;80R\x1b[200~p{ATTRIBUTES}\x1b[201~{ATTRIBUTES}\x03".encode())
    presses = source.read_keys()
    assert [press.key for press in presses] == ["é", Keys.Up, Keys.CPRResponse, Keys.BracketedPaste, Keys.ControlC]
    assert presses[3].data == f"p{ATTRIBUTES}"
    assert source.reports.background.background == "light"
    assert not source.closed


@posix
def test_the_escape_key_is_flushed(line):
    """A lone ESC is the Escape key after prompt_toolkit's timeout."""
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
