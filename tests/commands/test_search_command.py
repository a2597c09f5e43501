"""/search, and the options of the search tools in /set, /unset and /retry, on a session that is not saved."""

from __future__ import annotations

import pytest
from command_sessions import run_command, session_of

from grokchat.commands.declare import Call, parse_line
from grokchat.commands.outcomes import AskModel, SaveSetting, Sections
from grokchat.commands.registry import by_name
from grokchat.config.search_options import SEARCH_OPTIONS
from grokchat.config.settings import Layer
from grokchat.errors import CommandError, FileError
from grokchat.render.style import TerminalStyle
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.views.table import section_lines


def session_above(*layers: Layer, **more) -> Session:
    """Return a session whose settings begin with these layers."""
    return Session.new(SessionConfig(None, layers, **more))


def refused(session: Session, line: str) -> str:
    """Return the error of a command that is refused, and check that it changed nothing."""
    before = session.encode()
    with pytest.raises(CommandError) as caught:
        run_command(session, line)
    assert session.encode() == before
    return str(caught.value)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("all", "all"),
        ("on", "all"),
        ("true", "all"),
        ("WEB", "web"),
        ("x", "x"),
        ("off", "off"),
        ("false", "off"),
        ("no", "off"),
    ],
)
def test_search_changes_what_the_model_may_search(typed, value):
    """`on` is `all`; it is for this session, and kept with it."""
    session = session_above(Layer("a file", {"search": "web" if value != "web" else "x"}))
    notice = run_command(session, f"/search {typed}")
    assert session.settings.search == value
    assert notice.text.startswith(f"search: {value} · ")
    assert notice.warnings == notice.details == ()
    assert len(notice.text) <= 100
    assert f'"search": "{value}"' in session.encode().decode().replace('":"', '": "')
    assert run_command(session, f"/set search {typed}").text == f'search = "{value}"'


def test_search_alone_shows_what_is_on_and_the_options_in_effect():
    session = session_above(
        Layer("some.toml", {"search": "x"}, search_options={"allowed_domains": ["a.org"], "from_date": "2026-01-01"})
    )
    shown = run_command(session, "/search")
    assert shown.text == "search: x (from some.toml) · the model may search posts and profiles on X"
    domains, day, hint = shown.details
    assert domains == (
        'search_options.allowed_domains = ["a.org"] (from some.toml) · not used: search is x (/search all changes that)'
    )
    assert day == 'search_options.from_date = "2026-01-01" (from some.toml)'
    assert "/search off" in hint
    assert "/search all" in run_command(session_above(), "/search").details[-1]


def test_showing_is_immediate_and_a_change_waits_in_the_queue():
    """While a reply streams, commands that only show run at once; those that change something wait."""
    for line, is_immediate in {"/search": True, "/search all": False, "/set search_options": True}.items():
        call = parse_line(line, by_name())
        assert isinstance(call, Call)
        assert call.is_immediate is is_immediate


def test_words_after_search_are_answered_with_the_commands_that_search_sessions():
    error = refused(session_of("1"), "/search tomatoes")
    assert error.startswith('/search takes off, web, x, all, not "tomatoes".')
    assert "/sessions WORDS" in error
    assert "unexpected" in refused(session_of("1"), "/search web x")


@pytest.mark.parametrize("line", ["/search all", "/set search all", "/search"])
@pytest.mark.parametrize(("name", "value"), [("seed", 5), ("stop", "x"), ("deferred", True)])
def test_a_parameter_without_a_place_in_a_search_request_is_told_at_once(line, name, value):
    """It is refused before anything is sent, so that whoever turns search on need not wait for that."""
    session = session_above(Layer("a file", {"search": "web"} if line == "/search" else {}, {name: value}))
    notice = run_command(session, line)
    (warning,) = notice.warnings
    assert f"/unset {name}" in warning
    assert not warning.startswith("Not sent")
    run_command(session, f"/unset {name}")
    assert run_command(session, line).warnings == ()
    again = run_command(session, f"/set {name} {str(value).lower()}")
    assert f"/unset {name}" in again.warnings[0]
    run_command(session, "/search off")
    assert run_command(session, f"/set {name} {str(value).lower()}").warnings == ()


def test_days_of_a_session_that_leave_nothing_to_search_are_told():
    """The config file may have changed since the session set its own."""
    session = session_above(Layer("a file", {"search": "x"}, search_options={"from_date": "2026-02-01"}))
    session.set_overrides({}, {}, {"to_date": "2026-01-01"})
    assert "search_options.from_date must not be after to_date" in run_command(session, "/search").warnings[0]
    assert run_command(session, "/search off").warnings == ()


def test_a_read_only_session_keeps_its_search():
    session = session_of("1")
    session.read_only_error = FileError("a.jsonl", "another process has it open")
    for line in ("/search all", "/set search_options.to_date 2026-01-01"):
        assert "another process has it open" in refused(session, line)
    assert run_command(session, "/search").text.startswith("search: off")


# -- /set and /unset ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("/set search_options.allowed_domains arxiv.org, nature.com", "allowed_domains", ["arxiv.org", "nature.com"]),
        ('/set search_options.allowed_domains ["arxiv.org"]', "allowed_domains", ["arxiv.org"]),
        ("/set search_options.allowed_domains=arxiv.org", "allowed_domains", ["arxiv.org"]),
        ("/set search_options.allowed_x_handles @xai @nasa", "allowed_x_handles", ["xai", "nasa"]),
        ("/set search_options.from_date 2026-01-01", "from_date", "2026-01-01"),
        ("/set search_options.enable_image_search on", "enable_image_search", True),
    ],
)
def test_set_changes_an_option(line, key, value):
    session = session_above(Layer("a file", {"search": "all"}))
    notice = run_command(session, line)
    assert notice.text.startswith(f"search_options.{key} = ")
    assert "not used" not in notice.text
    assert session.settings.search_options == {key: value}
    assert run_command(session, f"/set search_options.{key}").text.endswith("(from /set)")
    assert run_command(session, f"/unset search_options.{key}").text == f"search_options.{key} is no longer sent"
    assert session.settings.search_options == {}
    assert refused(session, f"/unset search_options.{key}") == f"search_options.{key} is not set."


@pytest.mark.parametrize("value", ["none", "[]", "null"])
def test_set_to_nothing_stops_sending_an_option_of_the_config_file(value):
    session = session_above(Layer("a file", search_options={"allowed_domains": ["a.org"]}))
    assert run_command(session, f"/set search_options.allowed_domains {value}").text.endswith(" is not sent")
    assert session.settings.search_options == {}


def test_an_option_that_is_not_used_says_why():
    session = session_above()
    notice = run_command(session, "/set search_options.to_date 2026-01-01")
    assert notice.text.endswith(" · not used: search is off (/search x changes that)")
    session.set_overrides({"search": "web"}, {})
    notice = run_command(session, "/set search_options.to_date 2026-01-02")
    assert notice.text.endswith(" · not used: search is web (/search all changes that)")


def test_what_is_allowed_replaces_what_is_excluded_and_back():
    """Of two that exclude each other the later one is sent."""
    session = session_above(Layer("a file", {"search": "all"}, search_options={"excluded_domains": ["a.org"]}))
    notice = run_command(session, "/set search_options.allowed_domains b.org")
    assert notice.text == 'search_options.allowed_domains = ["b.org"] · replaces excluded_domains'
    assert session.settings.search_options == {"allowed_domains": ["b.org"]}
    notice = run_command(session, "/unset search_options.allowed_domains")
    assert notice.text == "search_options.allowed_domains is no longer sent · excluded_domains is again"
    assert session.settings.search_options == {"excluded_domains": ["a.org"]}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/set search_options.allowed_domain a.org", "did you mean allowed_domains"),
        ("/set search_options.allowed_domain", "did you mean allowed_domains"),
        ("/unset search_options.colour", "The search options are "),
        ("/set search_options.allowed_domains https://arxiv.org/", "did you mean arxiv.org?"),
        ("/set search_options.enable_image_search maybe", "must be true or false"),
        ("/set search_options.from_date tomorrow", 'must be a day such as "2026-01-01"'),
        ("/set search_options all", "Usage: /set search_options.KEY VALUE"),
        ("/set search google", '"off", "web", "x" or "all"'),
        ("/set --save search_options.to_date none", "cannot hold null"),
        ("/set search_options.to_date 2025-01-01", "from_date must not be after to_date: 2026-01-01 is after"),
    ],
)
def test_a_wrong_option_is_refused(line, words):
    session = session_above(Layer("a file", search_options={"from_date": "2026-01-01"}))
    assert words in refused(session, line)


def test_save_writes_the_table_of_the_config_file():
    saved = run_command(session_of("1"), "/set --save search_options.allowed_domains a.org, b.org")
    assert saved == SaveSetting("search_options", "allowed_domains", ["a.org", "b.org"])
    assert run_command(session_of("1"), "/set --save search on") == SaveSetting("", "search", "all")


def test_set_search_options_lists_all_of_them_at_any_width():
    session = session_above(Layer("a file", search_options={"allowed_x_handles": ["xai"]}))
    shown = run_command(session, "/set search_options")
    assert isinstance(shown, Sections)
    (_, changed), (_, others) = shown.tables
    assert changed.rows == (("allowed_x_handles", '["xai"]', "a file"),)
    assert {row[0] for row in others.rows} == {*SEARCH_OPTIONS} - {"allowed_x_handles"}
    lines = section_lines(shown, 80, TerminalStyle("none"))
    assert all(len(line) <= 80 for line in lines)
    assert len(lines) <= 23
    assert all(len(line) <= 40 for line in section_lines(shown, 40, TerminalStyle("none")))


def test_set_alone_lists_those_that_are_changed():
    session = session_above(Layer("a file", search_options={"allowed_x_handles": ["xai"]}))
    (_, changed), *_ = run_command(session, "/set").tables
    assert ("search_options.allowed_x_handles", '["xai"]', "a file") in changed.rows


@pytest.mark.parametrize("key", ["allowed_domains", "x_handles", "allowed_websites"])
def test_an_option_without_its_table_is_suggested_with_it(key):
    """`/set allowed_domains a.org` is a request parameter, sent as given: what was meant is said."""
    assert "did you mean search_options.allowed_" in run_command(session_of("1"), f"/set {key} a.org").text
    assert "did you mean search_options.allowed_" in run_command(session_of("1"), f"/set {key}").text


# -- /retry ------------------------------------------------------------------------------------------------------------


def test_retry_searches_for_one_call_only():
    session = session_of("first", "reply")
    asked = run_command(session, "/retry search=on search_options.allowed_domains=a.org,b.org temperature=1")
    assert isinstance(asked, AskModel)
    assert asked.values == {"search": "all"}
    assert asked.search_options == {"allowed_domains": ["a.org", "b.org"]}
    assert asked.params == {"temperature": 1}
    assert session.settings.search == "off"
    assert '"off", "web"' in refused(session, "/retry search=maybe")
    assert "did you mean from_date" in refused(session, "/retry search_options.from_dat=2026-01-01")


@pytest.mark.parametrize("line", ["/request", "/request diff", "/request body.json", "/export curl", "/export request"])
def test_a_request_that_would_be_refused_is_not_shown(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    session = session_above(Layer("a file", {"search": "all"}, {"seed": 3}))
    error = refused(session, line)
    assert error.startswith("There is no such request. A request with search cannot have the parameter seed. ")
    assert "/unset seed" in error
    assert list(tmp_path.iterdir()) == []
