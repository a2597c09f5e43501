"""The session file on disk."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest
from support import ROOT

from grokchat.errors import FileError, SessionBusyError
from grokchat.session.journal_file import JournalFile
from grokchat.system.files import read_file

HOLDER = """
import sys
from pathlib import Path
from grokchat.session.journal_file import JournalFile
file = JournalFile.open(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "sessions" / "s.jsonl"


class Writes:
    """Replaces os.write: limits the bytes of the next calls, and counts the calls."""

    def __init__(self, *limits):
        self.limits = list(limits)
        self.calls = 0
        self._write = os.write

    def __call__(self, descriptor, data):
        self.calls += 1
        return self._write(descriptor, data[: self.limits.pop(0)] if self.limits else data)


class Syncs:
    """Replaces os.fsync: fails a given number of times, and records what was in the files."""

    def __init__(self, failures=0):
        self.failures = failures
        self.sizes = []

    def __call__(self, descriptor):
        if self.failures:
            self.failures -= 1
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self.sizes.append(os.fstat(descriptor).st_size)


def test_appended_lines_are_in_the_file(path):
    file = JournalFile.create(path)
    file.append(b"one\n")
    file.append(b"two\nthree\n")
    file.sync()
    assert read_file(path) == b"one\ntwo\nthree\n"
    file.close()
    again = JournalFile.open(path)
    again.append(b"four\n")
    again.close()
    assert read_file(path) == b"one\ntwo\nthree\nfour\n"


@pytest.mark.skipif(sys.platform == "win32", reason="modes are a POSIX thing")
@pytest.mark.parametrize("umask", [0, 0o277, 0o777])
def test_only_the_owner_can_read_it(path, umask):
    old = os.umask(umask)
    try:
        JournalFile.create(path).close()
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_create_refuses_an_existing_file(path):
    JournalFile.create(path).close()
    with pytest.raises(FileExistsError):
        JournalFile.create(path)


def test_open_refuses_a_missing_file(path):
    with pytest.raises(FileNotFoundError):
        JournalFile.open(path)
    assert not path.exists()


def test_a_second_open_is_refused_and_names_the_holder(path):
    file = JournalFile.create(path)
    with pytest.raises(SessionBusyError, match=rf"process {os.getpid()}\b") as caught:
        JournalFile.open(path)
    assert caught.value.exit_code == 4
    assert "Close it there, or /fork to continue in a copy." in str(caught.value)
    assert "grokchat -r SESSION, then /fork" in caught.value.shell_text
    file.close()
    JournalFile.open(path).close()


def test_another_process_is_refused_and_named(path):
    JournalFile.create(path).close()
    command = [sys.executable, "-c", HOLDER, str(path)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env) as child:
        assert child.stdout.readline().strip() == b"open"
        with pytest.raises(SessionBusyError, match=rf"process {child.pid}\b"):
            JournalFile.open(path)
        child.stdin.close()
        assert child.wait(20) == 0
    # It ended without closing the file: the system's lock ended with it, and its holder file has no effect.
    JournalFile.open(path).close()


@pytest.mark.parametrize("left", [b"", b"nonsense\n", b"\xff\xfe", b"12x host\n"])
def test_an_unreadable_holder_file_means_another_process(path, left):
    file = JournalFile.create(path)
    path.with_name("s.jsonl.lock").write_bytes(left)
    with pytest.raises(SessionBusyError, match="another process"):
        JournalFile.open(path)
    file.close()


def test_a_holder_on_another_machine_is_named_with_it(path):
    file = JournalFile.create(path)
    path.with_name("s.jsonl.lock").write_text("77 elsewhere.example\n", encoding="utf-8")
    with pytest.raises(SessionBusyError, match=r"process 77 on elsewhere\.example"):
        JournalFile.open(path)
    file.close()


def test_closing_removes_only_the_holder_file(path):
    file = JournalFile.create(path)
    file.close()
    file.close()
    assert [entry.name for entry in path.parent.iterdir()] == ["s.jsonl"]


def test_a_short_write_is_removed(path, monkeypatch):
    """After a failed write the file has complete lines only."""
    file = JournalFile.create(path)
    file.append(b"first\n")
    writes = Writes(3, 0)
    monkeypatch.setattr(os, "write", writes)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        file.append(b"second\n")
    assert read_file(path) == b"first\n"
    file.append(b"third\n")
    monkeypatch.undo()
    assert read_file(path) == b"first\nthird\n"
    file.close()


def test_a_write_that_is_short_once_is_completed(path, monkeypatch):
    file = JournalFile.create(path)
    monkeypatch.setattr(os, "write", Writes(3))
    file.append(b"first\n")
    monkeypatch.undo()
    assert read_file(path) == b"first\n"
    assert file.size == 6
    file.close()


def test_a_line_is_one_write(path, monkeypatch):
    file = JournalFile.create(path)
    writes = Writes()
    monkeypatch.setattr(os, "write", writes)
    file.append(b"x" * 100_000 + b"\n")
    monkeypatch.undo()
    assert writes.calls == 1
    file.close()


def test_sync_calls_fsync(path, monkeypatch):
    file = JournalFile.create(path)
    syncs = Syncs()
    monkeypatch.setattr(os, "fsync", syncs)
    file.append(b"one\n")
    assert syncs.sizes == []
    file.append(b"two\n")
    file.sync()
    assert syncs.sizes == [8]
    file.close()


def test_a_line_that_could_not_be_synced_can_be_removed(path, monkeypatch):
    """The caller writes it again, and no line may be duplicated."""
    file = JournalFile.create(path)
    monkeypatch.setattr(os, "fsync", Syncs(failures=1))
    file.append(b"one\n")
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        file.sync()
    assert read_file(path) == b"one\n"
    file.truncate(0)
    file.append(b"one\n")
    file.sync()
    assert read_file(path) == b"one\n"
    file.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows syncs by other means")
@pytest.mark.parametrize("number", [None, errno.ENOTSUP, errno.EIO])
def test_f_fullfsync_is_used_where_it_exists(path, monkeypatch, number):
    """On macOS fsync stops at the device's cache; if the file system has no F_FULLFSYNC, fsync is used."""
    import fcntl

    def full_sync(descriptor, operation):
        assert operation == 51
        if number is not None:
            raise OSError(number, os.strerror(number))

    file = JournalFile.create(path)
    file.append(b"one\n")
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", full_sync)
    syncs = Syncs()
    monkeypatch.setattr(os, "fsync", syncs)
    if number == errno.EIO:
        with pytest.raises(OSError, match=os.strerror(errno.EIO)):
            file.sync()
    else:
        file.sync()
    assert syncs.sizes == ([4] if number == errno.ENOTSUP else [])
    monkeypatch.undo()
    file.close()


def test_a_folder_that_cannot_be_synced_is_ignored(path, monkeypatch):
    monkeypatch.setattr(os, "fsync", Syncs(failures=1))
    JournalFile.create(path).close()
    assert path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows locks by other means")
@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS])
def test_a_file_system_without_locks_works(path, monkeypatch, number):
    import fcntl

    def no_locks(descriptor, operation):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    file = JournalFile.create(path)
    file.append(b"one\n")
    file.sync()
    file.close()
    assert read_file(path) == b"one\n"


def test_a_missing_holder_file_does_not_prevent_locking(path):
    """A session can be opened where its holder file cannot be written."""
    JournalFile.create(path).close()
    path.with_name("s.jsonl.lock").mkdir()
    file = JournalFile.open(path)
    file.append(b"one\n")
    file.close()
    assert read_file(path) == b"one\n"


@pytest.mark.parametrize("make", ["missing", "folder", "pipe"])
def test_an_unreadable_file_is_reported(tmp_path, make):
    path = tmp_path / "odd"
    if make == "folder":
        path.mkdir()
    elif make == "pipe":
        if sys.platform == "win32":
            pytest.skip("named pipes are a POSIX thing")
        os.mkfifo(path)
    with pytest.raises(FileError, match="odd") as caught:
        read_file(path)
    assert caught.value.exit_code == 4
