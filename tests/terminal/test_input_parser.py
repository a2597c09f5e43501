"""Input without an end: sequences, strings and pastes that stall, break off, or are none at all."""

from __future__ import annotations

import pytest
from prompt_toolkit.keys import Keys

from grokchat.terminal.input import InputDecoder, TerminalReports
from grokchat.terminal.input_parser import STALL_S, InputParser
from grokchat.terminal.input_tokens import Paste, Sequence

BEGIN, END = "\x1b[200~", "\x1b[201~"


@pytest.mark.parametrize(
    "begun", ["\x1b[", "\x1b[1;", "\x1b[?62", "\x1b]11;rgb", "\x1bP>|x", "\x1b_Gi", "\x1bO1", "\x1b]x"]
)
@pytest.mark.parametrize("key", ["\r", "\x03", "\x04", "\x18", "\x7f"])
def test_a_control_key_ends_what_has_begun(begun, key):
    """Enter and Ctrl-C work whatever came before."""
    parser = InputParser()
    tokens = parser.feed(begun) + parser.feed(key)
    assert isinstance(tokens[-1], str)
    assert tokens[-1][-1] == key
    assert parser.feed("x") == ["x"]


@pytest.mark.parametrize(
    "begun", ["\x1b[", "\x1b[1;", "\x1b]11;rgb", "\x1bP>|x", "\x1b_Gi", "\x1bO1", "\x1b[M ", "\x1b[["]
)
def test_after_a_stall_typed_letters_are_letters(begun):
    parser = InputParser()
    parser.feed(begun)
    parser.flush()
    typed = [parser.feed(letter, idle_s=pause) for letter, pause in (("a", STALL_S), ("b", 0.1))]
    assert typed == [["a"], ["b"]]


@pytest.mark.parametrize(
    ("sequence", "cut"),
    [
        ("\x1b[?62;22c", 4),
        ("\x1b[?62;22c", 9),
        ("\x1b[1;5C", 3),
        ("\x1b]11;rgb:0/0/0\x07", 9),
        ("\x1b]11;#fff\x1b\\", 10),
    ],
)
def test_after_a_stall_the_end_of_a_sequence_is_still_its_end(sequence, cut):
    """A network that stalls puts no half of an answer into the text."""
    parser = InputParser()
    tokens = parser.feed(sequence[:cut]) + parser.flush() + parser.feed(sequence[cut:], idle_s=10)
    assert [type(token) for token in tokens] == [Sequence]


@pytest.mark.parametrize(
    "rest",
    [
        *("[A", "[1;5C", "OP", "Oq", "Oa", "O5P", "[[A", "[3$", "[200~"),
        *("[?62;22c", "]11;rgb:0/0/0\x07", "]11;#fff\x1b\\", "P>|tmux\x1b\\"),
    ],
)
def test_the_rest_of_a_sequence_whose_esc_was_taken_for_a_key_is_no_text(rest):
    parser = InputParser()
    assert parser.feed("\x1b") + parser.flush() == ["\x1b"]
    assert not [token for token in parser.feed(rest) if isinstance(token, str)]


@pytest.mark.parametrize("typed", ["a", "[", "[A b", "O", "OK, I see", "]", "[link](address)", "/help", "Photo"])
def test_text_after_the_escape_key_is_text(typed):
    parser = InputParser()
    parser.feed("\x1b")
    parser.flush()
    assert parser.feed(typed) == [typed]


@pytest.mark.parametrize("typed", ["OK", "[A", "[[B"])
def test_text_long_after_the_escape_key_is_text(typed):
    """An input method types a word in one piece."""
    parser = InputParser()
    parser.feed("\x1b")
    parser.flush()
    assert parser.feed(typed, idle_s=STALL_S) == [typed]


@pytest.mark.parametrize("letter", ["P", "X", "^", "_", "]"])
def test_text_behind_alt_and_a_letter_is_not_swallowed(letter):
    """A string that does not read like an answer was typed."""
    parser = InputParser()
    assert parser.feed(f"\x1b{letter}hello\rworld") == [f"\x1b{letter}", "hello\rworld"]
    assert parser.feed(f"\x1b{letter}hello") == []
    assert parser.feed("!", idle_s=STALL_S) == [f"\x1b{letter}", "hello", "!"]
    assert parser.feed(f"\x1b{letter}{'y' * 5000}") == [f"\x1b{letter}", "y" * 5000]


def test_a_string_that_never_ends_takes_no_memory():
    parser = InputParser()
    for _ in range(1000):
        assert parser.feed("\x1b]52;c;"[: 7 * (not parser._held)] + "A" * 1000) == []
        assert len(parser._held) < 6000
    assert [type(token) for token in parser.feed("\x1b\\")] == [Sequence]


def test_a_paste_is_held_until_it_ends():
    parser = InputParser()
    assert parser.feed(f"{BEGIN}a\x1b[20") == []
    assert parser.flush() == []
    assert parser.feed("b\r\x03", idle_s=60) == []
    assert parser.feed(f"{END}c") == [Paste("a\x1b[20b\r\x03"), "c"]


@pytest.mark.parametrize("key", ["\r", "\x03", "\x04"])
def test_a_paste_without_an_end_is_not_lost(key):
    """A control key alone after a stall ends it; so does the end of the terminal."""
    parser = InputParser()
    parser.feed(f"{BEGIN}lines\rof text")
    assert parser.feed(key, idle_s=STALL_S) == [Paste("lines\rof text"), key]
    parser.feed(f"{BEGIN}more\x1b[2")
    assert parser.close() == [Paste("more\x1b[2")]
    assert parser.close() == []


@pytest.mark.parametrize(
    ("pasted", "text"),
    [
        ("\x1b[1;31mred\x1b[0m\x1b(B\tand\r\nplain", "red\tand\r\nplain"),
        ("\x1b]8;;https://x.ai\x1b\\a link\x1b]8;;\x07.", "a link."),
        ("a\x00\x07\x08\x0c\x1b\x7f\x9b漢👩\u200d👧", "a漢👩\u200d👧"),
        ("\x1b]" * 9, "]" * 9),
    ],
)
def test_a_paste_is_text_alone(pasted, text):
    decoder = InputDecoder(TerminalReports())
    (press,) = decoder.feed(f"{BEGIN}{pasted}{END}")
    assert (press.key, press.data) == (Keys.BracketedPaste, text)


def test_a_terminal_that_goes_leaves_the_paste():
    decoder = InputDecoder(TerminalReports())
    decoder.feed(f"{BEGIN}the only copy")
    assert [(press.key, press.data) for press in decoder.close()] == [(Keys.BracketedPaste, "the only copy")]
