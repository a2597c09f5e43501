"""The holder file beside a locked file: only one of grokchat's own is written to or removed."""

from __future__ import annotations

import errno
import os
import socket
import stat
import sys
from pathlib import Path

import pytest

from grokchat.messages import body
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.system import file_lock
from grokchat.system.files import read_file

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files, or not for everybody")
NOT_ROOT = pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root reads everything")
OURS = f"999999999 {socket.gethostname()}\n"


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "sessions" / "s.jsonl"
    session = Session.new(SessionConfig(made.parent))
    session.add_message(body("user", "one"))
    session.close()
    (made.parent / f"{session.id}.jsonl").rename(made)
    return made


@pytest.fixture(params=[True, False], ids=["locks", "no locks"])
def has_locks(request, monkeypatch):
    """Whether the file system has locks."""
    if not request.param:

        def refuse(_: int) -> None:
            raise OSError(errno.ENOTSUP, "Operation not supported")

        monkeypatch.setattr(file_lock, "_lock_descriptor", refuse)
    return request.param


def beside(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def opened(path):
    return Session.open(SessionConfig(path.parent), path, read_file(path))


def written(text):
    def make(lock: Path, other: Path) -> None:
        lock.write_bytes(text)

    return make


def hard_link(lock: Path, other: Path) -> None:
    os.link(other, lock)


def hard_link_of_ours(lock: Path, other: Path) -> None:
    other.write_text(OURS)
    os.link(other, lock)


def symlink(lock: Path, other: Path) -> None:
    lock.symlink_to(other)


def symlink_of_ours(lock: Path, other: Path) -> None:
    other.write_text(OURS)
    lock.symlink_to(other)


def broken_symlink(lock: Path, other: Path) -> None:
    lock.symlink_to(other.with_name("nowhere"))


def folder(lock: Path, other: Path) -> None:
    lock.mkdir()


def pipe(lock: Path, other: Path) -> None:
    os.mkfifo(lock)


def link_to_a_device(lock: Path, other: Path) -> None:
    lock.symlink_to("/dev/zero")


def bound_socket(lock: Path, other: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        here = Path.cwd()
        os.chdir(lock.parent)  # a socket's name has at most 108 bytes
        try:
            made.bind(lock.name)
        finally:
            os.chdir(here)


def unreadable(lock: Path, other: Path) -> None:
    lock.write_text(OURS)
    lock.chmod(0)


def huge(lock: Path, other: Path) -> None:
    lock.write_text(OURS)
    os.truncate(lock, 1 << 40)


FOREIGN = [
    *(
        written(text)
        for text in (
            b"",
            b"\n",
            b"my notes\n",
            b"4711\n",
            b"4711",
            b"host 4711\n",
            b"4711 host more\n",
            b"4711 host\n\n",
            b"4711 host\nand more",
            b"0 host\n",
            b"-1 host\n",
            b"1234567890 host\n",
            b" 4711 host\n",
            b"4711  host\n",
            b"\xff\xfe",
            b"4711 \xff\n",
            b"\xd9\xa3 host\n",
            b"4711 host\0\n ",
            b"9" * 50,
            b"4711 " + b"x" * 300 + b"\n",
        )
    ),
    hard_link,
    hard_link_of_ours,
    folder,
    *(
        pytest.param(make, marks=POSIX)
        for make in (symlink, symlink_of_ours, broken_symlink, pipe, link_to_a_device, bound_socket, huge)
    ),
    pytest.param(unreadable, marks=NOT_ROOT),
]


def look(lock: Path) -> tuple:
    """Return all facts about a path without opening anything but a file."""
    status = os.lstat(lock)
    target = str(lock.readlink()) if stat.S_ISLNK(status.st_mode) else ""
    is_small = stat.S_ISREG(status.st_mode) and status.st_size < 1 << 20 and status.st_mode & 0o400
    content = lock.read_bytes() if is_small else b""
    return status.st_ino, status.st_mode, status.st_nlink, status.st_size, status.st_mtime_ns, target, content


@pytest.mark.parametrize("make", FOREIGN)
def test_a_lock_file_of_another_program_is_not_touched(path, has_locks, make):
    """Whatever it is: it is neither written to nor removed, nor is what it links to."""
    other = path.with_name("notes")
    other.write_text("not grokchat's")
    make(beside(path), other)
    before, others = look(beside(path)), other.read_bytes()
    session = opened(path)
    if has_locks:
        session.add_message(body("user", "two"))
        assert not session.save_error
        assert session.path == path
    else:
        assert f"{beside(path).name} is not grokchat's" in str(session.read_only_error)
        assert "/fork" in str(session.read_only_error)
    session.close()
    assert look(beside(path)) == before
    assert other.read_bytes() == others
    assert path.read_bytes().count(b"\n") == (3 if has_locks else 2)


@pytest.mark.usefixtures("has_locks")
@pytest.mark.parametrize("left", [OURS, OURS.rstrip(), f"999999998 {socket.gethostname()}\n"])
def test_a_lock_file_that_a_crash_left_is_replaced_and_removed(path, left):
    beside(path).write_text(left)
    session = opened(path)
    assert session.read_only_error is None
    assert beside(path).read_text() == f"{os.getpid()} {socket.gethostname()}\n"
    session.add_message(body("user", "two"))
    session.close()
    assert not beside(path).exists()


@pytest.mark.usefixtures("has_locks")
@pytest.mark.parametrize("make", FOREIGN)
def test_a_lock_file_that_another_program_put_there_meanwhile_is_not_touched(path, make):
    other = path.with_name("notes")
    other.write_text("not grokchat's")
    session = opened(path)
    beside(path).unlink()
    make(beside(path), other)
    before = look(beside(path))
    session.add_message(body("user", "two"))
    session.close()
    assert look(beside(path)) == before


@pytest.mark.usefixtures("has_locks")
def test_a_new_session_is_saved_beside_a_lock_file_of_another_program(tmp_path):
    session = Session.new(SessionConfig(tmp_path))
    lock = tmp_path / f"{session.id}.jsonl.lock"
    lock.write_text("notes")
    session.add_message(body("user", "two"))
    session.close()
    assert not session.save_error
    assert lock.read_text() == "notes"


def test_a_host_without_a_proper_name_has_locks_too(path, has_locks, monkeypatch):
    for name in ("", "my host", "\n"):
        monkeypatch.setattr(socket, "gethostname", lambda name=name: name)
        session = opened(path)
        assert beside(path).read_bytes().count(b" ") == 1
        session.close()
        assert not beside(path).exists()
