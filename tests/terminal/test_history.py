"""The file of the history: nothing but a history is read as one or written to."""

from __future__ import annotations

import os
import socket
import stat
import sys
import threading

import pytest
from prompt_toolkit.history import InMemoryHistory, ThreadedHistory

from grokchat.terminal.line_buffer import open_history

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="devices, pipes and links of POSIX")


def lines_in(path) -> list[str]:
    history = open_history(path)
    return list((history.history if isinstance(history, ThreadedHistory) else history).load_history_strings())


def test_lines_are_kept_in_a_file_for_its_owner_alone(tmp_path):
    path = tmp_path / "state" / "history"
    for line in ("one", "two\nlines"):
        open_history(path).store_string(line)
    assert lines_in(path) == ["two\nlines", "one"]
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("left", [b"", b"\n", b"+cut off\n", b"\n# 2031-05-06 07:08:09.123456\n+one\n"])
def test_a_history_that_exists_is_continued(tmp_path, left):
    path = tmp_path / "history"
    path.write_bytes(left)
    open_history(path).store_string("new")
    assert path.read_bytes().startswith(left)
    assert lines_in(path)[0] == "new"


@POSIX
def test_a_link_to_a_history_is_followed(tmp_path):
    """As those make them who keep such files elsewhere."""
    path = tmp_path / "history"
    path.symlink_to(tmp_path / "kept")
    open_history(path).store_string("one")
    assert path.is_symlink()
    assert lines_in(tmp_path / "kept") == ["one"]


@pytest.mark.parametrize(
    "other",
    [
        b"# .bashrc\nalias ll=ls\n",
        b"notes\n",
        b"[]",
        b"\0" * 70,
        b"\xff\xfe",
        b"#\n",
        b"# 2031\n",
        b"- one\n",
        b" " * 70,
    ],
)
@pytest.mark.parametrize("link", ["none", pytest.param("symbolic", marks=POSIX), "hard"])
def test_a_file_that_is_no_history_is_not_touched(tmp_path, other, link):
    path = kept = tmp_path / "history"
    if link != "none":
        kept = tmp_path / "kept"
    kept.write_bytes(other)
    if link == "symbolic":
        path.symlink_to(kept)
    elif link == "hard":
        os.link(kept, path)
    history = open_history(path)
    assert isinstance(history, InMemoryHistory)
    history.append_string("one")
    assert history.get_strings() == ["one"]
    assert kept.read_bytes() == other


def pipe(path):
    os.mkfifo(path)


def bound_socket(path):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(path))


def to_itself(path):
    path.symlink_to(path)


@POSIX
@pytest.mark.parametrize(
    "make",
    [
        *(
            lambda path, device=device: path.symlink_to(device)
            for device in ("/dev/full", "/dev/zero", "/dev/null", "/dev/random", "/dev/tty", "/dev/stdin", "/dev", "/")
        ),
        pipe,
        bound_socket,
        to_itself,
        lambda path: path.mkdir(),
    ],
)
def test_what_is_no_regular_file_is_neither_read_nor_written(tmp_path, make, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "history"
    make(path)
    history = open_history(path)
    assert isinstance(history, InMemoryHistory)


@POSIX
def test_a_pipe_that_takes_the_place_of_the_history_holds_up_nothing(tmp_path):
    path = tmp_path / "history"
    history = open_history(path)
    history.store_string("one")
    path.unlink()
    os.mkfifo(path)
    thread = threading.Thread(
        target=lambda: (history.store_string("two"), list(history.history.load_history_strings()))
    )
    thread.daemon = True
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
