"""A session whose file cannot be written continues in memory, and is written as soon as possible."""

from __future__ import annotations

import errno
import os

import pytest
from support import journal_lines

from grokchat.messages import body
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.system.files import read_file


@pytest.fixture
def origin(tmp_path):
    return SessionConfig(tmp_path / "sessions")


def full(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_an_unwritable_folder_does_not_stop_the_session(origin):
    origin.folder.write_text("in the way", encoding="utf-8")
    session = Session.new(origin)
    session.add_message(body("user", "one"), message_id="a")
    assert session.save_error.exit_code == 4
    session.add_message(body("assistant", "two"), message_id="b")
    assert [message.id for message in session.conversation] == ["a", "b"]
    assert session.path is None
    origin.folder.unlink()
    session.add_message(body("user", "three"), message_id="c")
    assert session.save_error is None
    assert [line["id"] for line in journal_lines(session.path)] == [session.id, "a", "b", "c"]
    session.close()


def test_a_full_disk_loses_nothing(origin, monkeypatch):
    session = Session.new(origin)
    session.add_message(body("user", "one"), message_id="a")
    monkeypatch.setattr(os, "write", full)
    session.add_message(body("user", "two"), message_id="b")
    session.rename("n")
    assert os.strerror(errno.ENOSPC) in str(session.save_error)
    monkeypatch.undo()
    session.add_message(body("user", "three"), message_id="c")
    assert session.save_error is None
    assert [line["type"] for line in journal_lines(session.path)] == [
        "session",
        "message",
        "message",
        "name",
        "message",
    ]
    session.close()


def test_a_disk_that_fills_while_the_file_is_created_loses_nothing(origin, monkeypatch):
    session = Session.new(origin)
    monkeypatch.setattr("pathlib.Path.write_text", full)
    session.add_message(body("user", "one"), message_id="a")
    monkeypatch.undo()
    session.add_message(body("user", "two"), message_id="b")
    assert session.save_error is None
    assert [line["id"] for line in journal_lines(session.path)] == [session.id, "a", "b"]
    session.close()


def test_closing_writes_the_remaining_lines(origin, monkeypatch):
    session = Session.new(origin)
    session.add_message(body("user", "one"), message_id="a")
    path = session.path
    monkeypatch.setattr(os, "write", full)
    session.add_message(body("user", "two"), message_id="b")
    monkeypatch.undo()
    session.close()
    assert [line["id"] for line in journal_lines(path)] == [session.id, "a", "b"]


def test_a_reply_that_could_not_be_synced_is_counted_once(origin, monkeypatch):
    def failing(descriptor):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    session = Session.new(origin)
    session.add_message(body("user", "one"), message_id="a")
    monkeypatch.setattr(os, "fsync", failing)
    session.add_message(body("assistant", "two"), message_id="b", reply_fields={"usage": {"prompt_tokens": 7}})
    assert session.save_error is not None
    monkeypatch.undo()
    session.add_message(body("user", "three"), message_id="c")
    session.close()
    path = origin.folder / f"{session.id}.jsonl"
    assert [line["id"] for line in journal_lines(path)] == [session.id, "a", "b", "c"]
    again = Session.open(origin, path, read_file(path))
    assert again.totals.usage.prompt == 7
    again.close()


def test_a_partly_written_line_never_stays_in_the_file(origin, monkeypatch):
    write = os.write
    session = Session.new(origin)
    session.add_message(body("user", "one"), message_id="a")
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:10]))
    session.add_message(body("user", "two"), message_id="b")
    monkeypatch.undo()
    assert session.save_error is not None
    assert [line["id"] for line in journal_lines(session.path)] == [session.id, "a"]
    session.add_message(body("user", "three"), message_id="c")
    assert [line["id"] for line in journal_lines(session.path)] == [session.id, "a", "b", "c"]
    session.close()


def test_closing_creates_a_file_that_could_not_be_created_before(origin):
    origin.folder.write_text("in the way", encoding="utf-8")
    session = Session.new(origin)
    session.add_message(body("user", "one"), message_id="a")
    origin.folder.unlink()
    session.close()
    path = origin.folder / f"{session.id}.jsonl"
    assert [line["id"] for line in journal_lines(path)] == [session.id, "a"]
