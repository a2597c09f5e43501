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
from grokchat.commands.outcomes import FillPrompt, Notice
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
    assert answer == Notice(f"added as #3 ({name.removesuffix('.md')})")
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


def test_the_list_has_the_gaps_and_the_model_of_each_prompt(session, folder):
    """The first line is that of the text, not of the front matter; a prompt that cannot be used says why."""
    (folder / "a.md").write_text("---\nmodel: grok-4.3\n---\n\nTo {{to}} from {{from}}.", encoding="utf-8")
    (folder / "b.md").write_text("---\nmodle: grok-4.3\n---\nText.", encoding="utf-8")
    table = run_command(session, "/use")
    assert table.rows[:2] == (("a", "To {{to}} from {{from}}."), ("b", "(error in its front matter)"))
    assert table.notes[0] == "needs to, from · sets model = grok-4.3"
    assert 'b.md, line 2: unknown setting "modle"; did you mean model?' in table.notes[1]
    assert not any(table.notes[2:])


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
    assert "did you mean brief? Values for its gaps are written KEY=VALUE." in refusal(session, "/use brief Go")
    assert "/use lists them" in refusal(session, "/use zzzzzz")
    assert "no saved prompt brief" in refusal(session_of(prompts_folder=Path("nowhere")), "/use brief")
    assert "@9 is out of range" in refusal(session, "/use @9 brief")


# -- gaps --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def gaps(folder) -> Path:
    text = "Translate {{text}} into {{ language }}: {{text}}.\n"
    (folder / "translate.md").write_text(text, encoding="utf-8")
    return folder


def test_gaps_are_filled_with_the_values(session, gaps):
    answer = run_command(session, '/use @1 translate language="Swiss German" text={{language}}')
    assert answer == Notice("added as #1 (translate) · #1-2 are now #2-3")
    assert message_texts(session)[0] == "Translate {{language}} into Swiss German: {{language}}."
    run_command(session, "/undo")
    assert message_texts(session) == ["one", "two"]


def test_a_value_may_be_empty_but_not_the_message(session, gaps):
    run_command(session, "/use translate language= text=''")
    assert message_texts(session)[-1] == "Translate  into : ."
    (gaps / "all.md").write_text("{{all}}\n", encoding="utf-8")
    assert "The filled prompt all is empty" in refusal(session, "/use all all=")


def test_a_key_that_the_prompt_does_not_have_inserts_nothing(session, gaps):
    assert "translate has no gap langauge; did you mean language?" in refusal(
        session, "/use translate text=a langauge=b"
    )
    assert "translate has no gap x. Its gaps are text, language." in refusal(session, "/use translate x=1")
    assert "brief has no gap x. It has no gaps." in refusal(session, "/use brief x=1")
    assert "text is given twice" in refusal(session, "/use translate text=a text=b")


def test_missing_values_are_asked_for_without_a_change(session, gaps):
    before = session.encode()
    outcome = run_command(session, "/use @1 translate text=a")
    assert isinstance(outcome, FillPrompt)
    assert (outcome.use.missing, outcome.at) == (("language",), 1)
    assert session.encode() == before
    assert "@9 is out of range" in refusal(session, "/use @9 translate")


# -- front matter ------------------------------------------------------------------------------------------------------


def test_front_matter_sets_what_set_would(session, folder):
    """The answer says what is set, and how to take it back; it is not part of the message."""
    (folder / "cool.md").write_text("---\nmodel: grok-4.3\ntemperature: 0.3\n---\nBe cool.\n", encoding="utf-8")
    answer = run_command(session, "/use cool")
    assert answer.text == "added as #3 (cool) · model = grok-4.3, temperature = 0.3 (/unset KEY undoes it)"
    assert message_texts(session)[-1] == "Be cool."
    assert (session.settings.model, session.settings.params) == ("grok-4.3", {"temperature": 0.3})
    run_command(session, "/set model other")
    run_command(session, "/unset temperature")
    assert (session.settings.model, session.settings.params) == ("other", {})


def test_the_answer_fits_a_line(folder):
    session = session_of(*map(str, range(30)), prompts_folder=folder)
    session.add_message({"role": "assistant", "content": "x"}, reply_fields={"usage": {"prompt_tokens": 9999}})
    (folder / ("long-" * 18 + ".md")).write_text(f'---\nstop: "{"s" * 200}"\nn: 1\n---\nText.', encoding="utf-8")
    answer = run_command(session, f"/use @1 {'long-' * 18}")
    assert len(answer.text) <= 100
    assert "/unset KEY undoes it" in answer.text


def test_a_setting_that_is_refused_inserts_nothing(session, folder):
    (folder / "evil.md").write_text("---\nmodel: x\nbase_url: http://localhost\n---\nText.", encoding="utf-8")
    assert f"{folder / 'evil.md'}, line 3: base_url cannot be set in a prompt file" in broken(session, "evil")
    (folder / "bare.md").write_text("---\nmodel: x\n---\n \n", encoding="utf-8")
    assert "it is empty below its front matter" in broken(session, "bare")


# -- files that are no prompts -----------------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("/use tran", ["translate"]),
        ("/use translate ", ["text=", "language="]),
        ("/use translate l", ["language="]),
        ("/use @1 translate text=a ", ["language="]),
        ('/use translate text="a b" l', ["language="]),
        ('/use translate text="a l', []),
        ("/use translate language=", []),
        ("/use nothing ", []),
    ],
)
def test_tab_completes_gaps(session, gaps, tmp_path, line, offered):
    completer = LineCompleter(by_name(), SessionStore(session.config, tmp_path))
    candidates = list(completer.candidates(line, session))
    assert [candidate.text for candidate in candidates] == offered
    assert [candidate.suffix for candidate in candidates] == [" " if text == "translate" else "" for text in offered]


def test_tab_completes_names(session, tmp_path):
    store = SessionStore(session.config, tmp_path)

    def offered(line: str) -> list[tuple[str, str]]:
        return [
            (candidate.text, candidate.description)
            for candidate in LineCompleter(by_name(), store).candidates(line, session)
        ]

    assert offered("/use re") == [("review", "Review this.")]
    assert offered("/use @1 br") == [("brief", "Answer in one sentence.")]
    assert offered("/use code r") == [("code review", "Look twice.")]
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
