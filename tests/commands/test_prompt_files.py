"""`/use`: the user's prompts, from files in the config folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from chat_process import Chat, chat_env
from command_sessions import message_texts, refusal, run_command, session_of

from grokchat.chat.tab_completion import LineCompleter
from grokchat.commands.declare import parse_line
from grokchat.commands.outcomes import Notice
from grokchat.commands.registry import by_name
from grokchat.errors import GrokchatError
from grokchat.session.store import SessionStore


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "prompts"
    folder.mkdir()
    for name, text in {
        "review.md": "\n  Review this.\nBe kind.\n",
        "brief.md": "\ufeffAnswer in one sentence.\r\n",
        "code review.md": "Look twice.",
        "note.txt": "no prompt",
        ".hidden.md": "no prompt",
        "esc\x1b[31m.md": "no prompt",
    }.items():
        if sys.platform != "win32" or "\x1b" not in name:
            (folder / name).write_bytes(text.encode())
    return folder


@pytest.fixture
def session(folder):
    return session_of("one", "two", prompts_folder=folder)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("review", "\n  Review this.\nBe kind."),
        ("review.md", "\n  Review this.\nBe kind."),
        ("brief", "Answer in one sentence."),
        ("code review", "Look twice."),
    ],
)
def test_a_prompt_becomes_a_system_message(session, name, text):
    """The text is that of the file, without its last newline."""
    answer = run_command(session, f"/use {name}")
    assert answer == Notice(f"added as #3 ({name})")
    assert session.conversation.messages[-1].body == {"role": "system", "content": text}


def test_a_prompt_is_inserted_at_a_position(session):
    assert run_command(session, "/use @1 brief").text == "added as #1 (brief) · #1-2 are now #2-3"
    assert message_texts(session) == ["Answer in one sentence.", "one", "two"]
    run_command(session, "/undo")
    assert message_texts(session) == ["one", "two"]


def test_without_a_name_the_prompts_are_listed_by_their_first_lines(session):
    rows = (("brief", "Answer in one sentence."), ("code review", "Look twice."), ("review", "Review this."))
    assert run_command(session, "/use").rows == rows
    nothing = run_command(session_of(prompts_folder=Path("nowhere")), "/use")
    assert nothing.rows == ()
    assert nothing.empty == "No saved prompts. Create nowhere/NAME.md to add one."


def test_only_listing_the_prompts_is_immediate():
    assert parse_line("/use", by_name()).is_immediate
    assert not parse_line("/use brief", by_name()).is_immediate


@pytest.mark.parametrize(
    "name", ["../config", "..", ".", ".hidden", "a/b", "a\\b", "/etc/passwd", "C:x", "es\x1bc", "a\u202eb", "x" * 101]
)
def test_invalid_prompt_names_are_refused(session, name):
    message = refusal(session, f"/use {name}")
    assert "is not a valid prompt name" in message
    assert "\x1b" not in message


def test_an_unknown_prompt_is_reported_with_close_matches(session):
    assert "did you mean review or code review?" in refusal(session, "/use reviw")
    assert "/use lists them" in refusal(session, "/use zzzzzz")
    assert "no saved prompt brief" in refusal(session_of(prompts_folder=Path("nowhere")), "/use brief")
    assert "@9 is out of range" in refusal(session, "/use @9 brief")


def broken(session, name: str) -> str:
    before = session.encode()
    with pytest.raises(GrokchatError) as caught:
        run_command(session, f"/use {name}")
    assert session.encode() == before
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "it is empty"),
        (b" \n\n", "it is empty"),
        (b"\xff\xfea\0", "NUL byte"),
        (b"caf\xe9", "not UTF-8"),
        (b"x" * 1_000_001, "larger than 1 MB"),
    ],
)
def test_files_that_are_not_prompts_are_refused(session, folder, data, message):
    (folder / "bad.md").write_bytes(data)
    assert message in broken(session, "bad")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_prompt_that_is_not_a_regular_file_does_not_hang(session, folder):
    os.mkfifo(folder / "pipe.md")
    (folder / "folder.md").mkdir()
    assert "not a regular file" in broken(session, "pipe")
    assert "it is a directory" in broken(session, "folder")
    rows = dict(run_command(session, "/use").rows)
    assert (rows["pipe"], rows["folder"]) == ("(it is not a regular file)", "(it is a directory)")


def test_tab_completes_names(session, tmp_path):
    store = SessionStore(session.config, tmp_path)

    def offered(line: str) -> list[tuple[str, str]]:
        return [
            (candidate.text, candidate.description)
            for candidate in LineCompleter(by_name(), store).candidates(line, session)
        ]

    assert offered("/use re") == [("review", "Review this.")]
    assert offered("/use @1 br") == [("brief", "Answer in one sentence.")]
    assert offered("/use @") == [("@1", "user: one"), ("@2", "assistant: two")]


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX thing")
def test_prompts_are_in_the_folder_of_the_config(home, api):
    (home / "prompts").mkdir(parents=True)
    (home / "prompts" / "brief.md").write_text("Answer in one sentence.\n", encoding="utf-8")
    with Chat(env=chat_env(home, api)) as chat:
        chat.wait_for_prompt()
        chat.type("/use\r")
        chat.wait_for("brief  Answer in one sentence.")
        chat.type("/use @1 br\t")
        chat.wait_for("> /use @1 brief")
        chat.type("\r")
        chat.wait_for("added as #1 (brief)")
        chat.type("hi\r")
        chat.wait_for("Hello there.")
        assert chat.leave() == 0
    assert api.requests[0].messages[0] == {"role": "system", "content": "Answer in one sentence."}
