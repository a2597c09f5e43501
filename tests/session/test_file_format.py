"""Which files are sessions, and are written to: those whose header says so, and no others."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from fake_api import FakeApi
from support import err, paragraph, run_cli, sessions

from grokchat.chat.session_completion import SessionCompleter
from grokchat.errors import FileError
from grokchat.session import journal
from grokchat.session.file_format import FileFormat, identify
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.session.store import SessionStore

HEADER = {"type": "session", "format": "grokchat/1", "id": "s", "time": "2031-01-01T00:00:00.000Z"}
QUESTION = {"type": "message", "id": "a", "message": {"role": "user", "content": "first"}}
REPLY = {"type": "message", "id": "b", "message": {"role": "assistant", "content": "second"}}
PARTIAL = {"type": "partial", "id": "p", "reply": "b", "text": "sec"}
NAME = {"type": "name", "id": "n", "name": "a name"}
BOM = b"\xef\xbb\xbf"


def lines(*events: object) -> bytes:
    return b"".join(event if isinstance(event, bytes) else json.dumps(event).encode() + b"\n" for event in events)


def other(**header: object) -> bytes:
    """Return a session of another format, with events that look like ours."""
    return lines({"type": "session", "id": "s", **header}, QUESTION, REPLY)


TREE = {"parentId": None, "timestamp": "2031-01-01T00:00:00.000Z"}
PI = lines(
    {"type": "session", "version": 3, "id": "0b9e", "timestamp": "2031-01-01T00:00:00.000Z", "cwd": "/src"},
    {**QUESTION, **TREE},
    {**REPLY, **TREE, "parentId": "a"},
)
DROID = lines({"type": "session_start", "id": "6f1d", "title": "t", "version": 2, "cwd": "/src"}, {**QUESTION, **TREE})

FORMATS: list[tuple[bytes, FileFormat]] = [
    (lines(HEADER), FileFormat.SESSION),
    (lines(HEADER)[:-1], FileFormat.SESSION),
    (lines(HEADER, QUESTION), FileFormat.SESSION),
    (BOM + lines(HEADER, QUESTION), FileFormat.SESSION),
    (lines(HEADER, QUESTION).replace(b"\n", b"\r\n"), FileFormat.SESSION),
    (b"\n \r\n\t\n" + lines(HEADER, QUESTION), FileFormat.SESSION),
    (b"  " + lines(HEADER, QUESTION), FileFormat.SESSION),
    (b"\0\0\0\n" + lines(HEADER, QUESTION), FileFormat.SESSION),
    (lines({"id": "s", "critical": 1, "format": "grokchat/1", "type": "session"}), FileFormat.SESSION),
    (b'{"type":"session","format":"grokchat/1"}\n', FileFormat.SESSION),
    (b'{"type":"session","format":"gro\\u006bchat/1","id":"s"}\n', FileFormat.SESSION),
    (b"torn header\n" + lines(QUESTION), FileFormat.HEADLESS),
    (lines(HEADER)[:40] + b"\n" + lines(QUESTION), FileFormat.HEADLESS),
    (lines(QUESTION), FileFormat.HEADLESS),
    (b"torn\n" + lines(NAME, PARTIAL), FileFormat.HEADLESS),
    (b"torn\n" + lines({"type": "telepathy", "id": "t"}, QUESTION), FileFormat.HEADLESS),
    (b"\n" * 500 + b"torn\n" + lines(QUESTION), FileFormat.HEADLESS),
    (b"torn\n" + lines({**QUESTION, "message": {"role": "user", "content": "x" * 1_500_000}}), FileFormat.HEADLESS),
    (other(format="grokchat/2"), FileFormat.NEWER),
    (other(format="grokchat/10"), FileFormat.NEWER),
    (other(format="grokchat/1.1"), FileFormat.NEWER),
    (other(version=3), FileFormat.OTHER),
    (other(version=1), FileFormat.OTHER),
    (other(), FileFormat.OTHER),
    (other(format="pi/3"), FileFormat.OTHER),
    (other(format=None), FileFormat.OTHER),
    (other(format=1), FileFormat.OTHER),
    (other(format=["grokchat/1"]), FileFormat.OTHER),
    (other(format="GROKCHAT/1"), FileFormat.OTHER),
    (other(version=3) + lines(HEADER), FileFormat.OTHER),
    (PI, FileFormat.OTHER),
    (PI + lines(QUESTION, REPLY), FileFormat.OTHER),  # as an earlier grokchat wrote into them
    (PI[PI.index(b"\n") + 1 :], FileFormat.OTHER),
    (b"torn\n" + PI[PI.index(b"\n") + 1 :], FileFormat.OTHER),
    (BOM + PI, FileFormat.OTHER),
    (DROID, FileFormat.OTHER),
    (b"[]", FileFormat.OTHER),
    (b'{"role":"user","content":"hi"}\n', FileFormat.OTHER),
    (b'{"model":"m","messages":[]}', FileFormat.OTHER),
    (b'{"type":null,"format":"grokchat/1"}\n' + lines(QUESTION), FileFormat.HEADLESS),
    (b"3\n", FileFormat.OTHER),
    (b"", FileFormat.EMPTY),
    (b"\n \r\n", FileFormat.EMPTY),
    (BOM, FileFormat.EMPTY),
    (lines(HEADER)[:30], FileFormat.DAMAGED),
    (b"# Notes\n\nA line.\n", FileFormat.DAMAGED),
    (b"\0" * 4096, FileFormat.DAMAGED),
    (b"[" * 100_000, FileFormat.DAMAGED),
    (b'{"type":"telepathy","id":"x"}\n', FileFormat.OTHER),
    (b"x\n" * 200 + lines(QUESTION), FileFormat.DAMAGED),
]


@pytest.mark.parametrize(("data", "expected"), FORMATS)
def test_a_file_is_what_its_first_lines_say(data, expected):
    assert identify(data) is expected


def snapshot(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


FOREIGN = [data for data, kind in FORMATS if kind in {FileFormat.OTHER, FileFormat.NEWER, FileFormat.DAMAGED}]
WAYS = [["more"], ["-p"], ["--no-save", "more"], ["--json", "more"], ["--export", "json"], ["-m", "x", "-s", "s", "m"]]


@pytest.mark.parametrize("data", [*FOREIGN, *(data for data, kind in FORMATS if kind is FileFormat.HEADLESS)])
def test_a_file_that_is_no_session_is_never_touched(home, tmp_path, data):
    """Neither its bytes nor its folder, whatever it is resumed for: no lock is left beside it."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    path = folder / "theirs.jsonl"
    path.write_bytes(data)
    status = path.stat()
    with FakeApi() as api:
        for words in WAYS:
            code, environment = run_cli(home, api, "-r", str(path), *words)
            assert code in {0, 2, 4}
            assert "bug" not in err(environment)
            assert snapshot(folder) == {"theirs.jsonl": data}
    assert (path.stat().st_mtime_ns, path.stat().st_mode) == (status.st_mtime_ns, status.st_mode)


def test_a_session_of_a_newer_version_is_refused_with_the_reason(home, api, tmp_path):
    path = tmp_path / "newer.jsonl"
    path.write_bytes(other(format="grokchat/2"))
    for words in WAYS:
        code, environment = run_cli(home, api, "-r", str(path), *words)
        assert code == 4
        assert "newer grokchat" in paragraph(environment)
        assert "Update" in err(environment)
    assert api.requests == []
    assert sessions(home) == []


def put_among_sessions(home: Path, name: str, data: bytes, *, seconds: int) -> Path:
    path = home / "sessions" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (seconds, seconds))
    return path


def listed_ids(home: Path, *words: str) -> list[str]:
    _, environment = run_cli(home, None, "--list-sessions", "--json", *words)
    return [summary["id"] for summary in json.loads(environment.stdout.getvalue())]


@pytest.mark.parametrize("data", [PI, DROID, b"", b'{"a":1}\n', other(version=3)])
def test_another_programs_file_among_the_sessions_is_none_of_them(home, api, data):
    """Not for -c, the lists, the search and the completion; by its path it is what it is elsewhere."""
    put_among_sessions(home, "theirs.jsonl", data, seconds=1_900_000_000)
    mine = put_among_sessions(
        home, "mine.jsonl", lines({**HEADER, "id": "mine"}, QUESTION, REPLY), seconds=1_800_000_000
    )
    assert listed_ids(home) == ["mine"]
    assert listed_ids(home, "first") == ["mine"]
    store = SessionStore(SessionConfig(None), home / "sessions")
    assert [offer.text for offer in SessionCompleter(store).matches("", lambda: False)] == ["mine"]
    assert run_cli(home, api, "-c", "more")[0] == 0
    assert [message["content"] for message in api.requests[0].messages] == ["first", "second", "more"]
    assert b'"more"' in mine.read_bytes()
    assert (home / "sessions" / "theirs.jsonl").read_bytes() == data
    assert not (home / "sessions" / "theirs.jsonl.lock").exists()


def test_the_newest_session_is_not_passed_over_because_a_newer_version_wrote_it(home, api):
    put_among_sessions(home, "newer.jsonl", other(format="grokchat/2"), seconds=1_900_000_000)
    put_among_sessions(home, "mine.jsonl", lines(HEADER, QUESTION), seconds=1_800_000_000)
    code, environment = run_cli(home, api, "-c", "more")
    assert (code, "newer grokchat" in paragraph(environment)) == (4, True)
    assert "newer" in listed_ids(home)
    assert api.requests == []


@pytest.mark.parametrize("header", [b"", b"{\n", lines(HEADER)[:40] + b"\n", b"\0" * 90 + b"\n", b"\xff\n"])
@pytest.mark.parametrize("by", ["-c", "id", "path"])
def test_a_session_whose_header_is_damaged_continues_in_a_new_file(home, api, header, by):
    """Nothing of it is lost: messages, mutes, settings and name are kept, and its file is not changed."""
    data = header + lines(
        QUESTION,
        REPLY,
        {**QUESTION, "id": "c", "message": {"role": "user", "content": "muted"}},
        {"type": "mute", "id": "m", "ids": ["c"]},
        {"type": "settings", "id": "t", "params": {"seed": 1}},
        NAME,
    )
    path = put_among_sessions(home, "torn.jsonl", data, seconds=1_600_000_000)
    argv = {"-c": ["-c"], "id": ["-r", "torn"], "path": ["-r", str(path)]}[by]
    code, environment = run_cli(home, api, *argv, "more")
    assert code == 0
    assert "its header is damaged" in err(environment)
    assert ("line 1 " in err(environment)) == bool(header)
    assert [message["content"] for message in api.requests[0].messages] == ["first", "second", "more"]
    assert api.requests[0].json["seed"] == 1
    assert path.read_bytes() == data
    [new] = set(sessions(home)) - {path}
    stored = journal.decode(new.read_bytes())
    assert stored.header is not None
    assert (stored.header["format"], stored.header["forked_from"]) == ("grokchat/1", "torn")
    assert SessionStore(SessionConfig(None), home / "sessions").open(new).name == "a name"
    code, environment = run_cli(home, api, "-c", "again")
    assert (code, err(environment)) == (0, "")
    assert sorted(sessions(home)) == sorted([path, new])


@pytest.mark.parametrize("data", [data for data, kind in FORMATS if kind is FileFormat.SESSION])
def test_a_session_is_written_to_however_its_lines_are_ended(home, api, tmp_path, data):
    path = tmp_path / "mine.jsonl"
    path.write_bytes(data)
    code, _ = run_cli(home, api, "-r", str(path), "more")
    assert code == 0
    assert path.read_bytes().startswith(data)
    assert b'"more"' in path.read_bytes()
    assert sessions(home) == []


def test_a_file_that_is_replaced_while_it_is_opened_is_not_touched(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_bytes(PI)
    with pytest.raises(FileError, match="another file was put in its place"):
        Session.open(SessionConfig(tmp_path), path, lines(HEADER, QUESTION))
    assert snapshot(tmp_path) == {"mine.jsonl": PI}
