"""Sessions on the command line: the order of messages, resuming, and --no-save, which stores nothing."""

from __future__ import annotations

import json
import os

import pytest
from fake_api import Answer, FakeApi, chunk, frames
from support import err, journal_lines, make_environment, out, paragraph, roles, run_cli, sessions

from grokchat.cli.main import main
from grokchat.session.journal_file import JournalFile

MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": [{"type": "text", "text": "One?"}]}]


def contents(api: FakeApi, number: int = -1) -> list[object]:
    return [message["content"] for message in api.requests[number].messages]


def prefix(body: bytes) -> bytes:
    """Return a body up to the end of its last message."""
    return body[: body.rindex(b'],"stream"')]


def test_the_order_is_system_files_standard_input_prompt(home, api, tmp_path):
    (tmp_path / "a.txt").write_bytes(b"alpha\r\n")
    (tmp_path / "b.txt").write_bytes("béta".encode())
    argv = ["and", "-f", str(tmp_path / "a.txt"), "-s", "one", "-f", str(tmp_path / "b.txt"), "-s", "two", "now?"]
    code, environment = run_cli(home, api, *argv, stdin=b"piped\n")
    assert (code, err(environment)) == (0, "")
    assert api.requests[0].messages == [
        {"role": "system", "content": "one"},
        {"role": "system", "content": "two"},
        {"role": "user", "content": "File: a.txt\n\nalpha\r\n"},
        {"role": "user", "content": "File: b.txt\n\nbéta"},
        {"role": "user", "content": "piped\n"},
        {"role": "user", "content": "and now?"},
    ]
    assert len(api.requests) == 1


def test_words_after_two_dashes_are_the_prompt(home, api):
    assert run_cli(home, api, "-m", "grok-5", "--", "-c", "--help", "--")[0] == 0
    assert contents(api) == ["-c --help --"]


def test_only_what_the_user_set_is_sent_as_given(home, api):
    code, _ = run_cli(
        home, api, "-m", "grok-5", "-o", "temperature=0.20", "-o", 'stop=["a"]', "-o", "user=me=you", "hi"
    )
    assert code == 0
    body = api.requests[0].json
    assert body.pop("messages") == [{"role": "user", "content": "hi"}]
    assert body == {
        "model": "grok-5",
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.2,
        "stop": ["a"],
        "user": "me=you",
    }


def test_a_missing_file_exits_4_and_nothing_is_sent(home, api, tmp_path):
    code, environment = run_cli(home, api, "-f", str(tmp_path / "none.txt"), "hi")
    assert code == 4
    assert "none.txt" in paragraph(environment)
    assert api.requests == []


def test_continue_sends_the_same_bytes_again_and_one_message_more(home, api):
    """The bytes of an unchanged prefix are identical from request to request, and so is the conversation's id."""
    assert run_cli(home, api, "-s", "Sei kürzer \U0001f600", "first")[0] == 0
    assert run_cli(home, api, "-c", "second")[0] == 0
    assert run_cli(home, api, "-c", "-s", "later", "third")[0] == 0
    bodies = [request.body for request in api.requests]
    assert bodies[1].startswith(prefix(bodies[0]))
    assert bodies[2].startswith(prefix(bodies[1]))
    assert roles(api.requests[1].messages) == ["system", "user", "assistant", "user"]
    assert roles(api.requests[2].messages)[4:] == ["assistant", "system", "user"]
    assert len({request.headers["x-grok-conv-id"] for request in api.requests}) == 1
    assert len(sessions(home)) == 1


def test_the_model_and_the_parameters_stay_with_the_session(home, api):
    assert run_cli(home, api, "-m", "grok-5", "-o", "temperature=0.5", "first")[0] == 0
    assert run_cli(home, api, "-c", "second")[0] == 0
    assert (api.requests[1].json["model"], api.requests[1].json["temperature"]) == ("grok-5", 0.5)


def named_session(home, api) -> str:
    """Make two sessions; return the id of the first, which is called `plans`."""
    assert run_cli(home, api, "first")[0] == 0
    [path] = sessions(home)
    with path.open("ab") as file:
        file.write(b'{"type":"name","id":"n1","time":"2026-01-01T00:00:00.000Z","name":"plans"}\n')
    assert run_cli(home, api, "other")[0] == 0
    return path.stem


@pytest.mark.parametrize("how", ["id", "prefix", "name", "path"])
def test_resume_accepts_an_id_its_beginning_a_name_or_a_path(home, api, how):
    first = named_session(home, api)
    ids = [path.stem for path in sessions(home)]
    length = next(size for size in range(1, 100) if sum(session_id.startswith(first[:size]) for session_id in ids) == 1)
    path = str(home / "sessions" / f"{first}.jsonl")
    reference = {"id": first, "prefix": first[:length], "name": "plans", "path": path}[how]
    code, environment = run_cli(home, api, "-r", reference, "more")
    assert (code, err(environment)) == (0, "")
    assert contents(api) == ["first", "Hello there.", "more"]
    assert len(sessions(home)) == 2


def test_a_beginning_that_could_be_two_sessions_exits_2(home, api):
    named_session(home, api)
    code, environment = run_cli(home, api, "-r", "2", "more")
    assert code == 2
    assert "is ambiguous" in paragraph(environment)


@pytest.mark.parametrize("argv", [["-c"], ["-r", "nobody"], ["-r", "none.jsonl"]])
def test_a_missing_session_exits_4(home, api, argv):
    code, environment = run_cli(home, api, *argv, "--", "more")
    assert code == 4
    paragraph(environment)
    assert api.requests == []


def test_resume_without_a_session_needs_a_terminal(home, api):
    named_session(home, api)
    code, environment = run_cli(home, api, "-r", "--", "more")
    assert code == 2
    assert "-c" in paragraph(environment)


@pytest.mark.parametrize("form", ["array", "body", "lines"])
def test_resume_accepts_api_messages_and_leaves_the_file_alone(home, api, tmp_path, form):
    data = {
        "array": json.dumps(MESSAGES, indent=1),
        "body": json.dumps({"model": "grok-3", "temperature": 0, "messages": MESSAGES, "stream": True}),
        "lines": "".join(json.dumps(message) + "\n" for message in MESSAGES),
    }[form]
    path = tmp_path / "talk.json"
    path.write_text(data, encoding="utf-8")
    code, _ = run_cli(home, api, "-r", str(path), "go", "on")
    assert code == 0
    assert api.requests[0].messages == [*MESSAGES, {"role": "user", "content": "go on"}]
    assert api.requests[0].json["model"] == ("grok-3" if form == "body" else "grok-4.7")
    assert api.requests[0].json.get("temperature") == (0 if form == "body" else None)
    assert path.read_text(encoding="utf-8") == data
    assert len(sessions(home)) == 1
    assert run_cli(home, api, "-c", "and on")[0] == 0
    assert roles(api.requests[1].messages) == ["system", "user", "user", "assistant", "user"]


def test_no_save_leaves_nothing_on_the_disk(home, api):
    code, environment = run_cli(home, api, "--no-save", "hi")
    assert (code, out(environment), err(environment)) == (0, "Hello there.\n", "")
    assert not home.exists()


def test_no_save_does_not_change_a_session_that_it_resumes(home, api):
    assert run_cli(home, api, "first")[0] == 0
    [path] = sessions(home)
    before = path.read_bytes()
    assert run_cli(home, api, "-c", "--no-save", "second")[0] == 0
    assert contents(api) == ["first", "Hello there.", "second"]
    assert path.read_bytes() == before
    assert sessions(home) == [path]


@pytest.mark.skipif(os.name != "posix", reason="file modes are a POSIX thing")
def test_session_files_are_private(home, api):
    assert run_cli(home, api, "hi")[0] == 0
    [path] = sessions(home)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_session_that_another_process_has_open_exits_4_and_names_the_process(home, api):
    assert run_cli(home, api, "first")[0] == 0
    [path] = sessions(home)
    before = path.read_bytes()
    holder = JournalFile.open(path)
    try:
        code, environment = run_cli(home, api, "-c", "second")
    finally:
        holder.close()
    assert code == 4
    assert f"process {os.getpid()}" in paragraph(environment)
    assert path.read_bytes() == before
    assert len(api.requests) == 1


def test_a_message_whose_request_fails_stays_unanswered(home, api):
    api.answers = [Answer.json(403, {"code": "permission-denied", "error": "No."})]
    assert run_cli(home, api, "first")[0] == 1
    assert [event["message"]["content"] for event in journal_lines(sessions(home)[0]) if "message" in event] == [
        "first"
    ]
    with FakeApi() as better:
        assert run_cli(home, better, "-c", "second")[0] == 0
        assert contents(better) == ["first", "second"]


def test_a_damaged_line_is_reported_once_and_loses_only_that_line(home, api):
    assert run_cli(home, api, "first")[0] == 0
    [path] = sessions(home)
    with path.open("ab") as file:
        file.write(b'{"type":"message","id":"x","mess\n')
    number = len(path.read_bytes().splitlines())
    code, environment = run_cli(home, api, "-c", "second")
    assert code == 0
    assert f"line {number} " in paragraph(environment)
    assert contents(api) == ["first", "Hello there.", "second"]
    code, environment = run_cli(home, api, "-c", "third")
    assert (code, err(environment)) == (0, "")


DAMAGED_READS = {
    "export": ["--export", "markdown"],
    "export into a file": ["--export", "json", "-O", "{home}/out"],
    "one shot": ["again"],
    "print": ["-p", "again"],
    "json": ["--json", "again"],
    "without saving": ["--no-save", "again"],
    "unstreamed": ["--no-stream", "again"],
}


@pytest.mark.parametrize("argv", DAMAGED_READS.values(), ids=list(DAMAGED_READS))
@pytest.mark.parametrize("which", ["-c", "-r"])
def test_damaged_lines_are_reported_wherever_a_session_is_read(home, api, which, argv):
    """With their numbers, on standard error alone; and not again after an append."""
    assert run_cli(home, api, "first")[0] == 0
    [path] = sessions(home)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[1:1] = [b"\0\0\0\n", b"\n"]
    path.write_bytes(b"".join([*lines, b"[1]\n", b'{"type":"message","id":"x","mess']))
    numbers = [2, len(lines) + 1, len(lines) + 2]
    argv = [which, *([path.stem] if which == "-r" else []), *(word.format(home=home) for word in argv)]
    code, environment = run_cli(home, api, *argv)
    assert code == 0
    assert [line.partition(" of the session file was lost")[0] for line in err(environment).splitlines()] == [
        f"grokchat: line {number}" for number in numbers
    ]
    assert "was lost" not in out(environment)
    is_saved = not {"--export", "--no-save"} & set(argv)
    again = err(run_cli(home, api, "-c", "--export", "json")[1])
    assert again.count("was lost") == (0 if is_saved else 3)


def test_damaged_lines_are_reported_also_when_another_process_has_the_session_open(home, api):
    assert run_cli(home, api, "first")[0] == 0
    [path] = sessions(home)
    with path.open("ab") as file:
        file.write(b"[1]\n")
    holder = JournalFile.open(path)
    try:
        for argv, code in ((["again"], 4), (["--export", "json"], 0)):
            found, environment = run_cli(home, api, "-c", *argv)
            assert found == code
            assert err(environment).count("was lost") == 1
    finally:
        holder.close()


def test_the_key_is_in_no_file(home, api):
    environment = make_environment(home, "hi", env={"GROKCHAT_BASE_URL": api.url})
    assert main(environment) == 0
    key = environment.variables["XAI_API_KEY"].encode()
    assert [path for path in home.rglob("*") if path.is_file() and key in path.read_bytes()] == []


def test_a_broken_reply_with_no_save_is_not_reported_as_kept(home, api):
    api.answers = [Answer([frames(chunk({"content": "part"}), done=False)])]
    code, environment = run_cli(home, api, "--no-save", "hi")
    assert (code, out(environment)) == (3, "part\n")
    assert "Nothing of it is saved" in err(environment)
    assert "/continue" not in err(environment)
