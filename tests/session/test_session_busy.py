"""Several programs with one session: each is reported, no lines are interleaved, and none are lost."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import socket
import subprocess
import sys

import httpx
import pytest
from chat_process import Chat, chat_env
from fake_api import FakeApi, reply_frames
from support import ROOT, err, journal_lines, out, run_cli, sessions

from grokchat.errors import SessionBusyError
from grokchat.messages import body
from grokchat.session.journal_file import JournalFile
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.session.store import SessionStore
from grokchat.system.files import read_file

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there an open file cannot be replaced")

HOLDER = """
import fcntl, os, sys
from pathlib import Path
from grokchat.messages import body
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.system.files import read_file

if sys.argv[2] == "without locks":
    def no_locks(descriptor, operation):
        raise OSError(37, os.strerror(37))
    fcntl.flock = no_locks
path = Path(sys.argv[1])
session = Session.open(SessionConfig(path.parent), path, read_file(path))
print(session.read_only_error or "open", flush=True)
for line in sys.stdin:
    session.add_message(body("user", line.strip()), message_id=line.strip())
    print(session.relocation or "written", flush=True)
session.close()
"""


class Other:
    """A second process that opens a session and adds the messages that the test sends it."""

    def __init__(self, path, locks="with locks"):
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", HOLDER, str(path), locks]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, text=True, bufsize=1
        )
        self.opened = self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()

    def add(self, name):
        self.process.stdin.write(f"{name}\n")
        return self.process.stdout.readline().strip()


@pytest.fixture
def origin(tmp_path):
    return SessionConfig(tmp_path / "sessions")


@pytest.fixture
def session(origin):
    session = Session.new(origin)
    session.add_message(body("user", "one"), message_id="a")
    session.add_partial("b", text="two", reasoning="")
    yield session
    session.close()


def reopened(path):
    return Session.open(SessionConfig(path.parent), path, read_file(path))


def messages(path):
    return [line["id"] for line in journal_lines(path) if line["type"] == "message"]


@pytest.fixture
def without_locks(monkeypatch):
    import fcntl

    def no_locks(descriptor, operation):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)


def beside(path):
    return path.with_name(path.name + ".lock")


# -- who has it --------------------------------------------------------------------------------------------------------


def test_a_second_process_only_reads_and_names_the_first(session):
    before = read_file(session.path)
    with Other(session.path) as other:
        assert f"open in another grokchat (process {os.getpid()})." in other.opened
        assert "/fork" in other.opened
    assert read_file(session.path) == before
    assert beside(session.path).exists()
    session.add_message(body("user", "three"), message_id="c")
    assert session.relocation is None


def test_a_killed_process_holds_no_session(session):
    """Its holder file locks nothing, and the next process removes it."""
    session.close()
    [path] = session.config.folder.iterdir()
    with Other(path) as other:
        assert other.opened == "open"
        with pytest.raises(SessionBusyError, match=rf"process {other.process.pid}\b"):
            JournalFile.open(path)
        other.process.send_signal(signal.SIGKILL)
        other.process.wait(20)
    assert beside(path).exists()
    again = reopened(path)
    assert again.read_only_error is None
    again.close()
    assert not beside(path).exists()


@pytest.mark.parametrize("make", ["pipe", "link", "folder", "large"])
def test_anything_in_place_of_the_holder_file_is_harmless(session, tmp_path, make):
    path = session.path
    session.close()
    target = tmp_path / "somebody's"
    target.write_text("precious")
    if make == "pipe":
        os.mkfifo(beside(path))
    elif make == "link":
        beside(path).symlink_to(target)
    elif make == "folder":
        beside(path).mkdir()
    else:
        beside(path).write_bytes(b"9" * 100_000)
    again = reopened(path)
    with pytest.raises(SessionBusyError, match="process"):
        JournalFile.open(path)
    again.add_message(body("user", "more"))
    again.close()
    assert target.read_text() == "precious"


def test_closing_keeps_the_holder_file_of_another_process(session):
    beside(session.path).write_text("77 elsewhere.example\n")
    path = session.path
    session.close()
    assert beside(path).read_text() == "77 elsewhere.example\n"


def test_a_failing_lock_is_not_reported_as_another_process(session, monkeypatch):
    import fcntl

    def broken(descriptor, operation):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    path = session.path
    session.close()
    monkeypatch.setattr(fcntl, "flock", broken)
    again = reopened(path)
    assert os.strerror(errno.EIO) in str(again.read_only_error)
    assert not isinstance(again.read_only_error, SessionBusyError)
    new = Session.new(session.config)
    new.add_message(body("user", "one"))
    assert os.strerror(errno.EIO) in str(new.save_error)
    monkeypatch.undo()
    new.close()
    assert sorted(session.config.folder.iterdir()) == sorted([path, session.config.folder / f"{new.id}.jsonl"])


# -- where there are no locks ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("without_locks")
def test_without_locks_the_holder_file_counts_while_its_process_lives(origin):
    session = Session.new(origin)
    session.add_message(body("user", "one"), message_id="a")
    path = session.path
    with Other(path, "without locks") as other:
        assert f"open in another grokchat (process {os.getpid()}) " in other.opened
        assert beside(path).name in other.opened
    session.close()
    with Other(path, "without locks") as other:
        assert other.opened == "open"
        assert f"process {other.process.pid}) " in str(reopened(path).read_only_error)
        other.process.kill()
        other.process.wait(20)
    again = reopened(path)
    assert again.read_only_error is None
    again.close()


@pytest.mark.usefixtures("without_locks")
def test_without_locks_a_holder_on_another_machine_counts_until_its_file_is_deleted(origin):
    """Whether the other process is alive cannot be known here, so the error says how to continue."""
    session = Session.new(origin)
    session.add_message(body("user", "one"))
    path = session.path
    session.close()
    beside(path).write_text("77 elsewhere.example\n")
    again = reopened(path)
    assert "process 77 on elsewhere.example" in str(again.read_only_error)
    assert f"delete {beside(path).name}" in str(again.read_only_error)
    again.close()
    beside(path).unlink()
    again = reopened(path)
    assert again.read_only_error is None
    again.close()


@pytest.mark.usefixtures("without_locks")
@pytest.mark.parametrize("note", [f"999999999 {socket.gethostname()}\n", f"999999999 {socket.gethostname()}"])
def test_without_locks_the_holder_file_of_a_dead_process_is_ignored(origin, note):
    session = Session.new(origin)
    session.add_message(body("user", "one"))
    path = session.path
    session.close()
    beside(path).write_text(note)
    again = reopened(path)
    assert again.read_only_error is None
    again.close()


@pytest.mark.usefixtures("without_locks")
def test_two_writers_without_locks_lose_nothing(origin):
    """The second writer continues in a new file, and the file of the first is not changed."""
    session = Session.new(origin)
    session.add_message(body("user", "one"), message_id="a")
    path = session.path
    beside(path).unlink()
    with Other(path, "without locks") as other:
        assert other.opened == "open"
        session.add_message(body("user", "mine"), message_id="m1")
        assert "another program wrote into it" in other.add("o1")
        session.add_message(body("user", "mine"), message_id="m2")
        other.add("o2")
    session.close()
    assert session.relocation is None
    assert messages(path) == ["a", "m1", "m2"]
    [theirs] = [file for file in origin.folder.glob("*.jsonl") if file != path]
    assert messages(theirs) == ["a", "o1", "o2"]


# -- what happens to an open file --------------------------------------------------------------------------------------


def removed(path):
    path.unlink()


def moved(path):
    path.rename(path.with_name("elsewhere"))


def replaced(path):
    path.with_name("new").write_bytes(b"somebody's\n")
    path.with_name("new").replace(path)


def written_to(path):
    with path.open("ab") as file:
        file.write(b"somebody's")


def cut(path):
    os.truncate(path, 10)


def emptied_and_filled(path):
    path.write_bytes(b"x" * 50_000)


def overwritten(path):
    """Put other bytes of the same number in their place."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.write(b"x" * size)


def overwritten_in_a_message(path):
    before, data = path.stat(), read_file(path)
    with path.open("r+b") as file:
        file.seek(data.index(b'"one"'))
        file.write(b'"two"')
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns - 1))


def overwritten_at_its_beginning(path):
    """With lines that are more, as a program does that writes a shorter header and all lines again."""
    data = read_file(path)
    with path.open("r+b") as file:
        file.write(data[10:] + b"\n" * 20)
    os.utime(path, ns=(0, 0))


def overwritten_at_its_end(path):
    """At the very moment of the last write, by the clock of the file system."""
    before, size = path.stat(), path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size - 5)
        file.write(b"'''}\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def without_its_folder(path):
    shutil.rmtree(path.parent)


EVENTS = {
    removed: "it was removed or moved away while it was open here",
    moved: "it was removed or moved away while it was open here",
    without_its_folder: "it was removed or moved away while it was open here",
    replaced: "another file was put in its place while it was open here",
    written_to: "another program wrote into it while it was open here",
    emptied_and_filled: "another program wrote into it, over earlier lines, while it was open here",
    overwritten: "another program wrote into it, over earlier lines, while it was open here",
    overwritten_in_a_message: "another program wrote into it, over earlier lines, while it was open here",
    overwritten_at_its_beginning: "another program wrote into it, over earlier lines, while it was open here",
    overwritten_at_its_end: "another program wrote into it, over earlier lines, while it was open here",
    cut: "another program cut it short while it was open here",
}


@pytest.mark.parametrize("happens", EVENTS)
def test_the_whole_session_continues_in_a_new_file(session, happens):
    """The other program's file is not changed."""
    old = session.path
    happens(old)
    theirs = {path: path.read_bytes() for path in old.parent.glob("*") if path.suffix != ".lock"}
    session.add_message(body("assistant", "two and three"), message_id="b", reply_fields={"finish_reason": "stop"})
    assert session.save_error is None
    assert str(session.relocation) == f"{old}: {EVENTS[happens]}. The whole session continues in {session.path}."
    assert read_file(session.path) == session.encode()
    assert {path: path.read_bytes() for path in theirs} == theirs
    session.add_message(body("user", "four"), message_id="d")
    session.close()
    newest = SessionStore(session.config, session.config.folder).newest()
    assert newest.conversation == session.conversation
    assert newest.id == session.id
    newest.close()
    assert not list(old.parent.glob("*.lock"))


def test_a_removed_file_is_created_again_under_its_name(session):
    old = session.path
    old.unlink()
    session.add_message(body("user", "three"))
    assert session.path == old


def test_each_foreign_change_is_reported_once(session):
    first = session.path
    written_to(first)
    session.add_message(body("user", "three"))
    second, notice = session.path, str(session.relocation)
    session.add_message(body("user", "four"))
    assert (session.path, str(session.relocation)) == (second, notice)
    written_to(second)
    session.add_message(body("user", "five"))
    assert session.path not in {first, second}
    assert str(second) in str(session.relocation)
    assert read_file(session.path) == session.encode()


def test_a_program_that_writes_at_the_same_time_tears_no_line(session, monkeypatch):
    """It writes half a line between the check and the write, so that the two could form one line."""
    old, write = session.path, os.write

    def at_once(descriptor, data):
        monkeypatch.undo()
        written_to(old)
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", at_once)
    session.add_message(body("user", "three"), message_id="c")
    assert "another program wrote into it" in str(session.relocation)
    assert read_file(session.path) == session.encode()
    assert b"somebody's{" in read_file(old)


def test_removing_a_short_write_never_removes_another_programs_lines(session, monkeypatch):
    old, write = session.path, os.write

    def short(descriptor, data):
        monkeypatch.undo()
        count = write(descriptor, data[:5])
        written_to(old)
        monkeypatch.setattr(os, "write", full)
        return count

    def full(descriptor, data):
        monkeypatch.undo()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", short)
    session.add_message(body("user", "three"), message_id="c")
    assert os.strerror(errno.ENOSPC) in str(session.save_error)
    assert read_file(old).endswith(b"somebody's")
    session.flush()
    assert session.save_error is None
    assert read_file(session.path) == session.encode()
    assert session.path != old


def test_removing_unsynced_lines_never_removes_another_programs_lines(session, monkeypatch):
    def failing(descriptor):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    old = session.path
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing)
        session.add_message(body("user", "three"), message_id="c")
    assert session.save_error is not None
    written_to(old)
    session.flush()
    assert read_file(old).endswith(b"somebody's")
    assert read_file(session.path) == session.encode()
    assert session.path != old


def test_a_new_file_that_cannot_be_created_is_retried(session, monkeypatch):
    old, opened = session.path, os.open
    replaced(old)

    def read_only(path, flags, *mode):
        if flags & os.O_CREAT:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return opened(path, flags, *mode)

    monkeypatch.setattr(os, "open", read_only)
    session.add_message(body("user", "three"))
    session.rename("n")
    assert session.path is None
    assert EVENTS[replaced] in str(session.save_error)
    assert os.strerror(errno.EROFS) in str(session.save_error)
    monkeypatch.undo()
    session.close()
    assert session.save_error is None
    [new] = [path for path in old.parent.glob("*.jsonl") if path != old]
    assert read_file(new) == session.encode()
    assert read_file(old) == b"somebody's\n"


def test_an_unreadable_folder_does_not_abandon_an_open_file(session, monkeypatch):
    def hidden(path, **_):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("pathlib.Path.stat", hidden)
    session.add_message(body("user", "three"))
    monkeypatch.undo()
    assert session.save_error is None
    assert session.relocation is None
    assert read_file(session.path) == session.encode()


# -- with nothing left to write ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("happens", [removed, replaced, cut, overwritten, overwritten_at_its_beginning])
def test_leaving_writes_a_removed_file_again(session, happens):
    old = session.path
    happens(old)
    session.flush()
    assert str(old) in str(session.relocation)
    assert read_file(session.path) == session.encode()


def test_leaving_ignores_lines_that_another_program_appended(session):
    """All of this program's lines are in the file."""
    old, ours = session.path, read_file(session.path)
    written_to(old)
    session.close()
    assert session.relocation is None
    assert read_file(old) == ours + b"somebody's"
    assert list(old.parent.iterdir()) == [old]


@pytest.mark.parametrize("happens", [removed, replaced, written_to, cut])
def test_leaving_an_unchanged_session_writes_nothing(session, happens):
    path = session.path
    session.close()
    again = reopened(path)
    happens(path)
    left = sorted((file, file.read_bytes()) for file in path.parent.glob("*.jsonl"))
    again.close()
    assert sorted((file, file.read_bytes()) for file in path.parent.glob("*.jsonl")) == left


def test_a_session_in_another_folder_continues_next_to_its_old_file(origin, tmp_path):
    path = tmp_path / "elsewhere" / "kept.jsonl"
    session = Session.new(origin)
    session.add_message(body("user", "one"))
    path.parent.mkdir()
    path.write_bytes(session.encode())
    session.close()
    again = Session.open(origin, path, read_file(path))
    replaced(path)
    again.add_message(body("user", "two"))
    assert again.path.parent == path.parent
    assert again.path.stem.startswith("kept-")
    again.close()


@pytest.mark.parametrize("reopens", [False, True])
@pytest.mark.parametrize(
    "happens",
    [
        lambda path: path.touch(),
        lambda path: os.utime(path, ns=(0, 0)),
        lambda path: path.chmod(0o640),
        lambda path: os.link(path, path.with_name("backup")),
        lambda path: path.write_bytes(path.read_bytes()),
    ],
)
def test_a_file_that_has_its_content_is_unchanged(session, happens, reopens, monkeypatch):
    """And is read again once at most for each time that it is touched."""
    path = session.path
    if reopens:
        session.close()
        session = reopened(path)
    happens(path)
    session.add_message(body("user", "three"), message_id="c")
    with monkeypatch.context() as patch:
        patch.setattr(JournalFile, "_read_checksum", lambda _: pytest.fail("the file is read again"))
        session.add_message(body("user", "four"), message_id="d")
    session.close()
    assert session.relocation is None
    assert messages(path) == ["a", "c", "d"]


def test_lines_of_the_same_size_written_between_reading_and_locking_are_read_too(session):
    path, data = session.path, read_file(session.path)
    session.close()
    path.write_bytes(data.replace(b'"one"', b'"two"'))
    again = Session.open(session.config, path, data)
    assert again.conversation.messages[0].text == "two"
    again.add_message(body("user", "four"))
    assert again.relocation is None
    again.close()


def test_lines_written_between_reading_and_locking_are_read_too(session):
    path, data = session.path, read_file(session.path)
    session.add_message(body("user", "three"), message_id="c")
    session.close()
    again = Session.open(session.config, path, data)
    assert [message.id for message in again.conversation] == ["a", "b", "c"]
    again.add_message(body("user", "four"))
    assert again.relocation is None
    again.close()


# -- the whole program -------------------------------------------------------------------------------------------------


def unbroken(text: str) -> str:
    """Return a text without blanks, which the screen may show on rows that end anywhere."""
    return "".join(text.split())


def test_the_chat_reports_a_removed_file_at_once_and_on_leaving(home, api):
    with Chat(env=chat_env(home, api), columns=400) as chat:
        chat.wait_for_prompt()
        chat.type("one\r")
        chat.wait_for("Hello there.")
        chat.wait_until_idle()
        [path] = sessions(home)
        path.unlink()
        chat.type("two\r")
        chat.wait_for(lambda text: text.count("Hello there.") == 2)
        notice = f"{EVENTS[removed]}. The whole session continues in {path}."
        assert unbroken(chat.text()).count(unbroken(notice)) == 1
        assert chat.leave() == 0
        assert unbroken(chat.text()).count(unbroken(notice)) == 2
        assert f"Saved as {path.stem}." in chat.text()
    assert [line["message"]["content"] for line in journal_lines(path) if line["type"] == "message"] == [
        "one",
        "Hello there.",
        "two",
        "Hello there.",
    ]


@pytest.mark.parametrize("happens", [replaced, overwritten])
def test_the_chat_names_the_new_file_when_its_file_is_replaced(home, api, happens):
    with Chat(env=chat_env(home, api), columns=400) as chat:
        chat.wait_for_prompt()
        chat.type("one\r")
        chat.wait_for("Hello there.")
        [path] = sessions(home)
        happens(path)
        theirs = path.read_bytes()
        chat.type("/name n\r")
        chat.wait_for(lambda text: "The whole session continues in" in " ".join(text.split()))
        assert chat.leave() == 0
        [new] = [file for file in sessions(home) if file != path]
        assert f"Saved as {new.stem}." in chat.text()
    code, environment = run_cli(home, api, "-r", new.stem, "three")
    assert (code, out(environment)) == (0, "Hello there.\n")
    assert path.read_bytes() == theirs


def test_a_one_shot_on_an_open_session_fails_and_names_the_holder(home, api):
    assert run_cli(home, api, "one")[0] == 0
    [path] = sessions(home)
    with Other(path) as other:
        before = read_file(path)
        code, environment = run_cli(home, api, "-c", "two")
        assert code == 4
        assert f"process {other.process.pid}" in err(environment)
        assert read_file(path) == before
        assert other.add("x") == "written"
    assert len(api.requests) == 1


def test_a_one_shot_reports_that_its_file_was_removed(home):
    def handle(request):
        for path in sessions(home):
            path.unlink()
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=reply_frames("Hello."))

    with FakeApi() as api:
        code, environment = run_cli(home, api, "hi", transport=httpx.MockTransport(handle))
    assert (code, out(environment)) == (0, "Hello.\n")
    assert EVENTS[removed] in err(environment)
    [path] = sessions(home)
    assert messages_of(path) == ["hi", "Hello."]


def messages_of(path):
    return [line["message"]["content"] for line in journal_lines(path) if line["type"] == "message"]
