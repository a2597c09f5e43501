"""Request parameters and the model on the command line, in the environment and in the config file."""

from __future__ import annotations

import pytest
from support import err, make_environment, paragraph, run_cli, sessions

from grokchat.cli.main import main
from grokchat.messages import MAX_REQUEST_BYTES


@pytest.mark.parametrize(
    ("option", "key", "sent", "words"),
    [
        ("temprature=0.5", "temprature", 0.5, "did you mean temperature?"),
        ("temperature=0,5", "temperature", "0,5", "expects a number"),
        ("temperature=", "temperature", "", "expects a number"),
        ("stop=['a']", "stop", "['a']", "not JSON"),
        ("timeout=3", "timeout", 3, "/set"),
        ("user=42", "user", 42, '"42"'),
    ],
)
def test_a_parameter_that_looks_mistyped_is_sent_as_given_and_reported(home, api, option, key, sent, words):
    code, environment = run_cli(home, api, "-o", option, "hi")
    assert code == 0
    assert f"-o {key}: " in paragraph(environment)
    assert words in err(environment)
    assert api.requests[0].json[key] == sent


@pytest.mark.parametrize("option", ["temperature = 0.5", "temperature =0.5", " temperature= 0.5", "temperature=0.5\n"])
def test_blanks_around_key_and_value_are_not_sent(home, api, option):
    code, environment = run_cli(home, api, "-o", option, "-o", "user = me", "hi")
    assert (code, err(environment)) == (0, "")
    assert (api.requests[0].json["temperature"], api.requests[0].json["user"]) == (0.5, "me")


@pytest.mark.parametrize("option", ["model=x", "stream=false", "messages=[]", " model = x", "", "=1", " = 1", "seed"])
def test_what_is_no_request_parameter_exits_2(home, api, option):
    code, environment = run_cli(home, api, "-o", option, "hi")
    assert code == 2
    assert "--option" in paragraph(environment)
    assert api.requests == []


def test_a_mistyped_parameter_of_the_config_file_is_reported_with_its_place(home, api):
    home.mkdir()
    text = '[params]\ntemprature = 0.5\nstop = "[END]"\n[profiles.p.params]\nsed = 1\n'
    (home / "config.toml").write_text(text, encoding="utf-8")
    code, environment = run_cli(home, api, "hi")
    assert code == 0
    assert f"{home / 'config.toml'}: params.temprature: " in paragraph(environment)
    assert "did you mean temperature?" in err(environment)
    assert api.requests[0].json["temprature"] == 0.5
    code, environment = run_cli(home, api, "-P", "p", "hi")
    assert "profile p: params.sed: sent as given; did you mean seed?" in err(environment)


def test_actions_that_send_nothing_do_not_report_it(home):
    home.mkdir()
    (home / "config.toml").write_text("[params]\ntemprature = 0.5\n", encoding="utf-8")
    code, environment = run_cli(home, None, "--list-sessions")
    assert (code, err(environment)) == (0, "")


@pytest.mark.parametrize("how", ["option", "variable", "file"])
def test_blanks_around_the_model_are_not_sent(home, api, how):
    home.mkdir()
    if how == "file":
        (home / "config.toml").write_text('model = " grok-5 "\n', encoding="utf-8")
    argv = ["-m", " grok-5 "] if how == "option" else []
    env = {"GROKCHAT_MODEL": "\tgrok-5\n"} if how == "variable" else {}
    environment = make_environment(home, *argv, "hi", env={"GROKCHAT_BASE_URL": api.url, **env})
    assert main(environment) == 0
    assert api.requests[0].json["model"] == "grok-5"


@pytest.mark.parametrize("model", ["", " ", '"grok-5"'])
def test_what_names_no_model_exits_2(home, api, model):
    code, environment = run_cli(home, api, "-m", model, "hi")
    assert code == 2
    assert "--model" in paragraph(environment)
    assert api.requests == []


# -- values in files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'{"type": "json_object"}\n', {"type": "json_object"}),
        (b"\xef\xbb\xbf[1]", [1]),
        ('{"é": "é"}'.encode("utf-16"), {"é": "é"}),
        (b" 0.5 ", 0.5),
        (b'"quoted"', "quoted"),
        (b"null", None),
        ("two\r\nlines é\n".encode(), "two\r\nlines é\n"),
        (b"{not json}\n", "{not json}\n"),
        (b"", ""),
        (b"@", "@"),
        (b"=x", "=x"),
    ],
)
def test_a_value_in_a_file_is_read_as_one_that_is_typed(home, api, tmp_path, data, value):
    (tmp_path / "a value=.json").write_bytes(data)
    code, _ = run_cli(home, api, "-o", f"some_key=@{tmp_path / 'a value=.json'}", "hi")
    assert code == 0
    assert api.requests[0].json.get("some_key") == value


@pytest.mark.parametrize("text", ["@", "@ann", "@/none/such", "@@x", '@{"a": 1}'])
def test_two_at_signs_begin_a_text_that_begins_with_one(home, api, text):
    code, environment = run_cli(home, api, "-o", f"user=@{text}", "hi")
    assert (code, err(environment)) == (0, "")
    assert api.requests[0].json["user"] == text


def test_a_value_in_a_file_is_kept_with_the_session_as_every_value(home, api, tmp_path):
    (tmp_path / "stop.json").write_text('["END"]', encoding="utf-8")
    assert run_cli(home, api, "-o", f"stop=@{tmp_path / 'stop.json'}", "hi")[0] == 0
    assert run_cli(home, api, "-c", "hi")[0] == 0
    assert [request.json["stop"] for request in api.requests] == [["END"], ["END"]]


def test_a_tilde_is_the_home_directory(home, api, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "seed").write_text("7", encoding="utf-8")
    assert run_cli(home, api, "-o", "seed = @~/seed", "hi")[0] == 0
    assert api.requests[0].json["seed"] == 7


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none.json", "user=@@"),
        (".", "directory"),
        ("\0", "name"),
        ("image.png", "a PNG image"),
        ("x" * 5000, "cannot be read"),
    ],
)
def test_a_value_that_cannot_be_read_exits_4(home, api, tmp_path, name, words):
    (tmp_path / "image.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    code, environment = run_cli(home, api, "-o", f"user=@{tmp_path}/{name}", "hi")
    assert code == 4
    assert words in err(environment)
    assert api.requests == []
    assert sessions(home) == []


def test_a_value_larger_than_a_request_exits_4(home, api, tmp_path):
    with (tmp_path / "large").open("wb") as file:
        file.truncate(MAX_REQUEST_BYTES + 1)
    code, environment = run_cli(home, api, "-o", f"user=@{tmp_path / 'large'}", "hi")
    assert code == 4
    assert "50 MB" in paragraph(environment)


@pytest.mark.parametrize("option", ["user=@", "messages=@x.json", "model = @x"])
def test_an_at_sign_alone_and_reserved_names_exit_2_before_anything_is_read(home, api, option):
    code, environment = run_cli(home, api, "-o", option, "hi")
    assert code == 2
    assert "--option" in paragraph(environment)


def test_a_file_that_should_be_json_and_is_not_is_reported(home, api, tmp_path):
    (tmp_path / "tools.json").write_text("[{'type': 'function'}]", encoding="utf-8")
    code, environment = run_cli(home, api, "-o", f"tools=@{tmp_path / 'tools.json'}", "hi")
    assert code == 0
    assert "-o tools: sent as a string; the API expects a list" in paragraph(environment)
