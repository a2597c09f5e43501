"""The commands on the model and the settings, on a session that is not saved."""

from __future__ import annotations

import json

import pytest

from grokchat import messages
from grokchat.api.catalog import read_catalog
from grokchat.commands.declare import Call, parse_line
from grokchat.commands.outcomes import ChooseModel, Notice, RequestBody, SaveSetting
from grokchat.commands.registry import by_name
from grokchat.config.parameters import PARAMETERS
from grokchat.config.settings import SETTINGS, Layer
from grokchat.errors import CommandError, FileError
from grokchat.render.cells import cell_width
from grokchat.render.style import TerminalStyle
from grokchat.session.session import Session
from grokchat.session.session_config import SessionConfig
from grokchat.views.table import section_lines, table_lines


def begun(*texts: str, **origin) -> Session:
    """Return a session of alternating user and assistant messages."""
    session = Session.new(SessionConfig(None, **origin))
    for number, text in enumerate(texts):
        session.add_message(messages.body("assistant" if number % 2 else "user", text))
    return session


def run(session: Session, line: str):
    call = parse_line(line, by_name())
    assert isinstance(call, Call)
    return call.run(session)


def refused(session: Session, line: str) -> str:
    """Return the error of a command that is refused, and check that it changed nothing."""
    before = session.encode()
    with pytest.raises(CommandError) as caught:
        run(session, line)
    assert session.encode() == before
    return str(caught.value)


def test_model():
    session = begun()
    assert run(session, "/model") == ChooseModel()
    assert run(session, "/model other") == Notice("model: other")
    assert session.settings.model == "other"
    session.read_only_error = FileError("a.jsonl", "another process has it open")
    for line in ("/model", "/model x"):
        assert "another process has it open" in refused(session, line)


@pytest.mark.parametrize("line", ["/model a b", "/model \n", "/model a\tb c"])
def test_a_model_is_one_word(line):
    """Anything behind it is an error; nothing but blanks is no model, so there is a list to choose from."""
    session = begun()
    if line.split()[1:]:
        with pytest.raises(CommandError, match="unexpected "):
            run(session, line)
    else:
        assert run(session, line) == ChooseModel()


def test_an_unlisted_model_is_set_and_reported():
    session = begun()
    session.catalog = read_catalog({"data": [{"id": "grok-4.7", "aliases": ["grok-4.7-latest"]}]})
    assert run(session, "/model grok-4.7-latest") == Notice("model: grok-4.7-latest")
    near = run(session, "/model grok-47").text
    assert near == "model: grok-47 · not in the API's list of models; did you mean grok-4.7 or grok-4.7-latest?"
    assert run(session, "/model x").text == "model: x · not in the API's list of models; /models shows the list"
    assert session.settings.model == "x"


def test_set_shows_all_with_their_origin():
    session = begun(upper_layer=Layer("command line", {"stream": False}, {"seed": 5}))
    (_, changed), (_, others), (_, parameters) = run(session, "/set").tables
    assert changed.rows == (("stream", "false", "command line"), ("seed", "5", "command line"))
    assert {row[0] for row in others.rows} == {*SETTINGS} - {"stream"}
    assert ("timeout", "3600", "seconds of silence before a reply is abandoned") in others.rows
    assert [row[0] for row in parameters.rows] == [name for name in PARAMETERS if name != "seed"]
    assert parameters.rows[0] == ("temperature", "0 to 2", "how varied replies are")


def test_what_set_shows_fits_a_window_of_80_columns():
    """With nothing set there are no empty sections; parameters take one line each."""
    shown = run(begun(), "/set")
    lines = section_lines(shown, 80, TerminalStyle("none"))
    assert lines[0] == "Settings"
    assert all(len(line) <= 80 for line in lines)
    at = lines.index("")
    assert len(lines[at + 2 : lines.index("", at + 1)]) == len(PARAMETERS)
    records = section_lines(shown, 40, TerminalStyle("none"))
    at = records.index("  temperature  0 to 2")
    assert records[at + 1] == "    how varied replies are"


def test_set_shows_one():
    session = begun(lower_layers=[Layer("some.toml", {"timeout": 5.0})])
    shown = run(session, "/set timeout")
    assert shown.text == "timeout = 5.0 (from some.toml)"
    assert shown.details[0].startswith("seconds of silence")
    assert shown.details[0].endswith("seconds, more than 0")
    shown = run(session, "/set temperature")
    assert shown == Notice("temperature is not set, so it is not sent", ("how varied replies are · 0 to 2",))
    assert run(session, "/set temprature").text.endswith("; did you mean temperature?")


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("/set stream off", "stream", False),
        ("/set timeout 30", "timeout", 30.0),
        ("/set width 72", "width", 72),
        ("/set show_reasoning full", "show_reasoning", "full"),
        ("/set model some-model", "model", "some-model"),
    ],
)
def test_set_changes_a_setting(line, key, value):
    session = begun()
    assert run(session, line) == Notice(f"{key} = {json.dumps(value)}")
    assert getattr(session.settings, key) == value


def test_set_changes_a_parameter_that_the_next_request_carries():
    session = begun("1")
    assert run(session, "/set temperature 0.2") == Notice("request parameter temperature = 0.2")
    assert json.loads(session.requests.body())["temperature"] == 0.2
    assert run(session, '/set stop ["a b"]') == Notice('request parameter stop = ["a b"]')
    assert run(session, "/set user two words") == Notice('request parameter user = "two words"')


def test_set_accepts_key_equals_value():
    session = begun("1")
    call = parse_line("/set stream=off", by_name())
    assert not call.is_immediate
    assert run(session, "/set stream=off") == Notice("stream = false")
    assert run(session, "/set user=a=b") == Notice('request parameter user = "a=b"')
    assert run(session, "/set --save timeout=30") == SaveSetting("", "timeout", 30.0)
    assert "true or false" in refused(session, "/set stream=maybe")


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("/set temperature = 0.2", "temperature", 0.2),
        ("/set temperature =0.2", "temperature", 0.2),
        ("/set temperature= 0.2", "temperature", 0.2),
        ("/set  temperature\t=\t0.2", "temperature", 0.2),
        ("/set user = two  words", "user", "two  words"),
        ("/set user=two  words", "user", "two  words"),
        ("/set user =", "user", ""),
        ("/set stop = =", "stop", "="),
        ("/set stop ==", "stop", "=="),
        ("/set stop ===", "stop", "==="),
        ('/set stop "= x"', "stop", "= x"),
    ],
)
def test_blanks_around_the_equals_sign_are_not_sent(line, key, value):
    session = begun("1")
    call = parse_line(line, by_name())
    assert not call.is_immediate
    call.run(session)
    assert session.settings.params == {key: value}


def test_the_equals_sign_works_for_settings_too():
    session = begun()
    assert run(session, "/set model = grok-5 ") == Notice('model = "grok-5"')
    assert run(session, "/set stream = off") == Notice("stream = false")
    assert run(session, "/set --save timeout = 30") == SaveSetting("", "timeout", 30.0)


def test_a_parameter_set_to_null_is_not_sent():
    """A parameter that is None is not sent, whatever a lower layer says."""
    session = begun("1", upper_layer=Layer("command line", params={"seed": 5}))
    assert isinstance(run(session, "/set seed null"), Notice)
    assert "seed" not in json.loads(session.requests.body())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("/set stream maybe", "true or false"),
        ("/set timeout soon", "seconds, more than 0"),
        ("/set width wide", "a whole number of columns, 0 or more"),
        ("/set show_reasoning loud", '"short", "full" or "off"'),
        ("/set messages []", "the session's own"),
        ("/set base_url https://evil.example/v1", "cannot be changed in a session"),
        ("/set api_key_command evil", "cannot be changed in a session"),
        ("/unset base_url", "cannot be changed in a session"),
        ("/unset temperature", "temperature is not set"),
        ("/unset", "Usage: /unset KEY"),
        ("/model a b", 'unexpected "b". Usage: /model [ID]'),
        ("/set =5", "Usage: /set KEY VALUE"),
        ("/set = 5", "Usage: /set KEY VALUE"),
        ('/model "grok-5"', "in quotes"),
        ("/model a,b", 'must be one model, not "a,b". /retry -m A,B asks several at once.'),
        ("/set model a,b", "/retry -m A,B asks several at once."),
        ("/set styles.h1 red", "[styles] in the config file"),
    ],
)
def test_invalid_settings_are_refused(line, message):
    assert message in refused(begun("1"), line)


def test_unset():
    session = begun("1")
    for line in ("/set timeout 30", "/set seed 5"):
        run(session, line)
    assert run(session, "/unset timeout") == Notice("timeout = 3600.0 (from default)")
    assert run(session, "/unset seed") == Notice("request parameter seed is no longer sent")
    assert (session.settings.timeout, session.settings.params) == (3600.0, {})


def test_usage():
    """Tokens (prompt, cached, reasoning, completion) and cost: the replies, the last one, whole session."""
    session = begun("1")
    assert run(session, "/usage") == Notice("The API has reported no usage yet.")
    for cost in (10_000_000_000, 20_000_000_000):
        details = {"prompt_tokens_details": {"cached_tokens": 250}}
        usage = {"prompt_tokens": 1000, "completion_tokens": 20, "cost_in_usd_ticks": cost, **details}
        session.add_message(messages.body("assistant", "x"), reply_fields={"usage": usage})
        if cost == 10_000_000_000:
            only = "one reply: 1,000 in (250 cached), 20 out · $1.00"
            assert run(session, "/usage") == Notice(only)
    assert run(session, "/usage").rows == (
        ("#2", "1,000", "250 (25%)", "", "20", "$1.00"),
        ("last reply", "1,000", "250 (25%)", "", "20", "$2.00"),
        ("session", "2,000", "500 (25%)", "", "40", "$3.00"),
    )


def test_usage_counts_deleted_replies_and_shows_the_newest():
    session = begun("1")
    for count in range(1, 31):
        session.add_message(messages.body("assistant", "x"), reply_fields={"usage": {"prompt_tokens": count}})
    run(session, "/delete 31")
    rows = run(session, "/usage").rows
    assert [row[0] for row in rows] == [f"#{number}" for number in range(21, 31)] + ["last reply", "session"]
    assert [row[1] for row in rows[-3:]] == ["29", "30", "465"]
    assert {row[5] for row in rows} == {""}


def test_usage_counts_what_was_searched_below_each_row():
    """Totals and per reply; a window of 80 or 40 columns holds them all."""
    session = begun("hi")
    details = {"web_search_calls": 2, "x_search_calls": 1, "x_posts_fetched": 12}
    searched = {"input_tokens": 9120, "output_tokens": 420, "server_side_tool_usage_details": details}
    for usage in ({"prompt_tokens": 7, "completion_tokens": 1}, *[{**searched, "cost_in_usd_ticks": 838_480_000}] * 20):
        session.add_message(messages.body("assistant", "a"), reply_fields={"usage": usage, "response_id": "r"})
    table = run(session, "/usage")
    assert table.notes[-2:] == ("2 web searches, 1 X search, 12 posts", "40 web searches, 20 X searches, 240 posts")
    for columns in (80, 40):
        lines = table_lines(table, columns, TerminalStyle())
        assert max(map(cell_width, lines)) <= columns
        assert "40 web searches" in " ".join(lines)
    assert len(table_lines(table, 80, TerminalStyle())) <= 20


def test_usage_of_a_single_search_is_one_line():
    session = begun("hi")
    usage = {"input_tokens": 9120, "output_tokens": 4, "server_side_tool_usage_details": {"web_search_calls": 1}}
    session.add_message(messages.body("assistant", "a"), reply_fields={"usage": usage, "response_id": "r"})
    assert run(session, "/usage").text == "one reply: 9,120 in, 4 out · 1 web search"


def test_request():
    """The exact JSON body of the next request."""
    session = begun("1")
    assert run(session, "/request") == RequestBody(session.requests.body())
    assert json.loads(session.requests.body())["messages"] == [{"role": "user", "content": "1"}]


@pytest.mark.parametrize(("key", "near"), [("them", "theme"), ("temprature", "temperature"), ("timeuot", "timeout")])
def test_a_parameter_that_looks_misspelled_is_sent_and_reported(key, near):
    session = begun("1")
    assert f"did you mean {near}? /unset {key} undoes this" in run(session, f"/set {key} 3").text
    assert session.settings.params == {key: 3}
    assert "did you mean" not in run(session, "/set user_tag x").text


def test_a_value_of_another_type_is_sent_and_reported():
    session = begun("1")
    assert run(session, "/set temperature 0,5").text == (
        'request parameter temperature = "0,5", sent as a string; the API expects a number. '
        "/unset temperature undoes this"
    )
    assert session.settings.params == {"temperature": "0,5"}


def test_what_looks_mistyped_is_reported_when_it_is_saved():
    assert run(begun(), "/set --save temprature 1") == SaveSetting(
        "params", "temprature", 1, "; sent as given; did you mean temperature?"
    )
    assert run(begun(), "/set --save temperature 1") == SaveSetting("params", "temperature", 1)


def test_a_long_value_leaves_room_for_its_origin():
    session = begun("1", lower_layers=[Layer("a file", {"system": "x" * 500})])
    (_, changed), *_ = run(session, "/set").tables
    assert changed.rows == (("system", "x" * 39 + "…", "a file"),)
    assert "x" * 500 in run(session, "/set system").text
