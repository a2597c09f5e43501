"""Completion at Tab."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grokchat import messages
from grokchat.api.catalog import read_catalog
from grokchat.chat import path_completion, session_completion, tab_completion
from grokchat.chat.tab_completion import LineCompleter
from grokchat.commands.registry import by_name
from grokchat.config.search_options import SEARCH_OPTIONS
from grokchat.config.settings import SETTINGS, is_session_setting
from grokchat.config.validation import parse_setting
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.session.store import SessionStore


@pytest.fixture
def store(tmp_path) -> SessionStore:
    return SessionStore(SessionConfig(tmp_path / "sessions"), tmp_path / "sessions")


@pytest.fixture
def session() -> Session:
    session = Session.new(SessionConfig(None))
    session.add_message(messages.body("user", "first\nwords"))
    session.add_message(messages.body("assistant", "reply"), reply_fields={"model": "grok-served"})
    return session


@pytest.fixture
def offered(session, store):
    def offer(line: str) -> list[str]:
        return [candidate.text for candidate in LineCompleter(by_name(), store).candidates(line, session)]

    return offer


def test_commands(offered):
    assert offered("/hel") == ["/help"]
    assert {"/set", "/show", "/save", "/system"} <= set(offered("/s"))
    assert offered("/zzz") == []


def test_each_command_is_offered_once(offered):
    assert sorted(offered("/")) == sorted({f"/{command.name}" for command in by_name().values()})
    assert offered("/qui") == ["/quit"]


@pytest.mark.parametrize("line", ["", "hello", "hello wor", "//hel", "no /hel", "x\n"])
def test_a_message_is_not_completed(offered, line):
    assert offered(line) == []


def test_a_candidate_replaces_what_was_typed(session, store):
    for line in ("/hel", "/set mod", "/show 1", "/system @1"):
        for candidate in LineCompleter(by_name(), store).candidates(line, session):
            assert line.endswith(candidate.text[: candidate.replaces])


def test_commands_are_explained(session, store):
    (candidate,) = LineCompleter(by_name(), store).candidates("/hist", session)
    assert (candidate.text, candidate.replaces, candidate.description) == ("/history", 5, by_name()["history"].help)


def test_names_of_commands(offered):
    assert offered("/help mo") == ["move", "model", "models"]
    assert (offered("/help all"), offered("/help key")) == (["all"], ["keys"])


def test_settings_and_parameters(offered):
    assert {key for key in SETTINGS if is_session_setting(key)} <= set(offered("/set "))
    assert "base_url" not in offered("/set ")
    assert set(SETTINGS) <= set(offered("/set --save "))
    assert offered("/set --save the") == ["theme"]
    assert offered("/set temp") == ["temperature"]
    assert offered("/retry temp") == ["temperature"]


def test_values_of_a_setting(offered):
    assert offered("/set stream ") == ["true", "false"]
    assert offered("/set show_reasoning f") == ["full"]
    assert offered("/set timeout ") == []


def test_what_may_be_searched(offered, session, store):
    """Tab completes what /search takes, with its meaning, and the options of the search tools with their values."""
    assert offered("/search ") == ["off", "web", "x", "all"]
    assert offered("/search a") == ["all"]
    assert offered("/set search w") == ["web"]
    (candidate,) = LineCompleter(by_name(), store).candidates("/search x", session)
    assert candidate.description == "posts and profiles on X"
    every = [f"search_options.{key}" for key in SEARCH_OPTIONS]
    for line in ("/set search_options.", "/unset search_options.", "/set --save search_options.", "/retry search_o"):
        assert offered(line) == every
    assert offered("/set search_options.enable_image_search ") == ["true", "false"]
    assert offered("/set search_options.from_date ") == []
    assert offered("/set search_options.nothing ") == []


def test_models(offered):
    """The model in use, the default one, and those that replied."""
    assert offered("/model grok-s") == ["grok-served"]
    assert SETTINGS["model"].default in offered("/model ")
    assert offered("/retry -m grok-s") == ["grok-served"]
    assert len(offered("/model ")) == len(set(offered("/model ")))


def test_messages(session, store, offered):
    assert offered("/show ") == ["1", "2"]
    assert offered("/show 2") == ["2"]
    assert offered("/delete 1..") == ["1", "2"]
    assert offered("/mute 1,2") == ["2"]
    assert offered("/edit ") == ["1", "2"]
    assert offered("/move 1 @") == ["@1", "@2"]
    assert offered("/system @") == ["@1", "@2"]
    assert offered("/model @") == []
    assert [candidate.description for candidate in LineCompleter(by_name(), store).candidates("/show ", session)] == [
        "user: first words",
        "assistant: reply",
    ]


def test_numbers_of_user_messages(session, store, offered):
    """The last one first, because that is asked again most often; what begins with a letter is a setting."""
    assert offered("/retry ") == ["1"]
    session.add_message(messages.body("user", "and then?"))
    assert offered("/retry ") == ["3", "1"]
    assert offered("/retry 3") == ["3"]
    assert offered("/retry 3 temp") == offered("/retry temp") == ["temperature"]
    assert offered("/retry 2") == []


def test_of_very_many_messages_the_matches_are_offered(session, offered, monkeypatch):
    """The number typed is compared with all messages, and only the matches are limited."""
    monkeypatch.setattr(tab_completion, "_MAX_MESSAGES", 2)
    for _ in range(20):
        session.add_message(messages.body("user", "more"))
    assert offered("/show ") == ["1", "2"]
    assert offered("/show 22") == ["22"]


def test_free_text_is_not_completed(offered):
    assert offered("/system Be br") == []


def test_sessions(store, offered, tmp_path):
    session = store.new()
    session.add_message(messages.body("user", "hello\x1b[2J"))
    session.rename("my-notes")
    session.close()
    assert offered("/resume my") == ["my-notes"]
    assert offered(f"/resume {session.id[:8]}") == [session.id]
    assert offered("/resume zzz") == []


def test_paths(offered, tmp_path):
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "nest").mkdir()
    (tmp_path / ".hidden").write_text("")
    (tmp_path / "no\x1b[2Jt").write_text("")
    assert offered(f"/save {tmp_path}/n") == ["nest/", "notes.txt"]
    assert offered(f"/save {tmp_path}/.h") == [".hidden"]
    assert ".hidden" not in offered(f"/save {tmp_path}/")
    assert offered(f"look at {tmp_path}/not") == ["notes.txt"]


def test_a_path_with_blanks_is_the_rest_of_the_line(offered, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "my own"
    folder.mkdir()
    (folder / "a b.txt").write_text("")
    for begun in (f"/save {folder}/", f"/export json {folder}/a ", f"/write {folder}/", f"/write code 2 {folder}/a b"):
        assert offered(begun) == ["a b.txt"], begun
    assert offered(f"/request {folder}/a") == ["a b.txt"]
    assert offered("/request d") == ["diff"]
    assert offered("/export js") == ["json"]
    assert offered("/context ") == ["all"]
    assert offered("/write code zz") == []


def test_files_are_completed_as_a_shell_would(session, store, tmp_path):
    folder = tmp_path / "my own"
    folder.mkdir()
    (folder / "it's $5.txt").write_text("")
    escaped = str(folder).replace(" ", "\\ ")

    def offer(begun: str) -> list[str]:
        line = f"/file one.txt {begun}"
        candidates = LineCompleter(by_name(), store).candidates(line, session)
        return [line[: len(line) - candidate.replaces] + candidate.text for candidate in candidates]

    assert offer(f"{escaped}/i") == [f"/file one.txt {escaped}/it\\'s\\ \\$5.txt"]
    assert offer(f'"{folder}/it') == [f'/file one.txt "{folder}/it\'s $5.txt"']
    assert offer(f'"{tmp_path}/my') == [f'/file one.txt "{tmp_path}/my own/']
    assert offer(f"'{folder}/it") == []


def test_a_session_with_blanks_in_its_name(store, offered):
    session = store.new()
    session.add_message(messages.body("user", "hello"))
    session.rename("my own notes")
    session.close()
    assert offered("/resume my ow") == ["my own notes"]


@pytest.mark.parametrize("token", ["/no/such/folder/", "~no-such-user-of-mine/", "a\0/b", "\ud800/b", "x" * 5000 + "/"])
def test_a_missing_folder_offers_nothing(offered, token):
    assert offered(f"look at {token}") == []
    assert offered(f"/save {token}") == []


@pytest.mark.parametrize(
    "line", ["/", "/ ", "/set", "/zzz ", "/quit ", "/quit x y", "/history  ", "/show @", "/retry -m "]
)
def test_no_line_gets_an_empty_candidate(session, store, line):
    for candidate in LineCompleter(by_name(), store).candidates(line, session):
        assert candidate.text


@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("/set theme ", ["auto", "dark", "light"]),
        ("/set --save leak_guard a", ["always"]),
        ("/set edit_mode v", ["vi"]),
        ("/set save ", ["true", "false"]),
        ("/set model grok-o", ["grok-of-the-list"]),
        ("/set reasoning_effort ", ["low", "high"]),
        ("/set timeout ", []),
        ("/set --", ["--save"]),
        ("/retry -", ["-m"]),
    ],
)
def test_values_and_flags(offered, session, line, offers):
    session.catalog = read_catalog(
        {
            "data": [
                {"id": "grok-4.7", "capabilities": {"reasoning_effort": ["low", "high"]}},
                {"id": "grok-of-the-list"},
            ]
        }
    )
    assert offered(line) == offers


def test_every_setting_that_has_choices_completes_them(offered):
    for key in SETTINGS:
        for value in offered(f"/set {key} "):
            assert parse_setting(key, value, "a test") is not None


def test_every_file_of_a_large_folder_can_be_completed(offered, tmp_path, monkeypatch):
    """The beginning typed is compared with all names, and only the matches are limited."""
    monkeypatch.setattr(path_completion, "_MAX_OFFERS", 3)
    for number in range(9):
        (tmp_path / f"file-{number}").touch()
    assert offered(f"/save {tmp_path}/file-8") == ["file-8"]
    assert offered(f"/file {tmp_path}/file-8") == ["file-8"]
    assert offered(f"/save {tmp_path}/") == ["file-0", "file-1", "file-2"]


@pytest.fixture
def saved(store) -> list[Path]:
    """Return the files of nine sessions with names, the oldest first."""
    paths = []
    for number in range(9):
        session = store.new()
        session.add_message(messages.body("user", f"question {number}"))
        session.rename(f"notes-{number}")
        paths.append(session.path)
        session.close()
        os.utime(paths[-1], (number, number))
    return paths


def test_every_one_of_many_sessions_can_be_completed(offered, saved, monkeypatch):
    """The oldest session is found by its name and id, whatever the number of offers."""
    monkeypatch.setattr(session_completion, "_MAX_OFFERS", 2)
    assert offered("/resume notes-0") == ["notes-0"]
    assert offered(f"/resume {saved[0].stem}") == [saved[0].stem]
    assert offered("/resume notes") == ["notes-8", "notes-7"]


def test_a_session_is_read_again_only_when_its_file_has_changed(store, session, saved, monkeypatch):
    read: list[str] = []
    read_file = session_completion.read_file
    monkeypatch.setattr(session_completion, "read_file", lambda path: read.append(path.stem) or read_file(path))
    completer = LineCompleter(by_name(), store)

    def offered(line: str) -> list[str]:
        read.clear()
        return [candidate.text for candidate in completer.candidates(line, session)]

    assert offered("/resume notes-3") == ["notes-3"]
    assert len(read) == 9
    assert offered("/resume notes-4") == ["notes-4"]
    assert read == []
    changed = store.open(saved[4])
    changed.rename("other")
    changed.close()
    assert offered("/resume other") == ["other"]
    assert read == [saved[4].stem]
    saved[4].unlink()
    assert offered("/resume other") == []


def test_sessions_are_read_no_further_when_the_line_has_changed(store, session, saved, monkeypatch):
    read: list[str] = []
    read_file = session_completion.read_file
    monkeypatch.setattr(session_completion, "read_file", lambda path: read.append(path.stem) or read_file(path))
    candidates = LineCompleter(by_name(), store).candidates("/resume zzz", session, lambda: len(read) == 4)
    assert list(candidates) == []
    assert len(read) == 4


def test_candidates_in_memory_are_a_list_and_files_are_read_on_demand(store, session, tmp_path):
    """A list needs no thread; an iterator reads the disk as it is consumed."""
    completer = LineCompleter(by_name(), store)
    for line in ("/he", "/help mo", "/set stream ", "/show ", "/model ", "/system @", "/retry -", "hello"):
        assert isinstance(completer.candidates(line, session), list), line
    for line in ("/resume ", f"/save {tmp_path}/", f"/file {tmp_path}/", "/request ", "/use ", f"look at {tmp_path}/"):
        assert iter(offers := completer.candidates(line, session)) is offers, line


# -- mentions ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """Return the current folder, with files in it."""
    folder = tmp_path / "here"
    (folder / "my dir").mkdir(parents=True)
    (folder / "src").mkdir()
    for name in ("README.md", "main.py", "a b.txt", ".env", 'q"uote', "src/app.py", "my dir/x.txt"):
        (folder / name).write_text("")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    ("line", "whole"),
    [
        ("@", ["@README.md", '@"a b.txt"', "@main.py", '@"my dir/', "@src/"]),
        ("see @m", ["see @main.py", 'see @"my dir/']),
        ("@s", ["@src/"]),
        ("@src/", ["@src/app.py"]),
        ("@.", ["@.env"]),
        ("@read", ["@README.md"]),
        ("@mnp", ["@main.py"]),
        ('@"m', ['@"main.py"', '@"my dir/']),
        ('@"my dir/', ['@"my dir/x.txt"']),
        ("//x @s", ["//x @src/"]),
        ("a@s", []),
        ("@zzz", []),
    ],
)
def test_a_mention_is_completed_with_quotes_where_it_needs_them(session, store, here, line, whole):
    """Beginning of the name first, then its letters in order; hidden files only after a dot; folders end in `/`."""
    candidates = list(LineCompleter(by_name(), store).candidates(line, session))
    assert [line[: len(line) - candidate.replaces] + candidate.text for candidate in candidates] == whole
    assert all(candidate.suffix == ("" if candidate.text.endswith("/") else " ") for candidate in candidates)


def test_a_folder_is_read_no_further_when_the_line_has_changed(session, store, here):
    for number in range(50):
        (here / f"file-{number}").touch()
    looked: list[int] = []

    def is_cancelled() -> bool:
        looked.append(1)
        return len(looked) > 5

    for line in ("@file", f"/save {here}/file", f"/file {here}/file", f"look at {here}/file"):
        looked.clear()
        assert list(LineCompleter(by_name(), store).candidates(line, session, is_cancelled)) == [], line
        assert len(looked) < 15, line
