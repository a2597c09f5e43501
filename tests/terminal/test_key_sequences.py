"""Every sequence that terminals are documented to send is the key that it stands for, or nothing at all."""

from __future__ import annotations

import itertools

import pytest
from key_sequences import TABLES
from prompt_keys import PromptKeys, with_keys
from prompt_toolkit.application.current import set_app
from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.keys import Keys

from grokchat.terminal.input import InputDecoder, TerminalReports

UNBOUND = {
    *(f"f{number}" for number in range(1, 25)),
    *(f"c-f{number}" for number in range(1, 25)),
    "insert",
    "s-insert",
}
"""Keys that the prompt gives no meaning."""


def presses_of(*pieces: str) -> list[KeyPress]:
    decoder = InputDecoder(TerminalReports())
    return [press for piece in pieces for press in decoder.feed(piece)] + decoder.flush()


def _batches(sequences: list[str]) -> list[list[str]]:
    return [sequences[at : at + 50] for at in range(0, len(sequences), 50)]


def names_of(presses: list[KeyPress]) -> tuple[str, ...]:
    return tuple(press.key.value if isinstance(press.key, Keys) else press.key for press in presses)


@pytest.mark.parametrize("table", TABLES)
def test_a_sequence_is_its_key_or_nothing(table):
    """In one piece, and byte by byte; and no key carries its sequence as text."""
    for sequence, expected in TABLES[table]():
        for pieces in ([sequence], [*sequence]):
            presses = presses_of(*pieces)
            assert names_of(presses) == expected, sequence
            assert all(press.data in {"", press.key} or press.data < " " or press.data == "\x7f" for press in presses)


def test_there_are_thousands():
    counts = {name: len(set(table())) for name, table in TABLES.items()}
    assert sum(counts.values()) > 3000, counts


@pytest.mark.parametrize("vi", [False, True], ids=["emacs", "vi"])
def test_what_is_no_key_changes_nothing_between_two_words(vi):
    """In both editing modes: the text is the typed text, and vi's insert mode continues."""
    swallowed = {sequence for table in TABLES.values() for sequence, keys in table() if not keys or keys[0] in UNBOUND}

    def act(prompt: PromptKeys) -> None:
        for sequences in _batches(sorted(swallowed)):
            prompt.restart()
            with set_app(prompt.app):
                prompt.app.key_processor.feed_multiple(presses_of(f"one{''.join(sequences)}two\r"))
                prompt.app.key_processor.process_keys()
            assert prompt.submitted == ["onetwo"], sequences

    with_keys(act, vi=vi)


@pytest.mark.parametrize("vi", [False, True], ids=["emacs", "vi"])
def test_enter_with_a_modifier_is_a_newline_in_both_modes(vi):
    def act(prompt: PromptKeys) -> None:
        for sequence, keys in TABLES["enter"]():
            if keys == ("c-j",):
                prompt.restart()
                with set_app(prompt.app):
                    prompt.app.key_processor.feed_multiple(presses_of("one", sequence, "two", "\r"))
                    prompt.app.key_processor.process_keys()
                assert prompt.submitted == ["one\ntwo"], sequence

    with_keys(act, vi=vi)


@pytest.mark.parametrize("vi", [False, True], ids=["emacs", "vi"])
def test_a_letter_after_the_escape_key_is_a_letter(vi):
    """Also when it waited in the same piece as a terminal's own code of the Escape key; with ESC itself it is Alt."""

    def act(prompt: PromptKeys) -> None:
        for pieces in (["one", "\x1b", None, "f"], ["one\x1b[27uf"]):
            prompt.restart()
            decoder = InputDecoder(TerminalReports())
            with set_app(prompt.app):
                for piece in pieces:
                    prompt.app.key_processor.feed_multiple(decoder.flush() if piece is None else decoder.feed(piece))
                    prompt.app.key_processor.process_keys()
            assert prompt.line == ("on|e" if vi else "onef|"), pieces

    with_keys(act, vi=vi)


def test_an_alt_key_arrives_in_one_piece_or_within_the_timeout():
    assert names_of(presses_of("\x1bf")) == names_of(presses_of("\x1b", "f")) == ("escape", "f")


@pytest.mark.parametrize("repeats", [1, 3])
def test_keys_and_reports_in_a_row_do_not_touch_each_other(repeats):
    sampled = [pair for table in TABLES.values() for pair in itertools.islice(table(), 0, None, 37)]
    sequences = [pair for pair in sampled if pair[1][-1:] != ("escape",) and "\n" not in pair[0]]
    text = "".join(sequence * repeats for sequence, _ in sequences)
    expected = [key for _, keys in sequences for key in keys * repeats]
    assert list(names_of(presses_of(text))) == expected
