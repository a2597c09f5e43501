"""A paste without brackets is one message; text typed ahead or by scripts is sent line by line."""

from __future__ import annotations

import pytest

from grokchat.terminal.input import InputDecoder, TerminalReports
from grokchat.terminal.input_parser import InputParser
from grokchat.terminal.input_tokens import Paste, Token
from grokchat.terminal.paste_bursts import PasteBursts

LONG = "a line of a paste that is longer than what anybody types ahead"


def read(*pieces: str, is_typeahead: bool = False) -> list[Token]:
    parser, bursts = InputParser(), PasteBursts()
    tokens = [token for piece in pieces for token in bursts.feed(parser.feed(piece), is_typeahead=is_typeahead)]
    return tokens + bursts.flush()


@pytest.mark.parametrize(
    "text",
    [
        "a\r\nb",
        "a\r\nb\r\n",
        "\tif x:\r\n\t\ty\r\n",
        "a\r\n\r\nb",
        f"{LONG}\rand more",
        f"{LONG}\r{LONG}\rand more",
        f"{LONG}\r" * 30,
        f"{LONG}\n{LONG}\r{LONG}",
        "x" * 1200,
    ],
)
def test_a_paste_is_one_message(text):
    assert read(text) == [Paste(text)]


@pytest.mark.parametrize(
    "text",
    [
        "hello\r",
        "a\rb\r",
        "a\rb",
        "\r",
        "\r\r\r",
        "y\r",
        "one\rtwo\rthree\r",
        f"{LONG}\r{LONG}\r",
        "a\nb\r",
        "/quit\r",
        "\t",
    ],
)
def test_lines_that_are_typed_ahead_are_keys(text):
    assert read(text) == [text]


def test_lines_of_a_script_are_keys_also_if_a_read_ends_within_one():
    assert read(f"{LONG}\r{LONG}", f"{LONG}\r") == [f"{LONG}\r{LONG}{LONG}\r"]


def test_a_script_s_cr_lf_is_the_enter_key():
    assert read("hello\r\n") == ["hello\r"]


def test_enter_behind_a_long_line_sends_it():
    assert read("x" * 1200 + "\r") == [Paste("x" * 1200), "\r"]
    assert read("x" * 1200 + "\n" + "y" + "\r") == [Paste("x" * 1200 + "\ny"), "\r"]


def test_what_follows_without_a_pause_belongs_to_the_paste():
    assert read("a\r\nb", "c\r", "d\r\n") == [Paste("a\r\nbc\rd\r\n")]
    parser, bursts = InputParser(), PasteBursts()
    assert bursts.feed(parser.feed("a\r\nb")) == []
    assert bursts.flush() == [Paste("a\r\nb")]
    assert bursts.feed(parser.feed("\r")) == ["\r"]


@pytest.mark.parametrize("key", ["\x03", "\x1bx", "\x1b[A", "\x01"])
def test_a_key_ends_the_paste(key):
    tokens = read("a\r\nb", key)
    assert tokens[0] == Paste("a\r\nb")
    assert len(tokens) == 2


@pytest.mark.parametrize("before", ["\x15", "ab\x08", "\x1bb", "\x1b[A"])
def test_a_paste_may_come_in_one_piece_with_keys(before):
    """Also with a report: a middle click brings the focus first."""
    assert read(before + "a\r\nb") == [*read(before), Paste("a\r\nb")]
    assert read("\x1b[Ia\r\nb", "\x1b[O", "c\r\nd")[1::2] == [Paste("a\r\nb"), Paste("c\r\nd")]


def test_what_waited_while_the_program_started_was_typed():
    assert read(f"{LONG}\r{LONG}", is_typeahead=True) == [f"{LONG}\r{LONG}"]
    assert read("a\r\nb", is_typeahead=True) == [Paste("a\r\nb")]


def test_the_terminal_s_answers_do_not_break_a_paste_into_lines():
    decoder = InputDecoder(TerminalReports())
    presses = decoder.feed("a\r\nb") + decoder.feed("c\r\nd") + decoder.flush()
    assert [press.data for press in presses] == ["a\r\nbc\r\nd"]
