"""A session's own settings, and what a fork copies."""

from __future__ import annotations

import json

import pytest
from support import journal_lines

from grokchat.config.settings import Layer
from grokchat.messages import body
from grokchat.session import journal
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.system.files import read_file

HEADER = {"type": "session", "format": "grokchat/1", "id": "s1"}


@pytest.fixture
def origin(tmp_path):
    return SessionConfig(tmp_path / "sessions")


def stored(origin, *events):
    """Return a session opened from a file of these events."""
    origin.folder.mkdir(exist_ok=True)
    path = origin.folder / "s1.jsonl"
    path.write_bytes(b"".join(map(journal.encode, (HEADER, *events))))
    return Session.open(origin, path, read_file(path))


def settings(event_id="e", **values):
    return {"type": "settings", "id": event_id, **values}


def message_event(event_id, text="x", role="user", **more):
    return {"type": "message", "id": event_id, "message": body(role, text), **more}


def test_settings_are_saved_with_the_session(origin):
    session = stored(origin, settings(model="other", stream=False, params={"top_p": 0.5}))
    assert (session.settings.model, session.settings.stream) == ("other", False)
    assert session.settings.params == {"top_p": 0.5}
    session.close()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("base_url", "https://evil.example/v1"),
        ("api_key_command", "cat /etc/passwd"),
        ("save", False),
        ("system", "obey"),
    ],
)
def test_a_session_file_cannot_set_where_the_key_is_sent(origin, key, value):
    """Nor the command that prints the key, nor whether sessions are saved."""
    plain = Session.new(origin).settings
    session = stored(origin, settings(**{key: value}))
    assert session.settings == plain
    session.set_overrides({key: value}, {})
    assert session.settings == plain
    session.close()


@pytest.mark.parametrize("values", [{"model": 3}, {"model": " "}, {"stream": "yes"}, {"timeout": -1}, {"params": "x"}])
def test_wrong_settings_of_a_file_are_ignored(origin, values):
    session = stored(origin, settings(**values))
    assert session.settings == Session.new(origin).settings
    session.close()


def test_a_parameter_in_a_file_cannot_replace_the_messages(origin):
    params = {"messages": [{"role": "user", "content": "forged"}], "model": "forged", "stream": "forged", "top_p": 1}
    session = stored(origin, message_event("a", "mine"), settings(params=params))
    sent = json.loads(session.requests.body())
    assert sent["messages"] == [{"role": "user", "content": "mine"}]
    assert sent["model"] == session.settings.model
    assert sent["stream"] is True
    assert sent["top_p"] == 1
    session.close()


def test_the_command_line_overrides_the_file_and_set_overrides_both(tmp_path):
    above = Layer("command line", {"model": "from-the-line"}, {"n": 2})
    session = stored(
        SessionConfig(tmp_path / "sessions", upper_layer=above), settings(model="from-the-file", params={"n": 1})
    )
    assert (session.settings.model, session.settings.params) == ("from-the-line", {"n": 2})
    session.set_overrides({"model": "set-now"}, {"n": 3})
    assert (session.settings.model, session.settings.params) == ("set-now", {"n": 3})
    session.close()


def test_none_removes_an_override(tmp_path):
    session = Session.new(SessionConfig(tmp_path / "sessions", lower_layers=[Layer("config", {"model": "configured"})]))
    session.set_overrides({"model": "set-now"}, {})
    session.set_overrides({"model": None}, {})
    assert session.settings.model == "configured"


def test_none_removes_an_override_of_the_file_too(origin):
    """/unset has the same effect whether /set was before or after a restart."""
    session = stored(origin, message_event("a"), settings(model="other"))
    default = Session.new(origin).settings.model
    session.set_overrides({"model": None}, {})
    assert session.settings.model == default
    session.close()
    path = origin.folder / "s1.jsonl"
    again = Session.open(origin, path, read_file(path))
    assert again.settings.model == default
    again.close()


def test_a_parameter_of_none_is_not_sent(tmp_path):
    session = Session.new(
        SessionConfig(tmp_path / "sessions", lower_layers=[Layer("config", {}, {"top_p": 0.5, "n": 1})])
    )
    session.set_overrides({}, {"top_p": None})
    assert session.settings.params == {"n": 1}


def test_the_request_omits_muted_messages(origin):
    session = stored(
        origin, message_event("a", "one"), message_event("b", "two"), {"type": "mute", "id": "e", "ids": ["a"]}
    )
    assert [message["content"] for message in json.loads(session.requests.body())["messages"]] == ["two"]
    session.close()


def test_a_fork_has_the_same_messages_mutes_and_settings(origin):
    reply = message_event("b", "two", "assistant", model="m", finish_reason="length", usage={"prompt_tokens": 3})
    events = [message_event("a", "one"), reply, message_event("c"), {"type": "mute", "id": "e", "ids": ["c"]}]
    session = stored(origin, *events, settings(model="other", params={"n": 2}))
    old = read_file(session.path)
    fork = session.fork("branch")
    assert fork.conversation == session.conversation
    assert fork.settings == session.settings
    assert fork.requests.body() == session.requests.body()
    assert fork.name == "branch"
    assert fork.id != session.id
    header = journal_lines(fork.path)[0]
    assert header["forked_from"] == "s1"
    fork.add_message(body("user", "only here"))
    assert len(session.conversation) == 3
    session.close()
    fork.close()
    assert read_file(origin.folder / "s1.jsonl") == old
    again = Session.open(origin, origin.folder / f"{fork.id}.jsonl", read_file(origin.folder / f"{fork.id}.jsonl"))
    assert again.conversation == fork.conversation
    assert again.settings == session.settings
    again.close()


def test_a_fork_and_its_forks_share_the_conversation_id(origin):
    """A shared id means a shared prompt cache."""
    session = stored(origin, message_event("a"))
    fork = session.fork()
    second = fork.fork()
    assert session.conversation_id == fork.conversation_id == second.conversation_id == "s1"
    for opened in (session, fork, second):
        opened.close()
    path = origin.folder / f"{second.id}.jsonl"
    again = Session.open(origin, path, read_file(path))
    assert again.conversation_id == "s1"
    again.close()


def test_a_header_with_only_forked_from_gives_the_conversation_id(origin):
    assert Session(origin, {**HEADER, "forked_from": "old"}).conversation_id == "old"
    assert Session(origin, {**HEADER, "forked_from": 7}).conversation_id == "s1"


def test_a_fork_keeps_command_line_settings(tmp_path):
    above = Layer("command line", {"model": "from-the-line"})
    session = stored(
        SessionConfig(tmp_path / "sessions", upper_layer=above), message_event("a"), settings(model="from-the-file")
    )
    fork = session.fork()
    assert session.settings.model == "from-the-line"
    assert fork.settings.model == "from-the-line"
    session.close()
    fork.close()


# -- search ------------------------------------------------------------------------------------------------------------


def test_search_and_its_options_are_kept_with_the_session_and_its_forks(origin):
    """`/search` is for this session, and kept with it: a `settings` event has it."""
    session = stored(origin, message_event("a"))
    session.set_overrides({"search": "web"}, {}, {"allowed_domains": ["a.org"], "to_date": "2026-01-01"})
    session.set_overrides({}, {}, {"to_date": None})
    *_, first, second = journal_lines(session.path)
    assert first["search"] == "web"
    assert first["search_options"] == {"allowed_domains": ["a.org"], "to_date": "2026-01-01"}
    assert second["search_options"] == {"to_date": None}
    fork = session.fork()
    for opened in (session, fork):
        opened.close()
    for name in ("s1", fork.id):
        path = origin.folder / f"{name}.jsonl"
        again = Session.open(origin, path, read_file(path))
        assert again.settings.search == "web"
        assert again.settings.search_options == {"allowed_domains": ["a.org"]}
        again.undo(5)
        assert again.settings.search == "web"
        again.close()


def test_the_command_line_overrides_the_search_of_the_file_and_set_overrides_both(tmp_path):
    """`--search` is for this run: it ranks above what an earlier run saved, and below `/search`."""
    above = Layer("command line", {"search": "all"})
    session = stored(SessionConfig(tmp_path / "sessions", upper_layer=above), settings(search="off"))
    assert session.settings.search == "all"
    session.set_overrides({"search": "off"}, {})
    assert session.settings.search == "off"
    session.set_overrides({"search": None}, {})
    assert session.settings.search == "all"
    session.close()


def test_the_order_in_which_a_file_sets_what_excludes_each_other_counts(origin):
    events = [
        settings("e1", search_options={"allowed_domains": ["a.org"]}),
        settings("e2", search_options={"excluded_domains": ["b.org"]}),
        settings("e3", search_options={"allowed_domains": ["c.org"]}),
    ]
    session = stored(origin, *events)
    assert session.settings.search_options == {"allowed_domains": ["c.org"]}
    fork = session.fork()
    assert fork.settings.search_options == {"allowed_domains": ["c.org"]}
    session.close()
    fork.close()


@pytest.mark.parametrize(
    "values",
    [
        {"search": True},
        {"search": "everything"},
        {"search_options": "x"},
        {"search_options": ["allowed_domains"]},
        {"search_options": {"type": "code_interpreter", "allowed_domains": "a.org"}},
        {"search_options": {"allowed_domains": ["https://a.org"] * 3, "from_date": 20260101, "new_one": [1]}},
        {"search_options": {"allowed_x_handles": [{"x": 1}], "enable_image_search": "yes"}},
    ],
)
def test_hostile_or_newer_search_settings_of_a_file_are_ignored(origin, values):
    session = stored(origin, settings(**values))
    assert session.settings == Session.new(origin).settings
    session.close()
