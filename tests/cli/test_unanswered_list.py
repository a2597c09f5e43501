"""`-p` with -r or -c and nothing new to send: a list that waits for a reply goes out unchanged, and is answered."""

from __future__ import annotations

import io
import json

import pytest
from fake_api import Answer, completion
from support import err, journal_lines, make_environment, out, paragraph, run_cli, sessions

from grokchat.cli.main import main
from grokchat.session.journal_file import JournalFile

QUESTION = {"role": "user", "content": "One?"}
REPLY = {"role": "assistant", "content": "1"}
SYSTEM = {"role": "system", "content": "Be brief."}
CALL = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "42"}


def write_list(tmp_path, messages) -> str:
    path = tmp_path / "conversation.json"
    path.write_text(json.dumps(messages), encoding="utf-8")
    return str(path)


def unanswered_session(home, api, *options: str) -> bytes:
    """Leave a session whose only message was refused; return its file's content."""
    answers, api.answers = api.answers, [Answer.json(403, {"code": "permission-denied", "error": "No."})]
    assert run_cli(home, api, *options, "One?")[0] == 1
    api.answers = answers
    api.requests.clear()
    [path] = sessions(home)
    return path.read_bytes()


@pytest.mark.parametrize(
    "messages",
    [
        [QUESTION],
        [SYSTEM, QUESTION],
        [QUESTION, SYSTEM],
        [SYSTEM],
        [QUESTION, REPLY, QUESTION],
        [QUESTION, CALL, RESULT],
        [{"role": "user", "name": "Ann", "content": [{"type": "text", "text": "é\u2028\U0001f600"}]}],
        [QUESTION, QUESTION],
    ],
)
def test_a_list_that_waits_for_a_reply_is_sent_unchanged_and_answered(home, api, tmp_path, messages):
    path = write_list(tmp_path, messages)
    code, environment = run_cli(home, api, "-p", "-r", path)
    assert (code, out(environment), err(environment)) == (0, "Hello there.\n", "")
    assert [request.messages for request in api.requests] == [messages]
    [session] = sessions(home)
    bodies = [event["message"] for event in journal_lines(session) if event["type"] == "message"]
    assert bodies == [*messages, {"role": "assistant", "content": "Hello there."}]
    assert json.loads((tmp_path / "conversation.json").read_text(encoding="utf-8")) == messages


def test_a_session_gets_the_reply_appended(home, api):
    before = unanswered_session(home, api)
    code, environment = run_cli(home, api, "-p", "-c")
    assert (code, out(environment)) == (0, "Hello there.\n")
    assert api.requests[0].messages == [QUESTION]
    [path] = sessions(home)
    assert path.read_bytes().startswith(before)
    assert journal_lines(path)[-1]["message"]["content"] == "Hello there."
    assert run_cli(home, api, "-p", "-r", path.stem)[0] == 2


@pytest.mark.parametrize("stdin", [None, b""])
@pytest.mark.parametrize("flags", [[], ["-p"], ["--json"], ["--no-stream"], ["-p", "--no-save"]])
def test_it_works_in_every_kind_of_one_shot(home, api, flags, stdin):
    unanswered_session(home, api)
    if "--no-stream" in flags:
        api.answers = [Answer.json(200, completion("Hello there."))]
    code, environment = run_cli(home, api, *flags, "-c", stdin=stdin)
    assert (code, err(environment)) == (0, "")
    printed = out(environment)
    text = json.loads(printed)["choices"][0]["message"]["content"] if "--json" in flags else printed.rstrip("\n")
    assert text == "Hello there."
    is_kept = journal_lines(sessions(home)[0])[-1].get("message", {}).get("content") == "Hello there."
    assert is_kept == ("--no-save" not in flags)


def test_system_messages_are_appended_to_it(home, api):
    unanswered_session(home, api, "-s", "first")
    assert run_cli(home, api, "-p", "-c", "-s", "later", "-s", "last")[0] == 0
    assert [message["content"] for message in api.requests[0].messages] == ["first", "One?", "later", "last"]


def test_the_demo_answers_it_too(home, tmp_path):
    code, environment = run_cli(home, None, "--demo", "-p", "-r", write_list(tmp_path, [QUESTION]))
    assert code == 0
    assert out(environment).startswith("You said: One?\n")


def test_a_message_that_is_given_is_sent_with_the_list_as_before(home, api, tmp_path):
    path = write_list(tmp_path, [QUESTION])
    assert run_cli(home, api, "-p", "-r", path, stdin=b"Two?")[0] == 0
    assert api.requests[0].messages == [QUESTION, {"role": "user", "content": "Two?"}]


@pytest.mark.parametrize("options", [[], ["-s", "Be brief."]])
@pytest.mark.parametrize("messages", [[QUESTION, REPLY], [REPLY], [QUESTION, CALL]])
def test_a_list_that_ends_with_a_reply_exits_2_and_leaves_no_session(home, api, tmp_path, messages, options):
    code, environment = run_cli(home, api, "-p", "-r", write_list(tmp_path, messages), *options)
    assert code == 2
    text = paragraph(environment)
    assert "PROMPT" in text
    assert "/continue" in text
    assert api.requests == []
    assert sessions(home) == []


def test_an_interrupted_reply_is_a_reply(home, api):
    unanswered_session(home, api)
    [path] = sessions(home)
    with path.open("ab") as file:
        file.write(b'{"type":"partial","id":"p1","reply":"r1","text":"Hel"}\n')
    before = path.read_bytes()
    code, environment = run_cli(home, api, "-p", "-c")
    assert code == 2
    assert "/continue" in paragraph(environment)
    assert (path.read_bytes(), api.requests) == (before, [])


@pytest.mark.parametrize("muted", [True, False])
def test_what_is_muted_does_not_count(home, api, muted):
    """A muted question is not sent; a muted reply leaves the question before it."""
    assert run_cli(home, api, "One?")[0] == 0
    api.requests.clear()
    [path] = sessions(home)
    ids = [event["id"] for event in journal_lines(path) if event["type"] == "message"]
    event = {"type": "mute", "id": "m1", "ids": ids if muted else ids[1:]}
    with path.open("a", encoding="ascii") as file:
        file.write(json.dumps(event) + "\n")
    code, environment = run_cli(home, api, "-p", "-c")
    if muted:
        assert code == 2
        assert "muted" in paragraph(environment)
        assert api.requests == []
    else:
        assert (code, api.requests[0].messages) == (0, [QUESTION])


def test_an_empty_session_exits_2(home, api):
    unanswered_session(home, api)
    [path] = sessions(home)
    [header, *_] = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(header)
    code, environment = run_cli(home, api, "-p", "-c")
    assert code == 2
    assert "PROMPT" in paragraph(environment)
    assert api.requests == []


def test_a_session_whose_header_is_damaged_is_answered_in_a_new_file(home, api):
    unanswered_session(home, api)
    [path] = sessions(home)
    damaged = path.read_bytes().replace(b'{"type":"session"', b'{"type":"sess', 1)
    path.write_bytes(damaged)
    assert run_cli(home, api, "-p", "-r", path.stem)[0] == 0
    assert path.read_bytes() == damaged
    [copy] = [other for other in sessions(home) if other != path]
    bodies = [event["message"]["content"] for event in journal_lines(copy) if "message" in event]
    assert bodies == ["One?", "Hello there."]


def test_a_damaged_session_that_ends_with_a_reply_leaves_no_copy(home, api):
    assert run_cli(home, api, "One?")[0] == 0
    [path] = sessions(home)
    path.write_bytes(path.read_bytes().replace(b'{"type":"session"', b'{"type":"sess', 1))
    assert run_cli(home, api, "-p", "-r", path.stem)[0] == 2
    assert sessions(home) == [path]


def test_an_import_is_on_disk_before_its_request_leaves(home, api, tmp_path):
    """As a user's message is: whatever happens to the request, the list can be continued."""
    api.answers = [Answer.json(403, {"code": "permission-denied", "error": "No."})]
    assert run_cli(home, api, "-p", "-r", write_list(tmp_path, [SYSTEM, QUESTION]))[0] == 1
    [path] = sessions(home)
    assert [event["message"] for event in journal_lines(path) if "message" in event] == [SYSTEM, QUESTION]


def test_nothing_is_sent_that_could_not_be_saved(home, api, tmp_path):
    home.mkdir()
    (home / "sessions").write_bytes(b"a file, not a folder")
    code, environment = run_cli(home, api, "-p", "-r", write_list(tmp_path, [QUESTION]))
    assert code == 4
    assert "nothing was sent" in paragraph(environment)
    assert api.requests == []


def test_a_session_that_is_open_elsewhere_exits_4(home, api):
    before = unanswered_session(home, api)
    [path] = sessions(home)
    holder = JournalFile.open(path)
    try:
        assert run_cli(home, api, "-p", "-c")[0] == 4
    finally:
        holder.close()
    assert (path.read_bytes(), api.requests) == (before, [])


def test_a_secret_in_the_list_is_refused_if_one_shots_refuse_secrets(home, api, tmp_path):
    home.mkdir()
    (home / "config.toml").write_text('leak_guard = "always"\n', encoding="utf-8")
    messages = [{"role": "user", "content": "postgres://admin:hunter2@db.internal/x"}]
    code, environment = run_cli(home, api, "-p", "-r", write_list(tmp_path, messages))
    assert code == 2
    paragraph(environment)
    assert (api.requests, sessions(home)) == ([], [])


def test_the_same_bytes_are_sent_when_the_reply_failed(home, api, tmp_path):
    """So that the prompt cache hits: the second request is the first."""
    api.answers = [Answer.json(400, {"code": "x", "error": "No."}), *api.answers]
    assert run_cli(home, api, "-p", "-r", write_list(tmp_path, [SYSTEM, QUESTION]))[0] == 1
    assert run_cli(home, api, "-p", "-c")[0] == 0
    first, second = api.requests
    assert first.body == second.body
    assert first.headers["x-grok-conv-id"] == second.headers["x-grok-conv-id"]


def test_without_a_terminal_an_empty_input_and_no_session_exit_2(home, api):
    environment = make_environment(home, "-p", env={"GROKCHAT_BASE_URL": api.url})
    environment.stdin, environment.stdin_is_tty = io.BytesIO(b""), False
    assert main(environment) == 2
    paragraph(environment)
    assert api.requests == []
