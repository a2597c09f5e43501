"""Request parameters and the model on the command line, in the environment and in the config file."""

from __future__ import annotations

import pytest
from support import err, make_environment, paragraph, run_cli

from grokchat.cli.main import main


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
