"""Each command, on a session that is not saved."""

from __future__ import annotations

import stat

import pytest
from command_sessions import cell_texts, message_texts, refusal, run_command, session_of

from grokchat import messages
from grokchat.commands.attach import attach_loaded, load_attachments
from grokchat.commands.declare import Call, parse_line
from grokchat.commands.outcomes import (
    AskModel,
    ChooseSession,
    ForkSession,
    Notice,
    OpenSession,
    Quit,
    ShowHelp,
    ShowMessages,
)
from grokchat.commands.registry import by_name
from grokchat.errors import FileError
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.system.streams import read_input

# -- the buffer --------------------------------------------------------------------------------------------------------


def test_history():
    """The message list, one line each: number, role, first words, muted or not."""
    session = session_of("first\nwords  here", "reply")
    session.add_partial("r1", text="a part", reasoning="")
    session.incoming_reply_id = None
    session.add_initial_messages([messages.Message("m1", messages.body("user", "quiet"))], muted=["m1"])
    table = run_command(session, "/history")
    assert cell_texts(table) == [
        ("1", "user", "", "first words here"),
        ("2", "assistant", "", "reply"),
        ("3", "assistant", "interrupted", "a part"),
        ("4", "user", "muted", "quiet"),
    ]
    elements = [(row[1].element, row[3].element) for row in table.rows]
    assert elements == [("role_user", ""), ("role_assistant", ""), ("role_assistant", ""), ("muted", "muted")]
    assert [row[0] for row in run_command(session, "/history 2..3,1").rows] == ["1", "2", "3"]
    assert "#5 is out of range" in refusal(session, "/history 5")


def test_history_while_a_reply_streams():
    """A reply that is still streaming is not shown as interrupted."""
    session = session_of("first")
    session.add_partial("r1", text="a part", reasoning="")
    assert cell_texts(run_command(session, "/history 2")) == [("2", "assistant", "still coming", "a part")]


def test_history_of_nothing():
    assert run_command(session_of(), "/history").empty == "No messages yet."


def test_show():
    assert run_command(session_of("1", "2", "3"), "/show 2..") == ShowMessages((2, 3))
    assert "There are no messages yet" in refusal(session_of(), "/show 1")
    assert "RANGE must be N, " in refusal(session_of("1"), "/show all")


def test_show_without_a_range_is_the_last_reply():
    assert run_command(session_of("1", "2", "3", "4", "5"), "/show") == ShowMessages((4,))
    session = session_of("1", "2", "3")
    session.add_partial("r1", text="a part", reasoning="")
    assert run_command(session, "/show") == ShowMessages((4,))
    for empty in (session_of(), session_of("1")):
        assert refusal(empty, "/show") == "There is no reply yet."


def test_retry():
    """Drop what follows the last user message and ask again, with these settings for this one call."""
    session = session_of("1", "2", "3", "4")
    last = session.conversation.messages[3].id
    assert run_command(session, "/retry") == AskModel({}, {}, remove=(last,))
    sent = run_command(session, "/retry -m other temperature=0.5 stop=now")
    assert sent == AskModel({"model": "other"}, {"temperature": 0.5, "stop": "now"}, remove=(last,))
    assert len(session.conversation) == 4


def test_retry_takes_settings_and_parameters():
    call = run_command(session_of("1"), "/retry timeout=5 seed = 3")
    assert call == AskModel({"timeout": 5.0}, {"seed": 3})
    assert "true or false" in refusal(session_of("1"), "/retry markdown=maybe")
    assert "cannot be changed in a session" in refusal(session_of("1"), "/retry base_url=https://evil.example/v1")


def test_retry_reports_what_looks_mistyped():
    call = run_command(session_of("1"), "/retry temprature=1 seed=1.5 user_tag=x")
    assert call.params == {"temprature": 1, "seed": 1.5, "user_tag": "x"}
    assert call.warnings == (
        "temprature: sent as given; did you mean temperature?",
        "seed: sent as a number; the API expects a whole number.",
    )


def test_retry_of_a_failed_message_removes_nothing():
    assert run_command(session_of("1", "2", "3"), "/retry") == AskModel({}, {}, remove=())


@pytest.mark.parametrize(
    ("texts", "muted", "number"),
    [(("1", "2"), "1", 1), (("1",), "1", 1), (("1", "2", "3", "4"), "3", 3), (("1", "2", "3"), "1..", 3)],
)
def test_retry_of_a_muted_message_is_refused(texts, muted, number):
    """It would send what is before that message, or nothing, and replace the reply to it."""
    session = session_of(*texts)
    run_command(session, f"/mute {muted}")
    assert f"#{number}, the last user message, is muted" in refusal(session, "/retry")
    run_command(session, f"/unmute {number}")
    assert isinstance(run_command(session, "/retry"), AskModel)


def test_retry_without_a_user_message_is_refused():
    assert "no user message" in refusal(session_of(), "/retry")
    assert "KEY=VALUE" in refusal(session_of("1"), "/retry soon")
    assert "session's own" in refusal(session_of("1"), "/retry messages=[]")


@pytest.mark.parametrize("finish", ["interrupted", "length", "max_time_limit"])
def test_continue(finish):
    """A reply that was interrupted or hit a limit is continued, and the answer joins it."""
    session = session_of("1")
    session.add_message(messages.body("assistant", "a part"), reply_fields={"finish_reason": finish})
    assert run_command(session, "/continue") == AskModel(joins=session.conversation.messages[-1])
    assert message_texts(session) == ["1", "a part"]


def test_continue_without_an_unfinished_reply_is_refused():
    assert "/retry asks again" in refusal(session_of(), "/continue")
    assert "/retry asks again" in refusal(session_of("1"), "/continue")
    session = session_of("1")
    session.add_message(messages.body("assistant", "whole"), reply_fields={"finish_reason": "stop"})
    assert "does not end with an unfinished reply" in refusal(session, "/continue")


# -- sessions and files ------------------------------------------------------------------------------------------------


def test_new_resume_and_fork():
    session = session_of("1")
    assert run_command(session, "/new") == OpenSession(None)
    assert (run_command(session, "/resume"), run_command(session, "/resume  some name ")) == (
        ChooseSession(),
        OpenSession("some name"),
    )
    assert (run_command(session, "/fork"), run_command(session, "/fork two words")) == (
        ForkSession(""),
        ForkSession("two words"),
    )


def test_save(tmp_path):
    session, path = session_of("1", "2"), tmp_path / "a file.jsonl"
    assert run_command(session, f"/save {path}") == Notice(f"saved 2 messages to {path}")
    assert path.read_bytes() == session.encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert message_texts(Session.open(SessionConfig(None), path, path.read_bytes())) == ["1", "2"]


def test_save_does_not_touch_an_existing_file(tmp_path):
    path = tmp_path / "there"
    path.write_text("mine")
    assert "was not changed" in refusal(session_of("1"), f"/save {path}")
    assert path.read_text() == "mine"


@pytest.mark.parametrize("name", ["missing/file", "x" * 5000, "~no-such-user-of-mine/x", "a\0b"])
def test_save_to_an_impossible_path_is_refused(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    refusal(session_of("1"), f"/save {name}")


def test_file_reports_only_the_new_attachments(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"caf\xe9 noir\n")
    (tmp_path / "b.txt").write_text("plain")
    session = session_of()

    def attached(line: str) -> str:
        return attach_loaded(
            session, load_attachments(run_command(session, line).names, session.attachments, read_input)
        ).text

    first = attached(f"/file {tmp_path}/a.txt")
    assert first == (
        "attached to your next message: a.txt (text, 10 B, about 3 tokens) · "
        "a.txt: it is not UTF-8 and was read as windows-1252; check its letters"
    )
    assert run_command(session, "/file").text == "attached to your next message: a.txt (text, 10 B, about 3 tokens)"
    second = attached(f"/file {tmp_path}/b.txt")
    assert second == "attached to your next message: b.txt (text, 5 B, about 2 tokens) · 2 files in all"
    assert run_command(session, "/file") == Notice(
        "attached to your next message (2 files):",
        ("a.txt (text, 10 B, about 3 tokens)", "b.txt (text, 5 B, about 2 tokens)"),
    )
    assert run_command(session, "/file -").text == "nothing attached"


# -- grokchat itself ---------------------------------------------------------------------------------------------------


def test_help_and_quit():
    session = session_of()
    assert (run_command(session, "/help"), run_command(session, "/help set"), run_command(session, "/help /set")) == (
        ShowHelp(),
        ShowHelp("set"),
        ShowHelp("set"),
    )
    assert run_command(session, "/quit") == run_command(session, "/exit") == run_command(session, "/bye") == Quit()


def test_a_read_only_session_is_not_changed():
    """A session that another process has open is not written to, and `/fork` is offered."""
    session = session_of("1")
    session.read_only_error = FileError("some.jsonl", "it is open elsewhere", "Go on in a copy with /fork.")
    for line in ("/system x", "/set seed 5", "/model other", "/retry"):
        assert "/fork" in refusal(session, line)


@pytest.mark.parametrize(
    "line", ["/history", "/show 1", "/show", "/models", "/set", "/set timeout", "/usage", "/request", "/help", "/quit"]
)
def test_commands_that_only_show_are_immediate(line):
    session = session_of("1", "2")
    before = session.encode()
    call = parse_line(line, by_name())
    assert isinstance(call, Call)
    assert call.is_immediate
    call.run(session)
    assert session.encode() == before


@pytest.mark.parametrize(
    "line",
    [
        "/system x",
        "/retry",
        "/model x",
        "/set seed 5",
        "/unset seed",
        "/new",
        "/fork",
        "/undo",
        "/redo",
        "/edit 1",
        "/edit 1 x",
        "/delete 1",
        "/move 1 @2",
        "/mute 1",
    ],
)
def test_commands_that_change_or_send_are_queued(line):
    call = parse_line(line, by_name())
    assert isinstance(call, Call)
    assert not call.is_immediate
