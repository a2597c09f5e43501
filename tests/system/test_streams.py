"""Streams are read and written to their end, whatever their mode; named inputs are files, FIFOs and descriptors."""

from __future__ import annotations

import io
import os
import queue
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from support import err, make_environment

from grokchat.errors import FileError
from grokchat.system import streams
from grokchat.system.streams import (
    InputReader,
    input_path,
    is_stream,
    names_stdin,
    names_stdout,
    noticing_long_waits,
    read_input,
    read_line,
    read_lines,
    read_stream,
    write_output,
    write_stream,
)

if sys.platform != "win32":
    import termios
    import tty

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="descriptors are not read directly there")

PIECES = [b"first, \n", b"x" * 70_000, "漢".encode()[:2], "漢".encode()[2:] + b"\nlast line", b"!"]
TEXT = b"".join(PIECES)


def pipe() -> tuple[int, int]:
    return os.pipe()


def sockets() -> tuple[int, int]:
    first, second = socket.socketpair()
    return first.detach(), second.detach()


def terminal() -> tuple[int, int]:
    master, slave = os.openpty()
    tty.setraw(slave)
    modes = termios.tcgetattr(slave)
    modes[6][termios.VMIN] = 1
    termios.tcsetattr(slave, termios.TCSANOW, modes)
    return slave, master


@pytest.fixture
def feed(monkeypatch):
    """Have each wait for a descriptor bring the next piece, and the last one its end."""
    real = streams.select.select

    def start(writer: int, pieces: list[bytes]) -> None:
        rest, due = iter(pieces), queue.SimpleQueue[bytes | None]()

        def write() -> None:
            with suppress(ConnectionError):  # the reader has what it wants, and is closed
                while (piece := due.get()) is not None:
                    os.write(writer, piece)
            os.close(writer)

        def bring(readable: list[int], writable: list[int], errors: list[int], *_: float) -> Any:
            if readable:
                due.put(next(rest, None))
            return real(readable, writable, errors)

        threading.Thread(target=write, daemon=True).start()
        monkeypatch.setattr(streams.select, "select", bring)

    return start


def non_blocking(pair: tuple[int, int]) -> tuple[io.BufferedReader, int]:
    reader, writer = pair
    os.set_blocking(reader, False)
    return os.fdopen(reader, "rb"), writer


@pytest.mark.parametrize("make", [pipe, sockets])
def test_a_non_blocking_stream_is_read_to_its_end(feed, make):
    """EAGAIN at the beginning, in the middle of a character and at the end is not the end."""
    reader, writer = non_blocking(make())
    feed(writer, PIECES)
    with reader:
        assert read_stream(reader, 1_000_000) == TEXT


def test_a_non_blocking_terminal_is_read_until_it_ends(feed):
    slave, master = terminal()
    os.set_blocking(slave, False)
    feed(os.dup(master), [b"one\n", b"two", b"\nthree\n"])
    with os.fdopen(slave, "rb", buffering=0) as keyboard:
        lines = read_lines(keyboard)
        assert [next(lines) for _ in range(3)] == [b"one", b"two", b"three"]
    os.close(master)


def test_a_blocking_pipe_a_file_and_a_buffer_are_read_to_their_end(tmp_path):
    reader, writer = pipe()

    def write() -> None:
        with os.fdopen(writer, "wb") as stream:
            write_stream(stream, TEXT)

    thread = threading.Thread(target=write)
    thread.start()
    with os.fdopen(reader, "rb") as stream:
        assert read_stream(stream, 1_000_000) == TEXT
    thread.join()
    (tmp_path / "file").write_bytes(TEXT)
    with (tmp_path / "file").open("rb") as stream:
        assert read_stream(stream, 1_000_000) == TEXT
    assert read_stream(io.BytesIO(TEXT), 1_000_000) == TEXT
    assert read_stream(io.BytesIO(b""), 10) == b""


@pytest.mark.parametrize("limit", [1, 7, 8, 9, 70_009, len(TEXT)])
def test_no_more_than_the_limit_is_returned(feed, limit):
    reader, writer = non_blocking(pipe())
    feed(writer, PIECES)
    with reader:
        assert read_stream(reader, limit) == TEXT[:limit]
    assert read_stream(io.BytesIO(TEXT), limit) == TEXT[:limit]


@pytest.mark.parametrize("pieces", [[b"key\nmore"], [b"k", b"ey", b"\n"], [b"key"], [b"key\n", b"more\n"]])
def test_one_line_is_read_without_waiting_for_more(feed, pieces):
    reader, writer = non_blocking(pipe())
    feed(writer, pieces)
    with reader:
        assert read_line(reader, 4096) == b"key"
    assert read_line(io.BytesIO(b"".join(pieces)), 2) == b"ke"


def test_lines_are_those_of_the_whole(feed):
    reader, writer = non_blocking(pipe())
    feed(writer, [b"a", b"b\nc\n\nd", b"\r\n", b"e"])
    with reader:
        assert list(read_lines(reader)) == [b"ab", b"c", b"", b"d\r", b"e"]
    assert list(read_lines(io.BytesIO(b"ab\nc\n\nd\r\ne"))) == [b"ab", b"c", b"", b"d\r", b"e"]


@pytest.mark.parametrize("make", [pipe, sockets, terminal])
def test_a_non_blocking_stream_is_written_to_its_end(make):
    """Short writes, and EAGAIN between them; what is in the stream's buffer goes first."""
    reader, writer = reversed(make()) if make is terminal else make()
    os.set_blocking(writer, False)
    received = bytearray()

    def receive() -> None:
        while len(received) < 600_006 and (piece := os.read(reader, 65_536)):
            received.extend(piece)

    thread = threading.Thread(target=receive)
    with os.fdopen(writer, "wb") as stream:
        stream.write(b"before")
        thread.start()
        write_stream(stream, b"x" * 600_000)
        thread.join()
    assert bytes(received) == b"before" + b"x" * 600_000
    os.close(reader)


def test_a_stream_without_a_descriptor_is_written_through():
    stream = io.BytesIO()
    write_stream(stream, b"data")
    assert stream.getvalue() == b"data"


def test_a_pipe_without_a_reader_is_an_error():
    reader, writer = pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as stream, pytest.raises(BrokenPipeError):
        write_stream(stream, b"data")


# -- named inputs ------------------------------------------------------------------------------------------------------


def test_names_of_standard_streams():
    assert all(map(names_stdin, ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0", "/dev//fd/0", "/dev/./stdin"]))
    assert not any(
        map(names_stdin, ["", "./-", "--", "/dev/fd/10", "/dev/fd/", "stdin", "/dev/stdout", "/tmp/dev/fd/0"])
    )
    assert all(map(names_stdout, ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"]))
    assert not any(map(names_stdout, ["", "./-", "/dev/fd/11", "/dev/stderr", "/dev/stdin"]))
    assert input_path("-") == Path("/dev/stdin")
    assert input_path("./-") == Path("-")


@pytest.fixture
def descriptor() -> Iterator[tuple[str, int]]:
    """Yield a pipe's reading end by the name that a shell gives it, and its writing end."""
    reader, writer = pipe()
    yield f"/dev/fd/{reader}", writer
    os.close(reader)


def test_an_inherited_descriptor_is_read(descriptor, feed):
    """As `<(...)` gives it; it stays open for the shell's other uses."""
    name, writer = descriptor
    os.set_blocking(int(name.rpartition("/")[2]), False)
    feed(writer, PIECES)
    assert is_stream(Path(name))
    assert read_input(Path(name), 1_000_000) == TEXT
    assert read_input(Path(name), 10) == b""


def test_a_descriptor_of_a_file_is_read_from_where_it_is(tmp_path):
    (tmp_path / "file").write_bytes(b"head\nrest")
    with (tmp_path / "file").open("rb", buffering=0) as stream:
        assert stream.read(5) == b"head\n"
        assert read_input(Path(f"/proc/self/fd/{stream.fileno()}"), 100) == b"rest"


def test_a_socket_is_read_through_its_descriptor(feed):
    reader, writer = sockets()
    feed(writer, [b"a", b"b"])
    assert read_input(Path(f"/dev/fd/{reader}"), 100) == b"ab"
    os.close(reader)


def test_the_null_device_is_empty():
    assert read_input(Path(os.devnull), 10) == b""


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/dev/zero", "it is a device"),
        ("/dev/full", "it is a device"),
        ("/dev/urandom", "it is a device"),
        ("/dev/fd/987654321", "cannot be read"),
        ("/dev", "it is a directory"),
        ("missing", "cannot be read"),
        ("\ud800", "no file can have this name"),
        ("a\0b", "no file can have this name"),
    ],
)
def test_what_is_no_input_is_refused(name, reason):
    with pytest.raises(FileError, match=reason):
        read_input(Path(name), 10)


def test_a_terminal_is_refused_where_its_keys_are_read():
    slave, master = terminal()
    with pytest.raises(FileError, match="it is the terminal"):
        InputReader(terminals=False).read(Path(f"/dev/fd/{slave}"), 10)
    os.close(slave)
    os.close(master)


@pytest.mark.parametrize("is_opened", [False, True])
def test_a_reader_that_waits_for_a_fifo_can_be_stopped(tmp_path, is_opened):
    """Before somebody has opened it for writing, and while nothing is written."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    reader, errors = InputReader(), []

    def read() -> None:
        try:
            reader.read(path, 10)
        except FileError as error:
            errors.append(error.reason)

    thread = threading.Thread(target=read)
    thread.start()
    writer = os.open(path, os.O_WRONLY) if is_opened else None
    while thread.is_alive():
        reader.stop()
        thread.join(0.01)
    if writer is not None:
        os.close(writer)
    assert errors == ["reading it was stopped"]


# -- named outputs -----------------------------------------------------------------------------------------------------


def test_output_goes_to_fifos_descriptors_and_the_null_device(tmp_path):
    path = tmp_path / "fifo"
    os.mkfifo(path)
    read: list[bytes] = []
    thread = threading.Thread(target=lambda: read.append(path.read_bytes()))
    thread.start()
    assert write_output(str(path), TEXT)
    thread.join()
    assert read == [TEXT]
    reader, writer = pipe()
    assert write_output(f"/dev/fd/{writer}", b"data")
    assert os.read(reader, 10) == b"data"
    assert write_output(os.devnull, b"data")
    for number in (reader, writer):
        os.close(number)


def test_files_and_devices_are_not_written(tmp_path):
    (tmp_path / "file").write_bytes(b"mine")
    for name in (tmp_path / "file", tmp_path / "new", tmp_path, "/dev/full", "a\0b"):
        assert not write_output(str(name), b"data")
    assert (tmp_path / "file").read_bytes() == b"mine"
    assert not (tmp_path / "new").exists()


# -- waiting -----------------------------------------------------------------------------------------------------------


class _Recorder(io.BytesIO):
    """A standard error that says when something was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = threading.Event()

    def flush(self) -> None:
        self.written.set()


def test_a_user_at_a_terminal_is_told_what_is_waited_for(home, monkeypatch):
    monkeypatch.setattr(streams, "_NOTICE_AFTER_S", 0.0)
    environment = make_environment(home, stderr=_Recorder(), stderr_is_tty=True)
    with noticing_long_waits(environment, "reading standard input; Ctrl-D ends it"):
        assert environment.stderr.written.wait(60)
    assert err(environment) == "grokchat: reading standard input; Ctrl-D ends it\n"


@pytest.mark.parametrize(("is_tty", "may_wait"), [(False, True), (True, False)])
def test_nobody_else_is_told(home, monkeypatch, is_tty, may_wait):
    monkeypatch.setattr(threading, "Timer", None)
    environment = make_environment(home, stderr_is_tty=is_tty)
    with noticing_long_waits(environment, "reading", may_wait=may_wait):
        pass
    assert err(environment) == ""
