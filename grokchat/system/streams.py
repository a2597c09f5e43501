"""Streams and named inputs, read and written to their end, whatever their kind and mode.

A pipe, terminal or socket can be in non-blocking mode without this program's doing: O_NONBLOCK belongs to the open
file, which other programs share (Node.js leaves terminals so). Python's buffered streams then return a part of the
data, or None, or raise BlockingIOError. Here reading and writing wait for the descriptor instead. The mode is not
changed, as others rely on it.

`InputReader` reads what a user names as an input: a regular file, a FIFO or process substitution, an inherited
descriptor (`/dev/fd/N`, `/dev/stdin`, `-`), which may be a terminal. Devices are refused before they are opened.
`write_output` writes to such a thing.
"""

from __future__ import annotations

import os
import re
import select
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from grokchat.environment import Environment, decode_native
from grokchat.errors import FileError, os_reason
from grokchat.system.files import READ_FLAGS, expand_path

_PIECE_BYTES = 1 << 16
_DESCRIPTOR_NAME = r"/dev/fd/(\d{1,9})|/proc/(?:self|thread-self)/fd/(\d{1,9})|/dev/std(in|out|err)"
_NOTICE_AFTER_S = 5.0
"""How long an input may take before a notice at the terminal says what is being read."""
_POLL_S = 0.1
"""How often a reader that can be stopped looks whether it was."""


# -- streams -----------------------------------------------------------------------------------------------------------


def read_stream(stream: BinaryIO, limit: int) -> bytes:
    """Return the bytes of a stream up to its end, at most `limit` of them; raises OSError, and ValueError if closed."""
    return _first(limit, _pieces_of(stream))


def read_line(stream: BinaryIO, limit: int) -> bytes:
    """Return the first line of a stream without its newline, at most `limit` bytes; raises OSError and ValueError."""
    data = b""
    for piece in _pieces_of(stream):
        data += piece
        if b"\n" in piece or len(data) >= limit:
            break
    return data.partition(b"\n")[0][:limit]


def read_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a stream without their newlines, each as soon as it has arrived; raises OSError."""
    descriptor = _descriptor_of(stream)
    if descriptor is None:
        yield from (line.removesuffix(b"\n") for line in iter(stream.readline, b""))
        return
    begun: list[bytes] = []
    for piece in _pieces(descriptor):
        head, *tail = piece.split(b"\n")
        begun.append(head)
        if tail:
            yield b"".join(begun)
            yield from tail[:-1]
            begun = tail[-1:]
    if last := b"".join(begun):
        yield last


def write_stream(stream: BinaryIO, data: bytes) -> None:
    """Write all of the data, and flush; raises OSError, and ValueError if the stream is closed."""
    descriptor = _descriptor_of(stream)
    if descriptor is None:
        stream.write(data)
        stream.flush()
        return
    while True:
        try:
            stream.flush()
            break
        except BlockingIOError:
            wait_writable(descriptor)
    write_descriptor(descriptor, data)


def write_descriptor(descriptor: int, data: bytes) -> None:
    """Write all of the data, without a buffer; raises OSError."""
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:
            wait_writable(descriptor)


def wait_writable(descriptor: int) -> None:
    """Return when a descriptor can be written to, or fails."""
    select.select([], [descriptor], [])


def _descriptor_of(stream: BinaryIO) -> int | None:
    """Return the number to read or write without the stream's buffer, or None where that is impossible.

    On Windows it is never done: only the stream itself speaks UTF-8 with a console, and nothing there is non-blocking.
    """
    if sys.platform == "win32":
        return None
    with suppress(OSError, ValueError, AttributeError):
        return stream.fileno()
    return None


def _pieces_of(stream: BinaryIO) -> Iterator[bytes]:
    descriptor = _descriptor_of(stream)
    if descriptor is not None:
        yield from _pieces(descriptor)
        return
    read = getattr(stream, "read1", stream.read)  # of a console, `read1` returns a line as soon as there is one
    while piece := read(_PIECE_BYTES):
        yield piece


def _pieces(descriptor: int) -> Iterator[bytes]:
    while True:
        try:
            piece = os.read(descriptor, _PIECE_BYTES)
        except BlockingIOError:
            select.select([descriptor], [], [])
            continue
        if not piece:
            return
        yield piece


def _first(limit: int, pieces: Iterator[bytes]) -> bytes:
    data = bytearray()
    for piece in pieces:
        data += piece
        if len(data) >= limit:
            break
    return bytes(data[:limit])


# -- named inputs ------------------------------------------------------------------------------------------------------


def names_stdin(name: str) -> bool:
    """Return whether a typed name is standard input's: `-`, `/dev/stdin`, `/dev/fd/0`."""
    return name == "-" or _descriptor_number(os.path.normpath(name)) == 0


def input_path(name: str) -> Path:
    """Return the path for a typed name of an input; `-` is standard input."""
    return Path("/dev/stdin") if name == "-" else expand_path(name)


def is_stream(path: Path) -> bool:
    """Return whether a path is no regular file or folder: reading it may wait, and can be done once."""
    if _descriptor_number(path.as_posix()) is not None:
        return True
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def read_input(path: Path, limit: int) -> bytes:
    """Return the bytes of a file, FIFO or open descriptor, at most `limit` of them; raises FileError."""
    return InputReader().read(path, limit)


class InputReader:
    """Reads inputs to their end, which may never come: another thread may stop it, and then it raises FileError.

    With `terminals` False, terminals are refused: in the chat its keys would be taken away.
    """

    def __init__(self, *, terminals: bool = True) -> None:
        self._terminals = terminals
        self._is_stopped = False
        self._opening: Path | None = None

    def read(self, path: Path, limit: int) -> bytes:
        """Return the bytes of a file, FIFO or open descriptor, at most `limit` of them; raises FileError."""
        name = decode_native(str(path))
        try:
            descriptor = self._open(path)
            try:
                return _first(limit, self._pieces(descriptor, name))
            finally:
                os.close(descriptor)
        except OSError as error:
            raise FileError(name, f"it cannot be read ({os_reason(error)})") from error
        except ValueError as error:  # NUL, lone surrogates
            raise FileError(repr(name), "no file can have this name") from error

    def stop(self) -> None:
        """Have the reading thread give up; it may still be waiting for a FIFO's writer, which is then played."""
        self._is_stopped = True
        if sys.platform != "win32" and self._opening is not None:
            with suppress(OSError):
                os.close(os.open(self._opening, os.O_WRONLY | os.O_NONBLOCK))

    def _open(self, path: Path) -> int:
        """Return a descriptor of the input; opening a FIFO waits for its writer."""
        number = _descriptor_number(path.as_posix())
        if number is not None:
            # Not opened by its name, which on Linux fails for sockets and starts files at their beginning.
            descriptor = os.dup(number)
        else:
            status = path.stat()
            self._check_kind(path, status)  # before opening, which can have effects on a device
            is_fifo = stat.S_ISFIFO(status.st_mode)
            self._opening = path if is_fifo else None
            descriptor = os.open(path, READ_FLAGS & ~getattr(os, "O_NONBLOCK", 0) if is_fifo else READ_FLAGS)
            self._opening = None
        try:
            self._check_kind(path, os.fstat(descriptor), descriptor)
            os.read(descriptor, 0)  # fails where waiting for data would never end: at the writing end of a pipe
        except (FileError, OSError):
            os.close(descriptor)
            raise
        return descriptor

    def _check_kind(self, path: Path, status: os.stat_result, descriptor: int | None = None) -> None:
        """Raise FileError for what is neither a file nor a stream with an end; `descriptor` is None before opening."""
        name, mode = decode_native(str(path)), status.st_mode
        if stat.S_ISDIR(mode):
            raise FileError(name, "it is a directory", "Name a file inside it.")
        if stat.S_ISREG(mode) or stat.S_ISFIFO(mode) or (descriptor is not None and stat.S_ISSOCK(mode)):
            return
        if not stat.S_ISCHR(mode):
            raise FileError(name, "it is neither a file nor a pipe")
        if os.path.samestat(status, Path(os.devnull).stat()):
            return
        if descriptor is None or not os.isatty(descriptor):
            raise FileError(name, "it is a device", "Pipe a part of it in, for instance with `head -c`.")
        if not self._terminals:
            raise FileError(name, "it is the terminal, whose keys the chat reads")

    def _pieces(self, descriptor: int, name: str) -> Iterator[bytes]:
        if sys.platform == "win32" or stat.S_ISREG(os.fstat(descriptor).st_mode):
            # A file of the system that would have to be waited for, such as /proc/kmsg, raises BlockingIOError.
            while piece := os.read(descriptor, _PIECE_BYTES):
                yield piece
            return
        while not self._is_stopped:
            if not select.select([descriptor], [], [], _POLL_S)[0]:
                continue
            with suppress(BlockingIOError):
                piece = os.read(descriptor, _PIECE_BYTES)
                if not piece:
                    return
                yield piece
        raise FileError(name, "reading it was stopped")


def _descriptor_number(name: str) -> int | None:
    """Return the number of the open descriptor that a name stands for, or None if it is another file's name."""
    match = re.fullmatch(_DESCRIPTOR_NAME, name)
    if match is None:
        return None
    return ("in", "out", "err").index(match[3]) if match[3] else int(match[1] or match[2])


def names_stdout(name: str) -> bool:
    """Return whether a typed name is standard output's: `-`, `/dev/stdout`, `/dev/fd/1`."""
    return name == "-" or _descriptor_number(os.path.normpath(name)) == 1


def write_output(name: str, data: bytes) -> bool:
    """Write to what a typed name stands for if that is an open descriptor, a FIFO or the null device; raises OSError.

    Return False for everything else, which is not touched: files, new ones too, and devices.
    """
    path = expand_path(name)
    number = _descriptor_number(path.as_posix())
    if number is not None:
        write_descriptor(number, data)
        return True
    try:
        status = path.stat()
        is_null = os.path.samestat(status, Path(os.devnull).stat())
    except (OSError, ValueError):
        return False
    if not is_null and not stat.S_ISFIFO(status.st_mode):
        return False
    descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_CLOEXEC", 0))  # waits for the FIFO's reader
    try:
        write_descriptor(descriptor, data)
    finally:
        os.close(descriptor)
    return True


# -- waiting -----------------------------------------------------------------------------------------------------------


@contextmanager
def noticing_long_waits(environment: Environment, what: str, *, may_wait: bool = True) -> Iterator[None]:
    """Report to a user at a terminal, on standard error, what is being read if that takes long; `what` is shown."""
    if not (may_wait and environment.stderr_is_tty):
        yield
        return
    import threading

    def notice() -> None:
        with suppress(OSError, ValueError):
            write_stream(environment.stderr, environment.encode(f"grokchat: {what}\n"))

    timer = threading.Timer(_NOTICE_AFTER_S, notice)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
