"""An open session and its file."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime

import pytest
from support import journal_lines

from grokchat.api.usage import Usage
from grokchat.errors import CommandError
from grokchat.messages import body
from grokchat.session import journal
from grokchat.session.journal_file import JournalFile
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.system.files import read_file

HEADER = {"type": "session", "format": "grokchat/1", "id": "s1"}
USAGE = {"prompt_tokens": 7, "completion_tokens": 2, "cost_in_usd_ticks": 30}


def message_event(event_id, text="x", role="user", **more):
    return {"type": "message", "id": event_id, "message": body(role, text), **more}


@pytest.fixture
def origin(tmp_path):
    return SessionConfig(tmp_path / "sessions", now=lambda: datetime(2031, 5, 6, 7, 8, 9, 123456, UTC))


@pytest.fixture
def store(origin):
    """Write a session file and return its path; bytes are written unchanged."""

    def write(*lines, name="s1"):
        origin.folder.mkdir(exist_ok=True)
        path = origin.folder / f"{name}.jsonl"
        path.write_bytes(
            b"".join(line if isinstance(line, bytes) else journal.encode(line) for line in (HEADER, *lines))
        )
        return path

    return write


def reopen(origin, path):
    return Session.open(origin, path, read_file(path))


def ids(session):
    return [message.id for message in session.conversation]


def types(path):
    return [line["type"] for line in journal_lines(path)]


def test_a_session_without_messages_leaves_no_file(origin):
    session = Session.new(origin)
    session.set_overrides({"model": "other"}, {})
    assert session.path is None
    session.close()
    assert not origin.folder.exists()


def test_the_first_message_creates_the_file(origin):
    session = Session.new(origin)
    session.set_overrides({"model": "other"}, {"top_p": 0.5})
    first = session.add_message(body("user", "hi"))
    header, settings, message = journal_lines(session.path)
    assert session.path == origin.folder / f"{session.id}.jsonl"
    assert header["format"] == "grokchat/1"
    assert header["id"] == session.id
    assert header["app"].startswith("grokchat ")
    assert header["time"] == message["time"] == "2031-05-06T07:08:09.123Z"
    assert (settings["model"], settings["params"]) == ("other", {"top_p": 0.5})
    assert (message["id"], message["message"]) == (first, {"role": "user", "content": "hi"})
    session.close()


def test_all_changes_are_restored_when_reopened(origin):
    session = Session.new(origin)
    a = session.add_message(body("user", "one"))
    b = session.add_message(
        body("assistant", "two"), reply_fields={"model": "m", "finish_reason": "stop", "usage": USAGE}
    )
    c = session.add_message(body("system", "three"), before=a)
    d = session.add_message(body("user", "four"), replaces=a)
    session.remove([b])
    session.rename("holiday")
    before = session.conversation
    session.close()
    again = reopen(origin, origin.folder / f"{session.id}.jsonl")
    assert ids(again) == [c, d]
    assert again.conversation == before
    assert (again.id, again.name) == (session.id, "holiday")
    assert again.totals.usage == Usage(prompt=7, completion=2, cost_ticks=30)
    again.close()


def test_a_message_is_synced_when_it_is_added_and_a_partial_is_not(origin, monkeypatch):
    session = Session.new(origin)
    synced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_size))
    session.add_message(body("user", "one"))
    session.add_message(body("user", "two"))
    assert synced[-1] == session.path.stat().st_size
    count = len(synced)
    session.add_partial("r", text="piece", reasoning="")
    assert len(synced) == count
    session.add_message(body("assistant", "piece of it"), message_id="r")
    assert synced[-1] == session.path.stat().st_size
    session.close()


def test_partials_survive_a_killed_process(origin, store):
    pieces = [{"type": "partial", "id": f"p{at}", "reply": "r", "text": text} for at, text in enumerate(("He", "llo"))]
    session = reopen(origin, store(message_event("a"), *pieces))
    assert ids(session) == ["a", "r"]
    assert session.conversation.messages[1].text == "Hello"
    assert session.conversation.messages[1].is_interrupted
    session.close()


def test_a_missing_newline_is_written_before_the_next_line(origin, store):
    path = store(message_event("a"), journal.encode(message_event("b"))[:-1])
    session = reopen(origin, path)
    assert not session.damage
    assert ids(session) == ["a", "b"]
    session.add_message(body("user", "next"), message_id="c")
    session.close()
    assert [line.get("id") for line in journal_lines(path)] == ["s1", "a", "b", "c"]


def test_damage_is_reported_once(origin, store):
    path = store(message_event("a"), b"not json\n", message_event("b"), journal.encode(message_event("lost"))[:-9])
    session = reopen(origin, path)
    assert [damage.line for damage in session.damage] == [3, 5]
    assert ids(session) == ["a", "b"]
    old = read_file(path)
    session.add_message(body("user", "next"), message_id="c")
    session.close()
    assert read_file(path).startswith(old + b"\n")
    again = reopen(origin, path)
    assert not again.damage
    assert ids(again) == ["a", "b", "c"]
    again.close()


def test_opening_alone_does_not_acknowledge_damage(origin, store):
    path = store(b"not json\n", message_event("a"))
    assert reopen(SessionConfig(None), path).damage
    assert reopen(SessionConfig(None), path).damage


def test_unknown_events_and_keys_are_kept_and_ignored(origin, store):
    strange = {"type": "telepathy", "id": "t", "strength": 3}
    path = store(strange, message_event("a", colour="green"))
    session = reopen(origin, path)
    session.add_message(body("user", "next"))
    assert session.read_only_error is None
    assert journal.decode(session.encode()).events[:2] == [strange, message_event("a", colour="green")]
    assert journal_lines(path)[1] == strange
    session.close()


def test_an_unknown_critical_event_makes_the_session_read_only(origin, store):
    path = store(message_event("a"), {"type": "telepathy", "id": "t", "critical": True})
    old = read_file(path)
    session = reopen(origin, path)
    assert ids(session) == ["a"]
    with pytest.raises(CommandError, match="/fork"):
        session.add_message(body("user", "no"))
    assert ids(session) == ["a"]
    fork = session.fork()
    fork.add_message(body("user", "yes"))
    fork.close()
    session.close()
    assert read_file(path) == old


def test_a_session_that_is_open_elsewhere_is_not_written_to(origin, store):
    path = store(message_event("a"), b"torn")
    old = read_file(path)
    elsewhere = JournalFile.open(path)
    session = reopen(origin, path)
    assert str(os.getpid()) in str(session.read_only_error)
    with pytest.raises(CommandError, match=str(os.getpid())):
        session.add_message(body("user", "no"))
    session.close()
    elsewhere.close()
    assert read_file(path) == old


def test_lines_written_between_reading_and_locking_are_read(origin, store):
    """The process that had the session open may end at that moment."""
    path = store(message_event("a"))
    data = read_file(path)
    with path.open("ab") as file:
        file.write(journal.encode(message_event("b")))
    session = Session.open(origin, path, data)
    assert ids(session) == ["a", "b"]
    session.close()


def test_without_a_folder_nothing_is_saved(tmp_path):
    session = Session.new(SessionConfig(None))
    session.add_message(body("user", "one"))
    session.close()
    assert session.save_error is None
    assert session.path is None
    assert not list(tmp_path.iterdir())


def test_events_of_a_change_name_its_first_event(origin):
    session = Session.new(origin)
    with session.as_one_change():
        a = session.add_message(body("user", "one"))
        with session.as_one_change():
            session.add_message(body("assistant", "two"))
        session.set_overrides({"model": "m"}, {})
    b = session.add_message(body("user", "three"))
    assert [line.get("change") for line in journal_lines(session.path)] == [None, a, a, None, b]
    session.close()


def test_encode_returns_the_session_file(origin):
    session = Session.new(origin)
    session.add_message(body("user", "one"))
    session.rename("n")
    assert session.encode() == read_file(session.path)
    session.close()
    assert json.loads(session.encode().split(b"\n")[0])["id"] == session.id


def test_message_count_is_always_the_length_of_the_list(origin):
    session = Session.new(origin)
    assert session.message_count == 0
    session.add_message(body("user", "one"))
    session.add_partial("r", text="a", reasoning="")
    assert session.message_count == len(session.conversation) == 2
    before = session.state_id
    session.remove(["r"])
    assert session.message_count == 1
    session.rewind(before)
    assert session.message_count == len(session.conversation) == 2
