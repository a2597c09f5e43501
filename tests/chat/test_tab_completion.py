"""What Tab offers."""

from __future__ import annotations

import pytest

from grokchat import messages
from grokchat.api.catalog import read_catalog
from grokchat.chat.tab_completion import complete_line
from grokchat.commands.registry import by_name
from grokchat.config.settings import SETTINGS, is_session_setting, parse_setting
from grokchat.session.session import Origin, Session
from grokchat.session.store import Library


@pytest.fixture
def library(tmp_path) -> Library:
    return Library(Origin(tmp_path / "sessions"), tmp_path / "sessions")


@pytest.fixture
def session() -> Session:
    session = Session.new(Origin(None))
    session.add(messages.body("user", "first\nwords"))
    session.add(messages.body("assistant", "reply"), known={"model": "grok-served"})
    return session


@pytest.fixture
def offered(session, library):
    def offer(line: str) -> list[str]:
        return [one.text for one in complete_line(line, by_name(), session, library)]

    return offer


def test_commands(offered):
    assert offered("/hel") == ["/help"]
    assert {"/set", "/show", "/save", "/system"} <= set(offered("/s"))
    assert offered("/zzz") == []


def test_each_command_is_offered_once(offered):
    assert sorted(offered("/")) == sorted({f"/{one.name}" for one in by_name().values()})
    assert offered("/qui") == ["/quit"]


@pytest.mark.parametrize("line", ["", "hello", "hello wor", "//hel", "no /hel", "x\n"])
def test_a_message_is_not_completed(offered, line):
    assert offered(line) == []


def test_what_is_offered_takes_the_place_of_what_was_typed(session, library):
    for line in ("/hel", "/set mod", "/show 1", "/system @1"):
        for one in complete_line(line, by_name(), session, library):
            assert line.endswith(one.text[: one.replaces])


def test_commands_are_explained(session, library):
    (one,) = complete_line("/hist", by_name(), session, library)
    assert (one.text, one.replaces, one.explain) == ("/history", 5, by_name()["history"].help)


def test_names_of_commands(offered):
    assert offered("/help mo") == ["move", "model", "models"]


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


def test_models(offered):
    """The model in use, the default one, and those that replied."""
    assert offered("/model grok-s") == ["grok-served"]
    assert SETTINGS["model"].default in offered("/model ")
    assert offered("/retry -m grok-s") == ["grok-served"]
    assert len(offered("/model ")) == len(set(offered("/model ")))


def test_messages(session, library, offered):
    assert offered("/show ") == ["1", "2"]
    assert offered("/show 2") == ["2"]
    assert offered("/delete 1..") == ["1", "2"]
    assert offered("/mute 1,2") == ["2"]
    assert offered("/edit ") == ["1", "2"]
    assert offered("/move 1 @") == ["@1", "@2"]
    assert offered("/system @") == ["@1", "@2"]
    assert offered("/model @") == []
    assert [one.explain for one in complete_line("/show ", by_name(), session, library)] == [
        "user: first words",
        "assistant: reply",
    ]


def test_free_text_is_not_completed(offered):
    assert offered("/system Be br") == []


def test_sessions(library, offered, tmp_path):
    session = library.new()
    session.add(messages.body("user", "hello\x1b[2J"))
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


def test_a_path_with_blanks_is_the_rest_of_the_line(offered, tmp_path):
    folder = tmp_path / "my own"
    folder.mkdir()
    (folder / "a b.txt").write_text("")
    for begun in (f"/save {folder}/", f"/export json {folder}/a ", f"/write {folder}/", f"/write code 2 {folder}/a b"):
        assert offered(begun) == ["a b.txt"], begun
    assert offered(f"/request {folder}/a") == ["a b.txt"]
    assert offered("/request d") == ["diff"]
    assert offered("/export js") == ["json"]
    assert offered("/write code zz") == []


def test_files_are_completed_as_a_shell_would(session, library, tmp_path):
    folder = tmp_path / "my own"
    folder.mkdir()
    (folder / "it's $5.txt").write_text("")
    escaped = str(folder).replace(" ", "\\ ")

    def offer(begun: str) -> list[str]:
        line = f"/file one.txt {begun}"
        found = complete_line(line, by_name(), session, library)
        return [line[: len(line) - one.replaces] + one.text for one in found]

    assert offer(f"{escaped}/i") == [f"/file one.txt {escaped}/it\\'s\\ \\$5.txt"]
    assert offer(f'"{folder}/it') == [f'/file one.txt "{folder}/it\'s $5.txt"']
    assert offer(f'"{tmp_path}/my') == [f'/file one.txt "{tmp_path}/my own/']
    assert offer(f"'{folder}/it") == []


def test_a_session_with_blanks_in_its_name(library, offered):
    session = library.new()
    session.add(messages.body("user", "hello"))
    session.rename("my own notes")
    session.close()
    assert offered("/resume my ow") == ["my own notes"]


@pytest.mark.parametrize("token", ["/no/such/folder/", "~no-such-user-of-mine/", "a\0/b", "\ud800/b", "x" * 5000 + "/"])
def test_a_folder_that_is_not_there(offered, token):
    assert offered(f"look at {token}") == []
    assert offered(f"/save {token}") == []


@pytest.mark.parametrize(
    "line", ["/", "/ ", "/set", "/zzz ", "/quit ", "/quit x y", "/history  ", "/show @", "/retry -m "]
)
def test_any_line_can_be_asked_about(session, library, line):
    for one in complete_line(line, by_name(), session, library):
        assert one.text


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
