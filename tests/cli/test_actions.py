"""The actions of the command line: export and import of sessions, the lists of sessions and of models."""

from __future__ import annotations

import json
import stat

import pytest
from fake_api import Answer, FakeApi
from hypothesis import given
from hypothesis import strategies as st
from support import KEY, err, make_environment, out, paragraph, run_cli, sessions
from terminal_emulator import Emulator

from grokchat.cli.main import main
from grokchat.export.formats import FORMATS, export
from grokchat.messages import Message
from grokchat.session.export_source import export_source
from grokchat.session.journal_file import JournalFile
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.session.store import SessionStore

MESSAGES = [
    {"role": "system", "content": 'Be "brief" & don\'t\n$HOME `x` \\ é 日本 \u2028'},
    {"role": "user", "content": "one", "name": "bob"},
    {"role": "user", "content": [{"type": "text", "text": "two"}, {"type": "image_url", "image_url": {"url": "x:y"}}]},
    {"role": "assistant", "content": "reply", "reasoning_content": "hm"},
    {"role": "system", "content": "later"},
    {"role": "user", "content": "three"},
]


def saved(home, messages=MESSAGES, name: str = "") -> str:
    """Keep a session of these messages; return its id."""
    session = Session.new(SessionConfig(home / "sessions"))
    session.add_initial_messages(Message(f"m{number}", body) for number, body in enumerate(messages))
    if name:
        session.rename(name)
    session.close()
    return session.id


def run(home, *argv, stdin=None, **more):
    environment = make_environment(home, *argv, stdin=stdin, env={"XAI_API_KEY": ""}, **more)
    return main(environment), environment


# -- exports -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_needs_no_key_and_no_network(home, form):
    session_id = saved(home)
    before = sessions(home)[0].read_bytes()
    code, environment = run(home, "-r", session_id, "--export", form)
    assert (code, err(environment)) == (0, "")
    assert "later" in out(environment)
    assert sessions(home)[0].read_bytes() == before


def test_json_is_the_array_of_messages_that_are_sent(home):
    saved(home)
    code, environment = run(home, "-c", "--export", "json")
    assert code == 0
    assert json.loads(out(environment)) == MESSAGES


def test_request_is_the_body_to_the_byte(home, api):
    assert run_cli(home, api, "-o", "temperature=0.5", "hello")[0] == 0
    code, environment = run(home, "-c", "--export", "request")
    assert code == 0
    before, after = api.requests[0].body.split(b"]", 1)
    assert environment.stdout.getvalue().startswith(before)
    assert environment.stdout.getvalue().endswith(after)


def test_an_export_is_private_and_does_not_overwrite(home, tmp_path):
    saved(home)
    path = tmp_path / "a.json"
    code, environment = run(home, "-c", "--export", "json", "-O", str(path))
    assert (code, out(environment), err(environment)) == (0, "", "")
    assert json.loads(path.read_text(encoding="utf-8")) == MESSAGES
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    code, environment = run(home, "-c", "--export", "markdown", "-O", str(path))
    assert code == 4
    assert "the file exists and was not changed" in paragraph(environment)
    assert json.loads(path.read_text(encoding="utf-8")) == MESSAGES


def test_on_a_terminal_an_export_is_made_visible(home):
    saved(home, [{"role": "user", "content": "a\x1b]0;title\x07\u202eb"}])
    code, environment = run(home, "-c", "--export", "markdown", stdout_is_tty=True)
    assert code == 0
    assert "\x1b" not in out(environment)
    assert "\u202e" not in out(environment)


def test_a_session_that_is_open_elsewhere_can_be_exported(home):
    saved(home)
    file = JournalFile.open(sessions(home)[0])
    assert run(home, "-c", "--export", "json")[0] == 0
    file.close()


@pytest.mark.parametrize(
    ("argv", "code", "reason"),
    [
        (["--export", "json"], 2, "needs a session: -r SESSION, or -c"),
        (["-r", "--export", "json"], 2, "-r without a session"),
        (["-c", "--export", "docx"], 2, "The formats are markdown, json, request, html, curl"),
        (["-c", "--export", "json", "hello"], 2, "send nothing"),
        (["-O", "x"], 2, "-O says where --export writes to"),
        (["-r", "nobody", "--export", "json"], 4, "no session has this id or name"),
        (["-c", "--export", "json", "-O", "/nowhere/at/all"], 4, "cannot be written"),
        (["--list-models"], 2, "XAI_API_KEY"),
    ],
)
def test_an_action_that_fails_reports_why(home, argv, code, reason):
    saved(home)
    got, environment = run(home, *argv)
    assert (got, out(environment)) == (code, "")
    assert reason in err(environment)


def test_no_export_holds_the_key(home, api):
    assert run_cli(home, api, "hello")[0] == 0
    for form in FORMATS:
        environment = make_environment(home, "-c", "--export", form)
        assert main(environment) == 0
        assert KEY not in out(environment) + err(environment)


# -- back in -----------------------------------------------------------------------------------------------------------

TEXT = st.text(max_size=20)
CONTENT = st.text(min_size=1, max_size=20) | st.lists(
    st.fixed_dictionaries({"type": st.just("text"), "text": TEXT}), min_size=1, max_size=3
)
BODIES = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["system", "user", "assistant", "tool"]), "content": CONTENT}),
    min_size=1,
    max_size=6,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["temperature", "seed", "tools", "stream_options", "é"])
PARAMS = st.dictionaries(NAMES, JSON.filter(lambda value: value is not None))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("imports")


@given(BODIES)
def test_exported_json_is_imported_unchanged(folder, bodies):
    session = Session.new(SessionConfig(None))
    session.add_initial_messages(Message(f"m{number}", body) for number, body in enumerate(bodies))
    path = folder / "messages.json"
    path.write_bytes(export("json", export_source(session)))
    back = SessionStore(SessionConfig(None), folder / "sessions").open(path)
    assert [message.body for message in back.conversation] == bodies


@given(BODIES, st.booleans(), PARAMS)
def test_an_exported_request_is_imported_as_the_same_bytes(folder, bodies, stream, params):
    session = Session.new(SessionConfig(None))
    session.set_overrides({"model": "grok-5", "stream": stream}, params)
    session.add_initial_messages(Message(f"m{number}", body) for number, body in enumerate(bodies))
    path = folder / "request.json"
    path.write_bytes(export("request", export_source(session)))
    back = SessionStore(SessionConfig(None), folder / "sessions").open(path)
    assert back.requests.body() == session.requests.body()


def test_a_body_without_a_valid_model_is_refused(home, api, tmp_path):
    (tmp_path / "r.json").write_text('{"model": 5, "messages": []}', encoding="utf-8")
    code, environment = run_cli(home, api, "-r", str(tmp_path / "r.json"), "hi")
    assert code == 4
    assert "its model must be a string, not 5" in paragraph(environment)


# -- lists -------------------------------------------------------------------------------------------------------------


def test_the_sessions_as_json(home):
    session_id = saved(home, name="my é")
    code, environment = run(home, "--list-sessions", "--json")
    [summary] = json.loads(out(environment))
    assert code == 0
    assert summary["path"] == str(sessions(home)[0])
    assert {key: summary[key] for key in ("id", "name", "messages", "model", "first")} == {
        "id": session_id,
        "name": "my é",
        "messages": 6,
        "model": "",
        "first": "two [x:y]",
    }
    assert summary["created"] <= summary["updated"]
    assert list(summary) == ["id", "name", "path", "created", "updated", "messages", "model", "first"]


def test_the_sessions_as_a_table(home):
    session_id = saved(home, [{"role": "user", "content": "first\x1b words"}], name="n")
    code, environment = run(home, "--list-sessions")
    head, row = out(environment).removesuffix("\n").split("\n")
    assert code == 0
    assert head.split("  ")[0] == "session"
    assert row.startswith(session_id)
    assert row.endswith("first␛ words")
    assert run(home / "empty", "--list-sessions")[1].stdout.getvalue() == b"No saved sessions.\n"
    assert run(home / "empty", "--list-sessions", "--json")[1].stdout.getvalue() == b"[]\n"


def test_the_sessions_in_which_all_words_occur(home):
    saved(home, [{"role": "user", "content": "about Apples and pears"}], name="n")
    code, environment = run(home, "--list-sessions", "--json", "PEARS", "apples")
    assert (code, [summary["first"] for summary in json.loads(out(environment))]) == (0, ["about Apples and pears"])
    assert json.loads(out(run(home, "--list-sessions", "--json", "apples", "plums")[1])) == []
    assert out(run(home, "--list-sessions", "plums")[1]) == "No session contains all of these words.\n"


def slow_clock():
    """Return a clock that advances by a second at each reading."""
    return map(float, range(10**6)).__next__


def test_a_terminal_gets_a_progress_bar_that_is_erased_at_the_end(home):
    for _ in range(3):
        saved(home, [{"role": "user", "content": "about apples"}])
    code, environment = run(
        home, "--list-sessions", "apples", stdout_is_tty=True, stderr_is_tty=True, clock=slow_clock()
    )
    assert code == 0
    assert out(environment).count("about \x1b[4mapples\x1b[m") == 3
    shown = err(environment)
    assert "searching [######" in shown
    assert not set(shown) & {"\n", "\x1b"}
    emulator = Emulator()
    emulator.feed(shown.encode())
    assert emulator.text() == ""
    quiet = run(home, "--list-sessions", "apples", stdout_is_tty=True, clock=slow_clock())[1]
    assert (out(quiet), err(quiet)) == (out(environment), "")


@pytest.mark.parametrize("more", [["--json"], []])
def test_ctrl_c_ends_a_list_and_keeps_the_rows_found(home, monkeypatch, more):
    saved(home, [{"role": "user", "content": "about apples"}])
    saved(home, [{"role": "user", "content": "about apples"}])
    walk = SessionStore.search

    def interrupted(self, words, progress):
        yield next(walk(self, words, progress))
        raise KeyboardInterrupt

    monkeypatch.setattr(SessionStore, "search", interrupted)
    code, environment = run(home, "--list-sessions", "apples", *more)
    assert code == 130
    assert out(environment).count("about apples") == 1
    assert "Stopped after 0 of 2 sessions." in paragraph(environment)


MODELS = {"object": "list", "data": [{"id": "grok-4.7", "aliases": ["g"], "context_length": 500000, "new": {"x": 1}}]}


def test_the_models_as_the_api_has_them(home):
    with FakeApi(models=Answer.json(200, MODELS)) as api:
        code, environment = run_cli(home, api, "--list-models", "--json")
        assert (code, json.loads(out(environment))) == (0, MODELS["data"])
        code, environment = run_cli(home, api, "--list-models")
    assert code == 0
    assert [row.split() for row in out(environment).splitlines()] == [
        ["model", "context", "aliases"],
        ["grok-4.7", "500k", "g"],
    ]
    assert not api.requests


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer.json(400, {"code": "invalid-argument", "error": "Incorrect API key provided: x."}), 1),
        (Answer.json(503, {}), 3),
        (Answer.json(200, {"no": "data"}), 3),
        (Answer([b"<html>"], 200, {"content-type": "text/html"}), 3),
        (Answer([b"{"], 200, complete=False), 3),
    ],
)
def test_models_that_cannot_be_loaded_are_reported(home, answer, code):
    with FakeApi(models=answer) as api:
        got, environment = run_cli(home, api, "--list-models")
    assert got == code
    paragraph(environment)


def test_an_export_to_no_name_is_a_usage_error(home):
    code, environment = run_cli(home, None, "--export", "json", "-c", "-O", "")
    assert code == 2
    assert "-O needs a file name" in paragraph(environment)


@pytest.mark.parametrize("answer", [{"error": "No workers."}, {"detail": "No workers."}, [{"error": "No workers."}]])
def test_an_error_in_place_of_the_models_is_quoted(home, answer):
    with FakeApi(models=Answer.json(200, answer)) as api:
        code, environment = run_cli(home, api, "--list-models", "--json")
    assert (code, out(environment)) == (3, "")
    assert "No workers." in paragraph(environment)
