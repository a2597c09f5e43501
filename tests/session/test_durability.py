"""What is on the disk after a failure of the disk, the folder or the power."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest
from chat_process import Chat, chat_env
from failing_disk import CALLS, Disk, Faults
from fake_api import Answer, chunk, reply_frames
from support import journal_lines, make_environment, run_cli, sessions

from grokchat.api.reply_builder import ReplyBuilder
from grokchat.messages import body
from grokchat.session import journal
from grokchat.session.exchange import Finished, exchange
from grokchat.session.journal_file import JournalFile
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.session.store import SessionStore
from grokchat.system.files import read_file

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the faults are those of a POSIX system")


@pytest.fixture
def origin(tmp_path):
    return SessionConfig(tmp_path / "sessions")


def talk(session: Session) -> Iterator[None]:
    """Run a session with each kind of change, yielding after each."""
    session.set_overrides({"model": "m"}, {})
    yield
    session.add_message(body("user", "one"), message_id="a")
    yield
    for text in ("two ", "and "):
        session.add_partial("b", text=text, reasoning="")
        yield
    session.add_message(body("assistant", "two and three"), message_id="b", reply_fields={"finish_reason": "stop"})
    yield
    session.add_message(body("user", "ONE" * 200), message_id="c", replaces="a")
    yield
    session.mute(["b"])
    yield
    session.undo(1)
    yield
    session.redo(1)
    yield
    session.rename("n")
    yield
    with session.as_one_change():
        session.remove(["b"])
        session.add_message(body("user", "four"), message_id="d")
    yield


def ids(data: bytes) -> list[object]:
    """Return the ids of all events that can be read, header first."""
    stored = journal.decode(data)
    return [event["id"] for event in ([stored.header] if stored.header else []) + stored.events]


def on_disk(session: Session) -> bytes:
    return b"" if session.path is None else session.path.read_bytes()


def held_with(faults: Faults, session: Session, *, may_tear: bool = False) -> None:
    """Run a session under faults; check after each step that every complete line is in the file."""
    for _ in talk(session):
        data = on_disk(session)
        wanted = ids(session.encode())
        assert ids(data) == wanted[: len(ids(data))]
        assert may_tear or (not journal.decode(data).damage and journal.decode(data).ends_clean)
        if session.save_error is None and session.path is not None:
            assert ids(data) == wanted
    assert [message.id for message in session.conversation] == ["c", "d"]


def undisturbed(tmp_path, kinds) -> int:
    """Return how many calls of these kinds a session makes."""
    with pytest.MonkeyPatch.context() as patch:
        faults = Faults(patch, kinds=kinds)
        session = Session.new(SessionConfig(tmp_path / "undisturbed"))
        held_with(faults, session)
    session.close()
    return faults.count


# -- a disk that fails -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "many"),
    [
        *((errno.ENOSPC, many) for many in (1, 2, 5, 1000)),
        *((number, 2) for number in (errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG)),
    ],
)
def test_any_failing_call_loses_nothing_and_is_retried(tmp_path, number, many):
    """Whichever call fails, no line is lost, duplicated or torn."""
    kinds = ("open", "fstat", "write", "fsync")
    for first in range(1, undisturbed(tmp_path, kinds) + 1):
        with pytest.MonkeyPatch.context() as patch:
            faults = Faults(patch, first=first, many=many, number=number, kinds=kinds)
            session = Session.new(SessionConfig(tmp_path / f"at {first}"))
            held_with(faults, session)
            assert faults.failed
        session.flush()
        assert session.save_error is None
        path = session.path
        session.close()
        assert read_file(path) == session.encode()
        again = Session.open(session.config, path, read_file(path))
        assert again.conversation == session.conversation
        again.close()


@pytest.mark.parametrize("many", [1, 1000])
def test_a_short_write_leaves_no_part_of_its_line(tmp_path, many):
    for first in range(1, undisturbed(tmp_path, ["write"]) + 1):
        with pytest.MonkeyPatch.context() as patch:
            faults = Faults(patch, first=first, many=many, kinds=["write"], short=True)
            session = Session.new(SessionConfig(tmp_path / f"at {first}"))
            held_with(faults, session)
            assert faults.failed
        session.close()
        [path] = (tmp_path / f"at {first}").iterdir()
        assert read_file(path) == session.encode()


@pytest.mark.parametrize("many", [1, 3, 1000])
def test_a_torn_line_that_cannot_be_removed_damages_no_other_line(tmp_path, many):
    """A file that may only grow (chattr +a) keeps its torn line, and the lines after it stay complete."""
    for first in range(1, undisturbed(tmp_path, ["write"]) + 1):
        with pytest.MonkeyPatch.context() as patch:
            Faults(patch, many=100_000, number=errno.EPERM, kinds=["ftruncate"])
            faults = Faults(patch, first=first, many=many, kinds=["write"], short=True)
            session = Session.new(SessionConfig(tmp_path / f"at {first}"))
            held_with(faults, session, may_tear=True)
            faults._range = range(0)
            session.close()
        [path] = (tmp_path / f"at {first}").iterdir()
        assert ids(read_file(path)) == ids(session.encode())


def test_a_failure_is_reported_with_its_own_reason(origin, monkeypatch):
    session = Session.new(origin)
    session.add_message(body("user", "one"))
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        for short in (False, True):
            with monkeypatch.context() as patch:
                Faults(patch, many=1000, number=number, kinds=["write"], short=short)
                session.add_message(body("user", "two"))
            assert f"({os.strerror(number)})" in str(session.save_error)
            assert str(session.path) in str(session.save_error)
    session.close()
    assert session.save_error is None


def test_a_failed_sync_does_not_count_as_done_after_the_next_one_succeeds(origin, monkeypatch):
    """Its lines are written again, because the system may have dropped them and marked them as clean."""
    session = Session.new(origin)
    session.add_message(body("user", "one"), message_id="a")
    session.add_partial("b", text="two", reasoning="")
    writes, write = [], os.write
    with monkeypatch.context() as patch:
        Faults(patch, many=1, number=errno.EIO, kinds=["fsync"])
        session.add_message(body("assistant", "two"), message_id="b")
    assert os.strerror(errno.EIO) in str(session.save_error)
    assert ids(on_disk(session)) == ids(session.encode())  # a killed program would lose none of it
    monkeypatch.setattr(os, "write", lambda file, data: (writes.append(data), write(file, data))[1])
    session.flush()
    assert session.save_error is None
    assert b"".join(writes) == session.encode().split(b"\n", 2)[2]
    assert on_disk(session) == session.encode()
    session.close()


@pytest.mark.parametrize("kinds", [["ftruncate", "fsync"], CALLS])
def test_a_disk_that_stays_broken_is_reported_until_the_end(origin, monkeypatch, kinds):
    session = Session.new(origin)
    session.add_message(body("user", "one"), message_id="a")
    with monkeypatch.context() as patch:
        Faults(patch, many=100_000, number=errno.EIO, kinds=kinds)
        session.add_message(body("user", "two"), message_id="b")
        session.rename("n")
        session.close()
    assert "could not be saved" in str(session.save_error)
    assert [message.id for message in session.conversation] == ["a", "b"]


def test_a_failing_close_is_not_an_error(origin, monkeypatch):
    """A network file system may repeat the last sync's error when the file is closed."""

    def closing(descriptor):
        close(descriptor)
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    session = Session.new(origin)
    session.add_message(body("user", "one"))
    close = os.close
    with monkeypatch.context() as patch:
        patch.setattr(os, "close", closing)
        session.close()
    assert read_file(next(origin.folder.iterdir())) == session.encode()


def test_a_file_that_could_never_be_written_is_removed(origin, monkeypatch):
    Faults(monkeypatch, many=100_000, kinds=["write"])
    session = Session.new(origin)
    session.add_message(body("user", "one"))
    assert session.save_error is not None
    session.close()
    assert list(origin.folder.iterdir()) == []


# -- real limits -------------------------------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path):
    """Mount a file system of 64 KiB, if this process may."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)


def fill(folder: Path) -> Path:
    with (folder / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 512)
    return folder / "filler"


def test_a_really_full_file_system_loses_nothing(small):
    session = Session.new(SessionConfig(small / "sessions"))
    session.add_message(body("user", "one"))
    filler = fill(small)
    for number in range(20):
        session.add_message(body("user", f"{number} " * 500))
        assert not journal.decode(on_disk(session)).damage
    assert os.strerror(errno.ENOSPC) in str(session.save_error)
    filler.unlink()
    session.add_message(body("user", "last"))
    assert session.save_error is None
    assert on_disk(session) == session.encode()
    session.close()


def test_a_file_system_that_becomes_read_only_loses_nothing(small):
    session = Session.new(SessionConfig(small / "sessions"))
    session.add_message(body("user", "one"))
    path = session.path
    session.close()
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True, capture_output=True)
    again = Session.open(session.config, path, read_file(path))
    assert os.strerror(errno.EROFS) in str(again.read_only_error)
    assert "/fork" in str(again.read_only_error)
    copy = again.fork()
    copy.add_message(body("user", "two"))
    assert os.strerror(errno.EROFS) in str(copy.save_error)
    subprocess.run(["mount", "-o", "remount,rw", str(small)], check=True, capture_output=True)
    copy.close()
    again.close()
    assert copy.save_error is None
    assert len(list((small / "sessions").iterdir())) == 2


@pytest.mark.parametrize("limit", [1, 100, 300, 700])
def test_a_file_size_limit_is_reported_and_leaves_complete_lines(home, api, limit):
    # -B: under such a limit Python writes bytecode that is cut off, and every later start in this checkout fails.
    done = subprocess.run(
        [sys.executable, "-B", "-m", "grokchat", "hello"],
        env={**os.environ, **chat_env(home, api)},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    output = done.stderr.decode()
    assert done.returncode == 4
    assert f"({os.strerror(errno.EFBIG)})" in output
    for path in sessions(home):
        assert not journal.decode(read_file(path)).damage
        assert journal.decode(read_file(path)).ends_clean


def test_the_chat_reports_a_full_disk_at_once_and_on_leaving(small, tmp_path, api):
    fill(small)
    with Chat(env=chat_env(small, api)) as chat:
        chat.wait_for_prompt()
        chat.type("one\r")
        chat.wait_for("Hello there.")
        chat.wait_until_idle()
        output = " ".join(chat.text().split())
        assert output.count(f"could not be saved ({os.strerror(errno.ENOSPC)})") == 1
        assert output.index("could not be saved") < output.index("Hello there.")
        chat.type(f"/save {tmp_path / 'kept.jsonl'}\r")
        chat.wait_for("saved 2 messages")
        assert chat.leave() == 0
        output = " ".join(chat.text().split())
        assert output.count(f"could not be saved ({os.strerror(errno.ENOSPC)})") == 2
    assert [line["message"]["content"] for line in journal_lines(tmp_path / "kept.jsonl")[1:] if "message" in line] == [
        "one",
        "Hello there.",
    ]


# -- opening -----------------------------------------------------------------------------------------------------------

LINES = [
    b'{"type":"session","format":"grokchat/1","id":"s"}\n',
    b'{"type":"message","id":"a","message":{"role":"user","content":"one"}}\n',
    b'{"type":"partial","id":"p","reply":"b","text":"two"}\n',
]
HALF_A_CHANGE = b'{"type":"message","id":"c","change":"c","more":true,"message":{"role":"user","content":"three"}}\n'


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"".join(LINES),
        b"".join(LINES)[:-1],
        b"".join(LINES)[:-9],
        b"nonsense\n" + b"".join(LINES),
        b"".join(LINES[:2]) + b"\0" * 700,
        b"".join([*LINES, HALF_A_CHANGE]),
    ],
    ids=["empty", "newline", "whole", "unended", "torn", "damaged", "zeros", "half a change"],
)
def test_opening_does_not_change_the_file(origin, data):
    """Neither its bytes nor its time change."""
    origin.folder.mkdir()
    path = origin.folder / "s.jsonl"
    path.write_bytes(data)
    os.utime(path, ns=(1_700_000_000_000_000_000, 1_700_000_000_000_000_000))
    session = SessionStore(origin, origin.folder).open(path)
    session.requests.body()
    session.flush()
    session.close()
    assert read_file(path) == data
    assert path.stat().st_mtime_ns == 1_700_000_000_000_000_000
    session = Session.open(origin, path, data)
    before = session.conversation
    session.add_message(body("user", "more"), message_id="z")
    session.close()
    assert read_file(path).startswith(data)
    assert [message.id for message in session.conversation] == [*(message.id for message in before), "z"]
    again = Session.open(origin, path, read_file(path))
    assert again.conversation == session.conversation
    assert again.damage == []
    again.close()


def test_a_read_only_file_opens_read_only_and_is_not_changed(origin, monkeypatch):
    origin.folder.mkdir()
    path = origin.folder / "s.jsonl"
    path.write_bytes(b"".join(LINES))
    with monkeypatch.context() as patch:
        Faults(patch, many=1000, number=errno.EACCES, kinds=["open"])
        session = Session.open(origin, path, b"".join(LINES))
    assert os.strerror(errno.EACCES) in str(session.read_only_error)
    assert len(session.conversation) == 2
    session.close()
    assert read_file(path) == b"".join(LINES)


# -- folders -----------------------------------------------------------------------------------------------------------


def test_a_removed_folder_is_created_again_with_the_whole_session(origin):
    session = Session.new(origin)
    session.add_message(body("user", "one"))
    shutil.rmtree(origin.folder)
    session.add_message(body("user", "two"))
    assert session.save_error is None
    assert "removed" in str(session.relocation)
    assert on_disk(session) == session.encode()
    session.close()


def test_a_removed_folder_that_cannot_be_created_does_not_stop_the_session(tmp_path):
    session = Session.new(SessionConfig(tmp_path / "home" / "sessions"))
    session.add_message(body("user", "one"))
    shutil.rmtree(tmp_path / "home")
    (tmp_path / "home").write_text("in the way")
    session.add_message(body("user", "two"))
    session.rename("n")
    assert "removed" in str(session.save_error)
    assert "could not be saved" in str(session.save_error)
    (tmp_path / "home").unlink()
    session.close()
    assert session.save_error is None
    [path] = (tmp_path / "home" / "sessions").iterdir()
    assert read_file(path) == session.encode()


def test_a_file_system_without_locks_loses_nothing(origin, monkeypatch):
    import fcntl

    def no_locks(descriptor, operation):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    session = Session.new(origin)
    held_with(Faults(monkeypatch), session)
    path = session.path
    session.close()
    again = Session.open(origin, path, read_file(path))
    assert again.read_only_error is None
    again.add_message(body("user", "five"))
    again.close()
    assert read_file(path) == again.encode()


# -- loss of power -----------------------------------------------------------------------------------------------------


class FakeClient:
    """Replies, and checks the disk when the request is sent."""

    def __init__(self, look):
        self._look = look

    async def reply(self, request, *, conversation_id, settings):
        from grokchat.api.client import Attempt

        self._look()
        builder = ReplyBuilder()
        yield Attempt(builder)
        for piece in (chunk({"content": "Hello"}), chunk({"content": " there."}), chunk(finish="stop")):
            yield builder.feed(piece)


def ask(session: Session, disk: Disk, home: Path) -> None:
    """Run an exchange: the message must be on disk when its request is sent, the reply when its end is reported."""
    asked = [message.id for message in session.conversation]

    def safe() -> list[str]:
        left = disk.left_of(session.path)
        assert left is not None, "the file's name is not safe"
        return [message.id for message in Session.open(SessionConfig(None), session.path, left).conversation]

    def look() -> None:
        assert safe() == asked

    async def listen() -> None:
        client, environment = FakeClient(look), make_environment(home)
        async with aclosing(exchange(session, client, environment, session.settings)) as events:
            async for event in events:
                if isinstance(event, Finished):
                    assert safe() == [message.id for message in session.conversation]

    asyncio.run(listen())
    assert session.conversation.messages[-1].text == "Hello there."


def test_a_message_is_durable_before_its_request_and_a_reply_before_its_end_is_shown(home, monkeypatch):
    """So is every folder that was created for them."""
    home.parent.mkdir(exist_ok=True)
    disk = Disk(monkeypatch, home.parent)
    session = Session.new(SessionConfig(home / "sessions"))
    for text in ("one", "two"):
        session.add_message(body("user", text))
        ask(session, disk, home)
    copy = session.fork()
    ask(copy, disk, home)  # /retry asks at once
    copy.close()
    session.close()
    again = Session.open(session.config, session_file := sessions(home)[0], read_file(session_file))
    again.add_message(body("user", "three"))
    ask(again, disk, home)
    again.close()


def test_imported_messages_are_durable_before_their_request(home, tmp_path, monkeypatch):
    disk = Disk(monkeypatch, tmp_path)
    (tmp_path / "request.json").write_text('[{"role": "user", "content": "one"}]')
    session = SessionStore(SessionConfig(home / "sessions"), home / "sessions").find(str(tmp_path / "request.json"))
    ask(session, disk, home)
    session.close()


def test_a_relocated_session_is_durable(home, tmp_path, monkeypatch):
    disk = Disk(monkeypatch, tmp_path)
    session = Session.new(SessionConfig(home / "sessions"))
    session.add_message(body("user", "one"))
    with session.path.open("ab") as file:
        file.write(b"foreign\n")
    session.add_message(body("user", "two"))
    ask(session, disk, home)
    assert session.relocation is not None
    session.close()


def test_leaving_syncs_the_last_changes(home, tmp_path, monkeypatch):
    """A name and a setting are synced with the next message, or on leaving, when the session is reported as saved."""
    disk = Disk(monkeypatch, tmp_path)
    session = Session.new(SessionConfig(home / "sessions"))
    session.add_message(body("user", "one"))
    session.rename("n")
    path = session.path
    assert disk.left_of(path) != read_file(path)
    session.close()
    assert disk.left_of(path) == read_file(path) == session.encode()


def test_whatever_part_of_unsynced_lines_survives_complete_lines_are_read(home, tmp_path, monkeypatch):
    """Cut at any byte, or followed by zeros as file systems leave them; the next lines stay complete."""
    disk = Disk(monkeypatch, tmp_path)
    session = Session.new(SessionConfig(home / "sessions"))
    session.add_message(body("user", "one"), message_id="a")
    session.add_partial("b", text="two ", reasoning="")
    session.add_partial("b", text="three", reasoning="")
    path = session.path
    safe, whole = disk.left_of(path), read_file(path)
    session.close()
    assert len(safe) < len(whole)
    for size in range(len(safe), len(whole) + 1):
        for zeros in (b"", b"\0" * 40):
            path.write_bytes(whole[:size] + zeros)
            again = Session.open(session.config, path, read_file(path))
            kept = [message.text for message in again.conversation]
            again.add_message(body("user", "next"))
            again.close()
            assert kept in (["one"], ["one", "two "], ["one", "two three"])
            last = Session.open(SessionConfig(None), path, read_file(path))
            assert [message.text for message in last.conversation] == [*kept, "next"]


# -- one-shot calls ----------------------------------------------------------------------------------------------------


def test_a_one_shot_that_cannot_be_saved_sends_nothing(home, api, monkeypatch):
    """A one shot cannot ask before the request costs money."""
    Faults(monkeypatch, many=100_000, kinds=["write"])
    code, environment = run_cli(home, api, "hello")
    assert code == 4
    assert "nothing was sent" in environment.stderr.getvalue().decode()
    assert api.requests == []


def test_a_one_shot_reply_that_cannot_be_saved_is_printed_and_the_exit_code_says_so(home, api, monkeypatch):
    faults = []

    class Late(Answer):
        """A response that arrives after the disk has filled."""

        @property
        def parts(self):
            faults.append(Faults(monkeypatch, many=100_000, kinds=["write"]))
            return [reply_frames("Hello there.")]

        @parts.setter
        def parts(self, value):
            pass

    api.answers = [Late()]
    code, environment = run_cli(home, api, "hello")
    assert code == 4
    assert environment.stdout.getvalue() == b"Hello there.\n"
    assert os.strerror(errno.ENOSPC) in environment.stderr.getvalue().decode()
    [path] = sessions(home)
    assert [line["type"] for line in journal_lines(path)] == ["session", "message"]


def test_a_killed_process_leaves_no_lock(origin):
    """A crash leaves the holder file next to the session, which locks nothing."""
    session = Session.new(origin)
    session.add_message(body("user", "one"))
    path = session.path
    session.close()
    child = os.fork()
    if not child:
        JournalFile.open(path)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert path.with_name(path.name + ".lock").exists()
    again = Session.open(origin, path, read_file(path))
    assert again.read_only_error is None
    again.close()
    assert list(origin.folder.iterdir()) == [path]
