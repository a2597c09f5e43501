"""Files are written completely or not at all."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from grokchat.errors import CommandError, FileError
from grokchat.system import files
from grokchat.system.files import overwrite_file, read_file, replace_file, write_new_file

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="modes and links of POSIX")


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[OSError("full"), KeyboardInterrupt(), MemoryError()], ids=lambda error: type(error).__name__)
def failing(request, monkeypatch):
    """Make the write to the disk fail, or be interrupted."""

    def fail(descriptor):
        raise request.param

    monkeypatch.setattr(files.os, "fsync", fail)
    return type(request.param)


def test_a_failed_replacement_leaves_the_old_file_and_nothing_else(tmp_path, failing):
    """Ctrl-C, which is not an OSError, leaves no temporary file either."""
    path = tmp_path / "config.toml"
    path.write_bytes(b"old")
    with pytest.raises(failing):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["config.toml"]


def test_a_new_file_that_fails_is_not_there(tmp_path, failing):
    with pytest.raises(CommandError if failing is OSError else failing):
        write_new_file(str(tmp_path / "out.md"), b"text")
    assert names_in(tmp_path) == []


def test_two_writers_at_once_do_not_meet(tmp_path, monkeypatch):
    """Each write has its own temporary file, also within one process."""
    path = tmp_path / "file"
    fsync, nested = os.fsync, []

    def write_meanwhile(descriptor):
        fsync(descriptor)
        if not nested:
            nested.append(True)
            replace_file(path, b"second")

    monkeypatch.setattr(files.os, "fsync", write_meanwhile)
    replace_file(path, b"first")
    assert path.read_bytes() == b"first"
    assert names_in(tmp_path) == ["file"]


@posix_only
def test_a_file_keeps_its_mode_and_a_new_one_is_private(tmp_path):
    path = tmp_path / "made" / "file"
    replace_file(path, b"a")
    assert (mode_of(path), mode_of(path.parent)) == (0o600, 0o700)
    path.chmod(0o640)
    overwrite_file(path, b"b")
    assert (mode_of(path), path.read_bytes()) == (0o640, b"b")
    replace_file(path, b"c", keep_mode=False)
    assert (mode_of(path), path.read_bytes()) == (0o600, b"c")
    assert mode_of(write_new_file(str(tmp_path / "new"), b"")) == 0o600


@posix_only
def test_a_link_stays_and_its_file_is_replaced(tmp_path):
    target, link = tmp_path / "real" / "config.toml", tmp_path / "config.toml"
    target.parent.mkdir()
    target.write_bytes(b"old")
    link.symlink_to(target)
    replace_file(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


@posix_only
def test_a_link_to_nowhere_gets_its_file_and_a_link_to_itself_becomes_one(tmp_path):
    link, loop = tmp_path / "link", tmp_path / "loop"
    link.symlink_to(tmp_path / "missing" / "file")
    loop.symlink_to(loop)
    replace_file(link, b"a")
    replace_file(loop, b"b")
    assert (tmp_path / "missing" / "file").read_bytes() == b"a"
    assert loop.read_bytes() == b"b"


def test_an_existing_file_is_not_touched_by_a_new_one(tmp_path):
    path = tmp_path / "out.md"
    path.write_bytes(b"mine")
    with pytest.raises(CommandError, match="the file exists"):
        write_new_file(str(path), b"text")
    assert path.read_bytes() == b"mine"


@posix_only
def test_the_longest_name_can_be_written(tmp_path):
    """The temporary file's name does not grow with the target's."""
    path = tmp_path / ("é" * 127)
    write_new_file(str(path), b"a")
    replace_file(path, b"b")
    assert path.read_bytes() == b"b"


@posix_only
@pytest.mark.parametrize("waiting", [b"", b"some"])
def test_a_file_whose_reader_would_have_to_wait_is_not_waited_for(tmp_path, monkeypatch, waiting):
    """/proc/kmsg calls itself a regular file."""
    path = tmp_path / "kmsg"
    os.mkfifo(path)
    monkeypatch.setattr(files, "_require_regular_file", lambda *_: None)
    writer = os.open(path, os.O_RDWR)
    os.write(writer, waiting)
    if waiting:
        assert read_file(path) == waiting
    else:
        with pytest.raises(FileError, match="cannot be read") as caught:
            read_file(path)
        assert caught.value.exit_code == 4
    os.close(writer)
