"""The early prompt echoes plain keys, loses none, and gives the terminal back whenever a signal ends or stops it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator

import pytest
from fake_api import PATIENCE_S

from grokchat.environment import Environment
from grokchat.terminal.early_echo import KeyReader, PlainEcho
from grokchat.terminal.early_prompt import EarlyPrompt
from grokchat.terminal.width_answers import WidthAnswers

if sys.platform == "win32":
    pytest.skip("a console has no modes", allow_module_level=True)

import select
import termios

from prompt_toolkit.data_structures import Size
from prompt_toolkit.input.typeahead import get_typeahead

from grokchat.terminal.input import TerminalInput
from grokchat.terminal.output import FrameOutput

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP)


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    master, slave = os.openpty()
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    yield master, slave
    for number, handler in handlers.items():
        signal.signal(number, handler)
    os.close(slave)
    os.close(master)


def environment(slave: int) -> Environment:
    stdin, stdout = open(slave, "rb", closefd=False), open(slave, "wb", closefd=False)  # noqa: SIM115
    return Environment([], {}, stdin, stdout, stdout, stdin_is_tty=True, stdout_is_tty=True)


def shown(slave: int) -> EarlyPrompt:
    """Return an early prompt on a terminal."""
    prompt = EarlyPrompt(environment(slave))
    prompt.show(["hello"])
    return prompt


def read_until(master: int, end: bytes) -> bytes:
    """Return what is written to the terminal, up to `end`."""
    written = b""
    while not written.endswith(end):
        assert select.select([master], [], [], PATIENCE_S)[0], written
        written += os.read(master, 1000)
    return written


@pytest.mark.parametrize("is_erased", [False, True])
def test_until_the_real_prompt_has_the_modes_ending_restores_them(terminal, is_erased):
    """Also between the first bytes of the real prompt, which erase the early one, and its taking over of the modes."""
    master, slave = terminal
    original = termios.tcgetattr(slave)
    prompt = shown(slave)
    assert termios.tcgetattr(slave) != original
    os.read(master, 1000)
    if is_erased:
        prompt.erase_once()
    prompt.end()
    assert termios.tcgetattr(slave) == original
    assert os.read(master, 1000).endswith(b"\x1b[?2004l")


def test_once_the_real_prompt_has_the_modes_ending_leaves_them_alone(terminal):
    """The real prompt restores them itself, and is on the screen by then."""
    master, slave = terminal
    original = termios.tcgetattr(slave)
    prompt = shown(slave)
    os.read(master, 1000)
    prompt.erase_once()
    assert prompt.modes is not None
    assert prompt.modes.hand_over() == original
    prompt.end()
    assert termios.tcgetattr(slave) != original
    os.write(slave, b"nothing before this")
    assert os.read(master, 1000) == b"nothing before this"


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_finds_the_terminal_restored_and_a_stopped_program_goes_on_where_it_was(terminal, monkeypatch, number):
    master, slave = terminal
    original = termios.tcgetattr(slave)
    prompt = shown(slave)
    os.write(master, b"hi")
    read_until(master, b"> hi")
    killed = []

    def kill(pid: int, number: int) -> None:
        killed.append((pid, number, signal.getsignal(number), termios.tcgetattr(slave)))

    monkeypatch.setattr(os, "kill", kill)
    signal.raise_signal(number)
    assert killed == [(os.getpid(), number, signal.SIG_DFL, original)]
    assert read_until(master, b"> hi") == b"\r\x1b[J\x1b[?2004l\r\x1b[J\x1b[?2004h> hi"
    os.write(master, b"!")
    assert read_until(master, b"!") == b"!"
    assert prompt.modes is not None
    prompt.modes.stop_reading()
    assert prompt.modes.typeahead == b"hi!"
    prompt.end()


def test_a_reader_that_is_stopped_again_closes_no_file_of_others_and_waits_for_nobody(terminal):
    """A signal handler stops it, too: also in the middle of stopping it, when the lock is held, and long after."""
    master, slave = terminal
    has_read = threading.Event()
    reader = KeyReader(slave, lambda _: has_read.set())
    os.write(master, b"h\n")
    assert has_read.wait(PATIENCE_S)
    assert reader.stop() == b"h\n"
    others = [os.open(os.devnull, os.O_RDONLY) for _ in range(4)]  # they get the numbers that have become free
    with reader._running:
        assert reader.stop() == b"h\n"
    for other in others:
        os.close(other)


def test_a_signal_while_the_reading_is_being_stopped_does_not_stop_what_began_after_it(terminal, monkeypatch):
    """SIGTSTP stops the reader, and continues with another one; text typed before and after it arrives once."""
    master, slave = terminal
    prompt = shown(slave)
    os.write(master, b"hi")
    read_until(master, b"> hi")
    monkeypatch.setattr(os, "kill", lambda *_: None)
    stop, signals = KeyReader.stop, [signal.SIGTSTP]

    def stop_with_signal(reader: KeyReader) -> bytes:
        data = stop(reader)
        if signals:
            signal.raise_signal(signals.pop())
        return data

    monkeypatch.setattr(KeyReader, "stop", stop_with_signal)
    assert prompt.modes is not None
    prompt.modes.stop_reading()
    read_until(master, b"> hi")
    os.write(master, b"!")
    read_until(master, b"!")
    prompt.modes.stop_reading()
    assert prompt.modes.typeahead == b"hi!"
    prompt.end()


# -- the echo ----------------------------------------------------------------------------------------------------------

ECHOED = [
    ("hello", "hello"),
    ("two  words, and ~signs!", "two  words, and ~signs!"),
    ("Größe", "Größe"),
    ("привет", "привет"),
    ("ab\x7fc", "ac"),
    ("\x7f\x7fab", "ab"),
    ("ab\b\b\bc", "c"),
    ("ä\x7fb", "ä"),  # it may have two cells
    ("ab\rc", "ab"),
    ("ab\nc", "ab"),
    ("ab\tc", "ab"),
    ("ab\x03c", "ab"),
    ("ab\x1b[Dc", "ab"),
    ("ab\x1bc", "ab"),
    ("ab\x1b[200~paste\x1b[201~", "ab"),
    ("ab\x9bc", "ab"),
    ("ab\u00adc", "ab"),
    ("ae\u0301x", "ae"),
    ("ab漢c", "ab"),
    ("ab👩c", "ab"),
    ("ab\u202ec", "ab"),
    ("abשc", "ab"),
    ("x" * 100, "x" * 40),
    ("ж" * 100, "ж" * 20),
]


@pytest.mark.parametrize(("typed", "expected"), ECHOED)
def test_only_plain_keys_are_echoed_up_to_the_first_that_is_not(typed, expected):
    """Also when the keys arrive byte by byte."""
    data = typed.encode()
    whole, bytewise = PlainEcho(80, is_utf8=True), PlainEcho(80, is_utf8=True)
    whole.feed(data)
    for at in range(len(data)):
        bytewise.feed(data[at : at + 1])
    assert whole.text == bytewise.text == expected


def test_what_may_not_be_displayable_is_not_echoed():
    echo = PlainEcho(80, is_utf8=False)
    assert echo.feed("aä".encode()) == "a"
    echo = PlainEcho(80, is_utf8=True)
    assert echo.feed(b"a\xffb") == "a"


def test_keys_are_echoed_before_the_real_prompt_and_all_of_them_reach_it_in_order(terminal):
    """Keys typed before the paint, after it, and after the real prompt has the terminal; a character that is cut."""
    master, slave = terminal
    os.write(master, b"be\rfore")
    read_until(master, b"fore")
    prompt = shown(slave)
    assert read_until(master, b"> be").endswith(b"\r\n\x1b[?2004h> be")
    os.write(master, "\x1b[Dé".encode()[:-1])
    assert prompt.modes is not None
    prompt.modes.stop_reading()
    source = TerminalInput(open(slave, "rb", buffering=0, closefd=False), prompt.modes)  # noqa: SIM115
    with source.raw_mode():
        source.store_typeahead()
        os.write(master, "é".encode()[-1:] + b"x")
        keys = [*get_typeahead(source), *source.read_keys(), *source.flush_keys()]
        while len(keys) < 10:
            assert select.select([slave], [], [], PATIENCE_S)[0], keys
            keys += source.read_keys()
    assert [key.key for key in keys] == [*"be", "c-m", *"fore", "left", *"éx"]


def test_a_key_is_echoed_at_once_and_the_rest_waits_for_the_real_prompt(terminal):
    master, slave = terminal
    prompt = shown(slave)
    read_until(master, b"> ")
    for key in "hé":
        os.write(master, key.encode())
        read_until(master, key.encode())
    os.write(master, b"\x7f\x0a\x03q")
    while select.select([slave], [], [], 0)[0]:
        pass  # the thread reads them
    prompt.end()
    assert read_until(master, b"\x1b[?2004l") == b"\r\x1b[J\x1b[?2004l"


def test_the_first_frame_replaces_the_early_prompt_in_one_write(terminal):
    """Codes that show nothing wait for it, so that the prompt does not disappear in between."""
    master, slave = terminal
    prompt = shown(slave)
    os.write(master, b"hi")
    read_until(master, b"> hi")
    output = FrameOutput(environment(slave), lambda: Size(24, 80), prompt)
    for codes in ("\x1b[?25h", "\x1b]11;?\x07\x1b[c", "\x1b]11;?\x1b\\"):
        output.write_raw(codes)
        output.flush()
    assert select.select([master], [], [], 0)[0] == []
    output.write_raw("> hi")
    output.flush()
    frame = read_until(master, b"\x1b[?2026l")
    assert frame == b"\x1b[?2026h\r\x1b[J\x1b[?25h\x1b]11;?\x07\x1b[c\x1b]11;?\x1b\\> hi\x1b[?2026l"
    output.write_raw("\x1b[c")
    output.flush()
    assert read_until(master, b"l") == b"\x1b[?2026h\x1b[c\x1b[?2026l"
    prompt.end()


def test_the_width_samples_wait_for_the_first_frame(terminal):
    """They are drawn over what the early prompt shows, and are seen by nobody."""
    master, slave = terminal
    prompt = shown(slave)
    read_until(master, b"> ")
    output = FrameOutput(environment(slave), lambda: Size(24, 80), prompt)
    samples = WidthAnswers().ask_once()
    output.write_raw(samples)
    output.flush()
    assert select.select([master], [], [], 0)[0] == []
    output.write_raw("> ")
    output.flush()
    frame = read_until(master, b"\x1b[?2026l")
    assert frame == f"\x1b[?2026h\r\x1b[J{samples}> \x1b[?2026l".encode()
    prompt.end()
