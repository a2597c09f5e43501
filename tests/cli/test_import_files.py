"""Other programs' conversations on the command line: what is sent and kept, what is said, and which one is taken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fake_api import Answer, FakeApi
from import_samples import (
    AGENT_MESSAGES,
    CHATGPT,
    CHATGPT_CHANGES,
    CHATGPT_MESSAGES,
    CLAUDE_AI,
    CLAUDE_CODE,
    CODEX,
    DROID,
    GROK_COM,
    LLM,
    LLM_MESSAGES,
    PI,
    SHAREGPT,
    SHAREGPT_MESSAGES,
    assistant,
    chatgpt,
    json_lines,
    node,
    user,
)
from support import err, journal_lines, out, paragraph, run_cli, sessions

FILES: dict[str, tuple[str, list[Any]]] = {
    "chatgpt": (json.dumps([CHATGPT]), CHATGPT_MESSAGES),
    "chatgpt, one": (json.dumps(CHATGPT, indent=2), CHATGPT_MESSAGES),
    "sharegpt": (json.dumps([SHAREGPT]), SHAREGPT_MESSAGES),
    "llm": (json.dumps(LLM, indent=2), LLM_MESSAGES),
    "fine-tuning": (json_lines({"messages": [user("q"), assistant("a")]}), [user("q"), assistant("a")]),
    "objects": (
        "".join(json.dumps(item, indent=1) for item in (user("q"), assistant("a"))),
        [user("q"), assistant("a")],
    ),
    "pi": (json_lines(*PI), AGENT_MESSAGES),
    "droid": (json_lines(*DROID), AGENT_MESSAGES),
    "claude code": (json_lines(*CLAUDE_CODE), AGENT_MESSAGES),
    "codex": (json_lines(*CODEX), AGENT_MESSAGES),
    "grok.com": (json.dumps({"conversations": [GROK_COM], "projects": []}), AGENT_MESSAGES),
    "claude.ai": (json.dumps([CLAUDE_AI]), AGENT_MESSAGES),
    "refusal": (json.dumps([user("q"), {**assistant(None), "refusal": "No."}]), [user("q"), assistant("No.")]),
}
QUESTION = user("and now?")


@pytest.fixture
def folder(tmp_path):
    """Return a folder of its own, where a lock beside the file would be seen."""
    path = tmp_path / "theirs"
    path.mkdir()
    return path


def write(folder: Path, text: str, name: str = "talk.json") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", FILES)
def test_an_imported_conversation_is_sent_kept_and_continued(home, api, folder, kind):
    text, messages = FILES[kind]
    path = write(folder, text)
    before = path.read_bytes()
    assert run_cli(home, api, "-r", str(path), "and", "now?")[0] == 0
    assert api.requests[0].messages == [*messages, QUESTION]
    assert [file.name for file in folder.iterdir()] == ["talk.json"]
    assert path.read_bytes() == before
    [session] = sessions(home)
    assert journal_lines(session)[0]["imported_from"] == "talk.json"
    code, environment = run_cli(home, api, "-c", "again")
    assert (code, err(environment)) == (0, "")
    assert api.requests[1].messages == [*messages, QUESTION, assistant("Hello there."), user("again")]


@pytest.mark.parametrize("kind", FILES)
def test_an_imported_conversation_is_exported_and_comes_back(home, api, folder, kind):
    text, messages = FILES[kind]
    path = write(folder, text)
    exported = {}
    for form in ("json", "request"):
        code, environment = run_cli(home, None, "-r", str(path), "--export", form)
        assert code == 0
        exported[form] = write(folder, out(environment), f"{form}.json")
    assert json.loads(exported["json"].read_bytes()) == messages
    assert sessions(home) == []
    for form in exported:
        assert run_cli(home, api, "-r", str(exported[form]), "and", "now?")[0] == 0
        assert api.requests[-1].messages == [*messages, QUESTION]


def test_what_is_left_out_is_said_in_one_line(home, api, folder):
    path = write(folder, json.dumps([CHATGPT]), "conversations.json")
    said = f"grokchat: conversations.json: {CHATGPT_CHANGES}\n"
    for argv in (["hi"], ["-p", "hi"], ["--json", "hi"], ["--no-save", "hi"], ["--export", "markdown"]):
        code, environment = run_cli(home, api, "-r", str(path), *argv)
        assert (code, err(environment)) == (0, said)
    code, environment = run_cli(home, api, "-c", "hi")
    assert (code, err(environment)) == (0, "")


def test_an_unanswered_list_is_answered_without_a_prompt(home, api, folder):
    path = write(folder, json.dumps(chatgpt(node("a", None, "user", "q"))))
    code, environment = run_cli(home, api, "-p", "-r", str(path))
    assert (code, out(environment)) == (0, "Hello there.\n")
    assert api.requests[0].messages == [user("q")]
    assert [event["message"] for event in journal_lines(sessions(home)[0]) if "message" in event] == [
        user("q"),
        assistant("Hello there."),
    ]


def test_nulls_of_a_request_body_are_not_sent(home, api, folder):
    request = {
        "model": "grok-4.7",
        "messages": [user("q")],
        "temperature": None,
        "tools": None,
        "stop": None,
        "seed": 5,
    }
    path = write(folder, json.dumps({**request, "stream": None, "stream_options": None}))
    assert run_cli(home, api, "-p", "-r", str(path))[0] == 0
    options = {"stream": True, "stream_options": {"include_usage": True}}
    assert api.requests[0].json == {"model": "grok-4.7", "messages": [user("q")], "seed": 5, **options}


def test_the_title_is_the_sessions_name(home, api, folder):
    path = write(folder, json.dumps([chatgpt(node("a", None, "user", "q"), title="Tomato\nsoup")]))
    assert run_cli(home, api, "-r", str(path), "more")[0] == 0
    assert run_cli(home, api, "-r", "Tomato soup", "again")[0] == 0
    assert [message["content"] for message in api.requests[1].messages] == ["q", "more", "Hello there.", "again"]
    assert len(sessions(home)) == 1


SEVERAL = [chatgpt(node("a", None, "user", f"about {word}"), title=word) for word in ("apples", "pears", "\x1b[2Jx")]


def test_of_several_conversations_one_must_be_named(home, api, folder):
    path = write(folder, json.dumps(SEVERAL))
    for argv in (["hi"], ["-p"], ["--export", "json"]):
        code, environment = run_cli(home, api, "-r", str(path), *argv)
        assert (code, out(environment)) == (2, "")
        said = paragraph(environment)
        assert "3 conversations" in said
        assert f"{path}#2" in said
        assert "1 “apples”, 2 “pears”, 3 “␛[2Jx”" in said
    assert (api.requests, sessions(home)) == ([], [])


@pytest.mark.parametrize(
    ("choice", "expected"), [("2", "about pears"), ("pears", "about pears"), ("1", "about apples")]
)
def test_one_of_several_conversations_is_named_behind_a_number_sign(home, api, folder, choice, expected):
    path = write(folder, json.dumps(SEVERAL))
    code, environment = run_cli(home, api, "-r", f"{path}#{choice}", "hi")
    assert (code, err(environment)) == (0, "")
    assert api.requests[0].messages == [user(expected), user("hi")]


@pytest.mark.parametrize("choice", ["0", "4", "plums", "1.0", "-1"])
def test_a_conversation_that_is_not_in_the_file_is_refused(home, api, folder, choice):
    path = write(folder, json.dumps(SEVERAL))
    code, environment = run_cli(home, api, "-r", f"{path}#{choice}", "hi")
    assert code == 2
    assert f"none of them is “{choice}”" in paragraph(environment)
    assert "“apples”" in err(environment)
    assert api.requests == []


def test_a_file_whose_name_has_a_number_sign_is_that_file(home, api, folder):
    write(folder, json.dumps([user("other")]), "talk.json")
    path = write(folder, json.dumps([user("q")]), "talk.json#2")
    assert run_cli(home, api, "-r", str(path), "hi")[0] == 0
    assert run_cli(home, api, "-r", f"{path}#1", "hi")[0] == 0
    assert [request.messages[0] for request in api.requests] == [user("q"), user("q")]


def test_a_session_has_no_conversations_to_choose_from(home, api):
    assert run_cli(home, api, "hi")[0] == 0
    [path] = sessions(home)
    before = path.read_bytes()
    code, environment = run_cli(home, api, "-r", f"{path}#1", "hi")
    assert (code, path.read_bytes()) == (4, before)
    assert "of one conversation" in paragraph(environment)


def test_an_import_whose_request_is_refused_is_kept(home, api, folder):
    api.answers = [Answer.json(403, {"code": "permission-denied", "error": "No."})]
    path = write(folder, json.dumps([SHAREGPT]))
    assert run_cli(home, api, "-r", str(path), "and", "now?")[0] == 1
    with FakeApi() as better:
        assert run_cli(home, better, "-c", "again")[0] == 0
        assert better.requests[0].messages == [*SHAREGPT_MESSAGES, QUESTION, user("again")]


@pytest.mark.parametrize(
    "data", [b"", b"# Notes\n", b"[1]", b"\x89PNG\r\n\x1a\n", b"[{", b"\x1b[2J\x07", b'{"\x7f":1}']
)
def test_what_cannot_be_imported_is_one_paragraph_and_sends_nothing(home, api, folder, data):
    path = folder / "theirs"
    path.write_bytes(data)
    for argv in (["hi"], ["-p"], ["--export", "json"], ["--json", "hi"]):
        code, environment = run_cli(home, api, "-r", str(path), *argv)
        assert (code, out(environment)) == (4, "")
        assert "theirs: " in paragraph(environment)
        assert not set(err(environment)) & set("\x1b\x07\x7f")
    assert (api.requests, sessions(home), path.read_bytes()) == ([], [], data)
